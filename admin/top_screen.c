// SPDX-License-Identifier: GPL-2.0-only
#include "admin/top_screen.h"

#include "admin/ctl.h"
#include "admin/json.h"
#include "admin/parse.h"

#include <curses.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#define ABOVE 5 /* lines above the rows */
#define BELOW 1
#define WIDTH 10 /* of a column */
#define NAMES 18 /* characters for names, at least */

bool na_top_open(void)
{
	const char *term = getenv("TERM");

	setlocale(LC_CTYPE, "");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		fprintf(stderr, "nfsaccelctl: top needs a terminal; see stats --interval\n");
		return false;
	}
	if (!newterm(NULL, stdout, stdin)) {
		fprintf(stderr,
			"nfsaccelctl: top cannot use this terminal (TERM=%s); see stats "
			"--interval\n",
			term ?: "");
		return false;
	}
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	set_escdelay(200);
	curs_set(0);
	return true;
}

void na_top_close(void)
{
	endwin();
}

size_t na_top_page(void)
{
	return LINES > ABOVE + BELOW ? (size_t)(LINES - ABOVE - BELOW) : 0;
}

/* Text up to the line's end. Names are other people's: what does not print becomes '?'. */
static void put(int y, int x, const char *text)
{
	mbstate_t state = {0};
	wchar_t c;
	int width;

	if (y >= LINES || move(y, x) == ERR)
		return;
	while (*text) {
		size_t n = mbrtowc(&c, text, strlen(text), &state);

		if (n == (size_t)-1 || n == (size_t)-2) {
			state = (mbstate_t){0};
			n = 1;
			c = L'?';
		}
		if (!iswprint((wint_t)c) || wcwidth(c) < 0)
			c = L'?';
		text += n;
		width = wcwidth(c);
		x += width;
		if (x > COLS)
			return;
		addnwstr(&c, 1);
	}
}

