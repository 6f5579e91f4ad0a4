/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/port.h"

#include <string.h>

void delivery_port_init(struct delivery_port *port, const struct slot *slot)
{
	memset(port, 0, sizeof(*port));
	port->slot = slot;
	port->unlinked_us = -1;
}

static void put(struct delivery_bytes *bytes, uint8_t byte)
{
	if (bytes->count == DELIVERY_PORT_BYTES_MAX) {
		bytes->dropped++;
		return;
	}
	bytes->bytes[(bytes->begin + bytes->count++) % DELIVERY_PORT_BYTES_MAX] = byte;
}

void delivery_port_console(struct delivery_port *port, uint8_t byte)
{
	put(&port->console, byte);
}

void delivery_port_radio(struct delivery_port *port, uint8_t byte)
{
	put(&port->radio, byte);
}

void delivery_port_link(struct delivery_port *port, int64_t t_us, bool connected)
{
	if (connected) {
		delivery_bytes_clear(&port->radio); /* of a stream that is over */
		port->links++;
	} else {
		port->unlinked_us = t_us;
	}
	port->linked = connected;
}

int delivery_port_idle(struct delivery_port *port, struct err *err)
{
	return port->idle ? port->idle(port->idle_ctx, err) : 0;
}

size_t delivery_bytes_take(struct delivery_bytes *bytes, uint8_t *ret, size_t size)
{
	size_t count = bytes->count < size ? bytes->count : size;

	for (size_t i = 0; i < count; i++)
		ret[i] = bytes->bytes[(bytes->begin + i) % DELIVERY_PORT_BYTES_MAX];
	bytes->begin = (bytes->begin + count) % DELIVERY_PORT_BYTES_MAX;
	bytes->count -= count;
	return count;
}

void delivery_bytes_clear(struct delivery_bytes *bytes)
{
	bytes->begin = 0;
	bytes->count = 0;
}

int delivery_port_wait(struct delivery_port *port, const struct delivery_bytes *bytes,
		       int64_t deadline_us, enum slot_wait *ret, struct err *err)
{
	bool linked = port->linked;
	unsigned int links = port->links;
	int result = 0;

	*ret = SLOT_WAIT_DEADLINE;
	while (result == 0 && *ret == SLOT_WAIT_DEADLINE && linked == port->linked &&
	       links == port->links && !(bytes && bytes->count > 0) &&
	       slot_now_us(port->slot) < deadline_us) {
		int64_t step = slot_now_us(port->slot) + DELIVERY_PORT_STEP_US;

		result = slot_wait(port->slot, step < deadline_us ? step : deadline_us, ret, err);
	}
	return result;
}
