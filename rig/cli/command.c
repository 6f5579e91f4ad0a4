/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

enum { VALUE_HELP = 'h', VALUE_OUTPUT = 'o', VALUE_FIRST = 256 };

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

static int take_arguments(const struct command *command, int argc, char **argv,
			  struct command_input *input, struct err *err)
{
	size_t given = (size_t)(argc - optind);
	size_t min = command->arguments_min ? command->arguments_min : 1;
	size_t max = command->arguments_max ? command->arguments_max : min;

	if (!command->argument)
		max = 0;
	if (!command->argument || command->argument_optional)
		min = 0;
	if (given < min)
		return err_set(err, ERR_USAGE, -EINVAL, "%s: %s is missing", command->name,
			       command->argument);
	if (given > max)
		return err_set(err, ERR_USAGE, -EINVAL, "%s: unexpected '%s'", command->name,
			       argv[(size_t)optind + max]);
	for (size_t i = 0; i < given; i++)
		input->arguments[i] = argv[(size_t)optind + i];
	input->argument_count = given;
	input->argument = given ? argv[optind] : NULL;
	return 0;
}

static int take_option(const struct command *command, size_t option, const char *value,
		       struct command_input *input, struct err *err)
{
	input->options[option] = value;
	if (!command->repeats || strcmp(command->repeats, command->options[option].name) != 0)
		return 0;
	if (input->repeated_count == COMMAND_REPEATS_MAX)
		return err_set(err, ERR_USAGE, -EINVAL, "%s: '--%s' is given more than %d times",
			       command->name, command->options[option].name, COMMAND_REPEATS_MAX);
	input->repeated[input->repeated_count++] = value;
	return 0;
}

/* The option that -o stands for; COMMAND_OPTIONS_MAX when the command has none. */
static size_t output_option(const struct command *command)
{
	for (size_t i = 0; i < COMMAND_OPTIONS_MAX && command->options[i].name; i++)
		if (strcmp(command->options[i].name, "output") == 0)
			return i;
	return COMMAND_OPTIONS_MAX;
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
	size_t output = output_option(command);
	const char *letters = output < COMMAND_OPTIONS_MAX ? ":ho:" : ":h";
	int r;

	make_long_options(command, options);
	opterr = 0;
	optind = 1;
	while ((r = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		if (r == VALUE_HELP)
			return 1;
		if (r == ':')
			return err_set(err, ERR_USAGE, -EINVAL, "%s: '%s' needs a value",
				       command->name, argv[optind - 1]);
		if (r < VALUE_FIRST && r != VALUE_OUTPUT)
			return unknown_option(command, argv[optind - 1], err);
		r = take_option(command, r == VALUE_OUTPUT ? output : (size_t)(r - VALUE_FIRST),
				optarg ? optarg : "", &input, err);
		if (r < 0)
			return r;
	}
	r = take_arguments(command, argc, argv, &input, err);
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
