/* SPDX-License-Identifier: GPL-3.0-or-later */
/* NVIC (B3.4), SCB (B3.2), SysTick (B3.3), DWT's cycle counter (C1.8), TIM2 at its update. */
#include "bare/report.h"

static volatile uint32_t ran, ran_icsr, ran_active;

static void interrupt(void)
{
	ran = ran << 8 | READ(ipsr);
	ran_icsr = ICSR;
	ran_active = IABR(0);
}

static void nvic(void)
{
	for (uint32_t n = 0; n < 3; n++) {
		uint32_t all = n < 2 ? 0xffffffff : 0x1ffff; /* 81 lines */

		ISER(n) = 0xffffffff;
		CHECK(all, ISER(n));
		CHECK(all, ICER(n));
		ICER(n) = 0x0000ff00;
		CHECK(all & ~0x0000ff00u, ISER(n));
		ICER(n) = 0xffffffff;
		CHECK(0, ISER(n));
		ISPR(n) = 0xffffffff;
		CHECK(all, ISPR(n));
		ICPR(n) = 0xffffffff;
		CHECK(0, ICPR(n));
		CHECK(0, IABR(n));
	}
	CHECK(2, ICTR);
	IPR(1) = 0xffffffff;
	CHECK(0xf0f0f0f0, IPR(1)); /* four bits of each */
	IPR8(5) = 0x3f;
	CHECK(0xf0f030f0, IPR(1));
	IPR(1) = 0;
	SHPR8(SVCALL) = 0xff;
	CHECK(0xf0000000, REG(0xe000ed1c));
	SHPR8(SVCALL) = 0;
	SHPR8(7) = 0xff; /* there is no such exception */
	CHECK(0, REG(0xe000ed18));
}

static void pending_and_active(void)
{
	report_handler(IRQ0 + 5, interrupt);
	report_handler(IRQ0 + 80, interrupt);
	ISPR(0) = 1 << 5; /* not enabled: waits, and ICSR says that one does (B3.2.4) */
	CHECK(1, ICSR >> 22 & 1);
	CHECK(0, ICSR >> 12 & 0x1ff);
	WRITE(primask, 1);
	ISER(0) = 1 << 5;
	CHECK(IRQ0 + 5, ICSR >> 12 & 0x1ff);
	WRITE(basepri, 0x10);
	IPR8(5) = 0x10;
	CHECK(0, ICSR >> 12 & 0x1ff);
	WRITE(basepri, 0);
	CHECK(0, ran);
	WRITE(primask, 0);
	ISB();
	CHECK(IRQ0 + 5, ran);
	CHECK(IRQ0 + 5, ran_icsr & 0x1ff);
	CHECK(1, ran_icsr >> 11 & 1); /* RETTOBASE */
	CHECK(0, ran_icsr >> 22 & 1);
	CHECK(1 << 5, ran_active);
	CHECK(0, IABR(0));
	CHECK(0, ICSR & 0x7ffff9ff);
	ran = 0;
	ISER(2) = 1 << 16;
	STIR = 80; /* B3.2.26 */
	ISB();
	CHECK(IRQ0 + 80, ran);
	STIR = 81;
	ISB();
	CHECK(IRQ0 + 80, ran);
	ICER(2) = 1 << 16;
	ran = 0;
	ISPR(0) = 1 << 5;
	ISB();
	CHECK(IRQ0 + 5, ran);
	ICER(0) = 1 << 5;
}

/* B3.4: a line that stays high pends its interrupt again, and cannot be cleared away. */
static volatile uint32_t turns;

static void line_handler(void)
{
	if (++turns >= 3)
		REG(0x40000010) = 0; /* TIM2_SR */
}

static void level_line(void)
{
	report_handler(IRQ0 + 28, line_handler);
	REG(0x4000000c) = 1; /* DIER: update */
	REG(0x40000014) = 1; /* EGR: an update now */
	CHECK(1 << 28, ISPR(0));
	ICPR(0) = 1 << 28;
	CHECK(1 << 28, ISPR(0));
	ISER(0) = 1 << 28;
	ISB();
	CHECK(3, turns);
	REG(0x40000014) = 1;
	ISB();
	CHECK(4, turns);
	ICER(0) = 1 << 28;
	REG(0x40000010) = 0;
	REG(0x4000000c) = 0;
	ICPR(0) = 1 << 28;
	CHECK(0, ISPR(0));
}

static void scb(void)
{
	CHECK(0x412fc230, CPUID); /* r2p0 (PM0056 4.4.1) */
	CHECK(REPORT_VECTORS, VTOR);
	VTOR = 0xffffffff;
	CHECK(0x3fffff80, VTOR);
	VTOR = REPORT_VECTORS;
	CHECK(0xfa050000, AIRCR);
	AIRCR = 0x12340000 | 5 << 8; /* not the key */
	CHECK(0xfa050000, AIRCR);
	AIRCR = 0x05fa0000 | 5 << 8;
	CHECK(0xfa050500, AIRCR);
	AIRCR = 0x05fa0000;
	SCR = 0xffffffff;
	CHECK(0x16, SCR);
	SCR = 0;
	CHECK(0x200, CCR);
	CCR = 0xffffffff;
	CHECK(0x31b, CCR);
	CCR = 0x200;
	SHCSR = FAULTS_ON;
	CHECK(FAULTS_ON, SHCSR);
	ran = 0;
	report_handler(BUSFAULT, interrupt);
	SHCSR = FAULTS_ON | 1 << 14; /* BUSFAULTPENDED can be written (B3.2.13) */
	ISB();
	CHECK(BUSFAULT, ran);
	CHECK(FAULTS_ON, SHCSR);
	SHCSR = 0;
	WRITE(primask, 1);
	ICSR = PENDSVSET | PENDSTSET;
	CHECK(PENDSVSET | PENDSTSET, ICSR & (PENDSVSET | PENDSTSET));
	CHECK(PENDSV, ICSR >> 12 & 0x1ff);
	ICSR = PENDSVCLR | PENDSTCLR;
	CHECK(0, ICSR);
	WRITE(primask, 0);
}

