/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Power, lines, LED, cuts and flash of a slot. The board runs a program of its own that needs no
 * release: it blinks red, programs a word of flash at each blink, beginning at the first blank one,
 * shows on green whether SETUP is held, and on blue that its backup registers were kept since it
 * ran before.
 */
#include "contract/contract.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum slot_case_sizes {
	EVENTS_MAX = 4096,
	WORDS_ADDRESS = 0x080c0000, /* where the program writes */
	WORDS_MAX = 1024,
	RED = 0,
	GREEN = 1,
	BLUE = 2,
	FLASH = -1, /* an operation, in the place of a channel */
};

/*
 * In order: stack and entry; interrupts stay pending; clocks of ports A and C, and of power
 * control; the backup domain may be written; both keys of the flash, words may be programmed; PA1,
 * PA2 and PA3 high, outputs; blue lit when backup register 0 is not zero, which it is from then on;
 * SysTick runs; the first blank word is looked for. For ever: red lit, 100 times round, sleep until
 * the next tick, a word programmed, red dark, sleep until the next tick, green as SETUP.
 */
static const uint16_t program[CONTRACT_PROGRAM_BYTES / 2] = {
	0x0000, 0x2002, 0x0009, 0x0800, 0xb672, 0x4822, 0x2105, 0x6001, 0xf04f, 0x5180,
	0x6101, 0x4820, 0xf44f, 0x7180, 0x6001, 0x481f, 0x491f, 0x6041, 0x491f, 0x6041,
	0xf240, 0x2101, 0x6101, 0x4a1e, 0x210e, 0x6191, 0x491d, 0x6011, 0x481d, 0x6801,
	0xb111, 0xf44f, 0x2100, 0x6191, 0x6000, 0x4d1b, 0x491b, 0x6069, 0x60a9, 0x2107,
	0x6029, 0x4e1a, 0xf04f, 0x7700, 0x4b19, 0x6819, 0x3101, 0xd001, 0x3304, 0xe7fa,
	0xf44f, 0x3100, 0x6191, 0x2464, 0x3c01, 0xd1fd, 0xbf30, 0x6037, 0x2100, 0x6019,
	0x3304, 0x2102, 0x6191, 0xbf30, 0x6037, 0x4810, 0x6800, 0x2104, 0x0600, 0xd400,
	0x0409, 0x6191, 0xe7e8, 0xbf00, 0x3830, 0x4002, 0x7000, 0x4000, 0x3c00, 0x4002,
	0x0123, 0x4567, 0x89ab, 0xcdef, 0x0000, 0x4002, 0x0054, 0xa800, 0x2850, 0x4000,
	0xe010, 0xe000, 0xdbee, 0x00ea, 0xed04, 0xe000, 0x0000, 0x080c, 0x0810, 0x4002,
};

enum { RELOAD_AT = 92, CYCLES_PER_US = 120 }; /* where the program has SysTick's reload value */

void contract_program(int64_t blink_us, uint8_t ret[CONTRACT_PROGRAM_BYTES])
{
	uint32_t reload = (uint32_t)blink_us / 2 * CYCLES_PER_US - 1;
	uint16_t halves[2] = { (uint16_t)reload, (uint16_t)(reload >> 16) };

	memcpy(ret, program, sizeof(program));
	memcpy(ret + 2 * (size_t)RELOAD_AT, halves, sizeof(halves));
}

struct event {
	int64_t t_us;
	int channel; /* of the LED, or FLASH */
	bool high;
	uint32_t address;
};

/* An open slot, and what was heard from it. */
struct desk {
	struct contract_board at;
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
	put_event(ctx, (struct event){ .t_us = t_us, .channel = FLASH, .address = address });
}

static struct desk *new_desk(int opener)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	ck_assert_ptr_nonnull(desk);
	ck_assert(contract_open(opener, &desk->at));
	slot_listen(&desk->at.slot,
		    &(struct slot_listener){ .ctx = desk, .led = on_led, .flash = on_flash });
	return desk;
}

static void free_desk(struct desk *desk)
{
	contract_close(&desk->at);
	free(desk);
}

