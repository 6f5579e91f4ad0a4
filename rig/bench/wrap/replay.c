/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads what record.c writes, a line at a time and no further than has been asked for. */
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "bench/wrap/proxy.h"
#include "bench/wrap/wrap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

enum { WORD_MAX = 32 };

struct replay {
	struct proxy *proxy;
	char *path;
	char *bytes; /* the whole file; lines are ended with NUL as they are read */
	char *at;    /* the line that comes next */
	unsigned int line;
	int64_t now_us;
	int code; /* of a deviation, with 'err': every later call has it too */
	struct err err;
};

/* The next line, or NULL at the end. */
static char *next_line(struct replay *replay)
{
	char *line = replay->at;
	char *end;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	if (end)
		*end = '\0';
	replay->at = end ? end + 1 : NULL;
	replay->line++;
	return line;
}

static int deviate(struct replay *replay, const char *fmt, ...) PRINTF_LIKE(2, 3);

static int deviate(struct replay *replay, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	replay->code = err_set_at(&replay->err, replay->path, replay->line, "%s", text);
	replay->err.kind = ERR_RIG;
	return replay->code;
}

static int broken(struct replay *replay, const char *line)
{
	return deviate(replay, "'%.100s' is no line of a record", line);
}

/* Takes a decimal number and the blanks before it. */
static bool take_number(char **at, int64_t *ret)
{
	char *end;

	while (**at == ' ')
		(*at)++;
	errno = 0;
	*ret = strtoll(*at, &end, 10);
	if (end == *at || errno != 0 || (*end != ' ' && *end != '\0'))
		return false;
	*at = end;
	return true;
}

static bool take_word(char **at, char ret[WORD_MAX])
{
	size_t len;

	while (**at == ' ')
		(*at)++;
	len = strcspn(*at, " ");
	if (len == 0 || len >= WORD_MAX)
		return false;
	memcpy(ret, *at, len);
	ret[len] = '\0';
	*at += len;
	return true;
}

/* The call as record.c writes it, without the mark. */
static void write_call(const struct wrap_call *call, char *text, size_t size)
{
	size_t len = (size_t)snprintf(text, size, "%s", wrap_call_name(call->kind));

	for (size_t i = 0; i < call->arg_count; i++)
		len += (size_t)snprintf(text + len, size - len, " %" PRId64, call->args[i]);
	if (call->in_len > 0)
		snprintf(text + len, size - len, " =%zu:%08" PRIx32, call->in_len,
			 hash_crc32(call->in, call->in_len));
}

