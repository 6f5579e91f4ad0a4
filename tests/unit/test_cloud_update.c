/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Updates over a session in clear, against a board of either era: what arrives, and what the result
 * is when something goes wrong on either side.
 */
#include "lib/cloud_desk.h"
#include "lib/testing.h"

#include <string.h>

enum { S = 1000000 };

static const struct good_row {
	enum cloud_board_era era;
	enum update_mode mode;
	enum update_padding padding;
	uint16_t chunk_bytes;
	size_t len;
} goods[] = {
	{ CLOUD_BOARD_15, UPDATE_FAST, UPDATE_UNPADDED, 0, 5000 },
	{ CLOUD_BOARD_15, UPDATE_SLOW, UPDATE_UNPADDED, 0, 5000 },
	{ CLOUD_BOARD_15, UPDATE_FAST, UPDATE_PADDED, 1024, CLOUD_DESK_FILE_MAX },
	{ CLOUD_BOARD_15, UPDATE_SLOW, UPDATE_PADDED, 100, 1001 },
	{ CLOUD_BOARD_052, UPDATE_FAST, UPDATE_PADDED, 0, 5000 },
	{ CLOUD_BOARD_052, UPDATE_SLOW, UPDATE_UNPADDED, 512, 512 },
	{ CLOUD_BOARD_052, UPDATE_SLOW, UPDATE_UNPADDED, 0, 1 },
	{ CLOUD_BOARD_15, UPDATE_FAST, UPDATE_UNPADDED, 0, 1024 },
};

START_TEST(update_arrives)
{
	const struct good_row *row = &goods[_i];
	struct cloud_desk *desk = cloud_desk_new(row->era);
	struct update_setup setup = cloud_desk_setup(desk, row->len, row->mode);
	const struct update *update = &desk->session.update;
	unsigned int bytes = row->chunk_bytes ? row->chunk_bytes : 512;
	unsigned int chunks = (unsigned int)((row->len + bytes - 1) / bytes);

	memset(desk->board.file, 0xff, CLOUD_BOARD_FILE_MAX);
	setup.padding = row->padding;
	setup.chunk_bytes = row->chunk_bytes;
	cloud_desk_run(desk, &setup);
	ck_assert_int_eq(update->result, UPDATE_DONE);
	ck_assert_str_eq(update->text, "");
	ck_assert_int_eq(update->checks,
			 row->era == CLOUD_BOARD_15 ? UPDATE_CHECKS_GOOD : UPDATE_CHECKS_UNKNOWN);
	ck_assert_int_eq(update->ended_by, UPDATE_ENDED_BY_CLOUD);
	cloud_desk_check_file(desk, row->len);
	ck_assert_uint_eq(desk->board.chunks, chunks);
	ck_assert_uint_eq(desk->board.file_bytes,
			  row->padding == UPDATE_PADDED
				  ? chunks * (row->chunk_bytes ? row->chunk_bytes : 512u)
				  : row->len);
	if (row->padding == UPDATE_PADDED)
		for (size_t i = row->len; i < chunks * bytes; i++)
			ck_assert_uint_eq(desk->board.file[i], 0);
	ck_assert_uint_eq(desk->board.file[chunks * bytes], 0xff);
	ck_assert_uint_eq(desk->steps[UPDATE_STEP_BEGIN], 1);
	ck_assert_uint_eq(desk->steps[UPDATE_STEP_READY], 1);
	ck_assert_uint_eq(desk->steps[UPDATE_STEP_SENT], chunks);
	ck_assert_uint_eq(desk->steps[UPDATE_STEP_TAKEN], row->mode == UPDATE_SLOW ? chunks : 0);
	ck_assert_uint_eq(desk->steps[UPDATE_STEP_ASKED], 1);
	ck_assert_uint_eq(desk->steps[UPDATE_STEP_OVER], 1);
	ck_assert_uint_eq(desk->last.bytes, row->len);
	ck_assert_int_lt(desk->now_us, S); /* nobody waited */
	ck_assert_int_eq(desk->session.state, SESSION_OPEN);
	cloud_desk_free(desk);
}
END_TEST

/* Two updates in one session: the second does not take the first one's answers for its own. */
START_TEST(one_after_the_other)
{
	struct cloud_desk *desk = cloud_desk_new(CLOUD_BOARD_15);
	struct update_setup setup = cloud_desk_setup(desk, 3000, UPDATE_FAST);

	cloud_desk_run(desk, &setup);
	setup.len = 4000;
	setup.mode = UPDATE_SLOW;
	ck_assert(!update_is_on(&desk->session.update));
	cloud_desk_run(desk, &setup);
	ck_assert_int_eq(desk->session.update.result, UPDATE_DONE);
	cloud_desk_check_file(desk, 4000);
	cloud_desk_free(desk);
}
END_TEST

