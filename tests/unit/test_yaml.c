/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/yaml.h"
#include "lib/edit.h"
#include "lib/testing.h"

#include <cyaml/cyaml.h>
#include <stdbool.h>

enum colour { RED = 1, BLUE = 2 };

struct fruit {
	char name[8];
	uint8_t weight;
};

struct basket {
	char *owner;
	uint16_t number;
	uint64_t serial;
	double price;
	bool open;
	enum colour colour;
	uint32_t width;
	struct fruit *fruits;
	uint32_t fruits_count;
};

static const cyaml_strval_t colour_words[] = { { "red", RED }, { "blue", BLUE } };

static const cyaml_schema_field_t fruit_fields[] = {
	CYAML_FIELD_STRING("name", CYAML_FLAG_DEFAULT, struct fruit, name, 1),
	CYAML_FIELD_UINT("weight", CYAML_FLAG_OPTIONAL, struct fruit, weight),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t fruit_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct fruit, fruit_fields),
};

static const cyaml_schema_field_t size_fields[] = {
	CYAML_FIELD_UINT("width", CYAML_FLAG_DEFAULT, struct basket, width),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t basket_fields[] = {
	CYAML_FIELD_STRING_PTR("owner", CYAML_FLAG_DEFAULT, struct basket, owner, 1, 20),
	CYAML_FIELD_UINT("number", CYAML_FLAG_DEFAULT, struct basket, number),
	CYAML_FIELD_UINT("serial", CYAML_FLAG_OPTIONAL, struct basket, serial),
	CYAML_FIELD_FLOAT("price", CYAML_FLAG_DEFAULT, struct basket, price),
	CYAML_FIELD_BOOL("open", CYAML_FLAG_DEFAULT, struct basket, open),
	CYAML_FIELD_ENUM("colour", CYAML_FLAG_STRICT, struct basket, colour, colour_words,
			 ARRAY_LEN(colour_words)),
	YAML_FIELD_GROUP("size", CYAML_FLAG_DEFAULT, struct basket, size_fields),
	CYAML_FIELD_SEQUENCE("fruits", CYAML_FLAG_POINTER, struct basket, fruits, &fruit_schema, 1,
			     3),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t basket_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct basket, basket_fields),
};

static const char good[] = "# a comment\n"		   /* 1 */
			   "owner: someone\n"		   /* 2 */
			   "number: 65535\n"		   /* 3 */
			   "serial: 0xffffffffffffffff\n"  /* 4 */
			   "price: 0.25\n"		   /* 5 */
			   "open: true\n"		   /* 6 */
			   "colour: blue\n"		   /* 7 */
			   "size:\n"			   /* 8 */
			   "  width: 7\n"		   /* 9 */
			   "fruits:\n"			   /* 10 */
			   "  - name: apple\n"		   /* 11 */
			   "    weight: 255\n"		   /* 12 */
			   "  - {name: pear, weight: 9}\n" /* 13 */
			   "  - {name: plum}\n";	   /* 14 */

START_TEST(good_text_gives_the_struct)
{
	struct err err = ERR_INIT;
	const struct basket *basket;
	struct yaml_doc *doc;

	ck_assert_int_eq(yaml_doc_parse(good, strlen(good), "f", &basket_schema, &doc, &err), 0);
	basket = yaml_doc_get_data(doc);
	ck_assert_str_eq(basket->owner, "someone");
	ck_assert_uint_eq(basket->number, 65535);
	ck_assert_uint_eq(basket->serial, UINT64_MAX);
	ck_assert_double_eq(basket->price, 0.25);
	ck_assert(basket->open);
	ck_assert_int_eq(basket->colour, BLUE);
	ck_assert_uint_eq(basket->width, 7);
	ck_assert_uint_eq(basket->fruits_count, 3);
	ck_assert_str_eq(basket->fruits[0].name, "apple");
	ck_assert_uint_eq(basket->fruits[0].weight, 255);
	ck_assert_uint_eq(basket->fruits[2].weight, 0);
	yaml_doc_free(doc);
}
END_TEST

