/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Updates over DFU to the reference firmware of every era and to released bootloaders: straight to
 * the module's place, and staged with a record that the board's own bootloader applies.
 */
#include "base/macros.h"
#include "lib/delivery_desk.h"
#include "lib/testing.h"
#include "vboard/vboard.h"

#include <string.h>

enum { APPLY_US = 9000000, START_US = 2000000, BLOCK = 4096 };

static const struct row {
	const char *way;
	const char *from;
	const char *to;
	uint32_t block; /* 0: the device's */
	size_t parts;
} rows[] = {
	{ "dfu", "reference-era-a-1.0-p1", "reference-era-a-1.1-p1", 0, 3 },
	{ "dfu", "reference-era-b-1.0-p1", "reference-era-b-1.1-p1", 1024, 3 },
	{ "dfu", "reference-era-c-1.0-p1", "reference-era-c-1.1-p1", 0, 3 },
	{ "dfu", "reference-robust-1.0-p1", "reference-robust-1.1-p1", 512, 3 },
	{ "dfu-staged", "reference-era-a-1.0-p1", "reference-era-a-1.1-p1", 0, 3 },
	{ "dfu-staged", "reference-era-b-1.0-p1", "reference-era-b-1.1-p1", 0, 3 },
	{ "dfu-staged", "reference-era-c-1.0-p1", "reference-era-c-1.1-p1", 1024, 3 },
	{ "dfu-staged", "reference-robust-1.0-p1", "reference-robust-1.1-p1", 0, 3 },
	{ "dfu-staged", "particle-0.5.2-p1", "particle-1.5.0-p1", 0, 2 },
	{ "dfu-staged", "particle-1.5.0-p1", "particle-1.5.2-p1", 0, 3 },
	{ "dfu-staged", "particle-1.5.1-p1", "particle-1.5.2-p1", 0, 1 },
	{ "dfu-staged", "particle-1.5.2-p1", "particle-2.0.1-p1", 0, 1 },
	{ "dfu-staged", "particle-2.0.1-p1", "particle-2.1.0-p1", 0, 1 },
	{ "dfu-staged", "particle-2.1.0-p1", "particle-2.2.0-p1", 0, 1 },
	{ "dfu", "particle-1.5.0-p1", "particle-1.5.2-p1", 0, 1 },
	{ "dfu", "particle-2.0.1-p1", "particle-2.1.0-p1", 0, 1 },
};

static const char *const parts[] = { "system-part1", "system-part2", "user" };

static struct delivery_desk *desk_with(const struct row *row)
{
	struct delivery_desk *desk = delivery_desk_new(row->from, row->to);

	if (!desk)
		return NULL;
	desk->options.chunk_bytes = row->block;
	delivery_desk_use(desk, row->way);
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

static bool is_same(struct delivery_desk *desk, const char *module)
{
	const struct image *from = delivery_desk_image(&desk->from, module);
	const struct image *to = delivery_desk_image(&desk->to, module);

	return from->len == to->len && memcmp(from->bytes, to->bytes, from->len) == 0;
}

START_TEST(whole_update)
{
	struct delivery_desk *desk = desk_with(&rows[_i]);
	uint32_t block = rows[_i].block ? rows[_i].block : (uint32_t)BLOCK;

	if (!desk)
		TEST_SKIP("released firmware is not there");
	for (size_t i = 0; i < rows[_i].parts; i++) {
		const struct image *image = delivery_desk_image(&desk->to, parts[i]);

		check_proof(desk, parts[i],
			    is_same(desk, parts[i]) ? DELIVERY_PROOF_INSTALLED
						    : DELIVERY_PROOF_OTHER);
		delivery_desk_wait(desk, START_US);
		check_done(delivery_desk_send(desk, parts[i]));
		delivery_desk_check_points(desk, (uint32_t)((image->len + block - 1) / block),
					   image->len);
		delivery_desk_wait(desk, APPLY_US);
		ck_assert_msg(delivery_desk_holds(desk, &desk->to, parts[i]), "%s", parts[i]);
		check_proof(desk, parts[i], DELIVERY_PROOF_INSTALLED);
		delivery_desk_wait(desk, START_US);
	}
	delivery_desk_free(desk);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("delivery over DFU");
	TCase *tcase = tcase_create("dfu");

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, whole_update, 0, ARRAY_LEN(rows));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
