/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Updates over a session in clear, against a board of either era (lib/cloud_board.h): what arrives,
 * what the result is when something goes wrong on either side, and the hook for what a cloud should
 * not do. Time jumps to the next deadline when nobody has anything to say.
 */
#include "base/hash.h"
#include "cloud/session.h"
#include "lib/cloud_board.h"
#include "lib/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { S = 1000000, FILE_MAX = 300000, STEPS_MAX = 8, TURNS_MAX = 200000 };

struct desk {
	struct session session;
	struct cloud_board board;
	int64_t now_us;
	uint8_t file[FILE_MAX];
	unsigned int steps[STEPS_MAX]; /* how often the progress told of each */
	struct update_progress last;
	enum update_step_kind stop_at;
	/* the hook */
	unsigned int seen;
	struct tamper_message kept;
	void (*tampers)(struct desk *desk, const struct tamper_message *message,
			struct tamper_plan *plan);
};

/* True when somebody had something to say. */
static bool exchange(struct desk *desk)
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

static struct desk *new_desk(enum cloud_board_era era)
{
	static const struct session_setup setup = { .window_bytes = 1 };
	struct desk *desk = calloc(1, sizeof(*desk));

	ck_assert_ptr_nonnull(desk);
	for (size_t i = 0; i < FILE_MAX; i++)
		desk->file[i] = (uint8_t)(i * 31 + i / 256);
	cloud_board_begin(&desk->board, era, 1, NULL, 0);
	session_begin(&desk->session, &setup, 0);
	cloud_board_up(&desk->board);
	exchange(desk);
	exchange(desk);
	ck_assert(desk->board.online);
	return desk;
}

static void free_desk(struct desk *desk)
{
	cloud_board_end(&desk->board);
	free(desk);
}

static enum update_go on_progress(void *ctx, const struct update_progress *progress)
{
	struct desk *desk = ctx;

	ck_assert_int_lt(progress->step, STEPS_MAX);
	desk->steps[progress->step]++;
	desk->last = *progress;
	return progress->step == desk->stop_at ? UPDATE_STOP : UPDATE_GO_ON;
}

static void on_message(void *ctx, const struct tamper_message *message, struct tamper_plan *plan)
{
	struct desk *desk = ctx;

	desk->seen++;
	desk->tampers(desk, message, plan);
}

static struct update_setup setup_of(struct desk *desk, size_t len, enum update_mode mode)
{
	struct update_setup setup = {
		.bytes = desk->file, .len = len, .mode = mode, .progress = on_progress, .ctx = desk
	};

	if (desk->tampers)
		setup.tamper = (struct tamper){ .ctx = desk, .message = on_message };
	return setup;
}

/* Until there is a result; jumps to deadlines. */
static void run(struct desk *desk, const struct update_setup *setup)
{
	const struct update *update = &desk->session.update;

	ck_assert(session_update(&desk->session, setup, desk->now_us));
	for (int i = 0; update_is_on(update); i++) {
		bool moved = exchange(desk);

		ck_assert_int_lt(i, TURNS_MAX);
		if (!moved && update_is_on(update))
			desk->now_us = session_due_us(&desk->session);
	}
}

static void check_file(const struct desk *desk, size_t len)
{
	ck_assert_uint_eq(desk->board.file_len, len);
	ck_assert_mem_eq(desk->board.file, desk->file, len);
}

static const struct good_row {
	enum cloud_board_era era;
	enum update_mode mode;
	enum update_padding padding;
	uint16_t chunk_bytes;
	size_t len;
} goods[] = {
	{ CLOUD_BOARD_15, UPDATE_FAST, UPDATE_UNPADDED, 0, 5000 },
	{ CLOUD_BOARD_15, UPDATE_SLOW, UPDATE_UNPADDED, 0, 5000 },
	{ CLOUD_BOARD_15, UPDATE_FAST, UPDATE_PADDED, 1024, FILE_MAX },
	{ CLOUD_BOARD_15, UPDATE_SLOW, UPDATE_PADDED, 100, 1001 },
	{ CLOUD_BOARD_052, UPDATE_FAST, UPDATE_PADDED, 0, 5000 },
	{ CLOUD_BOARD_052, UPDATE_SLOW, UPDATE_UNPADDED, 512, 512 },
	{ CLOUD_BOARD_052, UPDATE_SLOW, UPDATE_UNPADDED, 0, 1 },
	{ CLOUD_BOARD_15, UPDATE_FAST, UPDATE_UNPADDED, 0, 1024 },
};

