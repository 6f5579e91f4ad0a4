/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the reference firmware does besides updates: LED, SETUP, safe mode, reset reasons, SOS,
 * watchdog, factory image. The numbers are those of the facts it was written from.
 */
#include "lib/device.h"
#include "lib/testing.h"
#include "vboard/vboard_test.h"

#include <stdlib.h>
#include <string.h>

enum {
	BOOT_MS = 1500,
	FACTORY = 0x080e0000,
	EXPORTS_OF_PART1 = 0x0802019c,
	SERVICE_WATCHDOG_START = 9, /* number in struct services */
	WATCHDOG_MS = 5000,
	SOS_TWICE_MS = 16000,
};

#define NOWHERE 0xa0000001u

static void hold_setup(struct device *dev, unsigned int ms)
{
	vboard_line(dev->vb, VBOARD_SETUP, true);
	led_watch_run(&dev->watch, ms);
	vboard_line(dev->vb, VBOARD_SETUP, false);
	led_watch_run(&dev->watch, 1200);
}

/* Power on with SETUP held for 'ms'. */
static void boot_held(struct device *dev, unsigned int ms)
{
	vboard_line(dev->vb, VBOARD_SETUP, true);
	device_boot(dev, ms);
	vboard_line(dev->vb, VBOARD_SETUP, false);
}

static uint32_t flash_word(const struct device *dev, uint32_t address)
{
	uint32_t word = 0;

	ck_assert(vboard_flash_read(dev->vb, address, &word, sizeof(word)));
	return word;
}

/* The application as a factory image. */
static void put_factory_image(struct device *dev)
{
	uint8_t bytes[512];

	ck_assert(vboard_flash_read(dev->vb, device_address(DEVICE_USER), bytes, sizeof(bytes)));
	vboard_power_off(dev->vb);
	ck_assert(vboard_flash_load(dev->vb, FACTORY, bytes, sizeof(bytes)));
}

static void erase_application(struct device *dev)
{
	uint8_t blank[512];

	memset(blank, 0xff, sizeof(blank));
	vboard_power_off(dev->vb);
	ck_assert(vboard_flash_load(dev->vb, device_address(DEVICE_USER), blank, sizeof(blank)));
}

/* Periods before and after 0.6.1 (facts 3.2). */
static const struct times {
	const char *release;
	int64_t fade_ms, blink_us;
} times[] = {
	{ "robust-1.0", 4000, 500000 },
	{ "era-a-1.0", 4158, 502000 },
};

/* Milliseconds from one dark moment of a breathing LED to the next. */
static int64_t breath_ms(struct device *dev)
{
	const struct timer_state *timer = &vboard_test_state(dev->vb)->chip.tim2;
	int64_t begun_us[2] = { 0 };
	int found = 0;

	for (int ms = 0; ms < 10000 && found < 2; ms++) {
		bool lit = timer->ccr[1] != 0;

		led_watch_run(&dev->watch, 1);
		if (lit && timer->ccr[1] == 0)
			begun_us[found++] = led_watch_now_us(&dev->watch);
	}
	ck_assert_int_eq(found, 2);
	return (begun_us[1] - begun_us[0]) / 1000;
}

START_TEST(led_keeps_its_era)
{
	struct device *dev = device_new(times[_i].release, "robust-1.1");
	int i;

	device_boot(dev, BOOT_MS);
	ck_assert(device_showed(dev, "breathing-white"));
	ck_assert_int_eq(breath_ms(dev), times[_i].fade_ms);
	hold_setup(dev, 3100);
	led_watch_run(&dev->watch, 3000);
	i = led_watch_find(&dev->watch, "blinking-blue", 0);
	ck_assert_int_ge(i, 0);
	/* the PWM takes a level over every 10 ms */
	ck_assert_int_lt(llabs(dev->watch.seen[i].period_us - times[_i].blink_us), 10000);
	device_free(dev);
}
END_TEST