static volatile uint32_t ticks;

static void tick(void)
{
	ticks++;
}

static void systick(void)
{
	uint32_t first;
	uint32_t second;

	report_handler(SYSTICK, tick);
	CHECK(15000, SYST_CALIB & 0xffffff);
	SYST_RVR = 0xff001000;
	CHECK(0x1000, SYST_RVR);
	SYST_CVR = 5; /* any value clears it */
	CHECK(0, SYST_CVR);
	SYST_CSR = 5; /* on, core clock, no interrupt */
	first = SYST_CVR;
	second = SYST_CVR;
	CHECK(1, first <= 0x1000 && first > 0xff0);
	CHECK(1, second < first);
	SYST_RVR = 99; /* from the next reload on */
	CHECK(1, SYST_CVR > 0xf00);
	SYST_CSR = 4; /* stands still */
	first = SYST_CVR;
	CHECK(first, SYST_CVR);
	CHECK(1, first > 0xf00);
	SYST_CSR = 5;
	CHECK(1, SYST_CVR <= first && SYST_CVR > first - 100);
	while (!(SYST_CSR & 1 << 16))
		;
	CHECK(0, SYST_CSR >> 16); /* reading clears COUNTFLAG */
	CHECK(1, SYST_CVR <= 99);
	CHECK(0, ticks);
	SYST_CSR = 0;
	/* period: RVR + 1 */
	DWT_CYCCNT = 0;
	SYST_CVR = 0;
	SYST_CSR = 7;
	while (ticks < 10)
		;
	first = DWT_CYCCNT;
	SYST_CSR = 0;
	CHECK(1, first >= 1000 && first < 1060);
	/* CLKSOURCE 0: an eighth (PM0056 4.5.1) */
	ticks = 0;
	DWT_CYCCNT = 0;
	SYST_CVR = 0;
	SYST_CSR = 3;
	while (ticks < 2)
		;
	first = DWT_CYCCNT;
	SYST_CSR = 0;
	CHECK(1, first >= 1600 && first < 1660);
	SYST_RVR = 0; /* never */
	ticks = 0;
	SYST_CVR = 0;
	SYST_CSR = 7;
	for (uint32_t i = 0; i < 100; i++)
		ISB();
	CHECK(0, ticks);
	CHECK(0, SYST_CVR);
	SYST_CSR = 0;
}

static void cycle_counter(void)
{
	uint32_t first;
	uint32_t second;

	DEMCR = 0;
	DWT_CTRL = 1;
	first = DWT_CYCCNT;
	CHECK(first, DWT_CYCCNT); /* TRCENA is off */
	DEMCR = 1 << 24;
	__asm volatile("ldr %0, [%2]\n nop\n nop\n nop\n ldr %1, [%2]"
		       : "=&r"(first), "=&r"(second)
		       : "r"(0xe0001004)
		       : "memory");
	CHECK(4, second - first);
	DWT_CYCCNT = 0xfffffffe;
	ISB();
	ISB();
	CHECK(1, DWT_CYCCNT < 100); /* 32 bits */
	DWT_CTRL = 0;
	first = DWT_CYCCNT;
	CHECK(first, DWT_CYCCNT);
	DWT_CTRL = 1;
}

/* A write to TIM2 in the very cycle of an update must not lose the update. */
static void timer_race(void)
{
	uint32_t lost = 0;

	REG(0x40000028) = 0; /* PSC */
	for (uint32_t period = 20; period < 60; period++) {
		REG(0x40000000) = 0;	      /* CR1: off */
		REG(0x4000002c) = period - 1; /* ARR */
		REG(0x40000014) = 1;	      /* EGR */
		REG(0x40000010) = 0;	      /* SR */
		REG(0x40000000) = 1;
		for (uint32_t i = 0; i < 40; i++)
			REG(0x40000034) = i; /* CCR1: says nothing about updates */
		REG(0x40000000) = 0;
		if (!(REG(0x40000010) & 1))
			lost++;
	}
	CHECK(0, lost);
}

/* AIRCR.SYSRESETREQ (B3.2.6): all begins anew, RAM stays. */
static void reset(void)
{
	CHECK(0, TABLE.resets);
	ISER(0) = 1;
	CCR = 0x210;
	WRITE(basepri, 0x40);
	AIRCR = 0x05fa0004;
	for (uint32_t i = 0; i < 16; i++)
		ISB();
	CHECK(0, 1); /* no reset came */
}

void program(void)
{
	if (TABLE.resets) {
		CHECK(1 << 28 | 1 << 26, report_reset_cause & 0xfe000000); /* by software */
		CHECK(0, ISER(0));
		CHECK(0x200, CCR);
		CHECK(0, READ(basepri));
		CHECK(1, TABLE.resets);
		return;
	}
	cycle_counter();
	nvic();
	pending_and_active();
	level_line();
	scb();
	systick();
	timer_race();
	reset();
}
