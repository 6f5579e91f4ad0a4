/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An update without a cut, watched: which phases it has, and what the board shows of it.
 * Phases of a part K are "K.stage", "K.slot", "K.boot", "K.apply.REGION" and "K.start"; the region
 * is the one of the board profile that is written, so that a phase says what a cut in it tears.
 */
#include "trial/absent.h"
#include "trial/baseline.h"

#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	CALIBRATE_OFF_US = 500000,
	BASELINE_US_MAX = 60000000,	    /* a blank board makes its keys first */
	FIRST_STATE = SLOT_STORAGE_MAX - 1, /* the board as it was before its first baseline */
};

struct calibration {
	struct trial trial; /* of which only set-up and watch are used */
	struct calib *calib;
	uint32_t part;
	uint32_t chunks;
	bool applies; /* the delivery is over, and the board is left to itself */
	int64_t begin_us;
	struct slot_counters begin;
	bool too_many;
};

static void sink_nothing(void *ctx, const struct obs *obs)
{
	(void)ctx;
	(void)obs;
}

/* "dct-1" and "dct-2" are one thing to a reader: the bank in use changes with every write. */
static void region_phase(const struct calibration *cal, uint32_t address, char *buf, size_t size)
{
	const struct board_region *region = board_region_at(cal->trial.setup->board, address);
	char phase[BOARD_NAME_MAX + sizeof("4294967295.apply.")];
	size_t len;

	snprintf(phase, sizeof(phase), "%u.apply.%s", cal->part,
		 region ? region->name : "elsewhere");
	len = strlen(phase);
	if (phase[len - 2] == '-' && phase[len - 1] >= '0' && phase[len - 1] <= '9')
		phase[len - 2] = '\0';
	text_copy(buf, size, phase);
}

static struct calib_window *last_window(const struct calibration *cal)
{
	struct calib *calib = cal->calib;

	return calib->window_count ? &calib->windows[calib->window_count - 1] : NULL;
}

/* The phase 'name' begins now, unless it is the one that runs. */
static void enter_phase(struct calibration *cal, const char *name, int64_t t_us, uint64_t op,
			uint64_t insn)
{
	struct calib_window *last = last_window(cal);

	if (last && last->part == cal->part) {
		if (strcmp(last->phase, name) == 0)
			return;
		last->end_us = t_us;
		last->end_op = op;
		last->end_insn = insn;
	}
	if (cal->calib->window_count == CALIB_WINDOWS_MAX) {
		cal->too_many = true;
		return;
	}
	last = &cal->calib->windows[cal->calib->window_count++];
	*last = (struct calib_window){
		.part = cal->part, .begin_us = t_us, .begin_op = op, .begin_insn = insn
	};
	text_copy(last->phase, sizeof(last->phase), name);
}

static void enter_phase_now(struct calibration *cal, const char *stage)
{
	const struct slot *slot = cal->trial.setup->slot;
	struct slot_counters now;
	char name[SCENARIO_NAME_MAX];

	slot_counters(slot, &now);
	snprintf(name, sizeof(name), "%u.%s", cal->part, stage);
	enter_phase(cal, name, slot_now_us(slot) - cal->begin_us,
		    now.flash_ops - cal->begin.flash_ops,
		    now.instructions - cal->begin.instructions);
}

static void on_flash(void *ctx, int64_t t_us, uint32_t address)
{
	struct calibration *cal = ctx;
	struct calib_window *last;
	struct slot_counters now;
	char name[SCENARIO_NAME_MAX];
	uint64_t ops;

	if (!cal->applies)
		return;
	slot_counters(cal->trial.setup->slot, &now);
	region_phase(cal, address, name, sizeof(name));
	/* the operation is over when it is told: it was the one before (0: the slot counts none) */
	ops = now.flash_ops - cal->begin.flash_ops;
	enter_phase(cal, name, t_us - cal->begin_us, ops ? ops - 1 : 0,
		    now.instructions - cal->begin.instructions);
	last = last_window(cal);
	if (!last)
		return;
	last->end_us = slot_now_us(cal->trial.setup->slot) - cal->begin_us;
	last->end_op = ops;
	last->end_insn = now.instructions - cal->begin.instructions;
}

