/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a board comes to its state on a slot that keeps none: over DFU, else by the programmer. */
#include "lib/fake_rig.h"
#include "lib/testing.h"
#include "trial/baseline.h"

#include <errno.h>
#include <string.h>

enum { STAGING = 0x2c00 }; /* where the fake DFU device has room */

#define DARK_FOR_EVER                                                                           \
	{                                                                                       \
		FAKE_BOOT_DARK, FAKE_BOOT_DARK, FAKE_BOOT_DARK, FAKE_BOOT_DARK, FAKE_BOOT_DARK, \
			FAKE_BOOT_DARK, FAKE_BOOT_DARK, FAKE_BOOT_DARK                          \
	}
#define NO_DFU	"the board does not come into DFU mode, which its old release is written in"
#define NO_BOOT "the board does not start with the old release, just written"
#define NO_WAY	"it writes all states of this slot"

static const struct state_case {
	struct fake_board script; /* its boots are counted from the first one */
	unsigned int lacks;	  /* capabilities */
	const char *note;	  /* why the programmer was run; NULL: it was not */
} cases[] = {
	{ { 0 }, 0, NULL },
	{ { .no_dfu = true }, 0, NO_DFU },
	{ { .no_usb = true }, 0, "the old release cannot be written over DFU" },
	{ { .dfu = { .fails_at = 4, .fails_status = 3 } },
	  0,
	  "the old release cannot be written over DFU" },
	/* two boots into DFU mode and one after it, that say nothing of the code that was written
	 */
	{ { .after_cut = DARK_FOR_EVER }, 0, NO_BOOT },
	{ { 0 }, SLOT_SETUP, NO_WAY },
	{ { 0 }, SLOT_RESET | SLOT_SETUP | SLOT_USB, NO_WAY },
};

static struct fake_rig *new_rig(const struct state_case *it)
{
	struct fake_rig *rig = fake_rig_new(2);

	ck_assert_ptr_nonnull(rig);
	rig->slot.capabilities &= ~(SLOT_STORAGE | SLOT_TRACE | it->lacks);
	rig->fake.no_dfu = it->script.no_dfu;
	rig->fake.no_usb = it->script.no_usb;
	rig->fake.dfu = it->script.dfu;
	memcpy(rig->fake.after_cut, it->script.after_cut, sizeof(rig->fake.after_cut));
	rig->fake.was_cut = true;
	for (size_t i = 0; i < rig->setup.part_count; i++)
		rig->setup.parts[i].staging_address = STAGING;
	return rig;
}

static int to_state(struct fake_rig *rig, size_t parts, struct obs_log *log, struct err *err)
{
	struct trial trial = { .setup = &rig->setup };
	struct obs_sink sink = obs_log_sink(log);
	int r;

	ck_assert_int_eq(watch_begin(&trial.watch, &rig->slot, &rig->board, &rig->port, &sink, err),
			 0);
	r = trial_to_state(&trial, parts, err);
	watch_end(&trial.watch);
	return r;
}

static const char *programmer_note(const struct obs_log *log)
{
	for (size_t i = 0; i < log->count; i++)
		if (log->items[i].kind == OBS_NOTE && log->items[i].code == OBS_NOTE_PROGRAMMER) {
			ck_assert_int_eq(strncmp(log->items[i].text, "programmer: ", 12), 0);
			return log->items[i].text + 12;
		}
	return NULL;
}

static void expect_piece(const struct fake_rig *rig, size_t i, uint32_t address, size_t len,
			 uint8_t first)
{
	ck_assert_uint_lt(i, rig->fake.piece_count);
	ck_assert_uint_eq(rig->fake.pieces[i].address, address);
	ck_assert_uint_eq(rig->fake.pieces[i].len, len);
	ck_assert_uint_eq(rig->fake.pieces[i].first, first);
}

