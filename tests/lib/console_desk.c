/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/console_desk.h"

#include "base/clock.h"
#include "lib/testing.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { PATIENCE_US = 20000000 };

static void on_byte(void *ctx, int64_t t_us, uint8_t byte)
{
	struct console_desk *d = ctx;

	ck_assert_int_ge(t_us, d->last_us);
	ck_assert_int_le(t_us, clock_now_us());
	ck_assert_uint_lt(d->count, CONSOLE_DESK_HEARD_MAX);
	d->heard[d->count++] = byte;
	d->last_us = t_us;
}

int console_desk_open(struct console_desk *desk, struct console_settings settings, struct err *err)
{
	settings.listener = (struct console_listener){ desk, on_byte };
	settings.sysfs = desk->tree.sysfs;
	settings.dev = desk->tree.dev;
	return console_open(&settings, &desk->console, err);
}

void console_desk_open_uart(struct console_desk *desk)
{
	ck_assert_int_eq(console_desk_open(desk,
					   (struct console_settings){ .path = desk->tty.path,
								      .line = CONSOLE_LINE_UART },
					   NULL),
			 0);
}

void console_desk_plug(struct console_desk *desk, const char *name, unsigned int number,
		       const struct fake_tty *tty)
{
	char path[FAKE_TREE_PATH_MAX + 64];

	fake_tree_plug(&desk->tree, "1-1.4", number, 0x2b04, 0xc008, "3b002a000447343138333038");
	fake_tree_folder(&desk->tree, "1-1.4", "1-1.4:1.0/tty");
	snprintf(path, sizeof(path), "1-1.4:1.0/tty/%s", name);
	fake_tree_folder(&desk->tree, "1-1.4", path);
	snprintf(path, sizeof(path), "%s/%s", desk->tree.dev, name);
	ck_assert_int_eq(symlink(tty->path, path), 0);
}

void console_desk_unplug(struct console_desk *desk, const char *name, struct fake_tty *tty)
{
	char path[FAKE_TREE_PATH_MAX + 64];

	fake_tree_unplug(&desk->tree, "1-1.4");
	snprintf(path, sizeof(path), "%s/%s", desk->tree.dev, name);
	ck_assert_int_eq(unlink(path), 0);
	fake_tty_vanish(tty);
}

void console_desk_open_board(struct console_desk *desk)
{
	ck_assert_int_eq(
		console_desk_open(desk,
				  (struct console_settings){ .port = "1-1.4",
							     .line = CONSOLE_LINE_BOARD_USB },
				  NULL),
		0);
}

void console_desk_set(struct console_desk *desk, uint32_t baud)
{
	struct err err = ERR_INIT;

	ck_assert_msg(console_set(desk->console, baud, &err) == 0, "%s", err.text);
}

size_t console_desk_send(struct console_desk *desk, const void *bytes, size_t len)
{
	size_t sent = 77777;

	ck_assert_int_eq(console_send(desk->console, bytes, len, &sent, NULL), 0);
	return sent;
}

void console_desk_step(struct console_desk *desk, size_t count, bool open)
{
	int64_t until_us = clock_now_us() + PATIENCE_US;

	while (desk->count < count || console_is_open(desk->console) != open) {
		struct pollfd file = { console_fd(desk->console), POLLIN, 0 };

		ck_assert_int_lt(clock_now_us(), until_us);
		ck_assert(file.fd >= 0 || console_due_us(desk->console) != INT64_MAX);
		poll(&file, 1, 10);
		ck_assert_int_eq(console_step(desk->console, NULL), 0);
	}
}

bool console_desk_init(struct console_desk *desk)
{
	fake_tree_init(&desk->tree);
	return fake_tty_open(&desk->tty);
}