static const struct edit edits[] = {
	/* keys */
	{ "price", "prize", 5, "unknown key 'prize'" },
	{ "  width: 7", "  with: 7", 9, "unknown key 'with' in 'size'" },
	{ "plum", "plum, hue: 1", 14, "unknown key 'hue' in 'fruits[2]'" },
	{ "open: true\n", "", 2, "missing key 'open'" },
	{ "  width: 7", "  {}", 8, "missing key 'width' in 'size'" },
	{ "name: pear, ", "", 13, "missing key 'name' in 'fruits[1]'" },
	{ "open: true", "owner: me", 6, "duplicate key 'owner'" },
	{ "weight: 9", "name: x", 13, "duplicate key 'name'" },
	{ "open: true", "open: true\n? [a]\n: b", 7, "a key must be a single word" },
	/* numbers: libcyaml alone would take the first four of these */
	{ "65535", "12abc", 3, "'12abc' is not a number for 'number'" },
	{ "65535", "010", 3, "'010' is not a number for 'number'" },
	{ "65535", "+5", 3, "'+5' is not a number for 'number'" },
	{ "65535", "' 5'", 3, "' 5' is not a number for 'number'" },
	{ "65535", "-5", 3, "'-5' is not a number for 'number'" },
	{ "65535", "1.5", 3, "'1.5' is not a number for 'number'" },
	{ "65535", "", 3, "'' is not a number for 'number'" },
	{ "65535", "65536", 3, "'65536' is too large for 'number', at most 65535" },
	{ "0xffffffffffffffff", "18446744073709551616", 4,
	  "'18446744073709551616' is too large for 'serial', at most 18446744073709551615" },
	{ "255", "256", 12, "'256' is too large for 'fruits[0].weight', at most 255" },
	{ "0.25", "1x", 5, "'1x' is not a number for 'price'" },
	{ "0.25", "nan", 5, "'nan' is not a number for 'price'" },
	{ "0.25", "0x10", 5, "'0x10' is not a number for 'price'" },
	{ "0.25", "1e999", 5, "'1e999' is not a number for 'price'" },
	/* words and texts */
	{ "true", "maybe", 6, "'open' must be 'true' or 'false', not 'maybe'" },
	{ "true", "yes", 6, "'open' must be 'true' or 'false', not 'yes'" },
	{ "blue", "green", 7, "unknown word 'green' for 'colour', known: red, blue" },
	{ "blue", "2", 7, "unknown word '2' for 'colour', known: red, blue" },
	{ "someone", "", 2, "'owner' is empty" },
	{ "someone", "a very long name indeed", 2, "'owner' is longer than 20 bytes" },
	{ "apple", "pineapple", 11, "'fruits[0].name' is longer than 7 bytes" },
	{ "someone", "\"a\\nb\"", 2, "a line break or control character inside a value" },
	{ "someone", "\"a\\0b\"", 2, "a line break or control character inside a value" },
	/* shapes */
	{ "someone", "[a]", 2, "'owner' must be a single value" },
	{ "someone", "{a: b}", 2, "'owner' must be a single value" },
	{ "\n  width: 7", " 7", 8, "'size' must be keys with values" },
	{ "{name: plum}", "plum", 14, "'fruits[2]' must be keys with values" },
	{ "{name: plum}", "{name: plum}\n  - {name: fig}", 10, "'fruits' has more than 3 entries" },
	{ "\n  - name: apple\n    weight: 255\n  - {name: pear, weight: 9}\n  - {name: plum}",
	  " []", 10, "'fruits' needs 1 or more entries" },
	/* YAML itself */
	{ "open: true", "open: &x true\nclosed: *x", 7, "aliases ('*name') are not supported" },
	{ "number: 65535", "number: *x", 3, "not valid YAML: found undefined alias" },
	{ "plum}\n", "plum}\n---\na: b\n", 15, "a second document begins here" },
	{ "plum}", "plum", 14, "not valid YAML: did not find expected ',' or '}'" },
	{ "someone", "some: one", 2,
	  "not valid YAML: mapping values are not allowed in this context" },
	{ "blue", "\xff", 7, "not valid YAML: invalid leading UTF-8 octet" },
	{ "blue", "\x01", 7, "not valid YAML: control characters are not allowed" },
};

START_TEST(bad_text_is_told_with_its_line)
{
	char *text = edit_apply(good, &edits[_i]);
	struct err err = ERR_INIT;
	struct yaml_doc *doc = NULL;

	ck_assert_int_lt(yaml_doc_parse(text, strlen(text), "b.yaml", &basket_schema, &doc, &err),
			 0);
	ck_assert_ptr_null(doc);
	edit_expect(&edits[_i], &err, "b.yaml");
	free(text);
}
END_TEST

static const struct {
	const char *text;
	unsigned int line;
	const char *says;
} wholes[] = {
	{ "", 1, "the file is empty" },
	{ "# nothing\n", 1, "the file is empty" },
	{ "\n---", 1, "the file is empty" },
	{ "\n\nword\n", 3, "'the file' must be keys with values" },
	{ "- a\n", 1, "'the file' must be keys with values" },
	{ "&a [*a]\n", 1, "aliases ('*name') are not supported" },
	{ "fruits: []", 1, "missing key 'owner'" },
};

START_TEST(whole_files)
{
	struct err err = ERR_INIT;
	struct yaml_doc *doc;

	ck_assert_int_lt(yaml_doc_parse(wholes[_i].text, strlen(wholes[_i].text), "w",
					&basket_schema, &doc, &err),
			 0);
	ck_assert_str_eq(err.text, wholes[_i].says);
	ck_assert_uint_eq(err.line, wholes[_i].line);
}
END_TEST

