// SPDX-License-Identifier: GPL-2.0-only
#include "admin/devices.h"

#include "admin/links.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool named(const struct na_config *c, const char *name)
{
	unsigned int i;

	for (i = 0; i < c->ndevices; i++)
		if (!strcmp(c->devices[i], name))
			return true;
	return false;
}

static bool chosen(const struct na_plane *p, const struct na_link *l)
{
	if (p->config->ndevices ? named(p->config, l->name) : na_link_carries(l))
		return true;
	return p->taken_over && na_tc_present(l->ifindex, p->tc.priority);
}

static struct na_device *find(struct na_devices *d, int ifindex)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (d->device[i].ifindex == ifindex)
			return &d->device[i];
	return NULL;
}

static bool known(const struct na_devices *d, const char *name)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (!strcmp(d->device[i].name, name))
			return true;
	return false;
}

static struct na_device *add(struct na_devices *d, int ifindex, const char *name)
{
	struct na_device *grown = reallocarray(d->device, d->n + 1, sizeof(*grown));

	if (!grown)
		return NULL;
	d->device = grown;
	grown += d->n++;
	*grown = (struct na_device){.ifindex = ifindex, .err = -EINPROGRESS};
	snprintf(grown->name, sizeof(grown->name), "%s", name);
	return grown;
}

static void remove_at(struct na_devices *d, size_t i)
{
	memmove(&d->device[i], &d->device[i + 1], (--d->n - i) * sizeof(*d->device));
}

/* Remembered in the state, so that whoever stops knows which clsact may go. */
static void note_clsact(struct na_meta *meta, int ifindex)
{
	__u32 i;

	for (i = 0; i < meta->nclsact; i++)
		if (meta->clsact[i] == (__u32)ifindex)
			return;
	if (meta->nclsact < NA_META_CLSACT)
		meta->clsact[meta->nclsact++] = ifindex;
}

static void attach(struct na_device *dev, struct na_plane *p, unsigned int *again)
{
	bool created = false;
	int err;

	if (na_tc_attached(dev->ifindex, &p->tc)) {
		dev->err = 0;
		return;
	}
	dev->lost = !dev->err;
	*again += dev->lost;
	err = na_tc_attach(dev->ifindex, &p->tc, &created);
	if (created)
		note_clsact(p->meta, dev->ifindex);
	if (err != dev->err)
		dev->reported = false;
	dev->err = err;
}

/* Devices that are gone, and names that were missing and have come. */
static void forget_gone(struct na_devices *d, const struct na_links *links)
{
	size_t i, j;

	for (i = d->n; i-- > 0;) {
		const struct na_device *dev = &d->device[i];

		for (j = 0; j < links->n; j++)
			if (dev->ifindex ? links->link[j].ifindex == dev->ifindex
					 : !strcmp(links->link[j].name, dev->name))
				break;
		if ((j == links->n) == (dev->ifindex != 0))
			remove_at(d, i);
	}
}

static int note_missing(struct na_devices *d, const struct na_config *c)
{
	unsigned int i;

	for (i = 0; i < c->ndevices; i++) {
		struct na_device *dev;

		if (known(d, c->devices[i]))
			continue;
		dev = add(d, 0, c->devices[i]);
		if (!dev)
			return -ENOMEM;
		dev->err = -ENODEV;
	}
	return 0;
}

int na_devices_refresh(struct na_devices *d, struct na_plane *p, unsigned int *again)
{
	struct na_links links;
	size_t i;
	int err = na_links_read(&links);

	*again = 0;
	if (err)
		return err;
	forget_gone(d, &links);
	for (i = 0; !err && i < links.n; i++) {
		const struct na_link *l = &links.link[i];
		struct na_device *dev = find(d, l->ifindex);

		if (!dev && !chosen(p, l))
			continue;
		if (!dev)
			dev = add(d, l->ifindex, l->name);
		if (!dev) {
			err = -ENOMEM;
			break;
		}
		snprintf(dev->name, sizeof(dev->name), "%s", l->name);
		attach(dev, p, again);
	}
	free(links.link);
	return err ?: note_missing(d, p->config);
}

const char *na_device_advice(int err)
{
	switch (-err) {
	case ENODEV:
		return "there is no such device, or it has no Ethernet headers; check devices= in "
		       "nfsaccel.conf (ip link shows names)";
	case EEXIST:
		return "another filter has our place; choose another tc_priority in nfsaccel.conf";
	case EBUSY:
		return "an ingress qdisc is in clsact's place; remove it (tc qdisc del dev ... "
		       "ingress)";
	}
	return strerror(-err);
}
