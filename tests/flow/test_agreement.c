/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The verdict rests on the LED and on time. Here each is held against what the emulator knows: is
 * the module in flash the old one, the new one or neither when the board has come back, and did
 * the system fault when it has not? Cuts are placed at random, by time and by operation.
 */
#include "campaign/campaign.h"
#include "bench/virtual/virtual.h"
#include "lib/firmware.h"
#include "lib/testing.h"
#include "vboard/vboard_test.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CUTS = 520, CUTS_SMALL = 12, PROCESSES = 2, WORDS_MAX = 400 };

enum truth_module { TRUTH_NEITHER = 0, TRUTH_OLD = 1, TRUTH_NEW = 2 };

struct agreement {
	atomic_uint agreed;
	atomic_uint disagreed;
	atomic_uint by_outcome[OUTCOME_COUNT];
	char first[WORDS_MAX]; /* the first disagreement */
};

/* Looks into the emulator whenever the trial says that the board is alive. */
struct truth_sink {
	struct obs_log log;
	const struct loaded *loaded;
	uint32_t part;
	bool recovering;
	bool alive;
	bool reflashed; /* the old modules were written over DFU; before that it was like this: */
	bool was_alive;
	enum truth_module module_before;
	bool faulted; /* a rung ended without life, and the core had faulted or stood */
	enum truth_module module;
};

static bool flash_holds(struct vboard *vb, const struct image *image)
{
	AUTO_FREE uint8_t *bytes = malloc(image->len);

	ck_assert_ptr_nonnull(bytes);
	return vboard_flash_read(vb, image->header.start, bytes, image->len) &&
	       memcmp(bytes, image->bytes, image->len) == 0;
}

static enum truth_module module_in_flash(const struct truth_sink *sink)
{
	struct vboard *vb = virtual_board(&sink->loaded->slot);
	const struct delivery_part *part = &sink->loaded->setup.parts[sink->part - 1];
	int old = release_find_module(&sink->loaded->from, part->name);

	if (flash_holds(vb, part->image))
		return TRUTH_NEW;
	if (flash_holds(vb, &sink->loaded->from.modules[old].image))
		return TRUTH_OLD;
	return TRUTH_NEITHER;
}

static void look(void *ctx, const struct obs *obs)
{
	struct truth_sink *sink = ctx;
	struct obs_sink log = obs_log_sink(&sink->log);
	const struct board_state *state;

	log.put(log.ctx, obs);
	if (obs->kind == OBS_PHASE && strcmp(obs->text, "recover") == 0)
		sink->recovering = true;
	if (obs->kind == OBS_PHASE && strcmp(obs->text, "finish") == 0)
		sink->recovering = false;
	if (!sink->recovering)
		return;
	if (obs->kind == OBS_REFLASH && obs->code == OBS_REFLASH_ANSWERED) {
		sink->reflashed = true;
		sink->was_alive = sink->alive;
		sink->module_before = module_in_flash(sink);
	}
	if (obs->kind == OBS_ALIVE) {
		sink->alive = true;
		sink->module = module_in_flash(sink);
	}
	if (obs->kind == OBS_TIMEOUT || obs->kind == OBS_DFU) {
		state = vboard_test_state(virtual_board(&sink->loaded->slot));
		sink->module = module_in_flash(sink);
		sink->faulted =
			sink->faulted || state->fault_count > 0 || state->chip.cpu.lockup != 0;
	}
}

/* What the verdict ought to be, by the emulator. */
static bool agrees(const struct truth_sink *truth, const struct verdict *verdict)
{
	switch (verdict->outcome) {
	case OUTCOME_UPDATED: return truth->alive && truth->module == TRUTH_NEW;
	case OUTCOME_REVERTED: return truth->alive && truth->module == TRUTH_OLD;
	case OUTCOME_MIXED:
	case OUTCOME_DEGRADED: /* its bootloader refuses the borrowed code of a damaged module */
		return truth->alive && truth->module == TRUTH_NEITHER;
	case OUTCOME_NEEDS_DFU:
		return truth->reflashed && verdict->recovered_by == RUNG_DFU_FLASH &&
		       !truth->was_alive && truth->module_before == TRUTH_NEITHER && truth->alive &&
		       truth->module == TRUTH_OLD;
	case OUTCOME_BRICKED: return !truth->alive && truth->module == TRUTH_NEITHER;
	case OUTCOME_NOT_DELIVERED: return true; /* says nothing */
	case OUTCOME_UNKNOWN:
	case OUTCOME_STALE:
	case OUTCOME_HUNG:
	case OUTCOME_INCONCLUSIVE:
	case OUTCOME_RIG_FAULT:
	case OUTCOME_COUNT: break;
	}
	return false;
}