static bool rail_is_up(const struct desk *desk)
{
	bool up = false;

	ck_assert_int_eq(slot_rail_read(&desk->at.slot, &up, NULL), 0);
	return up;
}

/* Lets the board work for a while. */
static enum slot_wait watch(const struct desk *desk)
{
	return contract_wait(&desk->at, desk->at.opener->bounds.watch_us);
}

static int64_t late_us(const struct desk *desk)
{
	return desk->at.opener->bounds.late_us;
}

static uint32_t word_at(const struct desk *desk, uint32_t index)
{
	uint32_t word = 0;

	contract_look(&desk->at, WORDS_ADDRESS + 4 * index, &word, sizeof(word));
	return word;
}

/* How many words the program has written, one after another. */
static uint32_t words_written(const struct desk *desk)
{
	uint32_t words[WORDS_MAX], count = 0;

	contract_look(&desk->at, WORDS_ADDRESS, words, sizeof(words));
	while (count < WORDS_MAX && words[count] != UINT32_MAX)
		count++;
	ck_assert_uint_lt(count, WORDS_MAX);
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
	const struct slot *slot = &desk->at.slot;

	ck_assert_ptr_nonnull(slot->time);
	ck_assert_uint_gt(strlen(slot->name), 0);
	ck_assert(!slot_can(slot, SLOT_POWER) || slot->power->set);
	ck_assert(!slot_can(slot, SLOT_RAIL) || slot->power->rail_read);
	ck_assert(!slot_can(slot, SLOT_VBAT) || slot->power->vbat_set);
	ck_assert(!slot_can(slot, SLOT_SUPPLY) || slot->power->supply_set);
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
	ck_assert(!slot_can(slot, SLOT_FAULTS) || slot->faults->last);
	ck_assert(!slot_can(slot, SLOT_USB) ||
		  (slot->usb->join && slot->usb->device && slot->usb->control));
	ck_assert(!slot_can(slot, SLOT_CONSOLE) || (slot->console->set && slot->console->send));
	ck_assert(!slot_can(slot, SLOT_RADIO) || (slot->radio->set && slot->radio->send));
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
		contract_power(&desk->at, states[i]);
		ck_assert_int_eq(rail_is_up(desk), states[i] == SLOT_POWER_ON);
	}
	free_desk(desk);
}
END_TEST

static void command_power(const struct contract_board *board)
{
	contract_power(board, SLOT_POWER_ON);
	contract_power(board, SLOT_POWER_OFF);
}

static void command_reset(const struct contract_board *board)
{
	contract_hold(board, SLOT_LINE_RESET, SLOT_HELD);
	contract_hold(board, SLOT_LINE_RESET, SLOT_RELEASED);
}

static void command_setup(const struct contract_board *board)
{
	contract_hold(board, SLOT_LINE_SETUP, SLOT_HELD);
	contract_hold(board, SLOT_LINE_SETUP, SLOT_RELEASED);
}

static void command_vbat(const struct contract_board *board)
{
	ck_assert_int_eq(slot_vbat_set(&board->slot, true, NULL), 0);
	ck_assert_int_eq(slot_vbat_set(&board->slot, false, NULL), 0);
}

static void command_cut(const struct contract_board *board)
{
	contract_arm(board, SLOT_CUT_BY_TIME, 100 + 2 * (uint64_t)board->opener->bounds.late_us,
		     SLOT_CUT_BEFORE);
	slot_cut_disarm(&board->slot);
}

static void command_storage(const struct contract_board *board)
{
	slot_seed(&board->slot, 1);
	ck_assert_int_eq(slot_storage_keep(&board->slot, 0, NULL), 0);
	ck_assert_int_eq(slot_storage_put_back(&board->slot, 0, NULL), 0);
}

static void command_usb(const struct contract_board *board)
{
	struct slot_usb_device device;

	contract_join(board, SLOT_USB_JOINED);
	ck_assert(!slot_usb_device(&board->slot, &device));
	contract_join(board, SLOT_USB_PARTED);
}