START_TEST(update_arrives)
{
	const struct good_row *row = &goods[_i];
	struct desk *desk = new_desk(row->era);
	struct update_setup setup = setup_of(desk, row->len, row->mode);
	const struct update *update = &desk->session.update;
	unsigned int bytes = row->chunk_bytes ? row->chunk_bytes : 512;
	unsigned int chunks = (unsigned int)((row->len + bytes - 1) / bytes);

	setup.padding = row->padding;
	setup.chunk_bytes = row->chunk_bytes;
	run(desk, &setup);
	ck_assert_int_eq(update->result, UPDATE_DONE);
	ck_assert_str_eq(update->text, "");
	ck_assert_int_eq(update->checks,
			 row->era == CLOUD_BOARD_15 ? UPDATE_CHECKS_GOOD : UPDATE_CHECKS_UNKNOWN);
	ck_assert_int_eq(update->ended_by, UPDATE_ENDED_BY_CLOUD);
	check_file(desk, row->len);
	ck_assert_uint_eq(desk->board.chunks, chunks);
	ck_assert_uint_eq(desk->board.file_bytes,
			  row->padding == UPDATE_PADDED
				  ? chunks * (row->chunk_bytes ? row->chunk_bytes : 512u)
				  : row->len);
	ck_assert_uint_eq(desk->steps[UPDATE_STEP_BEGIN], 1);
	ck_assert_uint_eq(desk->steps[UPDATE_STEP_READY], 1);
	ck_assert_uint_eq(desk->steps[UPDATE_STEP_SENT], chunks);
	ck_assert_uint_eq(desk->steps[UPDATE_STEP_TAKEN], row->mode == UPDATE_SLOW ? chunks : 0);
	ck_assert_uint_eq(desk->steps[UPDATE_STEP_ASKED], 1);
	ck_assert_uint_eq(desk->steps[UPDATE_STEP_OVER], 1);
	ck_assert_uint_eq(desk->last.bytes, row->len);
	ck_assert_int_lt(desk->now_us, S); /* nobody waited */
	ck_assert_int_eq(desk->session.state, SESSION_OPEN);
	free_desk(desk);
}
END_TEST

