/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every slot promises (bench/slot.h), asked of each that can be opened. The board runs a
 * program of its own that needs no release: it blinks red, programs a word of flash at each blink,
 * beginning at the first blank one, and shows on green whether SETUP is held.
 */
#include "bench/virtual/virtual.h"
#include "lib/testing.h"
#include "lib/wrapped.h"
#include "vboard/vboard.h"

#include <errno.h>
#include <string.h>

enum slot_test_sizes {
	EVENTS_MAX = 4096,
	PROGRAM_ADDRESS = 0x08000000,
	WORDS_ADDRESS = 0x080c0000, /* where the program writes */
	BLINK_US = 1100,	    /* no blink is longer */
	SOON_US = 20000,
	RED = 0,
	GREEN = 1,
};

/*
 * In order: stack and entry; clocks of ports A and C; both keys of the flash, words may be
 * programmed; PA1 and PA2 high, outputs; the first blank word is looked for. For ever: red lit,
 * 30000 times round, a word programmed, red dark, 30000 times round, green as SETUP.
 */
static const uint16_t program[] = {
	0x0000, 0x2002, 0x0009, 0x0800, 0x4816, 0x2105, 0x6001, 0x4816, 0x4916, 0x6041, 0x4916,
	0x6041, 0xf240, 0x2101, 0x6101, 0x4a15, 0x2106, 0x6191, 0x4914, 0x6011, 0x4b14, 0x6819,
	0x3101, 0xd001, 0x3304, 0xe7fa, 0xf44f, 0x3100, 0x6191, 0xf247, 0x5430, 0x3c01, 0xd1fd,
	0x2100, 0x6019, 0x3304, 0x2102, 0x6191, 0xf247, 0x5430, 0x3c01, 0xd1fd, 0x480a, 0x6800,
	0x2104, 0x0600, 0xd400, 0x0409, 0x6191, 0xe7e7, 0x3830, 0x4002, 0x3c00, 0x4002, 0x0123,
	0x4567, 0x89ab, 0xcdef, 0x0000, 0x4002, 0x0014, 0xa800, 0x0000, 0x080c, 0x0810, 0x4002,
};

static const struct opener {
	const char *model;
	enum wrapped how;
} openers[] = {
	{ "p1", WRAPPED_NOT },	  { "photon", WRAPPED_NOT }, { "p1", WRAPPED_FAULT },
	{ "p1", WRAPPED_RECORD }, /* the last two: see played_back_it_is_the_same */
	{ "p1", WRAPPED_REPLAY },
};

enum { OPENERS_ALONE = ARRAY_LEN(openers) - 1, OPENER_RECORD = 3, OPENER_REPLAY = 4 };

struct event {
	int64_t t_us;
	int channel; /* of the LED; -1 a flash operation */
	bool high;
	uint32_t address;
};

/* An open slot with the program on its board (NULL: played back), and what was heard from it. */
struct desk {
	const struct opener *opener;
	struct slot slot;
	struct vboard *board;
	struct event events[EVENTS_MAX];
	size_t count;
};

static void put_event(struct desk *desk, struct event event)
{
	ck_assert_uint_lt(desk->count, EVENTS_MAX);
	desk->events[desk->count++] = event;
}

static void on_led(void *ctx, int64_t t_us, int channel, bool high)
{
	put_event(ctx, (struct event){ .t_us = t_us, .channel = channel, .high = high });
}

static void on_flash(void *ctx, int64_t t_us, uint32_t address)
{
	put_event(ctx, (struct event){ .t_us = t_us, .channel = -1, .address = address });
}

static void open_desk(struct desk *desk, int opener)
{
	uint8_t bytes[sizeof(program)];

	memset(desk, 0, sizeof(*desk));
	desk->opener = &openers[opener];
	ck_assert_int_eq(virtual_open(desk->opener->model, &desk->slot, NULL), 0);
	desk->board = desk->opener->how == WRAPPED_REPLAY ? NULL : virtual_board(&desk->slot);
	wrapped_put(desk->opener->how, &desk->slot);
	memcpy(bytes, program, sizeof(bytes));
	ck_assert_int_eq(
		slot_storage_load(&desk->slot, PROGRAM_ADDRESS, bytes, sizeof(bytes), NULL), 0);
	slot_listen(&desk->slot,
		    &(struct slot_listener){ .ctx = desk, .led = on_led, .flash = on_flash });
}

