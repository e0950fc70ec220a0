/* SPDX-License-Identifier: GPL-2.0-only */
/* A connection and a policy of limits, both written by hand, and what is said on it. */
#ifndef TESTS_PROG_LIMIT_SCENE_H
#define TESTS_PROG_LIMIT_SCENE_H

#include "nfsaccel/bucket.h"
#include "tests/prog/scene.h"

#define XID   0x11110001u
#define SEC   1000000000ull
#define MS    1000000ull
#define DAY   86400ull
#define RULE  1u /* in bank 0 */

extern struct tc tc;
extern struct scene s;
extern __u8 call[8192], reply[SCENE_DATA];
extern const struct scene_setup plain, six;
extern const __u8 everybody[16];

#define assert_time(t, from, to) assert_in_range(t, from, to)

__u64 clock_now(void);
void put(const struct bpf_map *map, const void *key, const void *value);
void clear(const struct bpf_map *map);
void set_gen(__u32 gen);
void add_rule(__u32 number, const __u8 addr[16], __u32 bits, __u32 export,
	      const struct na_limit *l);
void begin(const struct scene_setup *at, const struct na_limit *l);
/* Nobody follows this connection: the limits have to do without the cache. */
void unfollow(void);
int client_says(const __u8 *data, __u32 len);
__u64 server_says(const __u8 *data, __u32 len);
/* A call of this length, record mark included, that is no READ. */
__u32 other_call(__u32 len);
__u32 other_reply(__u32 len);
/* The file is one of export n: its handle is nfsd's, FSID_NUM. */
void file_in_export(struct scene_file *file, __u32 n);
/* Exports 1 to 3 have the numbers 101 to 103. */
void put_exports(void);
/* One call and its reply; when the reply leaves, 0 at once. */
__u64 exchange(__u32 call_len, __u32 reply_len);
/* The i-th element of na_buckets. */
struct na_bucket bucket(__u32 i);
/* The only bucket there is. */
struct na_bucket only_bucket(void);

int limit_setup(void **state);
int limit_teardown(void **state);

#endif
