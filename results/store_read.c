/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading. What takes several queries happens inside one transaction, so that a run that is being
 * written is seen as it was at one moment.
 */
#include "results/store_db.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum store_read_limits { SEED_TEXT_MAX = 24 };

/* The first row of a query with one number to fill in: 1, 0 or negative as store_query_next(). */
static int begin_with(struct store *store, enum store_statement which, int64_t value,
		      struct store_query *ret, struct err *err)
{
	int rc = store_query_begin(store, which, ret, err);

	if (rc < 0)
		return rc;
	store_put_int(ret, value);
	return store_query_next(ret, err);
}

/* The run that is meant by 'run_id': itself, or the newest for 0. */
static int find_run(struct store *store, int64_t run_id, int64_t *ret, struct err *err)
{
	struct store_query query;
	int rc = begin_with(store, STORE_RUN_NEWEST, run_id, &query, err);

	if (rc == 0 && run_id == 0)
		return err_set(err, ERR_CONFIG, -ENOENT, "'%s' holds no run", store->path);
	if (rc == 0)
		return err_set(err, ERR_CONFIG, -ENOENT, "'%s' has no run %" PRId64, store->path,
			       run_id);
	if (rc < 0)
		return rc;
	*ret = store_take_int(&query);
	store_query_end(&query);
	return 0;
}

/* A number kept as text because SQLite's integers are signed. The column's check holds it. */
static uint64_t take_seed(struct store_query *query)
{
	char text[SEED_TEXT_MAX];
	uint64_t seed = 0;

	store_take_text(query, text, sizeof(text));
	IGNORE(text_parse_u64(text, UINT64_MAX, &seed, NULL), "digits only; too large reads as 0");
	return seed;
}

int store_run_get(struct store *store, int64_t run_id, struct store_run *ret, struct err *err)
{
	struct store_run run = { 0 };
	struct store_query query;
	int rc = find_run(store, run_id, &run_id, err);

	if (rc == 0)
		rc = begin_with(store, STORE_RUN_SELECT, run_id, &query, err);
	if (rc < 0)
		return rc;
	assert(rc == 1);
	run.id = store_take_int(&query);
	run.scenario_name = store_take_copy(&query);
	run.scenario_text = store_take_copy(&query);
	run.board = store_take_copy(&query);
	run.release_from = store_take_copy(&query);
	run.release_to = store_take_copy(&query);
	run.tool_version = store_take_copy(&query);
	run.bench = store_take_copy(&query);
	run.seed = take_seed(&query);
	run.trials_planned = (uint32_t)store_take_int(&query);
	run.controls_planned = (uint32_t)store_take_int(&query);
	run.started_utc = store_take_copy(&query);
	run.ended_utc = store_take_copy(&query);
	store_query_end(&query);
	if (!run.scenario_name || !run.scenario_text || !run.board || !run.release_from ||
	    !run.release_to || !run.tool_version || !run.bench || !run.started_utc) {
		store_run_free(&run);
		return err_set(err, ERR_IO, -ENOMEM, "out of memory");
	}
	*ret = run;
	return 0;
}

void store_run_free(struct store_run *run)
{
	if (!run)
		return;
	free(run->scenario_name);
	free(run->scenario_text);
	free(run->board);
	free(run->release_from);
	free(run->release_to);
	free(run->tool_version);
	free(run->bench);
	free(run->started_utc);
	free(run->ended_utc);
	*run = (struct store_run){ 0 };
}

static int too_many(struct store *store, const char *what, struct err *err)
{
	return err_set(err, ERR_CONFIG, -ERANGE, "'%s' holds more %s than this otarig can",
		       store->path, what);
}

static int read_windows(struct store *store, int64_t run_id, struct calib *calib, struct err *err)
{
	struct store_query query;
	int rc = begin_with(store, STORE_WINDOWS_SELECT, run_id, &query, err);

	while (rc == 1) {
		struct calib_window *window = &calib->windows[calib->window_count];

		if (calib->window_count == CALIB_WINDOWS_MAX) {
			store_query_end(&query);
			return too_many(store, "phases of a run", err);
		}
		store_take_text(&query, window->phase, sizeof(window->phase));
		window->part = (uint32_t)store_take_int(&query);
		window->begin_us = store_take_int(&query);
		window->end_us = store_take_int(&query);
		window->begin_op = (uint64_t)store_take_int(&query);
		window->end_op = (uint64_t)store_take_int(&query);
		window->begin_insn = (uint64_t)store_take_int(&query);
		window->end_insn = (uint64_t)store_take_int(&query);
		calib->window_count++;
		rc = store_query_next(&query, err);
	}
	return rc;
}

