/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "lib/testing.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
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
	time_t before = time(NULL);
	char text[CLOCK_UTC_MAX];
	struct tm parts = { 0 };
	const char *end;

	setenv("TZ", "Asia/Kathmandu", 1);
	tzset();
	clock_utc(text);
	end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);
	ck_assert_ptr_nonnull(end);
	ck_assert_str_eq(end, "");
	ck_assert_uint_eq(strlen(text), strlen("2024-05-01T20:00:00Z"));
	ck_assert_int_ge(timegm(&parts), before);
	ck_assert_int_le(timegm(&parts), time(NULL));
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
