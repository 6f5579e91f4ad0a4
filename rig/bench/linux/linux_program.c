/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The external programmer: a command of the bench file's that writes the board's flash. */
#include "bench/linux/backend.h"

#include "base/clock.h"
#include "base/file.h"
#include "bench/linux/spawn.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ADDRESS_TEXT_MAX = 16, FILE_PATH_MAX = 256, ENV_TEXT_MAX = 64 };

static_assert((int)SPAWN_ARGS_MAX >= 2 * (int)SLOT_PIECES_MAX, "an address and a file each");

/* The pieces as files, and the arguments that name them. */
struct order {
	char folder[FILE_PATH_MAX / 2]; /* empty: not made */
	char addresses[SLOT_PIECES_MAX][ADDRESS_TEXT_MAX];
	char files[SLOT_PIECES_MAX][FILE_PATH_MAX];
	const char *args[2 * SLOT_PIECES_MAX + 1];
};

static int make_folder(struct order *order, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	char folder[sizeof(order->folder)];
	int len;

	tmp = tmp && tmp[0] ? tmp : "/tmp";
	len = snprintf(folder, sizeof(folder), "%s/otarig-XXXXXX", tmp);
	if (len >= (int)sizeof(folder))
		return err_set(err, ERR_RIG, -ENAMETOOLONG, "TMPDIR is too long");
	if (!mkdtemp(folder))
		return err_set(err, ERR_RIG, -errno, "cannot make a folder in '%s': %s", tmp,
			       strerror(errno));
	memcpy(order->folder, folder, sizeof(folder));
	return 0;
}

static int make_order(struct order *order, const struct slot_piece *pieces, size_t count,
		      struct err *err)
{
	int r = make_folder(order, err);

	for (size_t i = 0; i < count && r == 0; i++) {
		snprintf(order->addresses[i], ADDRESS_TEXT_MAX, "0x%08x", pieces[i].address);
		snprintf(order->files[i], FILE_PATH_MAX, "%s/%08x.bin", order->folder,
			 pieces[i].address);
		order->args[2 * i] = order->addresses[i];
		order->args[2 * i + 1] = order->files[i];
		r = file_write(order->files[i], pieces[i].bytes, pieces[i].len, err);
	}
	return r;
}

static void remove_files(const struct order *order)
{
	if (!order->folder[0])
		return;
	for (size_t i = 0; i < SLOT_PIECES_MAX && order->files[i][0]; i++)
		IGNORE(unlink(order->files[i]), "the command may have");
	IGNORE(rmdir(order->folder), "what the command left there is its own");
}

/* Nothing looks at the slot while the command runs: it may not run longer than power may be on. */
static int64_t time_us(const struct linux_backend *be)
{
	int64_t most_us = be->bench.programmer_us;
	int64_t left_us = be->bench.limits.on_us_max - (clock_now_us() - be->switched_us);

	if (be->bench.limits.on_us_max == 0 || left_us > most_us)
		return most_us;
	return left_us > 1 ? left_us : 1;
}

static int run_command(const struct linux_backend *be, const struct order *order, struct err *err)
{
	char slot[ENV_TEXT_MAX], board[ENV_TEXT_MAX], said[SPAWN_OUT_MAX];
	const char *const env[] = { slot, board, NULL };
	const struct spawn what = {
		.command = be->bench.programmer,
		.args = order->args,
		.env = env,
		.timeout_us = time_us(be),
	};

	snprintf(slot, sizeof(slot), "OTARIG_SLOT=%s", be->bench.name);
	snprintf(board, sizeof(board), "OTARIG_BOARD=%s", be->bench.board);
	return spawn_run_with(&what, said, err);
}

static int let_go(struct linux_backend *be, struct err *err)
{
	static const enum linux_line lines[] = { LINE_SETUP, LINE_RESET };
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(lines) && r == 0; i++)
		if (be->lines[lines[i]])
			r = gpio_set(be->lines[lines[i]], GPIO_INACTIVE, err);
	return r;
}

static int run_powered(struct linux_backend *be, const struct order *order, struct err *err)
{
	enum slot_wait why;
	int r = let_go(be, err);
	int off;

	if (r == 0)
		r = linux_power_ops.set(be, SLOT_POWER_ON, err);
	if (r == 0)
		r = linux_pass(be, be->now_us + be->bench.power.settle_us, LINUX_UNTIL_DEADLINE,
			       &why, err);
	if (r == 0)
		r = run_command(be, order, err);
	off = linux_power_ops.set(be, SLOT_POWER_OFF, r < 0 ? NULL : err);
	return r < 0 ? r : off;
}

static int write_pieces(void *backend, const struct slot_piece *pieces, size_t count,
			struct err *err)
{
	struct linux_backend *be = backend;
	AUTO_FREE struct order *order = calloc(1, sizeof(*order));
	int r;

	if (!order)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a programmer");
	r = make_order(order, pieces, count, err);
	if (r == 0)
		r = run_powered(be, order, err);
	remove_files(order);
	return r < 0 ? err_prefix(err, "programmer of slot '%s'", be->bench.name) : 0;
}

const struct slot_program_ops linux_program_ops = { .write = write_pieces };
