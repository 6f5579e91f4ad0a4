/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * RM0033 24. Modelled: transmitter with its holding register, receiver with overrun, the time of a
 * byte by BRR (16 samples a bit), their flags and interrupt. Not modelled: parity, the length of
 * stop bits, noise, DMA, synchronous modes, and the pins: a port that is on is connected. What
 * comes from outside comes at the speed of the port.
 */
#include "vboard/usart.h"
#include "vboard/board.h"
#include "vboard/cpu.h"
#include "vboard/memo.h"
#include "vboard/record.h"

enum usart_registers {
	USART_SR = 0x00,
	USART_DR = 0x04,
	USART_BRR = 0x08,
	USART_CR1 = 0x0c,
	USART_REGISTERS_END = 0x1c,
};

enum usart_bits {
	SR_ORE = 1 << 3,
	SR_RXNE = 1 << 5,
	SR_TC = 1 << 6,
	SR_TXE = 1 << 7,
	SR_WRITE_TO_CLEAR = SR_RXNE | SR_TC,
	CR1_RE = 1 << 2,
	CR1_TE = 1 << 3,
	CR1_RXNEIE = 1 << 5,
	CR1_UE = 1 << 13,
	BITS_A_BYTE = 10, /* start, eight, stop */
};

/* Core cycles to a cycle of the port's bus: APB2 at 60 MHz, APB1 at 30 MHz. */
static const uint32_t bus_cycles[USART_PORTS] = { 2, 4, 4 };

static bool is_on(const struct usart_state *port, uint32_t enable)
{
	return (port->cr[0] & CR1_UE) && (port->cr[0] & enable) && port->brr != 0;
}

static uint64_t byte_cycles(const struct usart_state *port, uint32_t index)
{
	return (uint64_t)BITS_A_BYTE * port->brr * bus_cycles[index];
}

/* The interrupt enables are at the same bits as the flags: TXEIE 7, TCIE 6, RXNEIE 5. */
static void update_irq(struct vboard *vb, uint32_t index)
{
	const struct usart_state *port = &vb->s.chip.usart[index];
	uint32_t wanted = port->cr[0] & (SR_TXE | SR_TC | SR_RXNE);
	bool overrun = (port->sr & SR_ORE) && (port->cr[0] & CR1_RXNEIE);

	cpu_irq_line(vb, IRQ_USART1 + index, (port->sr & wanted) || overrun);
}

void usart_reset(struct vboard *vb)
{
	for (uint32_t i = 0; i < USART_PORTS; i++)
		vb->s.chip.usart[i] = (struct usart_state){ .sr = SR_TXE | SR_TC };
}

uint32_t usart_read(struct vboard *vb, uint32_t index, uint32_t offset)
{
	struct usart_state *port = &vb->s.chip.usart[index];

	switch (offset) {
	case USART_SR: return port->sr;
	case USART_DR:
		port->sr &= ~(uint32_t)(SR_RXNE | SR_ORE);
		update_irq(vb, index);
		return port->received;
	case USART_BRR: return port->brr;
	default: return offset < USART_REGISTERS_END ? port->cr[(offset - USART_CR1) / 4] : 0;
	}
}

static void transmit(struct vboard *vb, uint32_t index, uint8_t byte)
{
	struct usart_state *port = &vb->s.chip.usart[index];

	if (!is_on(port, CR1_TE))
		return;
	if (port->sr & SR_TC) {
		port->shifting = byte;
		port->sent_cycle = vb->s.cycles + byte_cycles(port, index);
		port->sr &= ~(uint32_t)SR_TC;
		board_schedule(vb);
	} else {
		port->holding = byte;
		port->sr &= ~(uint32_t)SR_TXE;
	}
}

void usart_write(struct vboard *vb, uint32_t index, uint32_t offset, uint32_t value, uint32_t mask)
{
	struct usart_state *port = &vb->s.chip.usart[index];

	switch (offset) {
	case USART_SR: port->sr &= value | ~(mask & SR_WRITE_TO_CLEAR); break;
	case USART_DR: transmit(vb, index, (uint8_t)value); break;
	case USART_BRR: port->brr = ((port->brr & ~mask) | (value & mask)) & 0xffff; break;
	default:
		if (offset < USART_REGISTERS_END) {
			uint32_t *control = &port->cr[(offset - USART_CR1) / 4];

			*control = (*control & ~mask) | (value & mask);
		}
	}
	update_irq(vb, index);
}

uint64_t usart_next(const struct vboard *vb)
{
	uint64_t next = UINT64_MAX;

	for (uint32_t i = 0; i < USART_PORTS; i++) {
		const struct usart_state *port = &vb->s.chip.usart[i];

		if (port->sent_cycle != 0 && port->sent_cycle < next)
			next = port->sent_cycle;
		if (port->come_cycle != 0 && port->come_cycle < next)
			next = port->come_cycle;
	}
	return next;
}

static void byte_sent(struct vboard *vb, uint32_t index)
{
	struct usart_state *port = &vb->s.chip.usart[index];
	uint64_t cycle = port->sent_cycle;

	if (vb->recorder)
		record_serial(vb, cycle, index + 1, port->shifting);
	if (vb->listener.serial && !vb->mute)
		vb->listener.serial(vb->listener.ctx, cycle, index + 1, port->shifting);
	if (port->sr & SR_TXE) {
		port->sent_cycle = 0;
		port->sr |= SR_TC;
	} else {
		port->shifting = port->holding;
		port->sent_cycle = cycle + byte_cycles(port, index);
		port->sr |= SR_TXE;
	}
}

static void byte_came(struct vboard *vb, uint32_t index)
{
	struct usart_state *port = &vb->s.chip.usart[index];

	if (!is_on(port, CR1_RE)) {
		port->come_count = 0; /* nobody listens: what was on its way is lost */
	} else {
		if (port->sr & SR_RXNE)
			port->sr |= SR_ORE;
		else
			port->received = port->coming[port->come_first];
		port->sr |= SR_RXNE;
		port->come_first = (port->come_first + 1) % USART_COMING_MAX;
		port->come_count--;
	}
	port->come_cycle = port->come_count ? port->come_cycle + byte_cycles(port, index) : 0;
}

void usart_run(struct vboard *vb)
{
	for (uint32_t i = 0; i < USART_PORTS; i++) {
		struct usart_state *port = &vb->s.chip.usart[i];

		while (port->sent_cycle != 0 && port->sent_cycle <= vb->s.cycles)
			byte_sent(vb, i);
		while (port->come_cycle != 0 && port->come_cycle <= vb->s.cycles)
			byte_came(vb, i);
		update_irq(vb, i);
	}
}

size_t vboard_serial_send(struct vboard *vb, unsigned int number, const void *data, size_t len)
{
	const uint8_t *bytes = data;
	struct usart_state *port;
	size_t taken = 0;

	if (number < 1 || number > USART_PORTS || !vb->s.powered)
		return 0;
	memo_settle(vb);
	memo_landmark(vb);
	port = &vb->s.chip.usart[number - 1];
	if (!is_on(port, CR1_RE))
		return 0;
	for (; taken < len && port->come_count < USART_COMING_MAX; taken++)
		port->coming[(port->come_first + port->come_count++) % USART_COMING_MAX] =
			bytes[taken];
	if (taken > 0 && port->come_cycle == 0)
		port->come_cycle = vb->s.cycles + byte_cycles(port, number - 1);
	board_schedule(vb);
	return taken;
}
