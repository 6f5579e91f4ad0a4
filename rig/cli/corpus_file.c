/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/corpus_file.h"

#include "cli/common.h"
#include "cli/progress.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NOTE_MAX = 96 };

/* "results/runs/NAME.db" -> "results/runs/NAME.corpus" */
static char *path_beside(const char *database)
{
	int len = (int)cli_database_stem(database);
	char *path;

	return asprintf(&path, "%.*s.corpus", len, database) < 0 ? NULL : path;
}

int corpus_file_open(const char *option, const struct scenario *scenario, const char *database,
		     struct corpus_file *ret, struct err *err)
{
	struct corpus_file file = { .path = NULL };
	int r;

	*ret = file;
	if (option ? strcmp(option, "none") == 0 : !scenario_meddles(scenario))
		return 0;
	file.path = option ? strdup(option) : path_beside(database);
	if (!file.path)
		return err_set(err, ERR_IO, -ENOMEM, "no memory");
	r = corpus_load(file.path, &file.corpus, err);
	if (r < 0)
		free(file.path);
	else
		*ret = file;
	return r;
}

void corpus_file_close(struct corpus_file *file)
{
	corpus_release(&file->corpus);
	free(file->path);
	*file = (struct corpus_file){ 0 };
}

int corpus_file_lead(const struct corpus_file *file, const struct loaded *loaded,
		     const struct calib *calib, struct plan *plan, struct err *err)
{
	return file->path ? corpus_lead(&file->corpus, loaded, calib, plan, err) : 0;
}

static void tell(void *ctx, size_t done, size_t total)
{
	char note[NOTE_MAX];

	(void)ctx;
	if (done == 0 && isatty(STDERR_FILENO) != 1) /* one line for a log */
		fprintf(stderr, "making %zu trials that led to something new smaller\n", total);
	snprintf(note, sizeof(note), "making what was found smaller: %zu of %zu done ...", done,
		 total);
	progress_note(note);
}

static void print_growth(const struct corpus_file *file, const struct corpus_growth *growth)
{
	printf("corpus    %s, %zu trials: %zu new", file->path, file->corpus.count, growth->found);
	if (growth->found)
		printf(", %zu of them made smaller", growth->smaller);
	if (growth->unsteady)
		printf(", %zu not the same when run again", growth->unsteady);
	if (growth->failed)
		printf(", %zu that the rig failed to run again (%s)", growth->failed,
		       growth->rig.text);
	if (growth->changed)
		printf("; %zu led to something else than before", growth->changed);
	if (growth->no_room)
		printf("; full, %zu new not kept", growth->no_room);
	putchar('\n');
}

void corpus_file_keep(struct corpus_file *file, const struct plan *plan,
		      const struct campaign_mark *marks)
{
	struct corpus_growth growth;

	if (file->path)
		IGNORE(corpus_keep(&file->corpus, file->path, plan, marks, &growth, NULL),
		       "the interruption is what is told");
}

int corpus_file_grow(struct corpus_file *file, struct loaded *loaded, const struct calib *calib,
		     const struct plan *plan, const struct campaign_mark *marks, struct err *err)
{
	const struct corpus_progress progress = { .tell = tell };
	struct corpus_growth growth;
	int r;

	if (!file->path)
		return 0;
	r = corpus_grow(&file->corpus, file->path, loaded, calib, plan, marks, &progress, &growth,
			err);
	progress_note(NULL);
	if (r == 0)
		print_growth(file, &growth);
	return r;
}
