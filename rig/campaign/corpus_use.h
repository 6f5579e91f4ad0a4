/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A corpus before and after a run: what is tried first, and what is kept. */
#ifndef CAMPAIGN_CORPUS_USE_H
#define CAMPAIGN_CORPUS_USE_H

#include "campaign/campaign.h"
#include "campaign/corpus.h"

enum corpus_use_limits {
	CORPUS_RUNS_MAX = 2048,	   /* to make what was found in one run smaller, virtual boards */
	CORPUS_RUNS_REAL_MAX = 32, /* the same, real ones: a trial there takes minutes */
};

/* What a run did to a corpus. */
struct corpus_growth {
	size_t found;	 /* trials that led to something new */
	size_t smaller;	 /* of them, those that could be made smaller */
	size_t unsteady; /* of them, those that led to something else when run again */
	size_t no_room;	 /* trials that led to something new and are not kept: it is full */
	size_t changed;	 /* entries that were tried and led to something else than before */
	size_t failed;	 /* of those found, those that the rig failed to run again */
	struct err rig;	 /* why it did, the last time */
};

/* How far it is: 'done' of 'total' trials that are made smaller. */
struct corpus_progress {
	void *ctx;
	void (*tell)(void *ctx, size_t done, size_t total);
};

/*
 * Puts the entries that still belong to the scenario to the front of the plan: those with its name,
 * a part that there is, acts that its delivery knows, cuts and supplies that the open slot can do,
 * and nothing that could destroy the board in it. ERR_RIG for lack of memory.
 */
int corpus_lead(const struct corpus *corpus, const struct loaded *loaded, const struct calib *calib,
		struct plan *plan, struct err *err) MUST_CHECK;

/*
 * The first half of corpus_grow(), for a run that was interrupted: what was done is kept as it is.
 */
int corpus_keep(struct corpus *corpus, const char *path, const struct plan *plan,
		const struct campaign_mark *marks, struct corpus_growth *ret,
		struct err *err) MUST_CHECK;

/*
 * After campaign_run(), whose marks these are: keeps the first trial of the plan for each signature
 * that is new, writes the file, makes each of these trials smaller on the slot of this process
 * (which it takes again when it has none), and writes the file after each. An entry that was tried
 * and led to something else is kept with what it leads to now. A rig that fails meanwhile is in
 * *ret and no error: the trial stays as it is, and after -EDQUOT (a relay that may not be switched
 * any more today) all that are left do. Nothing is written when nothing changed. The corpus and the
 * file are whole also after an error: of the slot (ERR_RIG) or the file (ERR_IO). *ret is written
 * in any case.
 */
int corpus_grow(struct corpus *corpus, const char *path, struct loaded *loaded,
		const struct calib *calib, const struct plan *plan,
		const struct campaign_mark *marks, const struct corpus_progress *progress,
		struct corpus_growth *ret, struct err *err) MUST_CHECK;

#endif
