/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/tally.h"

#include "base/file.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	TALLY_LINE_BYTES = 11,			/* ten digits and the line's end */
	TALLY_LINES_MAX = 2 * BENCH_TRIALS_MAX, /* what is too old is thrown out by halves */
	TALLY_NAME_MAX = 2 * BENCH_TEXT_MAX,
	MINUTE_S = 60,
	HOUR_S = 3600,
};

struct tally {
	int fd;
	char *path;
};

/* What the file holds, of which 'recent' lines count. */
struct lines {
	char *text;
	size_t count;
	size_t recent;
	int64_t first_s; /* the oldest of them */
};

static int failed(const char *path, struct err *err)
{
	return err_set(err, ERR_RIG, -errno, "cannot count power-ons in '%s': %s", path,
		       strerror(errno));
}

static int no_memory(struct err *err)
{
	return err_set(err, ERR_RIG, -ENOMEM, "no memory to count power-ons");
}

static int make_folder(char **ret, struct err *err)
{
	static const struct {
		const char *variable, *below;
	} places[] = {
		{ "XDG_STATE_HOME", "/otarig/power-ons" },
		{ "HOME", "/.local/state/otarig/power-ons" },
	};

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		const char *value = getenv(places[i].variable);

		if (!value || value[0] != '/')
			continue;
		if (asprintf(ret, "%s%s", value, places[i].below) < 0) {
			*ret = NULL; /* asprintf leaves it undefined */
			return no_memory(err);
		}
		return file_make_dirs(*ret, err);
	}
	return err_set(err, ERR_RIG, -ENOENT,
		       "no folder to count power-ons in (limits.trials_a_day): neither "
		       "XDG_STATE_HOME nor HOME is set");
}

/* A file's name from names that may hold anything. */
static void make_name(const struct bench_line *line, char ret[TALLY_NAME_MAX])
{
	snprintf(ret, TALLY_NAME_MAX, "%s.%s", line->chip, line->line);
	for (char *at = ret; *at; at++)
		if (!isalnum((unsigned char)*at) && *at != '-' && *at != '_' &&
		    (*at != '.' || at == ret))
			*at = '_';
}

