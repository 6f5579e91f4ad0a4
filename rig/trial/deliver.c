/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial/deliver.h"
#include "trial/absent.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

enum { INSTALLED_WAIT_US = 1000000 }; /* beyond the time of a cut that is armed after the boot */

/* The judge's numbers are the delivery's, and so are the points. */
static_assert((int)OBS_MODULE_NEW == (int)DELIVERY_PROOF_INSTALLED &&
		      (int)OBS_MODULE_OTHER == (int)DELIVERY_PROOF_OTHER &&
		      (int)OBS_MODULE_BAD == (int)DELIVERY_PROOF_BAD,
	      "what a board says of a module is stored by one number");
static_assert((int)CUT_ANCHOR_BEGUN == (int)DELIVERY_BEGUN &&
		      (int)CUT_ANCHOR_READY == (int)DELIVERY_READY &&
		      (int)CUT_ANCHOR_CHUNK == (int)DELIVERY_CHUNK &&
		      (int)CUT_ANCHOR_SENT == (int)DELIVERY_SENT &&
		      (int)CUT_ANCHOR_TAKEN == (int)DELIVERY_TAKEN,
	      "a cut's anchor is a point of the delivery");

/* One delivery, and whether its cut is armed. */
struct attempt {
	struct trial *trial;
	const struct delivery_part *part;
	enum trial_delivery how;
	int64_t begin_us;
	bool armed;
};

static int arm(struct attempt *attempt, struct err *err)
{
	struct trial *trial = attempt->trial;
	struct slot_cut cut = trial_slot_cut(&trial->spec->cut);
	char text[OBS_TEXT_MAX];

	trial_cut_format(&trial->spec->cut, text, sizeof(text));
	watch_put(&trial->watch, OBS_CUT_ARMED, (int32_t)trial->spec->cut.part, 0, text);
	attempt->armed = true;
	return slot_cut_arm(trial->setup->slot, &cut, err);
}

static bool has_cut(const struct attempt *attempt)
{
	return attempt->how == TRIAL_TRIED && attempt->trial->spec->cut.by != CUT_BY_NONE;
}

/* Whether the point is the one that the trial's cut is anchored to. */
static bool is_anchor(const struct attempt *attempt, enum cut_anchor anchor, uint32_t chunk)
{
	const struct cut_point *cut = &attempt->trial->spec->cut;

	return has_cut(attempt) && !attempt->armed && cut->by == CUT_BY_ANCHOR &&
	       cut->anchor == anchor && (anchor != CUT_ANCHOR_CHUNK || cut->chunk == chunk);
}

static int on_progress(void *ctx, const struct delivery_progress *progress, struct err *err)
{
	struct attempt *attempt = ctx;

	if (!is_anchor(attempt, (enum cut_anchor)progress->point, progress->chunk))
		return 0;
	return arm(attempt, err);
}

/* The board did not take a part: that counts against it, after a cut. */
static int refused(struct attempt *attempt, const struct delivery_outcome *outcome,
		   enum trial_step *ret)
{
	struct watch *watch = &attempt->trial->watch;
	bool meddled = attempt->how == TRIAL_TRIED && trial_spec_meddles(attempt->trial->spec);

	watch_put(watch, OBS_DELIVERY, (int32_t)attempt->part->number, 0,
		  meddled ? "ended by what was done to it" : "refused by the board");
	if (outcome->text[0])
		watch_put(watch, OBS_NOTE, 0, 0, outcome->text);
	if (!meddled)
		trial_note_fault(attempt->trial);
	*ret = STEP_BAD;
	return 0;
}

int trial_prove(struct trial *trial, const struct delivery_part *part,
		enum delivery_proof_kind *ret, struct err *err)
{
	const struct delivery_run run = { .context = trial->setup->context,
					  .part = part,
					  .absent = trial_absent,
					  .absent_ctx = trial };
	struct delivery_proof proof;
	int result = delivery_prove(trial->setup->delivery, &run, &proof, err);

	if (result < 0)
		return result;
	if (proof.kind != DELIVERY_PROOF_NONE || proof.text[0])
		watch_put(&trial->watch, OBS_MODULE, (int32_t)proof.kind, proof.version,
			  proof.text);
	*ret = proof.kind;
	return 0;
}

/* When power was gone, and how far that was off. */
static void tell_cut(const struct attempt *attempt)
{
	const struct watch *watch = &attempt->trial->watch;
	struct slot_cut_report report;
	char text[OBS_TEXT_MAX] = "";
	int64_t gone_us = slot_now_us(watch->slot);

	if (slot_cut_report(watch->slot, &report)) {
		bool seen = report.confirmed_us != SLOT_CUT_UNSEEN;

		gone_us = seen ? report.confirmed_us : report.commanded_us;
		if (!seen)
			snprintf(text, sizeof(text), "%+" PRId64 " us from where it was aimed",
				 report.commanded_us - report.aimed_us);
		else if (gone_us != report.aimed_us)
			snprintf(text, sizeof(text),
				 "commanded %+" PRId64 " us, seen %+" PRId64
				 " us from where it was aimed",
				 report.commanded_us - report.aimed_us, gone_us - report.aimed_us);
	}
	watch_put(watch, OBS_CUT_DELIVERED, (int32_t)attempt->part->number,
		  gone_us - attempt->begin_us, text);
}

