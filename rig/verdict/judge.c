/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The judge reads the log once, front to back, into a short account of what was seen; the account
 * decides. What each outcome means is in docs/architecture.md "Verdicts".
 */
#include "base/text.h"
#include "verdict/verdict.h"

#include <stdio.h>
#include <string.h>

/* A board that was identified: its state by the boot's timing. */
struct sighting {
	bool seen;
	int state; /* as calib_state_of() */
	uint32_t at;
};

struct account {
	bool armed, cut, missed, rig_fault;
	uint32_t cut_at, rig_fault_at, missed_at;
	bool finishing; /* in phase "finish" */
	enum rung rung; /* the one being climbed */
	uint32_t rung_at;
	int64_t power_back_us;
	bool alive; /* since the rung began */
	bool dfu;
	uint32_t dfu_at;
	bool died; /* alive at a rung, and not at the next boot */
	enum rung recovered_by;
	int64_t recovered_us;
	struct boot_signature signature;
	uint32_t features;
	struct sighting recovered; /* after the rung that helped */
	struct sighting finished;  /* after the second delivery */
	bool finish_begun;
	int64_t last_us;
};

static void add_evidence(struct verdict *verdict, uint32_t index)
{
	if (verdict->evidence_count < VERDICT_EVIDENCE_MAX)
		verdict->evidence[verdict->evidence_count++] = index;
}

static void read_phase(struct account *account, const struct obs *obs)
{
	if (strcmp(obs->text, "finish") == 0) {
		account->finishing = true;
		account->finish_begun = true;
	}
	if (strcmp(obs->text, "recover") == 0)
		account->power_back_us = obs->t_us;
	account->features = 0;
	account->signature = (struct boot_signature){ 0 };
}

static void read_rung(struct account *account, const struct obs *obs, uint32_t index)
{
	if (account->alive)
		account->died = true; /* or there would be no further rung */
	account->rung = (enum rung)obs->code;
	account->rung_at = index;
	account->alive = false;
}

/* The boot's timing is complete with its last feature: now it is known who booted. */
static void read_signature(struct account *account, const struct obs *obs, uint32_t index,
			   const struct calib *calib)
{
	struct sighting *sighting = account->finishing ? &account->finished : &account->recovered;

	if (obs->code < 0 || obs->code >= CALIB_FEATURES)
		return;
	account->signature.feature_us[obs->code] = obs->value;
	if (++account->features < CALIB_FEATURES)
		return;
	sighting->seen = true;
	sighting->state = calib_state_of(calib, &account->signature);
	sighting->at = index;
	account->features = 0;
	if (!account->finishing) {
		account->recovered_by = account->rung;
		account->recovered_us = obs->t_us;
	}
}

static void read_one(struct account *account, const struct obs *obs, uint32_t index,
		     const struct calib *calib)
{
	account->last_us = obs->t_us;
	switch (obs->kind) {
	case OBS_PHASE: read_phase(account, obs); break;
	case OBS_CUT_ARMED: account->armed = true; break;
	case OBS_CUT_DELIVERED:
		account->cut = true;
		account->cut_at = index;
		break;
	case OBS_CUT_MISSED:
		account->missed = true;
		account->missed_at = index;
		break;
	case OBS_RUNG: read_rung(account, obs, index); break;
	case OBS_ALIVE: account->alive = true; break;
	case OBS_DFU:
		account->dfu = account->dfu || account->rung == RUNG_DFU_BUTTONS;
		account->dfu_at = index;
		break;
	case OBS_SIGNATURE: read_signature(account, obs, index, calib); break;
	case OBS_RIG_FAULT:
		account->rig_fault = true;
		account->rig_fault_at = index;
		break;
	case OBS_UNKNOWN:
	case OBS_POWER_COMMANDED:
	case OBS_POWER_CONFIRMED:
	case OBS_LINE_COMMANDED:
	case OBS_LED:
	case OBS_DELIVERY:
	case OBS_TIMEOUT:
	case OBS_PROBE:
	case OBS_NOTE:
	case OBS_KIND_COUNT: break;
	}
}

static void decide(struct verdict *verdict, enum outcome outcome, const char *reason)
{
	verdict->outcome = outcome;
	text_copy(verdict->reason, sizeof(verdict->reason), reason);
}

/* The rail of a board that was cut must have been seen falling, where it can be seen. */
static bool rail_stayed_up(const struct obs_log *log, uint32_t cut_at)
{
	for (size_t i = cut_at; i < log->count; i++) {
		if (log->items[i].kind == OBS_POWER_CONFIRMED)
			return log->items[i].code != 0;
		if (log->items[i].kind == OBS_RUNG)
			break;
	}
	return false;
}

/* Trials that say nothing about the release. */
static bool decide_void(struct verdict *verdict, const struct account *account,
			const struct trial_spec *spec, const struct obs_log *log)
{
	if (account->rig_fault) {
		add_evidence(verdict, account->rig_fault_at);
		decide(verdict, OUTCOME_RIG_FAULT, log->items[account->rig_fault_at].text);
	} else if (log->truncated) {
		decide(verdict, OUTCOME_INCONCLUSIVE, "more observations than the log holds");
	} else if (trial_spec_is_control(spec)) {
		return false;
	} else if (!account->armed) {
		decide(verdict, OUTCOME_INCONCLUSIVE, "no cut was armed");
	} else if (account->missed || !account->cut) {
		decide(verdict, OUTCOME_NOT_DELIVERED, "the update was over before the cut");
	} else if (rail_stayed_up(log, account->cut_at)) {
		decide(verdict, OUTCOME_NOT_DELIVERED, "the rail did not fall");
	} else {
		return false;
	}
	return true;
}

