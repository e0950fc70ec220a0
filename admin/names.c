// SPDX-License-Identifier: GPL-2.0-only
#include "admin/names.h"

#include "admin/cleanup.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <search.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>

#define ITEMS_MAX 16384
#define ADDRS_MAX 1024 /* of one name or netgroup */

struct found {
	struct na_addr *addr;
	size_t n;
	bool everybody;
	char *name;
};

/* Owned by the event loop but while it is queued: then `result` is the thread's. */
struct item {
	STAILQ_ENTRY(item) link;
	enum na_name_kind kind;
	char *key;
	struct found known;
	struct found result;
	bool have, queued, asked;
};

STAILQ_HEAD(queue, item);

/* What the thread sees; it frees this itself when told to end during a lookup. */
struct shared {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct queue todo, done;
	int event; /* eventfd: done has something */
	bool end;
};

struct na_names {
	struct shared *shared;
	sd_event_source *io;
	void *items; /* tsearch(3) */
	size_t n;
	void (*changed)(void *data, bool other);
	void *data;
};

static int compare(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return x->kind != y->kind ? (x->kind < y->kind ? -1 : 1) : strcmp(x->key, y->key);
}

static bool to_addr(const struct sockaddr *sa, struct na_addr *out)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (sa->sa_family == AF_INET) {
		memcpy(out->byte, mapped, sizeof(mapped));
		memcpy(out->byte + 12, &((const struct sockaddr_in *)sa)->sin_addr, 4);
		return true;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	memcpy(out->byte, &((const struct sockaddr_in6 *)sa)->sin6_addr, 16);
	return true;
}

static void look_up_host(const char *name, struct found *f)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list, *at;
	struct na_addr *grown;

	if (getaddrinfo(name, NULL, &hints, &list))
		return;
	for (at = list; at && f->n < ADDRS_MAX; at = at->ai_next) {
		grown = reallocarray(f->addr, f->n + 1, sizeof(*grown));
		if (!grown)
			break;
		f->addr = grown;
		f->n += to_addr(at->ai_addr, &f->addr[f->n]);
	}
	freeaddrinfo(list);
}

static void look_up_netgroup(const char *group, struct found *f)
{
	char *host, *user, *domain, buf[4096];

	if (!setnetgrent(group))
		return;
	while (getnetgrent_r(&host, &user, &domain, buf, sizeof(buf))) {
		if (host)
			look_up_host(host, f);
		else
			f->everybody = true;
	}
	endnetgrent();
}

static void look_up_address(const char *text, struct found *f)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
	struct found back = {0};
	struct addrinfo *list;
	struct na_addr self;
	char name[NI_MAXHOST];
	size_t i;

	if (getaddrinfo(text, NULL, &hints, &list))
		return;
	if (to_addr(list->ai_addr, &self) &&
	    !getnameinfo(list->ai_addr, list->ai_addrlen, name, sizeof(name), NULL, 0,
			 NI_NAMEREQD)) {
		look_up_host(name, &back);
		for (i = 0; i < back.n && !f->name; i++)
			if (!memcmp(&back.addr[i], &self, sizeof(self)))
				f->name = strdup(name);
		free(back.addr);
	}
	freeaddrinfo(list);
}

static void look_up(enum na_name_kind kind, const char *key, struct found *f)
{
	switch (kind) {
	case NA_NAME_HOST:
		look_up_host(key, f);
		break;
	case NA_NAME_NETGROUP:
		look_up_netgroup(key, f);
		break;
	case NA_NAME_ADDRESS:
		look_up_address(key, f);
		break;
	}
}

static void free_found(struct found *f)
{
	free(f->addr);
	free(f->name);
	*f = (struct found){0};
}

static void free_shared(struct shared *s)
{
	close(s->event);
	free(s);
}

/* After `end` nothing but `shared` and what was copied may be touched. */
static void *thread(void *data)
{
	const uint64_t one = 1;
	struct shared *s = data;
	struct item *it;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		struct found f = {0};
		enum na_name_kind kind;
		char *key;

		while (!s->end && STAILQ_EMPTY(&s->todo))
			pthread_cond_wait(&s->wake, &s->lock);
		if (s->end)
			break;
		it = STAILQ_FIRST(&s->todo);
		STAILQ_REMOVE_HEAD(&s->todo, link);
		kind = it->kind;
		key = strdup(it->key);
		pthread_mutex_unlock(&s->lock);
		if (key)
			look_up(kind, key, &f);
		free(key);
		pthread_mutex_lock(&s->lock);
		if (s->end) {
			free_found(&f);
			break;
		}
		it->result = f;
		STAILQ_INSERT_TAIL(&s->done, it, link);
		if (write(s->event, &one, sizeof(one)) < 0)
			continue; /* full of ones already: the loop will wake */
	}
	pthread_mutex_unlock(&s->lock);
	free_shared(s);
	return NULL;
}

