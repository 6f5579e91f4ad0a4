/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/usbip.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum usbip_command { CMD_SUBMIT = 1, CMD_UNLINK = 2, RET_SUBMIT = 3, RET_UNLINK = 4 };

/* Words of the header, big endian. */
enum usbip_word {
	WORD_COMMAND = 0,
	WORD_NUMBER = 1,
	WORD_DIRECTION = 3,
	WORD_ENDPOINT = 4,
	WORD_FLAGS = 5,
	WORD_STATUS = 5,
	WORD_UNLINK = 5, /* the number of the transfer */
	WORD_LENGTH = 6,
	WORD_SETUP = 10,
	WORDS = 12,
};

enum { BUFFER_BYTES = USBIP_HEADER_BYTES + USBIP_DATA_MAX };

bool usbip_init(struct usbip *usbip)
{
	*usbip = (struct usbip){ .fd = -1, .buffer = malloc(BUFFER_BYTES) };
	return usbip->buffer != NULL;
}

void usbip_release(struct usbip *usbip)
{
	usbip_unplug(usbip);
	free(usbip->buffer);
	usbip->buffer = NULL;
}

/* Gives the kernel its end. All controllers are addressed through the first one's file. */
static int attach(int fd, unsigned int port, enum usbip_speed speed)
{
	char text[64];
	int file = open("/sys/devices/platform/vhci_hcd.0/attach", O_WRONLY | O_CLOEXEC);
	int r = 0;

	if (file < 0)
		return -errno;
	snprintf(text, sizeof(text), "%u %d %u %d\n", port, fd, 0x10002 + port, (int)speed);
	if (write(file, text, strlen(text)) < 0)
		r = -errno;
	close(file);
	return r;
}

int usbip_plug(struct usbip *usbip, unsigned int port, enum usbip_speed speed)
{
	int ends[2];
	int r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	r = attach(ends[1], port, speed);
	close(ends[1]);
	if (r < 0) {
		close(ends[0]);
		return r;
	}
	usbip->fd = ends[0];
	usbip->len = 0;
	return 0;
}

void usbip_unplug(struct usbip *usbip)
{
	if (usbip->fd >= 0)
		close(usbip->fd);
	usbip->fd = -1;
}

static uint32_t word_at(const uint8_t *header, enum usbip_word word)
{
	uint32_t value;

	memcpy(&value, header + 4 * word, sizeof(value));
	return be32toh(value);
}

static void set_word(uint8_t *header, enum usbip_word word, uint32_t value)
{
	value = htobe32(value);
	memcpy(header + 4 * word, &value, sizeof(value));
}

static void send_all(struct usbip *usbip, const uint8_t *header, const uint8_t *data, size_t len)
{
	struct iovec parts[2] = {
		{ .iov_base = (void *)(uintptr_t)header, .iov_len = USBIP_HEADER_BYTES },
		{ .iov_base = (void *)(uintptr_t)data, .iov_len = len },
	};
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = len ? 2 : 1 };

	/* A socket pair takes a message whole; when the kernel has hung up, reading tells. */
	if (usbip->fd >= 0 && sendmsg(usbip->fd, &message, MSG_NOSIGNAL) < 0)
		return;
}

void usbip_answer(struct usbip *usbip, uint32_t number, enum usbip_status status, uint32_t length,
		  const uint8_t *data)
{
	uint8_t header[USBIP_HEADER_BYTES] = { 0 };

	set_word(header, WORD_COMMAND, RET_SUBMIT);
	set_word(header, WORD_NUMBER, number);
	set_word(header, WORD_STATUS, (uint32_t)status);
	set_word(header, WORD_LENGTH, length);
	send_all(usbip, header, data, data ? length : 0);
}

static void unlink_one(struct usbip *usbip, const struct usbip_events *events,
		       const uint8_t *header)
{
	uint8_t answer[USBIP_HEADER_BYTES] = { 0 };
	bool pending = events->unlink(events->ctx, word_at(header, WORD_UNLINK));

	set_word(answer, WORD_COMMAND, RET_UNLINK);
	set_word(answer, WORD_NUMBER, word_at(header, WORD_NUMBER));
	set_word(answer, WORD_STATUS, pending ? (uint32_t)USBIP_UNLINKED : 0);
	send_all(usbip, answer, NULL, 0);
}

static void submit_one(const struct usbip_events *events, const uint8_t *header)
{
	struct usbip_submit submit = {
		.number = word_at(header, WORD_NUMBER),
		.direction = word_at(header, WORD_DIRECTION) ? USBIP_IN : USBIP_OUT,
		.endpoint = (uint8_t)word_at(header, WORD_ENDPOINT),
		.flags = word_at(header, WORD_FLAGS),
		.length = word_at(header, WORD_LENGTH),
	};

	memcpy(submit.setup, header + 4 * WORD_SETUP, sizeof(submit.setup));
	if (submit.direction == USBIP_OUT)
		submit.data = header + USBIP_HEADER_BYTES;
	events->submit(events->ctx, &submit);
}

/* How many bytes the message at 'header' has; 0 when this cannot be USB/IP. */
static size_t message_bytes(const uint8_t *header)
{
	uint32_t length = word_at(header, WORD_LENGTH);

	if (word_at(header, WORD_COMMAND) == CMD_UNLINK)
		return USBIP_HEADER_BYTES;
	if (word_at(header, WORD_COMMAND) != CMD_SUBMIT)
		return 0;
	if (word_at(header, WORD_DIRECTION))
		return USBIP_HEADER_BYTES;
	return length > USBIP_DATA_MAX ? 0 : USBIP_HEADER_BYTES + length;
}

bool usbip_read(struct usbip *usbip, const struct usbip_events *events)
{
	ssize_t n;
	size_t at = 0, size;

	while (usbip->fd >= 0) {
		n = recv(usbip->fd, usbip->buffer + usbip->len, BUFFER_BYTES - usbip->len,
			 MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n <= 0)
			return false;
		usbip->len += (size_t)n;
		for (at = 0; usbip->len - at >= USBIP_HEADER_BYTES; at += size) {
			size = message_bytes(usbip->buffer + at);
			if (size == 0)
				return false;
			if (usbip->len - at < size)
				break;
			if (word_at(usbip->buffer + at, WORD_COMMAND) == CMD_UNLINK)
				unlink_one(usbip, events, usbip->buffer + at);
			else
				submit_one(events, usbip->buffer + at);
		}
		usbip->len -= at;
		memmove(usbip->buffer, usbip->buffer + at, usbip->len);
	}
	return false;
}
