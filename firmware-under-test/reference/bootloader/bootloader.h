/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bootloader: buttons, pending updates, and the decision what to start. */
#ifndef REFERENCE_BOOTLOADER_BOOTLOADER_H
#define REFERENCE_BOOTLOADER_BOOTLOADER_H

#include "reference/common/chip.h"
#include "reference/common/led.h"

void __attribute__((noreturn)) bootloader_main(void);

/* Milliseconds since the bootloader began. */
uint32_t blink_now_ms(void);

/*
 * The LED blinks in 'color' from now on, or is lit with half_ms of 0. Half periods are a
 * millisecond longer than they are named, as in Particle's bootloader (facts 3.4).
 */
void blink_begin(uint32_t color, uint32_t half_ms);

/* Sleeps for so long. */
void blink_wait_ms(uint32_t ms);

/* SysTick's interrupt. */
void blink_tick(void);

enum blink_half_ms { BLINK_HALF_FAST = 50, BLINK_HALF_NORMAL = 100 };

enum button_choice {
	BUTTON_NOTHING = 0,
	BUTTON_SAFE_MODE = 1,
	BUTTON_DFU = 2,
	BUTTON_FACTORY = 3,
	BUTTON_FACTORY_AND_WIPE = 4,
};

/* What SETUP, held since the reset, asks for; returns when it is let go (facts 4). */
enum button_choice button_ask(void);

/*
 * Does what pending records ask for, in ascending order (apply.c). False when a copy could not be
 * made right or the table cannot be trusted: the system must not be started.
 */
bool apply_pending(void);

/* Copies the factory image to the application's place; false when there is none that is whole. */
bool apply_factory(void);

/* Is there a factory image that could be put back? */
bool apply_has_factory(void);

/*
 * DFU mode: the LED blinks yellow, and the USB takes what the host writes (dfu.c). Left by a reset,
 * or when the host says so.
 */
void __attribute__((noreturn)) dfu_run(void);

/* May the system be started? */
bool bootloader_system_is_good(void);

#endif
