/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cutting thread with a clock and a switch of the test's own. Nothing is said about how late a
 * cut is: the clock stands still until the test, or a look at it, moves it.
 */
#include "bench/linux/cutter.h"
#include "lib/testing.h"

#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <unistd.h>

enum { SOON_MS = 10000, FAR_US = 1000000000 };

/* the cutter looks at the clock before it spins and in each turn; 'hold' counts looks */
enum { FIRST_SPIN = 2 };

struct bench {
	atomic_llong now_us;
	atomic_llong step_us; /* how far each look at the clock moves it */
	atomic_int looks;
	int hold; /* the look that waits for 'go on'; 0: none */
	sem_t go_on;
	atomic_int fired;
	atomic_llong fired_us;
	int code;
};

static int64_t now_us(void *ctx)
{
	struct bench *bench = ctx;

	if (atomic_fetch_add(&bench->looks, 1) + 1 == bench->hold)
		sem_wait(&bench->go_on);
	return atomic_fetch_add(&bench->now_us, atomic_load(&bench->step_us));
}

static int fire(void *ctx, struct err *err)
{
	struct bench *bench = ctx;

	atomic_store(&bench->fired_us, atomic_load(&bench->now_us));
	atomic_fetch_add(&bench->fired, 1);
	return bench->code ? err_set(err, ERR_RIG, bench->code, "the switch is stuck") : 0;
}

static struct cutter *start(struct bench *bench)
{
	const struct cutter_action action = { .ctx = bench, .fire = fire, .now_us = now_us };
	struct cutter *cutter = NULL;

	ck_assert_int_eq(cutter_start(&action, &cutter, NULL), 0);
	ck_assert_uint_le(cutter_lacks(cutter), CUTTER_NO_PRIORITY | CUTTER_NO_LOCK);
	return cutter;
}

static void await(struct cutter *cutter, struct cutter_result *ret)
{
	struct pollfd file = { .fd = cutter_fd(cutter), .events = POLLIN };

	ck_assert_int_eq(poll(&file, 1, SOON_MS), 1);
	ck_assert(cutter_take(cutter, ret));
	ck_assert(!cutter_take(cutter, ret));
	ck_assert_int_eq(poll(&file, 1, 0), 0);
}

START_TEST(fires_when_its_time_has_come_and_not_before)
{
	struct bench bench = { .now_us = 1000, .step_us = 50 };
	struct cutter *cutter = start(&bench);
	struct cutter_result result;

	cutter_arm(cutter, 5000);
	await(cutter, &result);
	ck_assert_int_eq(result.code, 0);
	ck_assert_int_eq(result.aimed_us, 5000);
	ck_assert_int_ge(result.commanded_us, 5000);
	ck_assert_int_ge(result.done_us, result.commanded_us);
	ck_assert_int_ge(atomic_load(&bench.fired_us), 5000);
	ck_assert_int_eq(atomic_load(&bench.fired), 1);
	cutter_stop(cutter);
}
END_TEST

START_TEST(a_time_that_has_passed_is_now)
{
	struct bench bench = { .now_us = 9000, .step_us = 0 };
	struct cutter *cutter = start(&bench);
	struct cutter_result result;

	cutter_arm(cutter, 10);
	await(cutter, &result);
	ck_assert_int_eq(result.aimed_us, 10);
	ck_assert_int_eq(result.commanded_us, 9000);
	cutter_stop(cutter);
}
END_TEST

START_TEST(disarmed_it_does_not_fire)
{
	/* spinning (a clock that stands still shortly before), and sleeping (a moment far away) */
	static const int64_t aims_us[] = { 100, FAR_US };
	struct bench bench = { .now_us = 0, .step_us = 0 };
	struct cutter *cutter = start(&bench);
	struct cutter_result result;

	for (size_t i = 0; i < ARRAY_LEN(aims_us); i++) {
		cutter_arm(cutter, aims_us[i]);
		cutter_disarm(cutter);
		cutter_disarm(cutter);
		atomic_store(&bench.now_us, aims_us[i]); /* it is due, but disarmed */
		ck_assert(!cutter_take(cutter, &result));
		atomic_store(&bench.now_us, 0);
	}
	cutter_arm(cutter, FAR_US);
	cutter_arm(cutter, 0); /* in its place */
	await(cutter, &result);
	ck_assert_int_eq(result.aimed_us, 0);
	ck_assert_int_eq(atomic_load(&bench.fired), 1);
	cutter_stop(cutter);
}
END_TEST

static void await_looks(struct bench *bench, int count)
{
	for (int ms = 0; ms < SOON_MS && atomic_load(&bench->looks) < count; ms++)
		usleep(1000);
	ck_assert_int_ge(atomic_load(&bench->looks), count);
}

START_TEST(held_up_it_does_not_fire_the_next_cut_at_the_time_of_the_last)
{
	struct bench bench = { .now_us = 0, .hold = FIRST_SPIN };
	struct cutter *cutter = NULL;

	ck_assert_int_eq(sem_init(&bench.go_on, 0, 0), 0);
	cutter = start(&bench);
	cutter_arm(cutter, 100);
	await_looks(&bench, FIRST_SPIN);
	cutter_disarm(cutter);
	cutter_arm(cutter, FAR_US);
	atomic_store(&bench.now_us, 150);
	sem_post(&bench.go_on);
	await_looks(&bench, FIRST_SPIN + 1);
	cutter_disarm(cutter);
	ck_assert_int_eq(atomic_load(&bench.fired), 0);
	cutter_stop(cutter);
	sem_destroy(&bench.go_on);
}
END_TEST

START_TEST(armed_again_and_again)
{
	struct bench bench = { .now_us = 0, .step_us = 1 };
	struct cutter *cutter = start(&bench);
	struct cutter_result result;

	for (int i = 1; i <= 50; i++) {
		cutter_arm(cutter, atomic_load(&bench.now_us) + 7 * i);
		if (i % 2)
			await(cutter, &result);
	}
	cutter_disarm(cutter);
	ck_assert_int_ge(atomic_load(&bench.fired), 25);
	cutter_stop(cutter);
}
END_TEST

START_TEST(a_switch_that_is_stuck_is_told)
{
	struct bench bench = { .now_us = 0, .step_us = 0, .code = -EIO };
	struct cutter *cutter = start(&bench);
	struct cutter_result result;

	cutter_arm(cutter, 0);
	await(cutter, &result);
	ck_assert_int_eq(result.code, -EIO);
	ck_assert_str_eq(result.err.text, "the switch is stuck");
	cutter_stop(cutter);
}
END_TEST

START_TEST(stops_while_armed)
{
	struct bench bench = { .now_us = 0, .step_us = 0 };
	struct cutter *cutter = start(&bench);

	cutter_arm(cutter, FAR_US);
	cutter_stop(cutter);
	ck_assert_int_eq(atomic_load(&bench.fired), 0);
	cutter_stop(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cutter");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, fires_when_its_time_has_come_and_not_before);
	tcase_add_test(tcase, a_time_that_has_passed_is_now);
	tcase_add_test(tcase, disarmed_it_does_not_fire);
	tcase_add_test(tcase, held_up_it_does_not_fire_the_next_cut_at_the_time_of_the_last);
	tcase_add_test(tcase, armed_again_and_again);
	tcase_add_test(tcase, a_switch_that_is_stuck_is_told);
	tcase_add_test(tcase, stops_while_armed);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
