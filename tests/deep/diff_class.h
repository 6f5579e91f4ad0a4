/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The named differences between the board's core and Unicorn's. */
#ifndef TESTS_DEEP_DIFF_CLASS_H
#define TESTS_DEEP_DIFF_CLASS_H

#include "deep/unicorn_core.h"
#include "lib/thumb_case.h"

/* A case that both engines have run. */
struct diff {
	const struct thumb_case *c;
	struct thumb_result ours, theirs;
	uint32_t bad_address; /* where Unicorn found no memory */
};

struct diff_class {
	const char *name;
	const char *why;
	bool (*holds)(const struct diff *diff);
};

uint32_t diff_class_count(void);
const struct diff_class *diff_class_get(uint32_t i);

/* Runs a case in both; false when it cannot be compared: memory that Unicorn's machine has not. */
bool diff_run(struct vboard *vb, struct unicorn_core *other, const struct thumb_case *c,
	      struct diff *ret);

/* The class of a case with different results; -1 for none: then somebody is wrong. */
int diff_class_find(const struct diff *diff);

/* Whether our core ran an encoding that the ARM ARM calls UNDEFINED: never right. */
bool diff_ran_undefined(const struct diff *diff);

#endif
