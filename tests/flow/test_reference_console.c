/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reference firmware's listening console, on the board's serial port: what it answers, and the
 * module information against what is in flash.
 */
#include "lib/device.h"
#include "lib/testing.h"

#include <jansson.h>
#include <string.h>

enum { BOOT_MS = 1500, ANSWER_MS = 200, LISTEN_MS = 3200 };

static void listen_now(struct device *dev)
{
	vboard_line(dev->vb, VBOARD_SETUP, true);
	led_watch_run(&dev->watch, LISTEN_MS);
	vboard_line(dev->vb, VBOARD_SETUP, false);
	led_watch_run(&dev->watch, ANSWER_MS);
	ck_assert(device_said(dev, "listening\r\n"));
}

/* What is answered to one character. */
static const char *ask(struct device *dev, const char *key)
{
	size_t before = dev->text_len;

	ck_assert_uint_eq(vboard_serial_send(dev->vb, 1, key, 1), 1);
	led_watch_run(&dev->watch, ANSWER_MS);
	return dev->text + before;
}

static const struct row {
	const char *release;
	const char *key;
	const char *answer;
} rows[] = {
	{ "robust-1.0", "v", "system firmware version: 1.0.0\n\r\n" },
	{ "robust-1.1", "v", "system firmware version: 1.1.0\n\r\n" },
	{ "robust-1.0", "i", "Your device id is 30002f000f47343334353136\r\n" },
	{ "robust-1.0", "m", "Your device MAC address is\r\n02:33:1b:35:3e:71\r\n" },
	{ "robust-1.0", "c", "Device claimed: no\r\n" },
	{ "era-a-1.0", "c", "" },
	{ "robust-1.0", "q", "" },
	{ "robust-1.0", "x", "listening ended\r\n" },
};

START_TEST(answers)
{
	struct device *dev = device_new(rows[_i].release, "robust-1.1");

	/* deaf while it does not listen, also later to what came then */
	ck_assert_str_eq(ask(dev, rows[_i].key), "");
	listen_now(dev);
	ck_assert(strstr(dev->text, "Your device") == NULL);
	ck_assert_str_eq(ask(dev, rows[_i].key), rows[_i].answer);
	device_free(dev);
}
END_TEST

START_TEST(safe_mode_is_asked_for)
{
	struct device *dev = device_new("robust-1.0", "robust-1.1");

	listen_now(dev);
	ask(dev, "L");
	led_watch_run(&dev->watch, BOOT_MS);
	ck_assert_msg(device_said(dev, "system: safe mode, reset reason 110"), "%s", dev->text);
	ck_assert(device_showed(dev, "breathing-magenta"));
	device_free(dev);
}
END_TEST

static json_t *describe(struct device *dev)
{
	json_error_t error;
	json_t *root;

	listen_now(dev);
	root = json_loads(ask(dev, "s"), JSON_REJECT_DUPLICATES, &error);
	ck_assert_msg(root != NULL, "%s: %s", error.text, dev->text);
	return root;
}

static json_int_t number(json_t *root, size_t module, const char *key)
{
	json_t *value = json_object_get(json_array_get(json_object_get(root, "m"), module), key);

	ck_assert_msg(json_is_integer(value), "module %zu, '%s'", module, key);
	return json_integer_value(value);
}

START_TEST(module_information_of_a_healthy_device)
{
	static const json_int_t versions[] = { 2000, 100, 100, 5 };
	struct device *dev = device_new("robust-1.0", "robust-1.1");
	json_t *root = describe(dev);
	json_t *modules = json_object_get(root, "m");
	json_t *needs;

	ck_assert_int_eq(json_integer_value(json_object_get(root, "p")), 8);
	ck_assert_uint_eq(json_array_size(modules), 5);
	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		ck_assert_int_eq(number(root, i, "vc"), 30);
		ck_assert_int_eq(number(root, i, "vv"), 30);
		ck_assert_int_eq(number(root, i, "v"), versions[i]);
	}
	ck_assert_int_eq(number(root, 4, "vv"), 0); /* no factory image */
	needs = json_object_get(json_array_get(modules, 2), "d");
	ck_assert_uint_eq(json_array_size(needs), 2);
	ck_assert_uint_eq(
		strlen(json_string_value(json_object_get(json_array_get(modules, 3), "u"))), 64);
	json_decref(root);
	device_free(dev);
}
END_TEST

/* Part 2 that lacks its part 1; era A tells of one dependency only. */
START_TEST(module_information_tells_what_is_missing)
{
	struct device *dev =
		device_new(_i ? "era-a-1.0" : "robust-1.0", _i ? "era-a-1.1" : "robust-1.1");
	json_t *root;

	ck_assert(!device_deliver(dev, DEVICE_PART2, NULL));
	root = describe(dev);
	ck_assert_int_eq(number(root, 2, "v"), 101);
	ck_assert_int_eq(number(root, 2, "vv"), 26);
	ck_assert_int_eq(number(root, 1, "vv"), 30);
	ck_assert_uint_eq(json_array_size(json_object_get(
				  json_array_get(json_object_get(root, "m"), 2), "d")),
			  _i ? 1 : 2);
	json_decref(root);
	device_free(dev);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reference firmware: console");
	TCase *tcase = tcase_create("console");

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, answers, 0, ARRAY_LEN(rows));
	tcase_add_test(tcase, safe_mode_is_asked_for);
	tcase_add_test(tcase, module_information_of_a_healthy_device);
	tcase_add_loop_test(tcase, module_information_tells_what_is_missing, 0, 2);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
