/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reference/system2/system.h"

int port_wait(const struct port *port, uint32_t ms)
{
	const struct services *services = exports_services();
	uint32_t begin = services->now_ms();
	int byte;

	while ((byte = port->take()) < 0 && services->now_ms() - begin <= ms) {
		services->watchdog_feed();
		chip_sleep();
	}
	return byte;
}

void port_text(const struct port *port, const char *text)
{
	while (*text)
		port->put(*text++);
}

void port_number(const struct port *port, uint32_t number)
{
	char digits[11];
	unsigned int at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	port_text(port, &digits[at]);
}

void port_hex(const struct port *port, const uint8_t *bytes, uint32_t count)
{
	static const char digits[] = "0123456789abcdef";

	for (uint32_t i = 0; i < count; i++) {
		port->put(digits[bytes[i] >> 4]);
		port->put(digits[bytes[i] & 15]);
	}
}

struct port port_serial(void)
{
	return (struct port){ .put = exports_services()->serial_put,
			      .take = exports_services()->serial_take };
}

struct port port_usb(void)
{
	return (struct port){ .put = exports_usb()->put, .take = exports_usb()->take };
}

void print_text(const char *text)
{
	struct port port = port_serial();

	port_text(&port, text);
}

void print_number(uint32_t number)
{
	struct port port = port_serial();

	port_number(&port, number);
}