/* Delivery reports its stages as observations; the last one, "apply", begins with the boot. */
static void on_delivery(void *ctx, const struct obs *obs)
{
	struct calibration *cal = ctx;

	if (obs->kind != OBS_DELIVERY)
		return;
	cal->applies = strcmp(obs->text, "apply") == 0;
	enter_phase_now(cal, cal->applies ? "boot" : obs->text);
}

static int on_progress(void *ctx, const struct delivery_progress *progress, struct err *err)
{
	struct calibration *cal = ctx;

	(void)err;
	if (progress->point == DELIVERY_CHUNK && progress->chunk >= cal->chunks)
		cal->chunks = progress->chunk + 1;
	return 0;
}

static int not_alive(const struct calibration *cal, struct err *err, const char *when)
{
	return err_set(err, ERR_RIG, -ETIMEDOUT, "the board does not show '%s' %s",
		       cal->trial.setup->board->boot.alive, when);
}

static int wait_alive(struct calibration *cal, int64_t us, const char *when, struct err *err)
{
	enum slot_wait why;
	bool seen;
	int result = watch_wait(&cal->trial.watch, WATCH_ALIVE, us, &seen, &why, err);

	if (result == 0 && !seen)
		result = not_alive(cal, err, when);
	return result;
}

static int power_on_after(struct calibration *cal, int64_t off_us, struct err *err)
{
	enum slot_wait why;
	bool seen;
	int result = watch_power(&cal->trial.watch, SLOT_POWER_OFF, err);

	if (result == 0)
		result = watch_wait(&cal->trial.watch, WATCH_TIME, off_us, &seen, &why, err);
	if (result == 0)
		result = watch_power(&cal->trial.watch, SLOT_POWER_ON, err);
	return result;
}

static int not_taken(const struct delivery_part *part, const struct delivery_outcome *outcome,
		     struct err *err)
{
	return err_set(err, ERR_RIG, -EIO,
		       "the board does not take '%s', not even without a cut%s%s", part->name,
		       outcome->text[0] ? ": " : "", outcome->text);
}

static int deliver(struct calibration *cal, const struct delivery_part *part, struct err *err)
{
	const struct trial_setup *setup = cal->trial.setup;
	const struct board *board = setup->board;
	struct obs_sink sink = { .put = on_delivery, .ctx = cal };
	const struct delivery_run run = {
		.context = setup->context,
		.part = part,
		.sink = &sink,
		.progress = on_progress,
		.progress_ctx = cal,
		.absent = trial_absent,
		.absent_ctx = &cal->trial,
	};
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	int result = delivery_prepare(setup->delivery, &run, &outcome, err);

	if (result < 0)
		return result;
	if (outcome.result != DELIVERY_DONE)
		return not_taken(part, &outcome, err);
	cal->part = part->number;
	cal->applies = false;
	cal->chunks = 0;
	cal->begin_us = slot_now_us(setup->slot);
	slot_counters(setup->slot, &cal->begin);
	result = delivery_send(setup->delivery, &run, &outcome, err);
	if (result < 0)
		return result;
	if (outcome.result != DELIVERY_DONE)
		return not_taken(part, &outcome, err);
	watch_restart(&cal->trial.watch);
	result = wait_alive(cal, board->boot.alive_us_max + board->boot.apply_us_max,
			    "after an update without a cut", err);
	if (result < 0)
		return result;
	cal->calib->parts[part->number - 1].apply_us = watch_apply_us(&cal->trial.watch);
	cal->calib->parts[part->number - 1].chunks = cal->chunks;
	cal->calib->part_count = part->number;
	text_copy(cal->calib->parts[part->number - 1].module, sizeof(cal->calib->parts[0].module),
		  part->name);
	if (cal->too_many)
		return err_set(err, ERR_RIG, -E2BIG, "the update has more than %d phases",
			       CALIB_WINDOWS_MAX);
	return 0;
}

/*
 * Where flash operations are not told, the light says when the bootloader applied the update. Which
 * region it wrote it does not say.
 */
static void apply_by_light(struct calibration *cal)
{
	const struct watch *watch = &cal->trial.watch;
	struct calib_window *last = last_window(cal);
	char name[SCENARIO_NAME_MAX];

	if (watch->apply_first_us < 0 || !last)
		return;
	snprintf(name, sizeof(name), "%u.apply", cal->part);
	enter_phase(cal, name, watch->apply_first_us - cal->begin_us, last->begin_op,
		    last->begin_insn);
	last = last_window(cal);
	if (!last)
		return;
	last->end_us = watch->apply_last_us - cal->begin_us;
	last->end_op = last->begin_op;
	last->end_insn = last->begin_insn;
}