/* Commands take no time of a clock that stands still between waits; else what they take. */
START_TEST(time_passes_in_calls_alone)
{
	static const struct {
		unsigned int needs;
		void (*carry_out)(const struct contract_board *board);
	} commands[] = {
		{ SLOT_POWER, command_power }, { SLOT_RESET, command_reset },
		{ SLOT_SETUP, command_setup }, { SLOT_VBAT, command_vbat },
		{ SLOT_CUT, command_cut },     { SLOT_STORAGE, command_storage },
		{ SLOT_USB, command_usb },
	};
	struct desk *desk = new_desk(_i);

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		int64_t now_us = slot_now_us(&desk->at.slot);

		if (!slot_can(&desk->at.slot, commands[i].needs))
			continue;
		commands[i].carry_out(&desk->at);
		contract_is_at(&desk->at, slot_now_us(&desk->at.slot), now_us);
	}
	ck_assert_uint_eq(count_lit(desk, RED), 0);
	for (int on = 0; on < 2; on++) {
		int64_t now_us;

		contract_power(&desk->at, on ? SLOT_POWER_ON : SLOT_POWER_OFF);
		ck_assert_int_eq(contract_wait(&desk->at, 1234), SLOT_WAIT_DEADLINE);
		ck_assert_int_eq(contract_wait(&desk->at, 0), SLOT_WAIT_DEADLINE);
		ck_assert_int_eq(contract_wait(&desk->at, -1000), SLOT_WAIT_DEADLINE);
		now_us = slot_now_us(&desk->at.slot);
		ck_assert_int_eq(slot_now_us(&desk->at.slot), now_us);
	}
	free_desk(desk);
}
END_TEST

START_TEST(led_edges_come_in_order_with_their_time)
{
	struct desk *desk = new_desk(_i);
	int64_t watch_us = desk->at.opener->bounds.watch_us;
	int64_t blink_us = desk->at.opener->bounds.blink_us;
	bool high[3] = { true, true, true };
	int64_t last_us;
	size_t count;

	watch(desk);
	ck_assert_uint_eq(desk->count, 0);
	last_us = slot_now_us(&desk->at.slot);
	contract_power(&desk->at, SLOT_POWER_ON);
	watch(desk);
	for (size_t i = 0; i < desk->count; i++) {
		const struct event *event = &desk->events[i];

		ck_assert_int_ge(event->t_us, last_us);
		ck_assert_int_le(event->t_us, slot_now_us(&desk->at.slot));
		last_us = event->t_us;
		if (event->channel == FLASH)
			continue;
		ck_assert_int_lt(event->channel, 3);
		ck_assert_int_ne(event->high, high[event->channel]);
		high[event->channel] = event->high;
	}
	ck_assert_int_ge((int64_t)count_lit(desk, RED), watch_us / blink_us - 2);
	ck_assert_uint_eq(count_lit(desk, GREEN), 0);

	count = desk->count;
	slot_listen(&desk->at.slot, NULL);
	watch(desk);
	ck_assert_uint_eq(desk->count, count);
	free_desk(desk);
}
END_TEST

START_TEST(no_power_is_dark)
{
	struct desk *desk = new_desk(_i);
	size_t count;

	contract_power(&desk->at, SLOT_POWER_ON);
	while (desk->count == 0 || desk->events[desk->count - 1].channel != RED ||
	       desk->events[desk->count - 1].high)
		contract_wait(&desk->at, 10);
	contract_power(&desk->at, SLOT_POWER_OFF);
	ck_assert(desk->events[desk->count - 1].channel == RED &&
		  desk->events[desk->count - 1].high);
	count = desk->count;
	watch(desk);
	ck_assert_uint_eq(desk->count, count);
	free_desk(desk);
}
END_TEST