START_TEST(setup_while_it_runs)
{
	struct device *dev = device_new("robust-1.0", "robust-1.1");

	hold_setup(dev, 20); /* a bounce */
	ck_assert(!device_said(dev, "clicks"));
	vboard_line(dev->vb, VBOARD_SETUP, true);
	led_watch_run(&dev->watch, 200);
	vboard_line(dev->vb, VBOARD_SETUP, false);
	led_watch_run(&dev->watch, 300);
	hold_setup(dev, 200);
	ck_assert_msg(device_said(dev, "clicks 2\r\n"), "%s", dev->text);
	hold_setup(dev, 2800); /* too short for listening, too long for a click */
	ck_assert(!device_said(dev, "listening"));
	hold_setup(dev, 3200);
	ck_assert(device_said(dev, "listening\r\n"));
	ck_assert(!device_said(dev, "listening ended"));
	hold_setup(dev, 4000);
	ck_assert(device_said(dev, "listening ended\r\n"));
	led_watch_run(&dev->watch, 1000);
	ck_assert_str_eq(dev->watch.seen[dev->watch.count - 1].name, "breathing-white");
	device_free(dev);
}
END_TEST

START_TEST(ten_seconds_clear_the_credentials)
{
	struct device *dev = device_new("robust-1.0", "robust-1.1");

	hold_setup(dev, 9500);
	ck_assert(!device_said(dev, "credentials"));
	hold_setup(dev, 10500);
	led_watch_run(&dev->watch, 2000);
	ck_assert(device_said(dev, "credentials cleared\r\n"));
	ck_assert(device_showed(dev, "blinking-blue-fast"));
	ck_assert_str_eq(dev->watch.seen[dev->watch.count - 1].name, "blinking-blue");
	device_free(dev);
}
END_TEST

static const struct hold {
	const char *release;
	unsigned int ms;
	const char *led;
	bool dfu;
} holds[] = {
	{ "robust-1.0", 500, "breathing-white", false },
	{ "robust-1.0", 2000, "breathing-magenta", false },
	{ "robust-1.0", 4000, "blinking-yellow", true },
	{ "era-a-1.0", 2000, "breathing-magenta", false },
	{ "era-a-1.0", 4000, "blinking-yellow", true },
};

START_TEST(setup_held_over_a_reset)
{
	struct device *dev = device_new(holds[_i].release, "robust-1.1");

	boot_held(dev, holds[_i].ms);
	led_watch_run(&dev->watch, 3000);
	ck_assert_msg(device_showed(dev, holds[_i].led), "%u ms", holds[_i].ms);
	ck_assert_int_eq(device_said(dev, "system: "), !holds[_i].dfu);
	ck_assert_int_eq(device_said(dev, "safe mode"), holds[_i].ms == 2000);
	/* without a button the next boot is an ordinary one */
	device_boot(dev, BOOT_MS);
	ck_assert(device_said(dev, "system: start"));
	device_free(dev);
}
END_TEST

START_TEST(setup_held_seven_seconds_restores_the_factory_image)
{
	struct device *dev = device_new("robust-1.0", "robust-1.1");

	put_factory_image(dev);
	erase_application(dev);
	boot_held(dev, 7000);
	ck_assert(device_showed(dev, "blinking-magenta"));
	ck_assert(device_showed(dev, "blinking-yellow"));
	led_watch_run(&dev->watch, 4000);
	ck_assert(device_holds(dev, DEVICE_USER, false));
	ck_assert(device_said(dev, "application 1.0"));
	/* the watchdog that the bootloader starts then costs one more reset */
	ck_assert_uint_eq(vboard_test_state(dev->vb)->reset_count, 2);
	device_free(dev);
}
END_TEST

START_TEST(blank_application_gets_the_factory_image)
{
	struct device *dev = device_new("robust-1.0", "robust-1.1");

	put_factory_image(dev);
	erase_application(dev);
	device_boot(dev, 5000);
	ck_assert(device_holds(dev, DEVICE_USER, false));
	ck_assert_msg(device_said(dev, "system: start, reset reason 100"), "%s", dev->text);
	ck_assert(device_said(dev, "application 1.0"));
	device_free(dev);
}
END_TEST

