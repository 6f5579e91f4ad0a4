/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/needs.h"

#include "base/text.h"
#include "base/yaml.h"
#include "campaign/danger.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What a scenario asks of a slot, by rung. */
static unsigned int rung_needs(enum rung rung)
{
	switch (rung) {
	case RUNG_RESET: return SLOT_RESET;
	case RUNG_POWER_CYCLE:
	case RUNG_LONG_OFF: return SLOT_POWER;
	case RUNG_DFU_BUTTONS: return SLOT_RESET | SLOT_SETUP;
	case RUNG_DFU_FLASH: return SLOT_RESET | SLOT_SETUP | SLOT_USB;
	case RUNG_NONE:
	case RUNG_WAIT:
	case RUNG_COUNT: break;
	}
	return 0;
}

static bool is_exact(enum cut_by by)
{
	return by == CUT_BY_OPERATION || by == CUT_BY_INSTRUCTION;
}

/* Whether a cut is placed by what no real bench counts. */
static bool cuts_exactly(const struct scenario *scenario)
{
	if (is_exact(scenario->cut.by) || scenario->cut.again_within)
		return true;
	for (size_t i = 0; i < scenario->cut.point_count; i++)
		if (is_exact(scenario->cut.points[i].by))
			return true;
	return false;
}

static unsigned int scenario_needs(const struct loaded *loaded)
{
	const struct scenario *scenario = &loaded->scenario;
	unsigned int needs = SLOT_POWER | SLOT_LED | loaded->setup.delivery->needs;

	for (size_t i = 0; i < scenario->ladder_count; i++)
		needs |= rung_needs(scenario->ladder[i]);
	if (scenario->cut.strategy != CUT_STRATEGY_NONE)
		needs |= SLOT_CUT;
	if (cuts_exactly(scenario))
		needs |= SLOT_CUT_EXACT;
	if (scenario->power.fall_us_max || scenario->power.rise_us_max ||
	    scenario->power.weak_cells)
		needs |= SLOT_SUPPLY;
	return needs;
}

static int check_slot(const struct loaded *loaded, const struct slot *slot, struct err *err)
{
	const struct scenario *scenario = &loaded->scenario;
	unsigned int needs = scenario_needs(loaded);
	char lacks[SLOT_LACKS_MAX];

	if (!trial_has_states(slot, &loaded->board))
		return scenario_fail(
			scenario, err, "board",
			"slot '%s' has no way to bring a board into a known state: it needs a "
			"programmer, or power, RESET, SETUP and USB, and board '%s' its USB ids",
			slot->name, loaded->board.name);
	slot_lacks(slot, needs, lacks);
	if (!lacks[0])
		return 0;
	return scenario_fail(scenario, err, slot_can(slot, needs & SLOT_CUT) ? "ladder" : "cut",
			     "slot '%s' cannot %s", slot->name, lacks);
}

/* By its file, before it is opened. */
static int check_bench_slot(const struct loaded *loaded, const struct bench_slot *bench,
			    struct err *err)
{
	struct slot slot = { .capabilities = bench_wiring(bench) };

	text_copy(slot.name, sizeof(slot.name), bench->name);
	return check_slot(loaded, &slot, err);
}

static int check_limits(const struct loaded *loaded, const struct bench_slot *slot, struct err *err)
{
	char between[32];

	if (loaded->scenario.power.off_us_min >= slot->limits.switch_us_min)
		return 0;
	text_format_duration(slot->limits.switch_us_min, between, sizeof(between));
	return scenario_fail(&loaded->scenario, err, "power.off",
			     "'power.off' is shorter than power of slot '%s' stays away: "
			     "limits.between is %s",
			     slot->name, between);
}

/* What is done to a transfer must be known to its way, and must not destroy a real board. */
static int check_acts(const struct loaded *loaded, struct err *err)
{
	const struct scenario *scenario = &loaded->scenario;
	char key[YAML_PATH_MAX];

	for (size_t i = 0; i < scenario->fuzz.transfer_count; i++) {
		enum fuzz_act_kind kind = scenario->fuzz.transfer[i];
		const char *danger;

		yaml_path(key, "fuzz.transfer[%zu]", i);
		if (!(loaded->setup.delivery->acts & 1u << kind))
			return scenario_fail(scenario, err, key, "delivery '%s' knows no '%s'",
					     loaded->setup.delivery->name, fuzz_act_name(kind));
		danger = danger_of_act(loaded, kind);
		if (danger)
			return scenario_fail(
				scenario, err, key,
				"'%s' can destroy the board in slot '%s', which has no "
				"programmer: %s",
				fuzz_act_name(kind), danger_slot(loaded)->name, danger);
	}
	return 0;
}

