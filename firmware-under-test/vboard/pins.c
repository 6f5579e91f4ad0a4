/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vboard/pins.h"
#include "vboard/board.h"
#include "vboard/cpu.h"
#include "vboard/timer.h"

enum gpio_registers {
	GPIO_MODER = 0x00,
	GPIO_OTYPER = 0x04,
	GPIO_OSPEEDR = 0x08,
	GPIO_PUPDR = 0x0c,
	GPIO_IDR = 0x10,
	GPIO_ODR = 0x14,
	GPIO_BSRR = 0x18,
	GPIO_LCKR = 0x1c,
	GPIO_AFRL = 0x20,
	GPIO_AFRH = 0x24,
};

enum exti_index { EXTI_IMR, EXTI_EMR, EXTI_RTSR, EXTI_FTSR, EXTI_SWIER, EXTI_PR };

enum pin_mode { PIN_INPUT = 0, PIN_OUTPUT = 1, PIN_ALTERNATE = 2, PIN_ANALOG = 3 };

enum { PORT_A = 0, PORT_C = 2, SETUP_PIN = 7, SETUP_LINE = 7, AF_TIM2 = 1 };

static uint32_t pin_mode(const struct gpio_state *port, uint32_t pin)
{
	return port->moder >> (2 * pin) & 3;
}

void gpio_reset(struct vboard *vb, uint32_t port)
{
	/* JTAG pins come up in alternate function, pulled (RM0033 6.4) */
	static const uint32_t moder[GPIO_PORTS] = { 0xa8000000, 0x00000280 };
	static const uint32_t pupdr[GPIO_PORTS] = { 0x64000000, 0x00000100 };

	vb->s.chip.gpio[port] = (struct gpio_state){ .moder = moder[port], .pupdr = pupdr[port] };
}

void pins_reset(struct vboard *vb)
{
	for (uint32_t i = 0; i < GPIO_PORTS; i++)
		gpio_reset(vb, i);
	memset(vb->s.chip.exti, 0, sizeof(vb->s.chip.exti));
	memset(vb->s.chip.syscfg, 0, sizeof(vb->s.chip.syscfg));
}

static uint32_t pin_level(const struct vboard *vb, uint32_t port, uint32_t pin)
{
	const struct gpio_state *gpio = &vb->s.chip.gpio[port];
	uint32_t pull = gpio->pupdr >> (2 * pin) & 3;

	if (port == PORT_C && pin == SETUP_PIN && pin_mode(gpio, pin) != PIN_OUTPUT)
		return vb->s.line_held[VBOARD_SETUP] ? 0 : 1;
	if (pin_mode(gpio, pin) == PIN_OUTPUT)
		return gpio->odr >> pin & 1;
	return pull == 1;
}

static uint32_t input_levels(const struct vboard *vb, uint32_t port)
{
	uint32_t levels = 0;

	for (uint32_t pin = 0; pin < 16; pin++)
		levels |= pin_level(vb, port, pin) << pin;
	return levels;
}

bool pins_led_level(const struct vboard *vb, enum vboard_led led, uint64_t cycle)
{
	const struct gpio_state *gpio = &vb->s.chip.gpio[PORT_A];
	uint32_t pin = 1 + (uint32_t)led; /* red, green, blue: PA1, PA2, PA3 = TIM2 CH2, 3, 4 */
	int level;

	switch (pin_mode(gpio, pin)) {
	case PIN_OUTPUT: return gpio->odr >> pin & 1;
	case PIN_ALTERNATE:
		if ((gpio->afr[0] >> (4 * pin) & 15) != AF_TIM2)
			return true;
		level = timer_output(vb, pin + 1, cycle);
		return level != 0;
	default: return true;
	}
}

