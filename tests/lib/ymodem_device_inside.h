/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the board on its serial line share; nobody else looks here. */
#ifndef TESTS_LIB_YMODEM_DEVICE_INSIDE_H
#define TESTS_LIB_YMODEM_DEVICE_INSIDE_H

#include "lib/ymodem_device.h"

/* ymodem_device.c */

/* A text, said at the era's pace; bytes, at once. */
void ymodem_say(struct ymodem_device *device, int64_t now_us, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void ymodem_put(struct ymodem_device *device, const void *bytes, size_t len);
void ymodem_leave(struct ymodem_device *device, enum ymodem_device_gone gone, int64_t at_us);

/* ymodem_device_receive.c */

void ymodem_receive_begin(struct ymodem_device *device, int64_t now_us);
void ymodem_receive_byte(struct ymodem_device *device, uint8_t byte, int64_t now_us);
/* The erase is over, or nothing came for too long. */
void ymodem_receive_step(struct ymodem_device *device, int64_t now_us);

/* ymodem_device_console.c */

void ymodem_console_key(struct ymodem_device *device, uint8_t key, int64_t now_us);
void ymodem_console_character(struct ymodem_device *device, uint8_t character, int64_t now_us);

#endif
