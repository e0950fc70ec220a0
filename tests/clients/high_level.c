// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <unistd.h>

#include "tests/clients/clock.h"
#include "tests/clients/high_level.h"
#include "tests/clients/session.h"

struct nfs_context *high_level_mount(const struct target *target, char *text, size_t size)
{
	struct nfs_context *nfs = nfs_init_context();
	struct nfs_url *parsed;
	static unsigned int n_mounted;
	char url[128], name[64];

	if (!nfs) {
		snprintf(text, size, "out of memory");
		return NULL;
	}
	/* The ports can be set by a URL only; server and path are given below, unparsed. */
	snprintf(url, sizeof(url), "nfs://server/?version=%d&nfsport=%d&mountport=%d",
		 target->version, target->nfs_port, target->mount_port);
	parsed = nfs_parse_url_dir(nfs, url);
	if (parsed)
		nfs_destroy_url(parsed);
	/* Two version 4 clients of one name throw away each other's open files. */
	snprintf(name, sizeof(name), "nfsaccel %d %u", (int)getpid(), n_mounted++);
	if (target->version == 4)
		nfs4_set_client_name(nfs, name);
	nfs_set_auth(nfs, session_auth(target));
	nfs_set_timeout(nfs, (int)(target->timeout_ns / NSEC_PER_MSEC));
	/* Reconnecting is the caller's: not every libnfs does it for version 4. */
	nfs_set_autoreconnect(nfs, 0);
	if (!parsed || nfs_mount(nfs, target->server, target->path)) {
		snprintf(text, size, "cannot mount %s of %s: %s", target->path, target->server,
			 nfs_get_error(nfs));
		nfs_destroy_context(nfs);
		return NULL;
	}
	return nfs;
}
