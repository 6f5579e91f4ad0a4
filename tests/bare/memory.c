/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Unaligned accesses (A3.2), bit-band (TRM 3.7), exclusive accesses, code that changes itself. */
#include "bare/report.h"

#define RAM_ALIAS(address, bit)	       REG(0x22000000 + ((address)-0x20000000) * 32 + (bit)*4)
#define PERIPHERAL_ALIAS(address, bit) REG(0x42000000 + ((address)-0x40000000) * 32 + (bit)*4)

static void fill(void)
{
	for (uint32_t i = 0; i < 32; i++)
		REG8(REPORT_SCRATCH + i) = (uint8_t)(0x80 + i);
}

static uint32_t load(uint32_t address)
{
	uint32_t value;

	__asm volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static void unaligned(void)
{
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t at = REPORT_SCRATCH + i;
		uint32_t half;

		fill();
		CHECK(0x83828180 + i * 0x01010101, load(at));
		__asm volatile("ldrh %0, [%1]" : "=r"(half) : "r"(at) : "memory");
		CHECK(0x8180 + i * 0x0101, half);
		__asm volatile("ldrsh %0, [%1]" : "=r"(half) : "r"(at) : "memory");
		CHECK(0xffff8180 + i * 0x0101, half);
		__asm volatile("str %0, [%1]" ::"r"(0x44332211), "r"(at) : "memory");
		CHECK(0x44332211, load(at));
		CHECK(i ? 0x80 : 0x11, REG8(REPORT_SCRATCH));
		CHECK(0x84 + i, REG8(at + 4));
		__asm volatile("strh %0, [%1]" ::"r"(0x6655), "r"(at + 8) : "memory");
		CHECK(0x8b8a6655 + (i | i << 8) * 0x10000, load(at + 8));
	}
}

static void ram_bits(void)
{
	uint32_t at = REPORT_SCRATCH + 0x40;

	REG(at) = 0xa5a5a5a5;
	for (uint32_t bit = 0; bit < 32; bit++)
		CHECK(0xa5a5a5a5 >> bit & 1, RAM_ALIAS(at, bit));
	RAM_ALIAS(at, 1) = 1;
	RAM_ALIAS(at, 31) = 0xfffffffe; /* bit 0 alone counts */
	CHECK(0x25a5a5a7, REG(at));
	REG8(0x22000000 + (at - 0x20000000) * 32 + 8 * 4) = 0; /* a byte will do */
	CHECK(0x25a5a4a7, REG(at));
	REG16(0x22000000 + (at - 0x20000000) * 32 + 9 * 4) = 3;
	CHECK(0x25a5a6a7, REG(at));
	CHECK(1, REG8(0x22000000 + (at - 0x20000000) * 32 + 9 * 4));
}

static void peripheral_bits(void)
{
	uint32_t odr = 0x40020414; /* GPIOB */

	REG(odr) = 0x00f0;
	PERIPHERAL_ALIAS(odr, 0) = 1;
	PERIPHERAL_ALIAS(odr, 7) = 0;
	CHECK(0x0071, REG(odr));
	CHECK(1, PERIPHERAL_ALIAS(odr, 4));
	CHECK(0, PERIPHERAL_ALIAS(odr, 8));
	/* read, change, write: where writing 1 clears, it clears what it read as 1 too */
	REG(0x40013c00) = 3; /* EXTI_IMR: lines 0 and 1 */
	REG(0x40013c10) = 3; /* SWIER */
	CHECK(3, REG(0x40013c14));
	PERIPHERAL_ALIAS(0x40013c14, 0) = 1;
	CHECK(0, REG(0x40013c14));
	REG(0x40013c00) = 0;
	ICPR(0) = 3 << 6;
}

static void nothing(void)
{
}

/* A3.4, B1.5.8: an exception in between takes the monitor away. */
static void exclusive(void)
{
	uint32_t at = REPORT_SCRATCH;
	uint32_t one, two, three;

	report_handler(SVCALL, nothing);
	__asm volatile("ldrex r4, [%3]\n strex %0, r4, [%3]\n strex %1, r4, [%3]\n"
		       "ldrex r4, [%3]\n push {r0-r3, r12, lr}\n svc 0\n pop {r0-r3, r12, lr}\n"
		       "strex %2, r4, [%3]"
		       : "=&r"(one), "=&r"(two), "=&r"(three)
		       : "r"(at)
		       : "r4", "memory");
	CHECK(0, one);
	CHECK(1, two);
	CHECK(1, three);
}

/* Code in RAM, run, changed and run again. */
static void self_modifying(void)
{
	uint32_t (*code)(void) = (uint32_t(*)(void))(REPORT_SCRATCH + 0x101);

	for (uint32_t i = 0; i < 8; i++) {
		REG16(REPORT_SCRATCH + 0x100) = (uint16_t)(0x2000 + i); /* movs r0, #i */
		REG16(REPORT_SCRATCH + 0x102) = 0x4770;			/* bx lr */
		ISB();
		CHECK(i, code());
	}
	RAM_ALIAS(REPORT_SCRATCH + 0x100, 5) = 1; /* through the alias */
	CHECK(0x27, code());
}

void program(void)
{
	unaligned();
	ram_bits();
	peripheral_bits();
	exclusive();
	self_modifying();
}
