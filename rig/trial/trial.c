/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The course of a trial:
 *   baseline   the board is put into the state before the part that the cut falls on
 *   deliver    that part is delivered with the cut armed; a control delivers all parts
 *   off        power stays away for the off time
 *   again      power returns and is cut again, when the trial says so
 *   recover    power returns; rung by rung of the ladder until the board is alive
 *   confirm    a clean power cycle: a board must come alive twice
 *   finish     what is missing of the update is delivered once more, without a cut
 *   safe       power off, lines released
 */
#include "trial/trial.h"
#include "trial/reflash.h"
#include "trial/story.h"
#include "trial/watch.h"

#include <errno.h>
#include <stdio.h>

#define FAULT_NOTE "board fault: "

enum {
	CONFIRM_OFF_US = 500000,
	SETUP_LEAD_US = 20000, /* SETUP is held this long before RESET is let go */
};

struct trial {
	const struct trial_setup *setup;
	const struct trial_spec *spec;
	struct watch watch;
};

/* How one step of a trial went on. */
enum trial_step { STEP_GOOD = 1, STEP_BAD = 2, STEP_CUT = 3 };

static int64_t boot_us_max(const struct trial *trial)
{
	const struct board *board = trial->setup->board;

	return board->boot.alive_us_max + board->boot.apply_us_max;
}

static int pause_us(struct trial *trial, int64_t us, struct err *err)
{
	enum slot_wait why;
	bool seen;

	return watch_wait(&trial->watch, WATCH_TIME, us, &seen, &why, err);
}

static int power_cycle(struct trial *trial, int64_t off_us, struct err *err)
{
	int result = watch_power(&trial->watch, SLOT_POWER_OFF, err);

	if (result == 0)
		result = pause_us(trial, off_us, err);
	if (result == 0)
		result = watch_power(&trial->watch, SLOT_POWER_ON, err);
	return result;
}

static int reset_pulse(struct trial *trial, struct err *err)
{
	int result = watch_line(&trial->watch, SLOT_LINE_RESET, SLOT_HELD, err);

	if (result == 0)
		result = pause_us(trial, trial->setup->board->buttons.reset_pulse_us, err);
	if (result == 0)
		result = watch_line(&trial->watch, SLOT_LINE_RESET, SLOT_RELEASED, err);
	watch_restart(&trial->watch);
	return result;
}

/* For people alone: no real bench could tell, so no verdict rests on it. */
static void note_fault(const struct trial *trial)
{
	const struct slot *slot = trial->setup->slot;
	char fault[OBS_TEXT_MAX - sizeof(FAULT_NOTE)];
	char text[OBS_TEXT_MAX];

	if (!slot_can(slot, SLOT_FAULTS) || !slot_last_fault(slot, fault, sizeof(fault)))
		return;
	snprintf(text, sizeof(text), "%s%s", FAULT_NOTE, fault);
	watch_put(&trial->watch, OBS_NOTE, 0, 0, text);
}

/* Waits for the alive state and says what came. */
static int wait_alive(struct trial *trial, uint32_t parts_done, enum trial_step *ret,
		      struct err *err)
{
	struct watch *watch = &trial->watch;
	enum slot_wait why;
	bool seen;
	int result = watch_wait(watch, WATCH_ALIVE, boot_us_max(trial), &seen, &why, err);

	if (result < 0)
		return result;
	if (watch_apply_us(watch) > 0)
		watch_put(watch, OBS_APPLY, (int32_t)parts_done, watch_apply_us(watch), "");
	if (why == SLOT_WAIT_CUT) {
		*ret = STEP_CUT;
	} else if (seen) {
		watch_put(watch, OBS_ALIVE, (int32_t)parts_done,
			  slot_now_us(watch->slot) - watch->started_us, "");
		*ret = STEP_GOOD;
	} else {
		watch_put(watch, watch->dfu ? OBS_DFU : OBS_TIMEOUT, 0, boot_us_max(trial),
			  watch->dfu ? "" : "alive");
		if (!watch->dfu)
			note_fault(trial);
		*ret = STEP_BAD;
	}
	return 0;
}

