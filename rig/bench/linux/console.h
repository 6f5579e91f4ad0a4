/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The serial line of a real slot, through libserialport: a UART of the host, a USB adapter, or the
 * board's own USB device. Nothing here waits. One thread owns a struct console and all that is
 * called here. Times are microseconds of CLOCK_MONOTONIC.
 */
#ifndef BENCH_LINUX_CONSOLE_H
#define BENCH_LINUX_CONSOLE_H

#include "bench/slot.h"

struct console;

enum console_limits {
	CONSOLE_BAUD_MAX = 4000000,
	CONSOLE_BAUD_NEUTRAL = 9600, /* means nothing to a board; what cdc_acm sets by itself */
};

enum console_line {
	/* Wired to the board through a UART that stays: when it vanishes, the rig is broken. */
	CONSOLE_LINE_UART = 1,
	/*
	 * The board's own USB device: it comes and goes with the board, under one tty number or
	 * another. A speed that means something to the board (14400, 28800) is followed at once by
	 * CONSOLE_BAUD_NEUTRAL: the kernel tells a device only what has changed, so without that
	 * the same could not be asked twice.
	 */
	CONSOLE_LINE_BOARD_USB = 2,
};

/* What a line does that was let go. */
enum console_rest {
	CONSOLE_REST_CLOSED = 0, /* the driver decides; most UARTs keep TX high */
	CONSOLE_REST_BREAK = 1,	 /* TX is held low: it feeds nothing */
};

struct console_listener {
	void *ctx;
	/* A byte came; read at 't_us', so it is no older than the last step. */
	void (*byte)(void *ctx, int64_t t_us, uint8_t byte);
};

/* One of 'path', 'port' and 'serial' must be there. Texts are copied. */
struct console_settings {
	const char *path;   /* "/dev/ttyAMA0" or a link to one; NULL: not known */
	const char *port;   /* USB port of the device that has the line, "1-1.4" */
	const char *serial; /* serial number of that device, compared without case */
	unsigned int nth;   /* which of the device's lines, by interface number, from 0 */
	enum console_line line;
	enum console_rest rest; /* BREAK only with CONSOLE_LINE_UART */
	struct console_listener listener;
	const char *sysfs; /* NULL: "/sys/bus/usb/devices" */
	const char *dev;   /* NULL: "/dev" */
};

/* Remembers the settings; nothing is opened yet, but a line that rests in break goes there.
 * ERR_CONFIG: settings that name no line. */
int console_open(const struct console_settings *settings, struct console **ret,
		 struct err *err) MUST_CHECK;

/* Lets go, as console_set() with 0, and ends the break. NULL allowed. */
void console_close(struct console *console);

/*
 * As slot_console_set(): any rate up to CONSOLE_BAUD_MAX that the driver can set, 8 bits, no
 * parity, no flow control. -ENODEV: no such device now; -EACCES names the group; -EINVAL: the
 * driver does not do this speed; -EBUSY: another program holds the line (its process, when it can
 * be seen).
 */
int console_set(struct console *console, uint32_t baud, struct err *err) MUST_CHECK;

/* As slot_console_send(): nothing is sent on a line that is gone or let go. */
int console_send(struct console *console, const uint8_t *bytes, size_t len, size_t *ret_sent,
		 struct err *err) MUST_CHECK;

/* The file to poll for reading, which changes from call to call; -1: none now. */
int console_fd(const struct console *console);

/* When console_step() is to be called at the latest; INT64_MAX: only when the file is ready. */
int64_t console_due_us(const struct console *console);

/*
 * Reads what came and hands it on. A board's USB line that vanished is looked for and opened again
 * at the speed last set (a meaningful one: CONSOLE_BAUD_NEUTRAL). ERR_RIG: a UART that vanished, or
 * a line that came back and may not be opened.
 */
int console_step(struct console *console, struct err *err) MUST_CHECK;

/* Whether the line is open now: false when let go, and while a board's USB line is gone. */
bool console_is_open(const struct console *console);

/* The path of the tty that is open; empty when none is. Valid until the next call. */
const char *console_path(const struct console *console);

#endif