static int tell_event(struct replay *replay, char *line)
{
	struct wrap_event event = { .kind = WRAP_EVENT_NONE };
	char name[WORD_MAX];
	char *at = line + 1;

	if (take_word(&at, name))
		event.kind = wrap_event_by_name(name);
	if (event.kind == WRAP_EVENT_NONE || !take_number(&at, &event.t_us))
		return broken(replay, line);
	for (size_t i = 0; i < wrap_event_values(event.kind); i++)
		if (!take_number(&at, &event.values[i]))
			return broken(replay, line);
	proxy_tell(replay->proxy, &event);
	return 0;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "#6f74": bytes that came out. */
static bool take_bytes(char **at, struct wrap_call *call)
{
	char *hex = *at + 1;

	call->out_len = 0;
	while (digit(hex[0]) >= 0 && digit(hex[1]) >= 0) {
		if (!call->out || call->out_len == call->out_room)
			return false;
		call->out[call->out_len++] = (uint8_t)(digit(hex[0]) << 4 | digit(hex[1]));
		hex += 2;
	}
	*at = hex;
	return *hex == ' ' || *hex == '\0';
}

static int take_result(struct replay *replay, char *line, struct wrap_call *call, struct err *err)
{
	char *at = line + 1;
	int64_t code;

	if (!take_number(&at, &replay->now_us) || !take_number(&at, &code) || code > 0 ||
	    code < -4095)
		return broken(replay, line);
	while (call->out_count < WRAP_OUTS_MAX && take_number(&at, &call->outs[call->out_count]))
		call->out_count++;
	while (*at == ' ')
		at++;
	if (*at == '#' && !take_bytes(&at, call))
		return broken(replay, line);
	while (*at == ' ')
		at++;
	if (*at == '"')
		text_copy(call->text, sizeof(call->text), at + 1);
	else if (*at)
		return broken(replay, line);
	if (code < 0)
		return err_set(err, ERR_RIG, (int)code, "%s", call->text);
	return 0;
}

static int play(struct replay *replay, struct wrap_call *call, struct err *err)
{
	char asked[256];
	char *line = next_line(replay);

	write_call(call, asked, sizeof(asked));
	if (!line)
		return deviate(replay, "the record ends, asked was '%.100s'", asked);
	if (strncmp(line, "> ", 2) != 0)
		return broken(replay, line);
	if (strcmp(line + 2, asked) != 0)
		return deviate(replay, "the record has '%.100s', asked was '%.100s'", line + 2,
			       asked);
	while ((line = next_line(replay)) && *line == '!') {
		int r = tell_event(replay, line);

		if (r < 0)
			return r;
	}
	if (!line)
		return deviate(replay, "the record ends inside of '%.100s'", asked);
	return *line == '<' ? take_result(replay, line, call, err) : broken(replay, line);
}

static int on_call(void *ctx, struct wrap_call *call, struct err *err)
{
	struct replay *replay = ctx;
	int r = replay->code ? replay->code : play(replay, call, err);

	if (replay->code && err)
		*err = replay->err;
	return r;
}

static int64_t on_now(void *ctx)
{
	const struct replay *replay = ctx;

	return replay->now_us;
}

static void on_event(void *ctx, const struct wrap_event *event)
{
	const struct replay *replay = ctx;

	proxy_tell(replay->proxy, event);
}

static void on_close(void *ctx)
{
	struct replay *replay = ctx;

	free(replay->path);
	free(replay->bytes);
	free(replay);
}

static const struct wrap_ops replay_ops = {
	.call = on_call,
	.event = on_event,
	.now_us = on_now,
	.close = on_close,
};

/* "otarig-slot 1 CAPABILITIES NOW NAME" */
static int take_head(struct replay *replay, unsigned int *ret_capabilities,
		     char ret_name[SLOT_NAME_MAX], struct err *err)
{
	static const char mark[] = "otarig-slot 1 ";
	char *line = next_line(replay);
	int64_t capabilities;
	char *at = line;

	if (line && strncmp(line, mark, strlen(mark)) == 0) {
		at += strlen(mark);
		if (take_number(&at, &capabilities) && capabilities >= 0 &&
		    capabilities <= UINT32_MAX && take_number(&at, &replay->now_us) && *at == ' ' &&
		    text_copy(ret_name, SLOT_NAME_MAX, at + 1)) {
			*ret_capabilities = (unsigned int)capabilities;
			return 0;
		}
	}
	return err_set_at(err, replay->path, 1, "this is no record of a slot");
}

int wrap_replay(const char *path, struct slot *ret, struct err *err)
{
	struct replay *replay = calloc(1, sizeof(*replay));
	unsigned int capabilities = 0;
	char name[SLOT_NAME_MAX];
	uint8_t *bytes = NULL;
	size_t len = 0;
	int r = replay ? file_read(path, WRAP_RECORD_BYTES_MAX, &bytes, &len, err)
		       : err_set(err, ERR_RIG, -ENOMEM, "no memory for a wrapper");

	if (r < 0) {
		free(replay);
		return r;
	}
	replay->bytes = (char *)bytes;
	replay->at = replay->bytes;
	replay->path = strdup(path);
	if (!replay->path)
		r = err_set(err, ERR_RIG, -ENOMEM, "no memory for a wrapper");
	else
		r = take_head(replay, &capabilities, name, err);
	if (r == 0)
		r = proxy_open(NULL, &replay_ops, replay, ret, &replay->proxy, err);
	if (r < 0) {
		on_close(replay);
		return r;
	}
	text_copy(ret->name, sizeof(ret->name), name);
	ret->capabilities = capabilities;
	return 0;
}