/* What came after the last flash operation is the system's start. */
static void close_part(struct calibration *cal)
{
	const struct calib_window *last = last_window(cal);
	char name[SCENARIO_NAME_MAX];

	if (!last)
		return;
	snprintf(name, sizeof(name), "%u.start", cal->part);
	if (last->end_us >
	    last->begin_us) /* a way that leaves nothing to the bootloader has none */
		enter_phase(cal, name, last->end_us, last->end_op, last->end_insn);
	enter_phase_now(cal, "");
	cal->calib->window_count--; /* it only closed the last one */
}

static int calibrate_part(struct calibration *cal, const struct delivery_part *part,
			  struct err *err)
{
	int result = deliver(cal, part, err);

	if (result < 0)
		return result;
	if (!slot_can(cal->trial.setup->slot, SLOT_TRACE))
		apply_by_light(cal);
	close_part(cal);
	result = watch_power(&cal->trial.watch, SLOT_POWER_OFF, err);
	if (result == 0 && slot_can(cal->trial.setup->slot, SLOT_STORAGE))
		result = slot_storage_keep(cal->trial.setup->slot, part->number, err);
	return result;
}

int trial_calibrate(const struct trial_setup *setup, struct calib *ret, struct err *err)
{
	AUTO_FREE struct calib *calib = calloc(1, sizeof(*calib));
	struct calibration cal = { .trial = { .setup = setup }, .calib = calib };
	struct obs_sink nothing = { .put = sink_nothing };
	int result;

	if (!calib)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory");
	result = watch_begin(&cal.trial.watch, setup->slot, setup->board, setup->context->port,
			     &nothing, err);
	if (result < 0)
		return result;
	if (slot_can(setup->slot, SLOT_TRACE))
		watch_flash(&cal.trial.watch, on_flash, &cal);
	result = trial_to_state(&cal.trial, 0, err);
	if (slot_can(setup->slot, SLOT_STORAGE))
		slot_seed(setup->slot, 0);
	for (size_t i = 0; i < setup->part_count && result == 0; i++) {
		result = power_on_after(&cal, CALIBRATE_OFF_US, err);
		if (result == 0)
			result = calibrate_part(&cal, &setup->parts[i], err);
	}
	watch_end(&cal.trial.watch);
	if (result < 0)
		return err_prefix(err, "calibration");
	*ret = *calib;
	return 0;
}

static_assert((int)FIRST_STATE > (int)SCENARIO_PARTS_MAX, "state N has the first N parts");

/* Whatever the trials before left in the board, its keys and its settings too, is gone. */
static int start_anew(const struct slot *slot, struct err *err)
{
	struct err none = ERR_INIT;
	int result = slot_storage_put_back(slot, FIRST_STATE, &none);

	if (result == -ENOENT)
		return slot_storage_keep(slot, FIRST_STATE, err);
	if (result < 0 && err)
		*err = none;
	return result;
}

int trial_baseline(const struct trial_setup *setup, const struct image *const *modules,
		   size_t module_count, struct err *err)
{
	struct calibration cal = { .trial = { .setup = setup } };
	struct obs_sink nothing = { .put = sink_nothing };
	int result = watch_begin(&cal.trial.watch, setup->slot, setup->board, setup->context->port,
				 &nothing, err);

	if (result < 0)
		return result;
	result = watch_power(&cal.trial.watch, SLOT_POWER_OFF, err);
	if (result == 0)
		result = start_anew(setup->slot, err);
	for (size_t i = 0; i < module_count && result == 0; i++)
		result = slot_storage_load(setup->slot, modules[i]->header.start, modules[i]->bytes,
					   modules[i]->len, err);
	if (result == 0)
		result = watch_power(&cal.trial.watch, SLOT_POWER_ON, err);
	if (result == 0)
		result = wait_alive(&cal, BASELINE_US_MAX, "with the old release", err);
	if (result == 0)
		result = watch_power(&cal.trial.watch, SLOT_POWER_OFF, err);
	if (result == 0)
		result = slot_storage_keep(setup->slot, 0, err);
	watch_end(&cal.trial.watch);
	return result < 0 ? err_prefix(err, "baseline") : 0;
}
