/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * By any command of the user's, such as their own tool. It is run by the shell with
 *   OTARIG_IMAGE  path of a file that holds the module, for as long as the command runs
 *   OTARIG_PART   the part's name
 *   OTARIG_BOARD  the board profile's name
 *   OTARIG_SLOT   the slot's name
 * and ends with exit code 0 when the board has taken the module. Its output tells how far it is by
 * a pattern whose first group is a number: of bytes, or where '%' follows it, of hundredths.
 *
 * The slot's time follows the host's while the command works: on a virtual board too, which then
 * runs as fast as the host's clock at most. A trial with a command is not the same again.
 *
 * Proof: none, the command alone could tell.
 */
#include "delivery/exec_child.h"
#include "delivery/step.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	RUN_US_MAX = 600000000,
	STEP_MS = 5, /* how long a command's output and a cut may be overlooked */
	GRACE_MS = 2000,
	CHUNK_BYTES = 512,
	PERCENT_ALL = 100,
	GROUPS = 2, /* the whole match, and the number */
	SHELL_CANNOT_RUN = 126,
	SHELL_NOT_FOUND = 127,
};

struct exec_state {
	regex_t progress;
	bool has_progress;
};

/* One run of the command. */
struct exec_run {
	const struct delivery_run *run;
	const struct exec_state *state;
	struct delivery_outcome *ret;
	struct exec_child child;
	char last[EXEC_LINE_MAX]; /* line that it said */
	uint32_t chunk_bytes;	  /* 0: not known yet */
	uint32_t chunks;	  /* told so far */
	uint64_t bytes;
	bool ready;
	bool hurt;
	int step; /* what a line led to */
};

enum { EXEC_ACTS = DELIVERY_ACTS | 1 << FUZZ_ABORT };

static int compile(struct exec_state *state, const char *pattern, struct err *err)
{
	char why[ERR_TEXT_MAX / 4];
	int r = regcomp(&state->progress, pattern, REG_EXTENDED);

	if (r != 0) {
		regerror(r, &state->progress, why, sizeof(why));
		return err_set(err, ERR_CONFIG, -EINVAL, "pattern '%s' of the progress: %s",
			       pattern, why);
	}
	state->has_progress = true;
	if (state->progress.re_nsub == 0)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "pattern '%s' of the progress has no group for the number", pattern);
	return 0;
}

static void exec_close(struct delivery_context *context)
{
	struct exec_state *state = context->state;

	if (state->has_progress)
		regfree(&state->progress);
	free(state);
	context->state = NULL;
}

static int exec_open(struct delivery_context *context, struct err *err)
{
	const struct delivery_options *options = context->options;
	int r = 0;

	if (!options->command[0])
		return err_set(err, ERR_CONFIG, -EINVAL, "delivery 'exec' has no command");
	context->state = calloc(1, sizeof(struct exec_state));
	if (!context->state)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a delivery");
	if (options->progress[0])
		r = compile(context->state, options->progress, err);
	if (r < 0)
		exec_close(context);
	return r;
}

static int exec_prepare(const struct delivery_run *run, struct delivery_outcome *ret,
			struct err *err)
{
	(void)run;
	(void)err;
	ret->result = DELIVERY_DONE;
	return 0;
}

/* A file of its own with the module. */
static int write_image(const struct image *image, char **ret_path, struct err *err)
{
	const char *folder = getenv("TMPDIR");
	const uint8_t *at = image->bytes;
	size_t rest = image->len;
	char *path = NULL;
	int fd = -1;

	if (asprintf(&path, "%s/otarig-image-XXXXXX", folder && *folder ? folder : P_tmpdir) < 0)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a path");
	fd = mkstemp(path);
	while (fd >= 0 && rest > 0) {
		ssize_t n = write(fd, at, rest);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		at += n;
		rest -= (size_t)n;
	}
	if (fd < 0 || rest > 0 || close(fd) < 0) {
		int code = errno ? -errno : -EIO;

		err_set(err, ERR_IO, code, "cannot write '%s': %s", path, strerror(-code));
		if (fd >= 0)
			unlink(path);
		free(path);
		return code;
	}
	*ret_path = path;
	return 0;
}

/* What is done on purpose after a chunk: as before the next one. */
static int act(struct exec_run *exec, uint32_t unit, struct err *err)
{
	int step = delivery_act(exec->run, unit, &exec->hurt, exec->ret, err);

	if (step == 0 && fuzz_act_at(exec->run->acts, unit, FUZZ_ABORT))
		step = delivery_fail(exec->ret, DELIVERY_HURT, "the command was ended");
	return step;
}

/* Everything up to chunk number 'chunks' is there. */
static int reach_chunks(struct exec_run *exec, uint32_t chunks, struct err *err)
{
	uint64_t len = exec->run->part->image->len;
	int step = 0;

	if (!exec->ready) {
		exec->ready = true;
		step = delivery_reach(exec->run, DELIVERY_READY, 0, 0, err);
	}
	while (step == 0 && exec->chunks < chunks) {
		uint32_t unit = exec->chunks++;
		uint64_t bytes = (uint64_t)exec->chunks * exec->chunk_bytes;

		step = act(exec, unit, err);
		if (step == 0)
			step = delivery_reach(exec->run, DELIVERY_CHUNK, unit,
					      bytes < len ? bytes : len, err);
	}
	return step;
}

