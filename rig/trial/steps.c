/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial/steps.h"

#include <errno.h>
#include <stdio.h>

#define FAULT_NOTE "board fault: "

enum { CONFIRM_OFF_US = 500000 };

static int64_t trial_boot_us_max(const struct trial *trial)
{
	const struct board *board = trial->setup->board;

	return board->boot.alive_us_max + board->boot.apply_us_max;
}

int trial_pause(struct trial *trial, int64_t us, struct err *err)
{
	enum slot_wait why;
	bool seen;

	return watch_wait(&trial->watch, WATCH_TIME, us, &seen, &why, err);
}

int trial_power_cycle(struct trial *trial, int64_t off_us, struct err *err)
{
	int result = watch_power(&trial->watch, SLOT_POWER_OFF, err);

	if (result == 0)
		result = trial_pause(trial, off_us, err);
	if (result == 0)
		result = watch_power(&trial->watch, SLOT_POWER_ON, err);
	return result;
}

int trial_reset_pulse(struct trial *trial, struct err *err)
{
	int result = watch_line(&trial->watch, SLOT_LINE_RESET, SLOT_HELD, err);

	if (result == 0)
		result = trial_pause(trial, trial->setup->board->buttons.reset_pulse_us, err);
	if (result == 0)
		result = watch_line(&trial->watch, SLOT_LINE_RESET, SLOT_RELEASED, err);
	watch_restart(&trial->watch);
	return result;
}

/* For people alone: no real bench could tell, so no verdict rests on it. */
void trial_note_fault(const struct trial *trial)
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
int trial_wait_alive(struct trial *trial, uint32_t parts_done, enum trial_step *ret,
		     struct err *err)
{
	struct watch *watch = &trial->watch;
	enum slot_wait why;
	bool seen;
	int result = watch_wait(watch, WATCH_ALIVE, trial_boot_us_max(trial), &seen, &why, err);

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
		watch_put(watch, watch->dfu ? OBS_DFU : OBS_TIMEOUT, 0, trial_boot_us_max(trial),
			  watch->dfu ? "" : "alive");
		if (!watch->dfu)
			trial_note_fault(trial);
		*ret = STEP_BAD;
	}
	return 0;
}

/* A clean boot, backup supply off: what came alive must do so again. */
int trial_confirm(struct trial *trial, uint32_t parts_done, enum trial_step *ret, struct err *err)
{
	int result = 0;

	watch_put(&trial->watch, OBS_PHASE, 0, 0, "confirm");
	if (slot_can(trial->setup->slot, SLOT_VBAT))
		result = slot_vbat_set(trial->setup->slot, false, err);
	if (result == 0)
		result = trial_power_cycle(trial, CONFIRM_OFF_US, err);
	return result < 0 ? result : trial_wait_alive(trial, parts_done, ret, err);
}

int trial_check_rail(const struct trial *trial, struct err *err)
{
	bool up = true;
	int result = slot_can(trial->setup->slot, SLOT_RAIL)
			     ? slot_rail_read(trial->setup->slot, &up, err)
			     : 0;

	if (result < 0 || up)
		return result;
	return err_set(err, ERR_RIG, -EIO, "power was switched on, but the board's rail is down");
}

struct slot_cut trial_slot_cut(const struct cut_point *cut)
{
	struct slot_cut armed = { .at = cut->at,
				  .form = SLOT_CUT_TORN,
				  .permille = cut->form.permille };

	switch (cut->by) {
	case CUT_BY_OPERATION: armed.by = SLOT_CUT_BY_OPERATION; break;
	case CUT_BY_INSTRUCTION: armed.by = SLOT_CUT_BY_INSTRUCTION; break;
	case CUT_BY_TIME:
	case CUT_BY_ANCHOR:
	case CUT_BY_NONE: armed.by = SLOT_CUT_BY_TIME; break;
	}
	if (cut->form.form == CUT_FORM_BEFORE)
		armed.form = SLOT_CUT_BEFORE;
	else if (cut->form.form == CUT_FORM_AFTER)
		armed.form = SLOT_CUT_AFTER;
	return armed;
}
