/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Method: libyaml keeps the nodes of a document in one array in the order of the text, so the rules
 * for every file are one pass over it. Then schema and tree are walked together; only as deep as
 * the schema goes, so a hostile file cannot make the walk deep.
 */
#include "base/yaml_check.h"
#include "base/text.h"
#include "base/yaml.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>

/* A value on its way through the check. */
struct check {
	yaml_document_t *tree;
	const char *name;	  /* the user's file */
	char path[YAML_PATH_MAX]; /* of the value; empty for the top */
	unsigned int line;	  /* where it begins: its key, or its place in a list */
	const yaml_node_t *node;
};

static const yaml_node_t *check_node(const yaml_document_t *tree, int id)
{
	return tree->nodes.start + id - 1;
}

/* Each node belongs to one parent; libyaml gives an alias the node it stands for. */
static int claim(bool *claimed, int id, const char *name, unsigned int line, struct err *err)
{
	if (claimed[id - 1])
		return err_set_at(err, name, line, "aliases ('*name') are not supported");
	claimed[id - 1] = true;
	return 0;
}

static int check_text(const yaml_node_t *node, const char *name, struct err *err)
{
	for (size_t i = 0; i < node->data.scalar.length; i++)
		if (node->data.scalar.value[i] < ' ' || node->data.scalar.value[i] == 0x7f)
			return err_set_at(err, name, yaml_node_line(node),
					  "a line break or control character inside a value");
	return 0;
}

static int check_pairs(yaml_document_t *tree, const yaml_node_t *node, bool *claimed,
		       const char *name, struct err *err)
{
	const yaml_node_pair_t *first = node->data.mapping.pairs.start;

	for (const yaml_node_pair_t *pair = first; pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = check_node(tree, pair->key);
		unsigned int line = yaml_node_line(key);

		if (key->type != YAML_SCALAR_NODE)
			return err_set_at(err, name, line, "a key must be a single word");
		for (const yaml_node_pair_t *other = first; other < pair; other++)
			if (strcmp(yaml_node_text(check_node(tree, other->key)),
				   yaml_node_text(key)) == 0)
				return err_set_at(err, name, line, "duplicate key '%s'",
						  yaml_node_text(key));
		if (claim(claimed, pair->key, name, line, err) < 0 ||
		    claim(claimed, pair->value, name, line, err) < 0)
			return -EINVAL;
	}
	return 0;
}

static int check_items(const yaml_node_t *node, bool *claimed, const char *name, struct err *err)
{
	for (const yaml_node_item_t *item = node->data.sequence.items.start;
	     item < node->data.sequence.items.top; item++)
		if (claim(claimed, *item, name, yaml_node_line(node), err) < 0)
			return -EINVAL;
	return 0;
}

int yaml_check_tree(yaml_document_t *tree, const char *name, struct err *err)
{
	bool claimed[YAML_NODES_MAX] = { true }; /* nobody may refer to the top */
	const yaml_node_t *node;
	int r = 0;

	if (tree->nodes.top - tree->nodes.start > YAML_NODES_MAX)
		return err_set_at(err, name, yaml_node_line(tree->nodes.start + YAML_NODES_MAX),
				  "more than %d keys and values", YAML_NODES_MAX);
	/* texts first: the other checks compare them as C strings */
	for (node = tree->nodes.start; node < tree->nodes.top && r == 0; node++)
		if (node->type == YAML_SCALAR_NODE)
			r = check_text(node, name, err);
	for (node = tree->nodes.start; node < tree->nodes.top && r == 0; node++)
		if (node->type == YAML_MAPPING_NODE)
			r = check_pairs(tree, node, claimed, name, err);
		else if (node->type == YAML_SEQUENCE_NODE)
			r = check_items(node, claimed, name, err);
	return r;
}

static int check_value(const struct check *at, const struct cyaml_schema_value *schema,
		       struct err *err);

static int check_fail(const struct check *at, struct err *err, const char *expected)
{
	return err_set_at(err, at->name, at->line, "'%s' must be %s",
			  at->path[0] ? at->path : "the file", expected);
}

