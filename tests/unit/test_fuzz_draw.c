/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/macros.h"
#include "fuzz/draw.h"
#include "lib/testing.h"

#include <string.h>

enum { DRAWS = 5000, UNITS = 300 };

START_TEST(draws_are_lists_that_ids_can_hold)
{
	enum fuzz_act_kind kinds[FUZZ_COUNT];
	unsigned int seen[FUZZ_COUNT] = { 0 };
	bool last_unit = false;
	struct rng rng;

	for (int i = 1; i < FUZZ_COUNT; i++)
		kinds[i - 1] = (enum fuzz_act_kind)i;
	rng_init(&rng, 11);
	for (int i = 0; i < DRAWS; i++) {
		char text[FUZZ_ACTS_TEXT_MAX];
		struct fuzz_acts acts;
		struct fuzz_acts back;
		const char *why;
		size_t at;

		fuzz_acts_draw(kinds, FUZZ_COUNT - 1, FUZZ_ACTS_MAX, UNITS, &rng, &acts);
		ck_assert_uint_ge(acts.count, 1);
		fuzz_acts_format(&acts, text);
		ck_assert(fuzz_acts_parse(text, strlen(text), &back, &at, &why));
		for (size_t k = 0; k < acts.count; k++) {
			ck_assert_uint_lt(acts.items[k].unit, UNITS);
			last_unit |= acts.items[k].unit == UNITS - 1;
			seen[acts.items[k].kind]++;
		}
	}
	ck_assert(last_unit);
	for (int i = 1; i < FUZZ_COUNT; i++)
		ck_assert_uint_gt(seen[i], DRAWS * FUZZ_ACTS_MAX / FUZZ_COUNT / 2);
}
END_TEST

START_TEST(only_the_kinds_given_and_none_twice_at_a_unit)
{
	static const enum fuzz_act_kind kinds[] = { FUZZ_DROP, FUZZ_DELAY };
	struct rng rng;

	rng_init(&rng, 3);
	for (int i = 0; i < DRAWS; i++) {
		struct fuzz_acts acts;

		fuzz_acts_draw(kinds, ARRAY_LEN(kinds), FUZZ_ACTS_MAX, 0, &rng, &acts);
		ck_assert_uint_ge(acts.count, 1);
		ck_assert_uint_le(acts.count, 2); /* one unit, two kinds */
		for (size_t k = 0; k < acts.count; k++) {
			ck_assert_uint_eq(acts.items[k].unit, 0);
			ck_assert(acts.items[k].kind == FUZZ_DROP ||
				  acts.items[k].kind == FUZZ_DELAY);
			ck_assert(acts.items[k].kind == FUZZ_DROP || acts.items[k].value > 0);
		}
		if (acts.count == 2)
			ck_assert_int_ne(acts.items[0].kind, acts.items[1].kind);
	}
}
END_TEST

START_TEST(same_seed_same_acts)
{
	static const enum fuzz_act_kind kinds[] = { FUZZ_SPOIL, FUZZ_JUNK, FUZZ_INDEX };
	char text[2][FUZZ_ACTS_TEXT_MAX];

	for (int i = 0; i < 2; i++) {
		struct fuzz_acts acts;
		struct rng rng;

		rng_init(&rng, 5);
		fuzz_acts_draw(kinds, ARRAY_LEN(kinds), 3, UNITS, &rng, &acts);
		fuzz_acts_format(&acts, text[i]);
	}
	ck_assert_str_eq(text[0], text[1]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("chance in what is done to a transfer");
	TCase *tcase = tcase_create("draws");

	tcase_add_test(tcase, draws_are_lists_that_ids_can_hold);
	tcase_add_test(tcase, only_the_kinds_given_and_none_twice_at_a_unit);
	tcase_add_test(tcase, same_seed_same_acts);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
