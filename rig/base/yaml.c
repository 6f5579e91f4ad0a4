/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/yaml.h"
#include "base/file.h"
#include "base/text.h"
#include "base/yaml_check.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>

struct yaml_doc {
	char name[ERR_FILE_MAX];
	yaml_document_t tree;
	const struct cyaml_schema_value *schema;
	void *data;
};

static int yaml_no_memory(const char *name, struct err *err)
{
	return err_set(err, ERR_RIG, -ENOMEM, "no memory to read '%s'", name);
}

/* The 1-based line of the byte at 'offset'. */
static unsigned int line_of(const char *text, size_t offset)
{
	unsigned int line = 1;

	for (size_t i = 0; i < offset; i++)
		line += text[i] == '\n';
	return line;
}

/*
 * libyaml gives a line for broken syntax, but only an offset for bytes that are no characters; and
 * what is still open at the end it finds one line after the last.
 */
static unsigned int problem_line(const yaml_parser_t *parser, const char *text, size_t len)
{
	unsigned int line = (unsigned int)parser->problem_mark.line + 1;
	unsigned int last = line_of(text, len > 0 ? len - 1 : 0);

	if (parser->error == YAML_READER_ERROR)
		return line_of(text, parser->problem_offset < len ? parser->problem_offset : len);
	return line < last ? line : last;
}

static int parse_error(const yaml_parser_t *parser, const char *text, size_t len, const char *name,
		       struct err *err)
{
	if (parser->error == YAML_MEMORY_ERROR)
		return yaml_no_memory(name, err);
	return err_set_at(err, name, problem_line(parser, text, len), "not valid YAML: %s",
			  parser->problem ? parser->problem : "unknown reason");
}

/* There must be no further document. */
static int parse_end(yaml_parser_t *parser, const char *text, size_t len, const char *name,
		     struct err *err)
{
	yaml_document_t next;
	yaml_node_t *root;
	unsigned int line;

	if (!yaml_parser_load(parser, &next))
		return parse_error(parser, text, len, name, err);
	root = yaml_document_get_root_node(&next);
	line = (unsigned int)next.start_mark.line + 1;
	yaml_document_delete(&next);
	return root ? err_set_at(err, name, line, "a second document begins here") : 0;
}

/*
 * libyaml needs seconds for tens of thousands of open brackets. Brackets in texts and comments are
 * counted too: this is a limit on cost, not on syntax.
 */
static int parse_depth(const char *text, size_t len, const char *name, struct err *err)
{
	unsigned int line = 1;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '[' || text[i] == '{')
			depth++;
		else if ((text[i] == ']' || text[i] == '}') && depth > 0)
			depth--;
		line += text[i] == '\n';
		if (depth > YAML_DEPTH_MAX)
			return err_set_at(err, name, line, "more than %d open brackets",
					  YAML_DEPTH_MAX);
	}
	return 0;
}

static int parse_tree(const char *text, size_t len, const char *name, yaml_document_t *ret,
		      struct err *err)
{
	yaml_parser_t parser;
	yaml_node_t *root;
	int r = parse_depth(text, len, name, err);

	if (r < 0)
		return r;
	if (!yaml_parser_initialize(&parser))
		return yaml_no_memory(name, err);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (!yaml_parser_load(&parser, ret)) {
		r = parse_error(&parser, text, len, name, err);
		yaml_parser_delete(&parser);
		return r;
	}
	root = yaml_document_get_root_node(ret);
	if (!root || (root->type == YAML_SCALAR_NODE && root->data.scalar.length == 0))
		r = err_set_at(err, name, 1, "the file is empty");
	else
		r = parse_end(&parser, text, len, name, err);
	yaml_parser_delete(&parser);
	if (r < 0)
		yaml_document_delete(ret);
	return r;
}

/* What libcyaml says first is the cause; its backtrace follows. */
PRINTF_LIKE(3, 0)
static void keep_first_line(cyaml_log_t level, void *ctx, const char *fmt, va_list args)
{
	char *first = ctx;

	if (level < CYAML_LOG_ERROR || first[0])
		return;
	vsnprintf(first, ERR_TEXT_MAX, fmt, args);
	first[strcspn(first, "\n")] = '\0';
}

static cyaml_config_t convert_config(char *first_line)
{
	return (cyaml_config_t){
		.log_fn = keep_first_line,
		.log_ctx = first_line,
		.log_level = CYAML_LOG_ERROR,
		.mem_fn = cyaml_mem,
		.flags = CYAML_CFG_NO_ALIAS,
	};
}

/* The tree was checked against the same schema: what fails here is lack of memory, or news to us.
 */
static int convert(struct yaml_doc *doc, const char *text, size_t len, struct err *err)
{
	char first_line[ERR_TEXT_MAX] = "";
	cyaml_config_t config = convert_config(first_line);
	cyaml_err_t r =
		cyaml_load_data((const uint8_t *)text, len, &config, doc->schema, &doc->data, NULL);

	if (r == CYAML_ERR_OOM)
		return yaml_no_memory(doc->name, err);
	if (r != CYAML_OK)
		return err_set_at(err, doc->name, 0, "%s",
				  first_line[0] ? first_line : cyaml_strerror(r));
	return 0;
}

