// SPDX-License-Identifier: GPL-2.0-only
#include "admin/flows.h"

#include "admin/cleanup.h"

#include <bpf/bpf.h>
#include <string.h>

/* Grows when a hash bucket holds more; 64 flows are some 120 KiB. */
#define BATCH 64

int na_flows_each(int map_fd, int (*cb)(const struct na_flow *f, void *data), void *data)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts, .elem_flags = BPF_F_LOCK);
	_cleanup_(free) struct na_flow_key *keys = NULL;
	_cleanup_(free) struct na_flow *flows = NULL;
	__u32 size = 0, batch, n, i;
	void *from = NULL;
	int err = -ENOSPC;

	for (;;) {
		if (err == -ENOSPC) {
			size = size ? 2 * size : BATCH;
			free(keys);
			free(flows);
			keys = calloc(size, sizeof(*keys));
			flows = calloc(size, sizeof(*flows));
			if (!keys || !flows)
				return -ENOMEM;
		}
		n = size;
		err = bpf_map_lookup_batch(map_fd, from, &batch, keys, flows, &n, &opts);
		if (err == -ENOSPC)
			continue;
		if (err && err != -ENOENT)
			return err;
		for (i = 0; i < n; i++) {
			int stop = cb(&flows[i], data);

			if (stop)
				return stop;
		}
		if (err == -ENOENT)
			return 0;
		from = &batch;
	}
}

int na_flow_keys_add(struct na_flow_keys *keys, const struct na_flow_key *key)
{
	/* Doubling at each power of two. */
	if (!(keys->n & (keys->n - 1))) {
		size_t room = keys->n ? 2 * keys->n : 1;
		struct na_flow_key *grown = reallocarray(keys->key, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		keys->key = grown;
	}
	keys->key[keys->n++] = *key;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct na_flow_key));
}

void na_flow_keys_sort(struct na_flow_keys *keys)
{
	if (keys->n)
		qsort(keys->key, keys->n, sizeof(*keys->key), compare);
}

bool na_flow_keys_has(const struct na_flow_keys *keys, const struct na_flow_key *key)
{
	return keys->n && bsearch(key, keys->key, keys->n, sizeof(*keys->key), compare);
}
