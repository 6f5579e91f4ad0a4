/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial/ladder.h"
#include "trial/absent.h"
#include "trial/reflash.h"

enum { SETUP_LEAD_US = 20000 }; /* SETUP is held this long before RESET is let go */

int trial_press_dfu(struct trial *trial, bool *ret_there, struct err *err)
{
	const struct board *board = trial->setup->board;
	struct watch *watch = &trial->watch;
	enum slot_wait why;
	bool seen = false;
	int result = watch_line(watch, SLOT_LINE_SETUP, SLOT_HELD, err);

	if (result == 0)
		result = trial_pause(trial, SETUP_LEAD_US, err);
	if (result == 0)
		result = trial_reset_pulse(trial, err);
	if (result == 0)
		result = watch_wait(watch, WATCH_DFU, 2 * board->buttons.dfu_us, &seen, &why, err);
	if (result == 0)
		result = watch_line(watch, SLOT_LINE_SETUP, SLOT_RELEASED, err);
	if (result == 0) /* it must stay there when the button is let go */
		result = trial_pause(trial, board->buttons.safe_mode_us, err);
	if (result < 0)
		return result;
	*ret_there = seen && watch->dfu;
	return 0;
}

int trial_enter_dfu(struct trial *trial, bool *ret_there, struct err *err)
{
	bool there = false;
	int result = trial_press_dfu(trial, &there, err);

	if (result < 0)
		return result;
	watch_put(&trial->watch, there ? OBS_DFU : OBS_TIMEOUT, 0,
		  2 * trial->setup->board->buttons.dfu_us, there ? "" : "dfu");
	*ret_there = there;
	return 0;
}

/*
 * The old modules again, over the USB; it is parted before the board starts with them, so that
 * nothing but power feeds it, and it starts as it did with the old release at first.
 */
static int rung_dfu_flash(struct trial *trial, enum trial_step *ret, struct err *err)
{
	const struct slot *slot = trial->setup->slot;
	bool there = false;
	enum reflash_end end = REFLASH_UNKNOWN;
	int result = trial_enter_dfu(trial, &there, err);

	*ret = STEP_BAD;
	if (result < 0 || !there)
		return result;
	result = slot_usb_join(slot, SLOT_USB_JOINED, err);
	if (result == 0)
		result = reflash(&trial->watch, &(struct reflash){ .release = trial->setup->from },
				 &end, err);
	if (result == 0 && end == REFLASH_ABSENT)
		result = trial_absent(trial, err);
	if (result == 0)
		result = slot_usb_join(slot, SLOT_USB_PARTED, err);
	watch_restart(&trial->watch);
	if (result == 0 && end == REFLASH_LEFT)
		result = trial_wait_alive(trial, trial->spec->cut.part, ret, err);
	if (result == 0 && end == REFLASH_LEFT && *ret != STEP_GOOD && trial->watch.dfu)
		result = trial_absent_still(trial, err);
	return result;
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
	case RUNG_RESET: result = trial_reset_pulse(trial, err); break;
	case RUNG_POWER_CYCLE: result = trial_power_cycle(trial, trial->spec->off_us, err); break;
	case RUNG_LONG_OFF:
		if (slot_can(trial->setup->slot, SLOT_VBAT))
			result = slot_vbat_set(trial->setup->slot, false, err);
		if (result == 0)
			result = trial_power_cycle(trial, trial->setup->board->boot.long_off_us,
						   err);
		break;
	case RUNG_DFU_BUTTONS: *ret = STEP_BAD; return trial_enter_dfu(trial, &there, err);
	case RUNG_DFU_FLASH: return rung_dfu_flash(trial, ret, err);
	}
	if (result == 0)
		result = trial_wait_alive(trial, trial->spec->cut.part, ret, err);
	return result;
}

/* The ladder, until a rung leaves a board that is alive twice in a row. */
int trial_recover(struct trial *trial, bool *ret_alive, struct err *err)
{
	const struct scenario *scenario = trial->setup->scenario;

	*ret_alive = false;
	for (size_t i = 0; i < scenario->ladder_count && !*ret_alive; i++) {
		enum trial_step step = STEP_BAD;
		int result = climb(trial, scenario->ladder[i], &step, err);

		if (result == 0 && step == STEP_GOOD)
			result = trial_confirm(trial, trial->spec->cut.part, &step, err);
		if (result < 0)
			return result;
		*ret_alive = step == STEP_GOOD;
	}
	return *ret_alive ? 0 : trial_check_rail(trial, err);
}
