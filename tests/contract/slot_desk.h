/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A slot whose board runs a bare program, and what was heard from it. The program needs no release:
 * it blinks red, programs a word of flash at each blink, beginning at the first blank one, shows on
 * green whether SETUP is held, and on blue that its backup registers were kept since it ran before.
 */
#ifndef TESTS_CONTRACT_SLOT_DESK_H
#define TESTS_CONTRACT_SLOT_DESK_H

#include "contract/contract.h"

enum slot_desk_sizes {
	SLOT_DESK_EVENTS_MAX = 4096,
	SLOT_DESK_WORDS_ADDRESS = 0x080c0000, /* where the program writes */
	SLOT_DESK_WORDS_MAX = 1024,
	SLOT_DESK_RED = 0,
	SLOT_DESK_GREEN = 1,
	SLOT_DESK_BLUE = 2,
	SLOT_DESK_FLASH = -1, /* an operation, in the place of a channel */
};

struct slot_event {
	int64_t t_us;
	int channel; /* of the LED, or SLOT_DESK_FLASH */
	bool high;
	uint32_t address;
};

struct slot_desk {
	struct contract_board at;
	struct slot_event events[SLOT_DESK_EVENTS_MAX];
	size_t count;
	unsigned int lost; /* times that edges were lost, when that is listened for */
};

struct slot_desk *slot_desk_new(int opener);
void slot_desk_free(struct slot_desk *desk);

bool slot_desk_rail_is_up(const struct slot_desk *desk);

/* Lets the board work for a while. */
enum slot_wait slot_desk_watch(const struct slot_desk *desk);

int64_t slot_desk_late_us(const struct slot_desk *desk);

/* A word of those that the program writes, and how many it has written, one after another. */
uint32_t slot_desk_word(const struct slot_desk *desk, uint32_t index);
uint32_t slot_desk_words(const struct slot_desk *desk);

/* How often that colour was lit. */
size_t slot_desk_lit(const struct slot_desk *desk, int channel);

#endif
