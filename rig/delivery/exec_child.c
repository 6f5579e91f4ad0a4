/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/exec_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHELL "/bin/sh"

enum {
	READ_BYTES = 4096,
	READS_MAX = 32, /* at a time: twice what a pipe holds */
	GRACE_STEP_MS = 10,
	US_PER_MS = 1000,
};

/* Signals that a program may ignore, which a command must not inherit ignored. */
static const int defaults[] = { SIGPIPE, SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGCHLD };

static size_t count_environment(void)
{
	size_t count = 0;

	while (environ[count])
		count++;
	return count;
}

/* Whether a text "NAME=value" is of one of the variables. */
static bool is_among(const char *text, const struct exec_variable *variables)
{
	for (; variables->name; variables++) {
		size_t len = strlen(variables->name);

		if (strncmp(text, variables->name, len) == 0 && text[len] == '=')
			return true;
	}
	return false;
}

static void free_texts(char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
}

static int no_memory(struct err *err)
{
	return err_set(err, ERR_RIG, -ENOMEM, "no memory for a command");
}

/* The environment with the variables; theirs are texts of our own. */
static int make_environment(const struct exec_variable *variables, char **mine, size_t *ret_count,
			    char ***ret, struct err *err)
{
	size_t inherited = count_environment();
	char **all = calloc(inherited + EXEC_VARIABLES_MAX + 1, sizeof(*all));
	size_t count = 0;

	if (!all)
		return no_memory(err);
	for (; variables[count].name && count < EXEC_VARIABLES_MAX; count++) {
		if (asprintf(&mine[count], "%s=%s", variables[count].name, variables[count].value) <
		    0) {
			free_texts(mine, count);
			free(all);
			return no_memory(err);
		}
		all[count] = mine[count];
	}
	*ret_count = count;
	for (size_t i = 0; i < inherited; i++)
		if (!is_among(environ[i], variables))
			all[count++] = environ[i];
	*ret = all;
	return 0;
}

static int spawn(struct exec_child *child, const char *command, char **environment, int output)
{
	char *const words[] = { strdup(SHELL), strdup("-c"), strdup(command), NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t mask;
	sigset_t reset;
	int r = words[0] && words[1] && words[2] ? 0 : ENOMEM;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	sigemptyset(&mask);
	sigemptyset(&reset);
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
		sigaddset(&reset, defaults[i]);
	posix_spawnattr_setsigmask(&attributes, &mask);
	posix_spawnattr_setsigdefault(&attributes, &reset);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY,
						     0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
	if (r == 0)
		r = posix_spawn(&child->pid, SHELL, &actions, &attributes, words, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		free(words[i]);
	return -r;
}

int exec_child_start(struct exec_child *child, const char *command,
		     const struct exec_variable *variables, struct err *err)
{
	char *mine[EXEC_VARIABLES_MAX];
	char **environment = NULL;
	size_t count = 0;
	int ends[2];
	int r;

	*child = (struct exec_child){ .fd = -1 };
	r = make_environment(variables, mine, &count, &environment, err);
	if (r < 0)
		return r;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		r = err_set(err, ERR_RIG, -errno, "cannot make a pipe: %s", strerror(errno));
	} else {
		r = spawn(child, command, environment, ends[1]);
		close(ends[1]);
		if (r < 0) {
			child->pid = 0;
			close(ends[0]);
			err_set(err, ERR_RIG, r, "cannot start %s: %s", SHELL, strerror(-r));
		} else {
			child->fd = ends[0];
			fcntl(child->fd, F_SETFL, O_NONBLOCK);
		}
	}
	free_texts(mine, count);
	free(environment);
	return r;
}

static int end_line(struct exec_child *child,
		    int (*told)(void *ctx, const char *line, struct err *err), void *ctx,
		    struct err *err)
{
	int r = 0;

	child->line[child->line_len] = '\0';
	if (child->line_len > 0)
		r = told(ctx, child->line, err);
	child->line_len = 0;
	return r;
}

static int take(struct exec_child *child, const char *bytes, size_t len,
		int (*told)(void *ctx, const char *line, struct err *err), void *ctx,
		struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < len && r >= 0; i++) {
		if (bytes[i] == '\n' || bytes[i] == '\r')
			r = end_line(child, told, ctx, err);
		else if (bytes[i] != '\0' && child->line_len + 1 < EXEC_LINE_MAX)
			child->line[child->line_len++] = bytes[i];
	}
	return r;
}

/* Whether the shell has ended; it stays a zombie, which keeps its group's number from others. */
static bool has_ended(const struct exec_child *child)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == child->pid;
}

int exec_child_hear(struct exec_child *child, int ms,
		    int (*told)(void *ctx, const char *line, struct err *err), void *ctx,
		    struct err *err)
{
	struct pollfd wait = { .fd = child->fd, .events = POLLIN };
	bool ended = has_ended(child); /* looked before reading: then all of it is there */
	char bytes[READ_BYTES];
	ssize_t got = 0;
	int r = 0;

	poll(&wait, 1, ended ? 0 : ms);
	for (int i = 0; i < READS_MAX && child->fd >= 0 && r >= 0; i++) {
		got = read(child->fd, bytes, sizeof(bytes));
		if (got <= 0)
			break;
		r = take(child, bytes, (size_t)got, told, ctx, err);
	}
	if (r >= 0 && child->fd >= 0 && got == 0) {
		close(child->fd);
		child->fd = -1;
	}
	if (r >= 0 && ended) {
		child->exited = true;
		r = end_line(child, told, ctx, err);
	}
	return r < 0 ? r : 0;
}

void exec_child_end(struct exec_child *child, int grace_ms)
{
	if (child->pid > 0) {
		if (!has_ended(child))
			kill(-child->pid, SIGTERM);
		for (int ms = 0; ms < grace_ms && !has_ended(child); ms += GRACE_STEP_MS)
			usleep(GRACE_STEP_MS * US_PER_MS);
		kill(-child->pid, SIGKILL); /* what it left behind as well */
		while (waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR)
			;
		child->pid = 0;
	}
	if (child->fd >= 0)
		close(child->fd);
	child->fd = -1;
}
