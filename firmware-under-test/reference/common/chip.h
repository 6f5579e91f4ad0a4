/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The registers of the STM32F205 that this firmware touches, each block with the section of the
 * reference manual (RM0033) that describes it, and the few instructions C has no word for.
 */
#ifndef REFERENCE_COMMON_CHIP_H
#define REFERENCE_COMMON_CHIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(address))

/* reset and clock control, RM0033 5.3 */
#define RCC_CR	    REG(0x40023800u)
#define RCC_PLLCFGR REG(0x40023804u)
#define RCC_CFGR    REG(0x40023808u)
#define RCC_AHB1ENR REG(0x40023830u)
#define RCC_AHB2ENR REG(0x40023834u)
#define RCC_APB1ENR REG(0x40023840u)
#define RCC_APB2ENR REG(0x40023844u)
#define RCC_CSR	    REG(0x40023874u)

/* flash interface, RM0033 2.8 (programming manual PM0059) */
#define FLASH_ACR  REG(0x40023c00u)
#define FLASH_KEYR REG(0x40023c04u)
#define FLASH_SR   REG(0x40023c0cu)
#define FLASH_CR   REG(0x40023c10u)

/* CRC unit, RM0033 3.4 */
#define CRC_DR REG(0x40023000u)
#define CRC_CR REG(0x40023008u)

/* ports, RM0033 6.4: the LED is on A, SETUP on C, the serial line on A */
#define GPIOA_MODER REG(0x40020000u)
#define GPIOA_AFRL  REG(0x40020020u)
#define GPIOA_AFRH  REG(0x40020024u)
#define GPIOC_PUPDR REG(0x4002080cu)
#define GPIOC_IDR   REG(0x40020810u)

/* timer 2, RM0033 14.4 */
#define TIM2_CR1	REG(0x40000000u)
#define TIM2_EGR	REG(0x40000014u)
#define TIM2_CCMR1	REG(0x40000018u)
#define TIM2_CCMR2	REG(0x4000001cu)
#define TIM2_CCER	REG(0x40000020u)
#define TIM2_PSC	REG(0x40000028u)
#define TIM2_ARR	REG(0x4000002cu)
#define TIM2_CCR(color) REG(0x40000038u + 4u * (color)) /* 0 red: CH2, 1 green, 2 blue */

/* serial port 1, RM0033 24.6 */
#define USART1_SR  REG(0x40011000u)
#define USART1_DR  REG(0x40011004u)
#define USART1_BRR REG(0x40011008u)
#define USART1_CR1 REG(0x4001100cu)

/* power control and backup registers, RM0033 4.4 and 22.6.15 */
#define PWR_CSR	    REG(0x40007004u)
#define PWR_CR	    REG(0x40007000u)
#define BACKUP(num) REG(0x40002850u + 4u * (num))

/* independent watchdog, RM0033 17.4 */
#define IWDG_KR	 REG(0x40003000u)
#define IWDG_PR	 REG(0x40003004u)
#define IWDG_RLR REG(0x40003008u)

/* of the core (ARMv7-M): SysTick, vector table, reset, fault state, cycle counter */
#define SYST_CSR	   REG(0xe000e010u)
#define SYST_RVR	   REG(0xe000e014u)
#define SYST_CVR	   REG(0xe000e018u)
#define SCB_ICSR	   REG(0xe000ed04u)
#define SCB_VTOR	   REG(0xe000ed08u)
#define SCB_AIRCR	   REG(0xe000ed0cu)
#define SCB_SHCSR	   REG(0xe000ed24u)
#define NVIC_PRIORITY(irq) (*(volatile uint8_t *)(0xe000e400u + (irq)))
#define NVIC_ENABLE(irq)   (REG(0xe000e100u + 4u * ((irq) / 32)) = 1u << ((irq) % 32))
#define DEMCR		   REG(0xe000edfcu)
#define DWT_CTRL	   REG(0xe0001000u)
#define DWT_CYCCNT	   REG(0xe0001004u)

enum chip_facts {
	CHIP_HZ = 120000000,
	CHIP_CYCLES_PER_MS = CHIP_HZ / 1000,
	CHIP_STACK_TOP = 0x20020000,
};

static inline void chip_sleep(void)
{
	__asm__ volatile("wfi" ::: "memory");
}

static inline void chip_interrupts_off(void)
{
	__asm__ volatile("cpsid i" ::: "memory");
}

static inline void chip_interrupts_on(void)
{
	__asm__ volatile("cpsie i" ::: "memory");
}

static inline uint32_t chip_reverse_bits(uint32_t word)
{
	uint32_t result;

	__asm__("rbit %0, %1" : "=r"(result) : "r"(word));
	return result;
}

static inline uint32_t chip_reverse_bytes(uint32_t word)
{
	return __builtin_bswap32(word);
}

/* Waits without interrupts, on the core's cycle counter; 30 seconds at most. */
static inline void chip_wait_ms(uint32_t ms)
{
	uint32_t begin;

	DEMCR |= 1u << 24; /* the counter's power */
	DWT_CTRL |= 1;
	begin = DWT_CYCCNT;
	while (DWT_CYCCNT - begin < ms * CHIP_CYCLES_PER_MS)
		;
}

static inline void __attribute__((noreturn)) chip_reset(void)
{
	__asm__ volatile("dsb" ::: "memory");
	SCB_AIRCR = 0x05fa0004u;
	for (;;)
		;
}

#endif
