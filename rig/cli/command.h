/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one table of commands: help, man page and completion come from it. A command gets its own
 * argv (argv[0] is its name) and returns the process exit code.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/err.h"

enum exit_code {
	EXIT_ACCEPTED = 0,
	EXIT_FIRMWARE_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_EVIDENCE = 3, /* not enough to decide */
	EXIT_RIG = 4,
	EXIT_INTERRUPTED = 130,
};

struct command {
	const char *name;
	const char *arguments;
	const char *summary;
	int (*run)(int argc, char **argv);
};

extern const struct command command_table[];
extern const size_t command_count;

/* Prints "otarig: ..." on stderr and returns the error's exit code. */
int command_fail(const struct err *err);

#endif
