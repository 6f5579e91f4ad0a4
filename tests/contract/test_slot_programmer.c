/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a record keeps of a slot's programmer; what it does is in cut_cases.c. */
#include "bench/virtual/virtual.h"
#include "lib/testing.h"
#include "lib/wrapped.h"

#include <errno.h>

enum { WORDS_ADDRESS = 0x080c0000 };

static const uint8_t first[8] = { 1, 0, 0, 0, 2, 0, 0, 0 }, second[4] = { 3, 0, 0, 0 };

struct desk {
	enum wrapped how;
	struct slot slot;
};

static void open_desk(struct desk *desk, enum wrapped how)
{
	*desk = (struct desk){ .how = how };
	ck_assert_int_eq(virtual_open("p1", &desk->slot, NULL), 0);
	wrapped_put(how, &desk->slot);
	ck_assert(slot_can(&desk->slot, SLOT_PROGRAMMER | SLOT_POWER));
	ck_assert(desk->slot.programmer->write != NULL);
}

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

	tcase_add_loop_test(tcase, a_record_knows_what_was_written, 0, 2);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
