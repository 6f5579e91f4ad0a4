/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/led_watch.h"
#include "campaign/load.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static void on_seen(void *ctx, const struct led_seen *seen)
{
	struct led_watch *watch = ctx;

	ck_assert_uint_lt(watch->count, LED_WATCH_STATES);
	watch->seen[watch->count++] = *seen;
}

static void on_led(void *ctx, uint64_t cycle, enum vboard_led led, bool high)
{
	struct led_watch *watch = ctx;

	ck_assert_int_eq(led_decoder_edge(watch->decoder, (int64_t)(cycle / VBOARD_CYCLES_PER_US),
					  (enum led_channel)led, high),
			 0);
}

int64_t led_watch_now_us(const struct led_watch *watch)
{
	return (int64_t)(vboard_cycle(watch->vb) / VBOARD_CYCLES_PER_US);
}

void led_watch_begin(struct led_watch *watch, struct vboard *vb)
{
	AUTO_FREE char *data = data_dir();
	AUTO_FREE char *path = NULL;
	struct err err = ERR_INIT;

	*watch = (struct led_watch){ .vb = vb };
	ck_assert_int_gt(asprintf(&path, "%s/firmware-under-test/boards/p1.yaml", data), 0);
	ck_assert_msg(board_load(path, &watch->board, &err) == 0, "%s", err.text);
	watch->decoder = led_decoder_new(&watch->board, on_seen, watch);
	ck_assert_ptr_nonnull(watch->decoder);
	led_decoder_begin(watch->decoder, led_watch_now_us(watch));
	vboard_listen(vb, &(struct vboard_listener){ .ctx = watch, .led = on_led });
}

void led_watch_end(struct led_watch *watch)
{
	vboard_listen(watch->vb, NULL);
	led_decoder_free(watch->decoder);
}

void led_watch_run(struct led_watch *watch, unsigned int ms)
{
	for (unsigned int i = 0; i < ms; i++) {
		vboard_run(watch->vb, vboard_cycle(watch->vb) + 1000ull * VBOARD_CYCLES_PER_US);
		ck_assert_int_eq(led_decoder_advance(watch->decoder, led_watch_now_us(watch)), 0);
	}
}

int led_watch_find(const struct led_watch *watch, const char *word, size_t from)
{
	for (size_t i = from; i < watch->count; i++)
		if (watch->seen[i].name && strcmp(watch->seen[i].name, word) == 0)
			return (int)i;
	return -1;
}
