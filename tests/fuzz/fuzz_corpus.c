/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a corpus: refused with a line that there is, or written again as the same bytes. */
#include "campaign/corpus.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned int count_lines(const uint8_t *data, size_t size)
{
	unsigned int lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	return lines;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct corpus corpus;
	char *text;
	size_t len;

	if (corpus_parse((const char *)data, size, "fuzz.corpus", &corpus, &err) < 0) {
		assert(err.kind == ERR_CONFIG && err.text[0] != '\0');
		assert(err.line >= 1 && err.line <= count_lines(data, size));
		return 0;
	}
	assert(corpus.count <= CORPUS_ENTRIES_MAX);
	assert(corpus_format(&corpus, &text, &len, &err) == 0);
	assert(len == size && memcmp(text, data, len) == 0);
	free(text);
	corpus_release(&corpus);
	return 0;
}
