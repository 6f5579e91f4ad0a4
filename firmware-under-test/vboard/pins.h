/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GPIO ports, SYSCFG and EXTI: the button goes in, the LED goes out. RM0033 6, 7, 8. */
#ifndef VBOARD_PINS_H
#define VBOARD_PINS_H

#include "vboard/state.h"

enum { EXTI_LINE_PVD = 16 };

void pins_reset(struct vboard *vb);
uint32_t gpio_read(struct vboard *vb, uint32_t port, uint32_t offset);
void gpio_write(struct vboard *vb, uint32_t port, uint32_t offset, uint32_t value, uint32_t mask);
void gpio_reset(struct vboard *vb, uint32_t port);
uint32_t exti_read(const struct vboard *vb, uint32_t offset);
void exti_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask);

/* A level that line 'line' of EXTI watches rose or fell. */
void exti_line(struct vboard *vb, uint32_t line, bool rises);

/* The SETUP line (PC7) changed. */
void pins_setup_changed(struct vboard *vb, bool held);

/* Level of an LED pin (PA1, PA2, PA3) as of 'cycle'; not driven is high: dark. */
bool pins_led_level(const struct vboard *vb, enum vboard_led led, uint64_t cycle);

#endif