/* Chunks that the carrier swallows: how both eras get them. */
static const struct loss_row {
	enum cloud_board_era era;
	int loses;
	unsigned int dones; /* UpdateDone that the board sees */
	enum update_ended_by by;
} losses[] = {
	{ CLOUD_BOARD_15, 1, 2, UPDATE_ENDED_BY_CLOUD },
	{ CLOUD_BOARD_15, 39, 2, UPDATE_ENDED_BY_CLOUD },
	{ CLOUD_BOARD_15, 90, 4, UPDATE_ENDED_BY_CLOUD }, /* asked for 40 at a time */
	{ CLOUD_BOARD_052, 1, 1, UPDATE_ENDED_BY_BOARD },
	{ CLOUD_BOARD_052, 50, 1, UPDATE_ENDED_BY_BOARD },
	/* asked for 50 at a time; this board asks again only when it is asked */
	{ CLOUD_BOARD_052, 60, 2, UPDATE_ENDED_BY_BOARD },
};

/* Once with a chunk at a time, once as many at a time as a TCP server puts out. */
START_TEST(lost_chunks_are_sent_again)
{
	const struct loss_row *row = &losses[_i / 2];
	struct cloud_desk *desk = cloud_desk_new(row->era);
	struct update_setup setup = cloud_desk_setup(desk, 60000, UPDATE_FAST);

	desk->board.loses = row->loses;
	desk->session.setup.window_bytes = _i % 2 ? SESSION_OUT_MAX / 2 : 1;
	cloud_desk_run(desk, &setup);
	ck_assert_msg(desk->session.update.result == UPDATE_DONE, "%s", desk->session.update.text);
	cloud_desk_check_file(desk, 60000);
	ck_assert_uint_eq(desk->board.dones, row->dones);
	ck_assert_int_eq(desk->session.update.ended_by, row->by);
	ck_assert_uint_eq(desk->session.update.missed, (unsigned int)row->loses);
	cloud_desk_free(desk);
}
END_TEST

START_TEST(bad_chunks_are_sent_again)
{
	struct cloud_desk *desk = cloud_desk_new(CLOUD_BOARD_15);
	struct update_setup setup = cloud_desk_setup(desk, 3000, UPDATE_SLOW);

	desk->board.calls_bad = UPDATE_REFUSALS_MAX;
	cloud_desk_run(desk, &setup);
	ck_assert_int_eq(desk->session.update.result, UPDATE_DONE);
	ck_assert_uint_eq(desk->session.update.refusals, UPDATE_REFUSALS_MAX);
	cloud_desk_check_file(desk, 3000);
	desk->board.calls_bad = UPDATE_REFUSALS_MAX + 1;
	cloud_desk_run(desk, &setup);
	ck_assert_int_eq(desk->session.update.result, UPDATE_GARBLED);
	ck_assert_str_eq(desk->session.update.text, "the board called chunk 0 bad 16 times");
	cloud_desk_free(desk);
}
END_TEST

static void refuse_begin(struct cloud_board *board)
{
	board->refuses = COAP_UNAVAILABLE;
}

static void refuse_begin_400(struct cloud_board *board)
{
	board->refuses = COAP_BAD;
}

static void answer_begin_oddly(struct cloud_board *board)
{
	board->refuses = COAP_CONTENT;
}

static void be_mute(struct cloud_board *board)
{
	board->mute = true;
}

static void be_never_ready(struct cloud_board *board)
{
	board->never_ready = true;
}

static void lose_one(struct cloud_board *board)
{
	board->loses = 1;
}

static void forget_answer(struct cloud_board *board)
{
	board->forgets_answer = true;
}

static void ask_for_ever(struct cloud_board *board)
{
	board->asks_for_ever = true;
}

static void ask_early(struct cloud_board *board)
{
	board->asks_early = true;
	board->never_ready = true;
}

static void ask_beyond(struct cloud_board *board)
{
	board->loses = 1;
	board->asks_beyond = true;
}

static void find_it_bad(struct cloud_board *board)
{
	board->result = "{\"r\":\"error\"}";
}

