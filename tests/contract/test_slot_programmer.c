/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A slot's programmer, on a virtual slot by itself and with the wrappers in front. */
#include "bench/virtual/virtual.h"
#include "lib/testing.h"
#include "lib/wrapped.h"

#include "vboard/vboard.h"

#include <errno.h>

enum { WORDS_ADDRESS = 0x080c0000, PARTS = 2 };

static const uint8_t first[8] = { 1, 0, 0, 0, 2, 0, 0, 0 }, second[4] = { 3, 0, 0, 0 };

struct desk {
	enum wrapped how;
	struct slot slot;
	struct vboard *board; /* NULL: played back */
};

static void open_desk(struct desk *desk, enum wrapped how)
{
	*desk = (struct desk){ .how = how };
	ck_assert_int_eq(virtual_open("p1", &desk->slot, NULL), 0);
	desk->board = how == WRAPPED_REPLAY ? NULL : virtual_board(&desk->slot);
	wrapped_put(how, &desk->slot);
	ck_assert(slot_can(&desk->slot, SLOT_PROGRAMMER | SLOT_POWER));
	ck_assert(desk->slot.programmer->write != NULL);
}

static uint32_t word_at(const struct desk *desk, uint32_t index)
{
	uint32_t word = 0;

	if (desk->board)
		ck_assert(vboard_flash_read(desk->board, WORDS_ADDRESS + 4 * index, &word, 4));
	wrapped_peeked(desk->how, &word, sizeof(word));
	return word;
}

/* Two pieces with a gap, on a board that is on; it is off after. */
static void write_pieces(enum wrapped how)
{
	const struct slot_piece pieces[PARTS] = { { WORDS_ADDRESS, first, sizeof(first) },
						  { WORDS_ADDRESS + 12, second, sizeof(second) } };
	struct err err = ERR_INIT;
	struct desk desk;
	bool up = true;

	open_desk(&desk, how);
	ck_assert_int_eq(slot_power_set(&desk.slot, SLOT_POWER_ON, NULL), 0);
	ck_assert_msg(slot_program(&desk.slot, pieces, PARTS, &err) == 0, "%s", err.text);
	ck_assert_int_eq(slot_rail_read(&desk.slot, &up, NULL), 0);
	ck_assert(!up);
	ck_assert_uint_eq(word_at(&desk, 0), 1);
	ck_assert_uint_eq(word_at(&desk, 1), 2);
	ck_assert_uint_eq(word_at(&desk, 2), UINT32_MAX);
	ck_assert_uint_eq(word_at(&desk, 3), 3);
	slot_close(&desk.slot);
}

static void write_outside(enum wrapped how)
{
	const struct slot_piece outside = { 0x20000000, first, sizeof(first) };
	struct err err = ERR_INIT;
	struct desk desk;

	open_desk(&desk, how);
	ck_assert_int_eq(slot_program(&desk.slot, &outside, 1, &err), -ERANGE);
	ck_assert_int_eq(err.kind, ERR_RIG);
	ck_assert_str_eq(err.text, "address 0x20000000 is not in flash");
	slot_close(&desk.slot);
}

static void (*const suites[])(enum wrapped how) = { write_pieces, write_outside };

START_TEST(by_itself_and_wrapped)
{
	for (enum wrapped how = WRAPPED_NOT; how <= WRAPPED_RECORD; how++)
		suites[_i](how);
}
END_TEST

START_TEST(played_back_it_is_the_same)
{
	suites[_i](WRAPPED_RECORD);
	wrapped_begin();
	suites[_i](WRAPPED_REPLAY);
}
END_TEST

/* What is written is part of what was asked: other bytes, or the same ones elsewhere, are not it.
 */
START_TEST(a_record_knows_what_was_written)
{
	static const struct slot_piece others[] = { { WORDS_ADDRESS, second, sizeof(second) },
						    { WORDS_ADDRESS + 4, first, sizeof(first) } };
	const struct slot_piece piece = { WORDS_ADDRESS, first, sizeof(first) };
	struct err err = ERR_INIT;
	struct desk desk;

	open_desk(&desk, WRAPPED_RECORD);
	ck_assert_int_eq(slot_program(&desk.slot, &piece, 1, &err), 0);
	slot_close(&desk.slot);
	wrapped_begin();
	open_desk(&desk, WRAPPED_REPLAY);
	ck_assert_int_lt(slot_program(&desk.slot, &others[_i], 1, &err), 0);
	ck_assert_int_eq(err.kind, ERR_RIG);
	slot_close(&desk.slot);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("slot: programmer");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, by_itself_and_wrapped, 0, ARRAY_LEN(suites));
	tcase_add_loop_test(tcase, played_back_it_is_the_same, 0, ARRAY_LEN(suites));
	tcase_add_loop_test(tcase, a_record_knows_what_was_written, 0, 2);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
