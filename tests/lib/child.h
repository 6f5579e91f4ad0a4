/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program run by a test, its standard input and output on one wire: for peers against stock
 * programs. Nothing here waits longer than told; the child dies at its deadline, with its whole
 * session, and with the test; it is always reaped. Host time, since it is a process of the host.
 */
#ifndef TESTS_LIB_CHILD_H
#define TESTS_LIB_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum child_wire {
	CHILD_SOCKET = 1, /* a pair of stream sockets */
	CHILD_PTY = 2,	  /* a raw terminal, which is also the child's controlling one */
};

enum child_limits { CHILD_ARGS_MAX = 32, CHILD_ERRORS_MAX = 4096 };

struct child {
	pid_t pid; /* 0: reaped */
	int fd;	   /* our end of the wire, non-blocking */
	int errors_fd;
	int64_t deadline_us; /* CLOCK_MONOTONIC */
	bool killed;	     /* at the deadline, or by child_end() */
	int status;	     /* once reaped: exit code, or minus the signal's number */
};

/*
 * Starts argv (ended by NULL; the program is looked for in PATH), which may run for 'within_us'.
 * 0, or a negative errno: -ENOENT when there is no such program.
 */
int child_start(struct child *child, enum child_wire wire, const char *const argv[],
		int64_t within_us);

/* What is there to read; 0: nothing now; -EPIPE: the child has closed its end; or another errno. */
ssize_t child_read(struct child *child, void *bytes, size_t size);

/* What could be written; 0: nothing now; negative errno. */
ssize_t child_write(struct child *child, const void *bytes, size_t len);

/* Waits until there is something to read or the child has ended, 'wait_ms' at most. */
void child_poll(struct child *child, int wait_ms);

/* Whether it still runs. Past its deadline it is killed here. */
bool child_runs(struct child *child);

/* Waits for its end, to its deadline at most; its status (see above). Its errors stay readable. */
int child_wait(struct child *child);

/* Kills it if it still runs, reaps it and lets go of all. Its status. May be called twice. */
int child_end(struct child *child);

/* What it wrote to its standard error so far, as a text; before child_end(). */
void child_errors(const struct child *child, char *ret_text, size_t size);

#endif
