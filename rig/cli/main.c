/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command.h"
#include "cli/common.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
	&command_run,
	&command_plan,
	&command_show,
	&command_replay,
	&command_report,
	&command_gate,
	&command_led_decode,
	&command_led_watch,
	&command_led_learn,
	&command_image_inspect,
	&command_image_verify,
	&command_image_diff,
	&command_image_build,
	&command_image_mutate,
	&command_bench_check,
	&command_bench_list,
	&command_bench_safe,
	&command_bench_calibrate,
	&command_bench_provision,
};

static void print_help(void)
{
	printf("usage: otarig COMMAND [OPTION...] [ARGUMENT]\n\n"
	       "A rig that cuts power during firmware updates and judges what becomes of the "
	       "board.\n\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		char left[40];

		snprintf(left, sizeof(left), "%s %s", commands[i]->name,
			 commands[i]->argument ? commands[i]->argument : "");
		printf("  %-21s %s\n", left, commands[i]->summary);
	}
	printf("\n'otarig COMMAND --help' shows a command's options.\n"
	       "exit codes: 0 accepted, 1 the firmware failed, 2 usage or configuration,\n"
	       "            3 not enough evidence, 4 the rig failed, 130 interrupted\n");
}

static int fail(const struct err *err)
{
	char text[ERR_TEXT_MAX + ERR_FILE_MAX + 16];

	err_format(err, text, sizeof(text));
	fprintf(stderr, "otarig: %s\n", text);
	return err->code == -EINTR ? EXIT_INTERRUPTED : err_exit_code(err);
}

static int run(const struct command *command, int argc, char **argv)
{
	struct err err = ERR_INIT;
	struct command_input input;
	int r = command_parse(command, argc, argv, &input, &err);

	if (r == 1) {
		command_print_help(command);
		r = EXIT_ACCEPTED;
	} else if (r == 0) {
		r = command->run(&input, &err);
	}
	return r < 0 ? fail(&err) : r;
}

/* What was printed must have arrived: a full disk is not a success. */
static int end_output(int code)
{
	errno = 0;
	if ((fflush(stdout) == 0 && !ferror(stdout)) || cli_reader_left())
		return code;
	fprintf(stderr, "otarig: cannot write to standard output%s%s\n", errno ? ": " : "",
		errno ? strerror(errno) : "");
	return EXIT_RIG;
}

/* The second words of commands like "led decode", or that there is no such command. */
static int unknown_command(const char *name)
{
	size_t len = strlen(name);
	bool found = false;

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		const char *full = commands[i]->name;

		if (len == 0 || strncmp(full, name, len) != 0 || full[len] != ' ')
			continue;
		if (found)
			fprintf(stderr, ", %s", full + len + 1);
		else
			fprintf(stderr, "otarig: '%s' needs one of %s", name, full + len + 1);
		found = true;
	}
	if (found)
		fprintf(stderr, "\n");
	else
		fprintf(stderr, "otarig: unknown command '%s', see 'otarig --help'\n", name);
	return EXIT_USAGE;
}

static int dispatch(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (argc < 2 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
	    strcmp(name, "help") == 0) {
		print_help();
		return argc < 2 ? EXIT_USAGE : EXIT_ACCEPTED;
	}
	if (strcmp(name, "--version") == 0) {
		printf("otarig %s\n", OTARIG_VERSION);
		return EXIT_ACCEPTED;
	}
	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		const char *second = strchr(commands[i]->name, ' ');
		size_t len = second ? (size_t)(second - commands[i]->name) : strlen(name);

		if (strncmp(commands[i]->name, name, len) != 0 || name[len] != '\0')
			continue;
		if (!second && commands[i]->name[len] == '\0')
			return run(commands[i], argc - 1, argv + 1);
		/* a name of two words: "led decode" */
		if (second && argc > 2 && strcmp(second + 1, argv[2]) == 0)
			return run(commands[i], argc - 2, argv + 2);
	}
	return unknown_command(name);
}

int main(int argc, char **argv)
{
	int code;

	/* writing that fails is told by its error: what is stored is then closed in order */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	code = dispatch(argc, argv);
	return code == EXIT_ACCEPTED || code == EXIT_FIRMWARE_FAILED || code == EXIT_EVIDENCE
		       ? end_output(code)
		       : code;
}