int tally_open(const struct bench_line *line, struct tally **ret, struct err *err)
{
	AUTO_FREE char *folder = NULL;
	struct tally *tally = calloc(1, sizeof(*tally));
	char name[TALLY_NAME_MAX];
	int r = tally ? make_folder(&folder, err) : no_memory(err);

	make_name(line, name);
	if (r == 0 && asprintf(&tally->path, "%s/%s", folder, name) < 0) {
		tally->path = NULL;
		r = no_memory(err);
	}
	if (r == 0) {
		tally->fd = open(tally->path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
		if (tally->fd < 0)
			r = failed(tally->path, err);
	}
	if (r < 0) {
		if (tally)
			free(tally->path);
		free(tally);
		return r;
	}
	*ret = tally;
	return 0;
}

void tally_close(struct tally *tally)
{
	if (!tally)
		return;
	close(tally->fd);
	free(tally->path);
	free(tally);
}

static int read_all(const struct tally *tally, char **ret, size_t *ret_len, struct err *err)
{
	AUTO_FREE char *text = NULL;
	struct stat st;
	size_t len = 0;

	if (fstat(tally->fd, &st) < 0)
		return failed(tally->path, err);
	if (st.st_size > (off_t)TALLY_LINES_MAX * TALLY_LINE_BYTES)
		return err_set(err, ERR_RIG, -EFBIG,
			       "'%s' is too large for a count of power-ons: delete it",
			       tally->path);
	text = malloc((size_t)st.st_size + TALLY_LINE_BYTES);
	if (!text)
		return no_memory(err);
	while (len < (size_t)st.st_size) {
		ssize_t n = pread(tally->fd, text + len, (size_t)st.st_size - len, (off_t)len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(tally->path, err);
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret = text;
	text = NULL;
	*ret_len = len;
	return 0;
}

static bool read_line(const char *line, int64_t *ret_s)
{
	int64_t value = 0;

	for (int i = 0; i < TALLY_LINE_BYTES - 1; i++) {
		if (!isdigit((unsigned char)line[i]))
			return false;
		value = value * 10 + (line[i] - '0');
	}
	*ret_s = value;
	return line[TALLY_LINE_BYTES - 1] == '\n';
}

/* A clock that was set meanwhile has counted in either direction. */
static bool counts(int64_t then_s, int64_t now_s)
{
	return then_s > now_s - TALLY_SPAN_S && then_s < now_s + TALLY_SPAN_S;
}

/* Moves what counts to the front. The caller frees ret->text. */
static int load(const struct tally *tally, int64_t now_s, struct lines *ret, struct err *err)
{
	struct lines lines = { .first_s = INT64_MAX };
	size_t len = 0;
	int r = read_all(tally, &lines.text, &len, err);

	if (r < 0)
		return r;
	lines.count = (len + TALLY_LINE_BYTES - 1) / TALLY_LINE_BYTES;
	for (size_t i = 0; i < lines.count; i++) {
		const char *line = lines.text + i * TALLY_LINE_BYTES;
		int64_t then_s = 0;

		if ((i + 1) * TALLY_LINE_BYTES > len || !read_line(line, &then_s)) {
			free(lines.text);
			return err_set(err, ERR_RIG, -EBADMSG,
				       "'%s' is no count of power-ons from byte %zu on: delete it",
				       tally->path, i * TALLY_LINE_BYTES);
		}
		if (!counts(then_s, now_s))
			continue;
		memmove(lines.text + lines.recent++ * TALLY_LINE_BYTES, line, TALLY_LINE_BYTES);
		lines.first_s = then_s < lines.first_s ? then_s : lines.first_s;
	}
	*ret = lines;
	return 0;
}

static int write_at(const struct tally *tally, const char *text, size_t len, size_t at,
		    struct err *err)
{
	while (len > 0) {
		ssize_t n = pwrite(tally->fd, text, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(tally->path, err);
		text += n;
		at += (size_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/* What no longer counts is thrown out when it is more than what does. A program that dies between
 * the two steps leaves lines twice, which counts too much, never too little. */
static int save(const struct tally *tally, const struct lines *lines, struct err *err)
{
	size_t new_at = lines->count - lines->recent > lines->recent ? 0 : lines->count;
	size_t first = new_at ? lines->recent : 0; /* of the lines, the first that is written */
	size_t count = lines->recent + 1 - first;
	int r = write_at(tally, lines->text + first * TALLY_LINE_BYTES, count * TALLY_LINE_BYTES,
			 new_at * TALLY_LINE_BYTES, err);

	if (r == 0 && ftruncate(tally->fd, (off_t)((new_at + count) * TALLY_LINE_BYTES)) < 0)
		r = failed(tally->path, err);
	return r;
}

static int refuse(const struct lines *lines, int64_t now_s, struct err *err)
{
	int64_t left_s = lines->first_s + TALLY_SPAN_S - now_s;
	int64_t unit_s = left_s > 2 * HOUR_S ? HOUR_S : left_s > 2 * MINUTE_S ? MINUTE_S : 1;
	char next[32];

	left_s = (left_s + unit_s - 1) / unit_s * unit_s;
	text_format_duration(left_s * 1000000, next, sizeof(next));
	return err_set(err, ERR_RIG, -EDQUOT,
		       "switched on %zu times in 24 hours, its limit (limits.trials_a_day); the "
		       "next may be in %s",
		       lines->recent, next);
}

static int add(struct tally *tally, int64_t now_s, uint32_t limit, struct err *err)
{
	struct lines lines = { 0 };
	char line[32];
	int r = load(tally, now_s, &lines, err);

	if (r < 0)
		return r;
	if (lines.recent >= limit) {
		r = refuse(&lines, now_s, err);
	} else {
		snprintf(line, sizeof(line), "%010lld\n", (long long)now_s);
		memcpy(lines.text + lines.recent * TALLY_LINE_BYTES, line, TALLY_LINE_BYTES);
		r = save(tally, &lines, err);
	}
	free(lines.text);
	return r;
}

int tally_add(struct tally *tally, int64_t now_s, uint32_t limit, struct err *err)
{
	int r;

	while (flock(tally->fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return failed(tally->path, err);
	r = add(tally, now_s, limit, err);
	IGNORE(flock(tally->fd, LOCK_UN), "closing lets it go as well");
	return r;
}
