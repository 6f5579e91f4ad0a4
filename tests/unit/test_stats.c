/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/macros.h"
#include "lib/testing.h"
#include "results/stats.h"

#include <math.h>

/* One-sided 95 % upper bounds as published tables have them, to the figures they give. */
static const struct {
	uint64_t k;
	uint64_t n;
	double upper;
	double within;
} uppers[] = {
	{ 0, 5, 0.45, 0.005 },	       { 1, 5, 0.66, 0.005 },	      { 2, 5, 0.81, 0.005 },
	{ 3, 5, 0.92, 0.005 },	       { 0, 20, 0.139, 0.0005 },      { 1, 20, 0.216, 0.0005 },
	{ 2, 20, 0.283, 0.0005 },      { 3, 20, 0.344, 0.0005 },      { 5, 20, 0.456, 0.0005 },
	{ 0, 100, 0.0295, 0.00005 },   { 1, 100, 0.0466, 0.00005 },   { 2, 100, 0.0616, 0.00005 },
	{ 3, 100, 0.0757, 0.00005 },   { 5, 100, 0.102, 0.0005 },     { 0, 1000, 0.00299, 5e-6 },
	{ 1, 1000, 0.00473, 5e-6 },    { 2, 1000, 0.00628, 5e-6 },    { 3, 1000, 0.00774, 5e-6 },
	{ 5, 1000, 0.0105, 5e-5 },     { 0, 3000, 0.00100, 5e-6 },    { 1, 3000, 0.00158, 5e-6 },
	{ 2, 3000, 0.00210, 5e-6 },    { 3, 3000, 0.00258, 5e-6 },    { 5, 3000, 0.00350, 5e-6 },
	{ 0, 10000, 0.00030, 5e-6 },   { 1, 10000, 0.00047, 5e-6 },   { 2, 10000, 0.00063, 5e-6 },
	{ 3, 10000, 0.00078, 5.5e-6 }, { 5, 10000, 0.00105, 5.5e-6 },
};

START_TEST(upper_bound_as_published)
{
	ck_assert_double_eq_tol(stats_rate_upper(uppers[_i].k, uppers[_i].n, 0.95),
				uppers[_i].upper, uppers[_i].within);
}
END_TEST

/* Trials needed for a claim: no event at three confidences, and after one to three events. */
static const struct {
	uint64_t k;
	double limit;
	double confidence;
	uint64_t trials;
} needs[] = {
	{ 0, 0.01, 0.90, 230 },
	{ 0, 0.01, 0.95, 299 },
	{ 0, 0.01, 0.99, 459 },
	{ 0, 0.003, 0.90, 767 },
	{ 0, 0.003, 0.95, 998 },
	{ 0, 0.003, 0.99, 1533 },
	{ 0, 0.001, 0.90, 2302 },
	{ 0, 0.001, 0.95, 2995 },
	{ 0, 0.001, 0.99, 4603 },
	{ 0, 0.0003, 0.90, 7675 },
	{ 0, 0.0003, 0.95, 9985 },
	{ 0, 0.0003, 0.99, 15349 },
	{ 0, 0.0001, 0.90, 23025 },
	{ 0, 0.0001, 0.95, 29956 },
	{ 0, 0.0001, 0.99, 46050 },
	{ 0, 0.00001, 0.90, 230258 },
	{ 0, 0.00001, 0.95, 299572 },
	{ 0, 0.00001, 0.99, 460515 },
	{ 1, 0.001, 0.95, 4742 },
	{ 2, 0.001, 0.95, 6294 },
	{ 3, 0.001, 0.95, 7752 },
	{ 0, 0, 0.95, UINT64_MAX },
	{ 4, 0, 0.95, UINT64_MAX },
	{ 0, 1, 0.95, 0 },
	{ 3, 1, 0.95, 3 },
	{ 0, 1e-12, 0.95, UINT64_MAX },
};

START_TEST(trials_needed_as_published)
{
	ck_assert_uint_eq(stats_trials_needed(needs[_i].k, needs[_i].limit, needs[_i].confidence),
			  needs[_i].trials);
}
END_TEST

START_TEST(edges)
{
	ck_assert_double_eq(stats_rate_upper(0, 0, 0.95), 1);
	ck_assert_double_eq(stats_rate_lower(0, 0, 0.95), 0);
	ck_assert_double_eq(stats_rate_upper(7, 7, 0.95), 1);
	ck_assert_double_eq(stats_rate_lower(0, 7, 0.95), 0);
	/* no event, or nothing but events: both have a closed form */
	ck_assert_double_eq_tol(stats_rate_upper(0, 7, 0.95), 1 - pow(0.05, 1.0 / 7), 1e-9);
	ck_assert_double_eq_tol(stats_rate_lower(7, 7, 0.95), pow(0.05, 1.0 / 7), 1e-9);
	/* more events than trials cannot be, but must not break anything */
	ck_assert_double_eq(stats_rate_upper(8, 7, 0.95), 1);
	ck_assert_double_eq(stats_rate_lower(8, 7, 0.95), stats_rate_lower(7, 7, 0.95));
}
END_TEST

/* Every count a run can have (SCENARIO_TRIALS_MAX), and rare events far beyond. */
START_TEST(bounds_enclose_the_rate_at_every_size)
{
	for (uint64_t n = 1; n <= 1000000000; n *= 10)
		for (uint64_t k = 0; k <= n && (n <= 1000000 || k < 1000); k = k ? k * 7 : 1) {
			double upper = stats_rate_upper(k, n, 0.95);
			double lower = stats_rate_lower(k, n, 0.95);
			double rate = (double)k / (double)n;

			ck_assert_msg(lower <= rate && rate <= upper && (k == 0 || lower > 0) &&
					      (k == n || upper < 1),
				      "%g of %g: %g to %g", (double)k, (double)n, lower, upper);
			ck_assert_double_ge(stats_rate_upper(k, n, 0.99), upper);
			/* the same said about the trials without the event */
			ck_assert_double_eq_tol(stats_rate_lower(n - k, n, 0.95), 1 - upper, 1e-9);
		}
}
END_TEST

START_TEST(one_in_fifty)
{
	/* two-sided 95 % is one-sided 97.5 % on each side: 0.05 % to 10.6 % */
	ck_assert_double_eq_tol(stats_rate_lower(1, 50, 0.975), 0.0005, 0.00005);
	ck_assert_double_eq_tol(stats_rate_upper(1, 50, 0.975), 0.106, 0.0005);
}
END_TEST

START_TEST(rates_for_people)
{
	static const struct {
		double rate;
		const char *text;
	} rows[] = { { 0, "0 %" },	     { 1, "100 %" },
		     { 0.0122, "1.22 %" },   { 0.000998, "0.0998 %" },
		     { 0.333333, "33.3 %" }, { 0.05, "5 %" } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[16];

		stats_format_rate(rows[i].rate, text, sizeof(text));
		ck_assert_str_eq(text, rows[i].text);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stats");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, upper_bound_as_published, 0, ARRAY_LEN(uppers));
	tcase_add_loop_test(tcase, trials_needed_as_published, 0, ARRAY_LEN(needs));
	tcase_add_test(tcase, edges);
	tcase_add_test(tcase, bounds_enclose_the_rate_at_every_size);
	tcase_add_test(tcase, one_in_fifty);
	tcase_add_test(tcase, rates_for_people);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
