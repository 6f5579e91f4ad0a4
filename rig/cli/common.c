/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/common.h"

#include "base/file.h"
#include "base/text.h"
#include "campaign/bench_boards.h"
#include "cli/progress.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

int cli_count(const char *name, const char *text, uint64_t max, uint64_t missing, uint64_t *ret,
	      struct err *err)
{
	uint64_t value = 0;
	int r = cli_number(name, text, max, missing, &value, err);

	if (r < 0)
		return r;
	if (text && value == 0)
		return err_set(err, ERR_USAGE, -EINVAL, "--%s: must be above zero", name);
	*ret = value;
	return 0;
}

int cli_bench(const char *path, struct bench **ret, struct err *err)
{
	struct bench *bench;
	int r;

	*ret = NULL;
	if (!path)
		return 0;
	bench = calloc(1, sizeof(*bench));
	if (!bench)
		return no_memory(err);
	r = bench_load(path, bench, err);
	if (r == 0)
		r = bench_boards_fill(bench, err);
	if (r < 0)
		free(bench);
	else
		*ret = bench;
	return r;
}

int cli_load(const char *path, const struct bench *bench, struct loaded **ret, struct err *err)
{
	struct scenario scenario;
	int r = scenario_load(path, &scenario, err);

	return r < 0 ? r : loaded_open_on(&scenario, bench, ret, err);
}

int cli_calibrate(struct loaded *loaded, struct calib **ret, struct err *err)
{
	struct calib *calib = calloc(1, sizeof(*calib));
	int r;

	if (!calib)
		return no_memory(err);
	progress_note("preparing the board, doing the update once without a cut ...");
	r = loaded_calibrate(loaded, calib, err);
	progress_note(NULL);
	if (r < 0) {
		free(calib);
		return r;
	}
	*ret = calib;
	return 0;
}

/* What is left of 'path' below the current folder; all of it when it is elsewhere. */
static const char *below_here(const char *path)
{
	char here[PATH_MAX];
	size_t len;

	if (!getcwd(here, sizeof(here)))
		return path;
	len = strlen(here);
	return strncmp(path, here, len) == 0 && path[len] == '/' ? path + len + 1 : path;
}

int cli_database(const char *option, const char *name, char **ret, struct err *err)
{
	AUTO_FREE char *data = data_dir();
	AUTO_FREE char *path = NULL;
	char *copy;

	if (!option && (!data || asprintf(&path, "%s/results/runs/%s.db", data, name) < 0)) {
		path = NULL; /* asprintf leaves it undefined */
		return no_memory(err);
	}
	copy = strdup(option ? option : below_here(path));
	if (!copy)
		return no_memory(err);
	*ret = copy;
	return 0;
}

size_t cli_database_stem(const char *path)
{
	static const char tail[] = ".db";
	size_t len = strlen(path);

	if (len > strlen(tail) && strcmp(path + len - strlen(tail), tail) == 0)
		len -= strlen(tail);
	return len;
}

int cli_policy(const char *option, const struct scenario *scenario, struct gate_policy *ret,
	       struct err *err)
{
	AUTO_FREE char *path = NULL;

	if (option)
		return gate_policy_load(option, ret, err);
	if (!scenario->policy[0])
		return scenario_fail(scenario, err, "policy",
				     "the scenario names no policy, use --policy");
	path = file_beside(scenario->path, scenario->policy);
	if (!path)
		return no_memory(err);
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return scenario_fail(scenario, err, "policy",
				     "there is no policy '%s' (no file '%s')", scenario->policy,
				     path);
	return gate_policy_load(path, ret, err);
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

static int render_to_memory(struct store *store, int64_t run_id, const struct gate_policy *policy,
			    enum report_format format, char **ret, size_t *ret_len, struct err *err)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);
	int r;

	if (!out)
		return no_memory(err);
	r = report_render(store, run_id, policy, format, out, err);
	if (fclose(out) != 0 && r == 0)
		r = no_memory(err);
	if (r < 0) {
		free(text);
		return r;
	}
	*ret = text;
	return 0;
}

/* A device or a pipe cannot be replaced, only written to. */
static int write_through(const char *path, const char *text, size_t len, struct err *err)
{
	FILE *out = fopen(path, "we");
	bool done;

	if (!out)
		return err_set(err, ERR_IO, -errno, "cannot write '%s': %s", path, strerror(errno));
	errno = 0;
	done = fwrite(text, 1, len, out) == len;
	if (fclose(out) != 0 || !done)
		return err_set(err, ERR_IO, errno ? -errno : -EIO, "cannot write '%s': %s", path,
			       strerror(errno ? errno : EIO));
	return 0;
}

int cli_report_file(struct store *store, int64_t run_id, const struct gate_policy *policy,
		    enum report_format format, const char *path, struct err *err)
{
	AUTO_FREE char *text = NULL;
	struct stat st;
	size_t len = 0;
	int r = render_to_memory(store, run_id, policy, format, &text, &len, err);

	if (r < 0)
		return r;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return write_through(path, text, len, err);
	return file_write(path, text, len, err);
}

int cli_report_print(struct store *store, int64_t run_id, const struct gate_policy *policy,
		     enum report_format format, struct err *err)
{
	int r = report_render(store, run_id, policy, format, stdout, err);

	return r < 0 && ferror(stdout) && cli_reader_left() ? 0 : r;
}

bool cli_reader_left(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}
