/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reference/system2/radio.h"

#define RADIO_ID      REG(0x40016000u)
#define RADIO_STATUS  REG(0x40016004u)
#define RADIO_CONTROL REG(0x40016008u)
#define RADIO_DATA    REG(0x4001600cu)

enum radio_bits {
	ID = 0x52414449,
	STATUS_LINK = 15,
	STATUS_CAN_READ = 1 << 4,
	STATUS_CAN_WRITE = 1 << 5,
	STATUS_ALL_SENT = 1 << 6,
};

uint32_t radio_state(void)
{
	return RADIO_ID == ID ? RADIO_STATUS & STATUS_LINK : 0;
}

void radio_ask(enum radio_wish wish)
{
	RADIO_CONTROL = wish;
}

int radio_take(void)
{
	return RADIO_STATUS & STATUS_CAN_READ ? (int)(RADIO_DATA & 0xff) : -1;
}

void radio_put(uint8_t byte)
{
	while ((RADIO_STATUS & (RADIO_CONNECTED | STATUS_CAN_WRITE)) == RADIO_CONNECTED)
		;
	RADIO_DATA = byte;
}

void radio_flush(void)
{
	while ((RADIO_STATUS & (RADIO_CONNECTED | STATUS_ALL_SENT)) == RADIO_CONNECTED)
		;
}
