/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/danger.h"

#include <errno.h>

const struct bench_slot *danger_slot(const struct loaded *loaded)
{
	for (size_t i = 0; i < loaded->bench_slot_count; i++)
		if (!loaded->bench_slots[i]->programmer[0])
			return loaded->bench_slots[i];
	return NULL;
}

const char *danger_of_act(const struct loaded *loaded, enum fuzz_act_kind kind)
{
	if (loaded->setup.delivery->harmless & 1u << kind || !danger_slot(loaded))
		return NULL;
	return fuzz_act_danger(kind);
}

int danger_of_mutation(const struct loaded *loaded, const struct image_mutation *mutation,
		       const struct delivery_part *part, const char **ret, struct err *err)
{
	struct image_inspection inspection;
	int r = image_inspect(part->image->bytes, part->image->len, &inspection, err);

	if (r < 0)
		return r;
	*ret = danger_slot(loaded) ? image_mutation_danger(mutation, &inspection) : NULL;
	return 0;
}

static int refuse(const struct loaded *loaded, const char *what, const char *danger,
		  struct err *err)
{
	return err_set(err, ERR_CONFIG, -EPERM,
		       "the trial's '%s' can destroy the board in slot '%s', which has no "
		       "programmer: %s",
		       what, danger_slot(loaded)->name, danger);
}

int danger_check(const struct loaded *loaded, const struct trial_spec *spec, struct err *err)
{
	const char *danger = NULL;
	int r = 0;

	for (size_t i = 0; i < spec->acts.count; i++) {
		danger = danger_of_act(loaded, spec->acts.items[i].kind);
		if (danger)
			return refuse(loaded, fuzz_act_name(spec->acts.items[i].kind), danger, err);
	}
	if (spec->image.kind != IMAGE_MUTATION_UNKNOWN)
		r = danger_of_mutation(loaded, &spec->image,
				       &loaded->setup.parts[spec->cut.part - 1], &danger, err);
	if (r < 0 || !danger)
		return r;
	return refuse(loaded, image_mutation_row(spec->image.kind)->name, danger, err);
}
