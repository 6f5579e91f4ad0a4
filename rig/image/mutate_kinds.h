/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of rig/image: what the kinds of mutations share. */
#ifndef IMAGE_MUTATE_KINDS_H
#define IMAGE_MUTATE_KINDS_H

#include "base/rng.h"
#include "image/inspect.h"
#include "image/mutate.h"

/* A mutation at work. */
struct mutant {
	uint8_t *bytes;	 /* changed in place; owned */
	size_t len;	 /* of them that count */
	size_t capacity; /* a pad may grow into it */
	struct rng rng;
	bool sealed; /* the sums will be made right */
	bool has_header;
	struct image_inspection inspection; /* of the bytes as they were */
	const struct image_header *other;
	char *text; /* of IMAGE_MUTATION_TEXT_MAX */
};

enum mutant_limits { MUTANT_PAD_MAX = 4096 };

/* Changes the mutant and says so. ERR_CONFIG when it cannot. */
typedef int mutate_fn(struct mutant *mutant, struct err *err);

mutate_fn mutate_bit_flip, mutate_byte_set, mutate_body_splice, mutate_zero_block, mutate_ff_block;
mutate_fn mutate_truncate, mutate_pad, mutate_crc_wrong, mutate_sha_wrong;
mutate_fn mutate_platform_wrong, mutate_address_wrong, mutate_address_overlap, mutate_length_lies;
mutate_fn mutate_dependency_unmet, mutate_dependency_circular, mutate_version_old;
mutate_fn mutate_version_max, mutate_function_wrong, mutate_index_wrong, mutate_flags_set;
mutate_fn mutate_header_garbage, mutate_bootloader_other_board, mutate_suffix_size_lies;
mutate_fn mutate_product_set;

/* Sets the text of what was changed. */
void mutant_say(struct mutant *mutant, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* ERR_CONFIG: the kind cannot change these bytes. */
int mutant_cannot(struct err *err, const char *why);

/* One of 'count' numbers that is not 'not_this'; 'count' is 2 or more. */
uint64_t mutant_pick_other(struct mutant *mutant, uint64_t count, uint64_t not_this);

#endif
