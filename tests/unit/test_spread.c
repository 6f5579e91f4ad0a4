/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/spread.h"
#include "lib/testing.h"

START_TEST(of_a_hundred)
{
	int64_t times_us[100];
	struct spread spread;

	for (int i = 0; i < 100; i++)
		times_us[i] = 100 - i;
	spread = spread_of(times_us, 100);
	ck_assert_int_eq(spread.p1_us, 1);
	ck_assert_int_eq(spread.p50_us, 50);
	ck_assert_int_eq(spread.p99_us, 99);
	ck_assert_int_eq(spread.max_us, 100);
	ck_assert_int_eq(spread.off_us, 49);
}
END_TEST

START_TEST(of_few)
{
	int64_t one[] = { 7 };
	int64_t three[] = { 40, -5, 10 };
	struct spread spread = spread_of(one, 1);

	ck_assert(spread.p1_us == 7 && spread.p50_us == 7 && spread.p99_us == 7);
	ck_assert(spread.max_us == 7 && spread.off_us == 0);
	spread = spread_of(three, 3);
	ck_assert(spread.p1_us == -5 && spread.p50_us == 10 && spread.p99_us == 40);
	ck_assert_int_eq(spread.off_us, 30);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("spread");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, of_a_hundred);
	tcase_add_test(tcase, of_few);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
