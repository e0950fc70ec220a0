// SPDX-License-Identifier: GPL-2.0-only
/* nfsaccelctl top: asks, and does what keys say. */
#include "admin/ctl.h"

#include "admin/ctl_ask.h"
#include "admin/top_screen.h"

#include <curses.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_INTERVAL 2000000000ull

struct top {
	const char *socket;
	uint64_t interval;
	struct na_top_screen screen;
	struct na_sample sample;   /* of the counters, the last */
	struct na_top_table table; /* of this view, the last, as it came */
	uint64_t table_ns;	   /* when; 0 if there is none */
};

static struct json_object *ask(struct top *t, const char *command, int count)
{
	struct json_object *request = na_ctl_request(command), *o;
	struct na_why why = {.text = ""};

	if (count)
		json_object_object_add(request, "count", json_object_new_int(count));
	o = na_ctl_ask_why(t->socket, request, &why);
	json_object_put(request);
	snprintf(t->screen.trouble, sizeof(t->screen.trouble), "%.500s", why.text);
	return o;
}

static void copy_rows(struct na_top_table *to, const struct na_top_table *from)
{
	size_t i;

	na_top_clear(to);
	for (i = 0; i < from->n; i++) {
		struct na_top_row *r = na_top_add(to, from->row[i].key, from->row[i].name);

		if (!r)
			return;
		memcpy(r->n, from->row[i].n, sizeof(r->n));
	}
}

/* From what was last asked: order and filter change without asking again. */
static void arrange(struct top *t)
{
	struct na_top_screen *s = &t->screen;

	copy_rows(&s->table, &t->table);
	s->all = s->table.n;
	na_top_filter(&s->table, s->filter);
	na_top_sort(&s->table, s->column, s->falling);
}

static void take_rows(struct top *t, struct json_object *reply)
{
	struct na_top_table fresh = {0};
	uint64_t now = na_ctl_now();

	t->screen.view->read(reply, &fresh);
	na_top_fill(&fresh, &t->table, t->table_ns ? (double)(now - t->table_ns) / 1e9 : 0,
		    t->screen.view->column);
	na_top_clear(&t->table);
	t->table = fresh;
	t->table_ns = now;
}

/* What cannot be had stays as it was on the screen, with a word on why. */
static void update(struct top *t)
{
	struct json_object *status = ask(t, "status", 0), *stats, *rows;
	struct na_sample now;

	if (!status)
		return;
	json_object_put(t->screen.status);
	t->screen.status = status;
	stats = ask(t, "stats", 0);
	if (!stats)
		return;
	na_sample_read(stats, na_ctl_now(), &now);
	json_object_put(stats);
	t->screen.known = t->sample.ns && na_rates(&t->sample, &now, &t->screen.rates);
	t->sample = now;
	rows = ask(t, t->screen.view->request, t->screen.view->count);
	if (!rows)
		return;
	take_rows(t, rows);
	json_object_put(rows);
	arrange(t);
}

static void set_view(struct top *t, const struct na_top_view *view)
{
	t->screen.view = view;
	t->screen.first = 0;
	t->screen.column = view->sorted;
	t->screen.falling = t->screen.column != NA_TOP_NAME;
	na_top_clear(&t->table);
	t->table_ns = 0;
	arrange(t);
}

static void next_column(struct na_top_screen *s)
{
	unsigned int shown = na_top_columns(s->view);

	if (s->column == NA_TOP_NAME)
		s->column = 0;
	else
		s->column++;
	if (s->column >= shown)
		s->column = NA_TOP_NAME;
	s->falling = s->column != NA_TOP_NAME;
}

static void scroll_by(struct na_top_screen *s, long rows)
{
	if (rows < 0 && s->first < (size_t)-rows)
		s->first = 0;
	else
		s->first += (size_t)rows; /* na_top_draw() knows the end */
}

static void type_filter(struct na_top_screen *s, int key)
{
	size_t len = strlen(s->filter);

	if (key == '\r' || key == '\n' || key == KEY_ENTER) {
		s->typing = false;
	} else if (key == 27) {
		s->typing = false;
		s->filter[0] = '\0';
	} else if (key == KEY_BACKSPACE || key == 127 || key == '\b') {
		/* a character of several bytes goes as a whole */
		while (len && (s->filter[--len] & 0xc0) == 0x80)
			;
		s->filter[len] = '\0';
	} else if (key >= ' ' && key < 256 && len + 1 < sizeof(s->filter)) {
		s->filter[len] = (char)key;
		s->filter[len + 1] = '\0';
	}
}

/* True if the daemon is to be asked at once. */
static bool press(struct top *t, int key)
{
	struct na_top_screen *s = &t->screen;
	size_t i;

	if (s->typing) {
		type_filter(s, key);
		return false;
	}
	for (i = 0; i < NA_TOP_VIEWS; i++) {
		if (key == na_top_views[i].key) {
			set_view(t, &na_top_views[i]);
			return true;
		}
	}
	if (key == '\t') {
		i = (size_t)(s->view - na_top_views);
		set_view(t, &na_top_views[(i + 1) % NA_TOP_VIEWS]);
		return true;
	}
	if (key == 's')
		next_column(s);
	else if (key == 'r')
		s->falling = !s->falling;
	else if (key == '/')
		s->typing = true;
	else if (key == 12) /* ^L: another program wrote on the screen */
		clearok(curscr, TRUE);
	else if (key == KEY_DOWN || key == KEY_UP)
		scroll_by(s, key == KEY_DOWN ? 1 : -1);
	else if (key == KEY_NPAGE || key == KEY_PPAGE)
		scroll_by(s, key == KEY_NPAGE ? (long)na_top_page() : -(long)na_top_page());
	else if (key == KEY_HOME)
		s->first = 0;
	return key == ' ';
}

/* Else its end would read as no key, at once and for ever. */
static bool terminal_gone(void)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&in, 1, 0) > 0 && in.revents & (POLLHUP | POLLERR | POLLNVAL);
}

static void run(struct top *t)
{
	uint64_t next = 0, now;
	int key;

	for (;;) {
		now = na_ctl_now();
		if (now >= next) {
			update(t);
			now = na_ctl_now();
			next = now + t->interval;
		}
		na_top_draw(&t->screen);
		timeout((int)((next - now) / 1000000 + 1));
		key = getch();
		if (key == 'q' && !t->screen.typing)
			return;
		if (key == ERR && terminal_gone())
			return;
		if (key == ERR)
			continue;
		if (press(t, key))
			next = 0;
		arrange(t);
	}
}

int na_ctl_top(const struct na_ctl_line *l)
{
	struct top t = {.socket = l->socket, .interval = DEFAULT_INTERVAL};

	if (l->words[0] || l->json) {
		fprintf(stderr, "Usage: nfsaccelctl top [--interval SECONDS]\n");
		return NA_CTL_USAGE;
	}
	if (l->interval && !na_ctl_interval(l->interval, &t.interval))
		return NA_CTL_USAGE;
	if (!na_top_open())
		return EXIT_FAILURE;
	set_view(&t, &na_top_views[0]);
	run(&t);
	na_top_close();
	na_top_clear(&t.table);
	na_top_clear(&t.screen.table);
	json_object_put(t.screen.status);
	return EXIT_SUCCESS;
}
