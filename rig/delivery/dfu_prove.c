/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a module's place holds, read back in DFU mode: its sums are made here, not by the board. */
#include "delivery/dfu_session.h"
#include "delivery/proof.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { HEAD_BYTES_MAX = IMAGE_VECTORS_BYTES + IMAGE_HEADER_BYTES };

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

/* The length that the header in the part's place tells; 0 when it tells none. */
static size_t told_len(const struct image *image, const uint8_t *head)
{
	uint32_t start = get32(head + image->header_offset);
	uint32_t end = get32(head + image->header_offset + 4);
	uint32_t len = end - start + (uint32_t)IMAGE_CRC_BYTES;

	if (start != image->header.start || end <= start || len > (uint32_t)IMAGE_BYTES_MAX)
		return 0;
	return len;
}

/* The bytes there against the module of the part. */
static void judge(const struct delivery_run *run, const uint8_t *bytes, size_t len,
		  struct delivery_proof *ret)
{
	const struct image *wanted = run->part->image;
	struct err why = ERR_INIT;
	struct image there = { 0 };

	if (image_parse(bytes, len, &there, &why) < 0) {
		*ret = (struct delivery_proof){ .kind = DELIVERY_PROOF_BAD };
		snprintf(ret->text, sizeof(ret->text), "DFU: %s: %.64s", run->part->name, why.text);
		return;
	}
	delivery_judge_proof(run, there.header.version, there.sha_stored, "DFU", ret);
	if (ret->kind == DELIVERY_PROOF_INSTALLED &&
	    (len != wanted->len || memcmp(bytes, wanted->bytes, len) != 0)) {
		ret->kind = DELIVERY_PROOF_OTHER;
		snprintf(ret->text, sizeof(ret->text),
			 "DFU: %s has version and hash, but other bytes", run->part->name);
	}
	image_release(&there);
}

static int read_module(struct dfu_session *session, struct delivery_proof *ret, struct err *err)
{
	const struct image *wanted = session->run->part->image;
	size_t head_bytes = wanted->header_offset + IMAGE_HEADER_BYTES;
	uint8_t head[HEAD_BYTES_MAX];
	uint8_t *bytes;
	size_t len;
	int step;

	assert(head_bytes <= sizeof(head)); /* image_parse() knows two places */
	step = dfu_session_read(session, DFU_SESSION_FLASH, wanted->header.start, head, head_bytes,
				err);
	if (step != 0)
		return step;
	len = told_len(wanted, head);
	if (len < head_bytes) {
		*ret = (struct delivery_proof){ .kind = DELIVERY_PROOF_BAD };
		snprintf(ret->text, sizeof(ret->text), "DFU: there is no module in place of %s",
			 session->run->part->name);
		return 0;
	}
	bytes = malloc(len);
	if (!bytes)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a module");
	step = dfu_session_read(session, DFU_SESSION_FLASH, wanted->header.start, bytes, len, err);
	if (step == 0)
		judge(session->run, bytes, len, ret);
	free(bytes);
	return step;
}

int dfu_session_prove(const struct delivery_run *run, struct delivery_proof *ret, struct err *err)
{
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	struct dfu_session session = { .run = run, .ret = &outcome };
	int step = delivery_dfu_enter(run, &outcome, err);

	if (step == 0)
		step = dfu_session_begin(&session, run, &outcome, err);
	if (step == 0)
		step = read_module(&session, ret, err);
	if (step == DELIVERY_OVER)
		proof_none(ret, "%s", outcome.text);
	if (step == 0) /* the proof stands, whether it leaves by itself or is reset */
		step = dfu_session_leave(&session, err);
	step = dfu_session_end(&session, step, err);
	return step < 0 ? step : 0;
}
