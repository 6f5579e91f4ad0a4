/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every fault: which handler, which status bits, which address (B1.5.14, B3.2.15 to B3.2.18). */
#include "bare/report.h"

static volatile uint32_t resume, fault_pc; /* set by CATCH */
static volatile uint32_t seen_ipsr, seen_cfsr, seen_hfsr, seen_dfsr, seen_pc, seen_xpsr, seen_bfar;

HANDLER(caught)
{
	(void)exc_return;
	seen_ipsr = READ(ipsr);
	seen_cfsr = CFSR;
	seen_hfsr = HFSR;
	seen_dfsr = DFSR;
	seen_bfar = BFAR;
	seen_pc = frame[F_PC];
	seen_xpsr = frame[F_XPSR];
	CFSR = seen_cfsr;
	HFSR = seen_hfsr;
	DFSR = seen_dfsr;
	frame[F_PC] = resume;
	frame[F_XPSR] |= 1 << 24;
	frame[F_XPSR] &= ~0x0600fc00u; /* out of any IT block */
	WRITE(control, 0);
}

/* Runs 'text' with 'value' in r0; what comes after a fault is the next line. */
#define TRY(text, value)                                                                      \
	__asm volatile("adr r5, 8f\n str r5, [%0]\n adr r5, 9f\n str r5, [%1]\n mov r0, %2\n" \
		       "movs r1, #0\n movs r2, #2\n .balign 4\n8: " text                      \
		       "\n .balign 4\n9:\n" ::"r"(&fault_pc),                                 \
		       "r"(&resume), "r"(value)                                               \
		       : "r0", "r1", "r2", "r3", "r5", "r6", "r12", "lr", "cc", "memory")

/* And checks what was caught. 'pc' 0: of the instruction. */
#define CATCH(text, value, exception, cfsr, hfsr, pc)   \
	do {                                            \
		seen_ipsr = 0;                          \
		TRY(text, value);                       \
		CHECK(exception, seen_ipsr);            \
		CHECK(cfsr, seen_cfsr);                 \
		CHECK(hfsr, seen_hfsr);                 \
		CHECK((pc) ? (pc) : fault_pc, seen_pc); \
	} while (0)

enum cfsr_bits {
	IACCVIOL = 1 << 0,
	IBUSERR = 1 << 8,
	PRECISERR = 1 << 9,
	UNSTKERR = 1 << 11,
	STKERR = 1 << 12,
	BFARVALID = 1 << 15,
	UNDEFINSTR = 1 << 16,
	INVSTATE = 1 << 17,
	INVPC = 1 << 18,
	NOCP = 1 << 19,
	UNALIGNED = 1 << 24,
	DIVBYZERO = 1 << 25,
};

enum other_bits { FORCED = 1 << 30, NOWHERE = 0x60000000, END_OF_RAM = 0x20020000 };

#define DEBUGEVT (1u << 31)

static void usage_faults(void)
{
	CATCH("udf #0", 0, USAGEFAULT, UNDEFINSTR, 0, 0);
	CATCH(".short 0xf7f0, 0xa000", 0, USAGEFAULT, UNDEFINSTR, 0, 0);
	CATCH(".short 0xee00, 0x0a10", 0, USAGEFAULT, NOCP, 0, 0);
	CATCH("ldm r0, {r1, r2}", REPORT_SCRATCH + 2, USAGEFAULT, UNALIGNED, 0, 0);
	CATCH("stm r0!, {r1, r2}", REPORT_SCRATCH + 1, USAGEFAULT, UNALIGNED, 0, 0);
	CATCH("ldrd r1, r2, [r0]", REPORT_SCRATCH + 2, USAGEFAULT, UNALIGNED, 0, 0);
	CATCH("strd r1, r2, [r0]", REPORT_SCRATCH + 3, USAGEFAULT, UNALIGNED, 0, 0);
	CATCH("ldrex r1, [r0]", REPORT_SCRATCH + 2, USAGEFAULT, UNALIGNED, 0, 0);
	/* B1.4.2: a jump clears EPSR.T, and the instruction it goes to faults */
	CATCH("bx r0", 0x08000010, USAGEFAULT, INVSTATE, 0, 0x08000010);
	CHECK(0, seen_xpsr >> 24 & 1);
	CATCH("blx r0", 0x08000020, USAGEFAULT, INVSTATE, 0, 0x08000020);
	CATCH("push {r0}\n pop {pc}", 0x08000030, USAGEFAULT, INVSTATE, 0, 0x08000030);
	CHECK(1, SHCSR == FAULTS_ON); /* nothing is left active or pending */
}

