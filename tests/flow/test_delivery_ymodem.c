/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Updates by YMODEM to the reference firmware of every era, over the virtual board's serial line:
 * what is in flash after, what the board says of it, every act, and defects told apart.
 */
#include "base/macros.h"
#include "lib/delivery_desk.h"
#include "lib/testing.h"
#include "vboard/vboard.h"

#include <string.h>

enum { APPLY_US = 6000000, BLOCK = 128 };

static const struct era {
	const char *from;
	const char *to;
	uint32_t block; /* 0: the way's own */
} eras[] = {
	{ "reference-era-a-1.0-p1", "reference-era-a-1.1-p1", 0 },
	{ "reference-era-b-1.0-p1", "reference-era-b-1.1-p1", 1024 },
	{ "reference-era-c-1.0-p1", "reference-era-c-1.1-p1", 0 },
	{ "reference-robust-1.0-p1", "reference-robust-1.1-p1", 1024 },
};

static const char *const parts[] = { "system-part1", "system-part2", "user" };

static struct delivery_desk *desk_with(const struct era *era)
{
	struct delivery_desk *desk = delivery_desk_new(era->from, era->to);

	ck_assert_ptr_nonnull(desk);
	desk->options.chunk_bytes = era->block;
	delivery_desk_use(desk, "ymodem");
	return desk;
}

static void check_done(const struct delivery_outcome outcome)
{
	ck_assert_msg(outcome.result == DELIVERY_DONE, "%d: %s", (int)outcome.result, outcome.text);
}

static void check_proof(struct delivery_desk *desk, const char *module,
			enum delivery_proof_kind kind)
{
	struct delivery_proof proof = delivery_desk_prove(desk, module);

	ck_assert_msg(proof.kind == kind, "%s: %d: %s", module, (int)proof.kind, proof.text);
}

START_TEST(whole_update)
{
	struct delivery_desk *desk = desk_with(&eras[_i]);
	uint32_t block = eras[_i].block ? eras[_i].block : (uint32_t)BLOCK;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const struct image *image = delivery_desk_image(&desk->to, parts[i]);

		check_proof(desk, parts[i], DELIVERY_PROOF_OTHER);
		check_done(delivery_desk_send(desk, parts[i]));
		delivery_desk_check_points(desk, (uint32_t)((image->len + block - 1) / block),
					   image->len);
		delivery_desk_wait(desk, APPLY_US);
		ck_assert(delivery_desk_holds(desk, &desk->to, parts[i]));
		check_proof(desk, parts[i], DELIVERY_PROOF_INSTALLED);
	}
	delivery_desk_free(desk);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("delivery by ymodem");
	TCase *tcase = tcase_create("ymodem");

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, whole_update, 0, ARRAY_LEN(eras));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
