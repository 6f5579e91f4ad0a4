/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The course of a trial:
 *   baseline   the board is put into the state before the part that the cut falls on
 *   deliver    that part is delivered with the cut armed; a control delivers all parts
 *   off        power stays away for the off time
 *   again      power returns and is cut again, when the trial says so
 *   recover    power returns, unless it was not cut; rung by rung of the ladder until the board is
 * alive confirm    a clean power cycle: a board must come alive twice finish     what is missing of
 * the update is delivered once more, without a cut safe       power off, lines released
 */
#include "trial/trial.h"
#include "trial/baseline.h"
#include "trial/deliver.h"
#include "trial/ladder.h"
#include "trial/story.h"

/* A board waits so long for what does not come: 30 s (facts particle-gen2 2.2), and then starts. */
enum { GIVE_UP_US = 32000000 };

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
	result = trial_deliver_rest(trial, trial->spec->cut.part - 1, &step, err);
	if (result == 0 && step == STEP_GOOD)
		result = trial_confirm(trial, parts, &step, err);
	return result < 0 || step == STEP_GOOD ? result : trial_check_rail(trial, err);
}

/* A board that came back says what it runs, before it is offered the update once more. */
static int ask_and_finish(struct trial *trial, struct err *err)
{
	const struct delivery_part *part = &trial->setup->parts[trial->spec->cut.part - 1];
	enum delivery_proof_kind proof;
	int result = trial_prove(trial, part, &proof, err);

	return result < 0 ? result : finish(trial, err);
}

static int run_control(struct trial *trial, struct err *err)
{
	uint32_t parts = (uint32_t)trial->setup->part_count;
	enum trial_step step;
	bool alive;
	int result;

	watch_put(&trial->watch, OBS_PHASE, 0, 0, "deliver");
	result = trial_deliver_rest(trial, 0, &step, err);
	if (result < 0)
		return result;
	watch_put(&trial->watch, OBS_PHASE, 0, 0, "recover");
	watch_put(&trial->watch, OBS_RUNG, RUNG_WAIT, 0, rung_name(RUNG_WAIT));
	if (step == STEP_GOOD)
		result = trial_confirm(trial, parts, &step, err);
	if (result < 0 || step == STEP_GOOD)
		return result;
	return trial_recover(trial, &alive, err);
}

/* Off for the off time, at the end of which nothing may show that the board has power. */
static int power_away(struct trial *trial, struct err *err)
{
	int result = watch_power(&trial->watch, SLOT_POWER_OFF, err);

	if (result == 0)
		result = trial_pause(trial, trial->spec->off_us, err);
	return result < 0 ? result : watch_dark(&trial->watch, err);
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
	struct slot_cut cut = trial_slot_cut(&point);
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
		result = trial_wait_alive(trial, spec->cut.part, &step, err);
	if (result < 0)
		return result;
	*ret_off = step == STEP_CUT;
	watch_put(&trial->watch, OBS_NOTE, 0, 0,
		  *ret_off ? "cut again" : "the boot was over before the second cut");
	if (!*ret_off) {
		slot_cut_disarm(trial->setup->slot);
		return 0;
	}
	return power_away(trial, err);
}

static int run_cut(struct trial *trial, struct err *err)
{
	const struct trial_setup *setup = trial->setup;
	enum trial_step step;
	bool alive;
	bool is_off = true;
	int result;

	watch_put(&trial->watch, OBS_PHASE, 0, 0, "deliver");
	result = trial_deliver_part(trial, &setup->parts[trial->spec->cut.part - 1], TRIAL_TRIED,
				    &step, err);
	if (result < 0)
		return result;
	if (step != STEP_CUT) {
		slot_cut_disarm(setup->slot);
		watch_put(&trial->watch, OBS_CUT_MISSED, (int32_t)trial->spec->cut.part, 0, "");
		return 0;
	}
	watch_put(&trial->watch, OBS_PHASE, 0, 0, "off");
	result = power_away(trial, err);
	if (result == 0 && trial_spec_cuts_again(trial->spec))
		result = cut_again(trial, &is_off, err);
	if (result < 0)
		return result;
	watch_put(&trial->watch, OBS_PHASE, 0, 0, "recover");
	if (is_off)
		result = watch_power(&trial->watch, SLOT_POWER_ON, err);
	if (result == 0)
		result = trial_recover(trial, &alive, err);
	return result == 0 && alive ? ask_and_finish(trial, err) : result;
}

/*
 * No cut, but something is done to the update: whatever the board makes of it, it is given the time
 * in which it gives up a transfer that does not go on.
 */
static int run_meddled(struct trial *trial, struct err *err)
{
	const struct delivery_part *part = &trial->setup->parts[trial->spec->cut.part - 1];
	enum trial_step step;
	bool alive;
	int result;

	watch_put(&trial->watch, OBS_PHASE, 0, 0, "deliver");
	result = trial_deliver_part(trial, part, TRIAL_TRIED, &step, err);
	if (result == 0 && step == STEP_BAD) {
		watch_restart(&trial->watch);
		result = trial_pause(trial, GIVE_UP_US, err);
	}
	if (result < 0)
		return result;
	watch_put(&trial->watch, OBS_PHASE, 0, 0, "recover");
	result = trial_recover(trial, &alive, err);
	return result == 0 && alive ? ask_and_finish(trial, err) : result;
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

	if (slot_can(slot, SLOT_CUT))
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
	size_t state = trial_spec_is_control(spec) ? 0 : spec->cut.part - 1;
	int result;

	watch_put(&trial->watch, OBS_PHASE, 0, 0, "baseline");
	result = trial_to_state(trial, state, err);
	if (slot_can(slot, SLOT_STORAGE))
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
	if (trial_spec_is_control(trial->spec))
		return run_control(trial, err);
	return trial->spec->cut.by == CUT_BY_NONE ? run_meddled(trial, err) : run_cut(trial, err);
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
