/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * TIM2 makes 100 Hz: its clock of 60 MHz divided to 1 MHz, 10,000 steps a period. Channels 2, 3, 4
 * are red (PA1), green (PA2), blue (PA3). Common anode: a low pin is lit, so the outputs are
 * inverted.
 */
#include "reference/common/led.h"

enum led_setup {
	GPIOA_CLOCK = 1 << 0,
	TIM2_CLOCK = 1 << 0,
	PRESCALER = 60 - 1,
	STEPS = 10000,
	BRIGHTNESS = 96, /* of 255 */
	PINS_ALTERNATE = 2 << 2 | 2 << 4 | 2 << 6,
	PINS_MASK = 3 << 2 | 3 << 4 | 3 << 6,
	PINS_TIM2 = 1 << 4 | 1 << 8 | 1 << 12,
	PWM_1_PRELOADED = 6 << 4 | 1 << 3,
	CHANNELS_LOW_ON = 3 << 4 | 3 << 8 | 3 << 12, /* on, active low */
	COUNTER_ON = 1 | 1 << 7,
};

void led_init(void)
{
	RCC_AHB1ENR |= GPIOA_CLOCK;
	RCC_APB1ENR |= TIM2_CLOCK;
	TIM2_PSC = PRESCALER;
	TIM2_ARR = STEPS - 1;
	TIM2_CCMR1 = (uint32_t)PWM_1_PRELOADED << 8;
	TIM2_CCMR2 = PWM_1_PRELOADED | (uint32_t)PWM_1_PRELOADED << 8;
	TIM2_CCER = CHANNELS_LOW_ON;
	led_show(LED_OFF, 0);
	TIM2_EGR = 1; /* takes the values over */
	TIM2_CR1 = COUNTER_ON;
	GPIOA_AFRL |= PINS_TIM2;
	GPIOA_MODER = (GPIOA_MODER & ~(uint32_t)PINS_MASK) | PINS_ALTERNATE;
}

void led_show(uint32_t color, uint32_t level)
{
	for (uint32_t i = 0; i < 3; i++) {
		uint32_t component = (color >> (16 - 8 * i) & 0xff) * level / 255;

		TIM2_CCR(i) = component * BRIGHTNESS * STEPS >> 16;
	}
}
