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

enum { IN_COMMIT_US = 450000, DARK_BOOTS = 6, LIVES = 0 };

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
	  PORT "the device left, light shows 'yellow'" },
	{ "pulled out and put in again",
	  { .unplug_at = 20, .plug_after_us = 1000000 },
	  FAKE_BOOTS_MAX,
	  false,
	  OUTCOME_RIG_FAULT,
	  PORT "the device left, light shows 'yellow'" },
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
	  PORT "nothing is there, light shows 'yellow'" },
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
	  PORT "nothing is there, light shows 'yellow'" },
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
	  PORT "the device was away, light shows 'yellow'" },
	{ "it comes in both modes, but later",
	  { .cable_off = true, .plug_at_join = 3, .system_usb = true },
	  DARK_BOOTS,
	  false,
	  OUTCOME_RIG_FAULT,
	  PORT "nothing is there, light shows 'yellow'" },
	{ "a board that has no power is not dead",
	  { .cable_off = true, .no_dfu = true, .rail_down_after_cut = true },
	  FAKE_BOOTS_MAX,
	  false,
	  OUTCOME_RIG_FAULT,
	  "power was switched on, but the board's rail is down" },
	{ "nor one whose power goes before the second update",
	  { .rail_down_after_cut = true },
	  LIVES,
	  true,
	  OUTCOME_RIG_FAULT,
	  "power was switched on, but the board's rail is down" },
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
	if (c->dark == LIVES) /* twice, and then no more */
		for (unsigned int i = 2; i < FAKE_BOOTS_MAX; i++)
			rig->fake.after_cut[i] = FAKE_BOOT_DARK;
	rig->fake.no_dfu = script->no_dfu;
	rig->fake.rail_down_after_cut = script->rail_down_after_cut;
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
	if (c->outcome == OUTCOME_RIG_FAULT)
		ck_assert_int_eq(r, c->script.rail_down_after_cut ? -EIO : -ENOTCONN);
	else
		ck_assert_int_eq(r, 0);
	ck_assert(!rig->fake.powered);
	ck_assert_int_eq(rig->fake.port, SLOT_USB_PARTED);
	ck_assert_int_eq(rig->fake.held[SLOT_LINE_RESET], SLOT_RELEASED);
	ck_assert_int_eq(rig->fake.held[SLOT_LINE_SETUP], SLOT_RELEASED);
	obs_log_release(&log);
	free(rig);
}
END_TEST

/* What the ways over DFU make of it: who sees the light is asked once, before anything else. */
static const struct way_case {
	struct fake_board script;
	bool hurt; /* something was done to the transfer */
	int says;  /* who is asked */
	unsigned int asked;
	enum delivery_result result; /* UNKNOWN: an error */
	const char *text;
} way_cases[] = {
	{ { .cable_off = true }, false, -ENOTCONN, 1, DELIVERY_UNKNOWN, NULL },
	{ { .cable_off = true }, false, 0, 1, DELIVERY_REFUSED, "no DFU device came to the USB" },
	{ { .unplug_at = 20 }, false, -ENOTCONN, 1, DELIVERY_UNKNOWN, NULL },
	{ { .unplug_at = 20 },
	  false,
	  0,
	  1,
	  DELIVERY_REFUSED,
	  "DFU: GETSTATUS found the device gone" },
	{ { .unplug_at = 40 },
	  true,
	  -ENOTCONN,
	  0,
	  DELIVERY_LOST,
	  "DFU: GETSTATUS found the device gone" },
	{ { .dfu = { .fails_at = 3 } }, false, -ENOTCONN, 0, DELIVERY_REFUSED, NULL },
};

struct asked {
	struct fake_rig *rig;
	int says;
	unsigned int count;
};

static int on_absent(void *ctx, struct err *err)
{
	struct asked *asked = ctx;

	asked->count++;
	ck_assert(asked->rig->fake.dfu_mode); /* nothing was done to it yet */
	return asked->says < 0 ? err_set(err, ERR_RIG, asked->says, "lost") : 0;
}

START_TEST(who_sees_the_light_is_asked)
{
	const struct way_case *c = &way_cases[_i];
	struct fake_rig *rig = fake_rig_new(1);
	struct asked asked = { .rig = rig, .says = c->says };
	struct fuzz_acts acts = { .items = { { FUZZ_DELAY, 0, 1000 } }, .count = c->hurt };
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	struct delivery_run run = { .absent = on_absent, .absent_ctx = &asked, .acts = &acts };
	struct err err = ERR_INIT;
	int r;

	ck_assert_ptr_nonnull(rig);
	rig->delivery_board = (struct delivery_board){ .usb_vendor = FAKE_DFU_VENDOR,
						       .usb_dfu = FAKE_DFU_PRODUCT,
						       .setup_dfu_us = 1000000,
						       .reset_pulse_us = 10000 };
	rig->image = rig->from.modules[1].image;
	run.context = &rig->context;
	run.part = &rig->setup.parts[0];
	rig->fake.cable_off = c->script.cable_off;
	rig->fake.unplug_at = c->script.unplug_at;
	rig->fake.dfu = c->script.dfu;
	ck_assert_int_eq(slot_power_set(&rig->slot, SLOT_POWER_ON, &err), 0);
	r = delivery_prepare(&delivery_dfu, &run, &outcome, &err);
	if (r == 0 && outcome.result == DELIVERY_DONE)
		r = delivery_send(&delivery_dfu, &run, &outcome, &err);
	ck_assert_uint_eq(asked.count, c->asked);
	ck_assert_int_eq(r, c->result == DELIVERY_UNKNOWN ? c->says : 0);
	if (r == 0)
		ck_assert_int_eq(outcome.result, c->result);
	if (c->text && r == 0)
		ck_assert_str_eq(outcome.text, c->text);
	ck_assert_int_eq(rig->fake.port, SLOT_USB_PARTED);
	free(rig);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("absent");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, whose_doing_it_is, 0, ARRAY_LEN(absent_cases));
	tcase_add_loop_test(tcase, who_sees_the_light_is_asked, 0, ARRAY_LEN(way_cases));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
