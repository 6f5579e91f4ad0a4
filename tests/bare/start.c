/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reset, vectors, and the report that bare programs share. */
#include "bare/report.h"

volatile uint32_t report_reset_cause;

void reset_handler(void);

static void stop(void)
{
	for (;;)
		;
}

static void stray(void)
{
	report_check(0, 0, READ(ipsr) << 24 | (CFSR & 0xffffff));
	TABLE.state = REPORT_STRAY;
	stop();
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
	(void (*)(void))REPORT_MSP,
	reset_handler,
	stray,
	stray,
	stray,
	stray,
	stray,
	stray,
	stray,
	stray,
	stray,
	stray,
	stray,
	stray,
	stray,
	stray,
};

void report_handler(uint32_t exception, void (*handler)(void))
{
	REG(REPORT_VECTORS + 4 * exception) = (uint32_t)handler;
	__asm volatile("dsb" ::: "memory");
}

void report_check(uint32_t line, uint32_t expected, uint32_t got)
{
	uint32_t count = TABLE.count;

	if (count < REPORT_ROWS_MAX) {
		TABLE.rows[count].line = line;
		TABLE.rows[count].expected = expected;
		TABLE.rows[count].got = got;
	}
	TABLE.count = count + 1;
}

void reset_handler(void)
{
	uint32_t csr = REG(0x40023874); /* RCC_CSR */

	/* RAM holds a pattern after power-on, and what was there after any other reset */
	if (csr & 1u << 27) {
		TABLE.count = 0;
		TABLE.resets = 0;
	} else {
		TABLE.resets++;
	}
	REG(0x40023874) |= 1 << 24; /* the flags go, the next reset sets its own */
	TABLE.state = 0;
	for (uint32_t at = 0x20002000; at < 0x20004000; at += 4)
		REG(at) = 0;
	report_reset_cause = csr;
	for (uint32_t i = 2; i < VECTORS; i++)
		report_handler(i, stray);
	VTOR = REPORT_VECTORS;
	program();
	TABLE.state = REPORT_DONE;
	stop();
}
