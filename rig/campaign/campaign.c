/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/campaign.h"
#include "campaign/signature.h"
#include "campaign/slots.h"
#include "campaign/worker.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* A worker and the trial it is at. */
struct desk {
	struct worker worker;
	bool busy;
	uint32_t index;
	int64_t attempt_id;
	int64_t asked_us;
};

struct campaign {
	struct loaded *loaded;
	const struct calib *calib;
	const struct plan *plan;
	const struct campaign_options *options;
	struct store *store;
	int64_t run_id;
	struct desk desks[CAMPAIGN_JOBS_MAX];
	unsigned int jobs;
	uint32_t next; /* trial to be given out */
	unsigned int restarts;
	struct trial_result result; /* of the worker just heard */
	struct campaign_progress progress;
	int64_t begun_us;
	int signals; /* signalfd */
};

static void tell_progress(struct campaign *campaign)
{
	campaign->progress.elapsed_us = clock_now_us() - campaign->begun_us;
	if (campaign->options->progress)
		campaign->options->progress(campaign->options->ctx, &campaign->progress);
}

static int begin_run(struct campaign *campaign, struct err *err)
{
	const struct scenario *scenario = &campaign->loaded->scenario;
	char started[CLOCK_UTC_MAX];
	char bench[BENCH_NAME_MAX];
	struct store_run run = {
		.trials_planned = (uint32_t)campaign->plan->count,
		.controls_planned = scenario->controls,
		.seed = campaign->plan->seed,
	};

	clock_utc(started);
	run.scenario_name = campaign->loaded->scenario.name;
	run.scenario_text = campaign->loaded->scenario.text;
	run.board = campaign->loaded->scenario.board;
	run.release_from = campaign->loaded->scenario.from;
	run.release_to = campaign->loaded->scenario.to;
	text_copy(bench, sizeof(bench),
		  campaign->loaded->bench ? campaign->loaded->bench->name
					  : campaign->loaded->slot.name);
	run.bench = bench;
	run.started_utc = started;
	run.tool_version = (char[]){ OTARIG_VERSION };
	return store_run_begin(campaign->store, &run, campaign->calib, &campaign->run_id, err);
}

static int give_out(struct campaign *campaign, struct desk *desk, struct err *err)
{
	const struct trial_spec *spec = &campaign->plan->specs[campaign->next];
	char phase[SCENARIO_NAME_MAX];
	int r;

	calib_phase_name(campaign->calib, spec, phase);
	r = store_attempt_begin(campaign->store, campaign->run_id, spec, phase, &desk->attempt_id,
				err);
	if (r < 0)
		return r;
	desk->index = campaign->next++;
	desk->busy = true;
	desk->asked_us = clock_now_us();
	IGNORE(worker_ask(&desk->worker, desk->index, NULL),
	       "a worker that is gone is noticed when its answer is waited for");
	return 0;
}

static int take_slot(void *ctx, size_t number, struct err *err)
{
	return loaded_open_slot(ctx, number, err);
}

static void let_slot_go(void *ctx)
{
	slots_let_go(ctx);
}

/* Virtual boards come along as they are; a slot of a bench is taken by the one who uses it. */
static int start_worker(struct campaign *campaign, struct desk *desk, struct err *err)
{
	const struct worker_slot slot = {
		.ctx = campaign->loaded,
		.number = (size_t)(desk - campaign->desks),
		.take = take_slot,
		.let_go = let_slot_go,
	};

	return worker_start(&desk->worker, &campaign->loaded->setup, campaign->plan,
			    campaign->loaded->bench ? &slot : NULL, err);
}

/* The worker is gone: its trial is a rig fault, and another worker takes its desk. */
static int replace_worker(struct campaign *campaign, struct desk *desk, const char *why,
			  struct err *err)
{
	struct obs_sink sink = obs_log_sink(&campaign->result.log);

	worker_stop(&desk->worker, 0);
	obs_log_clear(&campaign->result.log);
	obs_put(&sink, 0, OBS_RIG_FAULT, -EPIPE, 0, why);
	campaign->result.board_us = 0;
	campaign->result.error = -EPIPE;
	if (++campaign->restarts > CAMPAIGN_RESTARTS_MAX)
		return err_set(err, ERR_RIG, -EPIPE, "more than %d workers died",
			       CAMPAIGN_RESTARTS_MAX);
	return start_worker(campaign, desk, err);
}

/* Judges and stores what is in campaign->result. */
static int book(struct campaign *campaign, struct desk *desk, struct err *err)
{
	struct verdict verdict;
	int r;

	verdict_judge(&campaign->plan->specs[desk->index], campaign->calib, &campaign->result.log,
		      &verdict);
	r = store_attempt_end(campaign->store, desk->attempt_id, &verdict, &campaign->result.log,
			      campaign->result.board_us, err);
	if (r < 0)
		return r;
	if (campaign->options->marks)
		campaign->options->marks[desk->index] = (struct campaign_mark){
			.signature = signature_of(&verdict, &campaign->result.log),
			.outcome = verdict.outcome,
		};
	desk->busy = false;
	campaign->progress.done++;
	if (!outcome_is_good(verdict.outcome) && !outcome_is_void(verdict.outcome))
		campaign->progress.bad++;
	tell_progress(campaign);
	return 0;
}

/* A relay that may not be switched any more today ends the run: what is left is for another day. */
static int check_worn(const struct campaign *campaign, struct err *err)
{
	if (campaign->result.error != -EDQUOT)
		return 0;
	if (err)
		*err = campaign->result.err;
	return -EDQUOT;
}

