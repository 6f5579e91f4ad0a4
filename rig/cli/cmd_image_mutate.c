/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A module changed on purpose. */
#include "base/file.h"
#include "base/rng.h"
#include "cli/command.h"
#include "cli/common.h"
#include "cli/image_file.h"
#include "image/mutate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum mutate_option {
	MUTATE_SEED,
	MUTATE_KIND,
	MUTATE_COUNT,
	MUTATE_SUMS,
	MUTATE_WITH,
	MUTATE_DANGEROUS,
	MUTATE_OUTPUT,
	MUTATE_FORCE,
	MUTATE_LIST
};

enum mutate_limits {
	COUNT_MAX = 1000,
	KIND_STREAM = 1000, /* of a seed: the kind drawn with it; kinds themselves use others */
	DRAWS_MAX = 200,    /* until one applies */
};

struct wanted {
	struct image_mutation first; /* kind unknown: to be drawn */
	uint64_t count;
	bool dangerous;
	struct image_file with;
};

/* The bytes as far as they are changed, and what there is to say when they are written; owned. */
struct work {
	uint8_t *bytes;
	size_t len;
	bool spoilt; /* a change was made without making the sums right */
	FILE *told;  /* into 'text' */
	char *text;
	size_t text_len;
};

static int print_kinds(void)
{
	for (int i = IMAGE_MUTATION_UNKNOWN + 1; i < IMAGE_MUTATION_COUNT; i++) {
		const struct image_mutation_row *row =
			image_mutation_row((enum image_mutation_kind)i);

		printf("%-23s %-14s %s%s%s%s\n", row->name, row->blind ? "blind" : "grammar-aware",
		       row->summary, row->dangerous ? " (dangerous: " : "",
		       row->dangerous ? row->dangerous : "", row->dangerous ? ")" : "");
	}
	return EXIT_ACCEPTED;
}

static int take_sums(const char *text, enum image_mutation_sums *ret, struct err *err)
{
	if (!text)
		return 0;
	if (strcmp(text, "sealed") != 0 && strcmp(text, "raw") != 0)
		return err_set(err, ERR_USAGE, -EINVAL, "--sums: '%s' is not sealed or raw", text);
	*ret = strcmp(text, "raw") == 0 ? IMAGE_SUMS_RAW : IMAGE_SUMS_SEALED;
	return 0;
}

/* A kind by its name, or a whole mutation by its text: bit-flip.12345 */
static int take_kind(const struct command_input *input, struct image_mutation *ret, struct err *err)
{
	const char *kind = input->options[MUTATE_KIND];
	int r;

	if (kind && strchr(kind, '.')) {
		if (input->options[MUTATE_SEED])
			return err_set(err, ERR_USAGE, -EINVAL,
				       "--kind has a seed in it, --seed is too much");
		return image_mutation_parse(kind, ret, err);
	}
	r = image_need_option("image mutate", "seed", input->options[MUTATE_SEED], err);
	if (r == 0)
		r = cli_number("seed", input->options[MUTATE_SEED], UINT64_MAX, 0, &ret->seed, err);
	if (r < 0 || !kind)
		return r;
	ret->kind = image_mutation_kind_from_name(kind);
	if (ret->kind == IMAGE_MUTATION_UNKNOWN)
		return err_set(err, ERR_USAGE, -EINVAL,
			       "--kind: there is no kind '%s', see 'otarig image mutate --list'",
			       kind);
	return 0;
}

static int take_wanted(const struct command_input *input, struct wanted *ret, struct err *err)
{
	int r = take_kind(input, &ret->first, err);

	if (r == 0)
		r = take_sums(input->options[MUTATE_SUMS], &ret->first.sums, err);
	if (r == 0)
		r = cli_count("count", input->options[MUTATE_COUNT], COUNT_MAX, 1, &ret->count,
			      err);
	if (r == 0)
		r = image_need_option("image mutate", "output", input->options[MUTATE_OUTPUT], err);
	ret->dangerous = input->options[MUTATE_DANGEROUS] != NULL;
	if (r == 0 && input->options[MUTATE_WITH]) {
		r = image_file_load(input->options[MUTATE_WITH], &ret->with, err);
		ret->first.other = &ret->with.inspection.header;
	}
	return r;
}

static bool seals(const struct image_mutation *mutation)
{
	return mutation->sums == IMAGE_SUMS_DEFAULT ? image_mutation_row(mutation->kind)->sealed
						    : mutation->sums == IMAGE_SUMS_SEALED;
}

/* Sums made right over an earlier change are as if that change had made them right. */
static const char *danger_of(const struct image_mutation *mutation, const struct work *work)
{
	const struct image_mutation earlier = { .kind = IMAGE_MUTATION_BIT_FLIP,
						.sums = IMAGE_SUMS_SEALED };
	struct image_inspection in;
	const char *danger;

	if (image_inspect(work->bytes, work->len, &in, NULL) < 0)
		return NULL;
	danger = image_mutation_danger(mutation, &in);
	if (!danger && work->spoilt && seals(mutation))
		danger = image_mutation_danger(&earlier, &in);
	return danger;
}

