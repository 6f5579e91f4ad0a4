/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/spawn.h"

#include "base/clock.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUT = 0, ERROR = 1, STREAMS = 2, SPAWN_COMMAND_MAX = 512 };

/* A command that runs. */
struct child {
	pid_t pid;
	int ended;			   /* pidfd */
	int streams[STREAMS];		   /* -1: closed */
	char text[STREAMS][SPAWN_OUT_MAX]; /* the first that it said */
	size_t len[STREAMS];
	char tail[STREAMS][SPAWN_OUT_MAX]; /* the last */
	size_t tail_len[STREAMS];
};

/* Divides 'line' in place. Returns the number of words; 0 when there are none, too many, or a quote
 * is open. */
static size_t divide(char *line, char *words[SPAWN_WORDS_MAX + 1])
{
	size_t count = 0;
	char *to = line;

	while (*line) {
		char quote = '\0';

		while (*line == ' ' || *line == '\t')
			line++;
		if (!*line)
			break;
		if (count == SPAWN_WORDS_MAX)
			return 0;
		words[count++] = to;
		for (; *line && (quote || (*line != ' ' && *line != '\t')); line++)
			if (quote && *line == quote)
				quote = '\0';
			else if (!quote && (*line == '\'' || *line == '"'))
				quote = *line;
			else
				*to++ = *line;
		if (quote)
			return 0;
		if (*line)
			line++;
		*to++ = '\0';
	}
	words[count] = NULL;
	return count;
}

static int make_attributes(posix_spawnattr_t *attr)
{
	const struct sched_param normal = { .sched_priority = 0 };
	sigset_t none;
	sigset_t defaults;
	int r = posix_spawnattr_init(attr);

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGXFSZ);
	if (r == 0)
		r = posix_spawnattr_setsigmask(attr, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(attr, &defaults);
	if (r == 0)
		r = posix_spawnattr_setpgroup(attr, 0);
	if (r == 0)
		r = posix_spawnattr_setschedpolicy(attr, SCHED_OTHER);
	if (r == 0)
		r = posix_spawnattr_setschedparam(attr, &normal);
	if (r == 0)
		r = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
							   POSIX_SPAWN_SETPGROUP |
							   POSIX_SPAWN_SETSCHEDULER);
	return r;
}

static int spawn_with(const int pipes[STREAMS][2], char **words, char **env, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int r = make_attributes(&attr);

	if (r == 0)
		r = posix_spawn_file_actions_init(&files);
	if (r != 0)
		return -r;
	r = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&files, pipes[OUT][1], STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&files, pipes[ERROR][1], STDERR_FILENO);
	if (r == 0)
		r = posix_spawnp(ret, words[0], &files, &attr, words, env);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return -r;
}

static void close_both(const int pipe[2])
{
	close(pipe[0]);
	close(pipe[1]);
}

static int start(struct child *child, char **words, char **env)
{
	int pipes[STREAMS][2];
	int r;

	if (pipe2(pipes[OUT], O_CLOEXEC) != 0)
		return -errno;
	if (pipe2(pipes[ERROR], O_CLOEXEC) != 0) {
		r = -errno;
		close_both(pipes[OUT]);
		return r;
	}
	r = spawn_with((const int(*)[2])pipes, words, env, &child->pid);
	if (r < 0) {
		close_both(pipes[OUT]);
		close_both(pipes[ERROR]);
		return r;
	}
	for (int i = 0; i < STREAMS; i++) {
		close(pipes[i][1]);
		child->streams[i] = pipes[i][0];
		/* our end alone: a program does not expect its stdout to be like that */
		fcntl(child->streams[i], F_SETFL, O_NONBLOCK);
	}
	child->ended = pidfd_open(child->pid, 0);
	return child->ended < 0 ? -errno : 0;
}

/* Keeps the last of what it says. */
static void keep_tail(struct child *child, int i, const char *bytes, size_t len)
{
	char *tail = child->tail[i];
	size_t keep = child->tail_len[i];

	if (keep + len > SPAWN_OUT_MAX - 1) {
		size_t drop = keep + len - (SPAWN_OUT_MAX - 1);

		drop = drop < keep ? drop : keep;
		keep -= drop;
		memmove(tail, tail + drop, keep);
	}
	if (len > SPAWN_OUT_MAX - 1) {
		bytes += len - (SPAWN_OUT_MAX - 1);
		len = SPAWN_OUT_MAX - 1;
	}
	memcpy(tail + keep, bytes, len);
	child->tail_len[i] = keep + len;
}

