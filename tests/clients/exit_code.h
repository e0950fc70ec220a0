// SPDX-License-Identifier: GPL-2.0-only
/* Exit statuses of both programs, as their manual pages list them. */
#ifndef TESTS_CLIENTS_EXIT_CODE_H
#define TESTS_CLIENTS_EXIT_CODE_H

enum {
	EXIT_WRONG = 1,	    /* bytes, count, eof or attributes were wrong */
	EXIT_USAGE = 2,	    /* command line or local files */
	EXIT_NO_SERVER = 3, /* unreachable, not exported, no such file */
	EXIT_FAILED = 4,    /* a READ was refused or not answered in time */
};

#endif
