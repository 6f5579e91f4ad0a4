/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command.h"
#include "cli/common.h"

#include <errno.h>

enum report_option { OPT_FORMAT, OPT_OUTPUT, OPT_RUN, OPT_POLICY };

static int render_to(struct store *store, int64_t run_id, const struct gate_policy *policy,
		     enum report_format format, const char *path, struct err *err)
{
	if (path)
		return cli_report_file(store, run_id, policy, format, path, err);
	return cli_report_print(store, run_id, policy, format, err);
}

static int cmd_report(const struct command_input *input, struct err *err)
{
	const char *name = input->options[OPT_FORMAT] ? input->options[OPT_FORMAT] : "text";
	enum report_format format = report_format_from_name(name);
	struct gate_policy policy;
	struct store *store = NULL;
	uint64_t run_id = 0;
	int r = 0;

	if (format == REPORT_UNKNOWN)
		return err_set(err, ERR_USAGE, -EINVAL,
			       "--format: '%s' is none of text, html, json, csv, junit", name);
	r = cli_count("run", input->options[OPT_RUN], INT64_MAX, 0, &run_id, err);
	if (r == 0 && input->options[OPT_POLICY])
		r = gate_policy_load(input->options[OPT_POLICY], &policy, err);
	if (r == 0)
		r = store_open(input->argument, STORE_READ, &store, err);
	if (r == 0)
		r = render_to(store, (int64_t)run_id, input->options[OPT_POLICY] ? &policy : NULL,
			      format, input->options[OPT_OUTPUT], err);
	store_close(store);
	return r;
}

const struct command command_report = {
	.name = "report",
	.argument = "DB",
	.summary = "show what a run found",
	.options = {
		[OPT_FORMAT] = { "format", "NAME", "text, html, json, csv or junit" },
		[OPT_OUTPUT] = { "output", "FILE", "write there, not to standard output" },
		[OPT_RUN] = { "run", "N", "run number (default: the newest)" },
		[OPT_POLICY] = { "policy", "FILE", "show the gate by this policy too" },
	},
	.run = cmd_report,
};