uint32_t gpio_read(struct vboard *vb, uint32_t port, uint32_t offset)
{
	const struct gpio_state *gpio = &vb->s.chip.gpio[port];

	switch (offset) {
	case GPIO_MODER: return gpio->moder;
	case GPIO_OTYPER: return gpio->otyper;
	case GPIO_OSPEEDR: return gpio->ospeedr;
	case GPIO_PUPDR: return gpio->pupdr;
	case GPIO_IDR: return input_levels(vb, port);
	case GPIO_ODR: return gpio->odr;
	case GPIO_LCKR: return gpio->lckr;
	case GPIO_AFRL: return gpio->afr[0];
	case GPIO_AFRH: return gpio->afr[1];
	default: return 0;
	}
}

void gpio_write(struct vboard *vb, uint32_t port, uint32_t offset, uint32_t value, uint32_t mask)
{
	struct gpio_state *gpio = &vb->s.chip.gpio[port];
	uint32_t whole = (gpio_read(vb, port, offset) & ~mask) | (value & mask);

	switch (offset) {
	case GPIO_MODER: gpio->moder = whole; break;
	case GPIO_OTYPER: gpio->otyper = whole & 0xffff; break;
	case GPIO_OSPEEDR: gpio->ospeedr = whole; break;
	case GPIO_PUPDR: gpio->pupdr = whole; break;
	case GPIO_ODR: gpio->odr = whole & 0xffff; break;
	case GPIO_BSRR: /* set wins over reset */
		value &= mask;
		gpio->odr = (gpio->odr & ~(value >> 16)) | (value & 0xffff);
		break;
	case GPIO_LCKR: gpio->lckr = whole; break;
	case GPIO_AFRL: gpio->afr[0] = whole; break;
	case GPIO_AFRH: gpio->afr[1] = whole; break;
	default: break;
	}
	if (port == PORT_A)
		board_update_leds(vb, vb->s.cycles);
}

static void exti_update(struct vboard *vb)
{
	uint32_t pending = vb->s.chip.exti[EXTI_PR] & vb->s.chip.exti[EXTI_IMR];

	for (uint32_t line = 0; line < 5; line++)
		cpu_irq_line(vb, IRQ_EXTI0 + line, (pending >> line & 1) != 0);
	cpu_irq_line(vb, IRQ_EXTI9_5, (pending & 0x3e0) != 0);
	cpu_irq_line(vb, IRQ_EXTI15_10, (pending & 0xfc00) != 0);
	cpu_irq_line(vb, IRQ_PVD, (pending >> EXTI_LINE_PVD & 1) != 0);
}

uint32_t exti_read(const struct vboard *vb, uint32_t offset)
{
	return offset / 4 < 6 ? vb->s.chip.exti[offset / 4] : 0;
}

void exti_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask)
{
	uint32_t *exti = vb->s.chip.exti;
	uint32_t index = offset / 4;

	if (index > EXTI_PR)
		return;
	value &= mask;
	if (index == EXTI_PR) {
		exti[EXTI_PR] &= ~value;
		exti[EXTI_SWIER] &= ~value;
	} else if (index == EXTI_SWIER) {
		exti[EXTI_PR] |= value & ~exti[EXTI_SWIER] & exti[EXTI_IMR];
		exti[EXTI_SWIER] |= value;
	} else {
		exti[index] = (exti[index] & ~mask) | value;
	}
	exti_update(vb);
}

void exti_line(struct vboard *vb, uint32_t line, bool rises)
{
	uint32_t *exti = vb->s.chip.exti;

	if (!(exti[rises ? EXTI_RTSR : EXTI_FTSR] >> line & 1))
		return;
	exti[EXTI_PR] |= 1u << line;
	exti_update(vb);
}

void pins_setup_changed(struct vboard *vb, bool held)
{
	uint32_t port = vb->s.chip.syscfg[2 + SETUP_LINE / 4] >> (4 * (SETUP_LINE % 4)) & 15;

	if (port == PORT_C)
		exti_line(vb, SETUP_LINE, !held);
}
