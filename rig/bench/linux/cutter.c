/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The thread sleeps on a condition so that arming and disarming wake it, and spins without the lock
 * so that nobody can make it late. Who of disarming and firing comes first is settled by one
 * exchange of 'state', which has a number of the arming in it: a thread that was held up while it
 * spun must not take the next cut for its own.
 */
#include "bench/linux/cutter.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum step { STEP_IDLE = 0, STEP_ARMED = 1, STEP_FIRING = 2, STEP_FIRED = 3, STEP_END = 4 };

enum { STEP_BITS = 3, STEP_MASK = (1 << STEP_BITS) - 1 };

struct cutter {
	struct cutter_action action;
	pthread_t thread;
	pthread_mutex_t lock; /* of aim_us and result; and to sleep on */
	pthread_cond_t wake;
	atomic_uint state; /* a step, and above it the number of the arming */
	int64_t aim_us;
	struct cutter_result result;
	int event;
	atomic_uint lacks;
	bool started; /* the thread has said what it lacks */
};

static int64_t monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t now_us(const struct cutter *cutter)
{
	return cutter->action.now_us ? cutter->action.now_us(cutter->action.ctx) : monotonic_us();
}

static enum step step_of(unsigned int state)
{
	return state & STEP_MASK;
}

static unsigned int with_step(unsigned int state, enum step step)
{
	return (state & ~(unsigned int)STEP_MASK) | step;
}

/* Only of a state that the other thread does not change: that of a cut that is not armed. */
static void set_step(struct cutter *cutter, enum step step)
{
	atomic_store(&cutter->state, with_step(atomic_load(&cutter->state), step));
}

/* Locks what is there and will be; a limit on locked memory would let allocations fail later. */
static bool lock_memory(void)
{
	struct rlimit limit;

	if (geteuid() != 0 &&
	    (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY))
		return false;
	return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

static unsigned int become_real_time(void)
{
	struct sched_param param = { .sched_priority = CUTTER_PRIORITY };
	unsigned int lacks = 0;

	if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &param) != 0)
		lacks |= CUTTER_NO_PRIORITY;
	if (!lock_memory())
		lacks |= CUTTER_NO_LOCK;
	return lacks;
}

static void fire(struct cutter *cutter, int64_t aim_us)
{
	struct cutter_result result = { .aimed_us = aim_us, .err = ERR_INIT };
	const uint64_t one = 1;

	result.commanded_us = now_us(cutter);
	result.code = cutter->action.fire(cutter->action.ctx, &result.err);
	result.done_us = now_us(cutter);
	pthread_mutex_lock(&cutter->lock);
	cutter->result = result;
	set_step(cutter, STEP_FIRED);
	IGNORE(write(cutter->event, &one, sizeof(one)) < 0, "a counter that is not full");
	pthread_cond_broadcast(&cutter->wake);
	pthread_mutex_unlock(&cutter->lock);
}

/* The lock is held. Sleeps until it is worth spinning, or something changed. */
static void sleep_before(struct cutter *cutter, int64_t aim_us)
{
	int64_t until_us = monotonic_us() + (aim_us - now_us(cutter)) - CUTTER_SPIN_US;
	struct timespec until = { .tv_sec = until_us / 1000000,
				  .tv_nsec = until_us % 1000000 * 1000 };

	pthread_cond_timedwait(&cutter->wake, &cutter->lock, &until);
}

/* The lock is not held. 'armed' is the state of the cut to fire. */
static void spin_and_fire(struct cutter *cutter, unsigned int armed, int64_t aim_us)
{
	while (now_us(cutter) < aim_us)
		if (atomic_load(&cutter->state) != armed)
			return;
	if (atomic_compare_exchange_strong(&cutter->state, &armed, with_step(armed, STEP_FIRING)))
		fire(cutter, aim_us);
}

static void *run(void *arg)
{
	struct cutter *cutter = arg;
	unsigned int state;

	atomic_store(&cutter->lacks, become_real_time());
	pthread_mutex_lock(&cutter->lock);
	cutter->started = true;
	pthread_cond_broadcast(&cutter->wake);
	while (step_of(state = atomic_load(&cutter->state)) != STEP_END) {
		int64_t aim_us = cutter->aim_us;

		if (step_of(state) != STEP_ARMED) {
			pthread_cond_wait(&cutter->wake, &cutter->lock);
		} else if (aim_us - now_us(cutter) > CUTTER_SPIN_US) {
			sleep_before(cutter, aim_us);
		} else {
			pthread_mutex_unlock(&cutter->lock);
			spin_and_fire(cutter, state, aim_us);
			pthread_mutex_lock(&cutter->lock);
		}
	}
	pthread_mutex_unlock(&cutter->lock);
	return NULL;
}