/* Takes what is there; of what does not fit, the begin and the end stay. */
static void drain(struct child *child, int i)
{
	char bytes[SPAWN_OUT_MAX];
	ssize_t len;

	while (child->streams[i] >= 0 &&
	       (len = read(child->streams[i], bytes, sizeof(bytes))) >= 0) {
		size_t room = SPAWN_OUT_MAX - 1 - child->len[i];
		size_t take = (size_t)len < room ? (size_t)len : room;

		memcpy(child->text[i] + child->len[i], bytes, take);
		child->len[i] += take;
		keep_tail(child, i, bytes, (size_t)len);
		if (len == 0) {
			close(child->streams[i]);
			child->streams[i] = -1;
		}
	}
}

/* 0 when it ended in time. */
static int watch(struct child *child, int64_t deadline_us)
{
	for (;;) {
		struct pollfd files[] = { { .fd = child->streams[OUT], .events = POLLIN },
					  { .fd = child->streams[ERROR], .events = POLLIN },
					  { .fd = child->ended, .events = POLLIN } };
		int64_t left_us = deadline_us - clock_now_us();
		int r = left_us <= 0 ? 0 : poll(files, ARRAY_LEN(files), (int)(left_us / 1000) + 1);

		if (r == 0)
			return -ETIMEDOUT;
		if (r < 0 && errno != EINTR)
			return -errno;
		drain(child, OUT);
		drain(child, ERROR);
		if (r > 0 && files[2].revents)
			return 0;
	}
}

static void tidy(char *text, size_t len)
{
	text[len] = '\0';
	if (len > 0 && text[len - 1] == '\n')
		text[len - 1] = '\0';
	for (char *at = text; *at; at++)
		if (iscntrl((unsigned char)*at))
			*at = ' ';
}

/* The last line with anything in it. */
static void last_line(const struct child *child, int i, char ret[SPAWN_OUT_MAX])
{
	const char *tail = child->tail[i];
	size_t end = child->tail_len[i];
	size_t begin;

	while (end > 0 && isspace((unsigned char)tail[end - 1]))
		end--;
	for (begin = end; begin > 0 && tail[begin - 1] != '\n' && tail[begin - 1] != '\r';)
		begin--;
	memcpy(ret, tail + begin, end - begin);
	tidy(ret, end - begin);
}

static int judge(const struct child *child, const char *command, int status, struct err *err)
{
	char said[SPAWN_OUT_MAX];
	const char *colon;

	last_line(child, child->tail_len[ERROR] > 0 ? ERROR : OUT, said);
	colon = said[0] ? ": " : "";

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status))
		return err_set(err, ERR_RIG, -EIO, "command '%.100s' ended with code %d%s%.160s",
			       command, WEXITSTATUS(status), colon, said);
	return err_set(err, ERR_RIG, -EIO, "command '%.100s' was ended by signal %d%s%.160s",
		       command, WIFSIGNALED(status) ? WTERMSIG(status) : 0, colon, said);
}

static int end(struct child *child, const char *command, int watched, int64_t timeout_us,
	       struct err *err)
{
	char time[32];
	int status = 0;

	if (watched < 0)
		kill(-child->pid, SIGKILL);
	while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
		;
	for (int i = 0; i < STREAMS; i++) {
		if (child->streams[i] >= 0)
			close(child->streams[i]);
		tidy(child->text[i], child->len[i]);
	}
	if (child->ended >= 0)
		close(child->ended);
	text_format_duration(timeout_us, time, sizeof(time));
	if (watched == -ETIMEDOUT)
		return err_set(err, ERR_RIG, watched, "command '%.100s' took longer than %s",
			       command, time);
	if (watched < 0)
		return err_set(err, ERR_RIG, watched, "cannot watch command '%.100s': %s", command,
			       strerror(-watched));
	return judge(child, command, status, err);
}

