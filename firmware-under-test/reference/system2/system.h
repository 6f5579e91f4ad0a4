/* SPDX-License-Identifier: GPL-3.0-or-later */
/* System part 2: what the system decides. */
#ifndef REFERENCE_SYSTEM2_SYSTEM_H
#define REFERENCE_SYSTEM2_SYSTEM_H

#include "reference/common/backup.h"
#include "reference/common/exports.h"

enum system_mode {
	MODE_NORMAL = 0,
	MODE_SAFE = 1, /* the application does not run */
};

/* What the modules' checks say about this start (check.c). */
enum check_result {
	CHECK_GOOD = 0,
	CHECK_SAFE_MODE = 1, /* something does not fit */
	CHECK_FACTORY = 2,   /* no application, but a factory image is there */
};
enum check_result check_modules(void);

/* Why the chip was reset, and what belongs to it; asked once a boot. */
enum reset_reason reason_take(uint32_t *ret_data);

/* Text on the serial port, without a wait for anyone to listen. */
void print_text(const char *text);
void print_number(uint32_t number);

/* The lines that a start reports (report.c). */
void report_start(enum system_mode mode, enum reset_reason reason, uint32_t reason_data);

/* Listening mode and the SETUP button (listening.c). Called from the main loop. */
void listening_run(void);
bool listening_is_on(void);

#endif
