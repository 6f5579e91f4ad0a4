/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The system's course: check what is installed, start the application or safe mode, and look after
 * the button, the watchdog and the way to the cloud. Where no network is in range "network off" is
 * as far as it gets: a healthy system breathes white, in safe mode magenta; with one it breathes
 * cyan once it has a session, in safe mode magenta (cloud.c).
 */
#include "reference/common/config.h"
#include "reference/common/sections.h"
#include "reference/system2/cloud.h"
#include "reference/system2/staged.h"
#include "reference/system2/system.h"

static const struct app_entry *app(void)
{
	return *(const struct app_entry *const *)(LAYOUT_USER + 24);
}

static uint32_t now_ms(void)
{
	return exports_services()->now_ms();
}

static const struct app_services app_services = { .print = print_text,
						  .now_ms = now_ms,
						  .publish = cloud_publish };

static void prepare(void)
{
	sections_init();
}

static enum system_mode choose_mode(void)
{
	switch (check_modules()) {
	case CHECK_FACTORY: backup_ask(REQUEST_FACTORY, REASON_FACTORY); break;
	case CHECK_SAFE_MODE: return MODE_SAFE;
	case CHECK_GOOD: break;
	}
	return backup_get(BACKUP_STARTUP) == STARTUP_SAFE_MODE ? MODE_SAFE : MODE_NORMAL;
}

/* The bootloader started the watchdog: switched off by one more reset, as Particle's system does.
 */
static void drop_watchdog(enum reset_reason reason)
{
	if (backup_get(BACKUP_WATCHDOG) != WATCHDOG_ON)
		return;
	backup_set(BACKUP_WATCHDOG, 0);
	backup_ask(REQUEST_NONE, reason);
}

static void __attribute__((noreturn)) run(void)
{
	const struct services *services = exports_services();
	uint32_t data = 0;
	enum reset_reason reason = reason_take(&data);
	enum system_mode mode;

	drop_watchdog(reason);
	services->led_open(MODULE_VERSION);
	mode = choose_mode();
	report_start(mode, reason, data);
	cloud_begin(mode, reason);
	if (mode == MODE_NORMAL)
		app()->setup(&app_services);
	staged_look();
	for (;;) {
		services->watchdog_feed();
		listening_run();
		if (!listening_is_on()) {
			cloud_run();
			if (mode == MODE_NORMAL)
				app()->loop(&app_services);
		}
		chip_sleep();
	}
}

static const struct system_entry entry = { .prepare = prepare, .run = run };

static const struct config_library config_library = {
	.read = config_read,
	.write = config_write,
};

const void *const libraries[]
	__attribute__((section(".exports"), used)) = { &entry, &config_library };
