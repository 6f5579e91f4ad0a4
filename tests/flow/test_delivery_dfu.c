/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Updates over DFU to the reference firmware of every era and to released bootloaders: straight to
 * the module's place, and staged with a record that the board's own bootloader applies.
 */
#include "base/macros.h"
#include "lib/delivery_desk.h"
#include "lib/firmware.h"
#include "lib/testing.h"
#include "vboard/vboard.h"

#include <string.h>

enum { APPLY_US = 6000000, START_US = 2000000, STEP_US = 2000, BLOCK = 4096 };

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
};

/* The first two are enough where time is short. */
static const struct row released[] = {
	{ "dfu-staged", "particle-1.5.0-p1", "particle-1.5.2-p1", 0, 3 },
	{ "dfu", "particle-1.5.0-p1", "particle-1.5.2-p1", 0, 1 },
	{ "dfu-staged", "particle-0.5.2-p1", "particle-1.5.0-p1", 0, 1 },
	{ "dfu-staged", "particle-1.5.1-p1", "particle-1.5.2-p1", 0, 1 },
	{ "dfu-staged", "particle-1.5.2-p1", "particle-2.0.1-p1", 0, 1 },
	{ "dfu-staged", "particle-2.0.1-p1", "particle-2.1.0-p1", 0, 1 },
	{ "dfu-staged", "particle-2.1.0-p1", "particle-2.2.0-p1", 0, 1 },
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

static bool is_same(struct delivery_desk *desk, const char *module)
{
	const struct image *from = delivery_desk_image(&desk->from, module);
	const struct image *to = delivery_desk_image(&desk->to, module);

	return from->len == to->len && memcmp(from->bytes, to->bytes, from->len) == 0;
}

static void update(const struct row *row)
{
	struct delivery_desk *desk = desk_with(row);
	uint32_t block = row->block ? row->block : (uint32_t)BLOCK;
	struct delivery_outcome outcome;

	if (!desk)
		TEST_SKIP("released firmware is not there");
	for (size_t i = 0; i < row->parts; i++) {
		const struct image *image = delivery_desk_image(&desk->to, parts[i]);

		delivery_desk_expect_proof(desk, parts[i],
					   is_same(desk, parts[i]) ? DELIVERY_PROOF_INSTALLED
								   : DELIVERY_PROOF_OTHER);
		outcome = delivery_desk_send(desk, parts[i]);
		delivery_desk_expect(&outcome, DELIVERY_DONE, "");
		delivery_desk_check_points(desk, (uint32_t)((image->len + block - 1) / block),
					   image->len);
		delivery_desk_wait(desk, APPLY_US);
		ck_assert_msg(delivery_desk_holds(desk, &desk->to, parts[i]), "%s", parts[i]);
		delivery_desk_expect_proof(desk, parts[i], DELIVERY_PROOF_INSTALLED);
	}
	delivery_desk_free(desk);
}

START_TEST(whole_update)
{
	update(&rows[_i]);
}
END_TEST

START_TEST(released_update)
{
	update(&released[_i]);
}
END_TEST

/*
 * What the layout protects is staged, and the flag has the running system put it there: from 1.2.1
 * on, and in the reference system.
 */
static const struct row bootloaders[] = {
	{ "dfu", "reference-era-c-1.0-p1", "reference-robust-1.1-p1", 0, 0 },
	{ "dfu", "reference-robust-1.0-p1", "reference-era-b-1.1-p1", 0, 0 },
};

START_TEST(bootloader)
{
	struct delivery_desk *desk = desk_with(&bootloaders[_i]);
	struct delivery_outcome outcome;

	delivery_desk_expect_proof(desk, "bootloader", DELIVERY_PROOF_OTHER);
	delivery_desk_wait(desk, START_US);
	outcome = delivery_desk_send(desk, "bootloader");
	delivery_desk_expect(&outcome, DELIVERY_DONE, "");
	delivery_desk_wait(desk, APPLY_US);
	ck_assert(delivery_desk_holds(desk, &desk->to, "bootloader"));
	delivery_desk_expect_proof(desk, "bootloader", DELIVERY_PROOF_INSTALLED);
	delivery_desk_free(desk);
}
END_TEST

/*
 * From 0.7 on the bootloader's access to the table is system part 2's code: with a part that is not
 * whole the board refuses the record. Before, and where the bootloader has code of its own, it is
 * taken, and mends the board.
 */
static const struct broken {
	const char *from;
	const char *to;
	enum delivery_result result;
	const char *text;
} brokens[] = {
	{ "reference-era-a-1.0-p1", "reference-era-a-1.1-p1", DELIVERY_DONE, "" },
	{ "reference-era-b-1.0-p1", "reference-era-b-1.1-p1", DELIVERY_REFUSED,
	  "DFU: DNLOAD failed, status 1, state 10" },
	{ "reference-era-c-1.0-p1", "reference-era-c-1.1-p1", DELIVERY_REFUSED,
	  "DFU: DNLOAD failed, status 1, state 10" },
	{ "reference-robust-1.0-p1", "reference-robust-1.1-p1", DELIVERY_DONE, "" },
	{ "particle-0.5.2-p1", "particle-1.5.0-p1", DELIVERY_DONE, "" },
	{ "particle-1.5.0-p1", "particle-1.5.2-p1", DELIVERY_REFUSED,
	  "DFU: GETSTATUS was refused" },
	{ "particle-2.0.1-p1", "particle-2.1.0-p1", DELIVERY_REFUSED,
	  "DFU: GETSTATUS was refused" },
};

START_TEST(table_that_cannot_be_reached)
{
	const struct broken *row = &brokens[_i];
	struct delivery_desk *desk = delivery_desk_new(row->from, row->to);
	struct delivery_outcome outcome;
	const struct image *part2;

	if (!desk)
		TEST_SKIP("released firmware is not there");
	part2 = delivery_desk_image(&desk->from, "system-part2");
	delivery_desk_use(desk, "dfu-staged");
	delivery_desk_damage(desk, part2->header.start + (uint32_t)part2->len - 60, 4);
	outcome = delivery_desk_send(desk, "system-part2");
	delivery_desk_expect(&outcome, row->result, row->text);
	delivery_desk_wait(desk, APPLY_US);
	ck_assert(delivery_desk_holds(desk, &desk->to, "system-part2") ==
		  (row->result == DELIVERY_DONE));
	delivery_desk_expect_proof(desk, "system-part2",
				   row->result == DELIVERY_DONE ? DELIVERY_PROOF_INSTALLED
								: DELIVERY_PROOF_BAD);
	delivery_desk_free(desk);
}
END_TEST

/* At a block of 512 bytes of system part 1, which has 11; 11 is the record, or the leaving. */
static const struct deed {
	struct fuzz_act act;
	enum delivery_result result;
	const char *text;
	bool whole; /* the module is right after */
} deeds[] = {
	{ { FUZZ_DROP, 5, 0 }, DELIVERY_DONE, "", false },
	{ { FUZZ_TWICE, 5, 0 }, DELIVERY_DONE, "", true },
	{ { FUZZ_SWAP, 5, 0 }, DELIVERY_DONE, "", true },
	{ { FUZZ_SPOIL, 5, 3 }, DELIVERY_DONE, "", false },
	{ { FUZZ_SIZE, 5, 100 }, DELIVERY_DONE, "", false },
	{ { FUZZ_SIZE, 5, 1000 }, DELIVERY_DONE, "", true },	/* what is more changes no bit */
	{ { FUZZ_SIZE, 5, 0 }, DELIVERY_UNKNOWN, NULL, false }, /* no bytes: to leave, soon */
	{ { FUZZ_INDEX, 5, 20 }, DELIVERY_DONE, "", false },
	{ { FUZZ_INDEX, 5, 0x400000 },
	  DELIVERY_LOST,
	  "DFU: DNLOAD failed, status 1, state 10",
	  false },
	{ { FUZZ_DELAY, 5, 3000000 }, DELIVERY_DONE, "", true },
	{ { FUZZ_AGAIN, 5, 0 }, DELIVERY_DONE, "", true },
	{ { FUZZ_JUNK, 5, 3 }, DELIVERY_DONE, "", true },
	{ { FUZZ_ORDER, 5, 0 }, DELIVERY_DONE, "", true },
	{ { FUZZ_ABORT, 5, 0 }, DELIVERY_DONE, "", true },
	{ { FUZZ_EARLY, 5, 0 }, DELIVERY_DONE, "", false },
	{ { FUZZ_HANGUP, 5, 0 }, DELIVERY_LOST, "the USB was parted", false },
	{ { FUZZ_RESET, 5, 60 }, DELIVERY_LOST, NULL, false },
	{ { FUZZ_SETUP, 5, 60 }, DELIVERY_DONE, "", true },
};

/*
 * Straight to its place, what is done to a module stays there; staged, the bootloader does not take
 * a module that is not whole.
 */
START_TEST(acts)
{
	const struct deed *row = &deeds[_i / 2];
	bool staged = _i % 2 == 1;
	struct delivery_desk *desk =
		delivery_desk_new("reference-robust-1.0-p1", "reference-robust-1.1-p1");
	struct delivery_outcome outcome;

	desk->options.chunk_bytes = 512;
	delivery_desk_use(desk, staged ? "dfu-staged" : "dfu");
	delivery_desk_act(desk, row->act.kind, row->act.unit, row->act.value);
	outcome = delivery_desk_send(desk, "system-part1");
	if (row->result != DELIVERY_UNKNOWN)
		delivery_desk_expect(&outcome, row->result, row->text);
	else
		ck_assert(outcome.result == DELIVERY_DONE || outcome.result == DELIVERY_LOST);
	delivery_desk_wait(desk, APPLY_US);
	desk->acts.count = 0;
	delivery_desk_expect_proof(desk, "system-part1",
				   row->whole ? DELIVERY_PROOF_INSTALLED
				   : staged   ? DELIVERY_PROOF_OTHER
					      : DELIVERY_PROOF_BAD);
	/* and it can be mended */
	outcome = delivery_desk_send(desk, "system-part1");
	delivery_desk_expect(&outcome, DELIVERY_DONE, "");
	delivery_desk_wait(desk, APPLY_US);
	delivery_desk_expect_proof(desk, "system-part1", DELIVERY_PROOF_INSTALLED);
	delivery_desk_free(desk);
}
END_TEST

static const struct cut {
	enum delivery_point point;
	uint32_t chunk;
	size_t told;
	bool staged;
} cuts[] = {
	{ DELIVERY_BEGUN, 0, 1, false },  { DELIVERY_READY, 0, 2, false },
	{ DELIVERY_CHUNK, 0, 3, false },  { DELIVERY_CHUNK, 10, 13, false },
	{ DELIVERY_SENT, 11, 14, false }, { DELIVERY_BEGUN, 0, 1, true },
	{ DELIVERY_CHUNK, 3, 6, true },	  { DELIVERY_SENT, 11, 14, true },
};

START_TEST(cut_at_every_point)
{
	const struct cut *row = &cuts[_i];
	struct delivery_desk *desk =
		delivery_desk_new("reference-robust-1.0-p1", "reference-robust-1.1-p1");
	struct delivery_outcome outcome;

	desk->options.chunk_bytes = 512;
	delivery_desk_use(desk, row->staged ? "dfu-staged" : "dfu");
	desk->cut_at = row->point;
	desk->cut_chunk = row->chunk;
	desk->cut = (struct slot_cut){ .by = SLOT_CUT_BY_TIME, .at = 100 };
	outcome = delivery_desk_send(desk, "system-part1");
	delivery_desk_expect(&outcome, DELIVERY_CUT, "");
	ck_assert_uint_eq(desk->point_count, row->told);
	delivery_desk_recover(desk);
	delivery_desk_wait(desk, APPLY_US);
	ck_assert(delivery_desk_holds(desk, &desk->from, "system-part1") ==
		  (row->staged || row->point == DELIVERY_BEGUN));
	outcome = delivery_desk_send(desk, "system-part1");
	delivery_desk_expect(&outcome, DELIVERY_DONE, "");
	delivery_desk_wait(desk, APPLY_US);
	delivery_desk_expect_proof(desk, "system-part1", DELIVERY_PROOF_INSTALLED);
	delivery_desk_free(desk);
}
END_TEST

/*
 * The cut is in the bootloader's apply: what becomes of it is the bootloader's order. Era B clears
 * the record first and never tries again.
 */
static const struct applied {
	const char *from;
	const char *to;
	bool resumes;
} applieds[] = {
	{ "reference-era-a-1.0-p1", "reference-era-a-1.1-p1", true },
	{ "reference-era-b-1.0-p1", "reference-era-b-1.1-p1", false },
	{ "reference-robust-1.0-p1", "reference-robust-1.1-p1", true },
	{ "particle-0.5.2-p1", "particle-1.5.0-p1", true },
	{ "particle-1.5.0-p1", "particle-1.5.2-p1", false },
};

static bool begins_as_before(struct delivery_desk *desk, const char *module)
{
	const struct image *image = delivery_desk_image(&desk->from, module);
	uint8_t there[4];

	ck_assert(vboard_flash_read(desk->vb, image->header.start, there, sizeof(there)));
	return memcmp(there, image->bytes, sizeof(there)) == 0;
}

START_TEST(cut_while_it_is_applied)
{
	const struct applied *row = &applieds[_i];
	struct delivery_desk *desk = delivery_desk_new(row->from, row->to);
	struct delivery_outcome outcome;
	enum slot_wait why;

	if (!desk)
		TEST_SKIP("released firmware is not there");
	delivery_desk_use(desk, "dfu-staged");
	outcome = delivery_desk_send(desk, "system-part1");
	delivery_desk_expect(&outcome, DELIVERY_DONE, "");
	/* once the module is not the old one any more, some words later */
	while (begins_as_before(desk, "system-part1"))
		delivery_desk_wait(desk, STEP_US);
	desk->cut = (struct slot_cut){ .by = SLOT_CUT_BY_OPERATION,
				       .at = 100,
				       .form = SLOT_CUT_BEFORE };
	ck_assert_int_eq(slot_cut_arm(&desk->slot, &desk->cut, NULL), 0);
	ck_assert_int_eq(slot_wait(&desk->slot, slot_now_us(&desk->slot) + APPLY_US, &why, NULL),
			 0);
	ck_assert_int_eq(why, SLOT_WAIT_CUT);
	ck_assert(!delivery_desk_holds(desk, &desk->to, "system-part1"));
	ck_assert(!delivery_desk_holds(desk, &desk->from, "system-part1"));
	delivery_desk_recover(desk);
	delivery_desk_wait(desk, APPLY_US);
	ck_assert(delivery_desk_holds(desk, &desk->to, "system-part1") == row->resumes);
	delivery_desk_expect_proof(desk, "system-part1",
				   row->resumes ? DELIVERY_PROOF_INSTALLED : DELIVERY_PROOF_BAD);
	delivery_desk_free(desk);
}
END_TEST

/* Without lines to hold, by the speed of the serial port on the USB. */
START_TEST(entered_by_the_speed)
{
	struct delivery_desk *desk =
		delivery_desk_new("reference-robust-1.0-p1", "reference-robust-1.1-p1");
	struct delivery_outcome outcome;

	desk->slot.capabilities &= ~(unsigned int)(SLOT_RESET | SLOT_SETUP);
	delivery_desk_use(desk, "dfu");
	outcome = delivery_desk_send(desk, "user");
	delivery_desk_expect(&outcome, DELIVERY_DONE, "");
	delivery_desk_wait(desk, START_US);
	delivery_desk_expect_proof(desk, "user", DELIVERY_PROOF_INSTALLED);
	delivery_desk_free(desk);
}
END_TEST

START_TEST(blank_place)
{
	struct delivery_desk *desk =
		delivery_desk_new("reference-robust-1.0-p1", "reference-robust-1.1-p1");
	uint32_t user = delivery_desk_image(&desk->from, "user")->header.start;

	delivery_desk_use(desk, "dfu");
	delivery_desk_damage(desk, user, 8);
	delivery_desk_expect_proof(desk, "user", DELIVERY_PROOF_BAD);
	delivery_desk_free(desk);
}
END_TEST

START_TEST(mistakes_of_the_user)
{
	struct delivery_desk *desk =
		delivery_desk_new("reference-robust-1.0-p1", "reference-robust-1.1-p1");
	struct err err = ERR_INIT;

	desk->options.chunk_bytes = 5000;
	ck_assert_int_lt(delivery_open(&delivery_dfu, &desk->context, &err), 0);
	ck_assert_str_eq(err.text,
			 "dfu has blocks of whole words, 4096 bytes at most, not of 5000 bytes");
	desk->options.chunk_bytes = 0;
	desk->slot.capabilities = SLOT_USB;
	ck_assert_int_lt(delivery_open(&delivery_dfu, &desk->context, &err), 0);
	ck_assert_str_eq(err.text,
			 "slot 'virtual' has neither RESET and SETUP nor a serial line to "
			 "bring board 'p1' into DFU mode");
	delivery_desk_free(desk);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("delivery over DFU");
	TCase *tcase = tcase_create("dfu");

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, whole_update, 0, ARRAY_LEN(rows));
	tcase_add_loop_test(tcase, released_update, 0, (int)flow_scale(ARRAY_LEN(released), 2));
	tcase_add_loop_test(tcase, bootloader, 0, ARRAY_LEN(bootloaders));
	tcase_add_loop_test(tcase, table_that_cannot_be_reached, 0, ARRAY_LEN(brokens));
	tcase_add_loop_test(tcase, acts, 0, 2 * ARRAY_LEN(deeds));
	tcase_add_loop_test(tcase, cut_at_every_point, 0, ARRAY_LEN(cuts));
	tcase_add_loop_test(tcase, cut_while_it_is_applied, 0, ARRAY_LEN(applieds));
	tcase_add_test(tcase, entered_by_the_speed);
	tcase_add_test(tcase, blank_place);
	tcase_add_test(tcase, mistakes_of_the_user);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