/* A clean boot, backup supply off: what came alive must do so again. */
static int confirm(struct trial *trial, uint32_t parts_done, enum trial_step *ret, struct err *err)
{
	int result = 0;

	watch_put(&trial->watch, OBS_PHASE, 0, 0, "confirm");
	if (slot_can(trial->setup->slot, SLOT_VBAT))
		result = slot_vbat_set(trial->setup->slot, false, err);
	if (result == 0)
		result = power_cycle(trial, CONFIRM_OFF_US, err);
	return result < 0 ? result : wait_alive(trial, parts_done, ret, err);
}

static struct slot_cut slot_cut_of(const struct cut_point *cut)
{
	struct slot_cut armed = { .at = cut->at,
				  .form = SLOT_CUT_TORN,
				  .permille = cut->form.permille };

	switch (cut->by) {
	case CUT_BY_OPERATION: armed.by = SLOT_CUT_BY_OPERATION; break;
	case CUT_BY_INSTRUCTION: armed.by = SLOT_CUT_BY_INSTRUCTION; break;
	case CUT_BY_TIME:
	case CUT_BY_NONE: armed.by = SLOT_CUT_BY_TIME; break;
	}
	if (cut->form.form == CUT_FORM_BEFORE)
		armed.form = SLOT_CUT_BEFORE;
	else if (cut->form.form == CUT_FORM_AFTER)
		armed.form = SLOT_CUT_AFTER;
	return armed;
}

static int arm(struct trial *trial, struct err *err)
{
	struct slot_cut cut = slot_cut_of(&trial->spec->cut);
	char text[OBS_TEXT_MAX];

	trial_cut_format(&trial->spec->cut, text, sizeof(text));
	watch_put(&trial->watch, OBS_CUT_ARMED, (int32_t)trial->spec->cut.part, 0, text);
	return slot_cut_arm(trial->setup->slot, &cut, err);
}

/* The board did not take a part: that counts against it, after a cut. */
static int refused(struct trial *trial, const struct delivery_part *part,
		   const struct delivery_outcome *outcome, enum trial_step *ret)
{
	watch_put(&trial->watch, OBS_DELIVERY, (int32_t)part->number, 0, "refused by the board");
	if (outcome->text[0])
		watch_put(&trial->watch, OBS_NOTE, 0, 0, outcome->text);
	note_fault(trial);
	*ret = STEP_BAD;
	return 0;
}

/* Delivers one part to a board that is powered, and waits until it is alive again. */
static int deliver_part(struct trial *trial, const struct delivery_part *part, bool with_cut,
			enum trial_step *ret, struct err *err)
{
	const struct trial_setup *setup = trial->setup;
	struct watch *watch = &trial->watch;
	struct obs_sink sink = watch_slot_sink(watch);
	const struct delivery_run run = {
		.context = setup->context,
		.part = part,
		.sink = &sink,
	};
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	int64_t part_begin_us;
	int result = delivery_prepare(setup->delivery, &run, &outcome, err);

	if (result < 0)
		return result;
	if (outcome.result != DELIVERY_DONE)
		return refused(trial, part, &outcome, ret);
	part_begin_us = slot_now_us(setup->slot);
	if (with_cut) {
		result = arm(trial, err);
		if (result < 0)
			return result;
	}
	result = delivery_send(setup->delivery, &run, &outcome, err);
	if (result < 0)
		return result;
	if (outcome.result != DELIVERY_DONE && outcome.result != DELIVERY_CUT)
		return refused(trial, part, &outcome, ret);
	watch_restart(watch);
	*ret = STEP_CUT;
	if (outcome.result != DELIVERY_CUT)
		result = wait_alive(trial, part->number, ret, err);
	if (result == 0 && *ret == STEP_CUT)
		watch_put(watch, OBS_CUT_DELIVERED, (int32_t)part->number,
			  slot_now_us(setup->slot) - part_begin_us, "");
	return result;
}

/* Parts from 'first' (0-based) to the end, on a live board. */
static int deliver_rest(struct trial *trial, size_t first, enum trial_step *ret, struct err *err)
{
	*ret = STEP_GOOD;
	for (size_t i = first; i < trial->setup->part_count && *ret == STEP_GOOD; i++) {
		int result = deliver_part(trial, &trial->setup->parts[i], false, ret, err);

		if (result < 0)
			return result;
	}
	return 0;
}

