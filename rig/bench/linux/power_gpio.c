/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A relay or a high-side switch behind one line. */
#include "bench/linux/gpio.h"
#include "bench/linux/power.h"

static int set(void *ctx, enum slot_power power, struct err *err)
{
	return gpio_set(ctx, power == SLOT_POWER_ON ? GPIO_ACTIVE : GPIO_INACTIVE, err);
}

static void close_line(void *ctx)
{
	IGNORE(gpio_set(ctx, GPIO_INACTIVE, NULL), "nothing is left to be done about it");
	gpio_close(ctx);
}

/* A line reads as it was set: it has nothing to say of its own. */
static const struct power_ops power_gpio_ops = { .set = set, .close = close_line };

int power_gpio_open(const struct bench_slot *slot, const char *consumer, struct power *ret,
		    struct err *err)
{
	struct gpio *gpio = NULL;
	int r = gpio_open(&slot->power.line, GPIO_ROLE_DRIVE, GPIO_INACTIVE, consumer, &gpio, err);

	if (r == 0)
		*ret = (struct power){ .ops = &power_gpio_ops, .ctx = gpio };
	return r;
}
