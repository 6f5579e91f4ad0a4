/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/power.h"

int power_open(const struct bench_slot *slot, const char *consumer, struct power *ret,
	       struct err *err)
{
	switch (slot->power.kind) {
	case BENCH_SWITCH_RELAY:
	case BENCH_SWITCH_HIGH_SIDE: return power_gpio_open(slot, consumer, ret, err);
	case BENCH_SWITCH_HUB: return power_hub_open(slot, consumer, ret, err);
	case BENCH_SWITCH_COMMAND: return power_command_open(slot, consumer, ret, err);
	case BENCH_SWITCH_NONE: break;
	}
	*ret = (struct power){ 0 };
	return 0;
}
