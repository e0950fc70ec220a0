// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/clients/torture_change.h"

/* One ring for one write: slow, and nothing is left over that could go wrong later. */
struct ring {
	int fd;
	void *sq, *cq, *sqes;
	size_t sq_len, cq_len, sqes_len;
};

static void *map(int fd, size_t len, off_t what)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, what);

	return p == MAP_FAILED ? NULL : p;
}

static void unmap(void *p, size_t len)
{
	if (p)
		munmap(p, len);
}

static int one_write(struct ring *r, const struct io_uring_params *p,
		     const struct io_uring_sqe *sqe)
{
	uint32_t *array = (uint32_t *)((char *)r->sq + p->sq_off.array);
	_Atomic uint32_t *tail = (_Atomic uint32_t *)((char *)r->sq + p->sq_off.tail);
	_Atomic uint32_t *done = (_Atomic uint32_t *)((char *)r->cq + p->cq_off.tail);
	const struct io_uring_cqe *cqe = (void *)((char *)r->cq + p->cq_off.cqes);

	memcpy(r->sqes, sqe, sizeof(*sqe));
	array[0] = 0;
	atomic_store(tail, 1);
	do
		if (syscall(SYS_io_uring_enter, r->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0 &&
		    errno != EINTR)
			return -errno;
	while (!atomic_load(done));
	return cqe->res;
}

int torture_uring_write(int fd, const void *buf, uint32_t len, uint64_t offset)
{
	struct io_uring_sqe sqe = {
		.opcode = IORING_OP_WRITE,
		/* By a worker thread, not in the call. */
		.flags = IOSQE_ASYNC,
		.fd = fd,
		.addr = (uint64_t)(uintptr_t)buf,
		.len = len,
		.off = offset,
	};
	struct io_uring_params p = {0};
	struct ring r = {.fd = (int)syscall(SYS_io_uring_setup, 1, &p)};
	int rc = -ENOMEM;

	if (r.fd < 0)
		return -errno;
	r.sq_len = p.sq_off.array + p.sq_entries * sizeof(uint32_t);
	r.cq_len = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
	r.sqes_len = p.sq_entries * sizeof(struct io_uring_sqe);
	r.sq = map(r.fd, r.sq_len, IORING_OFF_SQ_RING);
	r.cq = map(r.fd, r.cq_len, IORING_OFF_CQ_RING);
	r.sqes = map(r.fd, r.sqes_len, IORING_OFF_SQES);
	if (r.sq && r.cq && r.sqes)
		rc = one_write(&r, &p, &sqe);
	unmap(r.sq, r.sq_len);
	unmap(r.cq, r.cq_len);
	unmap(r.sqes, r.sqes_len);
	close(r.fd);
	return rc;
}
