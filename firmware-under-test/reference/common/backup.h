/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Registers that live as long as VBAT does: what one boot tells the next (facts 2.1, from 0.7 on).
 * Without VBAT they read as 0, which asks for nothing.
 */
#ifndef REFERENCE_COMMON_BACKUP_H
#define REFERENCE_COMMON_BACKUP_H

#include "reference/common/chip.h"

enum backup_register {
	BACKUP_REQUEST = 1, /* enum backup_request, for the bootloader */
	BACKUP_REASON = 2,  /* enum reset_reason of a reset that was asked for */
	BACKUP_REASON_DATA = 3,
	BACKUP_STARTUP = 4,  /* enum backup_startup, from the bootloader to the system */
	BACKUP_WATCHDOG = 5, /* 0xd001: the bootloader starts the watchdog */
	BACKUP_JOB = 10,     /* 10 to 13: the update of a build that keeps it here */
};

enum backup_request {
	REQUEST_NONE = 0,
	REQUEST_DFU = 0xdf0,
	REQUEST_SAFE_MODE = 0x5afe,
	REQUEST_FACTORY = 0xaaaa, /* put the factory image in the application's place */
};

enum backup_startup { STARTUP_NORMAL = 0, STARTUP_SAFE_MODE = 1 };

enum { WATCHDOG_ON = 0xd001 };

/* Why the chip was reset (facts 2.8). */
enum reset_reason {
	REASON_NONE = 0,
	REASON_UNKNOWN = 10,
	REASON_PIN = 20,
	REASON_POWER_DOWN = 40,
	REASON_BROWNOUT = 50,
	REASON_WATCHDOG = 60,
	REASON_UPDATE = 70,
	REASON_UPDATE_ERROR = 80,
	REASON_UPDATE_TIMEOUT = 90,
	REASON_FACTORY = 100,
	REASON_SAFE_MODE = 110,
	REASON_DFU = 120,
	REASON_PANIC = 130,
	REASON_USER = 140,
};

static inline uint32_t backup_get(enum backup_register number)
{
	return BACKUP(number);
}

static inline void backup_set(enum backup_register number, uint32_t value)
{
	PWR_CR |= 1u << 8; /* lift the write protection */
	BACKUP(number) = value;
}

/* Asks the bootloader for something, and resets. */
static inline void __attribute__((noreturn))
backup_ask(enum backup_request request, enum reset_reason reason)
{
	backup_set(BACKUP_REQUEST, request);
	backup_set(BACKUP_REASON, reason);
	chip_reset();
}

#endif
