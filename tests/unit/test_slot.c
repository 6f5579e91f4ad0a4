/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/macros.h"
#include "base/text.h"
#include "bench/slot.h"
#include "lib/testing.h"

#include <string.h>

static const struct {
	unsigned int can, needs;
	const char *no_cut;
	const char *text;
} cases[] = {
	{ 0, 0, "", "" },
	{ SLOT_POWER | SLOT_CUT, SLOT_POWER | SLOT_CUT, "", "" },
	{ SLOT_POWER, SLOT_POWER | SLOT_CUT, "", "cut power" },
	{ SLOT_POWER, SLOT_POWER | SLOT_CUT, "it takes others along",
	  "cut power (it takes others along)" },
	{ SLOT_POWER, SLOT_POWER | SLOT_RESET, "it takes others along", "hold RESET" },
	{ SLOT_POWER, SLOT_RESET | SLOT_CUT | SLOT_USB, "why",
	  "hold RESET, cut power (why), reach the board's USB" },
};

START_TEST(what_it_lacks_is_said_in_words)
{
	struct slot slot = { .capabilities = cases[_i].can };
	char text[SLOT_LACKS_MAX];

	text_copy(slot.no_cut, sizeof(slot.no_cut), cases[_i].no_cut);
	slot_lacks(&slot, cases[_i].needs, text);
	ck_assert_str_eq(text, cases[_i].text);
}
END_TEST

/* Every capability has its words, and the longest text still ends in its room. */
START_TEST(everything_has_words)
{
	char text[SLOT_LACKS_MAX];
	struct slot slot = { 0 };

	for (unsigned int bit = SLOT_POWER; bit <= SLOT_PROGRAMMER; bit <<= 1) {
		slot_lacks(&slot, bit, text);
		ck_assert_uint_gt(strlen(text), 0);
	}
	memset(slot.no_cut, 'x', sizeof(slot.no_cut) - 1);
	slot_lacks(&slot, UINT32_MAX, text);
	ck_assert_uint_eq(strlen(text), sizeof(text) - 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("slot");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, what_it_lacks_is_said_in_words, 0, ARRAY_LEN(cases));
	tcase_add_test(tcase, everything_has_words);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
