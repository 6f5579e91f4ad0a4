/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "campaign/corpus.h"

#include "base/file.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum corpus_sizes {
	SIGNATURE_DIGITS = 16,
	OUTCOME_WORD_MAX = 24,
	FILE_BYTES_MAX = CORPUS_ENTRIES_MAX * CORPUS_LINE_MAX,
};

static const char first_line[] = "otarig-corpus 1";

struct reader {
	const char *path;
	const char *at;
	const char *end;
	unsigned int line;
	struct corpus *corpus;
};

int corpus_init(struct corpus *corpus, struct err *err)
{
	struct corpus_entry *entries = calloc(CORPUS_ENTRIES_MAX, sizeof(*entries));

	if (!entries)
		return err_set(err, ERR_IO, -ENOMEM, "no memory for a corpus");
	*corpus = (struct corpus){ .entries = entries };
	return 0;
}

void corpus_release(struct corpus *corpus)
{
	free(corpus->entries);
	*corpus = (struct corpus){ 0 };
}

struct corpus_entry *corpus_find(const struct corpus *corpus, uint64_t signature)
{
	for (size_t i = 0; i < corpus->count; i++)
		if (corpus->entries[i].signature == signature)
			return &corpus->entries[i];
	return NULL;
}

struct corpus_entry *corpus_find_trial(const struct corpus *corpus, const struct trial_spec *spec)
{
	char id[TRIAL_ID_MAX];
	char other[TRIAL_ID_MAX];

	trial_id_format(spec, id);
	for (size_t i = 0; i < corpus->count; i++) {
		trial_id_format(&corpus->entries[i].spec, other);
		if (strcmp(id, other) == 0)
			return &corpus->entries[i];
	}
	return NULL;
}

bool corpus_put(struct corpus *corpus, const struct corpus_entry *entry)
{
	struct corpus_entry *place = corpus_find_trial(corpus, &entry->spec);

	assert(entry->signature != 0 && !outcome_is_void(entry->outcome));
	if (!place && corpus->count == CORPUS_ENTRIES_MAX)
		return false;
	if (!place)
		place = &corpus->entries[corpus->count++];
	*place = *entry;
	return true;
}

/* One line without its end, which must be there: a file that was cut short is told. */
static int take_line(struct reader *reader, char ret[CORPUS_LINE_MAX], struct err *err)
{
	const char *end = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
	size_t len;

	reader->line++;
	if (!end)
		return err_set_at(err, reader->path, reader->line, "the line has no end");
	len = (size_t)(end - reader->at);
	if (len >= CORPUS_LINE_MAX)
		return err_set_at(err, reader->path, reader->line, "the line is longer than %d",
				  CORPUS_LINE_MAX - 1);
	memcpy(ret, reader->at, len);
	ret[len] = '\0';
	if (strlen(ret) != len)
		return err_set_at(err, reader->path, reader->line, "a NUL byte in the line");
	reader->at = end + 1;
	return 0;
}

/* *ret_rest is what follows the number and a space. */
static int read_signature(const struct reader *reader, const char *line, uint64_t *ret,
			  const char **ret_rest, struct err *err)
{
	uint64_t value = 0;
	size_t len = strspn(line, "0123456789abcdef");

	if (len != SIGNATURE_DIGITS || line[len] != ' ')
		return err_set_at(err, reader->path, reader->line,
				  "expected a signature of %d digits in 0-9 and a-f, and a space",
				  SIGNATURE_DIGITS);
	for (size_t i = 0; i < len; i++)
		value = value << 4 |
			(uint64_t)(line[i] <= '9' ? line[i] - '0' : line[i] - 'a' + 10);
	if (value == 0)
		return err_set_at(err, reader->path, reader->line, "no trial has the signature 0");
	*ret = value;
	*ret_rest = line + len + 1;
	return 0;
}