/* The board runs again: what it says of the part, and the cut that comes only now. */
static int installed(struct attempt *attempt, enum trial_step *ret, struct err *err)
{
	struct trial *trial = attempt->trial;
	enum delivery_proof_kind proof = DELIVERY_PROOF_NONE;
	enum slot_wait why;
	bool seen;
	int result = 0;

	if (is_anchor(attempt, CUT_ANCHOR_INSTALLED, 0)) {
		result = arm(attempt, err);
		if (result == 0)
			result = watch_wait(&trial->watch, WATCH_TIME,
					    (int64_t)trial->spec->cut.at + INSTALLED_WAIT_US, &seen,
					    &why, err);
		if (result == 0 && why == SLOT_WAIT_CUT)
			*ret = STEP_CUT;
		return result;
	}
	if (has_cut(attempt)) /* it is late: nothing may come between */
		return 0;
	result = trial_prove(trial, attempt->part, &proof, err);
	if (result == 0 && proof != DELIVERY_PROOF_NONE && proof != DELIVERY_PROOF_INSTALLED)
		*ret = STEP_BAD;
	return result;
}

static int send(struct attempt *attempt, const struct delivery_run *run, enum trial_step *ret,
		struct err *err)
{
	struct trial *trial = attempt->trial;
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	int result = 0;

	attempt->begin_us = slot_now_us(trial->setup->slot);
	if (has_cut(attempt) && trial->spec->cut.by != CUT_BY_ANCHOR)
		result = arm(attempt, err);
	if (result == 0)
		result = delivery_send(trial->setup->delivery, run, &outcome, err);
	if (result < 0)
		return result;
	if (outcome.result != DELIVERY_DONE && outcome.result != DELIVERY_CUT)
		return refused(attempt, &outcome, ret);
	watch_restart(&trial->watch);
	*ret = STEP_CUT;
	if (outcome.result != DELIVERY_CUT)
		result = trial_wait_alive(trial, attempt->part->number, ret, err);
	if (result == 0 && *ret == STEP_BAD && trial->watch.dfu)
		result = trial_absent_still(trial, err); /* was it told to leave? */
	if (result == 0 && *ret == STEP_GOOD)
		result = installed(attempt, ret, err);
	if (result == 0 && *ret == STEP_CUT)
		tell_cut(attempt);
	return result;
}

/*
 * The part with its module changed as the trial says; nothing else of it changes, so it goes where
 * the right one would. *ret_bytes is to be freed. False when this module cannot be changed so.
 */
static bool change_module(struct trial *trial, struct delivery_part *part, struct image *image,
			  uint8_t **ret_bytes)
{
	char text[IMAGE_MUTATION_TEXT_MAX];
	struct err cause = ERR_INIT;
	size_t len;

	if (image_mutate(part->image->bytes, part->image->len, &trial->spec->image, ret_bytes, &len,
			 text, &cause) < 0) {
		watch_put(&trial->watch, OBS_NOTE, 0, 0, cause.text);
		return false;
	}
	watch_put(&trial->watch, OBS_NOTE, 0, 0, text);
	*image = *part->image;
	image->bytes = *ret_bytes;
	image->len = len;
	part->image = image;
	return true;
}

static int deliver(struct trial *trial, const struct delivery_part *part, enum trial_delivery how,
		   enum trial_step *ret, struct err *err)
{
	struct attempt attempt = { .trial = trial, .part = part, .how = how };
	struct obs_sink sink = watch_slot_sink(&trial->watch);
	const struct delivery_run run = {
		.context = trial->setup->context,
		.part = part,
		.sink = &sink,
		.progress = on_progress,
		.progress_ctx = &attempt,
		.absent = trial_absent,
		.absent_ctx = trial,
		.acts = how == TRIAL_TRIED ? &trial->spec->acts : NULL,
	};
	struct delivery_outcome outcome = { .result = DELIVERY_UNKNOWN };
	int result = delivery_prepare(trial->setup->delivery, &run, &outcome, err);

	if (result < 0)
		return result;
	if (outcome.result != DELIVERY_DONE)
		return refused(&attempt, &outcome, ret);
	return send(&attempt, &run, ret, err);
}

int trial_deliver_part(struct trial *trial, const struct delivery_part *part,
		       enum trial_delivery how, enum trial_step *ret, struct err *err)
{
	AUTO_FREE uint8_t *bytes = NULL;
	struct delivery_part changed = *part;
	struct image image;

	if (how == TRIAL_CLEAN || trial->spec->image.kind == IMAGE_MUTATION_UNKNOWN)
		return deliver(trial, part, how, ret, err);
	if (!change_module(trial, &changed, &image, &bytes)) {
		*ret = STEP_BAD;
		return 0;
	}
	return deliver(trial, &changed, how, ret, err);
}

int trial_deliver_rest(struct trial *trial, size_t first, enum trial_step *ret, struct err *err)
{
	*ret = STEP_GOOD;
	for (size_t i = first; i < trial->setup->part_count && *ret == STEP_GOOD; i++) {
		int result =
			trial_deliver_part(trial, &trial->setup->parts[i], TRIAL_CLEAN, ret, err);

		if (result < 0)
			return result;
	}
	return 0;
}
