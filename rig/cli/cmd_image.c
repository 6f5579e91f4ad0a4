/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Modules looked at, and judged. */
#include "cli/command.h"
#include "cli/image_show.h"
#include "image/order.h"

#include <errno.h>
#include <stdio.h>

enum inspect_option { INSPECT_FORMAT };
enum verify_option { VERIFY_PLATFORM };

/* All files given; those that are no modules are told, and kept out. */
struct looked {
	struct image_file files[COMMAND_ARGS_MAX];
	size_t count;
	struct image_failed failed[COMMAND_ARGS_MAX];
	size_t failed_count;
};

static int look_at(const struct command_input *input, struct looked **ret, struct err *err)
{
	struct looked *looked = calloc(1, sizeof(*looked));

	if (!looked)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory");
	for (size_t i = 0; i < input->argument_count; i++) {
		struct err cause = ERR_INIT;
		struct image_failed *failed = &looked->failed[looked->failed_count];

		if (image_file_load(input->arguments[i], &looked->files[looked->count], &cause) ==
		    0) {
			looked->count++;
			continue;
		}
		fprintf(stderr, "otarig: %s\n", cause.text);
		failed->path = input->arguments[i];
		snprintf(failed->text, sizeof(failed->text), "%s", cause.text);
		looked->failed_count++;
	}
	*ret = looked;
	return 0;
}

static void looked_free(struct looked *looked)
{
	for (size_t i = 0; i < looked->count; i++)
		image_file_release(&looked->files[i]);
	free(looked);
}

static int cmd_inspect(const struct command_input *input, struct err *err)
{
	const char *format = input->options[INSPECT_FORMAT];
	bool json = format && strcmp(format, "json") == 0;
	struct looked *looked;
	int r;

	if (format && !json && strcmp(format, "text") != 0)
		return err_set(err, ERR_USAGE, -EINVAL, "unknown format '%s', known: text, json",
			       format);
	r = look_at(input, &looked, err);
	if (r < 0)
		return r;
	for (size_t i = 0; !json && i < looked->count; i++) {
		if (i > 0)
			printf("\n");
		image_show(&looked->files[i]);
	}
	if (json)
		r = image_show_json(looked->files, looked->count, looked->failed,
				    looked->failed_count, err);
	if (r == 0 && looked->failed_count)
		r = EXIT_USAGE;
	looked_free(looked);
	return r;
}

/* Prints what is wrong, or that all is right; returns how much is wrong. */
static size_t verify_file(const struct image_file *file, const struct image_platform *platform)
{
	const struct image_header *header = &file->inspection.header;
	struct image_findings findings;
	char module[CLI_IMAGE_NAME_MAX];
	char version[CLI_IMAGE_NAME_MAX];

	image_verify(&file->inspection, platform, &findings);
	for (size_t i = 0; i < findings.count; i++)
		printf("%s: 0x%zx: %s\n", file->path, findings.items[i].offset,
		       findings.items[i].text);
	if (findings.count)
		return findings.count;
	image_module_text(header, module);
	image_version_text(header, version);
	printf("%s: good: %s, version %s\n", file->path, module, version);
	return 0;
}

/* The modules of one platform among all, and which file each came from. */
struct group {
	struct image_header headers[COMMAND_ARGS_MAX];
	const struct image_file *files[COMMAND_ARGS_MAX];
	struct image_set set;
};

static void make_group(const struct looked *looked, uint16_t platform_id, struct group *ret)
{
	ret->set = (struct image_set){ .headers = ret->headers };
	for (size_t i = 0; i < looked->count; i++) {
		const struct image_header *header = &looked->files[i].inspection.header;

		if (header->platform_id != platform_id)
			continue;
		ret->headers[ret->set.count] = *header;
		ret->files[ret->set.count++] = &looked->files[i];
	}
}

static const char *path_of(const struct group *group, const struct image_header *header)
{
	return group->files[header - group->headers]->path;
}

