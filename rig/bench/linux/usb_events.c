/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/usb_events.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	EVENTS_KERNEL = 1, /* the multicast group in which the kernel speaks; udev's is 2 */
	EVENT_BYTES_MAX = 8192,
	EVENTS_BUFFER_BYTES = 1 << 20,
};

int usb_events_open(void)
{
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = EVENTS_KERNEL };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_KOBJECT_UEVENT);
	int bytes = EVENTS_BUFFER_BYTES;

	if (fd < 0)
		return -1;
	/* A hub with sixteen boards behind it tells hundreds of things at once. What is lost all
	 * the same is noticed, so a refusal does not matter. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) < 0)
		errno = 0;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

bool usb_events_is_usb(const char *message, size_t len)
{
	static const char word[] = "SUBSYSTEM=usb";

	for (size_t at = 0; at < len; at += strnlen(message + at, len - at) + 1)
		if (len - at >= sizeof(word) && memcmp(message + at, word, sizeof(word)) == 0)
			return true;
	return false;
}

bool usb_events_drain(int fd)
{
	char message[EVENT_BYTES_MAX];
	bool seen = false;

	for (;;) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_len = sizeof(from);
		ssize_t n = recvfrom(fd, message, sizeof(message), MSG_DONTWAIT,
				     (struct sockaddr *)&from, &from_len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ENOBUFS) {
			seen = true;
			continue;
		}
		if (n < 0)
			return seen;
		/* port 0 is the kernel; anybody may send to a socket */
		if (from.nl_pid == 0 && usb_events_is_usb(message, (size_t)n))
			seen = true;
	}
}
