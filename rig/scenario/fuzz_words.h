/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kinds of what is done to an update, from words of a scenario's file. Internal to the room. */
#ifndef SCENARIO_FUZZ_WORDS_H
#define SCENARIO_FUZZ_WORDS_H

#include "base/yaml.h"
#include "scenario/scenario.h"

/* As they stand in the file. Borrowed. */
struct fuzz_words {
	char *const *transfer;
	uint32_t transfer_count;
	char *const *image;
	uint32_t image_count;
};

/* Fills the scenario's kinds. ERR_CONFIG with the line of a word that names none. */
int scenario_load_fuzz(const struct yaml_doc *doc, const struct fuzz_words *words,
		       struct scenario *scenario, struct err *err) MUST_CHECK;

#endif
