/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"
#include "led/capture_parse.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

enum {
	CAPTURE_TEXT_LINE_MAX = 4096,
	CAPTURE_RATE_EDGES = 1000, /* fewer say nothing about a rate */
	CAPTURE_FIRST = 1024,
	CAPTURE_PS_PER_US = 1000000,
};

/* Ten years. */
#define CAPTURE_TIME_MAX (INT64_C(10) * 366 * 24 * 3600 * 1000000)

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct slice trim(struct slice slice)
{
	while (slice.len > 0 && is_blank(slice.at[0])) {
		slice.at++;
		slice.len--;
	}
	while (slice.len > 0 && is_blank(slice.at[slice.len - 1]))
		slice.len--;
	return slice;
}

bool capture_line(struct capture_reader *reader, struct slice *ret)
{
	const char *newline;
	size_t left = (size_t)(reader->end - reader->at);

	if (left == 0)
		return false;
	newline = memchr(reader->at, '\n', left);
	*ret = (struct slice){ reader->at, newline ? (size_t)(newline - reader->at) : left };
	reader->at = newline ? newline + 1 : reader->end;
	reader->line++;
	*ret = trim(*ret);
	return true;
}

struct slice slice_take(struct slice *line, char separator)
{
	const char *found = line->len ? memchr(line->at, separator, line->len) : NULL;
	struct slice piece = { line->at, found ? (size_t)(found - line->at) : line->len };
	size_t used = piece.len + (found != NULL);

	line->at += used;
	line->len -= used;
	return trim(piece);
}

bool slice_is(const struct slice *slice, const char *text)
{
	return slice->len == strlen(text) && strncasecmp(slice->at, text, slice->len) == 0;
}

/* Whole units and digits after the point; what is below a microsecond is dropped. */
int slice_time(const struct slice *slice, int64_t unit_ps, int64_t *ret_us)
{
	int64_t digit_us = unit_ps / CAPTURE_PS_PER_US;
	int64_t fraction_us = 0;
	int64_t whole = 0;
	bool point = false;
	size_t digits = 0;

	for (size_t i = 0; i < slice->len; i++) {
		char c = slice->at[i];

		if (c == '.' && !point) {
			point = true;
			continue;
		}
		if (c < '0' || c > '9')
			return -EINVAL;
		digits++;
		if (point) {
			digit_us /= 10;
			fraction_us += (c - '0') * digit_us;
		} else if (__builtin_mul_overflow(whole, 10, &whole) ||
			   __builtin_add_overflow(whole, c - '0', &whole)) {
			return -EINVAL;
		}
	}
	if (unit_ps < CAPTURE_PS_PER_US)
		whole /= CAPTURE_PS_PER_US / unit_ps;
	else if (__builtin_mul_overflow(whole, unit_ps / CAPTURE_PS_PER_US, &whole))
		return -EINVAL;
	if (digits == 0 || whole > CAPTURE_TIME_MAX)
		return -EINVAL;
	*ret_us = whole + fraction_us;
	return 0;
}

int capture_fail(const struct capture_reader *reader, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return err_set_at(reader->err, reader->name, reader->line, "%s", text);
}

int capture_channel(const struct slice *name, enum led_channel *ret)
{
	static const struct {
		const char *name;
		enum led_channel channel;
	} names[] = {
		{ "r", LED_RED },   { "red", LED_RED },	    { "0", LED_RED },
		{ "g", LED_GREEN }, { "green", LED_GREEN }, { "1", LED_GREEN },
		{ "b", LED_BLUE },  { "blue", LED_BLUE },   { "2", LED_BLUE },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (slice_is(name, names[i].name)) {
			*ret = names[i].channel;
			return 0;
		}
	}
	return -EINVAL;
}

