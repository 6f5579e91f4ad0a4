/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/module_info.h"

#include "base/macros.h"
#include "base/text.h"
#include "image/image.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* By the function's number in a module's header. */
static const char letters[] = {
	[IMAGE_FUNCTION_NONE] = 'n',	   [IMAGE_FUNCTION_RESOURCE] = 'r',
	[IMAGE_FUNCTION_BOOTLOADER] = 'b', [IMAGE_FUNCTION_MONOLITHIC] = 'm',
	[IMAGE_FUNCTION_SYSTEM] = 's',	   [IMAGE_FUNCTION_USER] = 'u',
};

static bool refuse(char ret_why[MODULE_INFO_WHY_MAX], const char *what)
{
	text_copy(ret_why, MODULE_INFO_WHY_MAX, what);
	return false;
}

/* A number, or the text of one. A key that is not there leaves *ret alone. */
static bool read_number(const json_t *object, const char *key, uint64_t max, uint64_t *ret)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return true;
	if (json_is_integer(value)) {
		json_int_t number = json_integer_value(value);

		*ret = (uint64_t)number;
		return number >= 0 && (uint64_t)number <= max;
	}
	return json_is_string(value) &&
	       text_parse_u64(json_string_value(value), max, ret, NULL) == 0;
}

/* One letter. A key that is not there leaves *ret alone. */
static bool read_letter(const json_t *object, const char *key, char *ret)
{
	const json_t *value = json_object_get(object, key);

	if (!value)
		return true;
	if (!json_is_string(value) || json_string_length(value) != 1)
		return false;
	*ret = json_string_value(value)[0];
	return true;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_hash(const json_t *object, struct module_info_module *module)
{
	const json_t *value = json_object_get(object, "u");
	const char *text = json_string_value(value);

	if (!value)
		return true;
	if (!text || json_string_length(value) != SHA256_HEX - 1)
		return false;
	for (size_t i = 0; i < SHA256_BYTES; i++) {
		int high = nibble(text[2 * i]);
		int low = nibble(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		module->hash[i] = (uint8_t)(high << 4 | low);
	}
	module->has_hash = true;
	return true;
}

/* Function, index, version: of a module and of what one needs. */
static bool read_name(const json_t *object, char *function, uint8_t *index, uint16_t *version)
{
	uint64_t number = 0;
	uint64_t told_version = 0;

	if (!read_letter(object, "f", function) || !read_number(object, "n", UINT8_MAX, &number) ||
	    !read_number(object, "v", UINT16_MAX, &told_version))
		return false;
	*index = (uint8_t)number;
	*version = (uint16_t)told_version;
	return true;
}

static bool read_needs(const json_t *object, struct module_info_module *module)
{
	const json_t *list = json_object_get(object, "d");

	if (!list)
		return true;
	if (!json_is_array(list))
		return false;
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct module_info_need *need = &module->needs[module->need_count];

		if (module->need_count == MODULE_INFO_NEEDS_MAX)
			return false;
		if (!json_is_object(json_array_get(list, i)) ||
		    !read_name(json_array_get(list, i), &need->function, &need->index,
			       &need->version))
			return false;
		module->need_count++;
	}
	return true;
}

static bool read_module(const json_t *object, struct module_info_module *module,
			char ret_why[MODULE_INFO_WHY_MAX])
{
	uint64_t size = 0;
	uint64_t checked = 0;
	uint64_t passed = 0;

	if (!json_is_object(object))
		return refuse(ret_why, "a module is no object");
	if (!read_number(object, "s", UINT32_MAX, &size) ||
	    !read_number(object, "vc", UINT16_MAX, &checked) ||
	    !read_number(object, "vv", UINT16_MAX, &passed) ||
	    !read_letter(object, "l", &module->store))
		return refuse(ret_why, "a module's place or checks cannot be read");
	if (passed & ~checked)
		return refuse(ret_why, "a module passed checks that were not made");
	if (!read_name(object, &module->function, &module->index, &module->version))
		return refuse(ret_why, "a module's function, index or version cannot be read");
	if (!read_hash(object, module))
		return refuse(ret_why, "a module's hash is none");
	if (!read_needs(object, module))
		return refuse(ret_why, "what a module needs cannot be read");
	module->size = (uint32_t)size;
	module->checked = (uint16_t)checked;
	module->passed = (uint16_t)passed;
	return true;
}

static bool read_all(const json_t *root, struct module_info *info,
		     char ret_why[MODULE_INFO_WHY_MAX])
{
	const json_t *list = json_object_get(root, "m");
	uint64_t platform = 0;

	if (!json_is_object(root))
		return refuse(ret_why, "it is no JSON object");
	if (!read_number(root, "p", UINT16_MAX, &platform))
		return refuse(ret_why, "the platform is no number");
	info->platform_id = (uint16_t)platform;
	if (!json_is_array(list))
		return refuse(ret_why, "there is no list of modules");
	if (json_array_size(list) > MODULE_INFO_MODULES_MAX)
		return refuse(ret_why, "there are too many modules");
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!read_module(json_array_get(list, i), &info->modules[info->count], ret_why))
			return false;
		info->count++;
	}
	return true;
}

bool module_info_parse(const char *text, size_t len, struct module_info *ret,
		       char ret_why[MODULE_INFO_WHY_MAX])
{
	struct module_info info = { 0 };
	json_error_t why;
	json_t *root;
	bool good;

	if (len > MODULE_INFO_TEXT_MAX)
		return refuse(ret_why, "it is too long");
	root = json_loadb(text, len, 0, &why);
	if (!root) {
		snprintf(ret_why, MODULE_INFO_WHY_MAX, "no JSON at byte %d", why.position);
		return false;
	}
	good = read_all(root, &info, ret_why);
	json_decref(root);
	if (good)
		*ret = info;
	return good;
}

const struct module_info_module *module_info_find(const struct module_info *info, uint8_t function,
						  uint8_t index)
{
	if (function >= ARRAY_LEN(letters))
		return NULL;
	for (size_t i = 0; i < info->count; i++) {
		const struct module_info_module *module = &info->modules[i];

		if (module->function == letters[function] && module->index == index &&
		    (module->store == MODULE_INFO_MAIN ||
		     module->store == MODULE_INFO_STORE_UNKNOWN))
			return module;
	}
	return NULL;
}