static struct desk *new_desk(int opener)
{
	struct desk *desk = malloc(sizeof(*desk));

	ck_assert_ptr_nonnull(desk);
	open_desk(desk, opener);
	return desk;
}

static void free_desk(struct desk *desk)
{
	slot_close(&desk->slot);
	free(desk);
}

static void power(const struct desk *desk, enum slot_power state)
{
	ck_assert_int_eq(slot_power_set(&desk->slot, state, NULL), 0);
}

static void hold(const struct desk *desk, enum slot_line line, enum slot_hold state)
{
	ck_assert_int_eq(slot_hold(&desk->slot, line, state, NULL), 0);
}

static bool rail_is_up(const struct desk *desk)
{
	bool up = false;

	ck_assert_int_eq(slot_rail_read(&desk->slot, &up, NULL), 0);
	return up;
}

static enum slot_wait wait_us(const struct desk *desk, int64_t us)
{
	enum slot_wait why;

	ck_assert_int_eq(slot_wait(&desk->slot, slot_now_us(&desk->slot) + us, &why, NULL), 0);
	return why;
}

static void arm(const struct desk *desk, enum slot_cut_by by, uint64_t at, enum slot_cut_form form)
{
	struct slot_cut cut = { .by = by, .at = at, .form = form, .permille = 500 };

	ck_assert_int_eq(slot_cut_arm(&desk->slot, &cut, NULL), 0);
}

static uint32_t word_at(const struct desk *desk, uint32_t index)
{
	uint32_t word = 0;

	if (desk->board)
		ck_assert(vboard_flash_read(desk->board, WORDS_ADDRESS + 4 * index, &word, 4));
	wrapped_peeked(desk->opener->how, &word, sizeof(word));
	return word;
}

/* How many words the program has written, one after another. */
static uint32_t words_written(const struct desk *desk)
{
	uint32_t count = 0;

	while (word_at(desk, count) != UINT32_MAX)
		count++;
	return count;
}

static size_t count_lit(const struct desk *desk, int channel)
{
	size_t count = 0;

	for (size_t i = 0; i < desk->count; i++)
		count += desk->events[i].channel == channel && !desk->events[i].high;
	return count;
}

START_TEST(what_it_can_it_has_the_means_for)
{
	struct desk *desk = new_desk(_i);
	const struct slot *slot = &desk->slot;

	ck_assert_ptr_nonnull(slot->time);
	ck_assert_uint_gt(strlen(slot->name), 0);
	ck_assert(!slot_can(slot, SLOT_POWER) || slot->power->set);
	ck_assert(!slot_can(slot, SLOT_RAIL) || slot->power->rail_read);
	ck_assert(!slot_can(slot, SLOT_VBAT) || slot->power->vbat_set);
	ck_assert(!slot_can(slot, SLOT_RESET) || slot->lines->hold);
	ck_assert(!slot_can(slot, SLOT_SETUP) || slot->lines->hold);
	ck_assert(!slot_can(slot, SLOT_CUT) || (slot->cut->arm && slot->cut->disarm));
	ck_assert(!slot_can(slot, SLOT_CUT_EXACT) ||
		  (slot_can(slot, SLOT_CUT) && slot->cut->counters));
	ck_assert(!slot_can(slot, SLOT_STAGE) ||
		  (slot->stage->prepare && slot->stage->write && slot->stage->commit));
	ck_assert(!slot_can(slot, SLOT_STORAGE) ||
		  (slot->storage->load && slot->storage->keep && slot->storage->put_back &&
		   slot->storage->seed));
	ck_assert(!slot_can(slot, SLOT_PROGRAMMER) || slot->programmer->write);
	free_desk(desk);
}
END_TEST

START_TEST(power_is_seen_at_the_rail)
{
	static const enum slot_power states[] = { SLOT_POWER_ON, SLOT_POWER_ON, SLOT_POWER_OFF,
						  SLOT_POWER_OFF, SLOT_POWER_ON };
	struct desk *desk = new_desk(_i);

	ck_assert(!rail_is_up(desk));
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		power(desk, states[i]);
		ck_assert_int_eq(rail_is_up(desk), states[i] == SLOT_POWER_ON);
	}
	free_desk(desk);
}
END_TEST

