/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"
#include "bench/wrap/proxy.h"
#include "bench/wrap/wrap.h"

#include <errno.h>
#include <string.h>

struct fault {
	struct wrap_fault settings;
	struct proxy *proxy;
	struct rng rng;
	bool stuck[WRAP_TARGETS];
	bool cut_came; /* while an order was late: the next wait tells */
};

enum chance { CHANCE_GOOD, CHANCE_LATE, CHANCE_LOST, CHANCE_WRONG };

static const struct target_of {
	enum wrap_call_kind kind;
	enum wrap_target target;
} targets[] = {
	{ WRAP_CALL_POWER, WRAP_TARGET_POWER }, { WRAP_CALL_VBAT, WRAP_TARGET_POWER },
	{ WRAP_CALL_HOLD, WRAP_TARGET_LINE },	{ WRAP_CALL_RAIL, WRAP_TARGET_RAIL },
	{ WRAP_CALL_JOIN, WRAP_TARGET_USB },	{ WRAP_CALL_CONTROL, WRAP_TARGET_USB },
	{ WRAP_CALL_PROGRAM, WRAP_TARGET_USB }, { WRAP_CALL_CONSOLE_SEND, WRAP_TARGET_SERIAL },
};

/* A number is drawn whatever comes of it, so that one target's rates do not move another's. */
static enum chance draw(struct fault *fault, enum wrap_target target)
{
	const struct wrap_rates *rates = &fault->settings.rates[target];
	uint64_t number = rng_below(&fault->rng, BENCH_PERMILLE_MAX);
	uint64_t below = rates->stuck;

	if (number < below)
		fault->stuck[target] = true;
	if (fault->stuck[target])
		return CHANCE_LOST;
	below += rates->late;
	if (number < below)
		return CHANCE_LATE;
	below += rates->lost;
	if (number < below)
		return CHANCE_LOST;
	return number < below + rates->wrong ? CHANCE_WRONG : CHANCE_GOOD;
}

static int perform(const struct fault *fault, struct wrap_call *call, struct err *err)
{
	return wrap_call_perform(&fault->proxy->inner, call, err);
}

/* Time passes, and nothing else happens. */
static int pass_time(struct fault *fault, int64_t us, struct err *err)
{
	const struct slot *slot = &fault->proxy->inner;
	enum slot_wait why = SLOT_WAIT_DEADLINE;
	int r = slot_wait(slot, slot_now_us(slot) + us, &why, err);

	fault->cut_came |= r == 0 && why == SLOT_WAIT_CUT;
	return r;
}

/* Not carried out, and it looks as if it were. */
static int lose(struct fault *fault, struct wrap_call *call, struct err *err)
{
	switch ((int)call->kind) {
	case WRAP_CALL_RAIL: /* a sense that is stuck says that power is on */
		call->outs[0] = true;
		return 0;
	case WRAP_CALL_CONTROL: /* the device never answers */
		call->outs[0] = SLOT_USB_TIMEOUT;
		return pass_time(fault, call->args[5], err);
	case WRAP_CALL_CONSOLE_SEND: call->outs[0] = (int64_t)call->in_len; return 0;
	default: return 0;
	}
}

static int go_wrong(struct fault *fault, struct wrap_call *call, struct err *err)
{
	uint8_t bytes[SLOT_USB_BYTES_MAX];
	int r;

	if (call->kind == WRAP_CALL_RAIL) {
		r = perform(fault, call, err);
		call->outs[0] = !call->outs[0];
		return r;
	}
	if (call->kind == WRAP_CALL_CONSOLE_SEND && call->in_len > 0 &&
	    call->in_len <= sizeof(bytes)) {
		const uint8_t *in = call->in;

		memcpy(bytes, in, call->in_len);
		bytes[rng_below(&fault->rng, call->in_len)] ^=
			(uint8_t)(1 + rng_below(&fault->rng, UINT8_MAX));
		call->in = bytes;
		r = perform(fault, call, err);
		call->in = in;
		return r;
	}
	return err_set(err, ERR_RIG, -EIO, "'%s' failed, as was asked for (seed %llu)",
		       wrap_call_name(call->kind), (unsigned long long)fault->settings.seed);
}

static int call_target(struct fault *fault, struct wrap_call *call, enum wrap_target target,
		       struct err *err)
{
	int r = 0;

	switch (draw(fault, target)) {
	case CHANCE_LOST: return lose(fault, call, err);
	case CHANCE_WRONG: return go_wrong(fault, call, err);
	case CHANCE_LATE:
		r = pass_time(fault, 1 + (int64_t)rng_below(&fault->rng, WRAP_LATE_US_MAX), err);
		break;
	case CHANCE_GOOD: break;
	}
	return r < 0 ? r : perform(fault, call, err);
}

/* A cut that is late keeps its number when it is no time. */
static int arm(struct fault *fault, struct wrap_call *call, struct err *err)
{
	if (call->args[0] == SLOT_CUT_BY_TIME && draw(fault, WRAP_TARGET_POWER) == CHANCE_LATE)
		call->args[1] += 1 + (int64_t)rng_below(&fault->rng, WRAP_LATE_US_MAX);
	fault->cut_came = false;
	return perform(fault, call, err);
}

static int on_call(void *ctx, struct wrap_call *call, struct err *err)
{
	struct fault *fault = ctx;

	if (call->kind == WRAP_CALL_WAIT && fault->cut_came) {
		fault->cut_came = false;
		call->outs[0] = SLOT_WAIT_CUT;
		return 0;
	}
	if (call->kind == WRAP_CALL_ARM)
		return arm(fault, call, err);
	for (size_t i = 0; i < ARRAY_LEN(targets); i++)
		if (targets[i].kind == call->kind)
			return call_target(fault, call, targets[i].target, err);
	return perform(fault, call, err);
}

static void on_event(void *ctx, const struct wrap_event *event)
{
	struct fault *fault = ctx;
	struct wrap_event changed = *event;
	bool led = event->kind == WRAP_EVENT_LED;

	if (led || event->kind == WRAP_EVENT_CONSOLE) {
		switch (draw(fault, led ? WRAP_TARGET_LED : WRAP_TARGET_SERIAL)) {
		case CHANCE_LOST: return;
		case CHANCE_WRONG:
			if (led)
				changed.values[1] = !changed.values[1];
			else
				changed.values[0] ^= 1 + (int64_t)rng_below(&fault->rng, UINT8_MAX);
			break;
		case CHANCE_LATE: /* an event has its time from where it happened */
		case CHANCE_GOOD: break;
		}
	}
	proxy_tell(fault->proxy, &changed);
}

static int64_t on_now(void *ctx)
{
	const struct fault *fault = ctx;

	return slot_now_us(&fault->proxy->inner);
}

static const struct wrap_ops fault_ops = {
	.call = on_call,
	.event = on_event,
	.now_us = on_now,
	.close = free,
};

int wrap_fault(struct slot *slot, const struct wrap_fault *settings, struct err *err)
{
	struct fault *fault = calloc(1, sizeof(*fault));
	struct slot wrapped;
	int r;

	if (!fault)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a wrapper");
	fault->settings = *settings;
	rng_init(&fault->rng, settings->seed);
	r = proxy_open(slot, &fault_ops, fault, &wrapped, &fault->proxy, err);
	if (r < 0)
		free(fault);
	else
		*slot = wrapped;
	return r;
}
