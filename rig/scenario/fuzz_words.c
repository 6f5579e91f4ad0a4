/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scenario/fuzz_words.h"

int scenario_load_fuzz(const struct yaml_doc *doc, const struct fuzz_words *words,
		       struct scenario *scenario, struct err *err)
{
	char path[YAML_PATH_MAX];

	for (size_t i = 0; i < words->transfer_count; i++) {
		enum fuzz_act_kind kind = fuzz_act_from_name(words->transfer[i]);

		if (kind == FUZZ_NONE)
			return yaml_doc_fail(doc, err, yaml_path(path, "fuzz.transfer[%zu]", i),
					     "nothing that is done to a transfer is called '%s'",
					     words->transfer[i]);
		scenario->fuzz.transfer[i] = kind;
	}
	for (size_t i = 0; i < words->image_count; i++) {
		enum image_mutation_kind kind = image_mutation_kind_from_name(words->image[i]);

		if (kind == IMAGE_MUTATION_UNKNOWN)
			return yaml_doc_fail(doc, err, yaml_path(path, "fuzz.image[%zu]", i),
					     "no mutation of an image is called '%s' (see 'otarig "
					     "image mutate --list')",
					     words->image[i]);
		scenario->fuzz.image[i] = kind;
	}
	scenario->fuzz.transfer_count = words->transfer_count;
	scenario->fuzz.image_count = words->image_count;
	if (words->transfer_count > 0 && !yaml_doc_has(doc, "fuzz.per_trial"))
		scenario->fuzz.per_trial = 1;
	return 0;
}
