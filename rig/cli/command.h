/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one table of commands: parsing and help come from it. stdout is data, stderr is talk.
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

enum command_limits { COMMAND_OPTIONS_MAX = 12, COMMAND_ARGS_MAX = 1 };

/* "--name VALUE", or "--name" when 'value' is NULL. A row without a name ends the list. */
struct command_option {
	const char *name;
	const char *value;
	const char *help;
};

/* What was given: values by the option's place in the table, NULL = not given. */
struct command_input {
	const char *options[COMMAND_OPTIONS_MAX];
	const char *argument; /* NULL when the command takes none */
};

struct command {
	const char *name;
	const char *argument; /* "SCENARIO"; NULL = none */
	const char *summary;
	struct command_option options[COMMAND_OPTIONS_MAX];
	/* Returns an exit code; a negative errno with 'err' set is turned into one by the caller.
	 */
	int (*run)(const struct command_input *input, struct err *err);
};

/* Options of commands, by place; one enum a command, beside its row. */
extern const struct command command_run, command_plan, command_show, command_replay;
extern const struct command command_report, command_gate;
extern const struct command command_led_decode, command_led_watch, command_led_learn;
extern const struct command command_bench_check, command_bench_list, command_bench_safe;
extern const struct command command_bench_calibrate;

/* argv[0] is the command's name. ERR_USAGE in one line. 1 when --help was asked for. */
int command_parse(const struct command *command, int argc, char **argv, struct command_input *ret,
		  struct err *err) MUST_CHECK;

void command_print_help(const struct command *command);

#endif
