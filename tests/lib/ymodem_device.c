/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/ymodem_device.h"
#include "lib/ymodem_device_inside.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ERASE_US = 1000000, TEXT_MAX = 4096 };

struct ymodem_device *ymodem_device_new(const struct ymodem_device_config *config)
{
	struct ymodem_device *device = calloc(1, sizeof(*device));

	assert(config->era != YMODEM_ERA_UNKNOWN);
	if (!device)
		return NULL;
	device->staging = malloc(YMODEM_DEVICE_STAGING_BYTES);
	if (!device->staging) {
		free(device);
		return NULL;
	}
	memset(device->staging, 0xff, YMODEM_DEVICE_STAGING_BYTES);
	device->config = *config;
	if (device->config.platform == 0)
		device->config.platform = 8;
	if (device->config.erase_us == 0)
		device->config.erase_us = ERASE_US;
	return device;
}

void ymodem_device_free(struct ymodem_device *device)
{
	if (!device)
		return;
	free(device->staging);
	free(device);
}

void ymodem_put(struct ymodem_device *device, const void *bytes, size_t len)
{
	const struct ymodem_device_faults *faults = &device->config.faults;

	if (faults->mute > 0 && device->blocks >= faults->mute)
		return;
	if (len > YMODEM_DEVICE_OUT_MAX - device->out_count)
		len = YMODEM_DEVICE_OUT_MAX - device->out_count;
	memcpy(device->out + device->out_count, bytes, len);
	device->out_count += len;
	if (device->out_held > 0)
		device->out_held += len; /* what comes after a text waits for it */
}

void ymodem_say(struct ymodem_device *device, int64_t now_us, const char *fmt, ...)
{
	char text[TEXT_MAX];
	size_t before = device->out_count;
	bool waits = device->out_held > 0;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ymodem_put(device, text, strlen(text));
	if (device->config.era != YMODEM_ERA_052 || waits)
		return;
	device->release_us = now_us + YMODEM_DEVICE_CHARACTER_US;
	device->out_held = device->out_count - before;
}

void ymodem_leave(struct ymodem_device *device, enum ymodem_device_gone gone, int64_t at_us)
{
	device->mode = YMODEM_DEVICE_LEAVING;
	device->gone = gone;
	device->leave_us = at_us;
}

void ymodem_device_set_baud(struct ymodem_device *device, unsigned int baud, int64_t now_us)
{
	if (device->mode >= YMODEM_DEVICE_LEAVING)
		return;
	if (baud == YMODEM_DEVICE_BAUD_DFU)
		ymodem_leave(device, YMODEM_GONE_DFU, now_us);
	else if (baud == YMODEM_DEVICE_BAUD_LISTEN && device->mode == YMODEM_DEVICE_RUNNING)
		device->mode = YMODEM_DEVICE_CONSOLE;
	ymodem_device_step(device, now_us);
}

void ymodem_device_hear(struct ymodem_device *device, const uint8_t *bytes, size_t len,
			int64_t now_us)
{
	while (len > 0) {
		size_t room = YMODEM_DEVICE_IN_MAX - device->in_count;
		size_t part = len < room ? len : room;

		memcpy(device->in + device->in_count, bytes, part);
		device->in_count += part;
		bytes += part;
		len -= part;
		ymodem_device_step(device, now_us);
		if (device->in_count == YMODEM_DEVICE_IN_MAX) {
			device->lost_bytes += (unsigned int)len;
			break;
		}
	}
}

/* Characters of a text that are due; true while some are not. */
static bool talks(struct ymodem_device *device, int64_t now_us)
{
	while (device->out_held > 0 && now_us >= device->release_us) {
		device->out_held--;
		device->release_us += YMODEM_DEVICE_CHARACTER_US;
	}
	return device->out_held > 0;
}

static void take(struct ymodem_device *device, uint8_t byte, int64_t now_us)
{
	switch (device->mode) {
	case YMODEM_DEVICE_CONSOLE: ymodem_console_key(device, byte, now_us); break;
	case YMODEM_DEVICE_LINE: ymodem_console_character(device, byte, now_us); break;
	case YMODEM_DEVICE_RECEIVING: ymodem_receive_byte(device, byte, now_us); break;
	case YMODEM_DEVICE_RUNNING:
	case YMODEM_DEVICE_LEAVING:
	case YMODEM_DEVICE_GONE: break;
	}
}

void ymodem_device_step(struct ymodem_device *device, int64_t now_us)
{
	size_t at = 0;

	for (;;) {
		if (talks(device, now_us) || now_us < device->busy_until_us)
			break;
		if (device->mode == YMODEM_DEVICE_RECEIVING && device->acks_header)
			ymodem_receive_step(device, now_us);
		if (at == device->in_count)
			break;
		take(device, device->in[at++], now_us);
	}
	device->in_count -= at;
	memmove(device->in, device->in + at, device->in_count);
	if (device->out_held > 0 || now_us < device->busy_until_us)
		return;
	if (device->mode == YMODEM_DEVICE_RECEIVING)
		ymodem_receive_step(device, now_us);
	if (device->mode == YMODEM_DEVICE_LEAVING && now_us >= device->leave_us &&
	    !(device->config.faults.no_reset && device->gone == YMODEM_GONE_UPDATE))
		device->mode = YMODEM_DEVICE_GONE;
}

int64_t ymodem_device_deadline(const struct ymodem_device *device)
{
	if (device->out_held > 0)
		return device->release_us;
	if (device->mode == YMODEM_DEVICE_RECEIVING)
		return device->acks_header ? device->busy_until_us : device->quiet_us;
	if (device->mode == YMODEM_DEVICE_LEAVING &&
	    !(device->config.faults.no_reset && device->gone == YMODEM_GONE_UPDATE))
		return device->leave_us;
	return INT64_MAX;
}

size_t ymodem_device_ready(const struct ymodem_device *device)
{
	return device->out_count - device->out_held;
}

void ymodem_device_sent(struct ymodem_device *device, size_t len)
{
	assert(len <= ymodem_device_ready(device));
	device->out_count -= len;
	memmove(device->out, device->out + len, device->out_count);
}
