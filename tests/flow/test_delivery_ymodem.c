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

enum { APPLY_US = 6000000, BLOCK = 128, LINGER_US = 300000 };

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

START_TEST(whole_update)
{
	struct delivery_desk *desk = desk_with(&eras[_i]);
	struct delivery_outcome outcome;
	uint32_t block = eras[_i].block ? eras[_i].block : (uint32_t)BLOCK;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const struct image *image = delivery_desk_image(&desk->to, parts[i]);

		delivery_desk_expect_proof(desk, parts[i], DELIVERY_PROOF_OTHER);
		outcome = delivery_desk_send(desk, parts[i]);
		delivery_desk_expect(&outcome, DELIVERY_DONE, "");
		delivery_desk_check_points(desk, (uint32_t)((image->len + block - 1) / block),
					   image->len);
		delivery_desk_wait(desk, APPLY_US);
		ck_assert(delivery_desk_holds(desk, &desk->to, parts[i]));
		delivery_desk_expect_proof(desk, parts[i], DELIVERY_PROOF_INSTALLED);
	}
	delivery_desk_free(desk);
}
END_TEST

/* The same over the board's own serial port on the USB: the speed alone brings listening. */
START_TEST(over_the_usb)
{
	struct delivery_desk *desk = desk_with(&eras[_i]);
	const struct image *user = delivery_desk_image(&desk->to, "user");
	uint32_t block = eras[_i].block ? eras[_i].block : (uint32_t)BLOCK;
	struct delivery_outcome outcome;

	delivery_desk_on_usb(desk);
	desk->slot.capabilities &= ~(unsigned int)(SLOT_RESET | SLOT_SETUP);
	delivery_desk_use(desk, "ymodem");
	delivery_desk_expect_proof(desk, "user", DELIVERY_PROOF_OTHER);
	outcome = delivery_desk_send(desk, "user");
	delivery_desk_expect(&outcome, DELIVERY_DONE, "");
	delivery_desk_check_points(desk, (uint32_t)((user->len + block - 1) / block), user->len);
	delivery_desk_wait(desk, APPLY_US);
	ck_assert(delivery_desk_holds(desk, &desk->to, "user"));
	delivery_desk_expect_proof(desk, "user", DELIVERY_PROOF_INSTALLED);
	delivery_desk_free(desk);
}
END_TEST

/* A proof parts the USB, and its port is listed for a while: the delivery after it joins it again.
 */
START_TEST(over_the_usb_after_a_proof)
{
	struct delivery_desk *desk = desk_with(&eras[3]);
	struct delivery_outcome outcome;

	delivery_desk_on_usb(desk);
	desk->slot.capabilities &= ~(unsigned int)(SLOT_RESET | SLOT_SETUP);
	desk->cdc.linger_us = LINGER_US;
	delivery_desk_use(desk, "ymodem");
	delivery_desk_expect_proof(desk, "user", DELIVERY_PROOF_OTHER);
	outcome = delivery_desk_send(desk, "user");
	delivery_desk_expect(&outcome, DELIVERY_DONE, "");
	delivery_desk_free(desk);
}
END_TEST

/* A bootloader is replaced by the running system, from part 2's code. */
START_TEST(bootloader)
{
	struct delivery_desk *desk =
		delivery_desk_new("reference-era-c-1.0-p1", "reference-robust-1.1-p1");
	struct delivery_outcome outcome;

	delivery_desk_use(desk, "ymodem");
	delivery_desk_expect_proof(desk, "bootloader", DELIVERY_PROOF_OTHER);
	outcome = delivery_desk_send(desk, "bootloader");
	delivery_desk_expect(&outcome, DELIVERY_DONE, "");
	delivery_desk_wait(desk, APPLY_US);
	ck_assert(delivery_desk_holds(desk, &desk->to, "bootloader"));
	delivery_desk_expect_proof(desk, "bootloader", DELIVERY_PROOF_INSTALLED);
	delivery_desk_free(desk);
}
END_TEST

/* At a block of system part 1, which has 42. The board always lives on, with what it should have.
 */
