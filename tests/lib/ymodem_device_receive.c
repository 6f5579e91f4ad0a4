/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The receiver. It reads the two bytes of CRC and does not look at them; a block that came before
 * is refused as any other wrong number is; the erase comes before the header's answer.
 */
#include "lib/peer_module.h"
#include "lib/ymodem_device_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum control { SOH = 1, STX = 2, EOT = 4, ACK = 6, NAK = 0x15, CAN = 0x18, CRC16 = 'C' };
enum { HEAD_BYTES = 3, SUM_BYTES = 2 };

static void answer(struct ymodem_device *device, uint8_t byte)
{
	static const uint8_t noise[] = { 0x00, 0x7f, 0xfe };
	const struct ymodem_device_faults *faults = &device->config.faults;

	if (byte == ACK)
		device->acks++;
	else if (byte == NAK)
		device->naks++;
	else
		device->cs++;
	if (faults->noise > 0 && device->blocks == faults->noise)
		ymodem_put(device, noise, sizeof(noise));
	if (faults->lose_ack > 0 && device->blocks == faults->lose_ack)
		return;
	ymodem_put(device, &byte, 1);
}

/* Two of them end a session. */
static void cancel(struct ymodem_device *device)
{
	device->cans++;
	ymodem_put(device, "\x18\x18", 2);
}

static void give_up(struct ymodem_device *device, const char *why, int64_t now_us)
{
	cancel(device);
	device->mode = YMODEM_DEVICE_CONSOLE;
	ymodem_say(device, now_us, "%s\r\n", why);
}

static void wait_for_block(struct ymodem_device *device, int64_t now_us)
{
	device->block_len = 0;
	device->saw_can = false;
	device->quiet_us = now_us + YMODEM_DEVICE_QUIET_US;
}

void ymodem_receive_begin(struct ymodem_device *device, int64_t now_us)
{
	device->mode = YMODEM_DEVICE_RECEIVING;
	device->sessions++;
	device->begun = false;
	device->expected = 0;
	device->errors = 0;
	device->acks_header = false;
	device->file_bytes = 0;
	wait_for_block(device, now_us);
}

/* No byte in time, or one that begins nothing. Old ones keep still before the first block. */
static void error(struct ymodem_device *device, int64_t now_us)
{
	wait_for_block(device, now_us);
	if (!device->begun && device->config.era == YMODEM_ERA_052)
		return;
	answer(device, CRC16);
	if (++device->errors > YMODEM_DEVICE_ERRORS_MAX)
		give_up(device, "Failed to receive the file!", now_us);
}

static uint16_t crc16(const uint8_t *bytes, size_t len)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < len; i++) {
		crc = (uint16_t)(crc ^ bytes[i] << 8);
		for (int bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
	}
	return crc;
}

static void write_block(struct ymodem_device *device, const uint8_t *bytes, size_t len)
{
	if (device->written > YMODEM_DEVICE_STAGING_BYTES ||
	    len > YMODEM_DEVICE_STAGING_BYTES - device->written) {
		device->writes_outside++;
	} else {
		for (size_t i = 0; i < len; i++)
			device->staging[device->written + i] &= bytes[i];
	}
	device->written += (uint32_t)len;
}

/* "NAME" NUL "SIZE" blank; what the erase takes. */
static void begin_file(struct ymodem_device *device, const char *data, int64_t now_us)
{
	size_t name_len = strnlen(data, device->block_bytes);
	size_t kept = name_len < sizeof(device->name) - 1 ? name_len : sizeof(device->name) - 1;
	char digits[16] = "";
	uint32_t sectors;

	memcpy(device->name, data, kept);
	device->name[kept] = '\0';
	if (name_len + 1 < device->block_bytes) {
		size_t room = device->block_bytes - name_len - 1;

		memcpy(digits, data + name_len + 1,
		       room < sizeof(digits) - 1 ? room : sizeof(digits) - 1);
	}
	device->file_bytes = (uint32_t)strtoul(digits, NULL, 10);
	device->files++;
	device->written = 0;
	sectors =
		(device->file_bytes + YMODEM_DEVICE_SECTOR_BYTES - 1) / YMODEM_DEVICE_SECTOR_BYTES;
	if (device->file_bytes <= YMODEM_DEVICE_STAGING_BYTES)
		memset(device->staging, 0xff, (size_t)sectors * YMODEM_DEVICE_SECTOR_BYTES);
	else
		sectors = 0; /* a length past the end of flash erases nothing */
	device->acks_header = true;
	device->busy_until_us = now_us + sectors * device->config.erase_us;
}

