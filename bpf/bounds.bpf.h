/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bounds that clang does not optimise out of the verifier's sight. Range checks are
 * otherwise merged into one on a copy of the register, and "n < 1" becomes "n == 0", of
 * which the verifier of 6.1 learns nothing.
 */
#ifndef NFSACCEL_BPF_BOUNDS_H
#define NFSACCEL_BPF_BOUNDS_H

/* Whether min <= v <= max; v, an lvalue, is then known to be. */
#define na_within(v, min, max)                                                                     \
	({                                                                                         \
		__u32 __min = (min);                                                               \
		bool __ok = false;                                                                 \
		asm volatile("" : "+r"(v), "+r"(__min));                                           \
		if ((v) <= (max)) {                                                                \
			asm volatile("" : "+r"(v));                                                \
			if ((v) >= __min)                                                          \
				__ok = true;                                                       \
		}                                                                                  \
		__ok;                                                                              \
	})

#endif