START_TEST(time_passes_in_waits_alone)
{
	struct desk *desk = new_desk(_i);
	int64_t now_us = slot_now_us(&desk->slot);

	power(desk, SLOT_POWER_ON);
	hold(desk, SLOT_LINE_RESET, SLOT_HELD);
	hold(desk, SLOT_LINE_RESET, SLOT_RELEASED);
	ck_assert_int_eq(slot_vbat_set(&desk->slot, true, NULL), 0);
	arm(desk, SLOT_CUT_BY_TIME, 100, SLOT_CUT_BEFORE);
	slot_cut_disarm(&desk->slot);
	slot_seed(&desk->slot, 1);
	power(desk, SLOT_POWER_OFF);
	ck_assert_int_eq(slot_storage_keep(&desk->slot, 0, NULL), 0);
	ck_assert_int_eq(slot_storage_put_back(&desk->slot, 0, NULL), 0);
	ck_assert_int_eq(slot_now_us(&desk->slot), now_us);
	ck_assert_uint_eq(desk->count, 0);

	for (int on = 0; on < 2; on++) {
		power(desk, on ? SLOT_POWER_ON : SLOT_POWER_OFF);
		now_us = slot_now_us(&desk->slot);
		ck_assert_int_eq(wait_us(desk, 1234), SLOT_WAIT_DEADLINE);
		ck_assert_int_eq(slot_now_us(&desk->slot), now_us + 1234);
		ck_assert_int_eq(wait_us(desk, 0), SLOT_WAIT_DEADLINE);
		ck_assert_int_eq(wait_us(desk, -1000), SLOT_WAIT_DEADLINE);
		ck_assert_int_eq(slot_now_us(&desk->slot), now_us + 1234);
	}
	free_desk(desk);
}
END_TEST

START_TEST(led_edges_come_in_order_with_their_time)
{
	struct desk *desk = new_desk(_i);
	bool high[3] = { true, true, true };
	int64_t last_us = 0;
	size_t count;

	wait_us(desk, SOON_US);
	ck_assert_uint_eq(desk->count, 0);
	power(desk, SLOT_POWER_ON);
	last_us = slot_now_us(&desk->slot);
	wait_us(desk, SOON_US);
	for (size_t i = 0; i < desk->count; i++) {
		const struct event *event = &desk->events[i];

		ck_assert_int_ge(event->t_us, last_us);
		ck_assert_int_le(event->t_us, slot_now_us(&desk->slot));
		last_us = event->t_us;
		if (event->channel < 0)
			continue;
		ck_assert_int_lt(event->channel, 3);
		ck_assert_int_ne(event->high, high[event->channel]);
		high[event->channel] = event->high;
	}
	ck_assert_uint_ge(count_lit(desk, RED), SOON_US / BLINK_US);
	ck_assert_uint_eq(count_lit(desk, GREEN), 0);

	count = desk->count;
	slot_listen(&desk->slot, NULL);
	wait_us(desk, SOON_US);
	ck_assert_uint_eq(desk->count, count);
	free_desk(desk);
}
END_TEST

START_TEST(no_power_is_dark)
{
	struct desk *desk = new_desk(_i);
	size_t count;

	power(desk, SLOT_POWER_ON);
	while (desk->count == 0 || desk->events[desk->count - 1].channel != RED ||
	       desk->events[desk->count - 1].high)
		wait_us(desk, 10);
	power(desk, SLOT_POWER_OFF);
	ck_assert(desk->events[desk->count - 1].channel == RED &&
		  desk->events[desk->count - 1].high);
	count = desk->count;
	wait_us(desk, SOON_US);
	ck_assert_uint_eq(desk->count, count);
	free_desk(desk);
}
END_TEST

START_TEST(reset_held_stops_the_board)
{
	struct desk *desk = new_desk(_i);
	uint32_t words;

	power(desk, SLOT_POWER_ON);
	wait_us(desk, SOON_US);
	hold(desk, SLOT_LINE_RESET, SLOT_HELD);
	words = words_written(desk);
	desk->count = 0;
	wait_us(desk, SOON_US);
	ck_assert_uint_eq(desk->count, 0);
	ck_assert_uint_eq(words_written(desk), words);
	hold(desk, SLOT_LINE_RESET, SLOT_RELEASED);
	wait_us(desk, SOON_US);
	ck_assert_uint_gt(words_written(desk), words);
	free_desk(desk);
}
END_TEST

