/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command.h"
#include "cli/common.h"

#include <inttypes.h>
#include <stdio.h>

enum plan_option { OPT_TRIALS, OPT_SEED, OPT_BENCH };

static void print_phases(const struct calib *calib)
{
	printf("%-24s %12s %12s %10s %10s\n", "phase", "from us", "to us", "from op", "to op");
	for (size_t i = 0; i < calib->window_count; i++) {
		const struct calib_window *w = &calib->windows[i];

		printf("%-24s %12" PRId64 " %12" PRId64 " %10" PRIu64 " %10" PRIu64 "\n", w->phase,
		       w->begin_us, w->end_us, w->begin_op, w->end_op);
	}
}

static void print_trials(const struct plan *plan, const struct calib *calib)
{
	printf("\n%-64s %s\n", "trial", "phase");
	for (size_t i = 0; i < plan->count; i++) {
		char phase[SCENARIO_NAME_MAX];
		char id[TRIAL_ID_MAX];

		calib_phase_name(calib, &plan->specs[i], phase);
		trial_id_format(&plan->specs[i], id);
		printf("%-64s %s\n", id,
		       trial_spec_is_control(&plan->specs[i]) ? "control" : phase);
	}
}

static int plan_loaded(const struct command_input *input, struct loaded *loaded, struct err *err)
{
	uint64_t trials = 0;
	uint64_t seed = 0;
	struct calib *calib = NULL;
	struct plan plan;
	int r = cli_count("trials", input->options[OPT_TRIALS], SCENARIO_TRIALS_MAX, 0, &trials,
			  err);

	if (r == 0)
		r = cli_number("seed", input->options[OPT_SEED], UINT64_MAX, loaded->scenario.seed,
			       &seed, err);
	if (r == 0)
		r = cli_calibrate(loaded, &calib, err);
	if (r == 0)
		r = plan_make(&loaded->scenario, calib, (uint32_t)trials, &seed, &plan, err);
	if (r == 0) {
		print_phases(calib);
		print_trials(&plan, calib);
		plan_release(&plan);
	}
	free(calib);
	return r;
}

static int cmd_plan(const struct command_input *input, struct err *err)
{
	AUTO_FREE struct bench *bench = NULL;
	struct loaded *loaded = NULL;
	int r = cli_bench(input->options[OPT_BENCH], &bench, err);

	if (r == 0)
		r = cli_load(input->argument, bench, &loaded, err);
	if (r < 0)
		return r;
	r = plan_loaded(input, loaded, err);
	loaded_free(loaded);
	return r;
}

const struct command command_plan = {
	.name = "plan",
	.argument = "SCENARIO",
	.summary = "show the phases of the update and the trials that 'run' would do",
	.options = {
		[OPT_TRIALS] = { "trials", "N", "cut trials, instead of the scenario's number" },
		[OPT_SEED] = { "seed", "S", "seed, instead of the scenario's" },
		[OPT_BENCH] = { "bench", "FILE", "real boards, on this bench's first slot" },
	},
	.run = cmd_plan,
};
