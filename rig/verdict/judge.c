/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The judge reads the log once, front to back, into a short account of what was seen; the account
 * decides. What each outcome means is in docs/architecture.md "Verdicts".
 *
 * Which release a board runs is told by what it showed and by when power was cut: a board that
 * applied the update when power came back runs the new module; one that did not runs the module
 * that was whole when power was cut, by the calibration's clock. A board that came alive although
 * neither was whole runs a mixture.
 */
#include "base/text.h"
#include "verdict/verdict.h"

#include <stdio.h>
#include <string.h>

enum section {
	IN_DELIVERY = 0,
	IN_BASELINE,
	IN_AGAIN,
	IN_RECOVERY,
	IN_CONFIRM,
	IN_FINISH,
	IN_FINISH_CONFIRM
};

struct account {
	bool armed, cut, missed, rig_fault;
	uint32_t cut_at, missed_at, rig_fault_at;
	int64_t gone_us; /* when power was gone, since the part's delivery began */
	enum section section;
	enum rung rung; /* the one being climbed */
	uint32_t rung_at;
	int64_t power_back_us;
	int64_t last_us;
	bool dfu; /* the ladder's last word */
	uint32_t dfu_at;
	bool dfu_answers; /* on the USB, in the rung being climbed */
	uint32_t dfu_answers_at;
	bool reflash_failed;
	uint32_t reflash_at; /* failed, or the board was told to start */
	bool alive_once;
	bool applied; /* since power came back and before the board was alive */
	uint32_t applied_at;
	bool recovered; /* alive twice in a row */
	uint32_t recovered_at;
	enum rung recovered_by;
	int64_t recovered_us;
	uint32_t delivered_alive; /* parts, each applied and followed by life, in a row */
	bool apply_seen;	  /* of the part under delivery */
	enum obs_module runs;	  /* what the board itself said after it came back */
	uint32_t runs_at;
	bool wrong; /* it said, after the second delivery, that the part is not there */
	uint32_t wrong_at;
	bool begun;	/* a part's transfer */
	bool untold;	/* the board is alive after a part that it was not seen to apply */
	bool installed; /* before the recovery began, a part was */
	bool fed;	/* something showed that the board had power while it was off */
	uint32_t fed_at;
	bool finished; /* alive after the second delivery, confirmed */
	uint32_t finished_at;
};

static void add_evidence(struct verdict *verdict, uint32_t index)
{
	if (verdict->evidence_count < VERDICT_EVIDENCE_MAX)
		verdict->evidence[verdict->evidence_count++] = index;
}

static void read_phase(struct account *account, const struct obs *obs)
{
	if (strcmp(obs->text, "baseline") == 0) {
		account->section = IN_BASELINE;
	} else if (strcmp(obs->text, "deliver") == 0) {
		account->section = IN_DELIVERY;
	} else if (strcmp(obs->text, "again") == 0) {
		account->section = IN_AGAIN;
	} else if (strcmp(obs->text, "recover") == 0) {
		account->section = IN_RECOVERY;
		account->power_back_us = obs->t_us;
		account->installed = account->delivered_alive > 0;
	} else if (strcmp(obs->text, "confirm") == 0) {
		account->section = account->section == IN_FINISH ? IN_FINISH_CONFIRM : IN_CONFIRM;
	} else if (strcmp(obs->text, "finish") == 0) {
		account->section = IN_FINISH;
		account->delivered_alive = 0;
		account->apply_seen = false; /* what was applied before is not the second update */
		account->wrong = false;	     /* nor is what was tried on the first */
	}
}

static void read_alive(struct account *account, const struct obs *obs, uint32_t index)
{
	switch (account->section) {
	case IN_BASELINE: break;
	case IN_DELIVERY:
	case IN_FINISH:
		account->untold = !account->apply_seen;
		if (account->apply_seen)
			account->delivered_alive++;
		account->apply_seen = false;
		break;
	case IN_AGAIN:
	case IN_RECOVERY: account->alive_once = true; break;
	case IN_CONFIRM:
		account->recovered = true;
		account->recovered_at = index;
		account->recovered_by = account->rung;
		account->recovered_us = obs->t_us;
		break;
	case IN_FINISH_CONFIRM:
		account->finished = true;
		account->finished_at = index;
		break;
	}
}

static void read_apply(struct account *account, uint32_t index)
{
	account->apply_seen = true;
	if (account->section != IN_AGAIN && account->section != IN_RECOVERY &&
	    account->section != IN_CONFIRM)
		return;
	account->applied = true;
	account->applied_at = index;
}

