/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random cases: encodings of the forms of thumb_form.h and plain random ones, alone or under IT. */
#ifndef TESTS_DEEP_THUMB_GEN_H
#define TESTS_DEEP_THUMB_GEN_H

#include "lib/thumb_case.h"

/* The case that a seed stands for. */
void thumb_gen_case(uint64_t seed, struct thumb_case *ret);

/* The same with a single instruction of form 'form'. */
void thumb_gen_case_of(uint64_t seed, uint32_t form, struct thumb_case *ret);

#endif