/* The words of the command, then the arguments. False: too many. */
static bool add_args(char **words, size_t count, const char *const *args)
{
	size_t max = count + SPAWN_ARGS_MAX;

	for (; args && *args; args++) {
		if (count == max)
			return false;
		words[count++] = (char *)(uintptr_t)*args; /* exec changes none of them */
	}
	words[count] = NULL;
	return true;
}

static bool same_name(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return strncmp(a, b, len) == 0 && (b[len] == '=' || b[len] == '\0');
}

/* Ours, but for what is said anew. The caller frees it; NULL on lack of memory. */
static char **make_env(const char *const *more)
{
	size_t ours = 0, added = 0, count = 0;
	char **env;

	while (environ[ours])
		ours++;
	while (more && more[added])
		added++;
	env = calloc(ours + added + 1, sizeof(*env));
	if (!env)
		return NULL;
	for (size_t i = 0; i < ours; i++) {
		bool anew = false;

		for (size_t k = 0; k < added; k++)
			anew = anew || same_name(more[k], environ[i]);
		if (!anew)
			env[count++] = environ[i];
	}
	for (size_t k = 0; k < added; k++)
		env[count++] = (char *)(uintptr_t)more[k];
	return env;
}

int spawn_run_with(const struct spawn *what, char ret_out[SPAWN_OUT_MAX], struct err *err)
{
	struct child child = { .ended = -1, .streams = { -1, -1 } };
	char *words[SPAWN_WORDS_MAX + SPAWN_ARGS_MAX + 1];
	char line[SPAWN_COMMAND_MAX];
	int64_t deadline_us = clock_now_us() + what->timeout_us;
	AUTO_FREE char **env = make_env(what->env);
	size_t count = text_copy(line, sizeof(line), what->command) ? divide(line, words) : 0;
	int r;

	if (!env)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory to run a command");
	if (count == 0)
		return err_set(err, ERR_RIG, -EINVAL,
			       "command '%.100s' is empty, too long, or has an open quote",
			       what->command);
	if (!add_args(words, count, what->args))
		return err_set(err, ERR_RIG, -E2BIG, "command '%.100s' has too many arguments",
			       what->command);
	r = start(&child, words, env);
	if (r < 0 && child.pid == 0)
		return err_set(err, ERR_RIG, r, "cannot run '%.100s': %s", what->command,
			       strerror(-r));
	if (r == 0)
		r = watch(&child, deadline_us);
	r = end(&child, what->command, r, what->timeout_us, err);
	if (r == 0)
		text_copy(ret_out, SPAWN_OUT_MAX, child.text[OUT]);
	return r;
}

/* In one of the folders of PATH. */
static bool is_in_path(const char *name)
{
	const char *path = getenv("PATH");
	bool found = false;

	while (path && *path && !found) {
		size_t len = strcspn(path, ":");
		AUTO_FREE char *file = NULL;

		if (asprintf(&file, "%.*s/%s", (int)len, path, name) < 0) {
			file = NULL; /* asprintf leaves it undefined */
			return false;
		}
		found = access(file, X_OK) == 0;
		path += len + (path[len] == ':');
	}
	return found;
}

int spawn_look(const char *command, struct err *err)
{
	char *words[SPAWN_WORDS_MAX + 1];
	char line[SPAWN_COMMAND_MAX];
	bool slash;

	if (!text_copy(line, sizeof(line), command) || divide(line, words) == 0)
		return err_set(err, ERR_RIG, -EINVAL,
			       "command '%.100s' is empty, too long, or has an open quote",
			       command);
	slash = strchr(words[0], '/') != NULL;
	if (slash && access(words[0], X_OK) != 0)
		return err_set(err, ERR_RIG, -errno, "cannot run '%.100s': %s", words[0],
			       strerror(errno));
	if (!slash && !is_in_path(words[0]))
		return err_set(err, ERR_RIG, -ENOENT, "there is no program '%.100s' in PATH",
			       words[0]);
	return 0;
}

int spawn_run(const char *command, int64_t timeout_us, char ret_out[SPAWN_OUT_MAX], struct err *err)
{
	return spawn_run_with(&(struct spawn){ .command = command, .timeout_us = timeout_us },
			      ret_out, err);
}