/* SETUP held over a reset. *ret_there: the board shows its DFU mode and stays in it. */
static int enter_dfu(struct trial *trial, bool *ret_there, struct err *err)
{
	const struct board *board = trial->setup->board;
	struct watch *watch = &trial->watch;
	enum slot_wait why;
	bool seen = false;
	int result = watch_line(watch, SLOT_LINE_SETUP, SLOT_HELD, err);

	if (result == 0)
		result = pause_us(trial, SETUP_LEAD_US, err);
	if (result == 0)
		result = reset_pulse(trial, err);
	if (result == 0)
		result = watch_wait(watch, WATCH_DFU, 2 * board->buttons.dfu_us, &seen, &why, err);
	if (result == 0)
		result = watch_line(watch, SLOT_LINE_SETUP, SLOT_RELEASED, err);
	if (result == 0) /* it must stay there when the button is let go */
		result = pause_us(trial, board->buttons.safe_mode_us, err);
	if (result < 0)
		return result;
	seen = seen && watch->dfu;
	watch_put(watch, seen ? OBS_DFU : OBS_TIMEOUT, 0, 2 * board->buttons.dfu_us,
		  seen ? "" : "dfu");
	*ret_there = seen;
	return 0;
}

/* The old modules again, over the USB; it is parted after, so that nothing but power feeds. */
static int rung_dfu_flash(struct trial *trial, enum trial_step *ret, struct err *err)
{
	const struct slot *slot = trial->setup->slot;
	bool there = false;
	bool left = false;
	int result = enter_dfu(trial, &there, err);

	*ret = STEP_BAD;
	if (result < 0 || !there)
		return result;
	result = slot_usb_join(slot, SLOT_USB_JOINED, err);
	if (result == 0)
		result = reflash(&trial->watch, trial->setup->from, &left, err);
	watch_restart(&trial->watch);
	if (result == 0 && left)
		result = wait_alive(trial, trial->spec->cut.part, ret, err);
	return result < 0 ? result : slot_usb_join(slot, SLOT_USB_PARTED, err);
}

/* One rung: what is done to the board, and whether it came alive. */
static int climb(struct trial *trial, enum rung rung, enum trial_step *ret, struct err *err)
{
	bool there;
	int result = 0;

	watch_put(&trial->watch, OBS_RUNG, (int32_t)rung, 0, rung_name(rung));
	switch (rung) {
	case RUNG_NONE:
	case RUNG_COUNT:
	case RUNG_WAIT: break;
	case RUNG_RESET: result = reset_pulse(trial, err); break;
	case RUNG_POWER_CYCLE: result = power_cycle(trial, trial->spec->off_us, err); break;
	case RUNG_LONG_OFF:
		if (slot_can(trial->setup->slot, SLOT_VBAT))
			result = slot_vbat_set(trial->setup->slot, false, err);
		if (result == 0)
			result = power_cycle(trial, trial->setup->board->boot.long_off_us, err);
		break;
	case RUNG_DFU_BUTTONS: *ret = STEP_BAD; return enter_dfu(trial, &there, err);
	case RUNG_DFU_FLASH: return rung_dfu_flash(trial, ret, err);
	}
	if (result == 0)
		result = wait_alive(trial, trial->spec->cut.part, ret, err);
	return result;
}

/* The ladder, until a rung leaves a board that is alive twice in a row. */
static int recover(struct trial *trial, bool *ret_alive, struct err *err)
{
	const struct scenario *scenario = trial->setup->scenario;

	*ret_alive = false;
	for (size_t i = 0; i < scenario->ladder_count && !*ret_alive; i++) {
		enum trial_step step = STEP_BAD;
		int result = climb(trial, scenario->ladder[i], &step, err);

		if (result == 0 && step == STEP_GOOD)
			result = confirm(trial, trial->spec->cut.part, &step, err);
		if (result < 0)
			return result;
		*ret_alive = step == STEP_GOOD;
	}
	return 0;
}

/*
 * The update once more, from the part that was cut on: a board in the field would be offered it
 * again, whether it took or not.
 */
static int finish(struct trial *trial, struct err *err)
{
	uint32_t parts = (uint32_t)trial->setup->part_count;
	enum trial_step step = STEP_GOOD;
	int result;

	watch_put(&trial->watch, OBS_PHASE, 0, 0, "finish");
	result = deliver_rest(trial, trial->spec->cut.part - 1, &step, err);
	return result < 0 || step != STEP_GOOD ? result : confirm(trial, parts, &step, err);
}