static const struct {
	const char *unit; /* repeated to fill the text */
	const char *says;
} hostile[] = {
	{ "[", "more than 64 open brackets" },
	{ "{a: ", "more than 64 open brackets" },
	{ "- ", "more than 8192 keys and values" },
	{ "- a\n", "more than 8192 keys and values" },
	{ "aa: bb \n", "more than 8192 keys and values" },
};

START_TEST(hostile_text_costs_little)
{
	static char text[65536];
	size_t len = strlen(hostile[_i].unit);
	struct err err = ERR_INIT;
	struct yaml_doc *doc;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = hostile[_i].unit[i % len];
	ck_assert_int_lt(yaml_doc_parse(text, sizeof(text), "h", &basket_schema, &doc, &err), 0);
	ck_assert_str_eq(err.text, hostile[_i].says);
}
END_TEST

static const struct {
	const char *path;
	bool has;
	unsigned int line;
} paths[] = {
	{ "", true, 2 },
	{ "colour", true, 7 },
	{ "size", true, 8 },
	{ "size.width", true, 9 },
	{ "fruits[0]", true, 11 },
	{ "fruits[0].weight", true, 12 },
	{ "fruits[2].name", true, 14 },
	/* what is not there has the line of what should hold it */
	{ "size.height", false, 8 },
	{ "fruits[2].weight", false, 14 },
	{ "fruits[3].name", false, 10 },
	{ "size[0]", false, 8 },
	{ "nothing.at.all", false, 2 },
	{ "col", false, 2 },
};

START_TEST(paths_have_lines)
{
	struct yaml_doc *doc;

	ck_assert_int_eq(yaml_doc_parse(good, strlen(good), "f", &basket_schema, &doc, NULL), 0);
	ck_assert_int_eq(yaml_doc_has(doc, paths[_i].path), paths[_i].has);
	ck_assert_uint_eq(yaml_doc_line(doc, paths[_i].path), paths[_i].line);
	yaml_doc_free(doc);
}
END_TEST

START_TEST(values_judged_later)
{
	struct err err = ERR_INIT;
	struct yaml_doc *doc;
	int64_t us = 1;

	ck_assert_int_eq(yaml_doc_parse(good, strlen(good), "f", &basket_schema, &doc, NULL), 0);
	ck_assert_int_eq(yaml_doc_duration(doc, "size.width", "7ms", &us, &err), 0);
	ck_assert_int_eq(us, 7000);
	ck_assert_int_lt(yaml_doc_duration(doc, "size.width", "7", &us, &err), 0);
	ck_assert_str_eq(err.text, "duration '7' needs a unit: us, ms, s, min, h for 'size.width'");
	ck_assert_uint_eq(err.line, 9);
	ck_assert_int_lt(yaml_doc_duration(doc, "size.width", "0", &us, &err), 0);
	ck_assert_str_eq(err.text, "'size.width' must be above zero");
	ck_assert_int_eq(us, 7000);
	ck_assert_int_eq(yaml_doc_name(doc, "owner", "a-1.5", ".", &err), 0);
	ck_assert_int_lt(yaml_doc_name(doc, "owner", "a.b", "", &err), 0);
	ck_assert_str_eq(err.text, "'a.b' has bad characters for 'owner', use a-z 0-9 -");
	ck_assert_int_lt(yaml_doc_name(doc, "owner", "../b", ".", &err), 0);
	ck_assert_str_eq(err.text, "'../b' has bad characters for 'owner', use a-z 0-9 - .");
	ck_assert_str_eq(err.file, "f");
	ck_assert_uint_eq(err.line, 2);
	yaml_doc_free(doc);
}
END_TEST

START_TEST(missing_file)
{
	struct err err = ERR_INIT;
	struct yaml_doc *doc;

	ck_assert_int_lt(yaml_doc_load("no/such.yaml", 10, &basket_schema, &doc, &err), 0);
	ck_assert_int_eq(err.kind, ERR_CONFIG);
	ck_assert_str_eq(err.text, "cannot read 'no/such.yaml': No such file or directory");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("yaml");
	TCase *tcase = tcase_create("all");

	tcase_add_test(tcase, good_text_gives_the_struct);
	tcase_add_loop_test(tcase, bad_text_is_told_with_its_line, 0, ARRAY_LEN(edits));
	tcase_add_loop_test(tcase, whole_files, 0, ARRAY_LEN(wholes));
	tcase_add_loop_test(tcase, hostile_text_costs_little, 0, ARRAY_LEN(hostile));
	tcase_add_loop_test(tcase, paths_have_lines, 0, ARRAY_LEN(paths));
	tcase_add_test(tcase, values_judged_later);
	tcase_add_test(tcase, missing_file);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
