/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A module built from a raw body. */
#include "base/file.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/image_file.h"
#include "image/build.h"

#include <errno.h>
#include <stdio.h>

enum build_option {
	BUILD_FUNCTION,
	BUILD_INDEX,
	BUILD_VERSION,
	BUILD_PLATFORM,
	BUILD_START,
	BUILD_DEPENDS,
	BUILD_PRODUCT,
	BUILD_OUTPUT,
	BUILD_FORCE
};

static int take_kind(const struct command_input *input, struct image_header *header,
		     struct err *err)
{
	const char *name = input->options[BUILD_FUNCTION];
	const char *board = input->options[BUILD_PLATFORM];
	const struct image_platform *platform = image_platform_by_name(board);
	uint64_t index;
	int r;

	header->function = image_function_from_name(name);
	if (!header->function)
		return err_set(err, ERR_USAGE, -EINVAL, "no function is called '%s'", name);
	if (!platform)
		return err_set(err, ERR_USAGE, -EINVAL, "no platform is called '%s'", board);
	header->platform_id = platform->id;
	r = cli_number("index", input->options[BUILD_INDEX], UINT8_MAX,
		       header->function == IMAGE_FUNCTION_BOOTLOADER ? 0 : 1, &index, err);
	header->index = (uint8_t)index;
	return r;
}

static int take_numbers(const struct command_input *input, struct image_header *header,
			struct err *err)
{
	const struct image_place *place =
		image_place_of(header->platform_id, header->function, header->index);
	uint64_t version = 0;
	uint64_t start = 0;
	int r = cli_number("version", input->options[BUILD_VERSION], UINT16_MAX, 0, &version, err);

	if (r == 0 && !place)
		r = image_need_option("image build", "start", input->options[BUILD_START], err);
	if (r == 0)
		r = cli_number("start", input->options[BUILD_START], UINT32_MAX,
			       place ? place->start : 0, &start, err);
	header->version = (uint16_t)version;
	header->start = (uint32_t)start;
	return r;
}

static int take_product(const char *text, struct image_recipe *recipe, struct err *err)
{
	const char *colon = text ? strchr(text, ':') : NULL;
	uint64_t id;
	uint64_t version;
	char first[16];

	recipe->product_id = IMAGE_NO_PRODUCT;
	recipe->product_version = IMAGE_NO_PRODUCT;
	if (!text)
		return 0;
	if (!colon || (size_t)(colon - text) >= sizeof(first))
		return err_set(err, ERR_USAGE, -EINVAL, "--product: '%s' is not ID:VERSION", text);
	text_copy(first, (size_t)(colon - text) + 1, text);
	if (text_parse_u64(first, UINT16_MAX, &id, NULL) < 0 ||
	    text_parse_u64(colon + 1, UINT16_MAX, &version, NULL) < 0)
		return err_set(err, ERR_USAGE, -EINVAL, "--product: '%s' is not ID:VERSION", text);
	recipe->product_id = (uint16_t)id;
	recipe->product_version = (uint16_t)version;
	return 0;
}

static int take_recipe(const struct command_input *input, struct image_recipe *ret, struct err *err)
{
	static const struct {
		enum build_option option;
		const char *name;
	} needed[] = { { BUILD_FUNCTION, "function" },
		       { BUILD_VERSION, "version" },
		       { BUILD_PLATFORM, "platform" },
		       { BUILD_OUTPUT, "output" } };
	struct image_header *header = &ret->header;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(needed); i++)
		r = image_need_option("image build", needed[i].name,
				      input->options[needed[i].option], err);
	if (r == 0)
		r = take_kind(input, header, err);
	if (r == 0)
		r = take_numbers(input, header, err);
	if (r == 0 && input->repeated_count > ARRAY_LEN(header->dependency))
		r = err_set(err, ERR_USAGE, -EINVAL, "--depends: a module has room for %zu",
			    ARRAY_LEN(header->dependency));
	for (size_t i = 0; r == 0 && i < input->repeated_count; i++) {
		r = image_dependency_parse(input->repeated[i], &header->dependency[i], err);
		if (r < 0)
			err_prefix(err, "--depends");
	}
	return r == 0 ? take_product(input->options[BUILD_PRODUCT], ret, err) : r;
}

/* It was asked for so, but a board may see it otherwise. */
static void print_result(const char *path, const uint8_t *bytes, size_t len)
{
	struct image_inspection in;
	struct image_findings findings;
	char module[CLI_IMAGE_NAME_MAX];

	if (image_inspect(bytes, len, &in, NULL) < 0)
		return;
	image_module_text(&in.header, module);
	printf("%s: %s, version %u, %zu bytes\n", path, module, in.header.version, len);
	image_verify(&in, NULL, &findings);
	for (size_t i = 0; i < findings.count; i++)
		fprintf(stderr, "otarig: warning: %s: 0x%zx: %s\n", path, findings.items[i].offset,
			findings.items[i].text);
}

static int cmd_build(const struct command_input *input, struct err *err)
{
	struct image_recipe recipe = { 0 };
	AUTO_FREE uint8_t *body = NULL;
	AUTO_FREE uint8_t *bytes = NULL;
	size_t body_len;
	size_t len;
	int r = take_recipe(input, &recipe, err);

	if (r == 0)
		r = file_read(input->argument, CLI_IMAGE_BYTES_MAX, &body, &body_len, err);
	if (r < 0)
		return r;
	r = image_build(&recipe, body, body_len, &bytes, &len, err);
	if (r < 0)
		return err_prefix(err, "%s", input->argument);
	r = image_file_write(input->options[BUILD_OUTPUT], bytes, len, input->options[BUILD_FORCE],
			     err);
	if (r == 0)
		print_result(input->options[BUILD_OUTPUT], bytes, len);
	return r;
}

const struct command command_image_build = {
	.name = "image build",
	.argument = "BODY",
	.summary = "make a valid module from a raw body",
	.repeats = "depends",
	.options = {
		[BUILD_FUNCTION] = { "function", "NAME", "bootloader, system, user ..." },
		[BUILD_INDEX] = { "index", "N", "default 1, of a bootloader 0" },
		[BUILD_VERSION] = { "version", "N", "of the module" },
		[BUILD_PLATFORM] = { "platform", "NAME", "p1, photon, electron ..." },
		[BUILD_START] = { "start", "ADDRESS", "default: where such modules live" },
		[BUILD_DEPENDS] = { "depends", "F.I:V", "like system.2:207; twice at most" },
		[BUILD_PRODUCT] = { "product", "ID:VERSION", "default none" },
		[BUILD_OUTPUT] = { "output", "FILE", "where to write it; also -o" },
		[BUILD_FORCE] = { "force", NULL, "replace a file that is there" },
	},
	.run = cmd_build,
};