static void division(void)
{
	uint32_t quotient;

	__asm volatile("mov r1, #0\n mov %0, #5\n udiv %0, %0, r1" : "=&r"(quotient)::"r1");
	CHECK(0, quotient);
	CCR |= 1 << 4;
	CATCH("udiv r2, r2, r1", 0, USAGEFAULT, DIVBYZERO, 0, 0);
	CATCH("sdiv r2, r2, r1", 0, USAGEFAULT, DIVBYZERO, 0, 0);
	CATCH("cmp r1, #0\n ite eq\n udiveq r2, r2, r1\n nopne", 0, USAGEFAULT, DIVBYZERO, 0,
	      fault_pc + 4);
	CCR &= ~(1u << 4);
}

/* B3.2.8 CCR.UNALIGN_TRP */
static void unaligned_traps(void)
{
	CCR |= 1 << 3;
	CATCH("ldr r1, [r0]", REPORT_SCRATCH + 1, USAGEFAULT, UNALIGNED, 0, 0);
	CATCH("ldr r1, [r0, #2]", REPORT_SCRATCH, USAGEFAULT, UNALIGNED, 0, 0);
	CATCH("ldrh r1, [r0]", REPORT_SCRATCH + 1, USAGEFAULT, UNALIGNED, 0, 0);
	CATCH("ldrsh r1, [r0, #1]", REPORT_SCRATCH, USAGEFAULT, UNALIGNED, 0, 0);
	CATCH("str r1, [r0, r2]", REPORT_SCRATCH, USAGEFAULT, UNALIGNED, 0, 0);
	CATCH("strh r1, [r0, r2]", REPORT_SCRATCH + 1, USAGEFAULT, UNALIGNED, 0, 0);
	CATCH("ldr r1, [r0], #4", REPORT_SCRATCH + 3, USAGEFAULT, UNALIGNED, 0, 0);
	CATCH("str r1, [r0, #-3]!", REPORT_SCRATCH, USAGEFAULT, UNALIGNED, 0, 0);
	CATCH("ldr pc, [r0]", REPORT_SCRATCH + 2, USAGEFAULT, UNALIGNED, 0, 0);
	seen_ipsr = 0;
	TRY("ldr r1, [r0]\n ldrh r1, [r0, #2]\n ldrb r1, [r0, #3]\n strb r1, [r0, #1]\n"
	    "str r1, [r0, #4]\n ldr r1, [r0, r2, lsl #1]\n cmp r2, #0\n it eq\n ldreq r1, [r0, #1]",
	    REPORT_SCRATCH);
	CHECK(0, seen_ipsr);
	CCR &= ~(1u << 3);
	TRY("ldr r1, [r0]\n strh r1, [r0]", REPORT_SCRATCH + 1);
	CHECK(0, seen_ipsr);
}

static void bus_faults(void)
{
	uint32_t precise = PRECISERR | BFARVALID;

	CATCH("ldr r1, [r0]", NOWHERE, BUSFAULT, precise, 0, 0);
	CHECK(NOWHERE, seen_bfar);
	CATCH("ldrb r1, [r0, #3]", NOWHERE, BUSFAULT, precise, 0, 0);
	CHECK(NOWHERE + 3, seen_bfar);
	CATCH("str r1, [r0]", 0x1fff0000, BUSFAULT, precise, 0, 0);
	CATCH("ldr r1, [r0]", END_OF_RAM - 2, BUSFAULT, precise, 0, 0);
	CATCH("ldr r1, [r0, #0]", 0xfffffffc, BUSFAULT, precise, 0, 0);
	CATCH("ldm r0, {r1, r2}", END_OF_RAM - 4, BUSFAULT, precise, 0, 0);
	CHECK(END_OF_RAM, seen_bfar);
	CATCH("blx r0", 0x10000001, BUSFAULT, IBUSERR, 0, 0x10000000);
	CATCH("blx r0", NOWHERE + 1, BUSFAULT, IBUSERR, 0, NOWHERE);
}

