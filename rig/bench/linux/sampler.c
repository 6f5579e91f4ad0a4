/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/sampler.h"

#include "base/clock.h"
#include "base/rng.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum { JITTER_SEED = 1 };

struct sampler {
	struct gpio *lines[SAMPLER_LINES_MAX];
	int64_t period_us;
	pthread_t thread;
	pthread_mutex_t lock; /* of all below */
	bool end;
	enum gpio_state states[SAMPLER_LINES_MAX];
	struct sampler_change changes[SAMPLER_CHANGES_MAX];
	size_t count;
	bool lost;
	int code; /* a line could not be read, with 'err' */
	struct err err;
	int event;
};

/* Lock held. */
static void put(struct sampler *sampler, int line, enum gpio_state state, int64_t t_us)
{
	sampler->states[line] = state;
	if (sampler->count == SAMPLER_CHANGES_MAX) {
		sampler->lost = true;
		return;
	}
	sampler->changes[sampler->count++] = (struct sampler_change){ t_us, line, state };
}

/* Looks at all lines. Returns false when the thread shall end. */
static bool look(struct sampler *sampler, int64_t last_us, int64_t now_us)
{
	enum gpio_state states[SAMPLER_LINES_MAX] = { GPIO_INACTIVE };
	struct err err = ERR_INIT;
	const uint64_t one = 1;
	size_t count;
	bool go_on;
	int r = 0;

	for (int i = 0; i < SAMPLER_LINES_MAX && r == 0; i++)
		if (sampler->lines[i])
			r = gpio_get(sampler->lines[i], &states[i], &err);
	pthread_mutex_lock(&sampler->lock);
	count = sampler->count;
	for (int i = 0; i < SAMPLER_LINES_MAX && r == 0; i++)
		if (states[i] != sampler->states[i])
			put(sampler, i, states[i], last_us + (now_us - last_us) / 2);
	if (now_us - last_us > SAMPLER_LATE_US)
		sampler->lost = true;
	if (r < 0) {
		sampler->code = r;
		sampler->err = err;
	}
	if (r < 0 || sampler->lost || sampler->count != count)
		IGNORE(write(sampler->event, &one, sizeof(one)) < 0, "a counter that is not full");
	go_on = !sampler->end && r == 0;
	pthread_mutex_unlock(&sampler->lock);
	return go_on;
}

static void *run(void *arg)
{
	const struct sched_param param = { .sched_priority = SAMPLER_PRIORITY };
	struct sampler *sampler = arg;
	int64_t last_us = clock_now_us();
	int64_t next_us = last_us;
	struct rng rng;

	IGNORE(pthread_setschedparam(pthread_self(), SCHED_FIFO, &param),
	       "without it, late looks are told as lost edges");
	rng_init(&rng, JITTER_SEED);
	while (look(sampler, last_us, clock_now_us())) {
		struct timespec until;
		int64_t at_us;

		last_us = clock_now_us();
		next_us += sampler->period_us;
		if (next_us < last_us)
			next_us = last_us;
		at_us = next_us + (int64_t)rng_below(&rng, (uint64_t)sampler->period_us);
		until = (struct timespec){ .tv_sec = at_us / 1000000,
					   .tv_nsec = at_us % 1000000 * 1000 };
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
	}
	return NULL;
}

static int start_thread(struct sampler *sampler)
{
	sigset_t all;
	sigset_t old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = -pthread_create(&sampler->thread, NULL, run, sampler);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r;
}

int sampler_start(struct gpio *const lines[SAMPLER_LINES_MAX], uint32_t hz, struct sampler **ret,
		  struct err *err)
{
	struct sampler *sampler = calloc(1, sizeof(*sampler));
	int r = 0;

	if (!sampler)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory to sample lines");
	sampler->period_us = 1000000 / (int64_t)hz;
	sampler->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (sampler->event < 0)
		r = err_set(err, ERR_RIG, -errno, "cannot sample lines: %s", strerror(errno));
	for (int i = 0; i < SAMPLER_LINES_MAX && r == 0; i++) {
		sampler->lines[i] = lines[i];
		if (lines[i])
			r = gpio_get(lines[i], &sampler->states[i], err);
	}
	if (r == 0) {
		r = -pthread_mutex_init(&sampler->lock, NULL);
		if (r == 0)
			r = start_thread(sampler);
		if (r < 0)
			err_set(err, ERR_RIG, r, "cannot sample lines: %s", strerror(-r));
	}
	if (r < 0) {
		if (sampler->event >= 0)
			close(sampler->event);
		free(sampler);
		return r;
	}
	*ret = sampler;
	return 0;
}

void sampler_stop(struct sampler *sampler)
{
	if (!sampler)
		return;
	pthread_mutex_lock(&sampler->lock);
	sampler->end = true;
	pthread_mutex_unlock(&sampler->lock);
	pthread_join(sampler->thread, NULL);
	pthread_mutex_destroy(&sampler->lock);
	close(sampler->event);
	free(sampler);
}

int sampler_fd(const struct sampler *sampler)
{
	return sampler->event;
}

int sampler_take(struct sampler *sampler, struct sampler_change *ret, size_t max, bool *ret_lost,
		 struct err *err)
{
	size_t count;
	uint64_t seen;
	int r;

	pthread_mutex_lock(&sampler->lock);
	count = sampler->count < max ? sampler->count : max;
	memcpy(ret, sampler->changes, count * sizeof(ret[0]));
	memmove(sampler->changes, sampler->changes + count,
		(sampler->count - count) * sizeof(ret[0]));
	sampler->count -= count;
	*ret_lost = sampler->lost;
	sampler->lost = false;
	if (sampler->count == 0)
		IGNORE(read(sampler->event, &seen, sizeof(seen)) < 0, "it may be empty");
	r = sampler->code;
	if (r < 0 && err)
		*err = sampler->err;
	pthread_mutex_unlock(&sampler->lock);
	return r < 0 ? r : (int)count;
}

void sampler_states(struct sampler *sampler, enum gpio_state ret[SAMPLER_LINES_MAX])
{
	pthread_mutex_lock(&sampler->lock);
	memcpy(ret, sampler->states, sizeof(sampler->states));
	pthread_mutex_unlock(&sampler->lock);
}
