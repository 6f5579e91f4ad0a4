/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * YAML into C structs, strictly, with the user's file and line in every error. libcyaml does the
 * conversion; libyaml's tree is kept beside the data, so that what is found wrong later (a minimum
 * above its maximum) can still name its line.
 *
 * What is refused before libcyaml sees the text: broken YAML, unknown, missing and doubled keys,
 * values of another type, out of range or with trailing rubbish, unknown words, too few or too many
 * entries, texts that are empty, too long or have control characters, aliases, a second document.
 * (libcyaml 1.3 takes "12abc" for 12, any word for true, and knows no lines afterwards.)
 *
 * Schemas may hold CYAML_UINT, _FLOAT, _BOOL ("true", "false"), _ENUM, _STRING, _MAPPING and
 * _SEQUENCE; one with another type is our mistake (assert).
 *
 * Paths name a value: "cut.points[3].at".
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum yaml_limits {
	YAML_PATH_MAX = 128,
	YAML_NODES_MAX = 8192, /* keys and values in one file */
	YAML_DEPTH_MAX = 64,   /* brackets open at a time */
};

/*
 * A field of a libcyaml schema whose keys are grouped in the file, but whose values lie in the same
 * struct as the keys around the group.
 */
#define YAML_FIELD_GROUP(_key, _flags, _structure, _fields)                                   \
	{                                                                                     \
		.key = (_key), .value = { CYAML_VALUE_MAPPING(_flags, _structure, _fields) }, \
	}

struct cyaml_schema_value;
struct yaml_doc;

/*
 * Reads the file 'path' of at most 'bytes_max' bytes, whose top must be what 'schema' says (a
 * mapping with CYAML_FLAG_POINTER; it must outlive the document). Caller frees *ret. ERR_CONFIG.
 */
int yaml_doc_load(const char *path, size_t bytes_max, const struct cyaml_schema_value *schema,
		  struct yaml_doc **ret, struct err *err) MUST_CHECK;

/* The same from 'len' bytes in memory; errors name the file 'name'. */
int yaml_doc_parse(const char *text, size_t len, const char *name,
		   const struct cyaml_schema_value *schema, struct yaml_doc **ret,
		   struct err *err) MUST_CHECK;

/* The document and its data; NULL is allowed. */
void yaml_doc_free(struct yaml_doc *doc);

/* The struct that the schema describes; borrowed. */
const void *yaml_doc_get_data(const struct yaml_doc *doc);

/* Is there a value at 'path'? */
bool yaml_doc_has(const struct yaml_doc *doc, const char *path);

/* The 1-based line of 'path'; of the deepest part of it that exists, when it does not. */
unsigned int yaml_doc_line(const struct yaml_doc *doc, const char *path);

/* Writes a path with numbers in it into 'buf' and returns it: "regions[%zu].start". */
const char *yaml_path(char buf[YAML_PATH_MAX], const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Sets 'err' to the document's file and the line of 'path'; returns its code for "return". */
int yaml_doc_fail(const struct yaml_doc *doc, struct err *err, const char *path, const char *fmt,
		  ...) PRINTF_LIKE(4, 5);

/*
 * A name found at 'path': one or more of a-z, 0-9, '-' and the characters of 'more', not beginning
 * with one of '-' and 'more'. ERR_CONFIG with its line.
 */
int yaml_doc_name(const struct yaml_doc *doc, const char *path, const char *text, const char *more,
		  struct err *err) MUST_CHECK;

/* A duration ("250ms") found at 'path', above zero. ERR_CONFIG with its line. */
int yaml_doc_duration(const struct yaml_doc *doc, const char *path, const char *text,
		      int64_t *ret_us, struct err *err) MUST_CHECK;

#endif
