/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reference/common/clock.h"

enum clock_bits {
	CR_HSE_ON = 1 << 16,
	CR_HSE_READY = 1 << 17,
	CR_PLL_ON = 1 << 24,
	CR_PLL_READY = 1 << 25,
	/* 26 MHz / 26 * 240 / 2 = 120 MHz; / 5 = 48 MHz for USB; from the crystal */
	PLL_120_MHZ = 26 | 240 << 6 | 0 << 16 | 1 << 22 | 5 << 24,
	ACR_3_WAIT_STATES_CACHED = 3 | 7 << 8,
	CFGR_BUSES = 5 << 10 | 4 << 13, /* APB1 30 MHz, APB2 60 MHz */
	CFGR_PLL = 2,
	CFGR_PLL_USED = 2 << 2,
	AHB1_GPIOA_GPIOC_CRC = 1 << 0 | 1 << 2 | 1 << 12,
	APB1_POWER = 1 << 28,
	APB2_USART1 = 1 << 4,
	TICK_ON = 7, /* core clock, interrupt, on */
};

void clock_init(void)
{
	RCC_CR |= CR_HSE_ON;
	while (!(RCC_CR & CR_HSE_READY))
		;
	FLASH_ACR = ACR_3_WAIT_STATES_CACHED;
	RCC_CFGR = CFGR_BUSES;
	if ((RCC_CFGR & (3 << 2)) != CFGR_PLL_USED) {
		RCC_PLLCFGR = PLL_120_MHZ;
		RCC_CR |= CR_PLL_ON;
		while (!(RCC_CR & CR_PLL_READY))
			;
		RCC_CFGR = CFGR_BUSES | CFGR_PLL;
		while ((RCC_CFGR & (3 << 2)) != CFGR_PLL_USED)
			;
	}
	RCC_AHB1ENR |= AHB1_GPIOA_GPIOC_CRC;
	RCC_APB1ENR |= APB1_POWER;
	RCC_APB2ENR |= APB2_USART1;
}

void clock_tick_start(void)
{
	SYST_RVR = CHIP_CYCLES_PER_MS - 1;
	SYST_CVR = 0;
	SYST_CSR = TICK_ON;
}

void clock_tick_stop(void)
{
	SYST_CSR = 0;
	SCB_ICSR = 1u << 25; /* one that is pending would meet the next program */
}