static int hear(struct campaign *campaign, struct desk *desk, struct err *err)
{
	int r = worker_take(&desk->worker, &campaign->result, err);

	if (r < 0)
		r = replace_worker(campaign, desk, "the worker died", err);
	if (r == 0)
		r = book(campaign, desk, err);
	if (r == 0)
		r = check_worn(campaign, err);
	if (r == 0 && campaign->next < campaign->plan->count)
		r = give_out(campaign, desk, err);
	return r;
}

static int check_hung(struct campaign *campaign, struct desk *desk, struct err *err)
{
	int64_t most_us =
		campaign->loaded->bench ? CAMPAIGN_REAL_TRIAL_US_MAX : CAMPAIGN_TRIAL_US_MAX;
	int r;

	if (!desk->busy || clock_now_us() - desk->asked_us < most_us)
		return 0;
	r = replace_worker(campaign, desk, "the worker did not answer", err);
	if (r == 0)
		r = book(campaign, desk, err);
	if (r == 0 && campaign->next < campaign->plan->count)
		r = give_out(campaign, desk, err);
	return r;
}

/* Takes it off the queue: it would end the process when signals are let through again. */
static int take_signal(const struct campaign *campaign, struct err *err)
{
	struct signalfd_siginfo info;

	if (read(campaign->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return err_set(err, ERR_RIG, -EIO, "cannot read a signal");
	return err_set(err, ERR_RIG, -EINTR, "interrupted");
}

enum { POLL_MS = 1000 };

/* One round: hears everybody who has something to say. */
static int round_of_desks(struct campaign *campaign, struct err *err)
{
	struct pollfd fds[CAMPAIGN_JOBS_MAX + 1];
	int r = 0;

	for (unsigned int i = 0; i < campaign->jobs; i++)
		fds[i] = (struct pollfd){
			.fd = campaign->desks[i].busy ? campaign->desks[i].worker.fd : -1,
			.events = POLLIN,
		};
	fds[campaign->jobs] = (struct pollfd){ .fd = campaign->signals, .events = POLLIN };
	if (poll(fds, campaign->jobs + 1, POLL_MS) < 0 && errno != EINTR)
		return err_set(err, ERR_RIG, -errno, "cannot wait for workers: %s",
			       strerror(errno));
	if (fds[campaign->jobs].revents)
		return take_signal(campaign, err);
	for (unsigned int i = 0; i < campaign->jobs && r == 0; i++) {
		if (fds[i].revents)
			r = hear(campaign, &campaign->desks[i], err);
		else
			r = check_hung(campaign, &campaign->desks[i], err);
	}
	return r;
}

static int run_all(struct campaign *campaign, struct err *err)
{
	int r = 0;

	for (unsigned int i = 0; i < campaign->jobs && r == 0; i++)
		r = start_worker(campaign, &campaign->desks[i], err);
	for (unsigned int i = 0; i < campaign->jobs && r == 0; i++)
		if (campaign->next < campaign->plan->count)
			r = give_out(campaign, &campaign->desks[i], err);
	while (r == 0 && campaign->progress.done < campaign->plan->count)
		r = round_of_desks(campaign, err);
	for (unsigned int i = 0; i < campaign->jobs; i++)
		worker_stop(&campaign->desks[i].worker,
			    campaign->loaded->bench ? CAMPAIGN_GRACE_US : 0);
	return r;
}

static int watch_signals(sigset_t *ret_old, struct err *err)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, ret_old);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0) {
		int code = -errno;

		sigprocmask(SIG_SETMASK, ret_old, NULL);
		return err_set(err, ERR_RIG, code, "cannot watch for signals: %s", strerror(-code));
	}
	return fd;
}

static int run_stored(struct campaign *campaign, struct err *err)
{
	char ended[CLOCK_UTC_MAX];
	sigset_t old;
	int r = begin_run(campaign, err);

	if (r < 0)
		return r;
	campaign->signals = watch_signals(&old, err);
	if (campaign->signals < 0)
		return campaign->signals;
	campaign->progress.total = (uint32_t)campaign->plan->count;
	campaign->begun_us = clock_now_us();
	tell_progress(campaign);
	r = run_all(campaign, err);
	close(campaign->signals);
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (r < 0)
		return r;
	clock_utc(ended);
	return store_run_end(campaign->store, campaign->run_id, ended, err);
}

int campaign_run(struct loaded *loaded, const struct calib *calib, const struct plan *plan,
		 const struct campaign_options *options, struct store *store, int64_t *ret_run_id,
		 struct err *err)
{
	struct campaign *campaign = calloc(1, sizeof(*campaign));
	int r;

	if (!campaign)
		return err_set(err, ERR_IO, -ENOMEM, "no memory");
	campaign->loaded = loaded;
	campaign->calib = calib;
	campaign->plan = plan;
	campaign->options = options;
	campaign->store = store;
	campaign->jobs = options->jobs < plan->count ? options->jobs : (unsigned int)plan->count;
	if (campaign->jobs > slots_count(loaded))
		campaign->jobs = (unsigned int)slots_count(loaded);
	if (loaded->bench)
		slots_let_go(loaded); /* each worker takes its own */
	obs_log_init(&campaign->result.log);
	r = run_stored(campaign, err);
	if (r == 0)
		*ret_run_id = campaign->run_id;
	obs_log_release(&campaign->result.log);
	free(campaign);
	return r;
}

int campaign_run_one(const struct loaded *loaded, const struct calib *calib,
		     const struct trial_spec *spec, struct obs_log *log, struct verdict *ret,
		     int64_t *ret_board_us, struct err *err)
{
	struct obs_sink sink = obs_log_sink(log);
	int r;

	obs_log_clear(log);
	r = trial_run(&loaded->setup, spec, &sink, ret_board_us, err);
	if (r == 0)
		verdict_judge(spec, calib, log, ret);
	return r;
}
