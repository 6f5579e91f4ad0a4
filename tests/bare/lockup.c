/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ways into lockup (B1.5.15), one after each reset; the host sees it, and resets. */
#include "bare/report.h"

static void fault(void)
{
	__asm volatile("udf #0");
}

static void call(void)
{
	__asm volatile("svc 0");
}

static void breakpoint(void)
{
	__asm volatile("bkpt #0");
}

void program(void)
{
	CHECK(TABLE.count, TABLE.resets); /* one row for each life */
	report_handler(HARDFAULT, fault);
	report_handler(NMI, breakpoint);
	switch (TABLE.resets) {
	case 0: fault(); break;
	case 1:
		report_handler(HARDFAULT, call);
		fault();
		break;
	case 2:
		WRITE(faultmask, 1);
		fault();
		break;
	case 3:
		ICSR = NMIPENDSET;
		ISB();
		break;
	case 4: /* no vectors: not even HardFault's can be read */
		VTOR = 0x10000000;
		fault();
		break;
	case 5: /* HardFault is not Thumb code */
		report_handler(HARDFAULT, (void (*)(void))0x08000040);
		fault();
		break;
	default: return;
	}
	CHECK(0, 1); /* it went on */
}
