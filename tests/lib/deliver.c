/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/deliver.h"

#include <check.h>

void deliver_prepare(const struct trial_setup *setup, const struct delivery_part *part)
{
	const struct delivery_run run = { .context = setup->context, .part = part };
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	struct err err = ERR_INIT;

	ck_assert_msg(delivery_prepare(setup->delivery, &run, &outcome, &err) == 0, "%s", err.text);
	ck_assert_int_eq(outcome.result, DELIVERY_DONE);
}

enum delivery_result deliver_send(const struct trial_setup *setup, const struct delivery_part *part)
{
	const struct delivery_run run = { .context = setup->context, .part = part };
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	struct err err = ERR_INIT;

	ck_assert_msg(delivery_send(setup->delivery, &run, &outcome, &err) == 0, "%s", err.text);
	return outcome.result;
}

int deliver_part(const struct trial_setup *setup, const struct delivery_part *part, struct err *err)
{
	const struct delivery_run run = { .context = setup->context, .part = part };
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	int r = delivery_prepare(setup->delivery, &run, &outcome, err);

	return r < 0 ? r : delivery_send(setup->delivery, &run, &outcome, err);
}
