// SPDX-License-Identifier: GPL-2.0-only
#include "admin/ready.h"

#include "admin/probe.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int na_ready_root(struct na_why *why)
{
	if (geteuid())
		return na_why(why, -EPERM, "must be root, to load BPF programs and attach them");
	return 0;
}

int na_ready_btf(struct na_why *why)
{
	if (!na_probe_btf())
		return na_why(
			why, -ENOTSUP,
			"no /sys/kernel/btf/vmlinux: the kernel was built without "
			"CONFIG_DEBUG_INFO_BTF (or /sys is not mounted); Debian's stock kernels "
			"have it");
	return 0;
}

int na_ready_port(const struct na_config *c, struct na_why *why)
{
	struct na_listener l;
	int err = na_probe_listener(c->port, &l);

	if (err)
		return na_why(why, err == -ENOENT ? -EPROTONOSUPPORT : err,
			      "cannot list TCP sockets (sock_diag): %s; is the tcp_diag module "
			      "there?",
			      strerror(-err));
	if (l.pid)
		return na_why(
			why, -EADDRINUSE,
			"port %ju is served by %s (pid %d), not by the kernel's "
			"NFS server, the only one nfsaccel speeds up; stop it, or set port in "
			"nfsaccel.conf",
			c->port, l.name, l.pid);
	return l.kernel ? 0 : na_why(why, -ENOENT, "nobody listens on port %ju yet", c->port);
}

int na_ready(const struct na_config *c, struct na_why *why)
{
	int err = na_ready_root(why) ?: na_ready_btf(why);

	if (err)
		return err;
	na_probe_load_module("nfsd");
	err = na_ready_port(c, why);
	/* The server may come later. */
	return err == -ENOENT ? 0 : err;
}
