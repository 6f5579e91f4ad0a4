/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entry, return, priorities, masks, tail-chaining, late arrival, stacks. */
#include "bare/report.h"

static volatile uint32_t trace; /* who ran, 4 bits each */
static volatile uint32_t seen_frame, seen_return, seen_pc, seen_xpsr, seen_ipsr, seen_sp;
enum { ENTRY_CYCLES = 12 }; /* TRM 5.7 */

static volatile uint32_t begin, cycles; /* of CYCCNT */

static void note(uint32_t who)
{
	trace = trace << 4 | who;
}

static uint32_t noted(void)
{
	uint32_t was = trace;

	trace = 0;
	return was;
}

HANDLER(observe)
{
	seen_frame = (uint32_t)frame;
	seen_return = exc_return;
	seen_pc = frame[F_PC];
	seen_xpsr = frame[F_XPSR];
	seen_ipsr = READ(ipsr);
	note(seen_ipsr == SVCALL ? 1 : seen_ipsr == PENDSV ? 2 : seen_ipsr - IRQ0);
}

/* B1.5.6: what is stacked, and where; B1.5.8: what comes back. */
static void frame_of_svc(void)
{
	uint32_t sp = READ(msp);
	uint32_t flags;
	uint32_t r12;

	report_handler(SVCALL, observe);
	__asm volatile("movs r0, #0x10\n movs r1, #0x11\n movs r2, #0x12\n movs r3, #0x13\n"
		       "mov r12, #0x1c\n mov lr, #0x1e\n"
		       "cmp r0, r0\n" /* Z and C */
		       "svc 7\n"
		       "mrs %0, apsr\n mov %1, r12"
		       : "=&r"(flags), "=&r"(r12)::"r0", "r1", "r2", "r3", "r12", "lr", "cc",
			 "memory");
	CHECK(SVCALL, seen_ipsr);
	CHECK(RETURN_MAIN, seen_return);
	CHECK((sp & ~7u) - 32, seen_frame);
	CHECK(0x10, REG(seen_frame));
	CHECK(0x13, REG(seen_frame + 12));
	CHECK(0x1c, REG(seen_frame + 16));
	CHECK(0x1e, REG(seen_frame + 20));
	CHECK(0xdf07, REG16(seen_pc - 2)); /* the instruction after the SVC is next */
	CHECK(0x61000000, seen_xpsr & ~0x200u);
	CHECK(0x60000000, flags);
	CHECK(0x1c, r12);
	CHECK(sp, READ(msp));
	CHECK(1, noted());
}

/* B1.5.7: with CCR.STKALIGN the frame lies on 8 bytes, and bit 9 of xPSR says so. */
static void alignment(void)
{
	uint32_t sp;
	uint32_t after;

	for (uint32_t on = 0; on < 2; on++) {
		CCR = on ? CCR | 1 << 9 : CCR & ~(1u << 9);
		__asm volatile("mov r4, sp\n bic r5, r4, #7\n sub r5, #4\n mov sp, r5\n"
			       "mov %0, sp\n svc 0\n mov %1, sp\n mov sp, r4"
			       : "=&r"(sp), "=&r"(after)::"r4", "r5", "memory");
		CHECK(sp - 32 - 4 * on, seen_frame);
		CHECK(on, seen_xpsr >> 9 & 1);
		CHECK(sp, after);
		noted();
	}
}

/* B1.4.1, B1.5.6: a thread on the process stack; its handler is on the main stack. */
HANDLER(observe_stacks)
{
	seen_frame = (uint32_t)frame;
	seen_return = exc_return;
	seen_sp = READ(msp);
	seen_ipsr = READ(control);
	WRITE(control, 2); /* SPSEL cannot be changed in a handler (B1.4.4) */
	ISB();
	CHECK(0, READ(control) & 2);
}

