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

/*
 * A line that characters go to and come from. The console does not care which: the serial port is
 * one.
 */
struct port {
	void (*put)(char c);
	int (*take)(void); /* -1 for nothing */
};

/* The next byte, -1 when none comes for so long. The watchdog is fed meanwhile. */
int port_wait(const struct port *port, uint32_t ms);

/* Serial port 1, and the one on the USB. */
struct port port_serial(void);
struct port port_usb(void);

void port_text(const struct port *port, const char *text);
void port_number(const struct port *port, uint32_t number);
void port_hex(const struct port *port, const uint8_t *bytes, uint32_t count);

/* The same on the serial port, without a wait for anyone to listen. */
void print_text(const char *text);
void print_number(uint32_t number);

/* The lines that a start reports (report.c). */
/* The version that the system says it has. */
uint16_t report_version(void);
void report_start(enum system_mode mode, enum reset_reason reason, uint32_t reason_data);

/* Listening mode and the SETUP button (listening.c). Called from the main loop. */
void listening_run(void);
bool listening_is_on(void);

/* The LED of listening mode, after something else was shown. */
void listening_show(void);

/* What the listening console was told to do besides answering (console.c). */
enum console_wish { CONSOLE_NOTHING = 0, CONSOLE_LEAVE = 1, CONSOLE_SAFE_MODE = 2 };

/* Answers what has come in on the port: one character is one command. */
enum console_wish console_run(const struct port *port);

/* The console's dialogue for Wi-Fi credentials (credentials.c). */
void credentials_ask(const struct port *port);

/* Module information as JSON, without braces around it (describe.c). */
void describe_modules(const struct port *port);

#endif
