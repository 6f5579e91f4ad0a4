/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside of base/yaml: does a tree of libyaml follow a schema of libcyaml? */
#ifndef BASE_YAML_CHECK_H
#define BASE_YAML_CHECK_H

#include "base/err.h"

#include <cyaml/cyaml.h>
#include <yaml.h>

/* Rules for every file: no doubled keys, no aliases, no control characters, not too many nodes. */
int yaml_check_tree(yaml_document_t *tree, const char *name, struct err *err) MUST_CHECK;

/* The tree's root against 'schema'. ERR_CONFIG with file 'name' and the line. */
int yaml_check_schema(yaml_document_t *tree, const char *name,
		      const struct cyaml_schema_value *schema, struct err *err) MUST_CHECK;

/* 1-based. */
static inline unsigned int yaml_node_line(const yaml_node_t *node)
{
	return (unsigned int)node->start_mark.line + 1;
}

/* A scalar's text; our trees have no scalars with NUL inside. */
static inline const char *yaml_node_text(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

#endif