START_TEST(setup_is_read_by_the_board)
{
	struct desk *desk = new_desk(_i);

	power(desk, SLOT_POWER_ON);
	hold(desk, SLOT_LINE_SETUP, SLOT_HELD);
	wait_us(desk, SOON_US);
	ck_assert_uint_eq(count_lit(desk, GREEN), 1);
	hold(desk, SLOT_LINE_SETUP, SLOT_RELEASED);
	wait_us(desk, SOON_US);
	ck_assert_uint_eq(count_lit(desk, GREEN), 1);
	ck_assert(desk->events[desk->count - 1].channel != GREEN);
	free_desk(desk);
}
END_TEST

START_TEST(cut_by_time_happens_at_the_microsecond)
{
	static const uint64_t at_us[] = { 0, 1, 499, 12345, 19999 };
	struct desk *desk = new_desk(_i);

	for (size_t i = 0; i < ARRAY_LEN(at_us); i++) {
		int64_t begin_us;

		power(desk, SLOT_POWER_ON);
		begin_us = slot_now_us(&desk->slot);
		arm(desk, SLOT_CUT_BY_TIME, at_us[i], SLOT_CUT_TORN);
		ck_assert_int_eq(wait_us(desk, SOON_US), SLOT_WAIT_CUT);
		ck_assert_int_eq(slot_now_us(&desk->slot), begin_us + (int64_t)at_us[i]);
		ck_assert(!rail_is_up(desk));
		/* it is spent */
		ck_assert_int_eq(wait_us(desk, SOON_US), SLOT_WAIT_DEADLINE);
		power(desk, SLOT_POWER_ON);
		ck_assert_int_eq(wait_us(desk, 2 * SOON_US), SLOT_WAIT_DEADLINE);
		ck_assert(rail_is_up(desk));
		power(desk, SLOT_POWER_OFF);
		wait_us(desk, 1);
	}
	free_desk(desk);
}
END_TEST

START_TEST(cut_waits_until_it_comes_or_is_disarmed)
{
	struct desk *desk = new_desk(_i);

	power(desk, SLOT_POWER_ON);
	arm(desk, SLOT_CUT_BY_TIME, SOON_US + 1, SLOT_CUT_TORN);
	ck_assert_int_eq(wait_us(desk, SOON_US), SLOT_WAIT_DEADLINE);
	ck_assert_int_eq(wait_us(desk, SOON_US), SLOT_WAIT_CUT);

	power(desk, SLOT_POWER_ON);
	arm(desk, SLOT_CUT_BY_TIME, 10, SLOT_CUT_TORN);
	slot_cut_disarm(&desk->slot);
	slot_cut_disarm(&desk->slot);
	ck_assert_int_eq(wait_us(desk, SOON_US), SLOT_WAIT_DEADLINE);

	arm(desk, SLOT_CUT_BY_TIME, 10, SLOT_CUT_TORN);
	arm(desk, SLOT_CUT_BY_TIME, 2 * SOON_US, SLOT_CUT_TORN); /* in its place */
	ck_assert_int_eq(wait_us(desk, SOON_US), SLOT_WAIT_DEADLINE);
	ck_assert(rail_is_up(desk));
	free_desk(desk);
}
END_TEST

START_TEST(cut_by_operation_tears_that_operation)
{
	static const enum slot_cut_form forms[] = { SLOT_CUT_BEFORE, SLOT_CUT_TORN,
						    SLOT_CUT_AFTER };

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct desk *desk = new_desk(_i);
		uint32_t word;

		power(desk, SLOT_POWER_ON);
		arm(desk, SLOT_CUT_BY_OPERATION, 3, forms[i]);
		ck_assert_int_eq(wait_us(desk, SOON_US), SLOT_WAIT_CUT);
		ck_assert(!rail_is_up(desk));
		ck_assert_uint_eq(word_at(desk, 2), 0);
		word = word_at(desk, 3);
		if (forms[i] == SLOT_CUT_BEFORE)
			ck_assert_uint_eq(word, UINT32_MAX);
		else if (forms[i] == SLOT_CUT_AFTER)
			ck_assert_uint_eq(word, 0);
		else
			ck_assert(word != 0 && word != UINT32_MAX);
		ck_assert_uint_eq(word_at(desk, 4), UINT32_MAX);
		free_desk(desk);
	}
}
END_TEST

