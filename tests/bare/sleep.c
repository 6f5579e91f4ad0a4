/* SPDX-License-Identifier: GPL-3.0-or-later */
/* WFI, WFE, SEV, SEVONPEND, SLEEPONEXIT (B1.5.17 to B1.5.20). */
#include "bare/report.h"

enum { TIM2_IRQ = 28 };

static volatile uint32_t ticks, timer_ran, slept, thread_turns;

static uint32_t now(void)
{
	return DWT_CYCCNT;
}

static void tick(void)
{
	ticks++;
	SYST_CSR = 0;
}

static void timer(void)
{
	timer_ran++;
	REG(0x40000000) = 0;
	REG(0x40000010) = 0;
}

/* SysTick once, so many cycles from now. */
static void tick_in(uint32_t cycles)
{
	SYST_CSR = 0;
	SYST_RVR = cycles;
	SYST_CVR = 0;
	ticks = 0;
	SYST_CSR = 7;
}

/* TIM2's update, whose clock is half the core's. */
static void timer_in(uint32_t cycles)
{
	REG(0x40000000) = 0;
	REG(0x4000002c) = cycles / 2;
	REG(0x40000014) = 1;
	REG(0x40000010) = 0;
	ICPR(0) = 1 << TIM2_IRQ;
	REG(0x4000000c) = 1;
	timer_ran = 0;
	REG(0x40000000) = 1;
}

static uint32_t wfi(void)
{
	uint32_t begin = now();

	__asm volatile("wfi" ::: "memory");
	return now() - begin;
}

static uint32_t wfe(void)
{
	uint32_t begin = now();

	__asm volatile("wfe" ::: "memory");
	return now() - begin;
}

static void interrupts(void)
{
	uint32_t cycles;

	tick_in(1000);
	cycles = wfi();
	CHECK(1, cycles > 900 && cycles < 1100);
	CHECK(1, ticks);
	/* PRIMASK: the core wakes, the handler waits */
	WRITE(primask, 1);
	tick_in(1000);
	cycles = wfi();
	CHECK(1, cycles > 900 && cycles < 1100);
	CHECK(0, ticks);
	CHECK(1, wfi() < 20); /* it is still pending */
	WRITE(primask, 0);
	ISB();
	CHECK(1, ticks);
	/* BASEPRI: what it holds back does not wake */
	SHPR8(SYSTICK) = 0x80;
	IPR8(TIM2_IRQ) = 0x10;
	ISER(0) = 1 << TIM2_IRQ;
	WRITE(basepri, 0x40);
	tick_in(1000);
	timer_in(3000);
	cycles = wfi();
	CHECK(1, cycles > 2800 && cycles < 3200);
	CHECK(0, ticks);
	CHECK(1, timer_ran);
	WRITE(basepri, 0);
	ISB();
	CHECK(1, ticks);
}

/* In a handler only what would preempt it wakes. */
static void sleeping_handler(void)
{
	tick_in(1000);
	timer_in(3000);
	slept = wfi();
}

static void in_handler(void)
{
	report_handler(PENDSV, sleeping_handler);
	SHPR8(PENDSV) = 0x40;
	ICSR = PENDSVSET;
	ISB();
	CHECK(1, slept > 2800 && slept < 3200);
	CHECK(1, timer_ran);
	CHECK(1, ticks); /* afterwards */
}

static void events(void)
{
	uint32_t cycles;

	ISB();
	wfe(); /* whatever was left */
	__asm volatile("sev");
	CHECK(1, wfe() < 20);
	tick_in(1000);
	cycles = wfe();
	CHECK(1, cycles > 900 && cycles < 1100);
	CHECK(1, ticks);
	CHECK(1, wfe() < 20); /* the exception left an event (B1.5.18) */
	/* an exception that is masked does not end WFE, unless SEVONPEND says so */
	ICER(0) = 1 << TIM2_IRQ;
	timer_in(1000);
	tick_in(3000);
	cycles = wfe();
	CHECK(1, cycles > 2800 && cycles < 3200);
	wfe();
	SCR = 1 << 4;
	timer_in(1000);
	tick_in(3000);
	ICPR(0) = 1 << TIM2_IRQ;
	cycles = wfe();
	CHECK(1, cycles > 900 && cycles < 1200);
	CHECK(0, ticks);
	SCR = 0;
	SYST_CSR = 0;
	timer();
	ICPR(0) = 1 << TIM2_IRQ;
}

/* SLEEPONEXIT: between interrupts the thread does not run. */
static void tick_thrice(void)
{
	if (++ticks == 3) {
		SCR = 0;
		SYST_CSR = 0;
	}
	CHECK(0, thread_turns);
}

static void on_exit(void)
{
	uint32_t begin;

	report_handler(SYSTICK, tick_thrice);
	ticks = 0;
	SYST_RVR = 999;
	SYST_CVR = 0;
	SCR = 2;
	begin = now();
	SYST_CSR = 7;
	__asm volatile("wfi" ::: "memory");
	thread_turns++;
	begin = now() - begin;
	CHECK(3, ticks);
	CHECK(1, begin > 2900 && begin < 3200);
}

void program(void)
{
	DEMCR = 1 << 24;
	DWT_CTRL = 1;
	report_handler(SYSTICK, tick);
	report_handler(IRQ0 + TIM2_IRQ, timer);
	interrupts();
	in_handler();
	events();
	on_exit();
}
