/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Modules changed on purpose, to see what a board makes of them. Pure and seeded: the same bytes,
 * kind and seed give the same result on every machine.
 *
 * Grammar-aware kinds know the format and change one thing in it; afterwards SHA-256 and CRC are
 * made right, so that the module gets past the board's CRC and the change is what is judged. Blind
 * kinds change bytes as a bad link or flash would, and leave the sums.
 */
#ifndef IMAGE_MUTATE_H
#define IMAGE_MUTATE_H

#include "image/inspect.h"

/* Stored by name, see the text form; but the numbers go into the seed, so new ones go to the end.
 */
enum image_mutation_kind {
	IMAGE_MUTATION_UNKNOWN = 0,
	IMAGE_MUTATION_BIT_FLIP,
	IMAGE_MUTATION_BYTE_SET,
	IMAGE_MUTATION_BODY_SPLICE,
	IMAGE_MUTATION_ZERO_BLOCK,
	IMAGE_MUTATION_FF_BLOCK,
	IMAGE_MUTATION_TRUNCATE,
	IMAGE_MUTATION_PAD,
	IMAGE_MUTATION_CRC_WRONG,
	IMAGE_MUTATION_SHA_WRONG,
	IMAGE_MUTATION_PLATFORM_WRONG,
	IMAGE_MUTATION_ADDRESS_WRONG,
	IMAGE_MUTATION_ADDRESS_OVERLAP,
	IMAGE_MUTATION_LENGTH_LIES,
	IMAGE_MUTATION_DEPENDENCY_UNMET,
	IMAGE_MUTATION_DEPENDENCY_CIRCULAR,
	IMAGE_MUTATION_VERSION_OLD,
	IMAGE_MUTATION_VERSION_MAX,
	IMAGE_MUTATION_FUNCTION_WRONG,
	IMAGE_MUTATION_INDEX_WRONG,
	IMAGE_MUTATION_FLAGS_SET,
	IMAGE_MUTATION_HEADER_GARBAGE,
	IMAGE_MUTATION_BOOTLOADER_OTHER_BOARD,
	IMAGE_MUTATION_SUFFIX_SIZE_LIES,
	IMAGE_MUTATION_PRODUCT_SET,
	IMAGE_MUTATION_COUNT,
};

/* What becomes of SHA-256 and CRC after the change. */
enum image_mutation_sums {
	IMAGE_SUMS_DEFAULT = 0, /* as is the habit of the kind */
	IMAGE_SUMS_SEALED = 1,	/* both made right, but for one that the kind makes wrong */
	IMAGE_SUMS_RAW = 2,	/* left as they were */
};

enum image_mutation_limits {
	IMAGE_MUTATION_ID_MAX = 64,    /* "bootloader-other-board.18446744073709551615.sealed" */
	IMAGE_MUTATION_TEXT_MAX = 160, /* what was changed */
};

struct image_mutation {
	enum image_mutation_kind kind;
	enum image_mutation_sums sums;
	uint64_t seed;
	/*
	 * dependency-circular only: the module that is to be needed; NULL = itself. Applied to two
	 * modules, each with the other's header, it makes a circle of two. Not in the text form.
	 */
	const struct image_header *other;
};

/* What is known about a kind. */
struct image_mutation_row {
	const char *name; /* a-z, 0-9, '-' */
	const char *summary;
	bool blind;
	bool sealed; /* the sums are made right by default */
	/* why a board that takes it may be lost, for good without SWD; NULL = harmless */
	const char *dangerous;
	/* the same of a bootloader, or of a module that carries one */
	const char *dangerous_bootloader;
};

/* The row of a kind; asserts that there is such a kind. */
const struct image_mutation_row *image_mutation_row(enum image_mutation_kind kind);

/* IMAGE_MUTATION_UNKNOWN when no kind has that name. */
enum image_mutation_kind image_mutation_kind_from_name(const char *name);

/*
 * Why this mutation of a module may cost a board, or NULL. With right sums a bootloader is
 * installed at once, and a system part that carries one installs it at its next start.
 */
const char *image_mutation_danger(const struct image_mutation *mutation,
				  const struct image_inspection *inspection);

/*
 * A changed copy of 'len' bytes, which need not be a good module. Caller frees *ret_bytes; what was
 * changed, with offsets and values, goes into 'ret_text'. ERR_CONFIG when the kind needs something
 * that these bytes do not have (a header, a bootloader, room), or would leave them as they are.
 */
int image_mutate(const uint8_t *bytes, size_t len, const struct image_mutation *mutation,
		 uint8_t **ret_bytes, size_t *ret_len, char ret_text[IMAGE_MUTATION_TEXT_MAX],
		 struct err *err) MUST_CHECK;

/*
 * The text form, for ids of trials and names of files: "bit-flip.12345", with ".sealed" or ".raw"
 * when that is not left to the kind. Only a-z, 0-9, '.' and '-'.
 */
void image_mutation_format(const struct image_mutation *mutation, char buf[IMAGE_MUTATION_ID_MAX]);

/* The other way round; only what image_mutation_format() writes is taken. ERR_USAGE. */
int image_mutation_parse(const char *text, struct image_mutation *ret, struct err *err) MUST_CHECK;

#endif
