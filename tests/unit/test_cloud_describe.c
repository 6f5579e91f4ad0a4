/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Descriptions of boards: the one of facts 2.7, what boards leave out, and what is none. */
#include "cloud/describe.h"
#include "lib/testing.h"

#include <string.h>

#define SHA "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* A healthy Photon on 0.5.2. */
static const char photon[] =
	"{\"f\":[\"led\",\"go\"],\"v\":{\"temp\":9},\"p\":6,\"m\":["
	"{\"s\":16384,\"l\":\"m\",\"vc\":30,\"vv\":30,\"f\":\"b\",\"n\":\"0\",\"v\":7,\"d\":[]},"
	"{\"s\":262144,\"l\":\"m\",\"vc\":30,\"vv\":30,\"f\":\"s\",\"n\":\"1\",\"v\":17,\"d\":[]},"
	"{\"s\":262144,\"l\":\"m\",\"vc\":30,\"vv\":30,\"f\":\"s\",\"n\":\"2\",\"v\":17,\"d\":[{"
	"\"f\":"
	"\"s\",\"n\":\"1\",\"v\":17,\"_\":\"\"}]},"
	"{\"s\":131072,\"l\":\"m\",\"vc\":30,\"vv\":30,\"u\":\"" SHA "\",\"f\":\"u\",\"n\":\"1\","
	"\"v\":2,\"d\":[{\"f\":\"s\",\"n\":\"2\",\"v\":1,\"_\":\"\"}]},"
	"{\"s\":131072,\"l\":\"f\",\"vc\":30,\"vv\":0,\"d\":[]}]}";

static bool parse(const char *json, struct describe *ret, char *text)
{
	return describe_parse(json, strlen(json), ret, text);
}

START_TEST(healthy_photon)
{
	struct describe describe;
	char text[DESCRIBE_TEXT_MAX];
	const struct describe_module *module;

	ck_assert_msg(parse(photon, &describe, text), "%s", text);
	ck_assert_uint_eq(describe.platform, 6);
	ck_assert_uint_eq(describe.module_count, 5);
	ck_assert_uint_eq(describe.function_count, 2);
	ck_assert_str_eq(describe.functions[1], "go");
	ck_assert_uint_eq(describe.variable_count, 1);
	ck_assert_str_eq(describe.variables[0], "temp");
	ck_assert(describe_is_healthy(&describe));
	module = describe_find(&describe, 's', 2);
	ck_assert_ptr_nonnull(module);
	ck_assert_uint_eq(module->version, 17);
	ck_assert_uint_eq(module->region_bytes, 262144);
	ck_assert_uint_eq(module->checked, 30);
	ck_assert_uint_eq(module->passed, 30);
	ck_assert_str_eq(module->sha, "");
	ck_assert_str_eq(describe_find(&describe, 'u', 1)->sha, SHA);
	ck_assert_ptr_null(describe_find(&describe, 's', 3));
	ck_assert_int_eq(describe.modules[4].store, 'f');
	ck_assert_int_eq(describe.modules[4].function, '\0');
}
END_TEST

static const struct health_row {
	const char *json;
	bool healthy;
} healths[] = {
	{ "{\"m\":[{\"l\":\"m\",\"f\":\"s\",\"n\":\"1\",\"v\":1,\"vc\":30,\"vv\":26}]}", false },
	{ "{\"m\":[{\"l\":\"m\",\"f\":\"s\",\"n\":\"1\",\"v\":1,\"vc\":30,\"vv\":30},"
	  "{\"l\":\"f\",\"vc\":30,\"vv\":0}]}",
	  true },
	{ "{\"m\":[{\"l\":\"m\",\"f\":\"s\",\"n\":\"1\",\"v\":1}]}", false },
	{ "{\"m\":[]}", false },
	{ "{}", false },
};

START_TEST(health)
{
	struct describe describe;
	char text[DESCRIBE_TEXT_MAX];

	ck_assert_msg(parse(healths[_i].json, &describe, text), "%s", text);
	ck_assert_int_eq(describe_is_healthy(&describe), healths[_i].healthy);
}
END_TEST

static const struct bad_row {
	const char *json;
	const char *text; /* begins with */
} bads[] = {
	{ "", "byte 0: " },
	{ "{\"p\":6,", "byte 7: " },
	{ "[]", "byte 0: not an object" },
	{ "{\"p\":\"6\"}", "\"p\" is no number of 32 bits" },
	{ "{\"p\":-1}", "\"p\" is no number of 32 bits" },
	{ "{\"p\":4294967296}", "\"p\" is no number of 32 bits" },
	{ "{\"m\":{}}", "\"m\" is not an array" },
	{ "{\"m\":[7]}", "module 0: not an object" },
	{ "{\"m\":[{},{\"l\":\"mm\"}]}", "module 1: \"l\" is not one letter" },
	{ "{\"m\":[{\"f\":\"\"}]}", "module 0: \"f\" is not one letter" },
	{ "{\"m\":[{\"n\":1}]}", "module 0: \"n\" is no index as text" },
	{ "{\"m\":[{\"n\":\"256\"}]}", "module 0: \"n\" is no index as text" },
	{ "{\"m\":[{\"v\":1.5}]}", "module 0: \"v\" is no number" },
	{ "{\"m\":[{\"u\":\"0011\"}]}", "module 0: \"u\" is no SHA-256" },
	{ "{\"m\":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}",
	  "17 modules, at most 16 are possible" },
	{ "{\"f\":7}", "\"f\" is not an array" },
	{ "{\"f\":[7]}", "a function's name is not text" },
	{ "{\"f\":[\"a23456789.123456789.123456789.123456789.123456789.123456789.1234\"]}",
	  "a name of 64 characters" },
};

START_TEST(no_description)
{
	struct describe describe = { .platform = 77 };
	char text[DESCRIBE_TEXT_MAX] = "";

	ck_assert(!parse(bads[_i].json, &describe, text));
	ck_assert_msg(strncmp(text, bads[_i].text, strlen(bads[_i].text)) == 0, "%s", text);
	ck_assert_uint_eq(describe.platform, 77);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cloud: descriptions");
	TCase *tcase = tcase_create("describe");

	tcase_add_test(tcase, healthy_photon);
	tcase_add_loop_test(tcase, health, 0, ARRAY_LEN(healths));
	tcase_add_loop_test(tcase, no_description, 0, ARRAY_LEN(bads));
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
