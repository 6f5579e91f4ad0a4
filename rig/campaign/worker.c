/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/worker.h"

#include "base/clock.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Before the observations of a trial. Parent and worker are the same program: no byte order. */
struct answer {
	int error;
	struct err err;
	uint32_t obs_count;
	bool truncated;
	int64_t board_us;
};

static int send_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int receive_all(int fd, void *data, size_t len)
{
	char *at = data;

	while (len > 0) {
		ssize_t n = recv(fd, at, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0 || (n < 0 && errno == ECONNRESET)) /* gone; reset: had not read all */
			return -EPIPE;
		if (n < 0)
			return -errno;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int answer_one(int fd, const struct trial_setup *setup, const struct trial_spec *spec,
		      struct obs_log *log)
{
	struct answer answer = { .error = 0 };
	struct obs_sink sink = obs_log_sink(log);
	int r;

	obs_log_clear(log);
	answer.error = trial_run(setup, spec, &sink, &answer.board_us, &answer.err);
	answer.obs_count = (uint32_t)log->count;
	answer.truncated = log->truncated;
	r = send_all(fd, &answer, sizeof(answer));
	if (r == 0)
		r = send_all(fd, log->items, log->count * sizeof(*log->items));
	return r;
}

/* There is no slot: each trial asked for is one that the rig failed at. */
static int answer_without_slot(int fd, const struct err *why, struct obs_log *log)
{
	struct answer answer = { .error = why->code, .err = *why, .obs_count = 1 };
	struct obs_sink sink = obs_log_sink(log);
	int r;

	obs_log_clear(log);
	obs_put(&sink, 0, OBS_RIG_FAULT, why->code, 0, why->text);
	r = send_all(fd, &answer, sizeof(answer));
	return r == 0 ? send_all(fd, log->items, sizeof(*log->items)) : r;
}

static void work(int fd, const struct trial_setup *setup, const struct plan *plan,
		 const struct worker_slot *slot)
{
	struct err why = ERR_INIT;
	int taken = slot ? slot->take(slot->ctx, slot->number, &why) : 0;
	struct obs_log log;
	uint32_t index;
	int r = 0;

	obs_log_init(&log);
	while (r == 0 && receive_all(fd, &index, sizeof(index)) == 0)
		r = taken < 0 ? answer_without_slot(fd, &why, &log)
			      : answer_one(fd, setup, &plan->specs[index], &log);
	obs_log_release(&log);
	if (slot && taken == 0)
		slot->let_go(slot->ctx);
}

int worker_start(struct worker *worker, const struct trial_setup *setup, const struct plan *plan,
		 const struct worker_slot *slot, struct err *err)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return err_set(err, ERR_RIG, -errno, "cannot make a socket for a worker: %s",
			       strerror(errno));
	pid = fork();
	if (pid < 0) {
		int code = -errno;

		close(ends[0]);
		close(ends[1]);
		return err_set(err, ERR_RIG, code, "cannot start a worker: %s", strerror(-code));
	}
	if (pid == 0) {
		close(ends[0]);
		work(ends[1], setup, plan, slot);
		_exit(0); /* the parent's files and database are not ours to close */
	}
	close(ends[1]);
	*worker = (struct worker){ .pid = pid, .fd = ends[0] };
	return 0;
}

int worker_ask(const struct worker *worker, uint32_t index, struct err *err)
{
	int r = send_all(worker->fd, &index, sizeof(index));

	if (r < 0)
		return err_set(err, ERR_RIG, r, "cannot reach a worker: %s", strerror(-r));
	return 0;
}

static int take(const struct worker *worker, struct answer *answer, struct obs_log *log)
{
	struct obs_sink sink = obs_log_sink(log);
	int r = receive_all(worker->fd, answer, sizeof(*answer));

	obs_log_clear(log);
	for (uint32_t i = 0; i < answer->obs_count && r == 0; i++) {
		struct obs obs;

		r = receive_all(worker->fd, &obs, sizeof(obs));
		if (r == 0)
			sink.put(sink.ctx, &obs);
	}
	return r;
}

int worker_take(const struct worker *worker, struct trial_result *ret, struct err *err)
{
	struct answer answer = { .error = 0 };
	int r = take(worker, &answer, &ret->log);

	if (r < 0)
		return err_set(err, ERR_RIG, r, "a worker died");
	ret->log.truncated = ret->log.truncated || answer.truncated;
	ret->board_us = answer.board_us;
	ret->error = answer.error;
	ret->err = answer.err;
	return 0;
}

enum { BURY_STEP_US = 10000 };

void worker_stop(struct worker *worker, int64_t grace_us)
{
	int64_t deadline_us = clock_now_us() + grace_us;

	if (worker->pid <= 0)
		return;
	close(worker->fd);
	while (clock_now_us() < deadline_us) {
		if (waitpid(worker->pid, NULL, WNOHANG) == worker->pid) {
			*worker = (struct worker){ .fd = -1 };
			return;
		}
		usleep(BURY_STEP_US);
	}
	kill(worker->pid, SIGKILL);
	while (waitpid(worker->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*worker = (struct worker){ .fd = -1 };
}
