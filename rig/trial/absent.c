/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial/absent.h"
#include "trial/ladder.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

enum {
	LIGHT_US = 2000000,   /* a light that goes on is told from one that began anew */
	LIGHTS_MAX = 3,	      /* so often that is waited: an erase takes 2 s, and nothing blinks */
	RECENT_US = 20000000, /* what left longer ago is not what is missing now */
	LIGHT_MAX = 64,
};

/* Lets time pass until a state is seen; a cut is disarmed, so none ends it. */
static int await(struct trial *trial, enum watch_for what, int64_t us, bool *ret_seen,
		 struct err *err)
{
	enum slot_wait why;

	return watch_wait(&trial->watch, what, us, ret_seen, &why, err);
}

/* The device left, and the light that the board showed then was shown on. */
static bool left_alone(const struct watch *watch)
{
	int64_t left_us = watch->usb_left_us;

	return watch->light_now && left_us >= 0 && slot_now_us(watch->slot) - left_us < RECENT_US &&
	       left_us > watch->started_us && watch->light_us < left_us;
}

static int lost(const struct trial *trial, const char *how, const char *light, struct err *err)
{
	const struct slot *slot = trial->setup->slot;

	return err_set(err, ERR_RIG, -ENOTCONN, "%s: %s, light shows '%s'",
		       slot->usb_place[0] ? slot->usb_place : "the USB", how, light);
}

static int join(const struct trial *trial, enum slot_usb_port port, struct err *err)
{
	return slot_usb_join(trial->setup->slot, port, err);
}

/* Into the system (its light is alive) or DFU mode; whether a device comes there. */
static int look_in(struct trial *trial, bool dfu, bool *ret_there, struct err *err)
{
	const struct board *board = trial->setup->board;
	bool shown = false;
	int r;

	*ret_there = false;
	if (dfu) {
		r = trial_press_dfu(trial, &shown, err);
	} else {
		r = trial_reset_pulse(trial, err);
		if (r == 0)
			r = await(trial, WATCH_ALIVE,
				  board->boot.alive_us_max + board->boot.apply_us_max, &shown, err);
	}
	if (r < 0 || !shown)
		return r;
	r = join(trial, SLOT_USB_JOINED, err);
	return r < 0 ? r
		     : await(trial, dfu ? WATCH_USB_DFU : WATCH_USB, SLOT_USB_ARRIVE_US_MAX,
			     ret_there, err);
}

/* *ret_board: a device comes in the other mode, and again none in this one. */
static int ask_other_mode(struct trial *trial, bool *ret_board, struct err *err)
{
	bool dfu = trial->watch.dfu;
	bool there = false, again = false;
	int r = 0;

	*ret_board = false;
	if (!slot_can(trial->setup->slot, SLOT_RESET | SLOT_SETUP))
		return 0;
	r = look_in(trial, !dfu, &there, err);
	if (r == 0 && there)
		r = look_in(trial, dfu, &again, err);
	watch_put(&trial->watch, OBS_NOTE, OBS_NOTE_PLAIN, 0,
		  !there  ? "USB: nothing there in the board's other mode"
		  : again ? "USB: its device is there again"
			  : "USB: its device is there in the board's other mode alone");
	*ret_board = there && !again;
	return r;
}

/* Nothing is there: whose doing is it? */
static int decide_nothing(struct trial *trial, bool ask, struct err *err)
{
	char light[LIGHT_MAX];
	bool board = false;
	int r = 0;

	text_copy(light, sizeof(light), trial->watch.light);
	if (ask)
		r = ask_other_mode(trial, &board, err);
	return r < 0 || board ? r : lost(trial, "nothing is there", light, err);
}

static int decide(struct trial *trial, bool ask, struct err *err)
{
	struct watch *watch = &trial->watch;
	int64_t begun_us = slot_now_us(watch->slot);
	bool was_there = watch->usb_there;
	bool there = false;
	int r = 0;

	for (int i = 0; i < LIGHTS_MAX && r == 0 && (i == 0 || !watch->light_now); i++)
		r = await(trial, WATCH_TIME, LIGHT_US, &there, err);
	if (r < 0)
		return r;
	if (left_alone(watch))
		return lost(trial, "the device left", watch->light, err);
	r = join(trial, SLOT_USB_JOINED, err);
	if (r == 0)
		r = await(trial, WATCH_USB, SLOT_USB_ARRIVE_US_MAX, &there, err);
	if (r < 0 || !watch->light_now)
		return r;
	if (!there)
		return decide_nothing(trial, ask, err);
	/* not when it was parted until now */
	if (ask && !was_there && watch->light_us < begun_us)
		return lost(trial, "the device was away", watch->light, err);
	return 0;
}

static int absent(struct trial *trial, bool ask, struct err *err)
{
	const struct slot *slot = trial->setup->slot;
	int r;

	if (!slot_can(slot, SLOT_USB | SLOT_USB_CABLE | SLOT_LED))
		return 0;
	if (slot_can(slot, SLOT_CUT))
		slot_cut_disarm(slot);
	r = decide(trial, ask, err);
	return r < 0 ? r : join(trial, SLOT_USB_PARTED, err);
}

int trial_absent(void *ctx, struct err *err)
{
	return absent(ctx, true, err);
}

int trial_absent_still(struct trial *trial, struct err *err)
{
	return absent(trial, false, err);
}