static void process_stack(void)
{
	uint32_t msp = READ(msp);
	uint32_t process_sp;

	report_handler(SVCALL, observe_stacks);
	WRITE(psp, REPORT_PSP);
	__asm volatile("mov r4, #2\n msr control, r4\n isb\n"
		       "svc 0\n mov %0, sp\n"
		       "mov r4, #0\n msr control, r4\n isb"
		       : "=&r"(process_sp)::"r4", "memory");
	CHECK(RETURN_PROCESS, seen_return);
	CHECK(REPORT_PSP - 32, seen_frame);
	CHECK(REPORT_PSP, process_sp);
	CHECK(0, seen_ipsr & 2);
	CHECK(1, msp - seen_sp < 32); /* nothing but the handler's own pushes */
	CHECK(msp, READ(msp));
	report_handler(SVCALL, observe);
}

/* A handler that returns to where EXC_RETURN 'how' says. */
static volatile uint32_t how;

__attribute__((naked)) static void return_as_told(void)
{
	__asm volatile("ldr r0, [%0]\n bx r0" ::"r"(&how));
}

/* B1.5.8: a return that does not fit goes to UsageFault (INVPC), LR holding what was tried. */
__attribute__((used)) static void bad_return_body(uint32_t exc_return)
{
	seen_return = exc_return;
	seen_ipsr = READ(ipsr);
	seen_xpsr = CFSR;
	CFSR = CFSR;
}

/* And then returns as it should have been. */
__attribute__((naked)) static void bad_return(void)
{
	__asm volatile("mov r0, lr\n bl bad_return_body\n mvn r0, #6\n bx r0");
}

static void return_checks(void)
{
	static const uint32_t bad[] = { 0xfffffff0, RETURN_HANDLER, 0xfffffff5, 0xffffffff };

	SHCSR = FAULTS_ON;
	report_handler(SVCALL, return_as_told);
	report_handler(USAGEFAULT, bad_return);
	for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint32_t sp = READ(msp);

		how = bad[i];
		__asm volatile("svc 0" ::: "r0", "r1", "r2", "r3", "r12", "lr", "memory");
		CHECK(USAGEFAULT, seen_ipsr);
		CHECK(1 << 18, seen_xpsr);
		CHECK(bad[i], seen_return);
		CHECK(sp, READ(msp)); /* one frame was stacked, and one unstacked */
		CHECK(0, SHCSR & 0xfff);
	}
	how = RETURN_MAIN;
	SHCSR = 0;
	report_handler(SVCALL, observe);
}

/* B1.5.4: nesting, in all orders of two interrupts; the first pends the second. */
static void first(void)
{
	note(4);
	ISPR(0) = 1 << 5;
	ISB();
	note(8);
}

static void second(void)
{
	note(5);
}

struct nesting {
	uint8_t four, five, group;
	uint8_t primask, basepri, faultmask;
	uint16_t order;
};

static const struct nesting nestings[] = {
	{ 0x20, 0x10, 0, 0, 0x00, 0, 0x458 }, /* more urgent: preempts */
	{ 0x10, 0x20, 0, 0, 0x00, 0, 0x485 }, /* less urgent: waits */
	{ 0x20, 0x20, 0, 0, 0x00, 0, 0x485 }, /* the same: waits */
	{ 0x20, 0x10, 6, 0, 0x00, 0, 0x485 }, /* PRIGROUP 6: one group, so it waits */
	{ 0x90, 0x10, 6, 0, 0x00, 0, 0x458 }, /* another group */
	{ 0x90, 0x10, 7, 0, 0x00, 0, 0x485 }, /* PRIGROUP 7: no preemption at all */
	{ 0x20, 0x10, 0, 1, 0x00, 0, 0 },     /* PRIMASK holds both */
	{ 0x20, 0x30, 0, 0, 0x20, 0, 0 },     /* BASEPRI holds its own priority and below */
	{ 0x10, 0x30, 0, 0, 0x20, 0, 0x48 },  /* and lets the more urgent through */
	{ 0x00, 0x00, 0, 0, 0x00, 1, 0 },     /* FAULTMASK holds even priority 0 */
};

