/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A command of the user's in a process group of its own: started with what it needs to know, heard
 * line by line, and ended with all that it started. Knows nothing of boards.
 */
#ifndef DELIVERY_EXEC_CHILD_H
#define DELIVERY_EXEC_CHILD_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

enum exec_child_limits {
	EXEC_LINE_MAX = 512,	/* what is longer is cut off */
	EXEC_VARIABLES_MAX = 8, /* put into its environment */
};

struct exec_child {
	pid_t pid; /* of the shell, and of its group; 0 when there is none */
	int fd;	   /* its output, both streams; -1 when it is over */
	char line[EXEC_LINE_MAX];
	size_t line_len;
	bool line_cut;
	bool exited;
	int status; /* as of waitpid(), once it has exited */
};

struct exec_variable {
	const char *name;
	const char *value;
};

/*
 * Starts '/bin/sh -c COMMAND' with nothing to read. 'variables' end with a NULL name. ERR_RIG when
 * it cannot be started; exec_child_end() after.
 */
int exec_child_start(struct exec_child *child, const char *command,
		     const struct exec_variable *variables, struct err *err) MUST_CHECK;

/*
 * Waits 'ms' at most for output; calls 'told' for each line that is complete (ended by a line feed
 * or carriage return, or by the end of the output), without its end. Its negative errno ends it.
 * Afterwards child->exited says whether the command has ended and all of its output was heard.
 */
int exec_child_hear(struct exec_child *child, int ms,
		    int (*told)(void *ctx, const char *line, struct err *err), void *ctx,
		    struct err *err) MUST_CHECK;

/*
 * Ends the whole group: asks, and kills what is still there after 'grace_ms'. No process of it is
 * left, but for those that left the group on purpose. Does nothing where none was started.
 */
void exec_child_end(struct exec_child *child, int grace_ms);

#endif
