/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trials that led to something new, kept from run to run in a text file:
 *
 *	otarig-corpus 1
 *	SIGNATURE OUTCOME TRIAL-ID
 *
 * one line for each, in the order in which they were found, which is the order in which they are
 * tried. The signature (16 hexadecimal digits) and the outcome are what the trial led to when it
 * was run last; the id says all of the trial. No id is there twice.
 */
#ifndef CAMPAIGN_CORPUS_H
#define CAMPAIGN_CORPUS_H

#include "verdict/verdict.h"

#include <stdbool.h>

enum corpus_limits {
	CORPUS_ENTRIES_MAX = 256, /* they are tried in every run */
	CORPUS_LINE_MAX = TRIAL_ID_MAX + 64,
};

struct corpus_entry {
	uint64_t signature; /* not 0 */
	enum outcome outcome;
	struct trial_spec spec;
};

struct corpus {
	struct corpus_entry *entries; /* owned; room for CORPUS_ENTRIES_MAX */
	size_t count;
};

/* An empty one. ERR_IO for lack of memory. Caller releases. */
int corpus_init(struct corpus *corpus, struct err *err) MUST_CHECK;
void corpus_release(struct corpus *corpus);

/*
 * Reads 'len' bytes as the text of a file; 'path' is for messages. ERR_CONFIG with file and line
 * for anything that corpus_write() does not write. Caller releases *ret.
 */
int corpus_parse(const char *text, size_t len, const char *path, struct corpus *ret,
		 struct err *err) MUST_CHECK;

/* The same of a file; one that is not there is an empty corpus. */
int corpus_load(const char *path, struct corpus *ret, struct err *err) MUST_CHECK;

/* The text of a file, ended with NUL; caller frees *ret. ERR_IO for lack of memory. */
int corpus_format(const struct corpus *corpus, char **ret, size_t *ret_len,
		  struct err *err) MUST_CHECK;

/* Replaces the file, which is never half written. ERR_IO. */
int corpus_write(const struct corpus *corpus, const char *path, struct err *err) MUST_CHECK;

/* NULL: none has that signature, or is that trial. */
struct corpus_entry *corpus_find(const struct corpus *corpus, uint64_t signature);
struct corpus_entry *corpus_find_trial(const struct corpus *corpus, const struct trial_spec *spec);

/*
 * Puts it to the end, or in the place of the entry that is the same trial. False: the corpus is
 * full, and nothing changed.
 */
bool corpus_put(struct corpus *corpus, const struct corpus_entry *entry);

#endif