static int init_sync(struct cutter *cutter)
{
	pthread_condattr_t attr;
	int r = pthread_condattr_init(&attr);

	if (r == 0)
		r = pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	if (r == 0)
		r = pthread_cond_init(&cutter->wake, &attr);
	if (r == 0)
		r = pthread_mutex_init(&cutter->lock, NULL);
	pthread_condattr_destroy(&attr);
	return -r;
}

/* Signals are for the threads that know what to do with them. */
static int start_thread(struct cutter *cutter)
{
	sigset_t all;
	sigset_t old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = -pthread_create(&cutter->thread, NULL, run, cutter);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return r;
}

int cutter_start(const struct cutter_action *action, struct cutter **ret, struct err *err)
{
	struct cutter *cutter = calloc(1, sizeof(*cutter));
	int r;

	if (!cutter)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for the cutting thread");
	cutter->action = *action;
	cutter->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = cutter->event < 0 ? -errno : init_sync(cutter);
	if (r == 0)
		r = start_thread(cutter);
	if (r < 0) {
		if (cutter->event >= 0)
			close(cutter->event);
		free(cutter);
		return err_set(err, ERR_RIG, r, "cannot start the cutting thread: %s",
			       strerror(-r));
	}
	pthread_mutex_lock(&cutter->lock);
	while (!cutter->started)
		pthread_cond_wait(&cutter->wake, &cutter->lock);
	pthread_mutex_unlock(&cutter->lock);
	*ret = cutter;
	return 0;
}

/* Ends the way of an armed cut; of one that is being fired, waits for the end. Lock held. */
static void settle(struct cutter *cutter)
{
	unsigned int state = atomic_load(&cutter->state);

	if (step_of(state) == STEP_ARMED &&
	    atomic_compare_exchange_strong(&cutter->state, &state, with_step(state, STEP_IDLE)))
		return;
	while (step_of(atomic_load(&cutter->state)) == STEP_FIRING)
		pthread_cond_wait(&cutter->wake, &cutter->lock);
}

void cutter_stop(struct cutter *cutter)
{
	if (!cutter)
		return;
	pthread_mutex_lock(&cutter->lock);
	settle(cutter);
	set_step(cutter, STEP_END);
	pthread_cond_broadcast(&cutter->wake);
	pthread_mutex_unlock(&cutter->lock);
	pthread_join(cutter->thread, NULL);
	pthread_cond_destroy(&cutter->wake);
	pthread_mutex_destroy(&cutter->lock);
	close(cutter->event);
	free(cutter);
}

static void empty_event(struct cutter *cutter)
{
	uint64_t count;

	IGNORE(read(cutter->event, &count, sizeof(count)) < 0, "it may be empty");
}

void cutter_arm(struct cutter *cutter, int64_t aim_us)
{
	pthread_mutex_lock(&cutter->lock);
	settle(cutter);
	empty_event(cutter);
	cutter->aim_us = aim_us;
	/* a number of 29 bits comes around after more cuts than a thread can be held up for */
	atomic_store(&cutter->state,
		     with_step(atomic_load(&cutter->state) + (1 << STEP_BITS), STEP_ARMED));
	pthread_cond_broadcast(&cutter->wake);
	pthread_mutex_unlock(&cutter->lock);
}

void cutter_disarm(struct cutter *cutter)
{
	pthread_mutex_lock(&cutter->lock);
	settle(cutter);
	pthread_cond_broadcast(&cutter->wake);
	pthread_mutex_unlock(&cutter->lock);
}

int cutter_fd(const struct cutter *cutter)
{
	return cutter->event;
}

bool cutter_take(struct cutter *cutter, struct cutter_result *ret)
{
	bool fired;

	pthread_mutex_lock(&cutter->lock);
	fired = step_of(atomic_load(&cutter->state)) == STEP_FIRED;
	if (fired) {
		*ret = cutter->result;
		empty_event(cutter);
		set_step(cutter, STEP_IDLE);
	}
	pthread_mutex_unlock(&cutter->lock);
	return fired;
}

unsigned int cutter_lacks(const struct cutter *cutter)
{
	return atomic_load(&cutter->lacks);
}