static int read_outcome(const struct reader *reader, const char *text, enum outcome *ret,
			const char **ret_rest, struct err *err)
{
	char word[OUTCOME_WORD_MAX];
	size_t len = strcspn(text, " ");

	if (len == 0 || len >= sizeof(word) || text[len] != ' ')
		return err_set_at(err, reader->path, reader->line,
				  "expected an outcome and a space after the signature");
	memcpy(word, text, len);
	word[len] = '\0';
	*ret = outcome_from_name(word);
	if (outcome_is_void(*ret))
		return err_set_at(err, reader->path, reader->line,
				  "'%s' is no outcome that says something of a board", word);
	*ret_rest = text + len + 1;
	return 0;
}

static int read_entry(struct reader *reader, const char *line, struct err *err)
{
	struct corpus_entry entry;
	struct err cause = ERR_INIT;
	const char *rest = NULL; /* GCC cannot see that it is set below */
	int r = read_signature(reader, line, &entry.signature, &rest, err);

	if (r == 0)
		r = read_outcome(reader, rest, &entry.outcome, &rest, err);
	if (r < 0)
		return r;
	if (trial_id_parse(rest, &entry.spec, &cause) < 0)
		return err_set_at(err, reader->path, reader->line, "%s", cause.text);
	if (trial_spec_is_control(&entry.spec))
		return err_set_at(err, reader->path, reader->line, "nothing is tried in a control");
	if (corpus_find_trial(reader->corpus, &entry.spec))
		return err_set_at(err, reader->path, reader->line, "the trial is there already");
	if (!corpus_put(reader->corpus, &entry))
		return err_set_at(err, reader->path, reader->line, "more than %d entries",
				  CORPUS_ENTRIES_MAX);
	return 0;
}

static int read_all(struct reader *reader, struct err *err)
{
	char line[CORPUS_LINE_MAX];
	int r = take_line(reader, line, err);

	if (r < 0)
		return r;
	if (strcmp(line, first_line) != 0)
		return err_set_at(err, reader->path, reader->line,
				  "not a corpus: the first line is not '%s'", first_line);
	while (r == 0 && reader->at < reader->end) {
		r = take_line(reader, line, err);
		if (r == 0)
			r = read_entry(reader, line, err);
	}
	return r;
}

int corpus_parse(const char *text, size_t len, const char *path, struct corpus *ret,
		 struct err *err)
{
	struct corpus corpus;
	struct reader reader = { .path = path, .at = text, .end = text + len, .corpus = &corpus };
	int r = corpus_init(&corpus, err);

	if (r < 0)
		return r;
	r = read_all(&reader, err);
	if (r < 0)
		corpus_release(&corpus);
	else
		*ret = corpus;
	return r;
}

int corpus_load(const char *path, struct corpus *ret, struct err *err)
{
	AUTO_FREE uint8_t *bytes = NULL;
	size_t len = 0;
	int r;

	if (access(path, F_OK) != 0 && errno == ENOENT)
		return corpus_init(ret, err);
	r = file_read(path, FILE_BYTES_MAX, &bytes, &len, err);
	return r < 0 ? r : corpus_parse((const char *)bytes, len, path, ret, err);
}

int corpus_format(const struct corpus *corpus, char **ret, size_t *ret_len, struct err *err)
{
	char *text = NULL;
	size_t len = 0;
	char id[TRIAL_ID_MAX];
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return err_set(err, ERR_IO, -ENOMEM, "no memory for a corpus");
	fprintf(out, "%s\n", first_line);
	for (size_t i = 0; i < corpus->count; i++) {
		trial_id_format(&corpus->entries[i].spec, id);
		fprintf(out, "%0*" PRIx64 " %s %s\n", SIGNATURE_DIGITS,
			corpus->entries[i].signature, outcome_name(corpus->entries[i].outcome), id);
	}
	if (fclose(out) != 0) {
		free(text);
		return err_set(err, ERR_IO, -ENOMEM, "no memory for a corpus");
	}
	*ret = text;
	*ret_len = len;
	return 0;
}

int corpus_write(const struct corpus *corpus, const char *path, struct err *err)
{
	AUTO_FREE char *text = NULL;
	size_t len = 0;
	int r = corpus_format(corpus, &text, &len, err);

	return r < 0 ? r : file_write(path, text, len, err);
}
