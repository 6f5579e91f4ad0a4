/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/signature.h"

#include <string.h>

/* FNV-1a, 64 bits: small, and good enough for some hundred signatures. */
#define FNV_BASIS 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull

struct maker {
	uint64_t hash;
	uint64_t last; /* hash of the newest thing: what repeats it does not count */
	const char *states[SIGNATURE_STATES_MAX]; /* of this stretch, by name */
	size_t state_count;
	bool baseline; /* what is done before the trial */
};

static uint64_t mix(uint64_t hash, const void *data, size_t len)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ bytes[i]) * FNV_PRIME;
	return hash;
}

static uint64_t mix_number(uint64_t hash, uint32_t number)
{
	const uint8_t bytes[] = { (uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16),
				  (uint8_t)(number >> 24) };

	return mix(hash, bytes, sizeof(bytes));
}

static void put(struct maker *maker, enum obs_kind kind, int32_t code, const char *text)
{
	uint64_t thing = mix_number(FNV_BASIS, (uint32_t)kind);

	thing = mix_number(thing, (uint32_t)code);
	thing = mix(thing, text, strlen(text) + 1);
	if (thing == maker->last)
		return;
	maker->last = thing;
	maker->hash = mix_number(maker->hash, (uint32_t)thing);
	maker->hash = mix_number(maker->hash, (uint32_t)(thing >> 32));
}

/* Into its place by name; twice is once. */
static void see_state(struct maker *maker, const char *name)
{
	size_t at = 0;

	if (strcmp(name, "unknown") == 0 || maker->state_count == SIGNATURE_STATES_MAX)
		return;
	while (at < maker->state_count && strcmp(maker->states[at], name) < 0)
		at++;
	if (at < maker->state_count && strcmp(maker->states[at], name) == 0)
		return;
	memmove(&maker->states[at + 1], &maker->states[at],
		(maker->state_count - at) * sizeof(maker->states[0]));
	maker->states[at] = name;
	maker->state_count++;
}

static void end_stretch(struct maker *maker)
{
	for (size_t i = 0; i < maker->state_count; i++)
		put(maker, OBS_LED, 0, maker->states[i]);
	maker->state_count = 0;
}

static void read_one(struct maker *maker, const struct obs *obs)
{
	if (obs->kind == OBS_PHASE)
		maker->baseline = strcmp(obs->text, "baseline") == 0;
	else if (maker->baseline)
		return;
	switch (obs->kind) {
	case OBS_LED: see_state(maker, obs->text); break;
	case OBS_PHASE:
		end_stretch(maker);
		put(maker, obs->kind, 0, obs->text);
		break;
	case OBS_RUNG:
		end_stretch(maker);
		put(maker, obs->kind, obs->code, "");
		break;
	case OBS_DELIVERY: put(maker, obs->kind, obs->code, obs->text); break;
	case OBS_TIMEOUT: put(maker, obs->kind, 0, obs->text); break;
	case OBS_PROBE: put(maker, obs->kind, obs->code, obs->text); break;
	case OBS_NOTE:
		if (obs->code != OBS_NOTE_PLAIN)
			put(maker, obs->kind, obs->code, obs->text);
		break;
	case OBS_REFLASH:
	case OBS_MODULE: put(maker, obs->kind, obs->code, ""); break;
	case OBS_CUT_DELIVERED:
	case OBS_CUT_MISSED:
	case OBS_ALIVE:
	case OBS_DFU:
	case OBS_APPLY:
	case OBS_FED: put(maker, obs->kind, 0, ""); break;
	case OBS_UNKNOWN:
	case OBS_POWER_COMMANDED:
	case OBS_POWER_CONFIRMED:
	case OBS_LINE_COMMANDED:
	case OBS_CUT_ARMED:
	case OBS_USB:
	case OBS_RIG_FAULT:
	case OBS_KIND_COUNT: break;
	}
}

uint64_t signature_of(const struct verdict *verdict, const struct obs_log *log)
{
	struct maker maker = { .hash = FNV_BASIS };

	if (outcome_is_void(verdict->outcome) || log->truncated)
		return 0;
	maker.hash = mix_number(maker.hash, (uint32_t)verdict->outcome);
	maker.hash = mix_number(maker.hash, (uint32_t)verdict->recovered_by);
	for (size_t i = 0; i < log->count; i++)
		read_one(&maker, &log->items[i]);
	end_stretch(&maker);
	return maker.hash ? maker.hash : 1;
}
