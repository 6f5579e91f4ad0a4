/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract/slot_desk.h"

#include <stdlib.h>
#include <string.h>

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

static void put_event(struct slot_desk *desk, struct slot_event event)
{
	ck_assert_uint_lt(desk->count, SLOT_DESK_EVENTS_MAX);
	desk->events[desk->count++] = event;
}

static void on_led(void *ctx, int64_t t_us, int channel, bool high)
{
	put_event(ctx, (struct slot_event){ .t_us = t_us, .channel = channel, .high = high });
}

static void on_flash(void *ctx, int64_t t_us, uint32_t address)
{
	put_event(ctx, (struct slot_event){
			       .t_us = t_us, .channel = SLOT_DESK_FLASH, .address = address });
}

struct slot_desk *slot_desk_new(int opener)
{
	struct slot_desk *desk = calloc(1, sizeof(*desk));

	ck_assert_ptr_nonnull(desk);
	ck_assert(contract_open(opener, &desk->at));
	slot_listen(&desk->at.slot,
		    &(struct slot_listener){ .ctx = desk, .led = on_led, .flash = on_flash });
	return desk;
}

void slot_desk_free(struct slot_desk *desk)
{
	contract_close(&desk->at);
	free(desk);
}

bool slot_desk_rail_is_up(const struct slot_desk *desk)
{
	bool up = false;

	ck_assert_int_eq(slot_rail_read(&desk->at.slot, &up, NULL), 0);
	return up;
}

enum slot_wait slot_desk_watch(const struct slot_desk *desk)
{
	return contract_wait(&desk->at, desk->at.opener->bounds.watch_us);
}

int64_t slot_desk_late_us(const struct slot_desk *desk)
{
	return desk->at.opener->bounds.late_us;
}

uint32_t slot_desk_word(const struct slot_desk *desk, uint32_t index)
{
	uint32_t word = 0;

	contract_look(&desk->at, SLOT_DESK_WORDS_ADDRESS + 4 * index, &word, sizeof(word));
	return word;
}

uint32_t slot_desk_words(const struct slot_desk *desk)
{
	uint32_t words[SLOT_DESK_WORDS_MAX], count = 0;

	contract_look(&desk->at, SLOT_DESK_WORDS_ADDRESS, words, sizeof(words));
	while (count < SLOT_DESK_WORDS_MAX && words[count] != UINT32_MAX)
		count++;
	ck_assert_uint_lt(count, SLOT_DESK_WORDS_MAX);
	return count;
}

size_t slot_desk_lit(const struct slot_desk *desk, int channel)
{
	size_t count = 0;

	for (size_t i = 0; i < desk->count; i++)
		count += desk->events[i].channel == channel && !desk->events[i].high;
	return count;
}