static void read_rung(struct account *account, const struct obs *obs, uint32_t index)
{
	account->section = IN_RECOVERY;
	account->rung =
		obs->code > RUNG_NONE && obs->code < RUNG_COUNT ? (enum rung)obs->code : RUNG_NONE;
	account->rung_at = index;
	account->dfu = false;
	account->dfu_answers = false;
	account->reflash_failed = false;
}

static void read_reflash(struct account *account, const struct obs *obs, uint32_t index)
{
	if (obs->code == OBS_REFLASH_ANSWERED) {
		account->dfu_answers = true;
		account->dfu_answers_at = index;
	} else if (obs->code != OBS_REFLASH_WRITTEN) {
		account->reflash_failed = obs->code == OBS_REFLASH_FAILED;
		account->reflash_at = index;
	}
}

/* What the board itself says counts more than what it showed. */
static void read_module(struct account *account, const struct obs *obs, uint32_t index)
{
	bool is_bad = obs->code == OBS_MODULE_OTHER || obs->code == OBS_MODULE_BAD;

	if (obs->code == OBS_MODULE_UNTOLD)
		return;
	if (account->section == IN_RECOVERY || account->section == IN_CONFIRM) {
		account->runs = (enum obs_module)obs->code;
		account->runs_at = index;
	} else if (is_bad && !account->wrong) {
		account->wrong = true;
		account->wrong_at = index;
	} else if (!is_bad && account->untold) { /* a way that shows no apply pattern */
		account->delivered_alive++;
		account->untold = false;
	}
}

static void read_one(struct account *account, const struct obs *obs, uint32_t index)
{
	account->last_us = obs->t_us;
	/* how the old release comes onto a board says nothing of the trial, unless it does not */
	if (account->section == IN_BASELINE && obs->kind != OBS_PHASE && obs->kind != OBS_RIG_FAULT)
		return;
	switch (obs->kind) {
	case OBS_PHASE: read_phase(account, obs); break;
	case OBS_CUT_ARMED: account->armed = true; break;
	case OBS_CUT_DELIVERED:
		account->cut = true;
		account->cut_at = index;
		account->gone_us = obs->value;
		break;
	case OBS_CUT_MISSED:
		account->missed = true;
		account->missed_at = index;
		break;
	case OBS_RUNG: read_rung(account, obs, index); break;
	case OBS_ALIVE: read_alive(account, obs, index); break;
	case OBS_APPLY: read_apply(account, index); break;
	case OBS_DFU:
		account->dfu = true;
		account->dfu_at = index;
		break;
	case OBS_REFLASH: read_reflash(account, obs, index); break;
	case OBS_MODULE: read_module(account, obs, index); break;
	case OBS_DELIVERY: account->begun = true; break;
	case OBS_FED:
		account->fed_at = account->fed ? account->fed_at : index;
		account->fed = true;
		break;
	case OBS_RIG_FAULT: /* what came after the first may come of it */
		if (!account->rig_fault)
			account->rig_fault_at = index;
		account->rig_fault = true;
		break;
	case OBS_UNKNOWN:
	case OBS_POWER_COMMANDED:
	case OBS_POWER_CONFIRMED:
	case OBS_LINE_COMMANDED:
	case OBS_LED:
	case OBS_TIMEOUT:
	case OBS_PROBE:
	case OBS_NOTE:
	case OBS_USB:
	case OBS_KIND_COUNT: break;
	}
}

static void decide(struct verdict *verdict, enum outcome outcome, const char *reason)
{
	verdict->outcome = outcome;
	text_copy(verdict->reason, sizeof(verdict->reason), reason);
}

/*
 * The rail of a board that was cut must have been seen falling, where it can be seen: it may take
 * its time, so the last look before power returned counts. *ret_at is where it was seen to stay up.
 */
static bool rail_stayed_up(const struct obs_log *log, uint32_t cut_at, uint32_t *ret_at)
{
	bool up = false;

	for (uint32_t i = cut_at; i < log->count; i++) {
		if (log->items[i].kind == OBS_PHASE && strcmp(log->items[i].text, "off") != 0)
			break;
		if (log->items[i].kind == OBS_RUNG)
			break;
		if (log->items[i].kind != OBS_POWER_CONFIRMED)
			continue;
		up = log->items[i].code != 0;
		*ret_at = i;
	}
	return up;
}

