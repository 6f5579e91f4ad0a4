/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { VALUE_HELP = 'h', VALUE_FIRST = 256 };

static size_t make_long_options(const struct command *command,
				struct option ret[COMMAND_OPTIONS_MAX + 2])
{
	size_t count = 0;

	for (; count < COMMAND_OPTIONS_MAX && command->options[count].name; count++)
		ret[count] = (struct option){
			.name = command->options[count].name,
			.has_arg = command->options[count].value ? required_argument : no_argument,
			.val = VALUE_FIRST + (int)count,
		};
	ret[count] = (struct option){ .name = "help", .val = VALUE_HELP };
	ret[count + 1] = (struct option){ 0 };
	return count;
}

static int take_argument(const struct command *command, int argc, char **argv,
			 struct command_input *input, struct err *err)
{
	int given = argc - optind;

	if (!command->argument && given > 0)
		return err_set(err, ERR_USAGE, -EINVAL, "%s: unexpected '%s'", command->name,
			       argv[optind]);
	if (!command->argument)
		return 0;
	if (given < 1)
		return err_set(err, ERR_USAGE, -EINVAL, "%s: %s is missing", command->name,
			       command->argument);
	if (given > 1)
		return err_set(err, ERR_USAGE, -EINVAL, "%s: unexpected '%s'", command->name,
			       argv[optind + 1]);
	input->argument = argv[optind];
	return 0;
}

/* getopt knows the letter of a short option, and 0 of a long one. */
static int unknown_option(const struct command *command, const char *given, struct err *err)
{
	char letter[] = { '-', (char)optopt, '\0' };

	return err_set(err, ERR_USAGE, -EINVAL, "%s: unknown option '%s', see 'otarig %s --help'",
		       command->name, optopt ? letter : given, command->name);
}

int command_parse(const struct command *command, int argc, char **argv, struct command_input *ret,
		  struct err *err)
{
	struct option options[COMMAND_OPTIONS_MAX + 2];
	struct command_input input = { 0 };
	int r;

	make_long_options(command, options);
	opterr = 0;
	optind = 1;
	while ((r = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		if (r == VALUE_HELP)
			return 1;
		if (r == ':')
			return err_set(err, ERR_USAGE, -EINVAL, "%s: '%s' needs a value",
				       command->name, argv[optind - 1]);
		if (r < VALUE_FIRST)
			return unknown_option(command, argv[optind - 1], err);
		input.options[r - VALUE_FIRST] = optarg ? optarg : "";
	}
	r = take_argument(command, argc, argv, &input, err);
	if (r == 0)
		*ret = input;
	return r;
}

void command_print_help(const struct command *command)
{
	printf("usage: otarig %s%s%s%s\n\n%s\n", command->name,
	       command->options[0].name ? " [OPTION...]" : "", command->argument ? " " : "",
	       command->argument ? command->argument : "", command->summary);
	if (command->options[0].name)
		printf("\n");
	for (size_t i = 0; i < COMMAND_OPTIONS_MAX && command->options[i].name; i++) {
		char left[40];

		snprintf(left, sizeof(left), "--%s%s%s", command->options[i].name,
			 command->options[i].value ? " " : "",
			 command->options[i].value ? command->options[i].value : "");
		printf("  %-22s %s\n", left, command->options[i].help);
	}
}
