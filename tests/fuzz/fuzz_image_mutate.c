/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes looked at with patience, judged, and changed by every kind of mutation that the first
 * bytes ask for: kind, what becomes of the sums, seed. The rest is the module.
 */
#include "image/diff.h"
#include "image/mutate.h"
#include "image/order.h"

#include <assert.h>

enum { PREFIX_BYTES = 4, SETS_MAX = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct image_inspection *in)
{
	struct image_findings findings;

	image_verify(in, image_platform(8), &findings);
	assert(findings.count <= IMAGE_FINDINGS_MAX);
	for (size_t i = 0; i < findings.count; i++)
		assert(findings.items[i].text[0] && findings.items[i].offset <= in->len);
	image_verify(in, NULL, &findings);
	/* what is right by all rules is taken by the strict reader too */
	if (findings.count == 0)
		assert(image_inspection_is_whole(in));
}

static bool look(const uint8_t *bytes, size_t len, struct image_inspection *ret)
{
	struct err err = ERR_INIT;

	if (image_inspect(bytes, len, ret, &err) < 0) {
		assert(err.kind == ERR_CONFIG && err.text[0]);
		return false;
	}
	assert(ret->header_offset + IMAGE_HEADER_BYTES <= len);
	assert(ret->tail_at + IMAGE_CRC_BYTES <= len || !ret->tail_at);
	for (size_t i = 0; i < ret->embedded_count; i++)
		assert(ret->embedded[i].offset + ret->embedded[i].len <= len);
	judge(ret);
	return true;
}

static void order(const struct image_inspection *a, const struct image_inspection *b)
{
	const struct image_header headers[SETS_MAX] = { a->header, b->header, a->header };
	struct image_set set = { .headers = headers, .count = 2 };
	struct image_set installed = { .headers = headers + 2, .count = 1 };
	struct image_order order;
	struct err err = ERR_INIT;

	if (image_order(&set, &installed, &order, &err) == 0)
		assert(order.count == 2 && order.order[0] != order.order[1]);
	set.count = 1;
	if (image_order(&set, NULL, &order, &err) == 0)
		assert(order.count == 1 && order.order[0] == 0);
}

static void mutate(const uint8_t *bytes, size_t len, const struct image_mutation *m,
		   const struct image_inspection *in)
{
	char text[2][IMAGE_MUTATION_TEXT_MAX];
	struct image_inspection after;
	struct err err = ERR_INIT;
	uint8_t *out[2];
	size_t out_len[2];

	if (image_mutate(bytes, len, m, &out[0], &out_len[0], text[0], &err) < 0) {
		assert(err.kind != ERR_NONE && err.text[0]);
		return;
	}
	assert(image_mutate(bytes, len, m, &out[1], &out_len[1], text[1], NULL) == 0);
	assert(out_len[0] == out_len[1] && memcmp(out[0], out[1], out_len[0]) == 0);
	assert(strcmp(text[0], text[1]) == 0 && text[0][0]);
	assert(out_len[0] != len || memcmp(out[0], bytes, len) != 0);
	if (look(out[0], out_len[0], &after) && in) {
		const struct image_side a = { bytes, in };
		const struct image_side b = { out[0], &after };
		struct image_diff diff;

		image_diff(&a, &b, &diff);
		assert(diff.differs);
		order(in, &after);
	}
	free(out[0]);
	free(out[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image_mutation m = { 0 };
	struct image_mutation back;
	struct image_inspection in;
	char text[IMAGE_MUTATION_ID_MAX];
	bool found;

	if (size < PREFIX_BYTES)
		return 0;
	m.kind = (enum image_mutation_kind)(1 + data[0] % (IMAGE_MUTATION_COUNT - 1));
	m.sums = (enum image_mutation_sums)(data[1] % 3);
	m.seed = data[2] | (uint64_t)data[3] << 8;
	image_mutation_format(&m, text);
	assert(image_mutation_parse(text, &back, NULL) == 0 && back.kind == m.kind);
	data += PREFIX_BYTES;
	size -= PREFIX_BYTES;
	found = look(data, size, &in);
	mutate(data, size, &m, found ? &in : NULL);
	m.other = found ? &in.header : NULL;
	m.kind = IMAGE_MUTATION_DEPENDENCY_CIRCULAR;
	mutate(data, size, &m, found ? &in : NULL);
	/* the text, too, comes from elsewhere */
	if (size < sizeof(text)) {
		memcpy(text, data, size);
		text[size] = '\0';
		if (image_mutation_parse(text, &back, NULL) == 0)
			assert(back.kind != IMAGE_MUTATION_UNKNOWN);
	}
	return 0;
}
