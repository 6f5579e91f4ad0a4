/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "lib/testing.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ENOUGH_WORK_US = 20000 };

START_TEST(monotonic_clock_never_goes_back)
{
	int64_t last_us = clock_now_us();

	for (int i = 0; i < 10000; i++) {
		int64_t now_us = clock_now_us();

		ck_assert_int_ge(now_us, last_us);
		last_us = now_us;
	}
}
END_TEST

static void work(void)
{
	int64_t begin_us = clock_cpu_us();

	while (clock_cpu_us() - begin_us < ENOUGH_WORK_US)
		;
}

START_TEST(processor_time_counts_ended_children)
{
	int64_t before_us = clock_cpu_us();
	pid_t pid = fork();

	if (pid == 0) {
		work();
		_exit(0);
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_ge(clock_cpu_us() - before_us, ENOUGH_WORK_US);
}
END_TEST

START_TEST(date_is_iso_8601_in_utc)
{
	char text[CLOCK_UTC_MAX];
	regex_t form;

	setenv("TZ", "Asia/Kathmandu", 1);
	clock_utc(text);
	ck_assert_int_eq(regcomp(&form,
				 "^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:"
				 "[0-6][0-9]Z$",
				 REG_EXTENDED | REG_NOSUB),
			 0);
	ck_assert_int_eq(regexec(&form, text, 0, NULL, 0), 0);
	regfree(&form);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("clock");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, monotonic_clock_never_goes_back);
	tcase_add_test(tcase, processor_time_counts_ended_children);
	tcase_add_test(tcase, date_is_iso_8601_in_utc);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