/* Mutations that could cost a board are for slots where its flash can be put right again. */
static int check_mutation(const struct loaded *loaded, size_t i, const struct delivery_part *part,
			  struct err *err)
{
	const struct image_mutation mutation = { .kind = loaded->scenario.fuzz.image[i] };
	const char *danger;
	char key[YAML_PATH_MAX];
	int r = danger_of_mutation(loaded, &mutation, part, &danger, err);

	if (r < 0 || !danger)
		return r;
	return scenario_fail(&loaded->scenario, err, yaml_path(key, "fuzz.image[%zu]", i),
			     "'%s' of '%s' can cost the board in slot '%s', which has no "
			     "programmer: %s",
			     image_mutation_row(mutation.kind)->name, part->name,
			     danger_slot(loaded)->name, danger);
}

static int check_mutations(const struct loaded *loaded, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < loaded->scenario.fuzz.image_count && r == 0; i++)
		for (size_t k = 0; k < loaded->setup.part_count && r == 0; k++)
			r = check_mutation(loaded, i, &loaded->setup.parts[k], err);
	return r;
}

/* A record stands in for the slot, and says itself what that could do. */
static bool is_played_back(const struct bench_slot *slot)
{
	return slot->wrap_count > 0 && slot->wraps[0].kind == BENCH_WRAP_REPLAY;
}

int needs_check(const struct loaded *loaded, struct err *err)
{
	const struct scenario *scenario = &loaded->scenario;
	int r = check_acts(loaded, err);

	if (r == 0)
		r = check_mutations(loaded, err);
	for (size_t i = 0; i < scenario->ladder_count && r == 0; i++)
		if (scenario->ladder[i] == RUNG_DFU_FLASH && loaded->board.usb.vendor == 0)
			r = scenario_fail(
				scenario, err, "ladder",
				"board '%s' does not say its USB ids, which rung '%s' needs",
				loaded->board.name, rung_name(RUNG_DFU_FLASH));
	for (size_t i = 0; i < loaded->bench_slot_count && r == 0; i++) {
		const struct bench_slot *slot = loaded->bench_slots[i];

		r = check_limits(loaded, slot, err);
		if (r == 0 && !is_played_back(slot))
			r = check_bench_slot(loaded, slot, err);
	}
	return r;
}

int needs_check_open(const struct loaded *loaded, struct err *err)
{
	return check_slot(loaded, &loaded->slot, err);
}

/* What all slots can that the trial may run on; of virtual ones only the open one knows. */
static unsigned int all_can(const struct loaded *loaded)
{
	unsigned int can = loaded->slot_is_open ? loaded->slot.capabilities : ~0u;

	for (size_t i = 0; i < loaded->bench_slot_count; i++)
		if (!is_played_back(loaded->bench_slots[i]))
			can &= bench_wiring(loaded->bench_slots[i]);
	return can;
}

static unsigned int trial_needs(const struct trial_spec *spec)
{
	unsigned int needs = 0;

	if (is_exact(spec->cut.by) || trial_spec_cuts_again(spec))
		needs |= SLOT_CUT_EXACT;
	if (spec->fall_us || spec->rise_us)
		needs |= SLOT_SUPPLY;
	return needs;
}

int needs_check_trial(const struct loaded *loaded, const struct trial_spec *spec, struct err *err)
{
	const struct slot slot = { .capabilities = all_can(loaded) };
	const struct delivery *way = loaded->setup.delivery;
	char lacks[SLOT_LACKS_MAX];

	if (!trial_spec_is_control(spec) &&
	    (spec->cut.part < 1 || spec->cut.part > loaded->setup.part_count))
		return err_set(err, ERR_CONFIG, -EINVAL, "the update has no part %u",
			       spec->cut.part);
	for (size_t i = 0; i < spec->acts.count; i++)
		if (!(way->acts & 1u << spec->acts.items[i].kind))
			return err_set(err, ERR_CONFIG, -EINVAL, "delivery '%s' knows no '%s'",
				       way->name, fuzz_act_name(spec->acts.items[i].kind));
	slot_lacks(&slot, trial_needs(spec), lacks);
	if (lacks[0])
		return err_set(err, ERR_CONFIG, -ENOTSUP,
			       "the trial asks for what no slot here can do: %s", lacks);
	return danger_check(loaded, spec, err);
}
