/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A board's device that is not on the USB when the ladder would write over DFU: whose doing is
 * that? On a slot whose cable can come off, against a board that plays its part by script.
 */
#include "base/text.h"
#include "lib/fake_rig.h"
#include "lib/testing.h"
#include "verdict/verdict.h"

#include <errno.h>
#include <string.h>

enum { IN_COMMIT_US = 450000, DARK_BOOTS = 6 };

#define PORT "usb port 1-1: "

static const struct absent_case {
	const char *name;
	struct fake_board script;
	unsigned int dark; /* boots after the cut: up to the rung, and those in it */
	bool sound;	   /* no cable can come off */
	enum outcome outcome;
	const char *reason;
} absent_cases[] = {
	{ "pulled out while it writes",
	  { .unplug_at = 20 },
	  FAKE_BOOTS_MAX,
	  false,
	  OUTCOME_RIG_FAULT,
	  PORT "the board's device left, though its light shows 'yellow'" },
	{ "pulled out and put in again",
	  { .unplug_at = 20, .plug_after_us = 1000000 },
	  FAKE_BOOTS_MAX,
	  false,
	  OUTCOME_RIG_FAULT,
	  PORT "the board's device left, though its light shows 'yellow'" },
	{ "a board that resets itself while it is written",
	  { .resets_at = 20 },
	  FAKE_BOOTS_MAX,
	  false,
	  OUTCOME_NEEDS_DFU,
	  "DFU mode answers; writing the old release failed: GETSTATUS found the device gone" },
	{ "the same where no cable can come off",
	  { .unplug_at = 20 },
	  FAKE_BOOTS_MAX,
	  true,
	  OUTCOME_NEEDS_DFU,
	  "DFU mode answers; writing the old release failed: GETSTATUS found the device gone" },
	{ "nothing comes, and no system to ask",
	  { .cable_off = true },
	  FAKE_BOOTS_MAX,
	  false,
	  OUTCOME_RIG_FAULT,
	  PORT "nothing is there, though its light shows 'yellow'" },
	{ "nothing comes where no cable can come off",
	  { .no_usb = true },
	  FAKE_BOOTS_MAX,
	  true,
	  OUTCOME_BRICKED,
	  "shows its DFU mode, which does not answer on the USB" },
	{ "nothing comes, nor from the system",
	  { .cable_off = true, .system_usb = true },
	  DARK_BOOTS,
	  false,
	  OUTCOME_RIG_FAULT,
	  PORT "nothing is there, though its light shows 'yellow'" },
	{ "nothing comes, but from the system: it is the bootloader",
	  { .no_usb = true, .system_usb = true },
	  DARK_BOOTS,
	  false,
	  OUTCOME_BRICKED,
	  "shows its DFU mode, which does not answer on the USB" },
	{ "it comes when it is looked for again",
	  { .cable_off = true, .plug_at_join = 2 },
	  FAKE_BOOTS_MAX,
	  false,
	  OUTCOME_RIG_FAULT,
	  PORT "the board's device was away for a while, though its light shows 'yellow'" },
	{ "it comes in both modes, but later",
	  { .cable_off = true, .plug_at_join = 3, .system_usb = true },
	  DARK_BOOTS,
	  false,
	  OUTCOME_RIG_FAULT,
	  PORT "nothing is there, though its light shows 'yellow'" },
	{ "a board that is dark is dead, whatever the USB",
	  { .cable_off = true, .no_dfu = true },
	  FAKE_BOOTS_MAX,
	  false,
	  OUTCOME_BRICKED,
	  "nothing up to rung 'dfu-flash' brought it back" },
};

static void take_script(struct fake_rig *rig, const struct absent_case *c)
{
	const struct fake_board *script = &c->script;

	for (unsigned int i = 0; i < c->dark && i < FAKE_BOOTS_MAX; i++)
		rig->fake.after_cut[i] = FAKE_BOOT_DARK;
	rig->fake.no_dfu = script->no_dfu;
	rig->fake.no_usb = script->no_usb;
	rig->fake.system_usb = script->system_usb;
	rig->fake.cable_off = script->cable_off;
	rig->fake.unplug_at = script->unplug_at;
	rig->fake.resets_at = script->resets_at;
	rig->fake.plug_after_us = script->plug_after_us;
	rig->fake.plug_at_join = script->plug_at_join;
	if (!c->sound)
		rig->slot.capabilities |= SLOT_USB_CABLE;
	ck_assert(text_copy(rig->slot.usb_place, sizeof(rig->slot.usb_place), "usb port 1-1"));
}

START_TEST(whose_doing_it_is)
{
	const struct absent_case *c = &absent_cases[_i];
	struct trial_spec spec = fake_rig_spec(1, IN_COMMIT_US);
	struct fake_rig *rig = fake_rig_new(1);
	struct err err = ERR_INIT;
	struct verdict verdict;
	struct obs_sink sink;
	struct obs_log log;
	int64_t board_us;
	int r;

	ck_assert_ptr_nonnull(rig);
	ck_assert_int_eq(fake_rig_learn(rig, &err), 0);
	memset(rig->fake.calls, 0, sizeof(rig->fake.calls));
	obs_log_init(&log);
	sink = obs_log_sink(&log);
	take_script(rig, c);
	r = trial_run(&rig->setup, &spec, &sink, &board_us, &err);
	verdict_judge(&spec, &rig->calib, &log, &verdict);
	ck_assert_msg(verdict.outcome == c->outcome, "%s: %s: %s", c->name,
		      outcome_name(verdict.outcome), verdict.reason);
	ck_assert_msg(strcmp(verdict.reason, c->reason) == 0, "%s: %s", c->name, verdict.reason);
	ck_assert_int_eq(r, c->outcome == OUTCOME_RIG_FAULT ? -ENOTCONN : 0);
	ck_assert(!rig->fake.powered);
	ck_assert_int_eq(rig->fake.port, SLOT_USB_PARTED);
	ck_assert_int_eq(rig->fake.held[SLOT_LINE_RESET], SLOT_RELEASED);
	ck_assert_int_eq(rig->fake.held[SLOT_LINE_SETUP], SLOT_RELEASED);
	obs_log_release(&log);
	free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("absent");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, whose_doing_it_is, 0, ARRAY_LEN(absent_cases));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
