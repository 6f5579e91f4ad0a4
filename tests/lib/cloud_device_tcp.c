/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/cloud_device_tcp.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/in.h>
#include <unistd.h>

struct cloud_fleet *cloud_fleet_new(const struct cloud_fleet_config *config,
				    struct cloud_device *const *devices, size_t count)
{
	struct cloud_fleet *fleet = calloc(1, sizeof(*fleet));

	assert(count > 0 && count <= CLOUD_FLEET_MAX);
	if (!fleet)
		return NULL;
	fleet->members = calloc(count, sizeof(*fleet->members));
	if (!fleet->members) {
		free(fleet);
		return NULL;
	}
	fleet->config = *config;
	fleet->count = count;
	for (size_t i = 0; i < count; i++) {
		fleet->members[i].device = devices[i];
		fleet->members[i].fd = -1;
	}
	return fleet;
}

void cloud_fleet_free(struct cloud_fleet *fleet)
{
	if (!fleet)
		return;
	for (size_t i = 0; i < fleet->count; i++)
		if (fleet->members[i].fd >= 0)
			close(fleet->members[i].fd);
	free(fleet->members);
	free(fleet);
}

static void leave(struct cloud_fleet *fleet, struct cloud_fleet_member *member, int64_t now_us)
{
	close(member->fd);
	member->fd = -1;
	member->connecting = false;
	member->spare_count = 0;
	member->return_at_us = fleet->config.after == CLOUD_FLEET_RETURNS
				       ? now_us + fleet->config.return_us
				       : INT64_MAX;
}

static void start(struct cloud_fleet *fleet, struct cloud_fleet_member *member, int64_t now_us)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htobe16(fleet->config.port),
		.sin_addr = { htobe32(INADDR_LOOPBACK) },
	};
	int size = fleet->config.receive_bytes;
	int on = 1;

	member->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (member->fd < 0)
		return; /* no descriptor is free now: again at the next step */
	/* else pieces of a message wait in this host's kernel, in its time, for one another */
	setsockopt(member->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (size > 0)
		setsockopt(member->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (connect(member->fd, (const struct sockaddr *)&to, sizeof(to)) == 0 ||
	    errno == EINPROGRESS) {
		member->connecting = true;
		return;
	}
	fleet->refused++;
	leave(fleet, member, now_us);
}

static void see_connected(struct cloud_fleet *fleet, struct cloud_fleet_member *member,
			  int64_t now_us)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(member->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0 || error != 0) {
		fleet->refused++;
		leave(fleet, member, now_us);
		return;
	}
	member->connecting = false;
	cloud_device_connect(member->device, now_us);
}

static void offer_spare(struct cloud_fleet_member *member, int64_t now_us)
{
	size_t taken =
		cloud_device_hear(member->device, member->spare, member->spare_count, now_us);

	member->spare_count -= taken;
	memmove(member->spare, member->spare + taken, member->spare_count);
}

/* Reads until there is nothing more, or the device takes no more. */
static size_t read_some(struct cloud_fleet_member *member, int64_t now_us)
{
	size_t sum = 0;

	while (member->spare_count == 0) {
		ssize_t n = recv(member->fd, member->spare, sizeof(member->spare), 0);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (n <= 0) {
			cloud_device_closed(member->device);
			cloud_device_sent(member->device, member->device->out_count);
			break;
		}
		member->spare_count = (size_t)n;
		sum += (size_t)n;
		offer_spare(member, now_us);
		if (member->device->phase == CLOUD_DEVICE_OVER)
			break;
	}
	return sum;
}

static size_t write_some(struct cloud_fleet *fleet, struct cloud_fleet_member *member)
{
	struct cloud_device *device = member->device;
	size_t max = fleet->config.write_bytes_max;
	size_t len = max > 0 && max < device->out_count ? max : device->out_count;
	ssize_t n;

	if (len == 0)
		return 0;
	n = send(member->fd, device->out, len, MSG_NOSIGNAL);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR) {
			cloud_device_sent(device, device->out_count);
			cloud_device_closed(device);
		}
		return 0;
	}
	cloud_device_sent(device, (size_t)n);
	return (size_t)n;
}

static size_t turn(struct cloud_fleet *fleet, struct cloud_fleet_member *member, short events,
		   int64_t now_us)
{
	struct cloud_device *device = member->device;
	size_t sum = 0;

	if (member->fd < 0)
		return 0;
	if (member->connecting) {
		if (events == 0)
			return 0;
		see_connected(fleet, member, now_us);
		if (member->fd < 0)
			return 0;
	}
	if (member->spare_count > 0)
		offer_spare(member, now_us);
	cloud_device_step(device, now_us);
	if (events & (POLLIN | POLLHUP | POLLERR) && device->phase != CLOUD_DEVICE_OVER)
		sum += read_some(member, now_us);
	sum += write_some(fleet, member);
	if (device->phase == CLOUD_DEVICE_OVER && device->out_count == 0)
		leave(fleet, member, now_us);
	return sum;
}

size_t cloud_fleet_step(struct cloud_fleet *fleet, int64_t now_us, int wait_ms)
{
	struct pollfd *polls = calloc(fleet->count, sizeof(*polls));
	size_t sum = 0;

	assert(polls);
	for (size_t i = 0; i < fleet->count; i++) {
		struct cloud_fleet_member *member = &fleet->members[i];

		if (member->fd < 0 && now_us >= member->return_at_us)
			start(fleet, member, now_us);
		polls[i].fd = member->fd;
		if (member->connecting || member->device->out_count > 0)
			polls[i].events |= POLLOUT;
		if (!member->connecting && member->spare_count == 0)
			polls[i].events |= POLLIN;
	}
	if (poll(polls, fleet->count, wait_ms) >= 0)
		for (size_t i = 0; i < fleet->count; i++)
			sum += turn(fleet, &fleet->members[i], polls[i].revents, now_us);
	free(polls);
	return sum;
}

size_t cloud_fleet_count(const struct cloud_fleet *fleet, enum cloud_device_phase phase)
{
	size_t count = 0;

	for (size_t i = 0; i < fleet->count; i++)
		count += fleet->members[i].device->phase == phase;
	return count;
}

int64_t cloud_fleet_deadline(const struct cloud_fleet *fleet)
{
	int64_t deadline = INT64_MAX;

	for (size_t i = 0; i < fleet->count; i++) {
		const struct cloud_fleet_member *member = &fleet->members[i];
		int64_t own = member->fd < 0 ? member->return_at_us
					     : cloud_device_deadline(member->device);

		if (own < deadline)
			deadline = own;
	}
	return deadline;
}
