/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Power, cuts and their proofs, and the limits that the bench file sets. */
#include "bench/linux/backend.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <poll.h>

enum {
	RAIL_LOOK_MS = 1,
	CUT_US_MAX = 2000000000, /* half an hour and more: no update takes as long */
	PROOF_US = 20000,	 /* how late the kernel may tell a line's change */
};

/* Both supplies go; in the cutting thread or in the caller's. */
static int supply_off(struct linux_backend *be, struct err *err)
{
	int r;

	pthread_mutex_lock(&be->supply);
	r = be->power.ctx ? be->power.ops->set(be->power.ctx, SLOT_POWER_OFF, err) : 0;
	if (be->lines[LINE_VBUS]) {
		int second = gpio_set(be->lines[LINE_VBUS], GPIO_INACTIVE, r < 0 ? NULL : err);

		r = r < 0 ? r : second;
	}
	pthread_mutex_unlock(&be->supply);
	return r;
}

static int fire(void *ctx, struct err *err)
{
	return supply_off(ctx, err);
}

int linux_vbus_apply(struct linux_backend *be, struct err *err)
{
	int r;

	if (!be->lines[LINE_VBUS])
		return 0;
	pthread_mutex_lock(&be->supply);
	r = gpio_set(be->lines[LINE_VBUS], be->on && be->joined ? GPIO_ACTIVE : GPIO_INACTIVE, err);
	pthread_mutex_unlock(&be->supply);
	return r;
}

/* What goes with power: nothing may feed the board, its LED and USB are gone. All of it is done;
 * the first error counts. */
static int went_off(struct linux_backend *be, int64_t t_us, struct err *err)
{
	int r = linux_led_look(be, t_us, err); /* what it showed until then */

	be->on = false;
	be->switched_us = t_us;
	be->paused_us = t_us;
	if (be->console) {
		int second = console_set(be->console, 0, r < 0 ? NULL : err);

		r = r < 0 ? r : second;
	}
	if (be->usb) {
		usb_release(be->usb);
		usb_power(be->usb, SLOT_POWER_OFF, t_us);
	}
	linux_led_dark(be, t_us);
	if (be->lines[LINE_BLEED]) {
		int second = gpio_set(be->lines[LINE_BLEED], GPIO_ACTIVE, r < 0 ? NULL : err);

		r = r < 0 ? r : second;
	}
	return r;
}

/* One more of a relay that wears; refused when it is one too many. */
static int count_power_on(struct linux_backend *be, struct err *err)
{
	int r = be->tally ? tally_add(be->tally, clock_unix_s(), be->bench.limits.trials_a_day, err)
			  : 0;

	return r < 0 ? err_prefix(err, "slot '%s'", be->bench.name) : 0;
}

/* Power stays away for as long as it must at least. */
static int wait_pause(struct linux_backend *be, struct err *err)
{
	int64_t until_us = be->paused_us + be->bench.limits.switch_us_min;
	enum slot_wait why;
	int r = 0;

	while (r == 0 && be->now_us < until_us)
		r = linux_pass(be, until_us, LINUX_UNTIL_DEADLINE, &why, err);
	return r;
}

static int switch_on(struct linux_backend *be, struct err *err)
{
	int r = wait_pause(be, err);

	if (r == 0)
		r = count_power_on(be, err);
	if (r == 0 && be->lines[LINE_BLEED])
		r = gpio_set(be->lines[LINE_BLEED], GPIO_INACTIVE, err);
	if (r < 0)
		return r;
	be->led.count = 0; /* edges of a board without power */
	pthread_mutex_lock(&be->supply);
	r = be->power.ops->set(be->power.ctx, SLOT_POWER_ON, err);
	pthread_mutex_unlock(&be->supply);
	if (r < 0)
		return r;
	be->on = true;
	be->cut_happened = false;
	be->switched_us = clock_now_us();
	be->led.resync = true;
	if (be->usb)
		usb_power(be->usb, SLOT_POWER_ON, be->switched_us);
	return linux_vbus_apply(be, err);
}

/* Off is done before anything else is looked at, which may fail. */
static int power_set(void *backend, enum slot_power power, struct err *err)
{
	struct linux_backend *be = backend;
	int r;

	if (power == SLOT_POWER_OFF) {
		r = supply_off(be, err);
		if (r == 0 && be->on)
			r = went_off(be, clock_now_us(), err);
	} else {
		r = linux_look(be, err); /* a cut that has happened meanwhile comes first */
		if (r == 0 && !be->on)
			r = switch_on(be, err);
	}
	return r < 0 ? r : linux_look(be, err);
}

/* Answers when the rail is as it was commanded, or when it should have been for long. */
static int rail_read(void *backend, bool *ret_up, struct err *err)
{
	struct linux_backend *be = backend;
	int64_t until_us = be->switched_us +
			   (be->on ? be->bench.power.settle_us : be->bench.power.discharge_us);
	enum gpio_state state;
	int r;

	do {
		r = gpio_get(be->lines[LINE_RAIL], &state, err);
		if (r < 0)
			return r;
		if ((state == GPIO_ACTIVE) == be->on)
			break;
		poll(NULL, 0, RAIL_LOOK_MS);
	} while (clock_now_us() < until_us);
	*ret_up = state == GPIO_ACTIVE;
	return linux_look(be, err);
}

static int vbat_set(void *backend, bool present, struct err *err)
{
	struct linux_backend *be = backend;
	int r = gpio_set(be->lines[LINE_VBAT], present ? GPIO_ACTIVE : GPIO_INACTIVE, err);

	return r < 0 ? r : linux_look(be, err);
}

