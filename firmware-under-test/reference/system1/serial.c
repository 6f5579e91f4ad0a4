/* SPDX-License-Identifier: GPL-3.0-or-later */
/* USART1 on PA9 and PA10, 115200 baud, 8 bits, no parity, one stop bit; polled. */
#include "reference/system1/services.h"

enum serial_setup {
	PINS_ALTERNATE = 2 << 18 | 2 << 20,
	PINS_MASK = 3 << 18 | 3 << 20,
	PINS_USART = 7 << 4 | 7 << 8,
	CLOCK_HZ = 60000000, /* of APB2 */
	BAUD = 115200,
	CR1_ON = 1 << 13 | 1 << 3 | 1 << 2, /* port, transmitter, receiver */
	SR_RECEIVED = 1 << 5,
	SR_CAN_SEND = 1 << 7,
};

void serial_init(void)
{
	GPIOA_AFRH |= PINS_USART;
	GPIOA_MODER = (GPIOA_MODER & ~(uint32_t)PINS_MASK) | PINS_ALTERNATE;
	USART1_BRR = (CLOCK_HZ + BAUD / 2) / BAUD;
	USART1_CR1 = CR1_ON;
}

void serial_put(char c)
{
	while (!(USART1_SR & SR_CAN_SEND))
		;
	USART1_DR = (uint8_t)c;
}

int serial_take(void)
{
	return USART1_SR & SR_RECEIVED ? (int)(USART1_DR & 0xff) : -1;
}
