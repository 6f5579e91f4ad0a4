/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What switches a board's supply: a GPIO line, a port of a USB hub, or a command. */
#ifndef BENCH_LINUX_POWER_H
#define BENCH_LINUX_POWER_H

#include "bench/bench.h"
#include "bench/slot.h"

struct power_ops {
	/* When it returns the order was given and taken. */
	int (*set)(void *ctx, enum slot_power power, struct err *err);
	/* What the switch itself says; NULL: it cannot be asked. */
	int (*query)(void *ctx, enum slot_power *ret, struct err *err);
	/* Off, as far as it goes; then frees. */
	void (*close)(void *ctx);
};

/* An open switch; one thread at a time uses it. 'ctx' NULL: there is none. */
struct power {
	const struct power_ops *ops;
	void *ctx;
	char no_cut[SLOT_WHY_MAX]; /* why it is for recovery only; empty: it may cut */
};

/* Opens the slot's switch, and switches off. Caller calls ops->close(). ERR_RIG. */
int power_open(const struct bench_slot *slot, const char *consumer, struct power *ret,
	       struct err *err) MUST_CHECK;

int power_gpio_open(const struct bench_slot *slot, const char *consumer, struct power *ret,
		    struct err *err) MUST_CHECK;
int power_hub_open(const struct bench_slot *slot, const char *consumer, struct power *ret,
		   struct err *err) MUST_CHECK;
int power_command_open(const struct bench_slot *slot, const char *consumer, struct power *ret,
		       struct err *err) MUST_CHECK;

#endif
