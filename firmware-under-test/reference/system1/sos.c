/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The last word of a system that cannot go on (facts 3.3). Interrupts off, nothing is trusted. */
#include "reference/common/backup.h"
#include "reference/common/clock.h"
#include "reference/common/defects.h"
#include "reference/common/led.h"
#include "reference/system1/services.h"

enum sos_times_ms {
	SHORT_MS = 150,
	LONG_MS = 300,
	GAP_MS = 100,
	LETTER_GAP_MS = 100,
	BEFORE_CODE_MS = 900,
	CODE_MS = 300,
	AFTER_CODE_MS = 800,
	ROUNDS = 2,
	RADIO_MS = 100,
};

static void flashes(uint32_t count, uint32_t on_ms, uint32_t off_ms)
{
	for (; count > 0; count--) {
		led_show(LED_RED, 255);
		chip_wait_ms(on_ms);
		led_show(LED_OFF, 0);
		chip_wait_ms(off_ms);
	}
}

/* "The radio gets a moment to end what it sends." By then nothing counts time: it never ends. */
static void wait_for_radio(void)
{
	uint32_t begin_ms = services_now_ms();

	while (services_now_ms() - begin_ms < RADIO_MS)
		;
}

void sos_panic(uint32_t code)
{
	chip_interrupts_off();
	clock_tick_stop();
	led_init();
	if (HAS_ENDLESS_PANIC)
		wait_for_radio();
	for (int i = 0; i < ROUNDS; i++) {
		flashes(3, SHORT_MS, GAP_MS);
		chip_wait_ms(LETTER_GAP_MS);
		flashes(3, LONG_MS, GAP_MS);
		chip_wait_ms(LETTER_GAP_MS);
		flashes(3, SHORT_MS, GAP_MS);
		chip_wait_ms(BEFORE_CODE_MS);
		flashes(code, CODE_MS, CODE_MS);
		chip_wait_ms(AFTER_CODE_MS);
	}
	backup_set(BACKUP_REASON_DATA, code);
	backup_ask(REQUEST_NONE, REASON_PANIC);
}
