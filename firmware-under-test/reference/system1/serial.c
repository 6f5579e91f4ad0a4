/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * USART1 on PA9 and PA10, 115200 baud, 8 bits, no parity, one stop bit. Sending waits; what comes
 * in is kept by an interrupt, of which a file that is received needs one every 87 us.
 */
#include "reference/common/defects.h"
#include "reference/system1/services.h"

enum serial_setup {
	PINS_ALTERNATE = 2 << 18 | 2 << 20,
	PINS_MASK = 3 << 18 | 3 << 20,
	PINS_USART = 7 << 4 | 7 << 8,
	CLOCK_HZ = 60000000, /* of APB2 */
	BAUD = 115200,
	CR1_ON = 1 << 13 | 1 << 5 | 1 << 3 | 1 << 2, /* port, interrupt, transmitter, receiver */
	SR_RECEIVED = 1 << 5 | 1 << 3, /* or an overrun, which a read of the data ends, too */
	SR_CAN_SEND = 1 << 7,
	RING_BYTES = 256,
	CSR_SOFTWARE = 1 << 28,
};

static struct {
	volatile uint32_t in, out;
	uint8_t bytes[RING_BYTES];
} received;

bool serial_is_left_alone(void)
{
	return HAS_DEFECT(DEAD_SERIAL) && (RCC_CSR & CSR_SOFTWARE);
}

void serial_init(void)
{
	if (serial_is_left_alone())
		return;
	GPIOA_AFRH |= PINS_USART;
	GPIOA_MODER = (GPIOA_MODER & ~(uint32_t)PINS_MASK) | PINS_ALTERNATE;
	USART1_BRR = (CLOCK_HZ + BAUD / 2) / BAUD;
	USART1_CR1 = CR1_ON;
	NVIC_ENABLE(SERIAL_VECTOR - 16);
}

void serial_interrupt(void)
{
	while (USART1_SR & SR_RECEIVED) {
		uint8_t byte = (uint8_t)USART1_DR;

		if (received.in - received.out < RING_BYTES)
			received.bytes[received.in++ % RING_BYTES] = byte;
	}
}

void serial_put(char c)
{
	if (!(USART1_CR1 & CR1_ON))
		return;
	while (!(USART1_SR & SR_CAN_SEND))
		;
	USART1_DR = (uint8_t)c;
}

int serial_take(void)
{
	return received.in != received.out ? received.bytes[received.out++ % RING_BYTES] : -1;
}