static int read_parts(struct store *store, int64_t run_id, struct calib *calib, struct err *err)
{
	struct store_query query;
	int rc = begin_with(store, STORE_PARTS_SELECT, run_id, &query, err);

	while (rc == 1) {
		struct calib_part *part = &calib->parts[calib->part_count];

		if (calib->part_count == SCENARIO_PARTS_MAX) {
			store_query_end(&query);
			return too_many(store, "parts of an update", err);
		}
		store_take_text(&query, part->module, sizeof(part->module));
		part->apply_us = store_take_int(&query);
		part->chunks = (uint32_t)store_take_int(&query);
		calib->part_count++;
		rc = store_query_next(&query, err);
	}
	return rc;
}

static int read_calib(struct store *store, int64_t run_id, struct calib *calib, struct err *err)
{
	int rc = find_run(store, run_id, &run_id, err);

	if (rc == 0)
		rc = read_windows(store, run_id, calib, err);
	return rc < 0 ? rc : read_parts(store, run_id, calib, err);
}

int store_calib_get(struct store *store, int64_t run_id, struct calib *ret, struct err *err)
{
	AUTO_FREE struct calib *calib = calloc(1, sizeof(*calib));
	int rc;

	if (!calib)
		return err_set(err, ERR_IO, -ENOMEM, "out of memory");
	rc = store_txn_begin(store, STORE_BEGIN_READ, err);
	if (rc == 0)
		rc = store_txn_end(store, read_calib(store, run_id, calib, err), err);
	if (rc == 0)
		*ret = *calib;
	return rc;
}

/* The tables' checks hold these, unless someone made the file by other means: then it is unknown.
 */
static unsigned int take_enum(struct store_query *query, unsigned int count)
{
	int64_t value = store_take_int(query);

	return value >= 0 && value < count ? (unsigned int)value : 0;
}

static void take_attempt(struct store_query *query, struct store_attempt *ret)
{
	struct trial_spec *spec = &ret->spec;

	struct trial_spec told;

	*ret = (struct store_attempt){ 0 };
	ret->id = store_take_int(query);
	ret->run_id = store_take_int(query);
	store_take_text(query, ret->trial_id, sizeof(ret->trial_id));
	store_take_text(query, spec->scenario, sizeof(spec->scenario));
	spec->run_seed = take_seed(query);
	spec->number = (uint64_t)store_take_int(query);
	spec->cut.part = (uint32_t)store_take_int(query);
	spec->cut.by = (enum cut_by)take_enum(query, CUT_BY_ANCHOR + 1);
	spec->cut.at = (uint64_t)store_take_int(query);
	spec->cut.form.form = (enum cut_form)take_enum(query, CUT_FORM_AFTER + 1);
	spec->cut.form.permille = (uint32_t)store_take_int(query);
	spec->off_us = store_take_int(query);
	spec->vbat = (enum vbat_mode)take_enum(query, VBAT_KEPT + 1);
	if (trial_id_parse(ret->trial_id, &told, NULL) == 0) { /* the id alone has these */
		spec->fall_us = told.fall_us;
		spec->rise_us = told.rise_us;
		spec->again = told.again;
		spec->acts = told.acts;
		spec->image = told.image;
		spec->cut.anchor = told.cut.anchor;
		spec->cut.chunk = told.cut.chunk;
	}
	store_take_text(query, ret->phase, sizeof(ret->phase));
	ret->ended = store_take_int(query) != 0;
	ret->verdict.outcome = (enum outcome)take_enum(query, OUTCOME_COUNT);
	store_take_text(query, ret->verdict.reason, sizeof(ret->verdict.reason));
	ret->verdict.recovered_by = (enum rung)take_enum(query, RUNG_COUNT);
	ret->verdict.recovery_us = store_take_int(query);
	ret->board_us = store_take_int(query);
}

static int read_evidence(struct store *store, struct store_attempt *attempt, struct err *err)
{
	struct verdict *verdict = &attempt->verdict;
	struct store_query query;
	int rc = begin_with(store, STORE_EVIDENCE_SELECT, attempt->id, &query, err);

	while (rc == 1) {
		if (verdict->evidence_count == VERDICT_EVIDENCE_MAX) {
			store_query_end(&query);
			return too_many(store, "evidence of a verdict", err);
		}
		verdict->evidence[verdict->evidence_count++] = (uint32_t)store_take_int(&query);
		rc = store_query_next(&query, err);
	}
	return rc;
}

