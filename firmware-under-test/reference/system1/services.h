/* SPDX-License-Identifier: GPL-3.0-or-later */
/* System part 1: the board's services. What part 2 calls goes through struct services. */
#ifndef REFERENCE_SYSTEM1_SERVICES_H
#define REFERENCE_SYSTEM1_SERVICES_H

#include "reference/common/exports.h"

/* Once a millisecond, from SysTick's interrupt. */
void led_service_tick(uint32_t now_ms);
void button_tick(uint32_t now_ms);
void serial_init(void);

/* DEAD_SERIAL: both serial ports are thought to be up already. No in other builds. */
bool serial_is_left_alone(void);

void led_service_set(enum led_priority priority, uint32_t color, enum led_pattern pattern,
		     uint32_t period_ms);
void led_service_clear(enum led_priority priority);
void led_service_open(uint16_t version_of_caller);
bool led_service_is_open(void);

uint32_t button_held_ms(void);
uint32_t button_take_clicks(void);

/* Of the vector table: number 37 of the chip's interrupts. */
void serial_interrupt(void);
enum { SERIAL_VECTOR = 16 + 37 };

void serial_put(char c);
int serial_take(void);

void watchdog_start(void);
void watchdog_feed(void);

/* SOS in red with the code, twice, then a reset whose reason is the panic (facts 3.3). */
void __attribute__((noreturn)) sos_panic(uint32_t code);

enum sos_code { SOS_HARD_FAULT = 1, SOS_NMI = 2, SOS_MEM_MANAGE = 3, SOS_BUS = 4, SOS_USAGE = 5 };

uint32_t services_now_ms(void);
void services_tick(void);

#endif