/* How many chunks a progress of 'number' is. */
static uint32_t chunks_of(struct exec_run *exec, uint64_t number, bool percent)
{
	uint64_t len = exec->run->part->image->len;
	uint32_t asked = exec->run->context->options->chunk_bytes;

	if (exec->chunk_bytes == 0 && len == 0)
		return 0; /* nothing has no chunks */
	if (exec->chunk_bytes == 0)
		exec->chunk_bytes = percent ? (uint32_t)((len + PERCENT_ALL - 1) / PERCENT_ALL)
				    : asked ? asked
					    : (uint32_t)CHUNK_BYTES;
	if (percent)
		number = len * (number < PERCENT_ALL ? number : PERCENT_ALL) / PERCENT_ALL;
	if (number >= len)
		return (uint32_t)((len + exec->chunk_bytes - 1) / exec->chunk_bytes);
	return (uint32_t)(number / exec->chunk_bytes);
}

static int on_line(void *ctx, const char *line, struct err *err)
{
	struct exec_run *exec = ctx;
	regmatch_t groups[GROUPS];
	char number[EXEC_LINE_MAX];
	uint64_t value;
	size_t len;
	bool percent;

	text_copy(exec->last, sizeof(exec->last), line);
	if (exec->step != 0 || !exec->state->has_progress ||
	    regexec(&exec->state->progress, line, GROUPS, groups, 0) != 0 || groups[1].rm_so < 0)
		return 0;
	len = (size_t)(groups[1].rm_eo - groups[1].rm_so);
	memcpy(number, line + groups[1].rm_so, len);
	number[len] = '\0';
	percent = line[groups[1].rm_eo] == '%';
	if (len > 0 && number[len - 1] == '%') {
		percent = true;
		number[len - 1] = '\0';
	}
	if (text_parse_u64(number, UINT64_MAX / PERCENT_ALL, &value, NULL) < 0)
		return 0; /* a pattern that also finds other things */
	exec->step = reach_chunks(exec, chunks_of(exec, value, percent), err);
	return exec->step < 0 ? exec->step : 0;
}

/* Hears the command and lets the slot's time follow the host's, until either ends it. */
static int work(struct exec_run *exec, struct err *err)
{
	const struct slot *slot = exec->run->context->slot;
	int64_t begin_us = slot_now_us(slot);
	int64_t deadline_us = delivery_deadline_us(exec->run, RUN_US_MAX);
	int64_t host_begin_us = clock_now_us();

	while (!exec->child.exited && exec->step == 0) {
		int64_t host_us;
		int64_t ahead_us;
		int r = exec_child_hear(&exec->child, STEP_MS, on_line, exec, err);

		if (r < 0 || exec->step != 0)
			return r < 0 ? r : exec->step;
		host_us = clock_now_us() - host_begin_us;
		ahead_us = begin_us + host_us - slot_now_us(slot);
		exec->step = delivery_pause(exec->run, ahead_us > 0 ? ahead_us : 0, exec->ret, err);
		if (exec->step == 0 && !exec->child.exited && begin_us + host_us >= deadline_us)
			exec->step = delivery_fail(exec->ret,
						   exec->hurt ? DELIVERY_HURT : DELIVERY_WHOLE,
						   "the command did not end in time");
	}
	return exec->step;
}

/* What its end says. A command that the shell cannot run is nobody's fault but the scenario's. */
static int conclude(struct exec_run *exec, struct err *err)
{
	enum delivery_hurt hurt = exec->hurt ? DELIVERY_HURT : DELIVERY_WHOLE;
	uint64_t len = exec->run->part->image->len;
	int status = exec->child.status;
	int step;

	if (WIFEXITED(status) &&
	    (WEXITSTATUS(status) == SHELL_CANNOT_RUN || WEXITSTATUS(status) == SHELL_NOT_FOUND))
		return err_set(err, ERR_CONFIG, -ENOEXEC, "the command cannot be run: %s",
			       exec->last);
	if (WIFSIGNALED(status))
		return delivery_fail(exec->ret, hurt, "the command was ended by signal %d",
				     WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return delivery_fail(exec->ret, hurt, "the command's exit code is %d: %.60s",
				     WEXITSTATUS(status), exec->last);
	step = exec->ready || exec->state->has_progress
		       ? reach_chunks(exec, chunks_of(exec, len, false), err)
		       : delivery_reach(exec->run, DELIVERY_READY, 0, 0, err);
	if (step == 0)
		step = delivery_reach(exec->run, DELIVERY_SENT, exec->chunks, len, err);
	return step == 0 ? delivery_reach(exec->run, DELIVERY_TAKEN, exec->chunks, len, err) : step;
}

static int exec_send(const struct delivery_run *run, struct delivery_outcome *ret, struct err *err)
{
	const struct delivery_context *context = run->context;
	struct exec_run exec = { .run = run, .state = context->state, .ret = ret };
	char *path = NULL;
	int step = write_image(run->part->image, &path, err);

	if (step < 0)
		return step;
	step = delivery_reach(run, DELIVERY_BEGUN, 0, 0, err);
	if (step == 0) {
		const struct exec_variable variables[] = {
			{ "OTARIG_IMAGE", path },
			{ "OTARIG_PART", run->part->name },
			{ "OTARIG_BOARD", context->board->name ? context->board->name : "" },
			{ "OTARIG_SLOT", context->slot->name },
			{ NULL, NULL },
		};

		step = exec_child_start(&exec.child, context->options->command, variables, err);
		if (step == 0)
			step = work(&exec, err);
		exec_child_end(&exec.child, step == 0 ? 0 : GRACE_MS);
		if (step == 0)
			step = conclude(&exec, err);
	}
	unlink(path);
	free(path);
	return delivery_finish(step, ret);
}

const struct delivery delivery_exec = {
	.name = "exec",
	.needs = 0,
	.acts = EXEC_ACTS,
	.open = exec_open,
	.close = exec_close,
	.prepare = exec_prepare,
	.send = exec_send,
	.prove = NULL,
};