static int count_attempts(struct store *store, int64_t run_id, size_t *ret, struct err *err)
{
	struct store_query query;
	int rc = begin_with(store, STORE_ATTEMPTS_COUNT, run_id, &query, err);

	if (rc < 0)
		return rc;
	*ret = (size_t)store_take_int(&query);
	store_query_end(&query);
	return 0;
}

/* 'count' is exact: the rows are read inside the transaction that they were counted in. */
static int fill_attempts(struct store *store, int64_t run_id, struct store_attempt *attempts,
			 size_t count, struct err *err)
{
	struct store_query query;
	size_t used = 0;
	int rc = begin_with(store, STORE_ATTEMPTS_SELECT, run_id, &query, err);

	while (rc == 1) {
		assert(used < count);
		take_attempt(&query, &attempts[used++]);
		rc = store_query_next(&query, err);
	}
	for (size_t i = 0; rc == 0 && i < used; i++)
		rc = read_evidence(store, &attempts[i], err);
	return rc;
}

static int read_attempts(struct store *store, int64_t run_id, struct store_attempt **ret,
			 size_t *ret_count, struct err *err)
{
	int rc = find_run(store, run_id, &run_id, err);

	if (rc == 0)
		rc = count_attempts(store, run_id, ret_count, err);
	if (rc < 0)
		return rc;
	*ret = calloc(*ret_count + 1, sizeof(**ret)); /* one more: never an allocation of nothing */
	if (!*ret)
		return err_set(err, ERR_IO, -ENOMEM, "out of memory for %zu trials", *ret_count);
	return fill_attempts(store, run_id, *ret, *ret_count, err);
}

int store_attempts_get(struct store *store, int64_t run_id, struct store_attempt **ret,
		       size_t *ret_count, struct err *err)
{
	struct store_attempt *attempts = NULL;
	size_t count = 0;
	int rc = store_txn_begin(store, STORE_BEGIN_READ, err);

	if (rc < 0)
		return rc;
	rc = store_txn_end(store, read_attempts(store, run_id, &attempts, &count, err), err);
	if (rc < 0) {
		free(attempts);
		return rc;
	}
	*ret = attempts;
	*ret_count = count;
	return 0;
}

static int read_observations(struct store *store, int64_t attempt_id, struct obs_log *log,
			     struct err *err)
{
	struct obs_sink sink = obs_log_sink(log);
	struct store_query query;
	int rc = begin_with(store, STORE_OBSERVATIONS_SELECT, attempt_id, &query, err);

	while (rc == 1) {
		struct obs obs = { .t_us = store_take_int(&query) };

		obs.kind = (enum obs_kind)take_enum(&query, OBS_KIND_COUNT);
		obs.code = (int32_t)store_take_int(&query);
		obs.value = store_take_int(&query);
		store_take_text(&query, obs.text, sizeof(obs.text));
		sink.put(sink.ctx, &obs);
		rc = store_query_next(&query, err);
	}
	return rc;
}

static int read_attempt(struct store *store, const char *trial_id, struct store_attempt *ret,
			struct obs_log *log, struct err *err)
{
	struct store_query query;
	bool truncated;
	int rc = store_query_begin(store, STORE_ATTEMPT_NEWEST, &query, err);

	if (rc < 0)
		return rc;
	store_put_text(&query, trial_id);
	rc = store_query_next(&query, err);
	if (rc == 0)
		return err_set(err, ERR_CONFIG, -ENOENT, "'%s' has no trial '%s'", store->path,
			       trial_id);
	if (rc < 0)
		return rc;
	take_attempt(&query, ret);
	truncated = store_take_int(&query) != 0;
	store_query_end(&query);
	rc = read_evidence(store, ret, err);
	if (rc == 0 && log)
		rc = read_observations(store, ret->id, log, err);
	if (rc == 0 && log && truncated)
		log->truncated = true;
	return rc;
}

int store_attempt_find(struct store *store, const char *trial_id, struct store_attempt *ret,
		       struct obs_log *log, struct err *err)
{
	struct store_attempt attempt;
	int rc = store_txn_begin(store, STORE_BEGIN_READ, err);

	if (rc < 0)
		return rc;
	rc = store_txn_end(store, read_attempt(store, trial_id, &attempt, log, err), err);
	if (rc == 0)
		*ret = attempt;
	return rc;
}
