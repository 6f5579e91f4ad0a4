/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * External commands, without a shell: words are divided by blanks, and '...' or "..." keeps blanks
 * inside a word. Nothing else has a meaning.
 */
#ifndef BENCH_LINUX_SPAWN_H
#define BENCH_LINUX_SPAWN_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum spawn_limits {
	SPAWN_WORDS_MAX = 32, /* of a command */
	SPAWN_ARGS_MAX = 64,
	SPAWN_OUT_MAX = 256,
};

/* A command with more than its words. All borrowed. */
struct spawn {
	const char *command;
	const char *const *args; /* that come after its words; NULL at the end, or NULL: none */
	const char *const *env;	 /* "NAME=VALUE" besides ours; the same */
	int64_t timeout_us;
};

/*
 * Runs the command, 'timeout_us' at most; what it prints comes back in 'ret_out' (cut off there,
 * one newline at its end taken away; written on success only). ERR_RIG: it cannot be run, took too
 * long (it is killed with all it started), or failed: its exit code and the last line that it said
 * are told.
 */
int spawn_run(const char *command, int64_t timeout_us, char ret_out[SPAWN_OUT_MAX],
	      struct err *err) MUST_CHECK;

/*
 * Whether there is a program for the command's first word, in PATH when that has no slash. ERR_RIG.
 * Nothing is run.
 */
int spawn_look(const char *command, struct err *err) MUST_CHECK;

/* The same with arguments, SPAWN_ARGS_MAX at most, and environment. */
int spawn_run_with(const struct spawn *what, char ret_out[SPAWN_OUT_MAX],
		   struct err *err) MUST_CHECK;

#endif
