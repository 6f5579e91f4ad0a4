/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a bare program needs: a table in RAM in which it reports its checks, registers of the core,
 * and vectors in RAM. A check's number is its line, so that a failure names its source.
 *
 * Chapters in the programs' comments are those of the ARMv7-M Architecture Reference Manual
 * (DDI 0403E) and the Cortex-M3 Technical Reference Manual (DDI 0337E, "TRM").
 */
#ifndef TESTS_BARE_REPORT_H
#define TESTS_BARE_REPORT_H

#include <stdint.h>

/* RAM: the table, the vectors, 0x20002000 variables, below the two stacks' tops the stacks. */
#define REPORT_TABLE   0x20000000u
#define REPORT_VECTORS 0x20001c00u
#define REPORT_MSP     0x20008000u
#define REPORT_PSP     0x2000a000u
#define REPORT_SCRATCH 0x2000c000u

enum report_limits { REPORT_ROWS_MAX = 400, REPORT_DONE = 0x444f4e45, REPORT_STRAY = 0x53545259 };

struct report_row {
	uint32_t line, expected, got;
};

struct report {
	uint32_t state; /* REPORT_DONE at the end; REPORT_STRAY: an exception nobody expected */
	uint32_t count;
	uint32_t resets; /* of the program by itself */
	struct report_row rows[REPORT_ROWS_MAX];
};

#ifdef __arm__

#define REG(address)   (*(volatile uint32_t *)(address))
#define REG16(address) (*(volatile uint16_t *)(address))
#define REG8(address)  (*(volatile uint8_t *)(address))

#define ICTR	   REG(0xe000e004)
#define SYST_CSR   REG(0xe000e010)
#define SYST_RVR   REG(0xe000e014)
#define SYST_CVR   REG(0xe000e018)
#define SYST_CALIB REG(0xe000e01c)
#define ISER(n)	   REG(0xe000e100 + 4 * (n))
#define ICER(n)	   REG(0xe000e180 + 4 * (n))
#define ISPR(n)	   REG(0xe000e200 + 4 * (n))
#define ICPR(n)	   REG(0xe000e280 + 4 * (n))
#define IABR(n)	   REG(0xe000e300 + 4 * (n))
#define IPR8(irq)  REG8(0xe000e400 + (irq))
#define IPR(n)	   REG(0xe000e400 + 4 * (n))
#define CPUID	   REG(0xe000ed00)
#define ICSR	   REG(0xe000ed04)
#define VTOR	   REG(0xe000ed08)
#define AIRCR	   REG(0xe000ed0c)
#define SCR	   REG(0xe000ed10)
#define CCR	   REG(0xe000ed14)
#define SHPR8(exc) REG8(0xe000ed18 + (exc)-4)
#define SHCSR	   REG(0xe000ed24)
#define CFSR	   REG(0xe000ed28)
#define HFSR	   REG(0xe000ed2c)
#define DFSR	   REG(0xe000ed30)
#define MMFAR	   REG(0xe000ed34)
#define BFAR	   REG(0xe000ed38)
#define DEMCR	   REG(0xe000edfc)
#define STIR	   REG(0xe000ef00)
#define DWT_CTRL   REG(0xe0001000)
#define DWT_CYCCNT REG(0xe0001004)

enum exceptions {
	NMI = 2,
	HARDFAULT = 3,
	MEMMANAGE = 4,
	BUSFAULT = 5,
	USAGEFAULT = 6,
	SVCALL = 11,
	DEBUGMON = 12,
	PENDSV = 14,
	SYSTICK = 15,
	IRQ0 = 16,
	VECTORS = 16 + 81,
};

enum icsr_bits {
	PENDSTCLR = 1 << 25,
	PENDSTSET = 1 << 26,
	PENDSVCLR = 1 << 27,
	PENDSVSET = 1 << 28
};

#define NMIPENDSET (1u << 31)
#define FAULTS_ON  (7u << 16) /* SHCSR */

#define RETURN_HANDLER 0xfffffff1u
#define RETURN_MAIN    0xfffffff9u
#define RETURN_PROCESS 0xfffffffdu

/* What an exception stacks, as words of the frame. */
enum frame_words { F_R0, F_R1, F_R2, F_R3, F_R12, F_LR, F_PC, F_XPSR };

#define ISB() __asm volatile("isb" ::: "memory")
#define READ(special)                                                         \
	({                                                                    \
		uint32_t value_;                                              \
		__asm volatile("mrs %0, " #special : "=r"(value_)::"memory"); \
		value_;                                                       \
	})
#define WRITE(special, value) __asm volatile("msr " #special ", %0" ::"r"(value) : "memory")

/*
 * Defines a handler NAME that calls NAME_body(frame, exc_return), which may change the frame; the
 * handler then returns to EXC_RETURN.
 */
#define HANDLER(name)                                                                        \
	__attribute__((used)) static void name##_body(uint32_t *frame, uint32_t exc_return); \
	__attribute__((naked)) static void name(void)                                        \
	{                                                                                    \
		__asm volatile("tst lr, #4\n"                                                \
			       "ite eq\n"                                                    \
			       "mrseq r0, msp\n"                                             \
			       "mrsne r0, psp\n"                                             \
			       "mov r1, lr\n"                                                \
			       "push {r3, lr}\n"                                             \
			       "bl " #name "_body\n"                                         \
			       "pop {r3, pc}");                                              \
	}                                                                                    \
	static void name##_body(uint32_t *frame, uint32_t exc_return)

/* The exception's handler from now on. */
void report_handler(uint32_t exception, void (*handler)(void));

void report_check(uint32_t line, uint32_t expected, uint32_t got);
#define CHECK(expected, got) report_check(__LINE__, (uint32_t)(expected), (uint32_t)(got))

/* RCC_CSR as the program found it. */
extern volatile uint32_t report_reset_cause;

/* The program; what it checks after that is lost. */
void program(void);

#define TABLE (*(volatile struct report *)REPORT_TABLE)

#endif
#endif
