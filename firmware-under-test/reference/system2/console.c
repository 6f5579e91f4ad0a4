/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The console of listening mode (facts 5.3): single characters, no Enter. A file may also begin
 * without 'f', by its first byte.
 */
#include "reference/common/defects.h"
#include "reference/system2/system.h"
#include "reference/system2/ymodem.h"

#define UNIQUE_ID ((const uint8_t *)0x1fff7a10) /* 96 bits, RM0033 32.1 */

enum { DEVICE_ID_BYTES = 12, MAC_BYTES = 6, VERSIONS_A_MAJOR = 100 };

static void device_id(const struct port *port)
{
	port_text(port, "Your device id is ");
	port_hex(port, UNIQUE_ID, DEVICE_ID_BYTES);
	port_text(port, "\r\n");
}

/* There is no Wi-Fi chip to ask: the address is made of the chip's id, as one of local use. */
static void mac_address(const struct port *port)
{
	uint8_t mac[MAC_BYTES];

	port_text(port, "Your device MAC address is\r\n");
	for (uint32_t i = 0; i < MAC_BYTES; i++) {
		mac[i] = i == 0 ? 2 : UNIQUE_ID[i] ^ UNIQUE_ID[i + MAC_BYTES];
		if (i > 0)
			port_text(port, ":");
		port_hex(port, &mac[i], 1);
	}
	port_text(port, "\r\n");
}

static void version(const struct port *port)
{
	port_text(port, "system firmware version: ");
	port_number(port, report_version() / VERSIONS_A_MAJOR);
	port_text(port, ".");
	port_number(port, report_version() % VERSIONS_A_MAJOR);
	port_text(port, ".0\n\r\n");
}

static void modules(const struct port *port)
{
	port_text(port, "{");
	describe_modules(port);
	port_text(port, "}\r\n");
}

/* This firmware cannot be claimed: nobody can own it in a session in clear. */
static void claimed(const struct port *port)
{
	port_text(port, "Device claimed: no\r\n");
}

static void flash(const struct port *port)
{
	port_text(port, "Waiting for the binary file to be sent ... (press 'a' to abort)\r\n");
	ymodem_flash(port, YMODEM_NOTHING_YET);
}

static const struct command {
	char key;
	bool from_0_6_1;
	void (*answer)(const struct port *port);
	enum console_wish wish;
} commands[] = {
	{ 'i', false, device_id, CONSOLE_NOTHING },
	{ 'm', false, mac_address, CONSOLE_NOTHING },
	{ 'v', false, version, CONSOLE_NOTHING },
	{ 's', false, modules, CONSOLE_NOTHING },
	{ 'c', true, claimed, CONSOLE_NOTHING },
	{ 'x', false, NULL, CONSOLE_LEAVE },
	{ 'L', false, NULL, CONSOLE_SAFE_MODE },
	{ 'f', false, flash, CONSOLE_NOTHING },
	{ 'w', false, credentials_ask, CONSOLE_NOTHING },
};

enum console_wish console_run(const struct port *port)
{
	int key = port->take();

	if (key == YMODEM_SHORT || key == YMODEM_LONG)
		ymodem_flash(port, key);
	for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const struct command *command = &commands[i];

		if (key != command->key || (command->from_0_6_1 && ERA == ERA_A))
			continue;
		if (command->answer)
			command->answer(port);
		return command->wish;
	}
	return CONSOLE_NOTHING;
}
