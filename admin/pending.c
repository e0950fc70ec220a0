// SPDX-License-Identifier: GPL-2.0-only
#include "admin/pending.h"

#include "nfsaccel/splice_state.h"

#include <bpf/bpf.h>
#include <stdbool.h>

int na_pending_gc(const struct na_plane *p)
{
	int pending = na_plane_map_fd(p, "na_pending"), flows = na_plane_map_fd(p, "na_flows");
	struct na_pending_key key, next;
	struct na_flow f;
	bool more;
	int n = 0;

	more = !bpf_map_get_next_key(pending, NULL, &next);
	while (more) {
		key = next;
		/* before the key goes: behind a deleted one the walk would begin again */
		more = !bpf_map_get_next_key(pending, &key, &next);
		if (!bpf_map_lookup_elem(flows, &key.flow, &f))
			continue;
		n += !bpf_map_delete_elem(pending, &key);
	}
	return n;
}