START_TEST(reset_held_stops_the_board)
{
	struct desk *desk = new_desk(_i);
	uint32_t words;

	contract_power(&desk->at, SLOT_POWER_ON);
	watch(desk);
	contract_hold(&desk->at, SLOT_LINE_RESET, SLOT_HELD);
	contract_settle(&desk->at);
	words = words_written(desk);
	ck_assert_uint_gt(words, 0);
	desk->count = 0;
	watch(desk);
	ck_assert_uint_eq(desk->count, 0);
	ck_assert_uint_eq(words_written(desk), words);
	contract_hold(&desk->at, SLOT_LINE_RESET, SLOT_RELEASED);
	watch(desk);
	ck_assert_uint_gt(words_written(desk), words);
	free_desk(desk);
}
END_TEST

START_TEST(setup_is_read_by_the_board)
{
	struct desk *desk = new_desk(_i);

	contract_power(&desk->at, SLOT_POWER_ON);
	contract_hold(&desk->at, SLOT_LINE_SETUP, SLOT_HELD);
	watch(desk);
	ck_assert_uint_eq(count_lit(desk, GREEN), 1);
	contract_hold(&desk->at, SLOT_LINE_SETUP, SLOT_RELEASED);
	watch(desk);
	ck_assert_uint_eq(count_lit(desk, GREEN), 1);
	ck_assert(desk->events[desk->count - 1].channel != GREEN);
	free_desk(desk);
}
END_TEST

START_TEST(backup_supply_keeps_what_it_must)
{
	static const bool present[] = { false, true, true, false };
	struct desk *desk = new_desk(_i);

	contract_power(&desk->at, SLOT_POWER_ON);
	watch(desk);
	ck_assert_uint_eq(count_lit(desk, BLUE), 0); /* it never ran before */
	for (size_t i = 0; i < ARRAY_LEN(present); i++) {
		ck_assert_int_eq(slot_vbat_set(&desk->at.slot, present[i], NULL), 0);
		contract_settle(&desk->at);
		contract_power(&desk->at, SLOT_POWER_OFF);
		watch(desk);
		desk->count = 0;
		contract_power(&desk->at, SLOT_POWER_ON);
		watch(desk);
		ck_assert_uint_eq(count_lit(desk, BLUE), present[i]);
	}
	free_desk(desk);
}
END_TEST

/* The cut that was armed between 'begin_us' and 'armed_us' happened when it was to. */
static void check_report(const struct desk *desk, int64_t begin_us, int64_t armed_us, int64_t at_us)
{
	struct slot_cut_report report;

	ck_assert(slot_cut_report(&desk->at.slot, &report));
	ck_assert_int_ge(report.aimed_us, begin_us + at_us);
	ck_assert_int_le(report.aimed_us, armed_us + at_us);
	contract_is_at(&desk->at, report.commanded_us, report.aimed_us);
	contract_is_at(&desk->at, report.confirmed_us, report.commanded_us);
	contract_is_at(&desk->at, slot_now_us(&desk->at.slot), report.confirmed_us);
}

START_TEST(cut_by_time_happens_at_its_moment)
{
	static const int64_t at_us[] = { 0, 1, 499, 12345, 19999 };
	struct desk *desk = new_desk(_i);
	struct slot_cut_report report;

	ck_assert(!slot_cut_report(&desk->at.slot, &report));
	for (size_t i = 0; i < ARRAY_LEN(at_us); i++) {
		int64_t begin_us, armed_us;

		contract_power(&desk->at, SLOT_POWER_ON);
		begin_us = slot_now_us(&desk->at.slot);
		contract_arm(&desk->at, SLOT_CUT_BY_TIME, (uint64_t)at_us[i], SLOT_CUT_TORN);
		armed_us = slot_now_us(&desk->at.slot);
		ck_assert_int_eq(watch(desk), SLOT_WAIT_CUT);
		check_report(desk, begin_us, armed_us, at_us[i]);
		ck_assert(!rail_is_up(desk));
		/* it is spent */
		ck_assert_int_eq(watch(desk), SLOT_WAIT_DEADLINE);
		contract_power(&desk->at, SLOT_POWER_ON);
		ck_assert_int_eq(watch(desk), SLOT_WAIT_DEADLINE);
		ck_assert_int_eq(watch(desk), SLOT_WAIT_DEADLINE);
		ck_assert(rail_is_up(desk));
		contract_power(&desk->at, SLOT_POWER_OFF);
		contract_wait(&desk->at, 1);
	}
	free_desk(desk);
}
END_TEST

