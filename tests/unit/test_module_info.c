/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a board says of its modules, read; and what it proves of a part. */
#include "base/macros.h"
#include "delivery/module_info.h"
#include "delivery/proof.h"
#include "lib/testing.h"

#include <string.h>

#define HASH "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff"

/* The shape of 0.5.2, with its stray keys and an empty factory entry. */
static const char old[] =
	"{\"p\":6,\"m\":["
	"{\"s\":16384,\"l\":\"m\",\"vc\":30,\"vv\":30,\"f\":\"b\",\"n\":\"0\",\"v\":7,\"d\":[]},"
	"{\"s\":262144,\"l\":\"m\",\"vc\":30,\"vv\":30,\"f\":\"s\",\"n\":\"1\",\"v\":17,\"d\":[]},"
	"{\"s\":262144,\"l\":\"m\",\"vc\":30,\"vv\":26,\"f\":\"s\",\"n\":\"2\",\"v\":17,"
	"\"d\":[{\"f\":\"s\",\"n\":\"1\",\"v\":18,\"_\":\"\"}]},"
	"{\"s\":131072,\"l\":\"f\",\"vc\":30,\"vv\":30,\"u\":\"" HASH
	"\",\"f\":\"u\",\"n\":\"1\",\"v\":9,\"d\":[]},"
	"{\"s\":131072,\"l\":\"m\",\"vc\":30,\"vv\":30,\"u\":\"" HASH
	"\",\"f\":\"u\",\"n\":\"1\",\"v\":2,\"d\":[]},"
	"{\"s\":131072,\"l\":\"f\",\"vc\":30,\"vv\":0,\"d\":[]}]}";

static struct module_info read(const char *text)
{
	struct module_info info;
	char why[MODULE_INFO_WHY_MAX];

	ck_assert_msg(module_info_parse(text, strlen(text), &info, why), "%s", why);
	return info;
}

START_TEST(modules_are_read)
{
	struct module_info info = read(old);
	const struct module_info_module *module = module_info_find(&info, IMAGE_FUNCTION_SYSTEM, 2);

	ck_assert_uint_eq(info.platform_id, 6);
	ck_assert_uint_eq(info.count, 6);
	ck_assert_ptr_nonnull(module);
	ck_assert_uint_eq(module->size, 262144);
	ck_assert_uint_eq(module->version, 17);
	ck_assert_uint_eq(module->checked, 30);
	ck_assert_uint_eq(module->passed, 26);
	ck_assert(!module->has_hash);
	ck_assert_uint_eq(module->need_count, 1);
	ck_assert_int_eq(module->needs[0].function, 's');
	ck_assert_uint_eq(module->needs[0].index, 1);
	ck_assert_uint_eq(module->needs[0].version, 18);
	module = module_info_find(&info, IMAGE_FUNCTION_USER, 1); /* not the factory's */
	ck_assert_ptr_nonnull(module);
	ck_assert_uint_eq(module->version, 2);
	ck_assert(module->has_hash);
	ck_assert_uint_eq(module->hash[1], 0x11);
	ck_assert_uint_eq(module->hash[10], 0xaa);
	ck_assert_uint_eq(module->hash[31], 0xff);
	ck_assert_ptr_nonnull(module_info_find(&info, IMAGE_FUNCTION_BOOTLOADER, 0));
	ck_assert_ptr_null(module_info_find(&info, IMAGE_FUNCTION_SYSTEM, 3));
	ck_assert_ptr_null(module_info_find(&info, 200, 1));
	ck_assert_int_eq(info.modules[5].store, MODULE_INFO_FACTORY);
	ck_assert_int_eq(info.modules[5].function, 0);
}
END_TEST

/* Numbers as text and text as numbers, and keys of others. */
START_TEST(kinds_of_values_do_not_matter)
{
	struct module_info info =
		read("{\"f\":[\"led\"],\"v\":{\"x\":2},\"p\":\"8\",\"imei\":\"1\","
		     "\"m\":[{\"f\":\"s\",\"n\":1,\"v\":\"1512\",\"vc\":\"30\","
		     "\"vv\":\"0x1e\",\"new\":[1]}]}");
	const struct module_info_module *module = module_info_find(&info, IMAGE_FUNCTION_SYSTEM, 1);

	ck_assert_uint_eq(info.platform_id, 8);
	ck_assert_ptr_nonnull(module);
	ck_assert_uint_eq(module->version, 1512);
	ck_assert_uint_eq(module->passed, 30);
}
END_TEST