/* Two updates in one session: the second does not take the first one's answers for its own. */
START_TEST(one_after_the_other)
{
	struct desk *desk = new_desk(CLOUD_BOARD_15);
	struct update_setup setup = setup_of(desk, 3000, UPDATE_FAST);

	run(desk, &setup);
	setup.len = 4000;
	setup.mode = UPDATE_SLOW;
	ck_assert(!update_is_on(&desk->session.update));
	run(desk, &setup);
	ck_assert_int_eq(desk->session.update.result, UPDATE_DONE);
	check_file(desk, 4000);
	free_desk(desk);
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

START_TEST(lost_chunks_are_sent_again)
{
	const struct loss_row *row = &losses[_i];
	struct desk *desk = new_desk(row->era);
	struct update_setup setup = setup_of(desk, 60000, UPDATE_FAST);

	desk->board.loses = row->loses;
	run(desk, &setup);
	ck_assert_msg(desk->session.update.result == UPDATE_DONE, "%s", desk->session.update.text);
	check_file(desk, 60000);
	ck_assert_uint_eq(desk->board.dones, row->dones);
	ck_assert_int_eq(desk->session.update.ended_by, row->by);
	ck_assert_uint_eq(desk->session.update.missed, (unsigned int)row->loses);
	free_desk(desk);
}
END_TEST

START_TEST(bad_chunks_are_sent_again)
{
	struct desk *desk = new_desk(CLOUD_BOARD_15);
	struct update_setup setup = setup_of(desk, 3000, UPDATE_SLOW);

	desk->board.calls_bad = UPDATE_REFUSALS_MAX;
	run(desk, &setup);
	ck_assert_int_eq(desk->session.update.result, UPDATE_DONE);
	ck_assert_uint_eq(desk->session.update.refusals, UPDATE_REFUSALS_MAX);
	check_file(desk, 3000);
	desk->board.calls_bad = UPDATE_REFUSALS_MAX + 1;
	run(desk, &setup);
	ck_assert_int_eq(desk->session.update.result, UPDATE_GARBLED);
	ck_assert_str_eq(desk->session.update.text, "the board called chunk 0 bad 16 times");
	free_desk(desk);
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
	{ find_it_bad, UPDATE_FAST, UPDATE_DONE, "", 0 },
};

START_TEST(fates_of_updates)
{
	const struct fate_row *row = &fates[_i];
	struct desk *desk = new_desk(CLOUD_BOARD_15);
	struct update_setup setup = setup_of(desk, 3000, row->mode);
	const struct update *update = &desk->session.update;

	row->does(&desk->board);
	run(desk, &setup);
	ck_assert_msg(update->result == row->result, "%s: %s", update_result_name(update->result),
		      update->text);
	ck_assert_str_eq(update->text, row->text);
	ck_assert_int_eq(desk->now_us, row->at_us);
	if (row->does == find_it_bad) {
		ck_assert_int_eq(update->checks, UPDATE_CHECKS_BAD);
		ck_assert_str_eq(update->answer, "{\"r\":\"error\"}");
	}
	free_desk(desk);
}
END_TEST

/* The carrier ends, the board greets anew, the caller has cut its power. */
START_TEST(updates_that_are_broken_off)
{
	struct desk *desk = new_desk(CLOUD_BOARD_15);
	struct update_setup setup = setup_of(desk, 3000, UPDATE_SLOW);

	ck_assert(session_update(&desk->session, &setup, 0));
	ck_assert(!session_update(&desk->session, &setup, 0));
	exchange(desk);
	if (_i == 0)
		session_gone(&desk->session, SESSION_END_GONE, "the stream ended", 0);
	else
		cloud_board_up(&desk->board);
	exchange(desk);
	ck_assert_int_eq(desk->session.update.result, UPDATE_GONE);
	ck_assert_str_eq(desk->session.update.text,
			 _i ? "the board began a new session" : "the stream ended");
	ck_assert_int_eq(session_update(&desk->session, &setup, 0), _i);
	free_desk(desk);
}
END_TEST

START_TEST(caller_breaks_it_off)
{
	enum update_step_kind at = (enum update_step_kind)_i;
	struct desk *desk = new_desk(CLOUD_BOARD_15);
	struct update_setup setup =
		setup_of(desk, 3000, at == UPDATE_STEP_MISSED ? UPDATE_FAST : UPDATE_SLOW);

	desk->stop_at = at;
	desk->board.loses = at == UPDATE_STEP_MISSED;
	run(desk, &setup);
	ck_assert_int_eq(desk->session.update.result, UPDATE_CUT);
	ck_assert_str_eq(desk->session.update.text, "broken off by the caller");
	ck_assert_uint_eq(desk->steps[at], 1);
	ck_assert_uint_eq(desk->steps[UPDATE_STEP_OVER], 1);
	ck_assert_int_eq(desk->session.state, SESSION_OPEN);
	free_desk(desk);
}
END_TEST

/* Tampering: what is sent instead, and what becomes of it. */

static void pass(struct desk *desk, const struct tamper_message *message, struct tamper_plan *plan)
{
	(void)desk;
	ck_assert_uint_eq(plan->count, 0);
	ck_assert(tamper_send(plan, message, 0));
}

static void drop_third(struct desk *desk, const struct tamper_message *message,
		       struct tamper_plan *plan)
{
	if (desk->seen != 3)
		pass(desk, message, plan);
}

static void send_twice(struct desk *desk, const struct tamper_message *message,
		       struct tamper_plan *plan)
{
	pass(desk, message, plan);
	if (message->kind == TAMPER_CHUNK)
		ck_assert(tamper_send(plan, message, 1000));
}

/* Chunk 1 after chunk 2. */
static void reorder(struct desk *desk, const struct tamper_message *message,
		    struct tamper_plan *plan)
{
	bool is_chunk = message->kind == TAMPER_CHUNK;

	if (is_chunk && message->index == 1) {
		desk->kept = *message;
		return;
	}
	pass(desk, message, plan);
	if (is_chunk && message->index == 2)
		ck_assert(tamper_send(plan, &desk->kept, 0));
}

/* Another byte, its CRC left alone: the board notices. */
static void corrupt_first(struct desk *desk, const struct tamper_message *message,
			  struct tamper_plan *plan)
{
	struct tamper_message copy = *message;

	if (desk->seen == 2)
		copy.data[7] ^= 0x10;
	pass(desk, &copy, plan);
}

/* ... or made right: it does not. */
static void corrupt_first_well(struct desk *desk, const struct tamper_message *message,
			       struct tamper_plan *plan)
{
	struct tamper_message copy = *message;

	if (desk->seen == 2) {
		copy.data[7] ^= 0x10;
		tamper_fix_crc(&copy);
	}
	pass(desk, &copy, plan);
}

static void delay_all(struct desk *desk, const struct tamper_message *message,
		      struct tamper_plan *plan)
{
	(void)desk;
	ck_assert(tamper_send(plan, message, 30 * (int64_t)S));
}

static void stall_at_third(struct desk *desk, const struct tamper_message *message,
			   struct tamper_plan *plan)
{
	pass(desk, message, plan);
	if (desk->seen == 3)
		plan->then = TAMPER_STALL;
}

static void leave_at_third(struct desk *desk, const struct tamper_message *message,
			   struct tamper_plan *plan)
{
	pass(desk, message, plan);
	if (desk->seen == 3)
		plan->then = TAMPER_DISCONNECT;
}

static void lie_about_begin(struct desk *desk, const struct tamper_message *message,
			    struct tamper_plan *plan)
{
	struct tamper_message copy = *message;

	if (message->kind == TAMPER_BEGIN)
		copy.begin.file_bytes = 6 * 512; /* is 3000 */
	pass(desk, &copy, plan);
}

static void begin_twice(struct desk *desk, const struct tamper_message *message,
			struct tamper_plan *plan)
{
	pass(desk, message, plan);
	if (message->kind == TAMPER_BEGIN)
		ck_assert(tamper_send(plan, message, 0));
}

static void end_early(struct desk *desk, const struct tamper_message *message,
		      struct tamper_plan *plan)
{
	struct tamper_message done = *message;

	pass(desk, message, plan);
	done.kind = TAMPER_DONE;
	done.type = COAP_CON;
	done.token = (uint8_t)(message->token + 1);
	if (message->kind == TAMPER_CHUNK && message->index == 2 && desk->seen < 6)
		ck_assert(tamper_send(plan, &done, 0));
}

/* An unknown message, then bytes of no order; boards of this test are strict about the second. */
static void inject(struct desk *desk, const struct tamper_message *message,
		   struct tamper_plan *plan)
{
	static const uint8_t unknown[] = { 0x50, 3, 0x80, 1, 0xb1, 'q' };

	pass(desk, message, plan);
	ck_assert(tamper_send_raw(plan, unknown, sizeof(unknown), 0));
	ck_assert(!tamper_send_raw(plan, unknown, 0, 0));
	ck_assert(!tamper_send_raw(plan, unknown, TAMPER_FRAME_MAX + 1, 0));
}

static const struct tamper_row {
	void (*tampers)(struct desk *desk, const struct tamper_message *message,
			struct tamper_plan *plan);
	enum update_mode mode;
	enum update_result result;
	unsigned int chunks;  /* that the board saw */
	unsigned int missed;  /* asked for again */
	unsigned int refused; /* called bad */
	size_t differs_at;    /* first byte of the board's file that is another; 0: none */
	int64_t at_us;
} tampers[] = {
	{ pass, UPDATE_FAST, UPDATE_DONE, 6, 0, 0, 0, 0 },
	{ pass, UPDATE_SLOW, UPDATE_DONE, 6, 0, 0, 0, 0 },
	{ drop_third, UPDATE_FAST, UPDATE_DONE, 6, 1, 0, 0, 0 },
	{ drop_third, UPDATE_SLOW, UPDATE_TIMEOUT, 1, 0, 0, 512, 20 * S },
	{ send_twice, UPDATE_FAST, UPDATE_DONE, 12, 0, 0, 0, 6000 },
	{ reorder, UPDATE_FAST, UPDATE_DONE, 6, 0, 0, 0, 0 },
	{ corrupt_first, UPDATE_FAST, UPDATE_DONE, 7, 1, 0, 0, 0 },
	{ corrupt_first, UPDATE_SLOW, UPDATE_DONE, 7, 0, 1, 0, 0 },
	{ corrupt_first_well, UPDATE_SLOW, UPDATE_DONE, 6, 0, 0, 7, 0 },
	{ delay_all, UPDATE_SLOW, UPDATE_DONE, 6, 0, 0, 0, 8 * 30 * (int64_t)S },
	{ stall_at_third, UPDATE_FAST, UPDATE_TIMEOUT, 2, 0, 0, 1024, 20 * S },
	{ leave_at_third, UPDATE_FAST, UPDATE_CUT, 2, 0, 0, 1024, 0 },
	{ lie_about_begin, UPDATE_FAST, UPDATE_DONE, 6, 0, 0, 0, 0 },
	{ begin_twice, UPDATE_FAST, UPDATE_DONE, 6, 0, 0, 0, 0 },
	{ begin_twice, UPDATE_SLOW, UPDATE_DONE, 6, 0, 0, 0, 0 },
	{ end_early, UPDATE_FAST, UPDATE_DONE, 6, 3, 0, 0, 0 },
	{ inject, UPDATE_SLOW, UPDATE_DONE, 6, 0, 0, 0, 0 },
};

START_TEST(tampering)
{
	const struct tamper_row *row = &tampers[_i];
	struct desk *desk = new_desk(CLOUD_BOARD_15);
	const struct update *update = &desk->session.update;
	struct update_setup setup;
	size_t same = 0;

	desk->tampers = row->tampers;
	setup = setup_of(desk, 3000, row->mode);
	run(desk, &setup);
	ck_assert_msg(update->result == row->result, "%s: %s", update_result_name(update->result),
		      update->text);
	ck_assert_uint_eq(desk->board.chunks, row->chunks);
	ck_assert_uint_eq(update->missed, row->missed);
	ck_assert_uint_eq(update->refusals, row->refused);
	ck_assert_int_eq(desk->now_us, row->at_us);
	while (same < 3000 && desk->board.file[same] == desk->file[same])
		same++;
	ck_assert_uint_eq(same, row->differs_at ? row->differs_at : 3000);
	if (row->tampers == leave_at_third) {
		exchange(desk);
		ck_assert_int_eq(desk->session.end, SESSION_END_DROPPED);
	}
	free_desk(desk);
}
END_TEST

/* The bytes of each message, by hand from facts 8.3. */
START_TEST(messages_by_hand)
{
	static const uint8_t begin[] = { 0x41, 2, 0, 7,	   0x5b, 0xb1, 'u', 0xff, 1, 2,
					 0,    0, 0, 0x0b, 0xb8, 0,    0,   0,	  0, 0 };
	static const uint8_t chunk[] = { 0x51, 2,    0,	   8,	 0x5c, 0xb1, 'c',  0x44, 0xcb,
					 0xf4, 0x39, 0x26, 0x02, 0x01, 0x02, 0xff, '1',	 '2',
					 '3',  '4',  '5',  '6',	 '7',  '8',  '9' };
	static const uint8_t done[] = { 0x41, 3, 0, 9, 0x5d, 0xb1, 'u' };
	struct tamper_message message = {
		.kind = TAMPER_BEGIN,
		.type = COAP_CON,
		.id = 7,
		.token = 0x5b,
		.begin = { .flags = 1, .chunk_bytes = 512, .file_bytes = 3000 },
	};
	uint8_t bytes[64];

	ck_assert_uint_eq(tamper_encode(&message, bytes, sizeof(bytes)), sizeof(begin));
	ck_assert_mem_eq(bytes, begin, sizeof(begin));
	message = (struct tamper_message){ .kind = TAMPER_CHUNK,
					   .type = COAP_NON,
					   .id = 8,
					   .token = 0x5c,
					   .has_index = TAMPER_INDEX_SENT,
					   .index = 0x0102,
					   .data_len = 9 };
	memcpy(message.data, "123456789", 9); /* whose CRC-32 everybody knows: cbf43926 */
	tamper_fix_crc(&message);
	ck_assert_uint_eq(tamper_encode(&message, bytes, sizeof(bytes)), sizeof(chunk));
	ck_assert_mem_eq(bytes, chunk, sizeof(chunk));
	message = (struct tamper_message){
		.kind = TAMPER_DONE, .type = COAP_CON, .id = 9, .token = 0x5d
	};
	ck_assert_uint_eq(tamper_encode(&message, bytes, sizeof(bytes)), sizeof(done));
	ck_assert_mem_eq(bytes, done, sizeof(done));
}
END_TEST

START_TEST(plans_are_bounded)
{
	static struct tamper_plan plan;
	struct tamper_message message = { .kind = TAMPER_DONE };

	for (int i = 0; i < TAMPER_FRAMES_MAX; i++)
		ck_assert(tamper_send(&plan, &message, 0));
	ck_assert(!tamper_send(&plan, &message, 0));
	ck_assert(!tamper_send_raw(&plan, "x", 1, 0));
	ck_assert_uint_eq(plan.count, TAMPER_FRAMES_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cloud: updates");
	TCase *tcase = tcase_create("update");

	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, update_arrives, 0, ARRAY_LEN(goods));
	tcase_add_test(tcase, one_after_the_other);
	tcase_add_loop_test(tcase, lost_chunks_are_sent_again, 0, ARRAY_LEN(losses));
	tcase_add_test(tcase, bad_chunks_are_sent_again);
	tcase_add_loop_test(tcase, fates_of_updates, 0, ARRAY_LEN(fates));
	tcase_add_loop_test(tcase, updates_that_are_broken_off, 0, 2);
	tcase_add_loop_test(tcase, caller_breaks_it_off, UPDATE_STEP_BEGIN, UPDATE_STEP_OVER);
	tcase_add_loop_test(tcase, tampering, 0, ARRAY_LEN(tampers));
	tcase_add_test(tcase, messages_by_hand);
	tcase_add_test(tcase, plans_are_bounded);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