START_TEST(cut_waits_until_it_comes_or_is_disarmed)
{
	struct desk *desk = new_desk(_i);
	uint64_t watch_us = (uint64_t)desk->at.opener->bounds.watch_us;
	uint64_t late = (uint64_t)late_us(desk);
	struct slot_cut_report report;

	contract_power(&desk->at, SLOT_POWER_ON);
	contract_arm(&desk->at, SLOT_CUT_BY_TIME, watch_us + late + 1, SLOT_CUT_TORN);
	ck_assert_int_eq(watch(desk), SLOT_WAIT_DEADLINE);
	ck_assert(!slot_cut_report(&desk->at.slot, &report));
	ck_assert_int_eq(watch(desk), SLOT_WAIT_CUT);
	ck_assert(slot_cut_report(&desk->at.slot, &report));

	contract_power(&desk->at, SLOT_POWER_ON);
	contract_arm(&desk->at, SLOT_CUT_BY_TIME, 10 + late, SLOT_CUT_TORN);
	slot_cut_disarm(&desk->at.slot);
	slot_cut_disarm(&desk->at.slot);
	ck_assert_int_eq(watch(desk), SLOT_WAIT_DEADLINE);

	contract_arm(&desk->at, SLOT_CUT_BY_TIME, 10 + late, SLOT_CUT_TORN);
	/* in its place */
	contract_arm(&desk->at, SLOT_CUT_BY_TIME, 2 * watch_us, SLOT_CUT_TORN);
	ck_assert_int_eq(watch(desk), SLOT_WAIT_DEADLINE);
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

		contract_power(&desk->at, SLOT_POWER_ON);
		contract_arm(&desk->at, SLOT_CUT_BY_OPERATION, 3, forms[i]);
		ck_assert_int_eq(watch(desk), SLOT_WAIT_CUT);
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
	static const uint64_t at[] = { 0, 1, 2, 299, 1001 };

	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		struct desk *desk = new_desk(_i);
		struct slot_counters before;
		struct slot_counters after;

		contract_power(&desk->at, SLOT_POWER_ON);
		slot_counters(&desk->at.slot, &before);
		contract_arm(&desk->at, SLOT_CUT_BY_INSTRUCTION, at[i], SLOT_CUT_BEFORE);
		ck_assert_int_eq(watch(desk), SLOT_WAIT_CUT);
		slot_counters(&desk->at.slot, &after);
		ck_assert_uint_eq(after.instructions - before.instructions, at[i]);
		free_desk(desk);
	}
}
END_TEST

/* On for a while, so that the program writes words. */
static void run_for_a_while(const struct desk *desk)
{
	contract_power(&desk->at, SLOT_POWER_ON);
	watch(desk);
	contract_power(&desk->at, SLOT_POWER_OFF);
}

START_TEST(storage_comes_back_as_it_was_kept)
{
	struct desk *desk = new_desk(_i);
	const struct slot *slot = &desk->at.slot;
	struct err err = ERR_INIT;
	uint32_t words;

	ck_assert_int_eq(slot_storage_put_back(slot, 1, &err), -ENOENT);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_int_eq(slot_storage_keep(slot, 0, NULL), 0);
	run_for_a_while(desk);
	words = words_written(desk);
	ck_assert_uint_gt(words, 0);
	ck_assert_int_eq(slot_storage_keep(slot, 1, NULL), 0);
	run_for_a_while(desk);
	ck_assert_uint_gt(words_written(desk), words);
	ck_assert_int_eq(slot_storage_put_back(slot, 1, NULL), 0);
	ck_assert_uint_eq(words_written(desk), words);
	ck_assert_int_eq(slot_storage_put_back(slot, 0, NULL), 0);
	ck_assert_uint_eq(words_written(desk), 0);

	/* kept again under the same number, the newer one counts; and the board still runs */
	ck_assert_int_eq(slot_storage_keep(slot, 1, NULL), 0);
	run_for_a_while(desk);
	ck_assert_uint_gt(words_written(desk), 0);
	ck_assert_int_eq(slot_storage_put_back(slot, 1, NULL), 0);
	ck_assert_uint_eq(words_written(desk), 0);
	free_desk(desk);
}
END_TEST

