// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/clients/check.h"

#define SHOWN_BYTES 8

static void hex(char *text, const char *bytes, uint32_t len)
{
	char *at = text;

	*at = '\0';
	for (uint32_t i = 0; i < len && i < SHOWN_BYTES; i++)
		at += sprintf(at, " %02x", (unsigned char)bytes[i]);
}

static enum check_result compare_bytes(const struct check *c, uint64_t offset, const char *got,
				       uint32_t len, char *why, size_t size)
{
	char is[3 * SHOWN_BYTES + 1], should[3 * SHOWN_BYTES + 1];
	uint32_t at = 0, wrong = 0;

	if (!memcmp(got, c->expected, len))
		return CHECK_RIGHT;
	while (got[at] == c->expected[at])
		at++;
	for (uint32_t i = at; i < len; i++)
		wrong += got[i] != c->expected[i];
	hex(is, got + at, len - at);
	hex(should, c->expected + at, len - at);
	snprintf(why, size, "%u of %u bytes wrong, the first at %" PRIu64 ": expected%s, got%s",
		 wrong, len, offset + at, should, is);
	return CHECK_WRONG;
}

static enum check_result compare_attributes(uint64_t file_size, const struct engine_reply *reply,
					    char *why, size_t size)
{
	if (!reply->has_attributes)
		return CHECK_RIGHT;
	if (!reply->is_regular) {
		snprintf(why, size, "attributes are not those of a regular file");
		return CHECK_WRONG;
	}
	if (reply->size != file_size) {
		snprintf(why, size, "attributes say %" PRIu64 " bytes, expected %" PRIu64,
			 reply->size, file_size);
		return CHECK_WRONG;
	}
	return CHECK_RIGHT;
}

static enum check_result check_error(const struct check *c, const struct engine_reply *reply,
				     char *why, size_t size)
{
	const char *got = reply->error ? strerror(-reply->error) : "success";

	if (reply->error == c->expect_error)
		return CHECK_RIGHT;
	if (!c->expect_error) {
		snprintf(why, size, "refused: %s", got);
		return CHECK_REFUSED;
	}
	snprintf(why, size, "expected to be refused with \"%s\", got \"%s\"",
		 strerror(-c->expect_error), got);
	return CHECK_WRONG;
}

enum check_result check_reply(struct check *c, const struct engine_read *read,
			      const struct engine_reply *reply, char *why, size_t size)
{
	uint64_t file_size = c->source->files[read->file].size;
	uint64_t left = read->offset < file_size ? file_size - read->offset : 0;
	uint32_t want = read->count < left ? read->count : (uint32_t)left;
	/* RFC 1813 3.3.6: true exactly when the READ got to the end, one of 0 bytes too. */
	bool want_eof = read->offset + want >= file_size;
	enum check_result result;

	if (reply->error || c->expect_error)
		return check_error(c, reply, why, size);
	if (reply->count != want) {
		snprintf(why, size, "count %u, expected %u", reply->count, want);
		return CHECK_WRONG;
	}
	if (reply->data_len != want) {
		snprintf(why, size, "%u bytes of data, expected %u", reply->data_len, want);
		return CHECK_WRONG;
	}
	if (reply->exact && reply->eof != want_eof && !(c->loose_eof && !read->count)) {
		snprintf(why, size, "eof is %s, expected %s", reply->eof ? "true" : "false",
			 want_eof ? "true" : "false");
		return CHECK_WRONG;
	}
	result = compare_attributes(file_size, reply, why, size);
	if (result != CHECK_RIGHT || !want)
		return result;
	if (source_read(c->source, read->file, read->offset, c->expected, want)) {
		snprintf(why, size, "the local copy cannot be read, or has changed");
		return CHECK_NO_LOCAL;
	}
	return compare_bytes(c, read->offset, reply->data, want, why, size);
}
