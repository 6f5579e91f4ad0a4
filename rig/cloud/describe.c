/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloud/describe.h"
#include "base/text.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ENTRY_WHOLE = -1 };

static bool PRINTF_LIKE(3, 4) fail(char *text, int entry, const char *fmt, ...)
{
	va_list args;
	int at = 0;

	if (entry != ENTRY_WHOLE)
		at = snprintf(text, DESCRIBE_TEXT_MAX, "module %d: ", entry);
	va_start(args, fmt);
	vsnprintf(text + at, (size_t)(DESCRIBE_TEXT_MAX - at), fmt, args);
	va_end(args);
	return false;
}

/* A number that may be missing. */
static bool get_number(const json_t *object, const char *key, int entry, uint32_t *ret, char *text)
{
	const json_t *value = json_object_get(object, key);
	json_int_t number;

	if (!value)
		return true;
	number = json_integer_value(value);
	if (!json_is_integer(value) || number < 0 || number > UINT32_MAX)
		return fail(text, entry, "\"%s\" is no number of 32 bits", key);
	*ret = (uint32_t)number;
	return true;
}

/* One letter that may be missing. */
static bool get_letter(const json_t *object, const char *key, int entry, char *ret, char *text)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return true;
	if (!json_is_string(value) || json_string_length(value) != 1)
		return fail(text, entry, "\"%s\" is not one letter", key);
	*ret = json_string_value(value)[0];
	return true;
}

/* The index is a number written as text. */
static bool get_index(const json_t *object, int entry, uint32_t *ret, char *text)
{
	const json_t *value = json_object_get(object, "n");
	uint64_t number;

	if (!value)
		return true;
	if (!json_is_string(value) ||
	    text_parse_u64(json_string_value(value), UINT8_MAX, &number, NULL) < 0)
		return fail(text, entry, "\"n\" is no index as text");
	*ret = (uint32_t)number;
	return true;
}

static bool get_sha(const json_t *object, int entry, char *ret, char *text)
{
	const json_t *value = json_object_get(object, "u");
	const char *hex = json_string_value(value);

	if (!value)
		return true;
	if (!hex || json_string_length(value) != DESCRIBE_SHA_TEXT - 1 ||
	    strspn(hex, "0123456789abcdefABCDEF") != DESCRIBE_SHA_TEXT - 1)
		return fail(text, entry, "\"u\" is no SHA-256 in hexadecimal");
	memcpy(ret, hex, DESCRIBE_SHA_TEXT);
	return true;
}

static bool get_module(const json_t *object, int entry, struct describe_module *ret, char *text)
{
	if (!json_is_object(object))
		return fail(text, entry, "not an object");
	return get_letter(object, "l", entry, &ret->store, text) &&
	       get_letter(object, "f", entry, &ret->function, text) &&
	       get_index(object, entry, &ret->index, text) &&
	       get_number(object, "v", entry, &ret->version, text) &&
	       get_number(object, "s", entry, &ret->region_bytes, text) &&
	       get_number(object, "vc", entry, &ret->checked, text) &&
	       get_number(object, "vv", entry, &ret->passed, text) &&
	       get_sha(object, entry, ret->sha, text);
}

static bool get_modules(const json_t *root, struct describe *ret, char *text)
{
	const json_t *modules = json_object_get(root, "m");
	size_t count = json_array_size(modules);

	if (!modules)
		return true;
	if (!json_is_array(modules))
		return fail(text, ENTRY_WHOLE, "\"m\" is not an array");
	if (count > DESCRIBE_MODULES_MAX)
		return fail(text, ENTRY_WHOLE, "%zu modules, at most %d are possible", count,
			    DESCRIBE_MODULES_MAX);
	for (size_t i = 0; i < count; i++)
		if (!get_module(json_array_get(modules, i), (int)i, &ret->modules[i], text))
			return false;
	ret->module_count = count;
	return true;
}

static bool keep_name(const char *name, char (*names)[DESCRIBE_NAME_MAX], size_t *count, char *text)
{
	if (!name)
		return fail(text, ENTRY_WHOLE, "a function's name is not text");
	if (*count == DESCRIBE_NAMES_MAX)
		return fail(text, ENTRY_WHOLE, "more than %d functions or variables",
			    DESCRIBE_NAMES_MAX);
	if (!text_copy(names[*count], DESCRIBE_NAME_MAX, name))
		return fail(text, ENTRY_WHOLE, "a name of %zu characters", strlen(name));
	(*count)++;
	return true;
}

static bool get_names(const json_t *root, struct describe *ret, char *text)
{
	json_t *functions = json_object_get(root, "f");
	json_t *variables = json_object_get(root, "v");
	const char *name;
	json_t *value;
	size_t i;

	if ((functions && !json_is_array(functions)) || (variables && !json_is_object(variables)))
		return fail(text, ENTRY_WHOLE, "\"f\" is not an array, or \"v\" not an object");
	json_array_foreach(functions, i,
			   value) if (!keep_name(json_string_value(value), ret->functions,
						 &ret->function_count, text)) return false;
	json_object_foreach(variables, name,
			    value) if (!keep_name(name, ret->variables, &ret->variable_count,
						  text)) return false;
	return true;
}

bool describe_parse(const char *json, size_t len, struct describe *ret,
		    char ret_text[DESCRIBE_TEXT_MAX])
{
	struct describe describe = { .platform = 0 };
	json_error_t error;
	/* a key that is there twice is let pass: the last one counts, as in the boards' own tools
	 */
	json_t *root = json_loadb(json, len, 0, &error);
	bool good;

	if (!root)
		return fail(ret_text, ENTRY_WHOLE, "byte %d: %.100s", error.position, error.text);
	if (!json_is_object(root))
		good = fail(ret_text, ENTRY_WHOLE, "byte 0: not an object");
	else
		good = get_number(root, "p", ENTRY_WHOLE, &describe.platform, ret_text) &&
		       get_modules(root, &describe, ret_text) &&
		       get_names(root, &describe, ret_text);
	json_decref(root);
	if (good)
		*ret = describe;
	return good;
}

const struct describe_module *describe_find(const struct describe *describe, char function,
					    uint32_t index)
{
	for (size_t i = 0; i < describe->module_count; i++) {
		const struct describe_module *module = &describe->modules[i];

		if (module->store == 'm' && module->function == function && module->index == index)
			return module;
	}
	return NULL;
}

bool describe_is_healthy(const struct describe *describe)
{
	size_t seen = 0;

	for (size_t i = 0; i < describe->module_count; i++) {
		const struct describe_module *module = &describe->modules[i];

		if (module->store != 'm')
			continue;
		if (module->checked == 0 || module->passed != module->checked)
			return false;
		seen++;
	}
	return seen > 0;
}