static const struct deed {
	struct fuzz_act act;
	enum delivery_result result; /* UNKNOWN: chance decides */
	const char *text;
} deeds[] = {
	{ { FUZZ_DROP, 5, 0 }, DELIVERY_LOST, "block 6 was refused again and again" },
	{ { FUZZ_TWICE, 5, 0 }, DELIVERY_DONE, "" },
	{ { FUZZ_SWAP, 5, 0 }, DELIVERY_LOST, "block 7 was refused again and again" },
	{ { FUZZ_SPOIL, 5, 3 },
	  DELIVERY_LOST,
	  "refused by the board with -1330: its sum is wrong" },
	{ { FUZZ_SEAL, 5, 3 }, DELIVERY_LOST, "refused by the board with -1330: its sum is wrong" },
	{ { FUZZ_SIZE, 5, 60 }, DELIVERY_DONE, "" }, /* silence, and it is asked for again */
	{ { FUZZ_SIZE, 5, 400 }, DELIVERY_UNKNOWN, NULL },
	{ { FUZZ_INDEX, 5, 77 }, DELIVERY_DONE, "" },
	{ { FUZZ_DELAY, 5, 7000000 }, DELIVERY_DONE, "" },
	{ { FUZZ_STALL, 5, 0 },
	  DELIVERY_LOST,
	  "cancelled by the board: Failed to receive the file!" },
	{ { FUZZ_NOISE, 5, 99 }, DELIVERY_UNKNOWN, NULL },
	{ { FUZZ_JUNK, 5, 99 }, DELIVERY_UNKNOWN, NULL },
	{ { FUZZ_ABORT, 0, 0 }, DELIVERY_LOST, "cancelled by the board: Aborted by user." },
	{ { FUZZ_ABORT, 42, 0 }, DELIVERY_LOST, "cancelled by the board: Aborted by user." },
	{ { FUZZ_ABORT, 43, 0 }, DELIVERY_LOST, "cancelled by the board: Aborted by user." },
	{ { FUZZ_EARLY, 5, 0 }, DELIVERY_LOST, NULL },
	{ { FUZZ_AGAIN, 5, 0 }, DELIVERY_DONE, "" },
	{ { FUZZ_HANGUP, 5, 0 }, DELIVERY_LOST, "the line was let go" },
	{ { FUZZ_RESET, 5, 60 }, DELIVERY_LOST, "block 5 was not answered in time" },
	{ { FUZZ_SETUP, 5, 200 }, DELIVERY_DONE, "" },
};

START_TEST(acts)
{
	const struct deed *row = &deeds[_i];
	struct delivery_desk *desk = desk_with(&eras[3]);
	struct delivery_outcome outcome;
	bool done;

	desk->options.chunk_bytes = BLOCK;
	delivery_desk_use(desk, "ymodem");
	delivery_desk_act(desk, row->act.kind, row->act.unit, row->act.value);
	outcome = delivery_desk_send(desk, "system-part1");
	done = outcome.result == DELIVERY_DONE;
	if (row->result != DELIVERY_UNKNOWN)
		delivery_desk_expect(&outcome, row->result, row->text);
	else
		ck_assert(done || outcome.result == DELIVERY_LOST);
	delivery_desk_wait(desk, APPLY_US);
	delivery_desk_boot(desk);
	ck_assert(delivery_desk_holds(desk, done ? &desk->to : &desk->from, "system-part1"));
	delivery_desk_expect_proof(desk, "system-part1",
				   done ? DELIVERY_PROOF_INSTALLED : DELIVERY_PROOF_OTHER);
	delivery_desk_free(desk);
}
END_TEST

static const struct cut {
	enum delivery_point point;
	uint32_t chunk;
	size_t told; /* points up to there */
} cuts[] = {
	{ DELIVERY_BEGUN, 0, 1 },   { DELIVERY_READY, 0, 2 },  { DELIVERY_CHUNK, 0, 3 },
	{ DELIVERY_CHUNK, 41, 44 }, { DELIVERY_SENT, 42, 45 }, { DELIVERY_TAKEN, 42, 46 },
};

START_TEST(cut_at_every_point)
{
	const struct cut *row = &cuts[_i];
	struct delivery_desk *desk = desk_with(&eras[3]);
	struct slot_cut_report report;
	struct delivery_outcome outcome;

	desk->options.chunk_bytes = BLOCK;
	delivery_desk_use(desk, "ymodem");
	desk->cut_at = row->point;
	desk->cut_chunk = row->chunk;
	desk->cut = (struct slot_cut){ .by = SLOT_CUT_BY_TIME, .at = 100 };
	outcome = delivery_desk_send(desk, "system-part1");
	delivery_desk_expect(&outcome, DELIVERY_CUT, "");
	ck_assert_uint_eq(desk->point_count, row->told);
	ck_assert(slot_cut_report(&desk->slot, &report));
	delivery_desk_recover(desk);
	delivery_desk_wait(desk, APPLY_US);
	/* a cut after the last word finds the update entered */
	delivery_desk_expect_proof(desk, "system-part1",
				   row->point == DELIVERY_TAKEN ? DELIVERY_PROOF_INSTALLED
								: DELIVERY_PROOF_OTHER);
	delivery_desk_free(desk);
}
END_TEST

