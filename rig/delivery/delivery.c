/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/delivery.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct delivery *const delivery_table[] = {
	&delivery_staged,     &delivery_cloud,	     &delivery_ymodem, &delivery_dfu,
	&delivery_dfu_staged, &delivery_usb_control, &delivery_exec,
};

/* The phase that begins at a point is what calibrations, scenarios and people call it. */
static const struct {
	const char *name;
	const char *phase;
} points[] = {
	[DELIVERY_POINT_NONE] = { "none", "" },	 [DELIVERY_BEGUN] = { "begun", "begin" },
	[DELIVERY_READY] = { "ready", "stage" }, [DELIVERY_CHUNK] = { "chunk", "" },
	[DELIVERY_SENT] = { "sent", "slot" },	 [DELIVERY_TAKEN] = { "taken", "apply" },
};

const struct delivery *delivery_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(delivery_table); i++)
		if (strcmp(delivery_table[i]->name, name) == 0)
			return delivery_table[i];
	return NULL;
}

void delivery_names(char *buf, size_t size)
{
	buf[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(delivery_table); i++) {
		size_t len = strlen(buf);

		text_copy(buf + len, size - len, i ? ", " : "");
		len = strlen(buf);
		text_copy(buf + len, size - len, delivery_table[i]->name);
	}
}

const char *delivery_point_name(enum delivery_point point)
{
	return points[point].name;
}

enum delivery_point delivery_point_from_name(const char *name)
{
	for (size_t i = DELIVERY_BEGUN; i < ARRAY_LEN(points); i++)
		if (strcmp(points[i].name, name) == 0)
			return (enum delivery_point)i;
	return DELIVERY_POINT_NONE;
}

int delivery_open(const struct delivery *delivery, struct delivery_context *context,
		  struct err *err)
{
	context->state = NULL;
	return delivery->open ? delivery->open(context, err) : 0;
}

void delivery_close(const struct delivery *delivery, struct delivery_context *context)
{
	if (delivery && delivery->close && context->state)
		delivery->close(context);
	context->state = NULL;
}

int delivery_prepare(const struct delivery *delivery, const struct delivery_run *run,
		     struct delivery_outcome *ret, struct err *err)
{
	int result = delivery->prepare(run, ret, err);

	return result < 0 ? err_prefix(err, "cannot prepare the delivery of '%s'", run->part->name)
			  : result;
}

int delivery_send(const struct delivery *delivery, const struct delivery_run *run,
		  struct delivery_outcome *ret, struct err *err)
{
	int result = delivery->send(run, ret, err);

	return result < 0 ? err_prefix(err, "cannot deliver '%s'", run->part->name) : result;
}

int delivery_prove(const struct delivery *delivery, const struct delivery_run *run,
		   struct delivery_proof *ret, struct err *err)
{
	int result;

	*ret = (struct delivery_proof){ .kind = DELIVERY_PROOF_NONE };
	if (!delivery->prove)
		return 0;
	result = delivery->prove(run, ret, err);
	return result < 0 ? err_prefix(err, "cannot ask which '%s' runs", run->part->name) : result;
}

int delivery_reach(const struct delivery_run *run, enum delivery_point point, uint32_t chunk,
		   uint64_t bytes, struct err *err)
{
	const struct delivery_progress progress = { .point = point,
						    .chunk = chunk,
						    .bytes = bytes };

	if (run->sink && point != DELIVERY_CHUNK)
		obs_put(run->sink, slot_now_us(run->context->slot), OBS_DELIVERY,
			(int32_t)run->part->number, (int64_t)bytes, points[point].phase);
	return run->progress ? run->progress(run->progress_ctx, &progress, err) : 0;
}

void delivery_end(struct delivery_outcome *ret, enum delivery_result result, const char *fmt, ...)
{
	va_list ap;

	ret->result = result;
	va_start(ap, fmt);
	vsnprintf(ret->text, sizeof(ret->text), fmt, ap);
	va_end(ap);
}

void delivery_judge_proof(const struct delivery_run *run, uint32_t version, const uint8_t *sha256,
			  const char *how, struct delivery_proof *ret)
{
	const struct image *image = run->part->image;
	bool same = version == image->header.version &&
		    (!sha256 || memcmp(sha256, image->sha_stored, SHA256_BYTES) == 0);

	ret->kind = same ? DELIVERY_PROOF_INSTALLED : DELIVERY_PROOF_OTHER;
	ret->version = version;
	snprintf(ret->text, sizeof(ret->text), "%s: %s has version %" PRIu32 "%s", how,
		 run->part->name, version,
		 !same && version == image->header.version ? ", but another hash" : "");
}
