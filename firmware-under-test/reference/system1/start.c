/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the bootloader jumps to, and the system's vectors. Part 1 makes the board's services ready
 * and hands over to part 2, by the table behind part 2's header: a part 2 that is damaged is
 * entered all the same, and usually ends in the SOS below.
 */
#include "reference/common/clock.h"
#include "reference/common/defects.h"
#include "reference/common/sections.h"
#include "reference/common/usb.h"
#include "reference/system1/cdc.h"
#include "reference/system1/services.h"

void start_reset(void);
static void fault_hard(void);
static void fault_nmi(void);
static void fault_memory(void);
static void fault_bus(void);
static void fault_usage(void);
static void unexpected(void);

typedef void (*vector)(void);

enum { VECTOR_COUNT = 97, FAULTS_ON = 7 << 16 };

static const union {
	vector code;
	uint32_t stack;
} vectors[VECTOR_COUNT] __attribute__((section(".vectors"), used)) = {
	[0].stack = CHIP_STACK_TOP,
	[1].code = start_reset,
	[2].code = fault_nmi,
	[3].code = fault_hard,
	[4].code = fault_memory,
	[5].code = fault_bus,
	[6].code = fault_usage,
	[7 ... 14].code = unexpected,
	[15].code = services_tick,
	[16 ... SERIAL_VECTOR - 1].code = unexpected,
	[SERIAL_VECTOR].code = serial_interrupt,
	[SERIAL_VECTOR + 1 ... USB_VECTOR - 1].code = unexpected,
	[USB_VECTOR].code = usb_interrupt,
	[USB_VECTOR + 1 ... VECTOR_COUNT - 1].code = unexpected,
};

static void fault_hard(void)
{
	sos_panic(SOS_HARD_FAULT);
}

static void fault_nmi(void)
{
	sos_panic(SOS_NMI);
}

static void fault_memory(void)
{
	sos_panic(SOS_MEM_MANAGE);
}

static void fault_bus(void)
{
	sos_panic(SOS_BUS);
}

static void fault_usage(void)
{
	sos_panic(SOS_USAGE);
}

static void unexpected(void)
{
	sos_panic(SOS_HARD_FAULT);
}

void start_reset(void)
{
	sections_init();
	clock_init();
	SCB_SHCSR |= FAULTS_ON;
	led_init();
	serial_init();
	if (!serial_is_left_alone())
		cdc_prepare();
	led_service_set(LED_NORMAL, LED_WHITE, LED_SOLID, 0);
	clock_tick_start();
	if (HAS_DEFECT(TRAFFIC_WATCHDOG))
		watchdog_start();
	exports_system()->prepare();
	exports_system()->run();
}
