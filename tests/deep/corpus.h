/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cases on which both engines agree, for a test that runs without Unicorn. */
#ifndef TESTS_DEEP_CORPUS_H
#define TESTS_DEEP_CORPUS_H

#include "deep/diff_class.h"

/* Writes the corpus, the same each time; 0, or 1 when an operation of the decoder is not in it. */
int corpus_write(const char *path, struct vboard *vb, struct unicorn_core *other);

#endif