static void nesting(void)
{
	report_handler(IRQ0 + 4, first);
	report_handler(IRQ0 + 5, second);
	ISER(0) = 3 << 4;
	for (uint32_t i = 0; i < sizeof(nestings) / sizeof(nestings[0]); i++) {
		const struct nesting *row = &nestings[i];
		uint32_t order;

		AIRCR = 0x05fa0000 | (uint32_t)row->group << 8;
		IPR8(4) = row->four;
		IPR8(5) = row->five;
		WRITE(primask, row->primask);
		WRITE(basepri, row->basepri);
		WRITE(faultmask, row->faultmask);
		ISPR(0) = 1 << 4;
		ISB();
		order = noted();
		CHECK(order ? 0 : 1 << 4, ISPR(0) & 1 << 4);
		ICPR(0) = 3 << 4;
		WRITE(primask, 0);
		WRITE(basepri, 0);
		WRITE(faultmask, 0);
		ISB();
		CHECK(row->order, order);
		CHECK(0, noted());
	}
	AIRCR = 0x05fa0000;
	ICER(0) = 3 << 4;
}

/* Who is first of several that pend together: group, subpriority, number (B1.5.4). */
static void pending_together(void)
{
	for (uint32_t irq = 6; irq < 10; irq++)
		report_handler(IRQ0 + irq, observe);
	IPR8(6) = 0x30, IPR8(7) = 0x20, IPR8(8) = 0x20, IPR8(9) = 0x10;
	ISER(0) = 15 << 6;
	for (uint32_t group = 0; group < 8; group++) {
		AIRCR = 0x05fa0000 | group << 8;
		WRITE(primask, 1);
		ISPR(0) = 15 << 6;
		CHECK(IRQ0 + 9, ICSR >> 12 & 0x1ff);
		CHECK(0, noted());
		WRITE(primask, 0);
		ISB();
		CHECK(0x9786, noted());
	}
	AIRCR = 0x05fa0000;
	ICER(0) = 15 << 6;
}

/* BASEPRI_MAX only raises (B5.2.3); FAULTMASK is cleared by any return but NMI's (B1.5.8). */
static void faultmask_in_handler(void)
{
	note(3);
	WRITE(faultmask, 1);
	WRITE(basepri, 0x40);
}

static void masks(void)
{
	WRITE(basepri_max, 0x80);
	CHECK(0x80, READ(basepri));
	WRITE(basepri_max, 0xc0);
	CHECK(0x80, READ(basepri));
	WRITE(basepri_max, 0x4f);
	CHECK(0x40, READ(basepri)); /* four bits exist */
	WRITE(basepri_max, 0);
	CHECK(0x40, READ(basepri));
	WRITE(basepri, 0);
	report_handler(SVCALL, faultmask_in_handler);
	__asm volatile("svc 0" ::: "r0", "r1", "r2", "r3", "r12", "lr", "memory");
	CHECK(3, noted());
	CHECK(0, READ(faultmask));
	CHECK(0x40, READ(basepri));
	WRITE(basepri, 0);
	__asm volatile("cpsid i\n cpsid f" ::: "memory");
	CHECK(1, READ(primask));
	CHECK(1, READ(faultmask));
	__asm volatile("cpsie i\n cpsie f" ::: "memory");
	CHECK(0, READ(primask) | READ(faultmask));
	report_handler(SVCALL, observe);
}

/* NMI beats FAULTMASK, and its return leaves it set. */
static void nmi(void)
{
	note(7);
	CHECK(0, ICSR & NMIPENDSET);
}

static void nonmaskable(void)
{
	report_handler(NMI, nmi);
	WRITE(faultmask, 1);
	ICSR = NMIPENDSET;
	ISB();
	CHECK(7, noted());
	CHECK(1, READ(faultmask));
	WRITE(faultmask, 0);
}

/* TRM 5.8: PendSV waits for an interrupt and follows it without unstacking. */
HANDLER(chain_first)
{
	(void)exc_return;
	note(1);
	seen_frame = (uint32_t)frame;
	ICSR = PENDSVSET;
	frame[F_R0] = 0x77; /* stays in the frame, for both */
	begin = DWT_CYCCNT;
}

