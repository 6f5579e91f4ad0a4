/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/worker.h"
#include "lib/fake_rig.h"
#include "lib/testing.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { IN_STAGE_US = 200000, IN_APPLY_US = 900000 };

/* What a worker needs, and one that runs. */
struct office {
	struct fake_rig *rig;
	struct trial_spec specs[2];
	struct plan plan;
	struct worker worker;
	struct trial_result result;
	struct err err;
};

static void start(struct office *office, struct worker *ret)
{
	ck_assert_int_eq(worker_start(ret, &office->rig->setup, &office->plan, NULL, &office->err),
			 0);
}

static struct office *open_office(void)
{
	struct office *office = calloc(1, sizeof(*office));

	ck_assert_ptr_nonnull(office);
	office->rig = fake_rig_new(1);
	ck_assert_ptr_nonnull(office->rig);
	ck_assert_int_eq(fake_rig_learn(office->rig, NULL), 0);
	office->specs[0] = fake_rig_spec(1, IN_STAGE_US);
	office->specs[1] = fake_rig_spec(1, IN_APPLY_US);
	office->plan = (struct plan){ .specs = office->specs, .count = 2 };
	obs_log_init(&office->result.log);
	return office;
}

static void close_office(struct office *office)
{
	worker_stop(&office->worker, 0);
	obs_log_release(&office->result.log);
	free(office->rig);
	free(office);
}

static void ask(struct office *office, const struct worker *worker, uint32_t index)
{
	ck_assert_int_eq(worker_ask(worker, index, &office->err), 0);
}

static void expect_gone(struct office *office, const struct worker *worker)
{
	ck_assert_int_eq(worker_take(worker, &office->result, &office->err), -EPIPE);
	ck_assert_int_eq(office->err.kind, ERR_RIG);
	ck_assert_str_eq(office->err.text, "a worker died");
}

/* The signal, and that it has acted. */
static void send_signal(const struct worker *worker, int signal)
{
	siginfo_t info;

	ck_assert_int_eq(kill(worker->pid, signal), 0);
	ck_assert_int_eq(waitid(P_PID, (id_t)worker->pid, &info, WEXITED | WSTOPPED | WNOWAIT), 0);
}

START_TEST(brings_home_what_the_trial_observed)
{
	struct office *office = open_office();
	struct obs_log here;
	struct obs_sink sink = obs_log_sink(&here);
	int64_t board_us;

	start(office, &office->worker);
	obs_log_init(&here);
	for (uint32_t i = 0; i < 2; i++) {
		ask(office, &office->worker, i);
		ck_assert_int_eq(worker_take(&office->worker, &office->result, &office->err), 0);
		obs_log_clear(&here);
		ck_assert_int_eq(trial_run(&office->rig->setup, &office->specs[i], &sink, &board_us,
					   NULL),
				 0);
		ck_assert_int_eq(office->result.error, 0);
		ck_assert_int_eq(office->result.board_us, board_us);
		ck_assert(!office->result.log.truncated);
		ck_assert_uint_eq(office->result.log.count, here.count);
		for (size_t j = 0; j < here.count; j++) {
			ck_assert_int_eq(office->result.log.items[j].kind, here.items[j].kind);
			ck_assert_int_eq(office->result.log.items[j].t_us, here.items[j].t_us);
			ck_assert_str_eq(office->result.log.items[j].text, here.items[j].text);
		}
	}
	obs_log_release(&here);
	close_office(office);
}
END_TEST

START_TEST(tells_that_its_rig_failed)
{
	struct office *office = open_office();
	const struct obs_log *log = &office->result.log;
	bool told = false;

	office->rig->fake.fails = FAKE_CALL_WRITE;
	office->rig->fake.fails_at = office->rig->fake.calls[FAKE_CALL_WRITE] + 1;
	start(office, &office->worker);
	ask(office, &office->worker, 0);
	ck_assert_int_eq(worker_take(&office->worker, &office->result, &office->err), 0);
	ck_assert_int_eq(office->result.error, -EIO);
	ck_assert_int_eq(office->result.err.kind, ERR_RIG);
	for (size_t i = 0; i < log->count; i++)
		told = told || log->items[i].kind == OBS_RIG_FAULT;
	ck_assert(told);
	/* and goes on with the next one */
	ask(office, &office->worker, 1);
	ck_assert_int_eq(worker_take(&office->worker, &office->result, &office->err), 0);
	ck_assert_int_eq(office->result.error, 0);
	close_office(office);
}
END_TEST

START_TEST(idle_worker_that_is_killed_is_noticed)
{
	struct office *office = open_office();

	start(office, &office->worker);
	send_signal(&office->worker, SIGKILL);
	expect_gone(office, &office->worker);
	ck_assert_int_eq(worker_ask(&office->worker, 0, &office->err), -EPIPE);
	close_office(office);
}
END_TEST

START_TEST(worker_killed_with_a_trial_is_noticed)
{
	struct office *office = open_office();

	start(office, &office->worker);
	send_signal(&office->worker, SIGSTOP);
	ask(office, &office->worker, 0); /* it will never read this */
	send_signal(&office->worker, SIGKILL);
	expect_gone(office, &office->worker);
	close_office(office);
}
END_TEST

START_TEST(one_that_dies_leaves_the_others_alone)
{
	struct office *office = open_office();
	struct worker other;

	start(office, &office->worker);
	start(office, &other);
	send_signal(&office->worker, SIGKILL);
	expect_gone(office, &office->worker);
	ask(office, &other, 1);
	ck_assert_int_eq(worker_take(&other, &office->result, &office->err), 0);
	ck_assert_int_eq(office->result.error, 0);
	worker_stop(&other, 0);
	close_office(office);
}
END_TEST

START_TEST(stop_ends_any_worker_at_once)
{
	static const int signals[] = { 0, SIGSTOP, SIGKILL };

	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		struct office *office = open_office();
		pid_t pid;

		start(office, &office->worker);
		pid = office->worker.pid;
		if (signals[i])
			send_signal(&office->worker, signals[i]);
		worker_stop(&office->worker, 0);
		ck_assert_int_eq(kill(pid, 0), -1); /* buried too */
		ck_assert_int_eq(office->worker.pid, 0);
		worker_stop(&office->worker, 0);
		close_office(office);
	}
	worker_stop(&(struct worker){ .pid = 0 }, 0);
}
END_TEST

START_TEST(worker_leaves_when_the_parent_is_gone)
{
	struct office *office = open_office();
	int status = -1;

	start(office, &office->worker);
	close(office->worker.fd);
	ck_assert_int_eq(waitpid(office->worker.pid, &status, 0), office->worker.pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	office->worker = (struct worker){ .pid = 0 };
	close_office(office);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("worker");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, brings_home_what_the_trial_observed);
	tcase_add_test(tcase, tells_that_its_rig_failed);
	tcase_add_test(tcase, idle_worker_that_is_killed_is_noticed);
	tcase_add_test(tcase, worker_killed_with_a_trial_is_noticed);
	tcase_add_test(tcase, one_that_dies_leaves_the_others_alone);
	tcase_add_test(tcase, stop_ends_any_worker_at_once);
	tcase_add_test(tcase, worker_leaves_when_the_parent_is_gone);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