/* B3.1: peripherals, devices and the system space never execute. */
static void execute_never(void)
{
	CATCH("blx r0", 0x40000001, MEMMANAGE, IACCVIOL, 0, 0x40000000);
	CATCH("blx r0", 0xa0000001, MEMMANAGE, IACCVIOL, 0, 0xa0000000);
	CATCH("blx r0", 0xe000e001, MEMMANAGE, IACCVIOL, 0, 0xe000e000);
	/* BLX is no exception return, in thread mode BX neither */
	CATCH("blx r0", RETURN_MAIN, MEMMANAGE, IACCVIOL, 0, RETURN_MAIN - 1);
	CATCH("bx r0", RETURN_MAIN, MEMMANAGE, IACCVIOL, 0, RETURN_MAIN - 1);
}

/* B3.1: unprivileged code and the private peripheral bus; B3.2.26 STIR. */
static void irq3(void)
{
	REG(REPORT_SCRATCH + 64) = READ(ipsr);
}

static void unprivileged(void)
{
	uint32_t precise = PRECISERR | BFARVALID;
	uint32_t mask;

	WRITE(control, 1);
	CATCH("ldr r1, [r0]", 0xe000ed08, BUSFAULT, precise, 0, 0);
	WRITE(control, 1);
	CATCH("str r1, [r0]", 0xe000ef00, BUSFAULT, precise, 0, 0);
	CHECK(0, READ(control));
	WRITE(primask, 1);
	WRITE(control, 1);
	WRITE(primask, 0); /* without effect */
	__asm volatile("cpsie i");
	CHECK(0, READ(primask)); /* and not to be read (B5.2.2) */
	TRY("udf #0", 0);	 /* out of it: HardFault, for PRIMASK holds */
	mask = READ(primask);
	WRITE(primask, 0);
	CHECK(1, mask);
	CHECK(HARDFAULT, seen_ipsr);
	CCR |= 2; /* USERSETMPEND */
	report_handler(IRQ0 + 3, irq3);
	ISER(0) = 1 << 3;
	REG(REPORT_SCRATCH + 64) = 0;
	WRITE(control, 1);
	STIR = 3;
	ISB();
	CHECK(IRQ0 + 3, REG(REPORT_SCRATCH + 64));
	TRY("udf #0", 0);
	CHECK(0, READ(control));
	CCR &= ~2u;
	ICER(0) = 1 << 3;
}

/* B1.5.5: escalation, when not enabled or not urgent enough. */
static void escalation(void)
{
	SHCSR = 0;
	CATCH("udf #0", 0, HARDFAULT, UNDEFINSTR, FORCED, 0);
	CATCH("ldr r1, [r0]", NOWHERE, HARDFAULT, PRECISERR | BFARVALID, FORCED, 0);
	CATCH("blx r0", 0x40000001, HARDFAULT, IACCVIOL, FORCED, 0x40000000);
	SHCSR = FAULTS_ON;
	SHPR8(USAGEFAULT) = 0x40;
	WRITE(basepri, 0x40);
	CATCH("udf #0", 0, HARDFAULT, UNDEFINSTR, FORCED, 0);
	WRITE(basepri, 0x50);
	CATCH("udf #0", 0, USAGEFAULT, UNDEFINSTR, 0, 0);
	WRITE(basepri, 0);
	SHPR8(USAGEFAULT) = 0;
	WRITE(primask, 1);
	CATCH("svc 0", 0, HARDFAULT, 0, FORCED, 0);
	WRITE(primask, 0);
}