/* Needs for modules that were not given: only the board knows. */
static void print_needs_elsewhere(const struct group *group)
{
	char text[CLI_IMAGE_NAME_MAX];

	for (size_t i = 0; i < group->set.count; i++)
		for (size_t k = 0; k < ARRAY_LEN(group->headers[i].dependency); k++) {
			const struct image_dependency *need = &group->headers[i].dependency[k];
			bool found = need->function == IMAGE_FUNCTION_NONE;

			for (size_t j = 0; j < group->set.count; j++)
				found |= group->headers[j].function == need->function &&
					 group->headers[j].index == need->index;
			if (found)
				continue;
			image_need_text(need, group->headers[i].platform_id, text);
			printf("   the board must have %s, for %s\n", text, group->files[i]->path);
		}
}

static size_t print_order(const struct group *group, const struct image_order *order)
{
	char text[CLI_IMAGE_NAME_MAX];

	for (size_t i = 0; i < order->unmet_count; i++) {
		const struct image_need *need = &order->unmet[i];

		image_need_text(&need->dependency, need->header->platform_id, text);
		printf("%s: needs %s, the set has %u\n", path_of(group, need->header), text,
		       need->version);
	}
	printf("order for %s:\n", image_platform_name(group->headers[0].platform_id));
	for (size_t i = 0; i < order->count; i++) {
		image_module_text(&group->headers[order->order[i]], text);
		printf("%2zu %s: %s\n", i + 1, group->files[order->order[i]]->path, text);
	}
	for (size_t i = 0; i < order->granted_count; i++) {
		const struct image_need *need = &order->granted[i];

		image_need_text(&need->dependency, need->header->platform_id, text);
		printf("   the board must have %s before, for %s\n", text,
		       path_of(group, need->header));
	}
	print_needs_elsewhere(group);
	return order->unmet_count;
}

static int verify_group(const struct group *group, size_t *wrong, struct err *err)
{
	struct image_order order;
	struct err cause = ERR_INIT;
	int r = image_order(&group->set, NULL, &order, &cause);

	if (r == -E2BIG)
		return err_set(err, ERR_USAGE, r, "%s", cause.text);
	if (r == 0) {
		*wrong += print_order(group, &order);
		return 0;
	}
	/* the modules contradict each other: found, not failed */
	printf("%s: %s\n", image_platform_name(group->headers[0].platform_id), cause.text);
	*wrong += 1;
	return 0;
}

static int verify_sets(const struct looked *looked, size_t *wrong, struct err *err)
{
	struct group *group = calloc(1, sizeof(*group));
	int r = 0;

	if (!group)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory");
	for (size_t i = 0; r == 0 && i < looked->count; i++) {
		make_group(looked, looked->files[i].inspection.header.platform_id, group);
		/* each platform once, when its first file comes; alone there is no order */
		if (group->files[0] == &looked->files[i] && group->set.count > 1)
			r = verify_group(group, wrong, err);
	}
	free(group);
	return r;
}

static int cmd_verify(const struct command_input *input, struct err *err)
{
	const char *name = input->options[VERIFY_PLATFORM];
	const struct image_platform *platform = name ? image_platform_by_name(name) : NULL;
	struct looked *looked;
	size_t wrong = 0;
	int r;

	if (name && !platform)
		return err_set(err, ERR_USAGE, -EINVAL, "no platform is called '%s'", name);
	r = look_at(input, &looked, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < looked->count; i++)
		wrong += verify_file(&looked->files[i], platform);
	r = verify_sets(looked, &wrong, err);
	if (r == 0 && looked->failed_count)
		r = EXIT_USAGE;
	else if (r == 0 && wrong)
		r = EXIT_FIRMWARE_FAILED;
	looked_free(looked);
	return r;
}

const struct command command_image_inspect = {
	.name = "image inspect",
	.argument = "FILE...",
	.arguments_min = 1,
	.arguments_max = COMMAND_ARGS_MAX,
	.summary = "show firmware modules, also damaged ones",
	.options = {
		[INSPECT_FORMAT] = { "format", "FORMAT", "text (default) or json" },
	},
	.run = cmd_inspect,
};

const struct command command_image_verify = {
	.name = "image verify",
	.argument = "FILE...",
	.arguments_min = 1,
	.arguments_max = COMMAND_ARGS_MAX,
	.summary = "judge modules strictly; of several, the order to deliver",
	.options = {
		[VERIFY_PLATFORM] = { "platform", "NAME", "what they must be for, like p1" },
	},
	.run = cmd_verify,
};
