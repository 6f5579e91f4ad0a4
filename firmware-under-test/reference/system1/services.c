/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of what part 1 offers, and the tick that drives it. */
#include "reference/system1/services.h"
#include "reference/system1/cdc.h"

static volatile uint32_t ticks_ms;

uint32_t services_now_ms(void)
{
	return ticks_ms;
}

void services_tick(void)
{
	ticks_ms++;
	led_service_tick(ticks_ms);
	button_tick(ticks_ms);
	cdc_tick(ticks_ms);
}

static const struct services services = {
	.now_ms = services_now_ms,
	.led_set = led_service_set,
	.led_clear = led_service_clear,
	.led_open = led_service_open,
	.led_is_open = led_service_is_open,
	.button_held_ms = button_held_ms,
	.button_take_clicks = button_take_clicks,
	.serial_put = serial_put,
	.serial_take = serial_take,
	.watchdog_start = watchdog_start,
	.watchdog_feed = watchdog_feed,
	.panic = sos_panic,
};

static const struct usb_services usb_services = {
	.put = cdc_put,
	.take = cdc_take,
	.take_baud = cdc_take_baud,
};

const void *const libraries[]
	__attribute__((section(".exports"), used)) = { &services, &usb_services };