/* C1.6.1: without a debugger. */
static void breakpoints(void)
{
	CATCH("bkpt #1", 0, HARDFAULT, 0, DEBUGEVT, 0);
	CHECK(2, seen_dfsr);
	DEMCR |= 1 << 16;
	CATCH("bkpt #1", 0, DEBUGMON, 0, 0, 0);
	CHECK(2, seen_dfsr);
	WRITE(primask, 1); /* its priority is 0: not now */
	CATCH("bkpt #1", 0, HARDFAULT, 0, DEBUGEVT, 0);
	WRITE(primask, 0);
	DEMCR &= ~(1u << 16);
}

/* B3.2.8 CCR.BFHFNMIGN: at priority -1 a data access to nowhere has no effect. */
static void ignored_faults(void)
{
	CCR |= 1 << 8;
	WRITE(faultmask, 1);
	TRY("movs r1, #5\n ldr r1, [r0]\n ldr r6, =0x2000c040\n str r1, [r6]\n b 9f\n .ltorg",
	    NOWHERE);
	WRITE(faultmask, 0);
	CCR &= ~(1u << 8);
	CHECK(5, REG(0x2000c040));
	CHECK(PRECISERR | BFARVALID, CFSR);
	CHECK(NOWHERE, BFAR);
	CFSR = CFSR;
}

/* TRM 5.12.1: a stack that is not there. The handler runs all the same. */
__attribute__((naked)) static void no_stack(void)
{
	__asm volatile("ldr r0, =0xe000ed28\n ldr r1, [r0]\n str r1, [r0]\n mov r7, r1\n"
		       "mrs r6, ipsr\n"
		       /* a stack, and a frame on it that returns behind */
		       "mov sp, r4\n sub sp, #32\n str r5, [sp, #24]\n"
		       "mov r1, #0x01000000\n str r1, [sp, #28]\n"
		       "ldr r1, [r0, #-4]\n bic r1, #0x8000\n str r1, [r0, #-4]\n bx lr\n .ltorg");
}

static void stacking(uint32_t shcsr, uint32_t exception, uint32_t hfsr)
{
	uint32_t ipsr;
	uint32_t cfsr;

	SHCSR = shcsr;
	__asm volatile("mov r4, sp\n adr r5, 9f\n mov r6, #0x10000000\n mov sp, r6\n"
		       "svc 0\n .balign 4\n9: mov %0, r6\n mov %1, r7"
		       : "=&r"(ipsr), "=&r"(cfsr)::"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7",
			 "r12", "lr", "memory");
	CHECK(exception, ipsr);
	CHECK(STKERR, cfsr);
	CHECK(hfsr, HFSR);
	HFSR = HFSR;
	CHECK(shcsr, SHCSR);
}

static void stack_faults(void)
{
	report_handler(BUSFAULT, no_stack);
	report_handler(HARDFAULT, no_stack);
	stacking(FAULTS_ON, BUSFAULT, 0);
	stacking(0, HARDFAULT, FORCED);
	report_handler(BUSFAULT, caught);
	report_handler(HARDFAULT, caught);
	SHCSR = FAULTS_ON;
}

/* A handler whose vector has no bit 0 (B1.5.3): it faults at its first instruction. */
static void bad_vector(void)
{
	report_handler(SVCALL, (void (*)(void))0x08000040);
	SHPR8(SVCALL) = 0x80;
	seen_ipsr = 0;
	/* the fault's frame is the handler's; 'resume' is in the handler: leave it from there */
	TRY("svc 0\n b 7f\n .balign 4\n9: bx lr\n7:", 0);
	CHECK(USAGEFAULT, seen_ipsr);
	CHECK(INVSTATE, seen_cfsr);
	CHECK(0x08000040, seen_pc);
	SHPR8(SVCALL) = 0;
}

void program(void)
{
	for (uint32_t i = HARDFAULT; i <= USAGEFAULT; i++)
		report_handler(i, caught);
	report_handler(DEBUGMON, caught);
	SHCSR = FAULTS_ON;
	for (uint32_t i = 0; i < 16; i++)
		REG(REPORT_SCRATCH + 4 * i) = 0;
	usage_faults();
	division();
	unaligned_traps();
	bus_faults();
	execute_never();
	unprivileged();
	escalation();
	breakpoints();
	ignored_faults();
	stack_faults();
	bad_vector();
}