START_TEST(cut_by_instruction_lets_that_many_run)
{
	static const uint64_t at[] = { 0, 1, 2, 59999, 100001 };

	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		struct desk *desk = new_desk(_i);
		struct slot_counters before;
		struct slot_counters after;

		power(desk, SLOT_POWER_ON);
		slot_counters(&desk->slot, &before);
		arm(desk, SLOT_CUT_BY_INSTRUCTION, at[i], SLOT_CUT_BEFORE);
		ck_assert_int_eq(wait_us(desk, SOON_US), SLOT_WAIT_CUT);
		slot_counters(&desk->slot, &after);
		ck_assert_uint_eq(after.instructions - before.instructions, at[i]);
		free_desk(desk);
	}
}
END_TEST

START_TEST(storage_comes_back_as_it_was_kept)
{
	struct desk *desk = new_desk(_i);
	struct err err = ERR_INIT;
	uint32_t words;

	ck_assert_int_eq(slot_storage_put_back(&desk->slot, 1, &err), -ENOENT);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_int_eq(slot_storage_keep(&desk->slot, 0, NULL), 0);
	power(desk, SLOT_POWER_ON);
	wait_us(desk, SOON_US);
	power(desk, SLOT_POWER_OFF);
	words = words_written(desk);
	ck_assert_uint_gt(words, 0);
	ck_assert_int_eq(slot_storage_keep(&desk->slot, 1, NULL), 0);
	power(desk, SLOT_POWER_ON);
	wait_us(desk, SOON_US);
	power(desk, SLOT_POWER_OFF);
	ck_assert_uint_gt(words_written(desk), words);
	ck_assert_int_eq(slot_storage_put_back(&desk->slot, 1, NULL), 0);
	ck_assert_uint_eq(words_written(desk), words);
	ck_assert_int_eq(slot_storage_put_back(&desk->slot, 0, NULL), 0);
	ck_assert_uint_eq(words_written(desk), 0);

	/* kept again under the same number, the newer one counts; and the board still runs */
	ck_assert_int_eq(slot_storage_keep(&desk->slot, 1, NULL), 0);
	power(desk, SLOT_POWER_ON);
	wait_us(desk, SOON_US);
	ck_assert_uint_gt(words_written(desk), 0);
	power(desk, SLOT_POWER_OFF);
	ck_assert_int_eq(slot_storage_put_back(&desk->slot, 1, NULL), 0);
	ck_assert_uint_eq(words_written(desk), 0);
	free_desk(desk);
}
END_TEST

START_TEST(load_outside_of_flash_is_refused)
{
	static const uint8_t bytes[8] = { 0 };
	struct desk *desk = new_desk(_i);
	struct err err = ERR_INIT;

	ck_assert_int_eq(slot_storage_load(&desk->slot, 0x20000000, bytes, sizeof(bytes), &err),
			 -ERANGE);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_str_eq(err.text, "address 0x20000000 is not in flash");
	ck_assert_int_eq(slot_storage_load(&desk->slot, 0x080ffffc, bytes, sizeof(bytes), NULL),
			 -ERANGE);
	free_desk(desk);
}
END_TEST

START_TEST(the_programmer_writes_whatever_runs)
{
	static const uint8_t first[8] = { 1, 0, 0, 0, 2, 0, 0, 0 }, second[4] = { 3, 0, 0, 0 };
	const struct slot_piece pieces[] = { { WORDS_ADDRESS, first, sizeof(first) },
					     { WORDS_ADDRESS + 12, second, sizeof(second) } };
	const struct slot_piece outside = { 0x20000000, first, sizeof(first) };
	struct desk *desk = new_desk(_i);
	struct err err = ERR_INIT;
	bool up = true;

	power(desk, SLOT_POWER_ON);
	wait_us(desk, SOON_US);
	ck_assert_int_eq(slot_program(&desk->slot, pieces, ARRAY_LEN(pieces), &err), 0);
	ck_assert_int_eq(slot_rail_read(&desk->slot, &up, NULL), 0);
	ck_assert(!up);
	ck_assert_uint_eq(word_at(desk, 0), 1);
	ck_assert_uint_eq(word_at(desk, 1), 2);
	ck_assert_uint_eq(word_at(desk, 3), 3);
	ck_assert_int_eq(slot_program(&desk->slot, &outside, 1, &err), -ERANGE);
	ck_assert_int_eq(err.kind, ERR_RIG);
	free_desk(desk);
}
END_TEST

