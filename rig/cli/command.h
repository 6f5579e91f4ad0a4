/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The one table of commands: parsing and help come from it. stdout is data, stderr is talk.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum exit_code {
	EXIT_ACCEPTED = 0,
	EXIT_FIRMWARE_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_EVIDENCE = 3, /* not enough to decide */
	EXIT_RIG = 4,
	EXIT_INTERRUPTED = 130,
};

enum command_limits { COMMAND_OPTIONS_MAX = 12, COMMAND_ARGS_MAX = 64, COMMAND_REPEATS_MAX = 4 };

/*
 * "--name VALUE", or "--name" when 'value' is NULL. A row without a name ends the list. The option
 * "output" may be written as -o too.
 */
struct command_option {
	const char *name;
	const char *value;
	const char *help;
};

/* What was given: values by the option's place in the table, NULL = not given. */
struct command_input {
	const char *options[COMMAND_OPTIONS_MAX];  /* the last one counts */
	const char *repeated[COMMAND_REPEATS_MAX]; /* all values of the option that repeats */
	size_t repeated_count;
	const char *argument; /* the first; NULL when the command takes none */
	const char *arguments[COMMAND_ARGS_MAX];
	size_t argument_count;
};

struct command {
	const char *name;
	const char *argument; /* "SCENARIO"; NULL = none */
	size_t arguments_min; /* how many are needed; 0 = exactly one when 'argument' is there */
	size_t arguments_max;
	bool argument_optional;
	const char *summary;
	const char *repeats; /* the option that may be given several times; NULL = none */
	struct command_option options[COMMAND_OPTIONS_MAX];
	/* Returns an exit code; a negative errno with 'err' set is turned into one by the caller.
	 */
	int (*run)(const struct command_input *input, struct err *err);
};

/* Options of commands, by place; one enum a command, beside its row. */
extern const struct command command_run, command_plan, command_show, command_replay;
extern const struct command command_report, command_gate;
extern const struct command command_led_decode, command_led_watch, command_led_learn;
extern const struct command command_image_inspect, command_image_verify, command_image_diff;
extern const struct command command_image_build, command_image_mutate;
extern const struct command command_bench_check, command_bench_list, command_bench_safe;
extern const struct command command_bench_calibrate, command_bench_provision;

/* argv[0] is the command's name. ERR_USAGE in one line. 1 when --help was asked for. */
int command_parse(const struct command *command, int argc, char **argv, struct command_input *ret,
		  struct err *err) MUST_CHECK;

void command_print_help(const struct command *command);

#endif
