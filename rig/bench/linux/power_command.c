/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A supply that is switched by running commands of the user's. */
#include "bench/linux/power.h"
#include "bench/linux/spawn.h"

#include <errno.h>
#include <string.h>

static int set(void *ctx, enum slot_power power, struct err *err)
{
	const struct bench_power *settings = ctx;
	char said[SPAWN_OUT_MAX];

	return spawn_run(power == SLOT_POWER_ON ? settings->on : settings->off,
			 settings->timeout_us, said, err);
}

static int query(void *ctx, enum slot_power *ret, struct err *err)
{
	const struct bench_power *settings = ctx;
	char said[SPAWN_OUT_MAX];
	int r = spawn_run(settings->query, settings->timeout_us, said, err);

	if (r < 0)
		return r;
	if (strcmp(said, "on") != 0 && strcmp(said, "off") != 0)
		return err_set(err, ERR_RIG, -EPROTO,
			       "command '%.100s' says '%.60s', and must say 'on' or 'off'",
			       settings->query, said);
	*ret = strcmp(said, "on") == 0 ? SLOT_POWER_ON : SLOT_POWER_OFF;
	return 0;
}

static void close_command(void *ctx)
{
	IGNORE(set(ctx, SLOT_POWER_OFF, NULL), "nothing is left to be done about it");
	free(ctx);
}

static const struct power_ops command_ops = { .set = set, .close = close_command };
static const struct power_ops asked_ops = { .set = set, .query = query, .close = close_command };

int power_command_open(const struct bench_slot *slot, const char *consumer, struct power *ret,
		       struct err *err)
{
	struct bench_power *settings = malloc(sizeof(*settings));
	int r;

	(void)consumer;
	if (!settings)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a power switch");
	*settings = slot->power;
	r = set(settings, SLOT_POWER_OFF, err);
	if (r < 0) {
		free(settings);
		return r;
	}
	*ret = (struct power){ .ops = settings->query[0] ? &asked_ops : &command_ops,
			       .ctx = settings };
	return 0;
}