static void say_downloaded(struct ymodem_device *device, int64_t now_us)
{
	ymodem_say(device, now_us,
		   "\r\nDownloaded file successfully!\r\nName: %s\r\nSize: %u bytes\r\n",
		   device->name, (unsigned)device->file_bytes);
}

/* The empty header. Old ones acknowledge and restart whatever came; new ones look first. */
static void end_session(struct ymodem_device *device, int64_t now_us)
{
	struct peer_module module;
	bool checks_first = device->config.era != YMODEM_ERA_052;
	int64_t after_us = YMODEM_DEVICE_DONE_US + YMODEM_DEVICE_RESET_US;

	if (!checks_first)
		answer(device, ACK);
	if (device->file_bytes == 0) {
		give_up(device, "Failed to receive the file!", now_us);
		return;
	}
	device->result = peer_module_read(device->staging, YMODEM_DEVICE_STAGING_BYTES,
					  device->config.platform, &module);
	if (device->config.faults.validation_fails)
		device->result = PEER_MODULE_INTEGRITY;
	if (device->result == PEER_MODULE_GOOD)
		device->updates_good++;
	else
		device->updates_bad++;
	if (checks_first && device->result != PEER_MODULE_GOOD) {
		cancel(device);
		device->mode = YMODEM_DEVICE_CONSOLE;
		ymodem_say(device, now_us, "Validation failed: %d\r\n", device->result);
		return;
	}
	if (checks_first)
		answer(device, ACK);
	say_downloaded(device, now_us);
	if (checks_first)
		ymodem_say(device, now_us, "Restarting system to apply firmware update...\r\n");
	ymodem_leave(device, YMODEM_GONE_UPDATE, now_us + after_us);
}

static void take_block(struct ymodem_device *device, int64_t now_us)
{
	const struct ymodem_device_faults *faults = &device->config.faults;
	const uint8_t *data = device->block + HEAD_BYTES;
	const uint8_t *sum = data + device->block_bytes;
	bool first = device->expected == 0;

	device->blocks++;
	wait_for_block(device, now_us);
	if (faults->lose_block > 0 && device->blocks == faults->lose_block)
		return;
	if (crc16(data, device->block_bytes) != (uint16_t)(sum[0] << 8 | sum[1]))
		device->bad_sums++;
	if ((device->block[1] ^ device->block[2]) != 0xff) {
		error(device, now_us);
		return;
	}
	device->errors = 0;
	if (faults->cancel > 0 && device->blocks == faults->cancel) {
		give_up(device, "Failed to receive the file!", now_us);
		return;
	}
	if (device->block[1] != (device->expected & 0xff) ||
	    (faults->refuse > 0 && device->blocks == faults->refuse)) {
		answer(device, NAK);
		return;
	}
	device->begun = true;
	device->expected++;
	if (!first) {
		write_block(device, data, device->block_bytes);
		answer(device, ACK);
	} else if (data[0] != '\0') {
		begin_file(device, (const char *)data, now_us);
	} else {
		end_session(device, now_us);
	}
}

static void begin_block(struct ymodem_device *device, uint8_t byte, int64_t now_us)
{
	switch (byte) {
	case SOH:
	case STX:
		device->block_bytes =
			byte == SOH ? YMODEM_DEVICE_SHORT_BYTES : YMODEM_DEVICE_LONG_BYTES;
		device->block[0] = byte;
		device->block_len = 1;
		break;
	case EOT:
		device->errors = 0;
		device->expected = 0;
		answer(device, ACK);
		break;
	case CAN: device->saw_can = true; break;
	case 'a':
	case 'A': give_up(device, "Aborted by user.", now_us); break;
	default: error(device, now_us);
	}
}

void ymodem_receive_byte(struct ymodem_device *device, uint8_t byte, int64_t now_us)
{
	device->quiet_us = now_us + YMODEM_DEVICE_QUIET_US;
	if (device->saw_can) {
		device->saw_can = false;
		if (byte != CAN) {
			error(device, now_us);
			return;
		}
		/* the sender gives up */
		answer(device, ACK);
		device->mode = YMODEM_DEVICE_CONSOLE;
		ymodem_say(device, now_us, "Failed to receive the file!\r\n");
		return;
	}
	if (device->block_len == 0) {
		begin_block(device, byte, now_us);
		return;
	}
	device->block[device->block_len++] = byte;
	if (device->block_len == HEAD_BYTES + device->block_bytes + SUM_BYTES)
		take_block(device, now_us);
}

void ymodem_receive_step(struct ymodem_device *device, int64_t now_us)
{
	if (device->acks_header) {
		device->acks_header = false;
		answer(device, ACK);
		answer(device, CRC16);
		device->quiet_us = now_us + YMODEM_DEVICE_QUIET_US;
	} else if (now_us >= device->quiet_us) {
		error(device, now_us);
	}
}
