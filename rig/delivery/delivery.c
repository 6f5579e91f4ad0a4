/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/delivery.h"

#include <string.h>

static const struct delivery *const delivery_table[] = {
	&delivery_staged,
};

const struct delivery *delivery_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(delivery_table); i++)
		if (strcmp(delivery_table[i]->name, name) == 0)
			return delivery_table[i];
	return NULL;
}

int delivery_prepare(const struct delivery *delivery, const struct slot *slot,
		     const struct delivery_part *part, enum slot_wait *ret, struct err *err)
{
	int result = delivery->prepare(slot, part, ret, err);

	if (result < 0)
		err_prefix(err, "cannot prepare the delivery of '%s'", part->name);
	return result;
}

int delivery_send(const struct delivery *delivery, const struct slot *slot,
		  const struct delivery_part *part, const struct obs_sink *sink,
		  enum slot_wait *ret, struct err *err)
{
	int result = delivery->send(slot, part, sink, ret, err);

	if (result < 0)
		err_prefix(err, "cannot deliver '%s'", part->name);
	return result;
}
