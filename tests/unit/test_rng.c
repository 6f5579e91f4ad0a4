/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"
#include "lib/testing.h"

START_TEST(same_seed_same_numbers)
{
	struct rng a;
	struct rng b;

	rng_init(&a, 42);
	rng_init(&b, 42);
	for (int i = 0; i < 1000; i++)
		ck_assert_uint_eq(rng_next(&a), rng_next(&b));
}
END_TEST

START_TEST(known_first_numbers)
{
	struct rng rng;

	/* xoshiro256** after splitmix64(0): reference values of the published algorithm */
	rng_init(&rng, 0);
	ck_assert_uint_eq(rng_next(&rng), 11091344671253066420u);
	ck_assert_uint_eq(rng_next(&rng), 13793997310169335082u);
}
END_TEST

START_TEST(below_stays_below_and_reaches_all)
{
	struct rng rng;
	unsigned int hits[7] = { 0 };

	rng_init(&rng, 1);
	for (int i = 0; i < 7000; i++) {
		uint64_t x = rng_below(&rng, 7);

		ck_assert_uint_lt(x, 7);
		hits[x]++;
	}
	for (int i = 0; i < 7; i++)
		ck_assert_uint_gt(hits[i], 800);
	ck_assert_uint_eq(rng_below(&rng, 0), 0);
}
END_TEST

START_TEST(streams_differ)
{
	ck_assert_uint_ne(rng_derive(1, 0), rng_derive(1, 1));
	ck_assert_uint_ne(rng_derive(1, 0), rng_derive(2, 0));
	ck_assert_uint_eq(rng_derive(1, 5), rng_derive(1, 5));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rng");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, same_seed_same_numbers);
	tcase_add_test(tcase, known_first_numbers);
	tcase_add_test(tcase, below_stays_below_and_reaches_all);
	tcase_add_test(tcase, streams_differ);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
