/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A device's description: the JSON that answers the cloud's Describe, and that a device prints as
 * module information on its console. Facts: particle-gen2 2.3, 2.7.
 *
 * Written by a board, so nothing in it is believed: what cannot be read is a result with a text.
 */
#ifndef CLOUD_DESCRIBE_H
#define CLOUD_DESCRIBE_H

#include "base/macros.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum describe_limits {
	DESCRIBE_MODULES_MAX = 16, /* an Electron lists 7 */
	DESCRIBE_NAMES_MAX = 32,   /* functions, and variables */
	DESCRIBE_NAME_MAX = 64,
	DESCRIBE_SHA_TEXT = 65,
	DESCRIBE_TEXT_MAX = 160,
};

/* One entry. A device says less of a module that it cannot recognise: then function is 0. */
struct describe_module {
	char store;    /* m main, f factory, b backup, t scratch; 0: not said */
	char function; /* n none, r resource, b bootloader, m monolithic, s system, u user, ... */
	uint32_t index;
	uint32_t version;
	uint32_t region_bytes;
	uint32_t checked;	     /* "vc": bits of the checks made ... */
	uint32_t passed;	     /* ... "vv": and passed. Healthy is equal */
	char sha[DESCRIBE_SHA_TEXT]; /* user parts only, else empty */
};

struct describe {
	uint32_t platform; /* 0: not said */
	struct describe_module modules[DESCRIBE_MODULES_MAX];
	size_t module_count;
	char functions[DESCRIBE_NAMES_MAX][DESCRIBE_NAME_MAX];
	size_t function_count;
	char variables[DESCRIBE_NAMES_MAX][DESCRIBE_NAME_MAX];
	size_t variable_count;
};

/* True with *ret filled; else false, with one line in 'ret_text' that names the byte or entry. */
bool describe_parse(const char *json, size_t len, struct describe *ret,
		    char ret_text[DESCRIBE_TEXT_MAX]) MUST_CHECK;

/* The main module of that function letter and index; NULL when it is not listed. */
const struct describe_module *describe_find(const struct describe *describe, char function,
					    uint32_t index);

/* All main modules passed the checks that were made, and there is at least one. */
bool describe_is_healthy(const struct describe *describe);

#endif
