/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SETUP while the system runs (facts 4): held for 3 s it brings listening mode, in which the LED
 * blinks dark blue; held between 3 and 8 s there, listening ends; held for 10 s, the Wi-Fi
 * credentials are cleared, told by a burst of blue. Clicks are reported. A host brings listening
 * mode, or DFU mode, by the speed it sets on the USB.
 */
#include "reference/common/config.h"
#include "reference/system2/system.h"

enum listening_times_ms {
	ENTER_MS = 3000,
	LEAVE_MS_MAX = 8000,
	CLEAR_MS = 10000,
	BURST_MS = 25 * 50,
};

enum listening_speeds { BAUD_DFU = 14400, BAUD_LISTENING = 28800 };

static struct {
	bool on;
	bool entered_by_this_press;
	bool cleared_by_this_press;
	uint32_t held_ms; /* at the last look */
	uint32_t burst_begun_ms;
	bool burst;
} listening;

bool listening_is_on(void)
{
	return listening.on;
}

void listening_show(void)
{
	exports_services()->led_set(LED_CRITICAL, LED_BLUE, LED_BLINK, LED_BLINK_SLOW);
}

static void enter(const struct services *services)
{
	if (!services->led_is_open())
		return; /* nobody could see it */
	while (services->serial_take() >= 0)
		; /* what came before nobody was meant to answer */
	listening.on = true;
	listening_show();
	print_text("listening\r\n");
}

static void leave(const struct services *services)
{
	listening.on = false;
	services->led_clear(LED_CRITICAL);
	print_text("listening ended\r\n");
}

static void clear_credentials(const struct services *services)
{
	static const uint32_t none = UINT32_MAX;
	bool failed = config_write(&none, CONFIG_CREDENTIALS, sizeof(none)) < 0;

	listening.cleared_by_this_press = true;
	listening.burst = true;
	listening.burst_begun_ms = services->now_ms();
	services->led_set(LED_CRITICAL, failed ? LED_RED : LED_BLUE, LED_BLINK, LED_BLINK_FAST);
	print_text(failed ? "credentials not cleared\r\n" : "credentials cleared\r\n");
}

static void held(const struct services *services, uint32_t held_ms)
{
	if (!listening.on && held_ms >= ENTER_MS) {
		enter(services);
		listening.entered_by_this_press = listening.on;
	}
	if (listening.on && held_ms >= CLEAR_MS && !listening.cleared_by_this_press)
		clear_credentials(services);
}

static void released(const struct services *services, uint32_t held_ms)
{
	if (listening.on && !listening.entered_by_this_press && held_ms >= ENTER_MS &&
	    held_ms < LEAVE_MS_MAX)
		leave(services);
	listening.entered_by_this_press = false;
	listening.cleared_by_this_press = false;
}

/* The console answers; two of its commands are about listening itself. */
static void serve(const struct services *services, const struct port *port)
{
	switch (console_run(port)) {
	case CONSOLE_NOTHING: break;
	case CONSOLE_LEAVE: leave(services); break;
	case CONSOLE_SAFE_MODE: backup_ask(REQUEST_SAFE_MODE, REASON_SAFE_MODE);
	}
}

/* Speeds that a host sets on the USB are commands (facts 5.2). */
static void obey_speed(const struct services *services)
{
	switch (exports_usb()->take_baud()) {
	case BAUD_DFU: backup_ask(REQUEST_DFU, REASON_DFU);
	case BAUD_LISTENING:
		if (!listening.on)
			enter(services);
		break;
	default: break;
	}
}

/* What comes over the USB while it does not listen is for an application that does not read it. */
static void serve_all(const struct services *services)
{
	struct port serial = port_serial();
	struct port usb = port_usb();

	if (!listening.on) {
		while (usb.take() >= 0)
			;
		return;
	}
	serve(services, &serial);
	if (listening.on)
		serve(services, &usb);
}

void listening_run(void)
{
	const struct services *services = exports_services();
	uint32_t held_ms = services->button_held_ms();
	uint32_t clicks = services->button_take_clicks();

	if (held_ms > 0)
		held(services, held_ms);
	else if (listening.held_ms > 0)
		released(services, listening.held_ms);
	listening.held_ms = held_ms;
	if (listening.burst && services->now_ms() - listening.burst_begun_ms >= BURST_MS) {
		listening.burst = false;
		listening_show();
	}
	obey_speed(services);
	serve_all(services);
	if (clicks > 0) {
		print_text("clicks ");
		print_number(clicks);
		print_text("\r\n");
	}
}