static bool same(const struct found *a, const struct found *b)
{
	return a->n == b->n && a->everybody == b->everybody &&
	       (!a->n || !memcmp(a->addr, b->addr, a->n * sizeof(*a->addr))) &&
	       !strcmp(a->name ?: "", b->name ?: "");
}

static int on_done(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct na_names *n = data;
	struct queue done;
	bool news = false, other = false;
	struct item *it;
	uint64_t count;

	(void)source, (void)revents;
	if (read(fd, &count, sizeof(count)) < 0)
		return 0;
	STAILQ_INIT(&done);
	pthread_mutex_lock(&n->shared->lock);
	STAILQ_CONCAT(&done, &n->shared->done);
	pthread_mutex_unlock(&n->shared->lock);
	while ((it = STAILQ_FIRST(&done))) {
		STAILQ_REMOVE_HEAD(&done, link);
		other |= it->have && !same(&it->known, &it->result);
		news |= !it->have;
		free_found(&it->known);
		it->known = it->result;
		it->result = (struct found){0};
		it->have = true;
		it->queued = false;
	}
	if (news || other)
		n->changed(n->data, other);
	return 0;
}

static void queue_up(struct na_names *n, struct item *it)
{
	if (it->queued)
		return;
	it->queued = true;
	pthread_mutex_lock(&n->shared->lock);
	STAILQ_INSERT_TAIL(&n->shared->todo, it, link);
	pthread_cond_signal(&n->shared->wake);
	pthread_mutex_unlock(&n->shared->lock);
}

static struct item *make_item(struct na_names *n, enum na_name_kind kind, const char *key)
{
	struct item *it = calloc(1, sizeof(*it));

	if (!it)
		return NULL;
	it->kind = kind;
	it->key = strdup(key);
	if (!it->key || !tsearch(it, &n->items, compare)) {
		free(it->key);
		free(it);
		return NULL;
	}
	n->n++;
	return it;
}

struct na_name_answer na_names_ask(struct na_names *n, enum na_name_kind kind, const char *key)
{
	struct item like = {.kind = kind, .key = (char *)key};
	struct item **found = tfind(&like, &n->items, compare), *it = found ? *found : NULL;

	if (!it && n->n < ITEMS_MAX)
		it = make_item(n, kind, key);
	if (!it)
		return (struct na_name_answer){0};
	it->asked = true;
	if (!it->have)
		queue_up(n, it);
	return (struct na_name_answer){
		.known = it->have,
		.everybody = it->known.everybody,
		.addr = it->known.addr,
		.n = it->known.n,
		.name = it->known.name,
	};
}

/* twalk_r(3) must not meet deletions: what goes is collected first. */
struct sweep {
	struct na_names *names;
	struct item **gone;
	size_t n;
};

static void visit(const void *node, VISIT which, void *data)
{
	struct item *it = *(struct item *const *)node;
	struct sweep *s = data;

	if (which != postorder && which != leaf)
		return;
	if (it->asked)
		queue_up(s->names, it);
	else if (!it->queued)
		s->gone[s->n++] = it;
	it->asked = false;
}

static void free_item(void *data)
{
	struct item *it = data;

	free_found(&it->known);
	free_found(&it->result);
	free(it->key);
	free(it);
}

void na_names_refresh(struct na_names *n)
{
	struct sweep s = {.names = n, .gone = calloc(n->n + 1, sizeof(struct item *))};
	size_t i;

	if (!s.gone)
		return;
	twalk_r(n->items, visit, &s);
	for (i = 0; i < s.n; i++) {
		tdelete(s.gone[i], &n->items, compare);
		free_item(s.gone[i]);
		n->n--;
	}
	free(s.gone);
}

static struct shared *make_shared(void)
{
	struct shared *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->event < 0) {
		free(s);
		return NULL;
	}
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, NULL);
	STAILQ_INIT(&s->todo);
	STAILQ_INIT(&s->done);
	return s;
}

int na_names_start(struct na_names **out, struct sd_event *event, void (*changed)(void *data, bool other),
		   void *data)
{
	struct na_names *n = calloc(1, sizeof(*n));
	pthread_t id;
	int err;

	if (!n)
		return -ENOMEM;
	n->changed = changed;
	n->data = data;
	n->shared = make_shared();
	err = n->shared ? sd_event_add_io(event, &n->io, n->shared->event, EPOLLIN, on_done, n)
			: -ENOMEM;
	if (err >= 0)
		err = -pthread_create(&id, NULL, thread, n->shared);
	if (err < 0) {
		sd_event_source_disable_unref(n->io);
		if (n->shared)
			free_shared(n->shared);
		free(n);
		return err;
	}
	pthread_detach(id);
	*out = n;
	return 0;
}

void na_names_stop(struct na_names *n)
{
	if (!n)
		return;
	sd_event_source_disable_unref(n->io);
	pthread_mutex_lock(&n->shared->lock);
	n->shared->end = true;
	pthread_cond_signal(&n->shared->wake);
	pthread_mutex_unlock(&n->shared->lock);
	tdestroy(n->items, free_item);
	free(n);
}
