/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The hook for what a cloud should not do: what is sent instead of a message, and what becomes of
 * the update; and the bytes of each message.
 */
#include "lib/cloud_desk.h"
#include "lib/testing.h"

#include <string.h>

enum { S = 1000000 };

static void pass(struct cloud_desk *desk, const struct tamper_message *message,
		 struct tamper_plan *plan)
{
	(void)desk;
	ck_assert_uint_eq(plan->count, 0);
	ck_assert(tamper_send(plan, message, 0));
}

static void drop_third(struct cloud_desk *desk, const struct tamper_message *message,
		       struct tamper_plan *plan)
{
	if (desk->seen != 3)
		pass(desk, message, plan);
}

static void send_twice(struct cloud_desk *desk, const struct tamper_message *message,
		       struct tamper_plan *plan)
{
	pass(desk, message, plan);
	if (message->kind == TAMPER_CHUNK)
		ck_assert(tamper_send(plan, message, 1000));
}

/* Chunk 1 after chunk 2. */
static void reorder(struct cloud_desk *desk, const struct tamper_message *message,
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
static void corrupt_first(struct cloud_desk *desk, const struct tamper_message *message,
			  struct tamper_plan *plan)
{
	struct tamper_message copy = *message;

	if (desk->seen == 2)
		copy.data[7] ^= 0x10;
	pass(desk, &copy, plan);
}

/* ... or made right: it does not. */
static void corrupt_first_well(struct cloud_desk *desk, const struct tamper_message *message,
			       struct tamper_plan *plan)
{
	struct tamper_message copy = *message;

	if (desk->seen == 2) {
		copy.data[7] ^= 0x10;
		tamper_fix_crc(&copy);
	}
	pass(desk, &copy, plan);
}

static void delay_all(struct cloud_desk *desk, const struct tamper_message *message,
		      struct tamper_plan *plan)
{
	(void)desk;
	ck_assert(tamper_send(plan, message, 70 * (int64_t)S));
}

static void stall_at_third(struct cloud_desk *desk, const struct tamper_message *message,
			   struct tamper_plan *plan)
{
	pass(desk, message, plan);
	if (desk->seen == 3)
		plan->then = TAMPER_STALL;
}

static void leave_at_third(struct cloud_desk *desk, const struct tamper_message *message,
			   struct tamper_plan *plan)
{
	pass(desk, message, plan);
	if (desk->seen == 3)
		plan->then = TAMPER_DISCONNECT;
}

static void lie_about_begin(struct cloud_desk *desk, const struct tamper_message *message,
			    struct tamper_plan *plan)
{
	struct tamper_message copy = *message;

	if (message->kind == TAMPER_BEGIN)
		copy.begin.file_bytes = 6 * 512; /* is 3000 */
	pass(desk, &copy, plan);
}

static void begin_twice(struct cloud_desk *desk, const struct tamper_message *message,
			struct tamper_plan *plan)
{
	pass(desk, message, plan);
	if (message->kind == TAMPER_BEGIN)
		ck_assert(tamper_send(plan, message, 0));
}

/* Instead of the second chunk the update begins anew: all that came before is gone. */
static void begin_late(struct cloud_desk *desk, const struct tamper_message *message,
		       struct tamper_plan *plan)
{
	if (message->kind == TAMPER_BEGIN)
		desk->kept = *message;
	pass(desk, desk->seen == 3 ? &desk->kept : message, plan);
}

static void end_early(struct cloud_desk *desk, const struct tamper_message *message,
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
static void inject(struct cloud_desk *desk, const struct tamper_message *message,
		   struct tamper_plan *plan)
{
	static const uint8_t unknown[] = { 0x50, 3, 0x80, 1, 0xb1, 'q' };

	pass(desk, message, plan);
	ck_assert(tamper_send_raw(plan, unknown, sizeof(unknown), 0));
	ck_assert(!tamper_send_raw(plan, unknown, 0, 0));
	ck_assert(!tamper_send_raw(plan, unknown, TAMPER_FRAME_MAX + 1, 0));
}

static const struct tamper_row {
	void (*tampers)(struct cloud_desk *desk, const struct tamper_message *message,
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
	{ delay_all, UPDATE_SLOW, UPDATE_DONE, 6, 0, 0, 0, 8 * 70 * (int64_t)S },
	{ stall_at_third, UPDATE_FAST, UPDATE_TIMEOUT, 2, 0, 0, 1024, 20 * S },
	{ leave_at_third, UPDATE_FAST, UPDATE_CUT, 2, 0, 0, 1024, 0 },
	{ lie_about_begin, UPDATE_FAST, UPDATE_DONE, 6, 0, 0, 0, 0 },
	{ begin_twice, UPDATE_FAST, UPDATE_DONE, 6, 0, 0, 0, 0 },
	{ begin_twice, UPDATE_SLOW, UPDATE_DONE, 6, 0, 0, 0, 0 },
	{ begin_late, UPDATE_SLOW, UPDATE_DONE, 7, 0, 0, 0, 0 },
	{ end_early, UPDATE_FAST, UPDATE_DONE, 6, 3, 0, 0, 0 },
	{ inject, UPDATE_SLOW, UPDATE_DONE, 6, 0, 0, 0, 0 },
};

START_TEST(tampering)
{
	const struct tamper_row *row = &tampers[_i];
	struct cloud_desk *desk = cloud_desk_new(CLOUD_BOARD_15);
	const struct update *update = &desk->session.update;
	struct update_setup setup;
	size_t same = 0;

	desk->tampers = row->tampers;
	setup = cloud_desk_setup(desk, 3000, row->mode);
	cloud_desk_run(desk, &setup);
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
		cloud_desk_exchange(desk);
		ck_assert_int_eq(desk->session.end, SESSION_END_DROPPED);
	}
	cloud_desk_free(desk);
}
END_TEST

/* Every chunk spoiled the first time: more than one chunk may be refused, none so often. */
static void spoil_each_once(struct cloud_desk *desk, const struct tamper_message *message,
			    struct tamper_plan *plan)
{
	struct tamper_message copy = *message;

	if (message->kind == TAMPER_CHUNK && message->index == desk->kept.index) {
		copy.crc ^= 1;
		desk->kept.index++;
	}
	pass(desk, &copy, plan);
}

START_TEST(refusals_are_counted_by_chunk)
{
	enum { CHUNKS = 2 * UPDATE_REFUSALS_MAX };
	struct cloud_desk *desk = cloud_desk_new(CLOUD_BOARD_15);
	struct update_setup setup;

	desk->tampers = spoil_each_once;
	setup = cloud_desk_setup(desk, CHUNKS * UPDATE_CHUNK_DEFAULT, UPDATE_SLOW);
	cloud_desk_run(desk, &setup);
	ck_assert_int_eq(desk->session.update.result, UPDATE_DONE);
	ck_assert_uint_eq(desk->session.update.refusals, CHUNKS);
	cloud_desk_check_file(desk, CHUNKS * UPDATE_CHUNK_DEFAULT);
	cloud_desk_free(desk);
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
	Suite *suite = suite_create("cloud: tampering");
	TCase *tcase = tcase_create("tamper");

	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, tampering, 0, ARRAY_LEN(tampers));
	tcase_add_test(tcase, refusals_are_counted_by_chunk);
	tcase_add_test(tcase, messages_by_hand);
	tcase_add_test(tcase, plans_are_bounded);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