/* Trials that say nothing about the release. */
static bool decide_void(struct verdict *verdict, const struct account *account,
			const struct trial_spec *spec, const struct obs_log *log)
{
	uint32_t rail_at;

	if (account->rig_fault) {
		const char *text = log->items[account->rig_fault_at].text;

		add_evidence(verdict, account->rig_fault_at);
		decide(verdict, OUTCOME_RIG_FAULT, text[0] ? text : "the rig failed");
	} else if (log->truncated) {
		decide(verdict, OUTCOME_INCONCLUSIVE, "more observations than the log holds");
	} else if (trial_spec_is_control(spec)) {
		return false;
	} else if (spec->cut.by == CUT_BY_NONE) {
		if (account->begun)
			return false;
		decide(verdict, OUTCOME_INCONCLUSIVE, "the transfer was not begun");
	} else if (account->missed) {
		add_evidence(verdict, account->missed_at);
		decide(verdict, OUTCOME_NOT_DELIVERED, "the update was over before the cut");
	} else if (!account->armed || !account->cut) {
		decide(verdict, OUTCOME_INCONCLUSIVE, "no cut was seen");
	} else if (rail_stayed_up(log, account->cut_at, &rail_at)) {
		add_evidence(verdict, rail_at);
		decide(verdict, OUTCOME_NOT_DELIVERED, "the rail did not fall");
	} else if (account->fed) {
		char reason[VERDICT_REASON_MAX];

		snprintf(reason, sizeof(reason), "power was off, but %s",
			 log->items[account->fed_at].text);
		add_evidence(verdict, account->fed_at);
		decide(verdict, OUTCOME_NOT_DELIVERED, reason);
	} else {
		return false;
	}
	return true;
}

/*
 * Writing the old modules over DFU was the last that was tried. A DFU mode that answers is one that
 * more can be done with; one that only blinks is none.
 */
static void decide_reflash_lost(struct verdict *verdict, const struct account *account,
				const struct obs_log *log)
{
	char reason[VERDICT_REASON_MAX];

	if (!account->dfu_answers) {
		add_evidence(verdict, account->rung_at);
		decide(verdict, OUTCOME_BRICKED,
		       account->dfu ? "shows its DFU mode, which does not answer on the USB"
				    : "nothing up to rung 'dfu-flash' brought it back");
		return;
	}
	add_evidence(verdict, account->dfu_answers_at);
	add_evidence(verdict, account->reflash_at);
	snprintf(reason, sizeof(reason), "DFU mode answers; %s%s",
		 account->reflash_failed ? "writing the old release failed: "
					 : "with the old release written it does not start",
		 account->reflash_failed ? log->items[account->reflash_at].text : "");
	decide(verdict, OUTCOME_NEEDS_DFU, reason);
}

/* Nothing of the ladder brought the system back. */
static void decide_lost(struct verdict *verdict, const struct account *account,
			const struct obs_log *log)
{
	char reason[VERDICT_REASON_MAX];

	if (account->rung == RUNG_NONE) {
		decide(verdict, OUTCOME_INCONCLUSIVE, "nothing was tried to bring the board back");
	} else if (account->rung == RUNG_DFU_FLASH) {
		decide_reflash_lost(verdict, account, log);
	} else if (account->dfu) {
		add_evidence(verdict, account->dfu_at);
		decide(verdict, OUTCOME_NEEDS_DFU,
		       account->alive_once ? "came alive, but not twice in a row; DFU mode answers"
					   : "the system does not start; DFU mode answers");
	} else {
		add_evidence(verdict, account->rung_at);
		snprintf(reason, sizeof(reason), "nothing up to rung '%s' brought it back",
			 rung_name(account->rung));
		decide(verdict, OUTCOME_BRICKED, reason);
	}
}

/* What the board runs since it came back. */
static enum calib_progress module_of(const struct account *account, const struct trial_spec *spec,
				     const struct calib *calib)
{
	const struct cut_point gone = {
		.part = spec->cut.part,
		.by = CUT_BY_TIME,
		.at = account->gone_us > 0 ? (uint64_t)account->gone_us : 0,
	};
	enum calib_progress begun =
		calib_progress_at(calib, spec->cut.by == CUT_BY_ANCHOR ? &gone : &spec->cut);

	if (account->runs != OBS_MODULE_UNTOLD)
		return account->runs == OBS_MODULE_NEW	 ? CALIB_COMPLETE
		       : account->runs == OBS_MODULE_BAD ? CALIB_HALF
							 : CALIB_NOT_BEGUN;
	if (account->applied)
		return CALIB_COMPLETE;
	if (spec->cut.by == CUT_BY_NONE)
		return account->installed ? CALIB_COMPLETE : CALIB_NOT_BEGUN;
	/* the board worked on while the supply fell, and what it wrote then may not be sound */
	if (spec->fall_us > 0 && begun != CALIB_PROGRESS_UNKNOWN &&
	    calib_progress_at(calib, &gone) != begun)
		return CALIB_HALF;
	return begun;
}

static const char *module_text(enum calib_progress module)
{
	switch (module) {
	case CALIB_NOT_BEGUN: return "runs the old module";
	case CALIB_HALF: return "runs although its module was half written";
	case CALIB_COMPLETE: return "runs the new module";
	case CALIB_PROGRESS_UNKNOWN: break;
	}
	return "runs, nobody knows what";
}

