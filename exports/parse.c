// SPDX-License-Identifier: GPL-2.0-only
/* Lines of the policy file, and rules typed at run time. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exports/words.h"

static const struct na_options nothing = {.cache = true};

/* What stays the same for the clients of a line. */
struct line {
	struct na_scan *s;
	struct na_word path;
	struct na_options options; /* after "-" */
};

static void free_rule(struct na_rule *r)
{
	free(r->path);
	free(r->file);
}

struct na_rule *na_policy_find(const struct na_policy *p, const char *path,
			       const struct na_client *client)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (!strcmp(p->rule[i].path, path) && na_client_equal(&p->rule[i].client, client))
			return &p->rule[i];
	return NULL;
}

static int add(struct na_policy *p, const struct na_rule *rule)
{
	struct na_rule *grown = p->rule;

	/* doubling at each power of two */
	if (!(p->n & (p->n - 1)))
		grown = reallocarray(p->rule, p->n ? 2 * p->n : 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	p->rule = grown;
	p->rule[p->n++] = *rule;
	return 0;
}

static int add_copy(struct na_policy *p, struct na_rule *r, const char *path, const char *file)
{
	int err;

	r->path = strdup(path);
	r->file = file ? strdup(file) : NULL;
	err = !r->path || (file && !r->file) ? -ENOMEM : add(p, r);
	if (err)
		free_rule(r);
	return err;
}

/* w: the client they are for. */
static int check_options(struct na_scan *s, const struct na_word *w, const struct na_options *o)
{
	if (!o->given)
		return na_scan_at(s, w,
				  "'%s' has no options: CLIENT(OPTION,...) is expected, without a "
				  "blank between",
				  w->text);
	if (o->given & NA_OPTIONS_LIMIT && !(o->given & NA_OPTIONS_RATE))
		return na_scan_at(
			s, w, "'%s' has a limit's options but no ops=, read= or write=", w->text);
	return 0;
}

static int parse_client(struct na_policy *p, const struct line *l)
{
	struct na_rule r = {.options = l->options};
	struct na_scan *s = l->s;
	struct na_rule *before;
	struct na_word w;
	int err;

	err = na_scan_word(s, "()", &w) ?: na_client_parse(s, &w, &r.client);
	if (err)
		return err;
	if (na_scan_peek(s) == ')')
		return na_scan_here(s, "a ')' without '('");
	if (na_scan_peek(s) == '(') {
		na_scan_next(s);
		err = na_options_parse(s, &r.options);
		if (err)
			return err;
		if (na_scan_peek(s) != ')')
			return na_scan_here(s, "')' or ',' is expected");
		na_scan_next(s);
	}
	err = check_options(s, &w, &r.options);
	if (err)
		return err;
	before = na_policy_find(p, l->path.text, &r.client);
	if (before)
		return na_scan_at(s, &w, "'%s' is given for %s already, at %s:%u:%u", w.text,
				  l->path.text, before->file, before->line, before->column);
	if (p->n == NA_POLICY_RULES_MAX)
		return na_scan_at(s, &w, "more than %d rules", NA_POLICY_RULES_MAX);
	r.line = w.line;
	r.column = w.column;
	return add_copy(p, &r, l->path.text, s->name);
}

static int parse_line(struct na_policy *p, struct na_scan *s)
{
	struct line l = {.s = s, .options = nothing};
	unsigned int clients = 0;
	int err;

	err = na_scan_word(s, "", &l.path) ?: na_path_parse(s, &l.path);
	if (err)
		return err;
	while (na_scan_line_goes_on(s)) {
		if (!clients && na_scan_peek(s) == '-') {
			na_scan_next(s);
			err = na_options_parse(s, &l.options);
		} else {
			err = parse_client(p, &l);
			clients++;
		}
		if (err)
			return err;
	}
	if (!clients)
		return na_scan_here(s, "a client is expected: PATH CLIENT(OPTION,...)");
	return 0;
}

static void cut(struct na_policy *p, size_t n)
{
	while (p->n > n)
		free_rule(&p->rule[--p->n]);
}

int na_policy_parse(struct na_policy *p, const char *name, const char *text, size_t len,
		    struct na_policy_error *err)
{
	struct na_scan s = {
		.name = name, .at = text, .end = text + len, .line = 1, .column = 1, .err = err};
	size_t before = p->n;
	int ret = 0;

	err->text[0] = '\0';
	while (!ret && na_scan_to_line(&s))
		ret = parse_line(p, &s);
	if (ret)
		cut(p, before);
	return ret;
}

/* The words of a command are parsed like those of a file, and named in the message. */
static int parse_who(const char *client, const char *path, struct na_client *c, struct na_word *w,
		     struct na_word *clean, struct na_policy_error *err)
{
	struct na_scan s = {.name = "", .err = err};

	err->text[0] = '\0';
	*w = (struct na_word){.len = strlen(client)};
	*clean = (struct na_word){.len = strlen(path)};
	if (w->len > NA_WORD_MAX || clean->len > NA_WORD_MAX)
		return na_scan_at(&s, w, "a word of more than %d characters", NA_WORD_MAX);
	strcpy(w->text, client);
	strcpy(clean->text, path);
	return na_client_parse(&s, w, c) ?: na_path_parse(&s, clean);
}

int na_policy_set(struct na_policy *p, const char *client, const char *path, const char *options,
		  struct na_policy_error *err)
{
	struct na_scan s = {.name = "options",
			    .at = options,
			    .end = options + strlen(options),
			    .line = 1,
			    .column = 1,
			    .err = err};
	struct na_rule r = {.options = nothing}, *before;
	struct na_word w, clean;
	int ret = parse_who(client, path, &r.client, &w, &clean, err)
			  ?: na_options_parse(&s, &r.options);

	if (ret)
		return ret;
	if (na_scan_peek(&s) != -1)
		return na_scan_here(&s, "',' or the end is expected");
	ret = check_options(&s, &w, &r.options);
	if (ret)
		return ret;
	before = na_policy_find(p, clean.text, &r.client);
	if (before) {
		before->options = r.options;
		return 0;
	}
	if (p->n == NA_POLICY_RULES_MAX)
		return na_scan_here(&s, "more than %d rules", NA_POLICY_RULES_MAX);
	return add_copy(p, &r, clean.text, NULL);
}

int na_policy_del(struct na_policy *p, const char *client, const char *path,
		  struct na_policy_error *err)
{
	struct na_client c;
	struct na_word w, clean;
	struct na_rule *r;
	int ret = parse_who(client, path, &c, &w, &clean, err);

	if (ret)
		return ret;
	r = na_policy_find(p, clean.text, &c);
	if (!r)
		return -ENOENT;
	free_rule(r);
	memmove(r, r + 1, (size_t)(p->rule + p->n - (r + 1)) * sizeof(*r));
	p->n--;
	return 0;
}

void na_policy_free(struct na_policy *p)
{
	cut(p, 0);
	free(p->rule);
	*p = (struct na_policy){0};
}
