/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A serial line of a real slot over a pseudo terminal, and a folder that looks like sysfs. */
#ifndef TESTS_LIB_CONSOLE_DESK_H
#define TESTS_LIB_CONSOLE_DESK_H

#include "bench/linux/console.h"
#include "lib/fake_tty.h"
#include "lib/fake_usb_tree.h"

enum { CONSOLE_DESK_HEARD_MAX = 65536 };

struct console_desk {
	struct fake_tty tty;
	struct fake_usb_tree tree;
	struct console *console;
	uint8_t heard[CONSOLE_DESK_HEARD_MAX];
	size_t count;
	int64_t last_us;
};

/* Opens a pseudo terminal and an empty tree; false when this host has no pseudo terminals. */
bool console_desk_init(struct console_desk *desk);

/* Opens the line; its listener and folders are filled in. What console_open() returns. */
int console_desk_open(struct console_desk *desk, struct console_settings settings, struct err *err);

/* A uart, by its path; the board's own USB line, by port 1-1.4. */
void console_desk_open_uart(struct console_desk *desk);
void console_desk_open_board(struct console_desk *desk);

/* A device is on 1-1.4 from now on, with 'tty' under that name; and it leaves. */
void console_desk_plug(struct console_desk *desk, const char *name, unsigned int number,
		       const struct fake_tty *tty);
void console_desk_unplug(struct console_desk *desk, const char *name, struct fake_tty *tty);

/* Both must work; how many bytes were taken. */
void console_desk_set(struct console_desk *desk, uint32_t baud);
size_t console_desk_send(struct console_desk *desk, const void *bytes, size_t len);

/* Polls and steps until 'count' bytes were heard and the line is open or not as 'open' says. */
void console_desk_step(struct console_desk *desk, size_t count, bool open);

#endif