/* Only an old system takes what is none, and restarts. */
START_TEST(damaged_module)
{
	struct delivery_desk *desk = desk_with(&eras[_i]);
	const struct image *whole = delivery_desk_image(&desk->to, "system-part1");
	struct image damaged = *whole;
	struct delivery_outcome outcome;

	damaged.bytes = malloc(whole->len);
	ck_assert_ptr_nonnull(damaged.bytes);
	memcpy(damaged.bytes, whole->bytes, whole->len);
	damaged.bytes[1000] ^= 1;
	outcome = delivery_desk_send_image(desk, "system-part1", &damaged);
	if (_i == 0)
		delivery_desk_expect(&outcome, DELIVERY_DONE, "");
	else
		delivery_desk_expect(&outcome, DELIVERY_REFUSED,
				     "refused by the board with -1330: its sum is wrong");
	delivery_desk_wait(desk, APPLY_US);
	ck_assert(delivery_desk_holds(desk, &desk->from, "system-part1"));
	delivery_desk_expect_proof(desk, "system-part1", DELIVERY_PROOF_OTHER);
	free(damaged.bytes);
	delivery_desk_free(desk);
}
END_TEST

/* The board says itself that what it has is not sound. */
START_TEST(damaged_in_flash)
{
	struct delivery_desk *desk = desk_with(&eras[_i]);
	const struct image *user = delivery_desk_image(&desk->from, "user");

	delivery_desk_damage(desk, user->header.start + (uint32_t)user->len - 60, 4);
	delivery_desk_expect_proof(desk, "user", DELIVERY_PROOF_BAD);
	delivery_desk_expect_proof(desk, "system-part1", DELIVERY_PROOF_OTHER);
	delivery_desk_free(desk);
}
END_TEST

/* Transfer done, and not installed: the version may be the same, the hash is not. */
START_TEST(old_application_runs_on)
{
	struct delivery_desk *desk =
		delivery_desk_new("reference-old-app-p1", "reference-robust-1.1-p1");
	struct delivery_outcome outcome;

	delivery_desk_use(desk, "ymodem");
	outcome = delivery_desk_send(desk, "user");
	delivery_desk_expect(&outcome, DELIVERY_DONE, "");
	delivery_desk_wait(desk, APPLY_US);
	ck_assert(delivery_desk_holds(desk, &desk->from, "user"));
	delivery_desk_expect_proof(desk, "user", DELIVERY_PROOF_OTHER);
	delivery_desk_free(desk);
}
END_TEST

/*
 * A board that lies about a version cannot be found out by asking it. Reading back what it has
 * finds it out.
 */
START_TEST(version_that_is_a_lie)
{
	struct delivery_desk *desk =
		delivery_desk_new("reference-lying-version-p1", "reference-robust-1.1-p1");
	const struct image *part2 = delivery_desk_image(&desk->to, "system-part2");
	struct delivery_outcome outcome;

	delivery_desk_use(desk, "ymodem");
	delivery_desk_expect_proof(desk, "system-part2", DELIVERY_PROOF_OTHER);
	desk->cut_at = DELIVERY_CHUNK; /* all is staged, nothing is entered */
	desk->cut_chunk = (uint32_t)((part2->len + BLOCK - 1) / BLOCK) - 1;
	desk->cut = (struct slot_cut){ .by = SLOT_CUT_BY_TIME, .at = 100 };
	outcome = delivery_desk_send(desk, "system-part2");
	delivery_desk_expect(&outcome, DELIVERY_CUT, "");
	delivery_desk_recover(desk);
	ck_assert(delivery_desk_holds(desk, &desk->from, "system-part2"));
	delivery_desk_expect_proof(desk, "system-part2", DELIVERY_PROOF_INSTALLED);
	delivery_desk_use(desk, "dfu");
	delivery_desk_expect_proof(desk, "system-part2", DELIVERY_PROOF_OTHER);
	delivery_desk_free(desk);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("delivery by ymodem");
	TCase *tcase = tcase_create("ymodem");

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, whole_update, 0, ARRAY_LEN(eras));
	tcase_add_loop_test(tcase, over_the_usb, 0, ARRAY_LEN(eras));
	tcase_add_test(tcase, over_the_usb_after_a_proof);
	tcase_add_test(tcase, bootloader);
	tcase_add_loop_test(tcase, acts, 0, ARRAY_LEN(deeds));
	tcase_add_loop_test(tcase, cut_at_every_point, 0, ARRAY_LEN(cuts));
	tcase_add_loop_test(tcase, damaged_module, 0, ARRAY_LEN(eras));
	tcase_add_loop_test(tcase, damaged_in_flash, 0, ARRAY_LEN(eras));
	tcase_add_test(tcase, old_application_runs_on);
	tcase_add_test(tcase, version_that_is_a_lie);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
