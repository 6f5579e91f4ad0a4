/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trial/watch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
	WATCH_STEP_US = 20000, /* how long a wait may overlook that what it waits for is there */
};

/* The system runs, whether or not there is a cloud for it. */
static bool is_alive(const struct board *board, const char *name)
{
	return strcmp(name, board->boot.alive) == 0 ||
	       (board->boot.online[0] && strcmp(name, board->boot.online) == 0);
}

/* A light that only running code keeps up: a core that hangs can leave it dark or lit. */
static bool says_life(const struct board *board, const struct led_seen *seen)
{
	bool moves = seen->pattern != LED_PATTERN_UNKNOWN && seen->pattern != LED_PATTERN_SOLID &&
		     seen->pattern != LED_PATTERN_SOS;

	return seen->name &&
	       (moves || is_alive(board, seen->name) || strcmp(seen->name, board->boot.dfu) == 0);
}

static void on_seen(void *ctx, const struct led_seen *seen)
{
	struct watch *watch = ctx;
	const char *name = seen->name ? seen->name : "unknown";

	obs_put(&watch->sink, seen->onset_us - watch->begin_us, OBS_LED,
		LED_CODE(seen->colour, seen->pattern),
		seen->pattern == LED_PATTERN_SOS || seen->pattern == LED_PATTERN_CODE
			? seen->count
			: seen->period_us,
		name);
	if (watch->apply_began_us >= 0) {
		watch->apply_us += seen->onset_us - watch->apply_began_us;
		watch->apply_last_us = seen->onset_us;
	}
	watch->apply_began_us = strcmp(name, watch->board->boot.apply) == 0 ? seen->onset_us : -1;
	if (watch->apply_began_us >= 0 && watch->apply_first_us < 0)
		watch->apply_first_us = seen->onset_us;
	if (is_alive(watch->board, name) && watch->alive_us < 0)
		watch->alive_us = seen->onset_us;
	watch->dfu = strcmp(name, watch->board->boot.dfu) == 0;
	watch->light_now = says_life(watch->board, seen);
	if (!watch->light_now || (watch->light && strcmp(watch->light, seen->name) == 0))
		return; /* a board that erases flash does not blink meanwhile */
	watch->light = seen->name;
	watch->light_us = seen->onset_us;
}

static void on_edge(void *ctx, int64_t t_us, int channel, bool high)
{
	struct watch *watch = ctx;
	unsigned int bit = 1u << channel;

	watch->lit = high == watch->board->led.active_low ? watch->lit & ~bit : watch->lit | bit;
	if (led_decoder_edge(watch->decoder, t_us, (enum led_channel)channel, high) != 0)
		watch->edge_error = -EINVAL;
}

static void on_lost(void *ctx, int64_t t_us, const bool high[LED_CHANNELS])
{
	struct watch *watch = ctx;

	watch->lit = 0;
	for (unsigned int i = 0; i < LED_CHANNELS; i++)
		watch->lit |= high[i] == watch->board->led.active_low ? 0 : 1u << i;
	if (led_decoder_lose(watch->decoder, t_us, high) != 0)
		watch->edge_error = -EINVAL;
}

static void on_flash(void *ctx, int64_t t_us, uint32_t address)
{
	struct watch *watch = ctx;

	watch->flash(watch->flash_ctx, t_us, address);
}

static void on_usb(void *ctx, int64_t t_us, bool arrived, uint16_t vendor, uint16_t product)
{
	struct watch *watch = ctx;
	char text[sizeof("ffff:ffff")];

	snprintf(text, sizeof(text), "%04x:%04x", vendor, product);
	obs_put(&watch->sink, t_us - watch->begin_us, OBS_USB, arrived,
		(int64_t)vendor << 16 | product, text);
	watch->usb_there = arrived;
	watch->usb_left_us = arrived ? watch->usb_left_us : t_us;
	if (vendor == watch->board->usb.vendor && product == watch->board->usb.dfu)
		watch->usb_dfu = arrived;
}

static void on_console(void *ctx, int64_t t_us, uint8_t byte)
{
	struct watch *watch = ctx;

	(void)t_us;
	delivery_port_console(watch->port, byte);
}

static void on_radio(void *ctx, int64_t t_us, uint8_t byte)
{
	struct watch *watch = ctx;

	(void)t_us;
	delivery_port_radio(watch->port, byte);
}

static void on_radio_link(void *ctx, int64_t t_us, bool connected)
{
	struct watch *watch = ctx;

	delivery_port_link(watch->port, t_us, connected);
}

static void listen(struct watch *watch)
{
	slot_listen(watch->slot,
		    &(struct slot_listener){ .ctx = watch,
					     .led = on_edge,
					     .led_lost = on_lost,
					     .usb = on_usb,
					     .flash = watch->flash ? on_flash : NULL,
					     .console = watch->port ? on_console : NULL,
					     .radio = watch->port ? on_radio : NULL,
					     .radio_link = watch->port ? on_radio_link : NULL });
}

int watch_begin(struct watch *watch, const struct slot *slot, const struct board *board,
		struct delivery_port *port, const struct obs_sink *sink, struct err *err)
{
	*watch = (struct watch){ .slot = slot, .board = board, .port = port, .sink = *sink };
	watch->decoder = led_decoder_new(board, on_seen, watch);
	if (!watch->decoder)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for the LED decoder");
	watch->begin_us = slot_now_us(slot);
	watch->usb_left_us = -1;
	watch_restart(watch);
	listen(watch);
	return 0;
}

