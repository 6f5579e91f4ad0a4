/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A port of a USB hub. Slow, and its moment is known to milliseconds at best; the kernel may give
 * power back. A hub that switches all its ports together may serve recovery, never a cut.
 */
#include "bench/linux/hub.h"
#include "bench/linux/power.h"

#include "base/text.h"

#include <errno.h>
#include <stdio.h>

struct power_hub {
	char port[BENCH_TEXT_MAX];
};

static int set(void *ctx, enum slot_power power, struct err *err)
{
	const struct power_hub *hub = ctx;

	return hub_port_set(hub->port, power == SLOT_POWER_ON ? HUB_POWER_ON : HUB_POWER_OFF, err);
}

static int query(void *ctx, enum slot_power *ret, struct err *err)
{
	const struct power_hub *hub = ctx;
	enum hub_power power;
	int r = hub_port_get(hub->port, &power, err);

	if (r == 0)
		*ret = power == HUB_POWER_ON ? SLOT_POWER_ON : SLOT_POWER_OFF;
	return r;
}

static void close_port(void *ctx)
{
	IGNORE(set(ctx, SLOT_POWER_OFF, NULL), "nothing is left to be done about it");
	free(ctx);
}

static const struct power_ops power_hub_ops = { .set = set, .query = query, .close = close_port };

/* Why such a hub cuts nothing, and what would go along. */
static void tell_gang(const char *port, char ret_text[SLOT_WHY_MAX])
{
	char others[HUB_TEXT_MAX];

	hub_port_neighbours(port, others);
	snprintf(ret_text, SLOT_WHY_MAX,
		 "the hub of USB port '%s' switches all its ports together%s%s", port,
		 others[0] ? ", and with it would go " : "", others);
}

int power_hub_open(const struct bench_slot *slot, const char *consumer, struct power *ret,
		   struct err *err)
{
	enum hub_switching switching = HUB_SWITCHING_UNKNOWN;
	char no_cut[SLOT_WHY_MAX] = "";
	struct power_hub *hub;
	int r = hub_port_switching(slot->power.port, &switching, err);

	(void)consumer;
	if (r < 0)
		return r;
	if (switching == HUB_SWITCHING_NONE)
		return err_set(err, ERR_RIG, -ENOTSUP,
			       "the hub of USB port '%s' cannot switch its ports",
			       slot->power.port);
	hub = calloc(1, sizeof(*hub));
	if (!hub)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a USB hub");
	text_copy(hub->port, sizeof(hub->port), slot->power.port);
	if (switching == HUB_SWITCHING_GANGED) /* now, while the others are there */
		tell_gang(hub->port, no_cut);
	r = set(hub, SLOT_POWER_OFF, err);
	if (r < 0) {
		free(hub);
		return r;
	}
	*ret = (struct power){ .ops = &power_hub_ops, .ctx = hub };
	text_copy(ret->no_cut, sizeof(ret->no_cut), no_cut);
	return 0;
}