/* Digits without leading zeros (libcyaml would read them as octal), or 0x and digits. */
static bool is_number(const char *text)
{
	return text[0] != '0' || text[1] == '\0' || text[1] == 'x';
}

static int check_uint(const struct check *at, uint32_t size, struct err *err)
{
	uint64_t max = UINT64_MAX >> (64 - 8 * size);
	const char *text = yaml_node_text(at->node);
	uint64_t value;
	int r = text_parse_u64(text, max, &value, NULL);

	if (r == -ERANGE)
		return err_set_at(err, at->name, at->line,
				  "'%s' is too large for '%s', at most %" PRIu64, text, at->path,
				  max);
	if (r < 0 || !is_number(text))
		return err_set_at(err, at->name, at->line, "'%s' is not a number for '%s'", text,
				  at->path);
	return 0;
}

static int check_float(const struct check *at, struct err *err)
{
	const char *text = yaml_node_text(at->node);
	size_t len = strspn(text, "0123456789.eE+-"); /* no hex, no "inf", no spaces */
	char *end;
	double value = strtod(text, &end);

	if (end == text || end != text + len || *end || !isfinite(value))
		return err_set_at(err, at->name, at->line, "'%s' is not a number for '%s'", text,
				  at->path);
	return 0;
}

static int check_bool(const struct check *at, struct err *err)
{
	const char *text = yaml_node_text(at->node);

	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		return 0;
	return err_set_at(err, at->name, at->line, "'%s' must be 'true' or 'false', not '%s'",
			  at->path, text);
}

static void append(char *buf, size_t size, const char *text)
{
	size_t used = strlen(buf);

	text_copy(buf + used, size - used, text);
}

static int check_enum(const struct check *at, const struct cyaml_schema_value *schema,
		      struct err *err)
{
	const char *text = yaml_node_text(at->node);
	char words[ERR_TEXT_MAX] = "";

	for (uint32_t i = 0; i < schema->enumeration.count; i++) {
		const char *word = schema->enumeration.strings[i].str;

		if (strcmp(text, word) == 0)
			return 0;
		append(words, sizeof(words), i ? ", " : "");
		append(words, sizeof(words), word);
	}
	return err_set_at(err, at->name, at->line, "unknown word '%s' for '%s', known: %s", text,
			  at->path, words);
}

static int check_string(const struct check *at, const struct cyaml_schema_value *schema,
			struct err *err)
{
	size_t len = at->node->data.scalar.length;

	if (len < schema->string.min)
		return err_set_at(err, at->name, at->line, "'%s' is empty", at->path);
	if (len > schema->string.max)
		return err_set_at(err, at->name, at->line, "'%s' is longer than %" PRIu32 " bytes",
				  at->path, schema->string.max);
	return 0;
}

/* 'at' with the value of 'pair'. */
static struct check enter_key(const struct check *at, const yaml_node_pair_t *pair)
{
	const yaml_node_t *key = check_node(at->tree, pair->key);
	struct check in = *at;

	yaml_path(in.path, "%s%s%s", at->path, at->path[0] ? "." : "", yaml_node_text(key));
	in.line = yaml_node_line(key);
	in.node = check_node(at->tree, pair->value);
	return in;
}

static const struct cyaml_schema_field *field_of(const struct cyaml_schema_value *schema,
						 const char *key)
{
	const struct cyaml_schema_field *field = schema->mapping.fields;

	while (field->key && strcmp(field->key, key) != 0)
		field++;
	return field->key ? field : NULL;
}

static bool has_key(const struct check *at, const char *key)
{
	for (const yaml_node_pair_t *pair = at->node->data.mapping.pairs.start;
	     pair < at->node->data.mapping.pairs.top; pair++)
		if (strcmp(yaml_node_text(check_node(at->tree, pair->key)), key) == 0)
			return true;
	return false;
}

/* Unknown keys come before missing ones: a misspelt key is both, and the first says more. */
static int check_keys(const struct check *at, const struct cyaml_schema_value *schema,
		      struct err *err)
{
	const char *in = at->path[0] ? " in '" : "";
	const char *quote = at->path[0] ? "'" : "";

