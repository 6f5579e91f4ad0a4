/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session in clear and a board of either era (lib/cloud_board.h) at one table, with a file to
 * send. Time jumps to the next deadline when nobody has anything to say.
 */
#ifndef TESTS_LIB_CLOUD_DESK_H
#define TESTS_LIB_CLOUD_DESK_H

#include "cloud/session.h"
#include "lib/cloud_board.h"

enum cloud_desk_limits { CLOUD_DESK_FILE_MAX = 300000, CLOUD_DESK_STEPS_MAX = 8 };

struct cloud_desk {
	struct session session;
	struct cloud_board board;
	int64_t now_us;
	uint8_t file[CLOUD_DESK_FILE_MAX];
	unsigned int steps[CLOUD_DESK_STEPS_MAX]; /* how often the progress told of each */
	struct update_progress last;
	enum update_step_kind stop_at;
	/* the hook */
	unsigned int seen;
	struct tamper_message kept;
	void (*tampers)(struct cloud_desk *desk, const struct tamper_message *message,
			struct tamper_plan *plan);
};

/* Both have greeted. */
struct cloud_desk *cloud_desk_new(enum cloud_board_era era);
void cloud_desk_free(struct cloud_desk *desk);

/* What each has to say, once; true when somebody had something. */
bool cloud_desk_exchange(struct cloud_desk *desk);

/* The first 'len' bytes of the desk's file, followed by its progress and, when set, its hook. */
struct update_setup cloud_desk_setup(struct cloud_desk *desk, size_t len, enum update_mode mode);

/* An update until there is a result. */
void cloud_desk_run(struct cloud_desk *desk, const struct update_setup *setup);

/* The board has that much of the file. */
void cloud_desk_check_file(const struct cloud_desk *desk, size_t len);

#endif
