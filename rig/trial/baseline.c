/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial/baseline.h"
#include "trial/absent.h"
#include "trial/ladder.h"
#include "trial/reflash.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	DRAINED_US = 500000,
	TRIES = 3,	   /* of bringing a board into DFU mode: a button press can be missed */
	BLANK_BYTES = 512, /* of a page that is erased: where what waits there begins */
	FIRST_BOOT_US_MAX = 60000000, /* with all that a blank board makes for itself once */
};

static_assert((int)RELEASE_MODULES_MAX < (int)SLOT_PIECES_MAX, "modules, and a blank page");

static bool has_dfu(const struct slot *slot, const struct board *board)
{
	return slot_can(slot, SLOT_POWER | SLOT_RESET | SLOT_SETUP | SLOT_USB) &&
	       board->usb.vendor != 0;
}

bool trial_has_states(const struct slot *slot, const struct board *board)
{
	return slot_can(slot, SLOT_STORAGE) || has_dfu(slot, board) ||
	       slot_can(slot, SLOT_POWER | SLOT_PROGRAMMER);
}

/* What is wrong with the board, if anything is: it was not brought to the state. */
static void blame(struct err *ret, int code, const char *text)
{
	err_set(ret, ERR_RIG, code, "%s", text);
}

static int enter_dfu(struct trial *trial, struct err *ret_board, struct err *err)
{
	bool there = false;
	int result = trial_power_cycle(trial, DRAINED_US, err);

	for (int i = 0; i < TRIES && result == 0 && !there; i++)
		result = trial_enter_dfu(trial, &there, err);
	if (result == 0 && !there)
		blame(ret_board, -ETIMEDOUT,
		      "the board does not come into DFU mode, which its old release is written in");
	return result;
}

/* What waited in the staging region would be installed over what is written here. */
static struct reflash state_of(const struct trial_setup *setup, size_t parts)
{
	return (struct reflash){
		.release = setup->from,
		.parts = setup->parts,
		.part_count = parts,
		.erase = setup->part_count > 0 ? setup->parts[0].staging_address : 0,
	};
}

static int write_state(struct trial *trial, size_t parts, struct err *ret_board, struct err *err)
{
	const struct trial_setup *setup = trial->setup;
	const struct reflash what = state_of(setup, parts);
	enum reflash_end end = REFLASH_UNKNOWN;
	int result = slot_usb_join(setup->slot, SLOT_USB_JOINED, err);

	if (result == 0)
		result = reflash(&trial->watch, &what, &end, err);
	if (result == 0 && end == REFLASH_ABSENT)
		result = trial_absent(trial, err);
	if (result == 0 && end != REFLASH_LEFT)
		err_set(ret_board, ERR_RIG, -EIO, "the old release cannot be written over DFU%s%s",
			setup->slot->usb_place[0] ? ", " : "", setup->slot->usb_place);
	return result < 0 ? result : slot_usb_join(setup->slot, SLOT_USB_PARTED, err);
}

static int drain(struct trial *trial, struct err *err)
{
	int result = watch_power(&trial->watch, SLOT_POWER_OFF, err);

	return result < 0 ? result : trial_pause(trial, DRAINED_US, err);
}

/* 0 with 'ret_board' set when it is the board that does not do its part. */
static int flash_state(struct trial *trial, size_t parts, struct err *ret_board, struct err *err)
{
	enum trial_step step = STEP_GOOD;
	int result = enter_dfu(trial, ret_board, err);

	if (result == 0 && !ret_board->code)
		result = write_state(trial, parts, ret_board, err);
	watch_restart(&trial->watch);
	if (result == 0 && !ret_board->code)
		result = trial_wait_alive(trial, 0, &step, err);
	if (result == 0 && step != STEP_GOOD && trial->watch.dfu)
		result = trial_absent_still(trial, err);
	if (result == 0 && step != STEP_GOOD)
		blame(ret_board, -EIO,
		      "the board does not start with the old release, just written");
	return result < 0 ? result : drain(trial, err);
}

/* All modules of the state, also those that DFU may not write, and a blank page. */
static int write_pieces(struct trial *trial, size_t parts, struct err *err)
{
	const struct reflash what = state_of(trial->setup, parts);
	struct slot_piece pieces[SLOT_PIECES_MAX];
	uint8_t blank[BLANK_BYTES];
	size_t count = 0;

	for (size_t i = 0; i < what.release->module_count; i++) {
		const struct image *image = reflash_image(&what, &what.release->modules[i]);

		pieces[count++] =
			(struct slot_piece){ image->header.start, image->bytes, image->len };
	}
	memset(blank, 0xff, sizeof(blank));
	if (what.erase)
		pieces[count++] = (struct slot_piece){ what.erase, blank, sizeof(blank) };
	return slot_program(trial->setup->slot, pieces, count, err);
}

/* 'board': why not over DFU; code 0: there is no way to. */
static int program_state(struct trial *trial, size_t parts, const struct err *board,
			 struct err *err)
{
	struct watch *watch = &trial->watch;
	char note[ERR_TEXT_MAX + 16]; /* the log cuts it to what it holds */
	enum slot_wait why;
	bool alive = false;
	int result = watch_power(watch, SLOT_POWER_OFF, err);

	if (result == 0 && slot_can(watch->slot, SLOT_USB))
		result = slot_usb_join(watch->slot, SLOT_USB_PARTED, err);
	snprintf(note, sizeof(note), "programmer: %s",
		 board->code ? board->text : "it writes all states of this slot");
	watch_put(watch, OBS_NOTE, OBS_NOTE_PROGRAMMER, 0, note);
	if (result == 0)
		result = write_pieces(trial, parts, err);
	if (result == 0)
		result = trial_pause(trial, DRAINED_US, err);
	if (result == 0)
		result = watch_power(watch, SLOT_POWER_ON, err);
	if (result == 0)
		result = watch_wait(watch, WATCH_ALIVE, FIRST_BOOT_US_MAX, &alive, &why, err);
	if (result == 0 && !alive)
		result = err_set(err, ERR_RIG, -EIO,
				 "the board does not start with the old release, just written by "
				 "the slot's programmer");
	return result < 0 ? result : drain(trial, err);
}

int trial_to_state(struct trial *trial, size_t parts, struct err *err)
{
	const struct slot *slot = trial->setup->slot;
	struct err board = ERR_INIT;
	int result = 0;

	if (slot_can(slot, SLOT_STORAGE))
		return slot_storage_put_back(slot, (unsigned int)parts, err);
	if (has_dfu(slot, trial->setup->board)) {
		result = flash_state(trial, parts, &board, err);
		if (result < 0 || !board.code)
			return result;
	}
	if (slot_can(slot, SLOT_POWER | SLOT_PROGRAMMER))
		return program_state(trial, parts, &board, err);
	if (err)
		*err = board;
	return board.code;
}
