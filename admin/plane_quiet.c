// SPDX-License-Identifier: GPL-2.0-only
/* Waiting until nobody needs the cache, so that another one can take its place. */
#include "admin/plane.h"

#include "admin/bpffs.h"
#include "admin/cleanup.h"
#include "admin/flows.h"

#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_NS 50000000l
#define TRIES	 60 /* three seconds, as for resets */

/* A reply that may have to be sent again, or one that is being stored or compared. */
static int refers(const struct na_flow *f, void *data)
{
	(void)data;
	return f->count || f->fill.entry;
}

bool na_plane_quiet(int flows_fd)
{
	/* Whoever saw answering or filling still on has gone through by then. */
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	return !na_flows_each(flows_fd, refers, NULL);
}

bool na_plane_calm(const char *pin)
{
	_cleanup_(close) int ctl_fd = na_bpffs_get(pin, "maps", "na_ctl");
	_cleanup_(close) int flows_fd = na_bpffs_get(pin, "maps", "na_flows");
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	struct na_ctl *ctl;
	bool quiet = false;
	unsigned int i;

	if (ctl_fd < 0 || flows_fd < 0)
		return false;
	ctl = mmap(NULL, sizeof(*ctl), PROT_READ | PROT_WRITE, MAP_SHARED, ctl_fd, 0);
	if (ctl == MAP_FAILED)
		return false;
	__atomic_store_n(&ctl->mode, NA_MODE_OFF, __ATOMIC_SEQ_CST);
	/* What was asked before is not stored any more when the reply comes. */
	__atomic_fetch_add(&ctl->flush, 1, __ATOMIC_SEQ_CST);
	for (i = 0; !quiet && i < TRIES; i++) {
		if (i)
			nanosleep(&pause, NULL);
		quiet = na_plane_quiet(flows_fd);
	}
	munmap(ctl, sizeof(*ctl));
	return quiet;
}