void watch_flash(struct watch *watch, void (*flash)(void *ctx, int64_t t_us, uint32_t address),
		 void *ctx)
{
	watch->flash = flash;
	watch->flash_ctx = ctx;
	listen(watch);
}

void watch_end(struct watch *watch)
{
	slot_listen(watch->slot, NULL);
	led_decoder_free(watch->decoder);
	watch->decoder = NULL;
}

void watch_put(const struct watch *watch, enum obs_kind kind, int32_t code, int64_t value,
	       const char *text)
{
	obs_put(&watch->sink, slot_now_us(watch->slot) - watch->begin_us, kind, code, value, text);
}

static void put_from_slot(void *ctx, const struct obs *obs)
{
	const struct watch *watch = ctx;
	struct obs dated = *obs;

	dated.t_us -= watch->begin_us;
	watch->sink.put(watch->sink.ctx, &dated);
}

struct obs_sink watch_slot_sink(struct watch *watch)
{
	return (struct obs_sink){ .put = put_from_slot, .ctx = watch };
}

void watch_restart(struct watch *watch)
{
	watch->started_us = slot_now_us(watch->slot);
	watch->alive_us = -1;
	watch->apply_us = 0;
	watch->apply_began_us = -1;
	watch->apply_first_us = -1;
	watch->dfu = false;
	watch->light = NULL;
	watch->light_now = false;
	led_decoder_begin(watch->decoder, watch->started_us);
}

static bool watch_has(const struct watch *watch, enum watch_for what)
{
	switch (what) {
	case WATCH_ALIVE: return watch->alive_us >= 0;
	case WATCH_DFU: return watch->dfu;
	case WATCH_USB_DFU: return watch->usb_dfu;
	case WATCH_USB: return watch->usb_there;
	case WATCH_TIME: break;
	}
	return false;
}

int watch_wait(struct watch *watch, enum watch_for what, int64_t us, bool *ret_seen,
	       enum slot_wait *ret, struct err *err)
{
	int64_t deadline = slot_now_us(watch->slot) + us;
	enum slot_wait why = SLOT_WAIT_DEADLINE;
	int result;

	while (!watch_has(watch, what) && why == SLOT_WAIT_DEADLINE &&
	       slot_now_us(watch->slot) < deadline) {
		int64_t step = slot_now_us(watch->slot) + WATCH_STEP_US;

		result = slot_wait(watch->slot, step < deadline ? step : deadline, &why, err);
		if (result == 0 && watch->port)
			result = delivery_port_idle(watch->port, err);
		if (result < 0)
			return result;
		if (watch->edge_error ||
		    led_decoder_advance(watch->decoder, slot_now_us(watch->slot)) != 0)
			return err_set(err, ERR_RIG, -EINVAL, "LED edges came out of order");
	}
	*ret_seen = watch_has(watch, what);
	*ret = why;
	return 0;
}

int watch_power(struct watch *watch, enum slot_power power, struct err *err)
{
	bool up = power == SLOT_POWER_ON;
	int result;

	watch_put(watch, OBS_POWER_COMMANDED, up, 0, "");
	result = slot_power_set(watch->slot, power, err);
	if (result < 0)
		return result;
	if (slot_can(watch->slot, SLOT_RAIL)) {
		result = slot_rail_read(watch->slot, &up, err);
		if (result < 0)
			return result;
		watch_put(watch, OBS_POWER_CONFIRMED, up, 0, "");
		watch->rail_up = up;
	}
	watch_restart(watch);
	return 0;
}

int watch_dark(struct watch *watch, struct err *err)
{
	struct slot_usb_device device;
	char text[OBS_TEXT_MAX];
	bool up = false;
	int result;

	if (slot_can(watch->slot, SLOT_RAIL) && watch->rail_up) { /* it had to drain first */
		result = slot_rail_read(watch->slot, &up, err);
		if (result < 0)
			return result;
		watch_put(watch, OBS_POWER_CONFIRMED, up, 0, "");
		watch->rail_up = up;
	}
	if (watch->lit)
		watch_put(watch, OBS_FED, 0, 0, "the LED stayed lit");
	if (slot_can(watch->slot, SLOT_USB) && slot_usb_fed(watch->slot, &device)) {
		snprintf(text, sizeof(text), "%04x:%04x stayed on the USB", device.vendor,
			 device.product);
		watch_put(watch, OBS_FED, 0, 0, text);
	}
	return 0;
}

int watch_line(struct watch *watch, enum slot_line line, enum slot_hold hold, struct err *err)
{
	watch_put(watch, OBS_LINE_COMMANDED, hold == SLOT_HELD, 0,
		  line == SLOT_LINE_RESET ? "reset" : "setup");
	return slot_hold(watch->slot, line, hold, err);
}

int64_t watch_apply_us(const struct watch *watch)
{
	int64_t open =
		watch->apply_began_us < 0 ? 0 : slot_now_us(watch->slot) - watch->apply_began_us;

	return watch->apply_us + open;
}