START_TEST(the_programmer_is_what_is_left)
{
	const struct state_case *it = &cases[_i];
	struct fake_rig *rig = new_rig(it);
	struct err err = ERR_INIT;
	struct obs_log log;

	obs_log_init(&log);
	rig->slot.capabilities |= SLOT_PROGRAMMER;
	ck_assert(trial_has_states(&rig->slot, &rig->board));
	ck_assert_msg(to_state(rig, 0, &log, &err) == 0, "%s", err.text);
	ck_assert(!rig->fake.powered);
	ck_assert_int_eq(rig->fake.port, SLOT_USB_PARTED);
	ck_assert_uint_eq(rig->fake.calls[FAKE_CALL_PROGRAM], it->note ? 1 : 0);
	if (it->note) {
		ck_assert_ptr_nonnull(programmer_note(&log));
		ck_assert_str_eq(programmer_note(&log), it->note);
		/* all modules, the protected one too, and nothing that waits to be installed */
		ck_assert_uint_eq(rig->fake.piece_count, 3);
		expect_piece(rig, 0, FAKE_DFU_BASE, 64, rig->from_bytes[0]);
		expect_piece(rig, 1, FAKE_DFU_OPEN, FAKE_RIG_MODULE_BYTES, rig->from_bytes[0]);
		expect_piece(rig, 2, STAGING, 512, 0xff);
	} else {
		ck_assert_ptr_null(programmer_note(&log));
	}
	obs_log_release(&log);
	free(rig);
}
END_TEST

/* The same boards in a slot without one: what is wrong with the board is the rig's to tell. */
START_TEST(without_a_programmer_the_rig_fails)
{
	const struct state_case *it = &cases[_i];
	struct fake_rig *rig = new_rig(it);
	struct err err = ERR_INIT;
	struct obs_log log;
	int r;

	obs_log_init(&log);
	if (it->lacks) {
		ck_assert(!trial_has_states(&rig->slot, &rig->board));
	} else {
		r = to_state(rig, 0, &log, &err);
		ck_assert_int_eq(r < 0, it->note != NULL);
		ck_assert_int_eq(err.kind, it->note ? ERR_RIG : ERR_NONE);
		ck_assert_str_eq(err.text, it->note ? it->note : "");
		ck_assert_ptr_null(programmer_note(&log));
	}
	obs_log_release(&log);
	free(rig);
}
END_TEST

START_TEST(a_later_state_has_the_parts_before)
{
	uint8_t bytes[] = { 77, 78, 79 };
	const struct image image = { .bytes = bytes,
				     .len = sizeof(bytes),
				     .header = { .start = FAKE_DFU_OPEN } };
	struct fake_rig *rig = new_rig(&cases[1]);
	struct err err = ERR_INIT;
	struct obs_log log;

	obs_log_init(&log);
	rig->slot.capabilities |= SLOT_PROGRAMMER;
	rig->setup.parts[0].image = &image;
	rig->setup.parts[0].name = "app";
	ck_assert_msg(to_state(rig, 1, &log, &err) == 0, "%s", err.text);
	expect_piece(rig, 0, FAKE_DFU_BASE, 64, rig->from_bytes[0]);
	expect_piece(rig, 1, FAKE_DFU_OPEN, sizeof(bytes), 77);
	obs_log_release(&log);
	free(rig);
}
END_TEST

START_TEST(a_programmer_that_fails_is_the_rigs)
{
	struct fake_rig *rig = new_rig(&cases[1]);
	struct err err = ERR_INIT;
	struct obs_log log;

	obs_log_init(&log);
	rig->slot.capabilities |= SLOT_PROGRAMMER;
	rig->fake.fails = FAKE_CALL_PROGRAM;
	rig->fake.fails_at = 1;
	ck_assert_int_eq(to_state(rig, 0, &log, &err), -EIO);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert(!rig->fake.powered);
	ck_assert_ptr_nonnull(programmer_note(&log)); /* it was tried */
	obs_log_release(&log);
	free(rig);
}
END_TEST

/* The whole trial goes on as on a board that was well, and the note is in its log. */
START_TEST(a_trial_after_the_programmer)
{
	struct fake_rig *rig = new_rig(&cases[1]);
	struct trial_spec spec = fake_rig_spec(1, 200000);
	struct err err = ERR_INIT;
	struct obs_sink sink;
	struct obs_log log;
	int64_t board_us;

	obs_log_init(&log);
	sink = obs_log_sink(&log);
	rig->slot.capabilities |= SLOT_PROGRAMMER;
	ck_assert_msg(trial_run(&rig->setup, &spec, &sink, &board_us, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(rig->fake.calls[FAKE_CALL_PROGRAM], 1);
	ck_assert_str_eq(programmer_note(&log), NO_DFU);
	ck_assert(!rig->fake.powered);
	obs_log_release(&log);
	free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("baseline");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, the_programmer_is_what_is_left, 0, ARRAY_LEN(cases));
	tcase_add_loop_test(tcase, without_a_programmer_the_rig_fails, 0, ARRAY_LEN(cases));
	tcase_add_test(tcase, a_later_state_has_the_parts_before);
	tcase_add_test(tcase, a_programmer_that_fails_is_the_rigs);
	tcase_add_test(tcase, a_trial_after_the_programmer);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