static int run_control(struct trial *trial, struct err *err)
{
	uint32_t parts = (uint32_t)trial->setup->part_count;
	enum trial_step step;
	bool alive;
	int result;

	watch_put(&trial->watch, OBS_PHASE, 0, 0, "deliver");
	result = deliver_rest(trial, 0, &step, err);
	if (result < 0)
		return result;
	watch_put(&trial->watch, OBS_PHASE, 0, 0, "recover");
	watch_put(&trial->watch, OBS_RUNG, RUNG_WAIT, 0, rung_name(RUNG_WAIT));
	if (step == STEP_GOOD)
		result = confirm(trial, parts, &step, err);
	if (result < 0 || step == STEP_GOOD)
		return result;
	return recover(trial, &alive, err);
}

/*
 * The boot after the cut, in which power is cut again. *ret_off: it was, and power is away. A
 * recovery that has fewer operations goes on as if there were no second cut.
 */
static int cut_again(struct trial *trial, bool *ret_off, struct err *err)
{
	const struct trial_spec *spec = trial->spec;
	const struct cut_point point = {
		.part = spec->cut.part,
		.by = CUT_BY_OPERATION,
		.at = spec->again.at,
		.form = spec->again.form,
	};
	struct slot_cut cut = slot_cut_of(&point);
	char text[OBS_TEXT_MAX];
	enum trial_step step = STEP_BAD;
	int result;

	trial_cut_format(&point, text, sizeof(text));
	watch_put(&trial->watch, OBS_PHASE, 0, 0, "again");
	watch_put(&trial->watch, OBS_NOTE, 0, 0, text);
	result = slot_cut_arm(trial->setup->slot, &cut, err);
	if (result == 0)
		result = watch_power(&trial->watch, SLOT_POWER_ON, err);
	if (result == 0)
		result = wait_alive(trial, spec->cut.part, &step, err);
	if (result < 0)
		return result;
	*ret_off = step == STEP_CUT;
	watch_put(&trial->watch, OBS_NOTE, 0, 0,
		  *ret_off ? "cut again" : "the boot was over before the second cut");
	if (!*ret_off) {
		slot_cut_disarm(trial->setup->slot);
		return 0;
	}
	result = watch_power(&trial->watch, SLOT_POWER_OFF, err);
	return result < 0 ? result : pause_us(trial, spec->off_us, err);
}

static int run_cut(struct trial *trial, struct err *err)
{
	const struct trial_setup *setup = trial->setup;
	enum trial_step step;
	bool alive;
	bool is_off = true;
	int result;

	watch_put(&trial->watch, OBS_PHASE, 0, 0, "deliver");
	result = deliver_part(trial, &setup->parts[trial->spec->cut.part - 1], true, &step, err);
	if (result < 0)
		return result;
	if (step != STEP_CUT) {
		slot_cut_disarm(setup->slot);
		watch_put(&trial->watch, OBS_CUT_MISSED, (int32_t)trial->spec->cut.part, 0, "");
		return 0;
	}
	watch_put(&trial->watch, OBS_PHASE, 0, 0, "off");
	result = watch_power(&trial->watch, SLOT_POWER_OFF, err);
	if (result == 0)
		result = pause_us(trial, trial->spec->off_us, err);
	if (result == 0 && trial_spec_cuts_again(trial->spec))
		result = cut_again(trial, &is_off, err);
	if (result < 0)
		return result;
	watch_put(&trial->watch, OBS_PHASE, 0, 0, "recover");
	if (is_off)
		result = watch_power(&trial->watch, SLOT_POWER_ON, err);
	if (result == 0)
		result = recover(trial, &alive, err);
	if (result == 0 && alive)
		result = finish(trial, err);
	return result;
}

/* The first of several failures is the one that is told. */
static int first_failure(int before, int result, const struct err *from, struct err *err)
{
	if (before < 0 || result == 0)
		return before;
	if (err)
		*err = *from;
	return result;
}