/* Part 2 before part 1: safe mode until part 1 has come, too. */
START_TEST(safe_mode_is_healed_by_what_is_missing)
{
	struct device *dev = device_new("robust-1.0", "robust-1.1");

	ck_assert(!device_deliver(dev, DEVICE_PART2, NULL));
	ck_assert_msg(device_said(dev, "system: safe mode, "), "%s", dev->text);
	ck_assert(device_said(dev, "system-part2 101, checked 30, passed 26\r\n"));
	ck_assert(!device_said(dev, "application"));
	ck_assert(device_showed(dev, "breathing-magenta"));
	ck_assert(!device_deliver(dev, DEVICE_PART1, NULL));
	ck_assert_msg(device_said(dev, "system: start, "), "%s", dev->text);
	ck_assert(device_said(dev, "system-part2 101, checked 30, passed 30\r\n"));
	ck_assert(device_said(dev, "application 1.0"));
	device_free(dev);
}
END_TEST

START_TEST(reset_line_is_told_as_the_reason)
{
	struct device *dev = device_new("robust-1.0", "robust-1.1");

	vboard_line(dev->vb, VBOARD_RESET, true);
	led_watch_run(&dev->watch, 50);
	vboard_line(dev->vb, VBOARD_RESET, false);
	led_watch_run(&dev->watch, BOOT_MS);
	ck_assert_msg(device_said(dev, "system: start, reset reason 20, data 0"), "%s", dev->text);
	device_free(dev);
}
END_TEST

/* Sends the program nowhere. */
static void crash(struct device *dev)
{
	static const uint32_t args[4];
	uint32_t value;

	ck_assert_int_eq(vboard_call(dev->vb, NOWHERE, args, vboard_cycle(dev->vb) + 1200000,
				     &value),
			 VBOARD_STOP_FAULTED);
}

START_TEST(fault_ends_in_sos_and_a_reset_with_its_code)
{
	struct device *dev = device_new("robust-1.0", "robust-1.1");

	crash(dev);
	led_watch_run(&dev->watch, SOS_TWICE_MS);
	ck_assert(device_showed(dev, "sos"));
	ck_assert_msg(device_said(dev, "system: start, reset reason 130, data 3"), "%s", dev->text);
	ck_assert(device_showed(dev, "breathing-white"));
	device_free(dev);
}
END_TEST

START_TEST(watchdog_ends_what_stands_still)
{
	static const uint32_t args[4];
	struct device *dev = device_new("robust-1.0", "robust-1.1");
	uint32_t services =
		flash_word(dev, flash_word(dev, EXPORTS_OF_PART1) + 4 * SERVICE_WATCHDOG_START);
	uint32_t value;

	ck_assert_int_eq(vboard_call(dev->vb, services, args, vboard_cycle(dev->vb) + 1200000,
				     &value),
			 VBOARD_STOP_RETURNED);
	crash(dev); /* SOS feeds no watchdog, and takes longer than it waits */
	led_watch_run(&dev->watch, WATCHDOG_MS + BOOT_MS);
	ck_assert_msg(device_said(dev, "system: start, reset reason 60, data 0"), "%s", dev->text);
	device_free(dev);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reference firmware: behaviour");
	TCase *tcase = tcase_create("behaviour");

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, led_keeps_its_era, 0, ARRAY_LEN(times));
	tcase_add_test(tcase, setup_while_it_runs);
	tcase_add_test(tcase, ten_seconds_clear_the_credentials);
	tcase_add_loop_test(tcase, setup_held_over_a_reset, 0, ARRAY_LEN(holds));
	tcase_add_test(tcase, setup_held_seven_seconds_restores_the_factory_image);
	tcase_add_test(tcase, blank_application_gets_the_factory_image);
	tcase_add_test(tcase, safe_mode_is_healed_by_what_is_missing);
	tcase_add_test(tcase, reset_line_is_told_as_the_reason);
	tcase_add_test(tcase, fault_ends_in_sos_and_a_reset_with_its_code);
	tcase_add_test(tcase, watchdog_ends_what_stands_still);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