static uint32_t torn_word(struct desk *desk, uint64_t seed)
{
	ck_assert_int_eq(slot_storage_put_back(&desk->slot, 0, NULL), 0);
	slot_seed(&desk->slot, seed);
	power(desk, SLOT_POWER_ON);
	arm(desk, SLOT_CUT_BY_OPERATION, 0, SLOT_CUT_TORN);
	ck_assert_int_eq(wait_us(desk, SOON_US), SLOT_WAIT_CUT);
	return word_at(desk, 0);
}

START_TEST(chance_comes_from_the_seed)
{
	struct desk *desk = new_desk(_i);
	uint32_t first;
	int others = 0;

	ck_assert_int_eq(slot_storage_keep(&desk->slot, 0, NULL), 0);
	first = torn_word(desk, 1);
	ck_assert_uint_eq(torn_word(desk, 1), first);
	for (uint64_t seed = 2; seed < 10; seed++)
		others += torn_word(desk, seed) != first;
	ck_assert_int_gt(others, 6);
	ck_assert_uint_eq(torn_word(desk, 1), first);
	free_desk(desk);
}
END_TEST

START_TEST(same_calls_same_events)
{
	struct desk *a = new_desk(_i);
	struct desk *b = new_desk(_i);

	power(a, SLOT_POWER_ON);
	wait_us(a, SOON_US);
	power(b, SLOT_POWER_ON);
	for (int i = 0; i < 20; i++) /* how often it is asked makes no difference */
		wait_us(b, SOON_US / 20);
	ck_assert_uint_gt(a->count, 0);
	ck_assert_uint_eq(a->count, b->count);
	ck_assert_int_eq(memcmp(a->events, b->events, a->count * sizeof(a->events[0])), 0);
	free_desk(a);
	free_desk(b);
}
END_TEST

START_TEST(closes_in_any_state)
{
	struct slot never_opened = { .name = "" };
	struct desk *desk = new_desk(_i);

	ck_assert_int_eq(slot_storage_keep(&desk->slot, SLOT_STORAGE_MAX - 1, NULL), 0);
	power(desk, SLOT_POWER_ON);
	hold(desk, SLOT_LINE_SETUP, SLOT_HELD);
	arm(desk, SLOT_CUT_BY_TIME, 10, SLOT_CUT_TORN);
	slot_close(&desk->slot);
	slot_close(&desk->slot);
	free(desk);
	slot_close(&never_opened);
	slot_close(NULL);
}
END_TEST

START_TEST(unknown_model_is_a_configuration_error)
{
	struct err err = ERR_INIT;
	struct slot slot = { .name = "untouched" };

	ck_assert_int_eq(virtual_open("toaster", &slot, &err), -ENODEV);
	ck_assert_int_eq(err.kind, ERR_CONFIG);
	ck_assert_str_eq(err.text, "board 'toaster' has no virtual stand-in");
	ck_assert_str_eq(slot.name, "untouched");
}
END_TEST

/* The n-th of the tests that every backend passes; NULL after the last. */
static const TTest *suite_test(int n)
{
	const TTest *const tests[] = { what_it_can_it_has_the_means_for,
				       power_is_seen_at_the_rail,
				       time_passes_in_waits_alone,
				       led_edges_come_in_order_with_their_time,
				       no_power_is_dark,
				       reset_held_stops_the_board,
				       setup_is_read_by_the_board,
				       cut_by_time_happens_at_the_microsecond,
				       cut_waits_until_it_comes_or_is_disarmed,
				       cut_by_operation_tears_that_operation,
				       cut_by_instruction_lets_that_many_run,
				       storage_comes_back_as_it_was_kept,
				       load_outside_of_flash_is_refused,
				       the_programmer_writes_whatever_runs,
				       chance_comes_from_the_seed,
				       same_calls_same_events,
				       closes_in_any_state,
				       NULL };

	return tests[n];
}

START_TEST(played_back_it_is_the_same)
{
	for (int opener = OPENER_RECORD; opener <= OPENER_REPLAY; opener++, wrapped_begin())
		suite_test(_i)->fn(opener);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("slot");
	TCase *tcase = tcase_create("all");
	int count;

	for (count = 0; suite_test(count); count++)
		tcase_add_loop_test(tcase, suite_test(count), 0, OPENERS_ALONE);
	tcase_add_loop_test(tcase, played_back_it_is_the_same, 0, count);
	tcase_add_test(tcase, unknown_model_is_a_configuration_error);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