/* Always, whatever fails on the way: no power, no line held, no cut armed. */
static int make_safe(struct trial *trial, struct err *err)
{
	static const struct {
		enum slot_line line;
		unsigned int capability;
	} lines[] = { { SLOT_LINE_SETUP, SLOT_SETUP }, { SLOT_LINE_RESET, SLOT_RESET } };
	const struct slot *slot = trial->setup->slot;
	struct err one = ERR_INIT;
	int result = 0;

	slot_cut_disarm(slot);
	watch_put(&trial->watch, OBS_PHASE, 0, 0, "safe");
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (slot_can(slot, lines[i].capability))
			result = first_failure(result,
					       slot_hold(slot, lines[i].line, SLOT_RELEASED, &one),
					       &one, err);
	if (slot_can(slot, SLOT_USB))
		result = first_failure(result, slot_usb_join(slot, SLOT_USB_PARTED, &one), &one,
				       err);
	return first_failure(result, watch_power(&trial->watch, SLOT_POWER_OFF, &one), &one, err);
}

static int set_supply(const struct slot *slot, const struct slot_supply *supply, struct err *err)
{
	return slot_can(slot, SLOT_SUPPLY) ? slot_supply_set(slot, supply, err) : 0;
}

static int begin_baseline(struct trial *trial, struct err *err)
{
	const struct slot *slot = trial->setup->slot;
	const struct trial_spec *spec = trial->spec;
	const struct slot_supply supply = {
		.fall_us = spec->fall_us,
		.rise_us = spec->rise_us,
		.cells = trial->setup->scenario->power.weak_cells ? SLOT_CELLS_WEAK
								  : SLOT_CELLS_FIRM,
	};
	unsigned int state = trial_spec_is_control(spec) ? 0 : spec->cut.part - 1;
	int result = slot_storage_put_back(slot, state, err);

	watch_put(&trial->watch, OBS_PHASE, 0, 0, "baseline");
	slot_seed(slot, trial_spec_seed(spec));
	if (result == 0 && slot_can(slot, SLOT_VBAT))
		result = slot_vbat_set(slot, spec->vbat == VBAT_KEPT, err);
	if (result == 0)
		result = set_supply(slot, &supply, err);
	if (result == 0)
		result = watch_power(&trial->watch, SLOT_POWER_ON, err);
	return result;
}

/*
 * Off at once, and the clock on a whole microsecond: a trial does not depend on the one before it,
 * whose supply may still be falling.
 */
static int settle(const struct slot *slot, struct err *err)
{
	enum slot_wait why;
	int result = set_supply(slot, &(struct slot_supply){ 0 }, err);

	if (result == 0)
		result = slot_power_set(slot, SLOT_POWER_OFF, err);
	if (result == 0)
		result = slot_wait(slot, slot_now_us(slot) + 1, &why, err);
	return result;
}

/* A board that is known and powered, then what the trial is about. */
static int run(struct trial *trial, struct err *err)
{
	int result = begin_baseline(trial, err);

	if (result < 0)
		return result;
	return trial_spec_is_control(trial->spec) ? run_control(trial, err) : run_cut(trial, err);
}

static void tell_fault(const struct trial *trial, int code, const struct err *err)
{
	watch_put(&trial->watch, OBS_RIG_FAULT, code, 0, err->text);
}

int trial_run(const struct trial_setup *setup, const struct trial_spec *spec,
	      const struct obs_sink *sink, int64_t *ret_board_us, struct err *err)
{
	struct trial trial = { .setup = setup, .spec = spec };
	struct err fault = ERR_INIT;
	struct err safe_fault = ERR_INIT;
	struct story story;
	struct obs_sink told =
		story_begin(&story, setup->scenario, sink, !trial_spec_is_control(spec));
	int settled = settle(setup->slot, &fault);
	int result = watch_begin(&trial.watch, setup->slot, setup->board, setup->context->port,
				 &told, err);
	int safe;

	if (result < 0)
		return result;
	result = settled < 0 ? settled : run(&trial, &fault);
	if (result < 0)
		tell_fault(&trial, result, &fault);
	safe = make_safe(&trial, &safe_fault);
	if (safe < 0)
		tell_fault(&trial, safe, &safe_fault);
	result = first_failure(result, safe, &safe_fault, &fault);
	if (result < 0 && err)
		*err = fault;
	*ret_board_us = slot_now_us(setup->slot) - trial.watch.begin_us;
	watch_end(&trial.watch);
	story_end(&story);
	return result;
}