HANDLER(chain_second)
{
	cycles = DWT_CYCCNT - begin;
	note(2);
	CHECK(seen_frame, frame);
	CHECK(RETURN_MAIN, exc_return);
	CHECK(0x77, frame[F_R0]);
	CHECK(0, ICSR & PENDSVSET);
}

static void tail_chaining(void)
{
	uint32_t r0;

	DEMCR |= 1 << 24;
	DWT_CTRL |= 1;
	report_handler(IRQ0 + 4, chain_first);
	report_handler(PENDSV, chain_second);
	SHPR8(PENDSV) = 0xf0;
	IPR8(4) = 0x40;
	ISER(0) = 1 << 4;
	__asm volatile("movs r0, #1\n ldr r1, =0xe000e200\n movs r2, #16\n str r2, [r1]\n isb\n"
		       "mov %0, r0"
		       : "=r"(r0)::"r0", "r1", "r2", "memory");
	CHECK(0x12, noted());
	CHECK(0x77, r0);
	/* 6 cycles and the instructions around them; unstacking and stacking would be 24 */
	CHECK(1, cycles >= 6 + 4 && cycles < 24);
}

/* TRM 5.9: one that comes during stacking and is more urgent goes first, on the same frame. */
HANDLER(late_one)
{
	note(9);
	seen_frame = (uint32_t)frame;
	seen_return = exc_return;
	seen_pc = frame[F_PC];
	SYST_CSR = 0;
	ICSR = PENDSTCLR; /* short periods end again meanwhile */
}

static volatile uint32_t other_frame, other_return, other_pc;

HANDLER(less_urgent)
{
	note(2);
	other_frame = (uint32_t)frame;
	other_return = exc_return;
	other_pc = frame[F_PC];
}

static void late_arrival(void)
{
	uint32_t before = 0, late = 0, nested = 0;

	report_handler(SYSTICK, late_one);
	report_handler(PENDSV, less_urgent);
	SHPR8(SYSTICK) = 0x10;
	for (uint32_t delay = 1; delay < 40; delay++) {
		SYST_RVR = delay;
		SYST_CVR = 0;
		__asm volatile(
			"str %1, [%0, #0x10]\n str %2, [%3]\n nop\n isb\n nop" ::"r"(0xe000e000),
			"r"(7), "r"(PENDSVSET), "r"(0xe000ed04)
			: "memory");
		while (SYST_CSR & 1)
			;
		CHECK(RETURN_MAIN, other_return);
		if (seen_return == RETURN_HANDLER)
			nested++; /* into PendSV's handler */
		else if (noted() == 0x92 && seen_frame == other_frame && seen_pc == other_pc)
			late++;
		else
			before++;
		noted();
	}
	CHECK(39, before + late + nested);
	CHECK(ENTRY_CYCLES, late);
	CHECK(1, nested > 3);
}

/* B1.4.2: an interrupted IT block goes on where it was. */
static void it_block(void)
{
	report_handler(SYSTICK, late_one);
	for (uint32_t delay = 1; delay < 30; delay++) {
		uint32_t sum = 0;

		SYST_RVR = delay;
		SYST_CVR = 0;
		__asm volatile("cmp %0, #0\n str %2, [%1, #0x10]\n"
			       "nop\n nop\n"
			       "ittee eq\n addeq %0, #1\n addeq %0, #2\n addne %0, #16\n"
			       "addne %0, #32\n"
			       "ittee ne\n addne %0, #64\n addne %0, #128\n addeq %0, #4\n"
			       "addeq %0, #8\n"
			       : "+&r"(sum)
			       : "r"(0xe000e000), "r"(7)
			       : "cc", "memory");
		while (SYST_CSR & 1)
			;
		CHECK(15, sum);
		CHECK(9, noted());
	}
}

void program(void)
{
	frame_of_svc();
	alignment();
	process_stack();
	return_checks();
	nesting();
	pending_together();
	masks();
	nonmaskable();
	tail_chaining();
	late_arrival();
	it_block();
}
