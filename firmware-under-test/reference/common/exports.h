/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What modules call in each other. Behind a system part's header stands a table of libraries, each
 * a table of functions; a caller knows the number of both. Neither ever changes its meaning, so
 * parts of different versions work together as far as their dependencies allow.
 */
#ifndef REFERENCE_COMMON_EXPORTS_H
#define REFERENCE_COMMON_EXPORTS_H

#include "reference/common/chip.h"
#include "reference/common/layout.h"
#include "reference/common/led.h"

/* Library 0 of system part 1: the board's services. */
struct services {
	uint32_t (*now_ms)(void);
	void (*led_set)(enum led_priority priority, uint32_t color, enum led_pattern pattern,
			uint32_t period_ms);
	void (*led_clear)(enum led_priority priority);
	/* Part 2 makes itself known before it uses the LED. */
	void (*led_open)(uint16_t version_of_caller);
	bool (*led_is_open)(void);
	uint32_t (*button_held_ms)(void);
	uint32_t (*button_take_clicks)(void); /* 0, or as many as there were in a row */
	void (*serial_put)(char c);
	int (*serial_take)(void); /* the next byte received, -1 for none */
	void (*watchdog_start)(void);
	void (*watchdog_feed)(void);
	void (*panic)(uint32_t code) __attribute__((noreturn));
};

/* Library 1 of system part 1: a serial port on the USB. */
struct usb_services {
	void (*put)(char c);
	int (*take)(void);
	uint32_t (*take_baud)(void); /* the speed a host has set since the last call; 0: none */
};

/* Library 0 of system part 2: how the system is started. */
struct system_entry {
	void (*prepare)(void); /* its variables; before anything else */
	void (*run)(void) __attribute__((noreturn));
};

/* Library 1 of system part 2: the configuration table. Numbers 0 and 4 as in Particle's system. */
struct config_library {
	const void *(*read)(uint32_t offset);
	uint32_t reserved[3];
	int (*write)(const void *data, uint32_t offset, uint32_t bytes);
};

/* What the system gives an application, and what it expects of one. */
struct app_services {
	void (*print)(const char *text);
	uint32_t (*now_ms)(void);
	/* An event for the cloud; false when it cannot be told now. */
	bool (*publish)(const char *name, const char *text);
};

struct app_entry {
	const char *version; /* text, for people */
	void (*setup)(const struct app_services *services);
	void (*loop)(const struct app_services *services);
};

static inline const void *exports_library(uint32_t module, uint32_t number)
{
	const uint32_t *libraries = (const uint32_t *)(module + LAYOUT_EXPORTS_OFFSET);

	return (const void *)libraries[number];
}

static inline const struct services *exports_services(void)
{
	return exports_library(LAYOUT_SYSTEM_1, 0);
}

static inline const struct usb_services *exports_usb(void)
{
	return exports_library(LAYOUT_SYSTEM_1, 1);
}

static inline const struct system_entry *exports_system(void)
{
	return exports_library(LAYOUT_SYSTEM_2, 0);
}

static inline const struct config_library *exports_config(void)
{
	return exports_library(LAYOUT_SYSTEM_2, 1);
}

#endif