int capture_time(struct capture_reader *reader, int64_t t_us)
{
	if (reader->begun && t_us < reader->now_us)
		return capture_fail(reader, "time goes back, from %lld to %lld us",
				    (long long)reader->now_us, (long long)t_us);
	if (!reader->begun)
		reader->capture->begin_us = t_us;
	reader->begun = true;
	reader->now_us = t_us;
	return 0;
}

static int add_edge(struct capture_reader *reader, enum led_channel channel, bool high)
{
	struct capture *capture = reader->capture;
	int64_t span_us = reader->now_us - capture->begin_us;

	if (capture->count == reader->capacity) {
		size_t capacity = reader->capacity ? 2 * reader->capacity : CAPTURE_FIRST;
		struct capture_edge *edges =
			realloc(capture->edges, capacity * sizeof(capture->edges[0]));

		if (!edges)
			return err_set(reader->err, ERR_IO, -ENOMEM, "no memory");
		capture->edges = edges;
		reader->capacity = capacity;
	}
	capture->edges[capture->count++] = (struct capture_edge){
		.t_us = reader->now_us,
		.channel = channel,
		.high = high,
	};
	if (capture->count >= CAPTURE_RATE_EDGES &&
	    (int64_t)capture->count > (span_us + 1) * (CAPTURE_HZ_MAX / CAPTURE_PS_PER_US))
		return capture_fail(reader, "%zu edges in %lld us are no LED's", capture->count,
				    (long long)span_us);
	return 0;
}

int capture_level(struct capture_reader *reader, enum led_channel channel, bool high)
{
	reader->capture->there[channel] = true;
	if (!reader->known[channel]) {
		reader->known[channel] = true;
		reader->capture->high[channel] = high;
		reader->high[channel] = high;
		return 0;
	}
	if (reader->high[channel] == high)
		return 0;
	reader->high[channel] = high;
	return add_edge(reader, channel, high);
}

int capture_edge(struct capture_reader *reader, enum led_channel channel, bool high)
{
	reader->capture->there[channel] = true;
	if (!reader->known[channel]) {
		reader->known[channel] = true;
		reader->capture->high[channel] = !high;
	}
	reader->high[channel] = high;
	return add_edge(reader, channel, high);
}

/* Text has no control characters but these. */
static int check_text(struct capture_reader *reader)
{
	unsigned int line = 1;
	size_t length = 0;

	for (const char *at = reader->at; at < reader->end; at++) {
		unsigned char c = (unsigned char)*at;

		length = c == '\n' ? 0 : length + 1;
		reader->line = line;
		if (length > CAPTURE_TEXT_LINE_MAX)
			return capture_fail(reader, "a line of more than %d characters is no text",
					    CAPTURE_TEXT_LINE_MAX);
		if ((c < ' ' && c != '\n' && c != '\r' && c != '\t') || c == 0x7f)
			return capture_fail(reader, "byte 0x%02x is no text", c);
		line += c == '\n';
	}
	reader->line = 0;
	return 0;
}

/* "$timescale" and the like; perhaps after empty lines. */
static bool is_vcd(const struct capture_reader *reader)
{
	for (const char *at = reader->at; at < reader->end; at++)
		if (!isspace((unsigned char)*at))
			return *at == '$';
	return false;
}

int capture_parse(const char *text, size_t len, const char *name, struct capture *ret,
		  struct err *err)
{
	struct capture capture = { 0 };
	struct capture_reader reader = {
		.at = text, .end = text + len, .name = name, .capture = &capture, .err = err
	};
	int r = check_text(&reader);

	if (r == 0)
		r = is_vcd(&reader) ? capture_read_vcd(&reader) : capture_read_csv(&reader);
	if (r == 0 && capture.count == 0)
		r = capture_fail(&reader, "no line changes its level in this capture");
	if (r < 0) {
		capture_release(&capture);
		return r;
	}
	capture.end_us = reader.now_us;
	*ret = capture;
	return 0;
}

void capture_release(struct capture *capture)
{
	free(capture->edges);
	capture->edges = NULL;
	capture->count = 0;
}
