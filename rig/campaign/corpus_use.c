/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/corpus_use.h"

#include "campaign/minimise.h"
#include "campaign/needs.h"
#include "campaign/signature.h"

#include <errno.h>
#include <string.h>

static bool belongs(const struct loaded *loaded, const struct calib *calib,
		    const struct trial_spec *spec)
{
	if (strcmp(spec->scenario, loaded->scenario.name) != 0)
		return false;
	if (trial_spec_is_control(spec) || spec->cut.part < 1 ||
	    spec->cut.part > loaded->setup.part_count)
		return false;
	if (spec->cut.anchor == CUT_ANCHOR_CHUNK &&
	    spec->cut.chunk >= calib->parts[spec->cut.part - 1].chunks)
		return false;
	return needs_check_trial(loaded, spec, NULL) == 0;
}

int corpus_lead(const struct corpus *corpus, const struct loaded *loaded, const struct calib *calib,
		struct plan *plan, struct err *err)
{
	AUTO_FREE struct trial_spec *specs = calloc(CORPUS_ENTRIES_MAX, sizeof(*specs));
	size_t count = 0;

	if (!specs)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for the trials of a corpus");
	for (size_t i = 0; i < corpus->count; i++)
		if (belongs(loaded, calib, &corpus->entries[i].spec))
			specs[count++] = corpus->entries[i].spec;
	return count > 0 ? plan_lead(plan, specs, count, err) : 0;
}

struct growing {
	struct corpus *corpus;
	const char *path;
	struct loaded *loaded;
	const struct calib *calib;
	struct obs_log log; /* of the trials that are run again */
	size_t first_new;   /* entries from here on are of this run */
	struct corpus_growth growth;
	bool rig_failed; /* at a trial of this entry */
};

/* Entries that were tried: what they lead to now. */
static void update_entries(struct corpus *corpus, const struct plan *plan,
			   const struct campaign_mark *marks, struct corpus_growth *growth)
{
	for (size_t i = 0; i < plan->count && corpus->count > 0; i++) {
		struct corpus_entry *entry =
			marks[i].signature ? corpus_find_trial(corpus, &plan->specs[i]) : NULL;

		if (!entry || entry->signature == marks[i].signature)
			continue;
		entry->signature = marks[i].signature;
		entry->outcome = marks[i].outcome;
		growth->changed++;
	}
}

/* In the order of the plan: which worker was ready first does not matter. */
static void keep_new(struct corpus *corpus, const struct plan *plan,
		     const struct campaign_mark *marks, struct corpus_growth *growth)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct corpus_entry entry = { .signature = marks[i].signature,
						    .outcome = marks[i].outcome,
						    .spec = plan->specs[i] };

		if (entry.signature == 0 || trial_spec_is_control(&entry.spec) ||
		    corpus_find(corpus, entry.signature))
			continue;
		if (corpus_put(corpus, &entry))
			growth->found++;
		else
			growth->no_room++;
	}
}

int corpus_keep(struct corpus *corpus, const char *path, const struct plan *plan,
		const struct campaign_mark *marks, struct corpus_growth *ret, struct err *err)
{
	struct corpus_growth growth = { 0 };

	update_entries(corpus, plan, marks, &growth);
	keep_new(corpus, plan, marks, &growth);
	*ret = growth;
	return growth.found + growth.changed > 0 ? corpus_write(corpus, path, err) : 0;
}

static uint64_t run_again(void *ctx, const struct trial_spec *spec)
{
	struct growing *growing = ctx;
	struct verdict verdict;
	int64_t board_us;

	if (growing->growth.rig.code == -EDQUOT)
		return 0;
	if (campaign_run_one(growing->loaded, growing->calib, spec, &growing->log, &verdict,
			     &board_us, &growing->growth.rig) < 0) {
		growing->rig_failed = true;
		return 0;
	}
	return signature_of(&verdict, &growing->log);
}

/* *runs: how many there may still be. */
static int make_smaller(struct growing *growing, struct corpus_entry *entry, unsigned int *runs,
			struct err *err)
{
	const struct minimise_runner runner = { .ctx = growing, .run = run_again };
	unsigned int mine = *runs < MINIMISE_RUNS_MAX ? *runs : MINIMISE_RUNS_MAX;
	unsigned int left = mine;
	struct trial_spec spec = entry->spec;
	char before[TRIAL_ID_MAX];
	char after[TRIAL_ID_MAX];

	growing->rig_failed = false;
	if (minimise(&runner, entry->signature, &left, &spec) == MINIMISE_UNSTEADY &&
	    !growing->rig_failed)
		growing->growth.unsteady++;
	growing->growth.failed += growing->rig_failed;
	*runs -= mine - left;
	trial_id_format(&entry->spec, before);
	trial_id_format(&spec, after);
	/* a board that does not always do the same can lead two trials to one */
	if (strcmp(before, after) == 0 || corpus_find_trial(growing->corpus, &spec))
		return 0;
	entry->spec = spec;
	growing->growth.smaller++;
	return corpus_write(growing->corpus, growing->path, err);
}

static int take_slot(struct loaded *loaded, struct err *err)
{
	return loaded->slot_is_open ? 0 : loaded_open_slot(loaded, 0, err);
}

static int make_all_smaller(struct growing *growing, const struct corpus_progress *progress,
			    struct err *err)
{
	unsigned int runs = growing->loaded->bench ? CORPUS_RUNS_REAL_MAX : CORPUS_RUNS_MAX;
	size_t total = growing->corpus->count - growing->first_new;
	int r = take_slot(growing->loaded, err);

	for (size_t i = 0; i < total && runs > 0 && r == 0; i++) {
		if (growing->growth.rig.code == -EDQUOT) {
			growing->growth.failed += total - i;
			break;
		}
		if (progress)
			progress->tell(progress->ctx, i, total);
		r = make_smaller(growing, &growing->corpus->entries[growing->first_new + i], &runs,
				 err);
	}
	return r;
}

int corpus_grow(struct corpus *corpus, const char *path, struct loaded *loaded,
		const struct calib *calib, const struct plan *plan,
		const struct campaign_mark *marks, const struct corpus_progress *progress,
		struct corpus_growth *ret, struct err *err)
{
	struct growing growing = { .corpus = corpus,
				   .path = path,
				   .loaded = loaded,
				   .calib = calib,
				   .first_new = corpus->count };
	int r = corpus_keep(corpus, path, plan, marks, &growing.growth, err);

	obs_log_init(&growing.log);
	if (r == 0 && growing.growth.found > 0)
		r = make_all_smaller(&growing, progress, err);
	obs_log_release(&growing.log);
	*ret = growing.growth;
	return r;
}