static void run_one(const struct loaded *loaded, const struct calib *calib,
		    const struct trial_spec *spec, struct agreement *agreement)
{
	struct truth_sink truth = { .loaded = loaded, .part = spec->cut.part };
	struct obs_sink sink = { .put = look, .ctx = &truth };
	struct verdict verdict;
	struct err err = ERR_INIT;
	char id[TRIAL_ID_MAX];
	int64_t board_us;

	obs_log_init(&truth.log);
	trial_id_format(spec, id);
	if (trial_run(&loaded->setup, spec, &sink, &board_us, &err) != 0)
		snprintf(agreement->first, WORDS_MAX, "%.200s: %.60s", id, err.text);
	verdict_judge(spec, calib, &truth.log, &verdict);
	atomic_fetch_add(&agreement->by_outcome[verdict.outcome], 1);
	if (agrees(&truth, &verdict)) {
		atomic_fetch_add(&agreement->agreed, 1);
	} else {
		atomic_fetch_add(&agreement->disagreed, 1);
		snprintf(agreement->first, WORDS_MAX, "%.200s: %s (%.60s), module %d, alive %d", id,
			 outcome_name(verdict.outcome), verdict.reason, (int)truth.module,
			 truth.alive);
	}
	obs_log_release(&truth.log);
}

static struct plan make_plan(struct loaded *loaded, const struct calib *calib, enum cut_by by,
			     unsigned int cuts)
{
	uint64_t seed = 20;
	struct err err = ERR_INIT;
	struct plan plan;

	loaded->scenario.cut.by = by;
	loaded->scenario.controls = 0;
	loaded->scenario.power.vbat = VBAT_RANDOM;
	ck_assert_msg(plan_make(&loaded->scenario, calib, cuts, &seed, &plan, &err) == 0, "%s",
		      err.text);
	return plan;
}

/* Each process takes every n-th trial; the board comes along with fork(). */
static void run_share(const struct loaded *loaded, const struct calib *calib,
		      const struct plan *plan, struct agreement *agreement)
{
	pid_t pids[PROCESSES];

	for (unsigned int p = 0; p < PROCESSES; p++) {
		pids[p] = fork();
		ck_assert_int_ge(pids[p], 0);
		if (pids[p] != 0)
			continue;
		for (size_t i = p; i < plan->count; i += PROCESSES)
			run_one(loaded, calib, &plan->specs[i], agreement);
		_exit(0);
	}
	for (unsigned int p = 0; p < PROCESSES; p++) {
		int status = 1;

		waitpid(pids[p], &status, 0);
		ck_assert_int_eq(status, 0);
	}
}

static void hold_against_truth(enum cut_by by)
{
	unsigned int cuts = flow_scale(CUTS / 2, CUTS_SMALL / 2);
	struct loaded *loaded = firmware_scenario("p1-power-loss");
	AUTO_FREE struct calib *calib = calloc(1, sizeof(*calib));
	struct agreement *agreement = mmap(NULL, sizeof(*agreement), PROT_READ | PROT_WRITE,
					   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct err err = ERR_INIT;
	struct plan plan;

	if (!loaded)
		TEST_SKIP("the firmware of 1.5.0 and 1.5.2 is not in the cache");
	ck_assert_msg(loaded_calibrate(loaded, calib, &err) == 0, "%s", err.text);
	plan = make_plan(loaded, calib, by, cuts);
	run_share(loaded, calib, &plan, agreement);
	printf("agreement of verdict and emulator, cuts by %s: %u of %u (%u updated, %u reverted, "
	       "%u mixed, %u degraded, %u needs-dfu)\n",
	       by == CUT_BY_TIME ? "time" : "operation", atomic_load(&agreement->agreed), cuts,
	       atomic_load(&agreement->by_outcome[OUTCOME_UPDATED]),
	       atomic_load(&agreement->by_outcome[OUTCOME_REVERTED]),
	       atomic_load(&agreement->by_outcome[OUTCOME_MIXED]),
	       atomic_load(&agreement->by_outcome[OUTCOME_DEGRADED]),
	       atomic_load(&agreement->by_outcome[OUTCOME_NEEDS_DFU]));
	ck_assert_msg(atomic_load(&agreement->disagreed) == 0, "%u disagree, last: %s",
		      atomic_load(&agreement->disagreed), agreement->first);
	ck_assert_uint_eq(atomic_load(&agreement->agreed), cuts);
	plan_release(&plan);
	munmap(agreement, sizeof(*agreement));
	loaded_free(loaded);
}

START_TEST(cuts_by_time)
{
	hold_against_truth(CUT_BY_TIME);
}
END_TEST

START_TEST(cuts_by_operation)
{
	hold_against_truth(CUT_BY_OPERATION);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("agreement");
	TCase *tcase = tcase_create("all");

	tcase_set_timeout(tcase, 560);
	tcase_add_test(tcase, cuts_by_time);
	tcase_add_test(tcase, cuts_by_operation);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