START_TEST(load_outside_of_flash_is_refused)
{
	static const uint8_t bytes[8] = { 0 };
	struct desk *desk = new_desk(_i);
	struct err err = ERR_INIT;

	ck_assert_int_eq(slot_storage_load(&desk->at.slot, 0x20000000, bytes, sizeof(bytes), &err),
			 -ERANGE);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_str_eq(err.text, "address 0x20000000 is not in flash");
	ck_assert_int_eq(slot_storage_load(&desk->at.slot, 0x080ffffc, bytes, sizeof(bytes), NULL),
			 -ERANGE);
	free_desk(desk);
}
END_TEST

static uint32_t torn_word(struct desk *desk, uint64_t seed)
{
	ck_assert_int_eq(slot_storage_put_back(&desk->at.slot, 0, NULL), 0);
	slot_seed(&desk->at.slot, seed);
	contract_power(&desk->at, SLOT_POWER_ON);
	contract_arm(&desk->at, SLOT_CUT_BY_OPERATION, 0, SLOT_CUT_TORN);
	ck_assert_int_eq(watch(desk), SLOT_WAIT_CUT);
	return word_at(desk, 0);
}

START_TEST(chance_comes_from_the_seed)
{
	struct desk *desk = new_desk(_i);
	uint32_t first;
	int others = 0;

	ck_assert_int_eq(slot_storage_keep(&desk->at.slot, 0, NULL), 0);
	first = torn_word(desk, 1);
	ck_assert_uint_eq(torn_word(desk, 1), first);
	for (uint64_t seed = 2; seed < 10; seed++)
		others += torn_word(desk, seed) != first;
	ck_assert_int_gt(others, 6);
	ck_assert_uint_eq(torn_word(desk, 1), first);
	free_desk(desk);
}
END_TEST

START_TEST(flash_operations_are_told)
{
	struct desk *desk = new_desk(_i);
	uint32_t told = 0;

	contract_power(&desk->at, SLOT_POWER_ON);
	watch(desk);
	for (size_t i = 0; i < desk->count; i++)
		if (desk->events[i].channel == FLASH)
			ck_assert_uint_eq(desk->events[i].address, WORDS_ADDRESS + 4 * told++);
	ck_assert_uint_gt(told, 0);
	ck_assert_uint_eq(words_written(desk), told);
	free_desk(desk);
}
END_TEST

START_TEST(fault_of_the_core_is_told)
{
	static const uint8_t nowhere[] = { 0, 0, 2, 0x20, 1, 0, 0, 0x60 }; /* stack, entry */
	struct desk *desk = new_desk(_i);
	char text[128] = "";

	run_for_a_while(desk);
	ck_assert(!slot_last_fault(&desk->at.slot, text, sizeof(text)));
	ck_assert_int_eq(slot_storage_load(&desk->at.slot, CONTRACT_PROGRAM_ADDRESS, nowhere,
					   sizeof(nowhere), NULL),
			 0);
	contract_power(&desk->at, SLOT_POWER_ON);
	watch(desk);
	ck_assert(slot_last_fault(&desk->at.slot, text, sizeof(text)));
	ck_assert_uint_gt(strlen(text), 0);
	free_desk(desk);
}
END_TEST

/* With a fall time the board lives on until its supply is too low. */
START_TEST(supply_falls_in_its_time)
{
	struct desk *desk = new_desk(_i);
	struct slot_supply slow = { .fall_us = 2 * desk->at.opener->bounds.watch_us };
	uint32_t words;
	int64_t begin_us;

	contract_power(&desk->at, SLOT_POWER_ON);
	watch(desk);
	ck_assert_int_eq(slot_supply_set(&desk->at.slot, &slow, NULL), 0);
	words = words_written(desk);
	contract_power(&desk->at, SLOT_POWER_OFF);
	watch(desk);
	watch(desk);
	ck_assert_uint_gt(words_written(desk), words);
	ck_assert(!rail_is_up(desk));

	contract_power(&desk->at, SLOT_POWER_ON);
	begin_us = slot_now_us(&desk->at.slot);
	contract_arm(&desk->at, SLOT_CUT_BY_TIME, 10, SLOT_CUT_BEFORE);
	ck_assert_int_eq(contract_wait(&desk->at, slow.fall_us), SLOT_WAIT_CUT);
	ck_assert_int_gt(slot_now_us(&desk->at.slot), begin_us + 10 + late_us(desk));
	free_desk(desk);
}
END_TEST

