/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/cloud_desk.h"

#include <check.h>
#include <stdlib.h>

enum { TURNS_MAX = 200000 };

bool cloud_desk_exchange(struct cloud_desk *desk)
{
	bool moved;
	const uint8_t *out;
	size_t len;

	session_step(&desk->session, desk->now_us);
	out = session_out(&desk->session, &len);
	cloud_board_heard(&desk->board, out, len);
	session_sent(&desk->session, len, desk->now_us);
	moved = len > 0 || desk->board.out_len > 0;
	session_heard(&desk->session, desk->board.out, desk->board.out_len, desk->now_us);
	desk->board.out_len = 0;
	return moved;
}

struct cloud_desk *cloud_desk_new(enum cloud_board_era era)
{
	static const struct session_setup setup = { .window_bytes = 1 };
	struct cloud_desk *desk = calloc(1, sizeof(*desk));

	ck_assert_ptr_nonnull(desk);
	for (size_t i = 0; i < CLOUD_DESK_FILE_MAX; i++)
		desk->file[i] = (uint8_t)(i * 31 + i / 256);
	cloud_board_begin(&desk->board, era, 1, NULL, 0);
	session_begin(&desk->session, &setup, 0);
	cloud_board_up(&desk->board);
	cloud_desk_exchange(desk);
	cloud_desk_exchange(desk);
	ck_assert(desk->board.online);
	return desk;
}

void cloud_desk_free(struct cloud_desk *desk)
{
	cloud_board_end(&desk->board);
	free(desk);
}

static enum update_go on_progress(void *ctx, const struct update_progress *progress)
{
	struct cloud_desk *desk = ctx;

	ck_assert_int_lt(progress->step, CLOUD_DESK_STEPS_MAX);
	desk->steps[progress->step]++;
	desk->last = *progress;
	return progress->step == desk->stop_at ? UPDATE_STOP : UPDATE_GO_ON;
}

static void on_message(void *ctx, const struct tamper_message *message, struct tamper_plan *plan)
{
	struct cloud_desk *desk = ctx;

	desk->seen++;
	desk->tampers(desk, message, plan);
}

struct update_setup cloud_desk_setup(struct cloud_desk *desk, size_t len, enum update_mode mode)
{
	struct update_setup setup = {
		.bytes = desk->file, .len = len, .mode = mode, .progress = on_progress, .ctx = desk
	};

	if (desk->tampers)
		setup.tamper = (struct tamper){ .ctx = desk, .message = on_message };
	return setup;
}

void cloud_desk_run(struct cloud_desk *desk, const struct update_setup *setup)
{
	const struct update *update = &desk->session.update;

	ck_assert(session_update(&desk->session, setup, desk->now_us));
	for (int i = 0; update_is_on(update); i++) {
		bool moved = cloud_desk_exchange(desk);

		ck_assert_int_lt(i, TURNS_MAX);
		if (!moved && update_is_on(update))
			desk->now_us = session_due_us(&desk->session);
	}
}

void cloud_desk_check_file(const struct cloud_desk *desk, size_t len)
{
	ck_assert_uint_eq(desk->board.file_len, len);
	ck_assert_mem_eq(desk->board.file, desk->file, len);
}
