/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The independent watchdog: 5 s on its 32 kHz, divided by 64 (RM0033 17.3). It cannot be stopped.
 */
#include "reference/system1/services.h"

void watchdog_start(void)
{
	IWDG_KR = 0xcccc;
	IWDG_KR = 0x5555;
	IWDG_PR = 4;
	IWDG_RLR = 2500;
	IWDG_KR = 0xaaaa;
}

void watchdog_feed(void)
{
	IWDG_KR = 0xaaaa;
}
