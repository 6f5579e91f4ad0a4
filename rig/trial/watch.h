/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Watching a board: LED edges through the decoder into observations, and the two states of it that
 * a trial waits for. Also the clock of the trial: observations count from its begin.
 */
#ifndef TRIAL_WATCH_H
#define TRIAL_WATCH_H

#include "bench/slot.h"
#include "board/board.h"
#include "delivery/port.h"
#include "led/led.h"
#include "obs/obs.h"
#include "plan/plan.h"

struct watch {
	const struct slot *slot;
	const struct board *board;
	struct delivery_port *port; /* what the board says goes here; NULL: nowhere */
	struct obs_sink sink;
	struct led_decoder *decoder;
	int64_t begin_us;	/* of the trial, slot's clock */
	int64_t started_us;	/* power or reset was given */
	int64_t alive_us;	/* onset of the alive state since then; -1 not seen */
	int64_t apply_us;	/* how long the apply state was shown since then */
	int64_t apply_began_us; /* it holds since; -1 it does not */
	int64_t apply_first_us; /* when it was first shown since then; -1 it was not */
	int64_t apply_last_us;	/* when it last ended */
	bool dfu;		/* the DFU state is what holds now */
	const char *light;	/* the last state that says that code runs; NULL: none since then */
	int64_t light_us;	/* since when it was no other such state */
	bool light_now;		/* it is what holds now */
	bool usb_dfu;		/* the board's DFU device is on the USB now */
	bool usb_there;		/* some device is */
	int64_t usb_left_us;	/* when it last left the USB; -1 it did not */
	unsigned int lit;	/* bits of the LED's channels whose line says so */
	bool rail_up;		/* when it was last read */
	int edge_error;		/* an edge came out of order: the bench is broken */
	void (*flash)(void *ctx, int64_t t_us, uint32_t address); /* see watch_flash() */
	void *flash_ctx;
};

enum watch_for {
	WATCH_TIME = 0,
	WATCH_ALIVE = 1,
	WATCH_DFU = 2,
	WATCH_USB_DFU = 3,
	WATCH_USB = 4,
};

/*
 * Begins to watch; the slot's listener is taken. What the board says on its lines goes to 'port',
 * which may be NULL. Caller ends with watch_end().
 */
int watch_begin(struct watch *watch, const struct slot *slot, const struct board *board,
		struct delivery_port *port, const struct obs_sink *sink,
		struct err *err) MUST_CHECK;
void watch_end(struct watch *watch);

/*
 * Also tells 'flash' of every flash operation, from now on: for calibration. A virtual board that
 * has to tell them executes everything, so a trial does not ask for it.
 */
void watch_flash(struct watch *watch, void (*flash)(void *ctx, int64_t t_us, uint32_t address),
		 void *ctx);

/* Puts an observation, dated now. */
void watch_put(const struct watch *watch, enum obs_kind kind, int32_t code, int64_t value,
	       const char *text);

/* A sink for facts dated by the slot's clock: they are put into the trial's own time. */
struct obs_sink watch_slot_sink(struct watch *watch);

/* Power or reset was given just now: what was seen before no longer counts. */
void watch_restart(struct watch *watch);

/* Waits for 'us' at most. *ret_seen: the state was seen. *ret as slot_wait(). */
int watch_wait(struct watch *watch, enum watch_for what, int64_t us, bool *ret_seen,
	       enum slot_wait *ret, struct err *err) MUST_CHECK;

/* Commands power, confirms it at the rail where the slot can, and says both. */
int watch_power(struct watch *watch, enum slot_power power, struct err *err) MUST_CHECK;

/*
 * At the end of a time without power: says whether anything shows that the board has some: a rail
 * that is up, light, a device on its USB.
 */
int watch_dark(struct watch *watch, struct err *err) MUST_CHECK;

/* Holds or releases a line, and says so. */
int watch_line(struct watch *watch, enum slot_line line, enum slot_hold hold,
	       struct err *err) MUST_CHECK;

/* How long the board showed that it applies an update, since the restart. */
int64_t watch_apply_us(const struct watch *watch);

#endif
