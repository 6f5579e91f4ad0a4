/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/bench_boards.h"

#include "board/board.h"
#include "campaign/load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int load_profile(const struct bench *bench, const struct bench_slot *slot, struct board *ret,
			struct err *err)
{
	AUTO_FREE char *dir = data_dir();
	AUTO_FREE char *path = NULL;

	if (!dir ||
	    asprintf(&path, "%s/firmware-under-test/boards/%s.yaml", dir, slot->board) < 0) {
		path = NULL; /* asprintf leaves it undefined */
		return err_set(err, ERR_IO, -ENOMEM, "no memory");
	}
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return err_set_at(err, bench->path, slot->board_line,
				  "there is no board '%s' (no file '%s')", slot->board, path);
	return board_load(path, ret, err);
}

/* A profile that knows one of the two products only would shut the other one out. */
static void fill_ids(const struct board *board, struct bench_usb *usb)
{
	usb->vendor = board->usb.vendor;
	usb->product_count = 0;
	if (!board->usb.serial || !board->usb.dfu)
		return;
	usb->products[usb->product_count++] = board->usb.serial;
	usb->products[usb->product_count++] = board->usb.dfu;
}

int bench_boards_fill(struct bench *bench, struct err *err)
{
	AUTO_FREE struct board *board = malloc(sizeof(*board));
	int r = board ? 0 : err_set(err, ERR_IO, -ENOMEM, "no memory");

	for (size_t i = 0; i < bench->slot_count && r == 0; i++) {
		r = load_profile(bench, &bench->slots[i], board, err);
		if (r == 0)
			fill_ids(board, &bench->slots[i].usb);
	}
	return r;
}