/* How often it is asked makes no difference to what a board does. */
START_TEST(same_calls_same_events)
{
	struct desk *a = new_desk(_i);
	struct desk *b = new_desk(_i);
	int64_t watch_us = a->at.opener->bounds.watch_us;

	contract_power(&a->at, SLOT_POWER_ON);
	watch(a);
	contract_power(&b->at, SLOT_POWER_ON);
	for (int i = 0; i < 20; i++)
		contract_wait(&b->at, watch_us / 20);
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

	if (slot_can(&desk->at.slot, SLOT_STORAGE))
		ck_assert_int_eq(slot_storage_keep(&desk->at.slot, SLOT_STORAGE_MAX - 1, NULL), 0);
	contract_power(&desk->at, SLOT_POWER_ON);
	if (slot_can(&desk->at.slot, SLOT_SETUP))
		contract_hold(&desk->at, SLOT_LINE_SETUP, SLOT_HELD);
	if (slot_can(&desk->at.slot, SLOT_CUT))
		contract_arm(&desk->at, SLOT_CUT_BY_TIME, 10, SLOT_CUT_TORN);
	contract_close(&desk->at);
	slot_close(&desk->at.slot);
	free(desk);
	slot_close(&never_opened);
	slot_close(NULL);
}
END_TEST

static bool nth(size_t n, struct contract_case *ret)
{
	enum { SEEN = SLOT_POWER | SLOT_LED, CUTS = SLOT_POWER | SLOT_RAIL | SLOT_CUT };
	enum { EXACT = CUTS | SLOT_CUT_EXACT, KEPT = SLOT_POWER | SLOT_STORAGE };
	const struct contract_case cases[] = {
		{ .test = what_it_can_it_has_the_means_for },
		{ power_is_seen_at_the_rail, SLOT_POWER | SLOT_RAIL, 0 },
		{ time_passes_in_calls_alone, SLOT_POWER, 0 },
		{ led_edges_come_in_order_with_their_time, SEEN, 0 },
		{ no_power_is_dark, SEEN, 0 },
		{ reset_held_stops_the_board, SEEN | SLOT_RESET, 0 },
		{ setup_is_read_by_the_board, SEEN | SLOT_SETUP, 0 },
		{ backup_supply_keeps_what_it_must, SEEN | SLOT_VBAT, 0 },
		{ cut_by_time_happens_at_its_moment, CUTS, 0 },
		{ cut_waits_until_it_comes_or_is_disarmed, CUTS, 0 },
		{ cut_by_operation_tears_that_operation, EXACT, 0 },
		{ cut_by_instruction_lets_that_many_run, EXACT, 0 },
		{ storage_comes_back_as_it_was_kept, KEPT, 0 },
		{ load_outside_of_flash_is_refused, SLOT_STORAGE, 0 },
		{ chance_comes_from_the_seed, EXACT | SLOT_STORAGE, 0 },
		{ flash_operations_are_told, SLOT_POWER | SLOT_TRACE, 0 },
		{ fault_of_the_core_is_told, KEPT | SLOT_FAULTS, 0 },
		{ supply_falls_in_its_time, CUTS | SLOT_SUPPLY, 0 },
		{ same_calls_same_events, SEEN | SLOT_CUT_EXACT, 0 },
		{ closes_in_any_state, SLOT_POWER, 0 },
	};

	if (n >= ARRAY_LEN(cases))
		return false;
	*ret = cases[n];
	return true;
}

const struct contract_suite contract_slot_suite = { "slot", nth };
