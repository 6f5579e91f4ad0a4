/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The system on the USB: a serial port of class CDC ACM (USB CDC 1.2, PSTN 1.2). */
#ifndef REFERENCE_SYSTEM1_CDC_H
#define REFERENCE_SYSTEM1_CDC_H

#include "reference/common/chip.h"

/* Once a millisecond; goes on the bus when the core is ready for it. */
void cdc_tick(uint32_t now_ms);
void cdc_prepare(void);

/* What is behind struct usb_services. */
void cdc_put(char c);
int cdc_take(void);
uint32_t cdc_take_baud(void);

#endif