	for (const yaml_node_pair_t *pair = at->node->data.mapping.pairs.start;
	     pair < at->node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = check_node(at->tree, pair->key);

		if (!field_of(schema, yaml_node_text(key)))
			return err_set_at(err, at->name, yaml_node_line(key),
					  "unknown key '%s'%s%s%s", yaml_node_text(key), in,
					  at->path, quote);
	}
	for (const struct cyaml_schema_field *field = schema->mapping.fields; field->key; field++)
		if (!(field->value.flags & CYAML_FLAG_OPTIONAL) && !has_key(at, field->key))
			return err_set_at(err, at->name, at->line, "missing key '%s'%s%s%s",
					  field->key, in, at->path, quote);
	return 0;
}

static int check_mapping(const struct check *at, const struct cyaml_schema_value *schema,
			 struct err *err)
{
	int r;

	if (at->node->type != YAML_MAPPING_NODE)
		return check_fail(at, err, "keys with values");
	r = check_keys(at, schema, err);
	for (const yaml_node_pair_t *pair = at->node->data.mapping.pairs.start;
	     pair < at->node->data.mapping.pairs.top && r == 0; pair++) {
		const char *key = yaml_node_text(check_node(at->tree, pair->key));
		struct check in = enter_key(at, pair);

		r = check_value(&in, &field_of(schema, key)->value, err);
	}
	return r;
}

static int check_sequence(const struct check *at, const struct cyaml_schema_value *schema,
			  struct err *err)
{
	const yaml_node_item_t *first = at->node->data.sequence.items.start;
	size_t count;
	int r = 0;

	if (at->node->type != YAML_SEQUENCE_NODE)
		return check_fail(at, err, "a list");
	count = (size_t)(at->node->data.sequence.items.top - first);
	if (count < schema->sequence.min)
		return err_set_at(err, at->name, at->line, "'%s' needs %" PRIu32 " or more entries",
				  at->path, schema->sequence.min);
	if (count > schema->sequence.max)
		return err_set_at(err, at->name, at->line, "'%s' has more than %" PRIu32 " entries",
				  at->path, schema->sequence.max);
	for (size_t i = 0; i < count && r == 0; i++) {
		struct check in = *at;

		yaml_path(in.path, "%s[%zu]", at->path, i);
		in.node = check_node(at->tree, first[i]);
		in.line = yaml_node_line(in.node);
		r = check_value(&in, schema->sequence.entry, err);
	}
	return r;
}

static int check_scalar(const struct check *at, const struct cyaml_schema_value *schema,
			struct err *err)
{
	if (at->node->type != YAML_SCALAR_NODE)
		return check_fail(at, err, "a single value");
	switch (schema->type) {
	case CYAML_UINT: return check_uint(at, schema->data_size, err);
	case CYAML_FLOAT: return check_float(at, err);
	case CYAML_BOOL: return check_bool(at, err);
	case CYAML_ENUM: return check_enum(at, schema, err);
	case CYAML_STRING: return check_string(at, schema, err);
	case CYAML_INT:
	case CYAML_FLAGS:
	case CYAML_MAPPING:
	case CYAML_BITFIELD:
	case CYAML_SEQUENCE:
	case CYAML_SEQUENCE_FIXED:
	case CYAML_IGNORE:
	case CYAML__TYPE_COUNT: break;
	}
	assert(!"a type that base/yaml.h does not allow in a schema");
	return -EINVAL;
}

static int check_value(const struct check *at, const struct cyaml_schema_value *schema,
		       struct err *err)
{
	if (schema->type == CYAML_MAPPING)
		return check_mapping(at, schema, err);
	if (schema->type == CYAML_SEQUENCE)
		return check_sequence(at, schema, err);
	return check_scalar(at, schema, err);
}

int yaml_check_schema(yaml_document_t *tree, const char *name,
		      const struct cyaml_schema_value *schema, struct err *err)
{
	struct check top = {
		.tree = tree,
		.name = name,
		.line = yaml_node_line(tree->nodes.start),
		.node = tree->nodes.start,
	};

	return check_value(&top, schema, err);
}