static const struct bad {
	const char *text;
	const char *why;
} bads[] = {
	{ "", "no JSON at byte 0" },
	{ "{\"m\":[}", NULL },
	{ "[]", "it is no JSON object" },
	{ "{\"p\":8}", "there is no list of modules" },
	{ "{\"p\":-1,\"m\":[]}", "the platform is no number" },
	{ "{\"m\":[7]}", "a module is no object" },
	{ "{\"m\":[{\"vc\":70000}]}", "a module's place or checks cannot be read" },
	{ "{\"m\":[{\"l\":\"mm\"}]}", "a module's place or checks cannot be read" },
	{ "{\"m\":[{\"vc\":2,\"vv\":30}]}", "a module passed checks that were not made" },
	{ "{\"m\":[{\"n\":\"256\"}]}", "a module's function, index or version cannot be read" },
	{ "{\"m\":[{\"v\":1.5}]}", "a module's function, index or version cannot be read" },
	{ "{\"m\":[{\"u\":\"0011\"}]}", "a module's hash is none" },
	{ "{\"m\":[{\"u\":\"x0112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff\"}]}",
	  "a module's hash is none" },
	{ "{\"m\":[{\"d\":3}]}", "what a module needs cannot be read" },
	{ "{\"m\":[{\"d\":[{},{},{},{},{}]}]}", "what a module needs cannot be read" },
	{ "{\"m\":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}",
	  "there are too many modules" },
};

START_TEST(nonsense_is_refused)
{
	struct module_info info = { .count = 99 };
	char why[MODULE_INFO_WHY_MAX] = "";

	ck_assert(!module_info_parse(bads[_i].text, strlen(bads[_i].text), &info, why));
	if (bads[_i].why)
		ck_assert_str_eq(why, bads[_i].why);
	else
		ck_assert(why[0]);
	ck_assert_uint_eq(info.count, 99);
}
END_TEST

START_TEST(too_long_is_refused)
{
	static char text[MODULE_INFO_TEXT_MAX + 2];
	struct module_info info;
	char why[MODULE_INFO_WHY_MAX];

	memset(text, ' ', sizeof(text));
	memcpy(text, "{\"m\":[]}", 8);
	ck_assert(module_info_parse(text, MODULE_INFO_TEXT_MAX, &info, why));
	ck_assert(!module_info_parse(text, MODULE_INFO_TEXT_MAX + 1, &info, why));
	ck_assert_str_eq(why, "it is too long");
}
END_TEST

static const struct told {
	uint8_t function, index;
	uint16_t version;
	uint8_t hash; /* first byte of the part's */
	enum delivery_proof_kind kind;
	const char *text;
} tolds[] = {
	{ IMAGE_FUNCTION_SYSTEM, 1, 17, 0, DELIVERY_PROOF_INSTALLED,
	  "console: part has version 17" },
	{ IMAGE_FUNCTION_SYSTEM, 1, 18, 0, DELIVERY_PROOF_OTHER, "console: part has version 17" },
	{ IMAGE_FUNCTION_SYSTEM, 2, 17, 0, DELIVERY_PROOF_BAD,
	  "console: part version 17, of checks 30 passed 26" },
	{ IMAGE_FUNCTION_SYSTEM, 3, 17, 0, DELIVERY_PROOF_BAD,
	  "console: no module part is listed" },
	{ IMAGE_FUNCTION_USER, 1, 2, 0x00, DELIVERY_PROOF_INSTALLED,
	  "console: part has version 2" },
	{ IMAGE_FUNCTION_USER, 1, 2, 0x01, DELIVERY_PROOF_OTHER,
	  "console: part has version 2, but another hash" },
	{ IMAGE_FUNCTION_BOOTLOADER, 0, 7, 0, DELIVERY_PROOF_INSTALLED,
	  "console: part has version 7" },
};

START_TEST(proof_of_a_part)
{
	const struct told *row = &tolds[_i];
	struct module_info info = read(old);
	const struct module_info_module *user = module_info_find(&info, IMAGE_FUNCTION_USER, 1);
	struct image image = { .header = { .function = row->function,
					   .index = row->index,
					   .version = row->version } };
	const struct delivery_part part = { .name = "part", .image = &image };
	const struct delivery_run run = { .part = &part };
	struct delivery_proof proof;

	memcpy(image.sha_stored, user->hash, sizeof(image.sha_stored));
	image.sha_stored[0] = row->hash;
	proof_by_info(&run, &info, "console", &proof);
	ck_assert_str_eq(proof.text, row->text);
	ck_assert_int_eq(proof.kind, row->kind);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("module information");
	TCase *tcase = tcase_create("module-info");

	tcase_add_test(tcase, modules_are_read);
	tcase_add_test(tcase, kinds_of_values_do_not_matter);
	tcase_add_loop_test(tcase, nonsense_is_refused, 0, ARRAY_LEN(bads));
	tcase_add_test(tcase, too_long_is_refused);
	tcase_add_loop_test(tcase, proof_of_a_part, 0, ARRAY_LEN(tolds));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