static int change(struct work *work, const struct image_mutation *mutation, struct err *err)
{
	const char *danger = danger_of(mutation, work);
	char id[IMAGE_MUTATION_ID_MAX];
	char text[IMAGE_MUTATION_TEXT_MAX];
	uint8_t *bytes;
	int r = image_mutate(work->bytes, work->len, mutation, &bytes, &work->len, text, err);

	if (r < 0)
		return r;
	free(work->bytes);
	work->bytes = bytes;
	work->spoilt |= !seals(mutation);
	image_mutation_format(mutation, id);
	fprintf(work->told, "%s: %s\n", id, text);
	if (danger)
		fprintf(stderr, "otarig: dangerous for a board: %s: %s\n", id, danger);
	return 0;
}

/* Kinds are drawn until one can be applied. */
static int change_somehow(struct work *work, const struct wanted *wanted,
			  struct image_mutation *mutation, struct err *err)
{
	struct rng rng;
	int r = -EINVAL;

	rng_init(&rng, rng_derive(mutation->seed, KIND_STREAM));
	for (int i = 0; r == -EINVAL && i < DRAWS_MAX; i++) {
		mutation->kind =
			(enum image_mutation_kind)(1 + rng_below(&rng, IMAGE_MUTATION_COUNT - 1));
		if (wanted->dangerous || !danger_of(mutation, work))
			r = change(work, mutation, err);
	}
	return r;
}

static int change_all(struct work *work, const struct wanted *wanted, struct err *err)
{
	int r = 0;

	for (uint64_t i = 0; r == 0 && i < wanted->count; i++) {
		struct image_mutation mutation = wanted->first;

		if (i > 0)
			mutation.seed = rng_derive(wanted->first.seed, i);
		if (mutation.kind == IMAGE_MUTATION_UNKNOWN)
			r = change_somehow(work, wanted, &mutation, err);
		else
			r = change(work, &mutation, err);
	}
	return r;
}

static int mutate_bytes(const struct command_input *input, const struct wanted *wanted,
			struct work *work, struct err *err)
{
	int r = change_all(work, wanted, err);

	if (r < 0)
		return err_prefix(err, "%s", input->argument);
	if (fflush(work->told) != 0)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory");
	r = image_file_write(input->options[MUTATE_OUTPUT], work->bytes, work->len,
			     input->options[MUTATE_FORCE], err);
	if (r == 0)
		fputs(work->text, stdout);
	return r;
}

static int mutate_file(const struct command_input *input, const struct wanted *wanted,
		       struct err *err)
{
	struct work work = { 0 };
	int r = file_read(input->argument, IMAGE_BYTES_MAX, &work.bytes, &work.len, err);

	if (r < 0)
		return r;
	work.told = open_memstream(&work.text, &work.text_len);
	if (work.told) {
		r = mutate_bytes(input, wanted, &work, err);
		fclose(work.told);
	} else {
		r = err_set(err, ERR_RIG, -ENOMEM, "no memory");
	}
	free(work.text);
	free(work.bytes);
	return r;
}

static int cmd_mutate(const struct command_input *input, struct err *err)
{
	struct wanted wanted = { 0 };
	int r;

	if (input->options[MUTATE_LIST])
		return print_kinds();
	if (!input->argument)
		return err_set(err, ERR_USAGE, -EINVAL, "image mutate: FILE is missing");
	r = take_wanted(input, &wanted, err);
	if (r == 0)
		r = mutate_file(input, &wanted, err);
	image_file_release(&wanted.with);
	return r;
}

const struct command command_image_mutate = {
	.name = "image mutate",
	.argument = "FILE",
	.argument_optional = true,
	.summary = "change a module on purpose, by seed",
	.options = {
		[MUTATE_SEED] = { "seed", "N", "same seed, same bytes" },
		[MUTATE_KIND] = { "kind", "NAME", "a kind, or a mutation like bit-flip.12345" },
		[MUTATE_COUNT] = { "count", "N", "one after the other (default 1)" },
		[MUTATE_SUMS] = { "sums", "HOW", "sealed or raw (default: as the kind does)" },
		[MUTATE_WITH] = { "with", "FILE", "of dependency-circular: the other module" },
		[MUTATE_DANGEROUS] = { "dangerous", NULL, "draw kinds too that may cost a board" },
		[MUTATE_OUTPUT] = { "output", "FILE", "where to write it; also -o" },
		[MUTATE_FORCE] = { "force", NULL, "replace a file that is there" },
		[MUTATE_LIST] = { "list", NULL, "show all kinds" },
	},
	.run = cmd_mutate,
};