/* What a board does, and what comes of it, when. */
static const struct fate_row {
	void (*does)(struct cloud_board *board);
	enum update_mode mode;
	enum update_result result;
	const char *text;
	int64_t at_us;
} fates[] = {
	{ refuse_begin, UPDATE_FAST, UPDATE_REFUSED, "the board refused the update with 5.03", 0 },
	{ refuse_begin_400, UPDATE_SLOW, UPDATE_REFUSED, "the board refused the update with 4.00",
	  0 },
	{ answer_begin_oddly, UPDATE_SLOW, UPDATE_GARBLED, "answer 2.05 to the update's begin", 0 },
	{ be_mute, UPDATE_FAST, UPDATE_TIMEOUT,
	  "waited in vain for the board to be ready (chunk 0 of 6)", 20 * S },
	{ be_never_ready, UPDATE_FAST, UPDATE_TIMEOUT,
	  "waited in vain for the board to be ready (chunk 0 of 6)", 45 * S },
	{ lose_one, UPDATE_SLOW, UPDATE_TIMEOUT,
	  "waited in vain for the answer to a chunk (chunk 0 of 6)", 20 * S },
	{ forget_answer, UPDATE_FAST, UPDATE_TIMEOUT,
	  "waited in vain for the answer to the update's end (chunk 6 of 6)", 20 * S },
	{ ask_for_ever, UPDATE_FAST, UPDATE_GARBLED, "the board asked for chunks 256 times", 0 },
	{ ask_early, UPDATE_FAST, UPDATE_TIMEOUT,
	  "waited in vain for the board to be ready (chunk 0 of 6)", 45 * S },
	{ ask_beyond, UPDATE_FAST, UPDATE_GARBLED,
	  "the board asked for chunks that there are none of (2 bytes, 6 chunks)", 0 },
	{ find_it_bad, UPDATE_FAST, UPDATE_DONE, "", 0 },
};

START_TEST(fates_of_updates)
{
	const struct fate_row *row = &fates[_i];
	struct cloud_desk *desk = cloud_desk_new(CLOUD_BOARD_15);
	struct update_setup setup = cloud_desk_setup(desk, 3000, row->mode);
	const struct update *update = &desk->session.update;

	row->does(&desk->board);
	cloud_desk_run(desk, &setup);
	ck_assert_msg(update->result == row->result, "%s: %s", update_result_name(update->result),
		      update->text);
	ck_assert_str_eq(update->text, row->text);
	ck_assert_int_eq(desk->now_us, row->at_us);
	if (row->does == find_it_bad) {
		ck_assert_int_eq(update->checks, UPDATE_CHECKS_BAD);
		ck_assert_str_eq(update->answer, "{\"r\":\"error\"}");
	}
	cloud_desk_free(desk);
}
END_TEST

/* The carrier ends, the board greets anew, the caller has cut its power. */
START_TEST(updates_that_are_broken_off)
{
	struct cloud_desk *desk = cloud_desk_new(CLOUD_BOARD_15);
	struct update_setup setup = cloud_desk_setup(desk, 3000, UPDATE_SLOW);

	ck_assert(session_update(&desk->session, &setup, 0));
	ck_assert(!session_update(&desk->session, &setup, 0));
	cloud_desk_exchange(desk);
	if (_i == 0)
		session_gone(&desk->session, SESSION_END_GONE, "the stream ended", 0);
	else
		cloud_board_up(&desk->board);
	cloud_desk_exchange(desk);
	ck_assert_int_eq(desk->session.update.result, UPDATE_GONE);
	ck_assert_str_eq(desk->session.update.text,
			 _i ? "the board began a new session" : "the stream ended");
	ck_assert_int_eq(session_update(&desk->session, &setup, 0), _i);
	cloud_desk_free(desk);
}
END_TEST

START_TEST(caller_breaks_it_off)
{
	enum update_step_kind at = (enum update_step_kind)_i;
	struct cloud_desk *desk = cloud_desk_new(CLOUD_BOARD_15);
	struct update_setup setup =
		cloud_desk_setup(desk, 3000, at == UPDATE_STEP_MISSED ? UPDATE_FAST : UPDATE_SLOW);

	desk->stop_at = at;
	desk->board.loses = at == UPDATE_STEP_MISSED;
	cloud_desk_run(desk, &setup);
	ck_assert_int_eq(desk->session.update.result, UPDATE_CUT);
	ck_assert_str_eq(desk->session.update.text, "broken off by the caller");
	ck_assert_uint_eq(desk->steps[at], 1);
	ck_assert_uint_eq(desk->steps[UPDATE_STEP_OVER], 1);
	ck_assert_int_eq(desk->session.state, SESSION_OPEN);
	cloud_desk_free(desk);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cloud: updates");
	TCase *tcase = tcase_create("update");

	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, update_arrives, 0, ARRAY_LEN(goods));
	tcase_add_test(tcase, one_after_the_other);
	tcase_add_loop_test(tcase, lost_chunks_are_sent_again, 0, 2 * ARRAY_LEN(losses));
	tcase_add_test(tcase, bad_chunks_are_sent_again);
	tcase_add_loop_test(tcase, fates_of_updates, 0, ARRAY_LEN(fates));
	tcase_add_loop_test(tcase, updates_that_are_broken_off, 0, 2);
	tcase_add_loop_test(tcase, caller_breaks_it_off, UPDATE_STEP_BEGIN, UPDATE_STEP_OVER);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
