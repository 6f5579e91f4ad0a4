/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/common.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>

static int no_memory(struct err *err)
{
	return err_set(err, ERR_IO, -ENOMEM, "no memory");
}

int cli_number(const char *name, const char *text, uint64_t max, uint64_t missing, uint64_t *ret,
	       struct err *err)
{
	int r = 0;

	if (!text)
		*ret = missing;
	else
		r = text_parse_u64(text, max, ret, err);
	return r < 0 ? err_prefix(err, "--%s", name) : 0;
}

int cli_load(const char *path, struct loaded **ret, struct err *err)
{
	struct scenario scenario;
	int r = scenario_load(path, &scenario, err);

	return r < 0 ? r : loaded_open(&scenario, ret, err);
}

int cli_runs_dir(char **ret, struct err *err)
{
	AUTO_FREE char *data = data_dir();
	AUTO_FREE char *dir = NULL;
	int r;

	if (!data || asprintf(&dir, "%s/results/runs", data) < 0)
		return no_memory(err);
	r = file_make_dirs(dir, err);
	if (r < 0)
		return r;
	*ret = dir;
	dir = NULL;
	return 0;
}

int cli_database(const char *option, const char *name, char **ret, struct err *err)
{
	AUTO_FREE char *dir = NULL;
	int r;

	if (option) {
		*ret = strdup(option);
		return *ret ? 0 : no_memory(err);
	}
	r = cli_runs_dir(&dir, err);
	if (r < 0)
		return r;
	return asprintf(ret, "%s/%s.db", dir, name) < 0 ? no_memory(err) : 0;
}

int cli_policy(const char *option, const struct scenario *scenario, struct gate_policy *ret,
	       struct err *err)
{
	AUTO_FREE char *path = NULL;

	if (option)
		return gate_policy_load(option, ret, err);
	if (!scenario->policy[0])
		return err_set_at(err, scenario->path, 0,
				  "the scenario names no policy, use --policy");
	path = file_beside(scenario->path, scenario->policy);
	return path ? gate_policy_load(path, ret, err) : no_memory(err);
}

int cli_find_trial(const char *id, const char *results, struct store **ret_store,
		   struct store_attempt *ret, struct obs_log *log, struct err *err)
{
	AUTO_FREE char *path = NULL;
	struct trial_spec spec;
	int r = trial_id_parse(id, &spec, err);

	if (r == 0)
		r = cli_database(results, spec.scenario, &path, err);
	if (r == 0)
		r = store_open(path, STORE_READ, ret_store, err);
	if (r < 0)
		return r;
	r = store_attempt_find(*ret_store, id, ret, log, err);
	if (r < 0) {
		store_close(*ret_store);
		*ret_store = NULL;
	}
	return r;
}
