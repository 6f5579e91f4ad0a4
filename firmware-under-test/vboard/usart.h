/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The serial ports: USART1 to 3, asynchronous, one byte at a time at the speed that is set. */
#ifndef VBOARD_USART_H
#define VBOARD_USART_H

#include "vboard/state.h"

/* All ports as a chip reset leaves them. */
void usart_reset(struct vboard *vb);

/* Registers of port 'index' (0 is USART1); 'mask' has ones for the bytes that are written. */
uint32_t usart_read(struct vboard *vb, uint32_t index, uint32_t offset);
void usart_write(struct vboard *vb, uint32_t index, uint32_t offset, uint32_t value, uint32_t mask);

/* Cycle at which the next byte has gone out or come in; UINT64_MAX for none. */
uint64_t usart_next(const struct vboard *vb);

/* What has happened by now. */
void usart_run(struct vboard *vb);

#endif