int yaml_doc_parse(const char *text, size_t len, const char *name,
		   const struct cyaml_schema_value *schema, struct yaml_doc **ret, struct err *err)
{
	struct yaml_doc *doc = calloc(1, sizeof(*doc));
	int r;

	if (!doc)
		return yaml_no_memory(name, err);
	text_copy(doc->name, sizeof(doc->name), name);
	doc->schema = schema;
	r = parse_tree(text, len, name, &doc->tree, err);
	if (r < 0) {
		free(doc);
		return r;
	}
	r = yaml_check_tree(&doc->tree, name, err);
	if (r == 0)
		r = yaml_check_schema(&doc->tree, name, schema, err);
	if (r == 0)
		r = convert(doc, text, len, err);
	if (r < 0) {
		yaml_doc_free(doc);
		return r;
	}
	*ret = doc;
	return 0;
}

int yaml_doc_load(const char *path, size_t bytes_max, const struct cyaml_schema_value *schema,
		  struct yaml_doc **ret, struct err *err)
{
	AUTO_FREE uint8_t *bytes = NULL;
	size_t len;
	int r = file_read(path, bytes_max, &bytes, &len, err);

	if (r < 0)
		return r;
	return yaml_doc_parse((const char *)bytes, len, path, schema, ret, err);
}

void yaml_doc_free(struct yaml_doc *doc)
{
	char ignored[ERR_TEXT_MAX] = "";
	cyaml_config_t config = convert_config(ignored);

	if (!doc)
		return;
	cyaml_free(&config, doc->schema, doc->data, 0);
	yaml_document_delete(&doc->tree);
	free(doc);
}

const void *yaml_doc_get_data(const struct yaml_doc *doc)
{
	return doc->data;
}

/* libyaml's look-ups are not const, but do not write. */
static yaml_node_t *tree_node(const yaml_document_t *tree, int id)
{
	return tree->nodes.start + id - 1;
}

/* The value of the key that is the first 'len' characters of 'key'; its line is the key's. */
static yaml_node_t *step_key(const yaml_document_t *tree, const yaml_node_t *node, const char *key,
			     size_t len, unsigned int *line)
{
	if (node->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *k = tree_node(tree, pair->key);

		if (k->data.scalar.length != len || memcmp(k->data.scalar.value, key, len) != 0)
			continue;
		*line = yaml_node_line(k);
		return tree_node(tree, pair->value);
	}
	return NULL;
}

static yaml_node_t *step_item(const yaml_document_t *tree, const yaml_node_t *node, size_t index,
			      unsigned int *line)
{
	yaml_node_t *item;

	if (node->type != YAML_SEQUENCE_NODE ||
	    index >= (size_t)(node->data.sequence.items.top - node->data.sequence.items.start))
		return NULL;
	item = tree_node(tree, node->data.sequence.items.start[index]);
	*line = yaml_node_line(item);
	return item;
}

/* Follows 'path' as far as it goes; *line is that of the last part found. NULL: not all of it. */
static const yaml_node_t *resolve(const struct yaml_doc *doc, const char *path, unsigned int *line)
{
	const yaml_node_t *node = doc->tree.nodes.start;

	*line = yaml_node_line(node);
	while (node && *path) {
		if (*path == '[') {
			char *end;
			size_t index = strtoul(path + 1, &end, 10);

			assert(*end == ']');
			node = step_item(&doc->tree, node, index, line);
			path = end + 1;
		} else {
			size_t len = strcspn(path, ".[");

			node = step_key(&doc->tree, node, path, len, line);
			path += len;
		}
		path += *path == '.';
	}
	return node;
}

bool yaml_doc_has(const struct yaml_doc *doc, const char *path)
{
	unsigned int line;

	return resolve(doc, path, &line) != NULL;
}

unsigned int yaml_doc_line(const struct yaml_doc *doc, const char *path)
{
	unsigned int line;

	resolve(doc, path, &line);
	return line;
}

const char *yaml_path(char buf[YAML_PATH_MAX], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, YAML_PATH_MAX, fmt, ap);
	va_end(ap);
	return buf;
}

int yaml_doc_fail(const struct yaml_doc *doc, struct err *err, const char *path, const char *fmt,
		  ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set_at(err, doc->name, yaml_doc_line(doc, path), "%s", text);
}

int yaml_doc_name(const struct yaml_doc *doc, const char *path, const char *text, const char *more,
		  struct err *err)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789";

	for (const char *c = text; *c; c++)
		if (!strchr(plain, *c) && (c == text || (*c != '-' && !strchr(more, *c))))
			return yaml_doc_fail(doc, err, path,
					     "'%s' has bad characters for '%s', use a-z 0-9 -%s%s",
					     text, path, more[0] ? " " : "", more);
	return 0;
}

int yaml_doc_duration(const struct yaml_doc *doc, const char *path, const char *text,
		      int64_t *ret_us, struct err *err)
{
	struct err cause = ERR_INIT;
	int64_t us;

	if (text_parse_duration(text, &us, &cause) < 0)
		return yaml_doc_fail(doc, err, path, "%s for '%s'", cause.text, path);
	if (us == 0)
		return yaml_doc_fail(doc, err, path, "'%s' must be above zero", path);
	*ret_us = us;
	return 0;
}
