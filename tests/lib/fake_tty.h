/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A pseudo terminal that libserialport takes for a serial port: a test program that calls
 * fake_tty_open() is linked with calls that hide the differences. The kernel lists no pseudo
 * terminal in /sys/class/tty, and gives it no modem lines.
 */
#ifndef TESTS_LIB_FAKE_TTY_H
#define TESTS_LIB_FAKE_TTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAKE_TTY_PATH_MAX = 64, FAKE_TTY_SPEEDS_MAX = 16 };

struct fake_tty {
	int master; /* the board's end; -1 when closed */
	char path[FAKE_TTY_PATH_MAX];
};

/* What the calls noted and what they answer; the one there is. */
struct fake_tty_calls {
	uint32_t speeds[FAKE_TTY_SPEEDS_MAX]; /* unusual ones that were set, in order */
	size_t speed_count;
	uint32_t refused_speed;	  /* this one the driver cannot do */
	uint32_t vanish_at_speed; /* this one makes 'vanishing' go, when it was set */
	struct fake_tty *vanishing;
	int breaks;	 /* is held low now */
	int break_errno; /* 0: can be held low */
};

struct fake_tty_calls *fake_tty_calls(void);

/* False when this host has no pseudo terminals. */
bool fake_tty_open(struct fake_tty *tty);

/* The board's end goes: the line is hung up. */
void fake_tty_vanish(struct fake_tty *tty);

/* The speed that the line has now. */
uint32_t fake_tty_speed(const struct fake_tty *tty);

/* What was sent to the board by now; but the kernel carries it over when it comes to it. */
size_t fake_tty_read(const struct fake_tty *tty, uint8_t *ret, size_t max);

/* The same, as soon as 'len' bytes are there. */
void fake_tty_expect(const struct fake_tty *tty, uint8_t *ret, size_t len);

void fake_tty_write(const struct fake_tty *tty, const void *bytes, size_t len);

#endif