__attribute__((format(printf, 3, 4))) static void print(int y, attr_t look, const char *fmt, ...)
{
	char text[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	attrset(look);
	/* a bar over the whole width */
	if (look & A_REVERSE && y < LINES)
		mvhline(y, 0, ' ' | A_REVERSE, COLS);
	put(y, 0, text);
	attrset(A_NORMAL);
}

static void draw_head(const struct na_top_screen *s)
{
	struct json_object *cache = na_json_field(s->status, "cache");
	struct json_object *flows = na_json_field(s->status, "connections");
	char up[32], used[32], memory[32], reads[32], spliced[32], held[32];

	if (s->trouble[0])
		print(0, A_REVERSE, "trying again: %s", s->trouble);
	else
		print(0, A_BOLD, "nfsaccel %s%s%s", na_json_text(s->status, "mode"),
		      na_json_text(s->status, "reason")[0] ? ": " : "",
		      na_json_text(s->status, "reason"));
	if (s->status)
		print(1, A_NORMAL,
		      "up %s, %ju of %ju files (%s of %s), %ju connections, %ju spliced",
		      na_format_time(na_json_number(s->status, "uptime") * 1000000000ull, up),
		      na_json_number(cache, "files"), na_json_number(cache, "files_max"),
		      na_format_size(na_json_number(cache, "cached_bytes"), used),
		      na_format_size(na_json_number(cache, "memory"), memory),
		      na_json_number(flows, "tracked"), na_json_number(flows, "spliced"));
	if (!s->known) {
		print(2, A_NORMAL, "rates: not yet");
		return;
	}
	if (s->rates.share >= 0)
		snprintf(up, sizeof(up), "%.1f%%", s->rates.share * 100);
	else
		snprintf(up, sizeof(up), "-");
	print(2, A_NORMAL,
	      "hits %s of %s READ/s, %.2f MB/s, spliced %s/s, held %s/s, missed most: %s", up,
	      na_ctl_rate(s->rates.reads, reads), s->rates.each[NA_V_HIT_BYTES] / 1e6,
	      na_ctl_rate(s->rates.each[NA_V_FLOW_SPLICED], spliced),
	      na_ctl_rate(s->rates.each[NA_V_LIMIT_HELD], held),
	      s->rates.miss < NA_V_MAX ? na_counter_name(s->rates.miss) : "-");
}

static void draw_views(const struct na_top_screen *s)
{
	char text[256];
	int len = 0;
	size_t i;

	for (i = 0; i < NA_TOP_VIEWS; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%s%s%s ",
				s->view == &na_top_views[i] ? "[" : " ", na_top_views[i].name,
				s->view == &na_top_views[i] ? "]" : " ");
	if (s->filter[0])
		print(3, A_NORMAL, "%s  %zu of %zu with '%s'", text, s->table.n, s->all, s->filter);
	else
		print(3, A_NORMAL, "%s  %zu", text, s->all);
}

/* Those that would leave too little for names are not shown. */
unsigned int na_top_columns(const struct na_top_view *view)
{
	unsigned int n = 0;

	while (n < NA_TOP_NUMBERS && view->column[n].format &&
	       (n == 0 || (int)(n + 1) * WIDTH + NAMES <= COLS))
		n++;
	return n;
}

/* The column sorted by bears a mark. */
static void draw_titles(const struct na_top_screen *s)
{
	unsigned int i, shown = na_top_columns(s->view);
	const char *mark = s->falling ? "v" : "^";
	char text[256];
	int len = 0;

	for (i = 0; i < shown; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%*s%s", WIDTH - 1,
				s->view->column[i].title, s->column == i ? mark : " ");
	snprintf(text + len, sizeof(text) - (size_t)len, " %s%s", s->view->title,
		 s->column == NA_TOP_NAME ? mark : "");
	print(4, A_REVERSE, "%s", text);
}

static const char *write_time(double ns, char to[static 32])
{
	if (ns < 10e6)
		snprintf(to, 32, "%.0f us", ns / 1e3);
	else if (ns < 10e9)
		snprintf(to, 32, "%.0f ms", ns / 1e6);
	else
		snprintf(to, 32, "%.0f s", ns / 1e9);
	return to;
}

static const char *write_number(double n, enum na_top_format format, char to[static 32])
{
	if (n < 0)
		return "-";
	switch (format) {
	case NA_TOP_NONE:
		return "";
	case NA_TOP_PLAIN:
		return na_ctl_rate(n, to);
	case NA_TOP_SIZE:
		return na_format_size((uint64_t)n, to);
	case NA_TOP_PERCENT:
		snprintf(to, 32, "%.1f", n);
		return to;
	case NA_TOP_TIME:
		return write_time(n, to);
	}
	return "";
}

static void draw_row(const struct na_top_screen *s, int y, const struct na_top_row *r)
{
	unsigned int i, shown = na_top_columns(s->view);
	char number[32];
	int x = 0;

	for (i = 0; i < shown; i++, x += WIDTH) {
		const char *text = write_number(r->n[i], s->view->column[i].format, number);
		int len = (int)strlen(text);

		put(y, x + WIDTH - 1 - (len < WIDTH - 1 ? len : WIDTH - 1), text);
	}
	put(y, x + 1, r->name);
}

void na_top_draw(struct na_top_screen *s)
{
	size_t page = na_top_page(), i;

	if (s->first + page > s->table.n)
		s->first = s->table.n > page ? s->table.n - page : 0;
	/* not clear(), which has all sent again */
	erase();
	draw_head(s);
	draw_views(s);
	draw_titles(s);
	for (i = 0; i < page && s->first + i < s->table.n; i++)
		draw_row(s, ABOVE + (int)i, &s->table.row[s->first + i]);
	if (!s->table.n && page)
		put(ABOVE, 1, s->all ? "(none with this filter)" : "(none)");
	if (LINES > ABOVE && s->typing)
		print(LINES - 1, A_BOLD, "filter: %s_", s->filter);
	else if (LINES > ABOVE)
		print(LINES - 1, A_NORMAL,
		      "q quit c clients e exports f files n counters l limits s sort r reverse / "
		      "filter");
	refresh();
}
