/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two modules, or two sets of them, compared. */
#include "cli/command.h"
#include "cli/image_file.h"
#include "image/diff.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static const struct image_file *find(const struct image_files *files,
				     const struct image_header *header)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct image_header *other = &files->items[i].inspection.header;

		if (other->platform_id == header->platform_id &&
		    other->function == header->function && other->index == header->index)
			return &files->items[i];
	}
	return NULL;
}

static int check_once(const struct image_files *files, struct err *err)
{
	char text[CLI_IMAGE_NAME_MAX];

	for (size_t i = 0; i < files->count; i++) {
		const struct image_file *file = &files->items[i];
		const struct image_file *first = find(files, &file->inspection.header);

		if (!first || first == file)
			continue;
		image_module_text(&file->inspection.header, text);
		return err_set(err, ERR_CONFIG, -EEXIST, "%s and %s are both %s", first->path,
			       file->path, text);
	}
	return 0;
}

static void print_counts(const struct image_file *a, const struct image_file *b,
			 const struct image_diff *diff)
{
	printf("  %zu bytes in %zu words differ", diff->bytes, diff->words);
	if (diff->rest)
		printf(", %s is %zu bytes longer", a->len > b->len ? "the first" : "the second",
		       diff->rest);
	if (diff->sectors)
		printf("; %zu %s", diff->sectors, diff->sectors == 1 ? "sector" : "sectors");
	printf("\n");
}

static void print_pair(const struct image_file *a, const struct image_file *b)
{
	const struct image_side sides[] = { { a->bytes, &a->inspection },
					    { b->bytes, &b->inspection } };
	const struct image_header *from = &a->inspection.header;
	const struct image_header *to = &b->inspection.header;
	char text[2][CLI_IMAGE_NAME_MAX];
	struct image_diff diff;

	image_module_text(from, text[0]);
	printf("%s: ", text[0]);
	image_version_text(from, text[0]);
	image_version_text(to, text[1]);
	printf("version %s -> %s, %zu -> %zu bytes\n", text[0], text[1], a->len, b->len);
	image_diff(&sides[0], &sides[1], &diff);
	if (!diff.differs) {
		printf("  the same bytes\n");
	} else if (diff.elsewhere) {
		printf("  begins at 0x%08" PRIx32 " -> 0x%08" PRIx32 "\n", from->start, to->start);
	} else {
		print_counts(a, b, &diff);
		printf("  first at 0x%08" PRIx32 " (offset 0x%zx); read the word at 0x%08" PRIx32
		       ": 0x%08" PRIx32 " -> 0x%08" PRIx32 "\n",
		       diff.address, diff.offset, diff.word, diff.word_of[0], diff.word_of[1]);
	}
}

static void print_lonely(const struct image_file *file, const char *where)
{
	char module[CLI_IMAGE_NAME_MAX];
	char version[CLI_IMAGE_NAME_MAX];

	image_module_text(&file->inspection.header, module);
	image_version_text(&file->inspection.header, version);
	printf("%s: version %s, %zu bytes\n  only in %s\n", module, version, file->len, where);
}

static void print_sets(const struct command_input *input, const struct image_files *a,
		       const struct image_files *b)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct image_file *other = find(b, &a->items[i].inspection.header);

		if (other)
			print_pair(&a->items[i], other);
		else
			print_lonely(&a->items[i], input->arguments[0]);
	}
	for (size_t i = 0; i < b->count; i++)
		if (!find(a, &b->items[i].inspection.header))
			print_lonely(&b->items[i], input->arguments[1]);
}

static int compare(const struct command_input *input, struct image_files *a, struct image_files *b,
		   struct err *err)
{
	int r = image_files_load(input->arguments[0], a, err);

	if (r == 0)
		r = image_files_load(input->arguments[1], b, err);
	if (r == 0)
		r = check_once(a, err);
	if (r == 0)
		r = check_once(b, err);
	if (r == 0)
		print_sets(input, a, b);
	return r;
}

static int cmd_diff(const struct command_input *input, struct err *err)
{
	struct image_files *sets = calloc(2, sizeof(*sets));
	int r;

	if (!sets)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory");
	r = compare(input, &sets[0], &sets[1], err);
	image_files_release(&sets[0]);
	image_files_release(&sets[1]);
	free(sets);
	return r;
}

const struct command command_image_diff = {
	.name = "image diff",
	.argument = "A B",
	.arguments_min = 2,
	.arguments_max = 2,
	.summary = "compare modules: two files, or two folders of them",
	.run = cmd_diff,
};
