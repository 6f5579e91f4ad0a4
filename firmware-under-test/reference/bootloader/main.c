/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A boot (facts 2.4): buttons and requests first; pending updates unless the way leads to DFU; then
 * the system, if it may be started.
 */
#include "reference/bootloader/bootloader.h"
#include "reference/common/backup.h"
#include "reference/common/clock.h"
#include "reference/common/defects.h"
#include "reference/common/layout.h"
#include "reference/common/module.h"

/* The watchdog's time: 5 s on its 32 kHz, divided by 64 (RM0033 17.3). */
static void watchdog_start(void)
{
	IWDG_KR = 0xcccc;
	IWDG_KR = 0x5555;
	IWDG_PR = 4;
	IWDG_RLR = 2500;
	IWDG_KR = 0xaaaa;
}

bool bootloader_system_is_good(void)
{
	const struct module_header *first = module_header_at(LAYOUT_SYSTEM_1);
	const struct module_header *second = module_header_at(LAYOUT_SYSTEM_2);

	/* to 2.x this is all: the header alone, of part 1 alone (facts 2.4) */
	if (!module_is_plausible(first, LAYOUT_SYSTEM_1))
		return false;
	if (!HAS_CHECKED_START)
		return true;
	return module_is_whole(first, LAYOUT_SYSTEM_1) &&
	       module_is_plausible(second, LAYOUT_SYSTEM_2) &&
	       module_is_whole(second, LAYOUT_SYSTEM_2);
}

/* Gives the machine to the system: as after a reset, with the system's vectors. */
static void __attribute__((noreturn)) start_system(void)
{
	const uint32_t *vectors = (const uint32_t *)LAYOUT_SYSTEM_1;
	uint32_t stack = vectors[0];
	uint32_t entry = vectors[1];

	if (backup_get(BACKUP_WATCHDOG) == WATCHDOG_ON)
		watchdog_start();
	clock_tick_stop();
	SCB_VTOR = LAYOUT_SYSTEM_1;
	__asm__ volatile("msr msp, %0\n\tbx %1" ::"r"(stack), "r"(entry) : "memory");
	__builtin_unreachable();
}

/* A system that cannot be started: the factory image may mend the application, not the system. */
static void __attribute__((noreturn)) no_system(void)
{
	blink_begin(LED_RED, 0);
	blink_wait_ms(100);
	dfu_run();
}

void bootloader_main(void)
{
	uint32_t request;
	enum button_choice choice;

	clock_init();
	led_init();
	clock_tick_start();
	request = backup_get(BACKUP_REQUEST);
	if (request != REQUEST_NONE)
		backup_set(BACKUP_REQUEST, REQUEST_NONE);
	choice = button_ask();
	if (choice == BUTTON_DFU || request == REQUEST_DFU)
		dfu_run();
	if (!apply_pending())
		dfu_run();
	if (choice >= BUTTON_FACTORY || request == REQUEST_FACTORY) {
		bool done = apply_factory();

		backup_set(BACKUP_WATCHDOG, done ? WATCHDOG_ON : 0);
	}
	if (!bootloader_system_is_good())
		no_system();
	backup_set(BACKUP_STARTUP, choice == BUTTON_SAFE_MODE || request == REQUEST_SAFE_MODE
					   ? STARTUP_SAFE_MODE
					   : STARTUP_NORMAL);
	start_system();
}