/* Only writing the old modules over DFU brought it back: somebody had to go there. */
static void decide_reflashed(struct verdict *verdict, bool took)
{
	decide(verdict, OUTCOME_NEEDS_DFU,
	       took ? "the old release, written over DFU, brought it back; a second update took"
		    : "the old release, written over DFU, brought it back; a second update did "
		      "not take");
}

/* A board that came back: what runs, and whether a second update takes. */
static void decide_alive(struct verdict *verdict, const struct account *account,
			 const struct trial_spec *spec, const struct calib *calib)
{
	enum calib_progress module = module_of(account, spec, calib);
	uint32_t left = (uint32_t)calib->part_count - spec->cut.part + 1;
	bool took = account->finished && account->delivered_alive >= left && !account->wrong;
	char reason[VERDICT_REASON_MAX];
	enum outcome outcome = OUTCOME_UNKNOWN;

	if (account->recovered_by == RUNG_DFU_FLASH)
		add_evidence(verdict, account->reflash_at);
	add_evidence(verdict, account->applied ? account->applied_at : account->recovered_at);
	if (account->runs != OBS_MODULE_UNTOLD)
		add_evidence(verdict, account->runs_at);
	if (account->wrong)
		add_evidence(verdict, account->wrong_at);
	if (account->finished)
		add_evidence(verdict, account->finished_at);
	if (account->recovered_by == RUNG_DFU_FLASH) {
		decide_reflashed(verdict, took);
		return;
	}
	if (account->recovered_by != RUNG_WAIT)
		outcome = OUTCOME_HUNG;
	else if (!took)
		outcome = OUTCOME_DEGRADED;
	else if (module == CALIB_COMPLETE)
		outcome = OUTCOME_UPDATED;
	else if (module == CALIB_NOT_BEGUN)
		outcome = OUTCOME_REVERTED;
	else if (module == CALIB_HALF)
		outcome = OUTCOME_MIXED;
	snprintf(reason, sizeof(reason), "%s%s; %s", module_text(module),
		 account->applied ? ", applied when power came back" : "",
		 took ? "a second update took" : "a second update did not take");
	decide(verdict, outcome, reason);
}

static void decide_control(struct verdict *verdict, const struct account *account,
			   const struct calib *calib, const struct obs_log *log)
{
	char reason[VERDICT_REASON_MAX];

	if (account->recovered_by == RUNG_DFU_FLASH)
		add_evidence(verdict, account->reflash_at);
	if (account->wrong)
		add_evidence(verdict, account->wrong_at);
	add_evidence(verdict, account->recovered_at);
	if (account->recovered_by == RUNG_DFU_FLASH) {
		decide(verdict, OUTCOME_NEEDS_DFU,
		       "after an update only the old release, written over DFU, brought it back");
	} else if (account->recovered_by != RUNG_WAIT) {
		decide(verdict, OUTCOME_HUNG, "did not start by itself after an update");
	} else if (account->wrong) {
		bool is_bad = log->items[account->wrong_at].code == OBS_MODULE_BAD;

		decide(verdict, is_bad ? OUTCOME_MIXED : OUTCOME_STALE,
		       is_bad ? "runs with a module of which the board says that it is not sound"
			      : "delivered, and the board says that it runs another module");
	} else if (account->delivered_alive == 0) {
		decide(verdict, OUTCOME_STALE, "delivered, but no part was seen to be applied");
	} else if (account->delivered_alive == calib->part_count) {
		decide(verdict, OUTCOME_UPDATED,
		       "every part was applied, and the system came alive");
	} else {
		snprintf(reason, sizeof(reason), "%u of %zu parts were seen to be applied",
			 account->delivered_alive, calib->part_count);
		decide(verdict, OUTCOME_MIXED, reason);
	}
}

void verdict_judge(const struct trial_spec *spec, const struct calib *calib,
		   const struct obs_log *log, struct verdict *ret)
{
	struct account account = { .section = IN_DELIVERY };
	struct verdict verdict = { .outcome = OUTCOME_UNKNOWN };

	for (size_t i = 0; i < log->count; i++)
		read_one(&account, &log->items[i], (uint32_t)i);
	if (account.cut)
		add_evidence(&verdict, account.cut_at);
	if (!decide_void(&verdict, &account, spec, log)) {
		if (!account.recovered)
			decide_lost(&verdict, &account, log);
		else if (trial_spec_is_control(spec))
			decide_control(&verdict, &account, calib, log);
		else
			decide_alive(&verdict, &account, spec, calib);
		verdict.recovered_by = account.recovered_by;
		verdict.recovery_us = (account.recovered ? account.recovered_us : account.last_us) -
				      account.power_back_us;
	}
	*ret = verdict;
}
