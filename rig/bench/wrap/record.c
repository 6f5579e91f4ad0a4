/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A record is text, a line each:
 *
 *	otarig-slot 1 CAPABILITIES NOW NAME
 *	> CALL ARG... [=LENGTH:CRC]            what was asked; bytes by their length and CRC-32
 *	! EVENT TIME VALUE...                  what was told meanwhile
 *	< NOW CODE OUT... [#HEX] ["TEXT]       what came of it; a text goes to the end of the line
 */
#include "base/hash.h"
#include "bench/wrap/proxy.h"
#include "bench/wrap/wrap.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct record {
	struct proxy *proxy;
	FILE *file;
};

static int failed(const struct record *record, struct err *err)
{
	return ferror(record->file)
		       ? err_set(err, ERR_IO, -EIO, "the record of slot '%s' cannot be written",
				 record->proxy->inner.name)
		       : 0;
}

static void put_call(FILE *file, const struct wrap_call *call)
{
	fprintf(file, "> %s", wrap_call_name(call->kind));
	for (size_t i = 0; i < call->arg_count; i++)
		fprintf(file, " %" PRId64, call->args[i]);
	if (call->in_len > 0)
		fprintf(file, " =%zu:%08" PRIx32, call->in_len, hash_crc32(call->in, call->in_len));
	fputc('\n', file);
}

static void put_text(FILE *file, const char *text)
{
	fputs(" \"", file);
	for (; *text; text++)
		fputc((unsigned char)*text < ' ' ? ' ' : *text, file);
}

static void put_result(const struct record *record, const struct wrap_call *call, int code,
		       const struct err *err)
{
	FILE *file = record->file;

	fprintf(file, "< %" PRId64 " %d", slot_now_us(&record->proxy->inner), code);
	for (size_t i = 0; i < call->out_count && code == 0; i++)
		fprintf(file, " %" PRId64, call->outs[i]);
	if (code == 0 && call->out_len > 0) {
		fputs(" #", file);
		for (size_t i = 0; i < call->out_len; i++)
			fprintf(file, "%02x", call->out[i]);
	}
	if (code < 0)
		put_text(file, err->text);
	else if (call->text[0])
		put_text(file, call->text);
	fputc('\n', file);
}

static int on_call(void *ctx, struct wrap_call *call, struct err *err)
{
	struct record *record = ctx;
	struct err found = ERR_INIT;
	int r;

	put_call(record->file, call);
	r = wrap_call_perform(&record->proxy->inner, call, &found);
	put_result(record, call, r, &found);
	if (r < 0 && err)
		*err = found;
	return r < 0 ? r : failed(record, err);
}

static void on_event(void *ctx, const struct wrap_event *event)
{
	struct record *record = ctx;

	fprintf(record->file, "! %s %" PRId64, wrap_event_name(event->kind), event->t_us);
	for (size_t i = 0; i < wrap_event_values(event->kind); i++)
		fprintf(record->file, " %" PRId64, event->values[i]);
	fputc('\n', record->file);
	proxy_tell(record->proxy, event);
}

static int64_t on_now(void *ctx)
{
	const struct record *record = ctx;

	return slot_now_us(&record->proxy->inner);
}

static void on_close(void *ctx)
{
	struct record *record = ctx;

	fclose(record->file);
	free(record);
}

static const struct wrap_ops record_ops = {
	.call = on_call,
	.event = on_event,
	.now_us = on_now,
	.close = on_close,
};

int wrap_record(struct slot *slot, const char *path, struct err *err)
{
	struct record *record = calloc(1, sizeof(*record));
	struct slot wrapped;
	int r;

	if (!record)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a wrapper");
	record->file = fopen(path, "we");
	if (!record->file) {
		r = err_set(err, ERR_IO, -errno, "cannot write '%s': %s", path, strerror(errno));
		free(record);
		return r;
	}
	fprintf(record->file, "otarig-slot 1 %u %" PRId64 " %s\n", slot->capabilities,
		slot_now_us(slot), slot->name);
	r = proxy_open(slot, &record_ops, record, &wrapped, &record->proxy, err);
	if (r < 0)
		on_close(record);
	else
		*slot = wrapped;
	return r;
}
