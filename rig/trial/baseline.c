/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial/baseline.h"
#include "trial/absent.h"
#include "trial/ladder.h"
#include "trial/reflash.h"

#include <errno.h>

enum {
	DRAINED_US = 500000,
	TRIES = 3, /* of bringing a board into DFU mode: a button press can be missed */
};

bool trial_has_states(const struct slot *slot, const struct board *board)
{
	return slot_can(slot, SLOT_STORAGE) ||
	       (slot_can(slot, SLOT_POWER | SLOT_RESET | SLOT_SETUP | SLOT_USB) &&
		board->usb.vendor != 0);
}

static int enter_dfu(struct trial *trial, struct err *err)
{
	bool there = false;
	int result = trial_power_cycle(trial, DRAINED_US, err);

	for (int i = 0; i < TRIES && result == 0 && !there; i++)
		result = trial_enter_dfu(trial, &there, err);
	if (result == 0 && !there)
		result = err_set(err, ERR_RIG, -ETIMEDOUT,
				 "the board does not come into DFU mode, which its old release "
				 "is written in");
	return result;
}

/* What waited in the staging region would be installed over what is written here. */
static int write_state(struct trial *trial, size_t parts, struct err *err)
{
	const struct trial_setup *setup = trial->setup;
	const struct reflash what = {
		.release = setup->from,
		.parts = setup->parts,
		.part_count = parts,
		.erase = setup->part_count > 0 ? setup->parts[0].staging_address : 0,
	};
	enum reflash_end end = REFLASH_UNKNOWN;
	int result = slot_usb_join(setup->slot, SLOT_USB_JOINED, err);

	if (result == 0)
		result = reflash(&trial->watch, &what, &end, err);
	if (result == 0 && end == REFLASH_ABSENT)
		result = trial_absent(trial, err);
	if (result == 0 && end != REFLASH_LEFT)
		result = err_set(err, ERR_RIG, -EIO,
				 "the old release cannot be written over DFU%s%s",
				 setup->slot->usb_place[0] ? ", " : "", setup->slot->usb_place);
	return result < 0 ? result : slot_usb_join(setup->slot, SLOT_USB_PARTED, err);
}

static int flash_state(struct trial *trial, size_t parts, struct err *err)
{
	enum trial_step step = STEP_UNKNOWN;
	int result = enter_dfu(trial, err);

	if (result == 0)
		result = write_state(trial, parts, err);
	watch_restart(&trial->watch);
	if (result == 0)
		result = trial_wait_alive(trial, 0, &step, err);
	if (result == 0 && step != STEP_GOOD && trial->watch.dfu)
		result = trial_absent_still(trial, err);
	if (result == 0 && step != STEP_GOOD)
		result = err_set(err, ERR_RIG, -EIO,
				 "the board does not start with the old release, just written");
	if (result == 0)
		result = watch_power(&trial->watch, SLOT_POWER_OFF, err);
	return result < 0 ? result : trial_pause(trial, DRAINED_US, err);
}

int trial_to_state(struct trial *trial, size_t parts, struct err *err)
{
	if (slot_can(trial->setup->slot, SLOT_STORAGE))
		return slot_storage_put_back(trial->setup->slot, (unsigned int)parts, err);
	return flash_state(trial, parts, err);
}