static void stop_cutter(void *ctx)
{
	struct linux_backend *be = ctx;

	cutter_stop(be->cutter);
	be->cutter = NULL;
}

int linux_cut_start(struct linux_backend *be, struct err *err)
{
	int r;

	if (be->cutter)
		return 0;
	r = cutter_start(&(struct cutter_action){ .ctx = be, .fire = fire }, &be->cutter, err);
	if (r == 0)
		undo_push(&be->undo, stop_cutter, be);
	return r;
}

static int cut_arm(void *backend, const struct slot_cut *cut, struct err *err)
{
	struct linux_backend *be = backend;
	int64_t at_us;
	int r = linux_cut_start(be, err);

	if (r == 0)
		r = linux_look(be, err);
	if (r < 0)
		return r;
	be->cut = (struct linux_cut){ .loop_back_us = SLOT_CUT_UNSEEN, .rail_us = SLOT_CUT_UNSEEN };
	be->cut_happened = false;
	be->loop_back_fell_us = 0;
	be->rail_fell_us = 0;
	at_us = cut->at < CUT_US_MAX ? (int64_t)cut->at : CUT_US_MAX;
	cutter_arm(be->cutter, be->now_us + at_us - be->bench.power.latency_us);
	return 0;
}

static void cut_disarm(void *backend)
{
	struct linux_backend *be = backend;

	if (be->cutter)
		cutter_disarm(be->cutter);
}

static void cut_report(void *backend, struct slot_cut_report *ret)
{
	const struct linux_backend *be = backend;

	if (be->cut.commanded_us == 0) /* it did not happen */
		return;
	ret->aimed_us = be->cut.aimed_us;
	ret->commanded_us = be->cut.commanded_us;
	ret->confirmed_us = be->lines[LINE_RAIL] ? be->cut.rail_us : be->cut.loop_back_us;
}

static int take_cut(struct linux_backend *be, struct err *err)
{
	const struct bench_power *power = &be->bench.power;
	struct cutter_result result;
	int64_t proof_us = power->latency_us + power->spread_us + PROOF_US;

	if (!be->cutter || !cutter_take(be->cutter, &result))
		return 0;
	be->cut.aimed_us = result.aimed_us;
	be->cut.commanded_us = result.commanded_us;
	be->cut.done_us = result.done_us;
	if (result.code < 0) {
		if (err)
			*err = result.err;
		err_prefix(err, "slot '%s' could not be cut", be->bench.name);
		return result.code;
	}
	be->cut_happened = true;
	if (be->lines[LINE_RAIL])
		proof_us += power->discharge_us;
	be->confirm_until_us = result.done_us + proof_us;
	return went_off(be, result.commanded_us, err);
}

/* A fall in the time that a cut's proof is given. */
static bool is_proof(const struct linux_backend *be, int64_t fell_us)
{
	return be->cut.commanded_us && fell_us >= be->cut.commanded_us &&
	       fell_us <= be->confirm_until_us;
}

/*
 * The first fall of the line since the cut was commanded. While the cutting thread is about to say
 * that it was, the fall may be here already.
 */
static int take_proof(struct linux_backend *be, enum linux_line line, int64_t *fell_us,
		      int64_t *ret_us, struct err *err)
{
	struct gpio_change changes[GPIO_EDGES_MAX];
	size_t count = 0;
	bool lost;
	int r;

	if (!be->lines[line])
		return 0;
	r = gpio_take(be->lines[line], changes, &count, &lost, err);
	for (size_t i = 0; i < count && r == 0; i++) {
		if (changes[i].state == GPIO_ACTIVE || *ret_us != SLOT_CUT_UNSEEN)
			continue;
		*fell_us = changes[i].t_us;
		if (is_proof(be, *fell_us))
			*ret_us = *fell_us;
	}
	if (*ret_us == SLOT_CUT_UNSEEN && is_proof(be, *fell_us))
		*ret_us = *fell_us;
	return r;
}

int linux_cut_look(struct linux_backend *be, int64_t now_us, struct err *err)
{
	int r = take_cut(be, err);

	(void)now_us;
	if (r == 0)
		r = take_proof(be, LINE_LOOP_BACK, &be->loop_back_fell_us, &be->cut.loop_back_us,
			       err);
	if (r == 0)
		r = take_proof(be, LINE_RAIL, &be->rail_fell_us, &be->cut.rail_us, err);
	return r;
}

int linux_limit_look(struct linux_backend *be, int64_t now_us, struct err *err)
{
	int64_t most_us = be->bench.limits.on_us_max;
	char text[32];
	int r;

	if (!be->on || !most_us || !be->power.ctx || now_us - be->switched_us < most_us)
		return 0;
	r = supply_off(be, err);
	if (r == 0)
		r = went_off(be, now_us, err);
	if (r < 0)
		return r;
	text_format_duration(most_us, text, sizeof(text));
	return err_set(err, ERR_RIG, -ETIME,
		       "slot '%s' was on for longer than %s (limits.on): it is off now",
		       be->bench.name, text);
}

const struct slot_power_ops linux_power_ops = {
	.set = power_set,
	.rail_read = rail_read,
	.vbat_set = vbat_set,
};

const struct slot_cut_ops linux_cut_ops = {
	.arm = cut_arm,
	.report = cut_report,
	.disarm = cut_disarm,
};