/* Nothing of the ladder brought the system back. */
static void decide_lost(struct verdict *verdict, const struct account *account)
{
	char reason[VERDICT_REASON_MAX];

	add_evidence(verdict, account->dfu ? account->dfu_at : account->rung_at);
	if (account->rung == RUNG_NONE) {
		decide(verdict, OUTCOME_INCONCLUSIVE, "nothing was tried to bring the board back");
	} else if (account->dfu) {
		decide(verdict, OUTCOME_NEEDS_DFU,
		       account->died ? "came alive once, not twice; DFU mode answers"
				     : "does not start after reset, power cycle or long off; DFU "
				       "mode answers");
	} else {
		snprintf(reason, sizeof(reason), "nothing up to rung '%s' brought it back",
			 rung_name(account->rung));
		decide(verdict, OUTCOME_BRICKED, reason);
	}
}

static void state_text(int state, uint32_t part, char *buf, size_t size)
{
	if (state < 0)
		snprintf(buf, size, "boots unlike any known state");
	else if ((uint32_t)state + 1 == part)
		snprintf(buf, size, "boots the old part %u", part);
	else if ((uint32_t)state == part)
		snprintf(buf, size, "boots the new part %u", part);
	else
		snprintf(buf, size, "boots with %d parts installed", state);
}

/* A board that came back: what runs, and whether a second update takes. */
static void decide_alive(struct verdict *verdict, const struct account *account,
			 const struct trial_spec *spec, uint32_t parts)
{
	uint32_t part = spec->cut.part;
	int state = account->recovered.state;
	bool whole = state >= 0 && (uint32_t)state == parts; /* nothing was left to deliver */
	bool finished = whole || (account->finished.seen && account->finished.state >= 0 &&
				  (uint32_t)account->finished.state == parts);
	char what[VERDICT_REASON_MAX / 2];
	char reason[VERDICT_REASON_MAX];
	enum outcome outcome;

	state_text(state, part, what, sizeof(what));
	add_evidence(verdict, account->recovered.at);
	if (account->finished.seen)
		add_evidence(verdict, account->finished.at);
	if (account->recovered_by != RUNG_WAIT)
		outcome = OUTCOME_HUNG;
	else if (!finished)
		outcome = OUTCOME_DEGRADED;
	else if (state >= 0 && (uint32_t)state == part)
		outcome = OUTCOME_UPDATED;
	else if (state >= 0 && (uint32_t)state + 1 == part)
		outcome = OUTCOME_REVERTED;
	else
		outcome = OUTCOME_MIXED;
	snprintf(reason, sizeof(reason), "%s; %s", what,
		 whole	    ? "nothing left to update"
		 : finished ? "a second update took"
			    : "a second update did not take");
	decide(verdict, outcome, reason);
}

static void decide_control(struct verdict *verdict, const struct account *account, uint32_t parts)
{
	char reason[VERDICT_REASON_MAX];
	int state = account->recovered.state;

	add_evidence(verdict, account->recovered.at);
	if (account->recovered_by != RUNG_WAIT)
		decide(verdict, OUTCOME_HUNG,
		       "did not start by itself after an update without a cut");
	else if (state >= 0 && (uint32_t)state == parts)
		decide(verdict, OUTCOME_UPDATED, "boots the new release");
	else if (state == 0)
		decide(verdict, OUTCOME_STALE, "still boots the old release");
	else if (state < 0)
		decide(verdict, OUTCOME_MIXED, "boots unlike any known state");
	else {
		snprintf(reason, sizeof(reason), "boots with %d of %u parts installed", state,
			 parts);
		decide(verdict, OUTCOME_MIXED, reason);
	}
}

void verdict_judge(const struct trial_spec *spec, const struct calib *calib,
		   const struct obs_log *log, struct verdict *ret)
{
	struct account account = { .recovered = { .state = -1 }, .finished = { .state = -1 } };
	struct verdict verdict = { .outcome = OUTCOME_UNKNOWN };
	uint32_t parts = calib->state_count ? (uint32_t)calib->state_count - 1 : 0;

	for (size_t i = 0; i < log->count; i++)
		read_one(&account, &log->items[i], (uint32_t)i, calib);
	if (account.cut)
		add_evidence(&verdict, account.cut_at);
	if (!decide_void(&verdict, &account, spec, log)) {
		if (!account.recovered.seen)
			decide_lost(&verdict, &account);
		else if (trial_spec_is_control(spec))
			decide_control(&verdict, &account, parts);
		else
			decide_alive(&verdict, &account, spec, parts);
		verdict.recovered_by = account.recovered_by;
		verdict.recovery_us =
			(account.recovered.seen ? account.recovered_us : account.last_us) -
			account.power_back_us;
	}
	*ret = verdict;
}
