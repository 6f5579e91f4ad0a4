/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cloud devices on TCP against sockets of this test. */
#include "lib/cloud_device_tcp.h"
#include "lib/peer_desk.h"
#include "lib/peer_module.h"
#include "lib/testing.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/in.h>
#include <unistd.h>

enum { DEVICES_MAX = 40, STEPS_MAX = 20000, STEP_MS = 1 };

static struct peer_keys keys;

struct hall {
	int listener;
	uint16_t port;
	int fds[DEVICES_MAX];
	struct cloud_device *devices[DEVICES_MAX];
	struct cloud_fleet *fleet;
	size_t count;
};

static void listen_here(struct hall *hall)
{
	struct sockaddr_in here = { .sin_family = AF_INET,
				    .sin_addr = { htobe32(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(here);

	hall->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(hall->listener, 0);
	ck_assert_int_eq(bind(hall->listener, (struct sockaddr *)&here, sizeof(here)), 0);
	ck_assert_int_eq(listen(hall->listener, DEVICES_MAX), 0);
	ck_assert_int_eq(getsockname(hall->listener, (struct sockaddr *)&here, &len), 0);
	hall->port = be16toh(here.sin_port);
}

static struct hall *hall_new(size_t count, const struct cloud_fleet_config *config)
{
	struct hall *hall = calloc(1, sizeof(*hall));
	struct cloud_device_keys own = { .device = keys.device, .server = keys.server };
	struct cloud_fleet_config fleet = *config;

	ck_assert_ptr_nonnull(hall);
	listen_here(hall);
	fleet.port = hall->port;
	hall->count = count;
	for (size_t i = 0; i < count; i++) {
		struct cloud_device_config device = { .era = CLOUD_ERA_23, .id = { (uint8_t)i } };

		hall->devices[i] = cloud_device_new(&device, &own);
		ck_assert_ptr_nonnull(hall->devices[i]);
	}
	hall->fleet = cloud_fleet_new(&fleet, hall->devices, count);
	ck_assert_ptr_nonnull(hall->fleet);
	return hall;
}

static void hall_free(struct hall *hall)
{
	cloud_fleet_free(hall->fleet);
	for (size_t i = 0; i < hall->count; i++)
		cloud_device_free(hall->devices[i]);
	close(hall->listener);
	free(hall);
}

static void accept_all(struct hall *hall, int64_t now_us)
{
	size_t count = 0;

	for (int step = 0; step < STEPS_MAX && count < hall->count; step++) {
		int fd = accept4(hall->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		cloud_fleet_step(hall->fleet, now_us, fd < 0 ? STEP_MS : 0);
		if (fd >= 0)
			hall->fds[count++] = fd;
	}
	ck_assert_uint_eq(count, hall->count);
}

/* All of 'len' bytes from a device, the fleet being turned meanwhile. */
static void receive(struct hall *hall, int fd, uint8_t *ret, size_t len, int64_t now_us)
{
	size_t count = 0;

	for (int step = 0; step < STEPS_MAX && count < len; step++) {
		ssize_t n = recv(fd, ret + count, len - count, 0);

		ck_assert_int_ne(n, 0);
		if (n > 0)
			count += (size_t)n;
		else
			cloud_fleet_step(hall->fleet, now_us, STEP_MS);
	}
	ck_assert_uint_eq(count, len);
}

static const struct {
	size_t devices;
	size_t write_bytes_max;
} halls[] = { { 1, 0 }, { 3, 1 }, { DEVICES_MAX, 100 } };

START_TEST(each_device_has_its_own_handshake)
{
	struct cloud_fleet_config config = { .write_bytes_max = halls[_i].write_bytes_max };
	struct hall *hall = hall_new(halls[_i].devices, &config);
	uint8_t bytes[CLOUD_DEVICE_ANSWER_BYTES];
	uint8_t request[256];
	bool seen[DEVICES_MAX] = { false };
	struct peer_desk desk = { .keys = &keys };

	accept_all(hall, 0);
	for (size_t i = 0; i < hall->count; i++) {
		memset(bytes, (int)i + 1, CLOUD_DEVICE_NONCE_BYTES);
		ck_assert_int_eq(send(hall->fds[i], bytes, CLOUD_DEVICE_NONCE_BYTES, 0),
				 CLOUD_DEVICE_NONCE_BYTES);
	}
	for (size_t i = 0; i < hall->count; i++) {
		receive(hall, hall->fds[i], request, sizeof(request), 0);
		ck_assert_uint_eq(peer_keys_open(&keys, request, bytes), 214);
		ck_assert_uint_eq(bytes[0], i + 1);
		ck_assert_uint_eq(bytes[39], i + 1);
		ck_assert_uint_lt(bytes[40], hall->count);
		ck_assert(!seen[bytes[40]]);
		seen[bytes[40]] = true;
	}
	peer_desk_answer(&desk, bytes);
	ck_assert_int_eq(send(hall->fds[0], bytes, sizeof(bytes), 0), (int)sizeof(bytes));
	receive(hall, hall->fds[0], bytes, 2 + 16, 0); /* the Hello: one block */
	ck_assert_uint_eq(cloud_fleet_count(hall->fleet, CLOUD_DEVICE_GREETING), 1);
	ck_assert_uint_eq(cloud_fleet_count(hall->fleet, CLOUD_DEVICE_ANSWER), hall->count - 1);
	for (size_t i = 0; i < hall->count; i++)
		close(hall->fds[i]);
	for (int step = 0; step < STEPS_MAX; step++) {
		cloud_fleet_step(hall->fleet, 0, STEP_MS);
		if (cloud_fleet_count(hall->fleet, CLOUD_DEVICE_OVER) == hall->count)
			break;
	}
	for (size_t i = 0; i < hall->count; i++)
		ck_assert_int_eq(hall->devices[i]->end, CLOUD_END_CLOSED);
	hall_free(hall);
}
END_TEST

/* The first device's socket as a wire of the desk's; the fleet's time is the desk's. */
struct socket_wire {
	struct hall *hall;
	const struct peer_desk *desk;
};

static void push(void *ctx, const uint8_t *bytes, size_t len)
{
	struct socket_wire *wire = ctx;

	ck_assert_int_eq(send(wire->hall->fds[0], bytes, len, 0), (ssize_t)len);
}

static size_t pull(void *ctx, uint8_t *ret, size_t room)
{
	struct socket_wire *wire = ctx;

	for (int step = 0; step < STEPS_MAX; step++) {
		ssize_t n = recv(wire->hall->fds[0], ret, room, 0);

		if (n >= 0)
			return (size_t)n;
		cloud_fleet_step(wire->hall->fleet, wire->desk->now_us, STEP_MS);
	}
	return 0;
}

/* Handshake and Hello over the wire; the device's Hello is the desk's message. */
static void greet(struct peer_desk *desk, struct hall *hall)
{
	uint8_t bytes[CLOUD_DEVICE_ANSWER_BYTES] = { 1 };

	accept_all(hall, desk->now_us);
	push(desk->wire->ctx, bytes, CLOUD_DEVICE_NONCE_BYTES);
	receive(hall, hall->fds[0], bytes, CLOUD_DEVICE_REQUEST_BYTES, desk->now_us);
	peer_desk_answer(desk, bytes);
	push(desk->wire->ctx, bytes, sizeof(bytes));
	ck_assert(peer_desk_next(desk));
}

START_TEST(an_update_over_tcp_in_small_pieces)
{
	static const struct cloud_fleet_config config = { .after = CLOUD_FLEET_RETURNS,
							  .return_us = 1000,
							  .write_bytes_max = 7 };
	struct hall *hall = hall_new(1, &config);
	struct peer_desk desk = { .keys = &keys, .device = hall->devices[0] };
	struct socket_wire ends = { hall, &desk };
	struct peer_wire wire = { push, pull, &ends };
	uint8_t image[1024];

	desk.wire = &wire;
	peer_module_make(image, sizeof(image), 8, 9);
	greet(&desk, hall);
	ck_assert_uint_eq(desk.message[12], 0); /* flags of its Hello */
	peer_desk_say(&desk, "50 02 00 01 b1 68 ff 00 00 00 00 00 00 00 00", NULL, 0);
	for (int i = 0; i < 6; i++) /* four events, subscription, time */
		ck_assert(peer_desk_next(&desk));
	peer_desk_say(&desk, "41 02 01 00 51 b1 75 ff 01 02 00 00 00 04 00 00 00 00 00 00", NULL,
		      0);
	peer_desk_expect(&desk, "60 00 01 00");
	peer_desk_chunk(&desk, 1, image + 512, 512, 0); /* waits while the device erases */
	for (int step = 0; step < 20; step++)
		cloud_fleet_step(hall->fleet, desk.now_us, STEP_MS);
	ck_assert_uint_eq(hall->devices[0]->counts.chunks, 0);
	desk.now_us += 1000000;
	peer_desk_expect(&desk, "51 44 id 51 ff 01");
	peer_desk_chunk(&desk, 0, image, 512, 0);
	peer_desk_say(&desk, "41 03 03 00 53 b1 75", NULL, 0);
	peer_desk_expect(&desk, "61 44 03 00 53 ff 7b 22 72 22 3a 22 6f 6b 22 7d");
	ck_assert_mem_eq(hall->devices[0]->staging, image, sizeof(image));
	ck_assert(!peer_desk_next(&desk)); /* the connection ends with its reset */
	ck_assert_int_eq(hall->devices[0]->end, CLOUD_END_RESET);
	close(hall->fds[0]);
	desk.now_us += 1000;
	greet(&desk, hall);
	ck_assert_uint_eq(desk.message[12], CLOUD_FLAG_LAST_GOOD);
	close(hall->fds[0]);
	hall_free(hall);
}
END_TEST

START_TEST(a_device_returns_when_it_is_time)
{
	static const struct cloud_fleet_config config = { .after = CLOUD_FLEET_RETURNS,
							  .return_us = 5000000 };
	struct hall *hall = hall_new(1, &config);

	accept_all(hall, 100);
	for (int step = 0; step < STEPS_MAX && hall->fleet->members[0].connecting; step++)
		cloud_fleet_step(hall->fleet, 100, STEP_MS);
	ck_assert_int_eq(cloud_fleet_deadline(hall->fleet), 100 + CLOUD_DEVICE_STEP_US);
	/* no nonce for 20 s: it gives up, and comes again 5 s after that */
	cloud_fleet_step(hall->fleet, 100 + CLOUD_DEVICE_STEP_US, 0);
	ck_assert_int_eq(hall->devices[0]->end, CLOUD_END_LATE);
	ck_assert_int_eq(hall->fleet->members[0].fd, -1);
	ck_assert_int_eq(cloud_fleet_deadline(hall->fleet), 25000100);
	cloud_fleet_step(hall->fleet, 25000099, 0);
	ck_assert_int_eq(hall->fleet->members[0].fd, -1);
	close(hall->fds[0]);
	accept_all(hall, 25000100);
	for (int step = 0; step < STEPS_MAX && hall->fleet->members[0].connecting; step++)
		cloud_fleet_step(hall->fleet, 25000100, STEP_MS);
	ck_assert_uint_eq(hall->devices[0]->counts.connects, 2);
	close(hall->fds[0]);
	hall_free(hall);
}
END_TEST

START_TEST(no_server_is_counted)
{
	static const struct cloud_fleet_config config = { .after = CLOUD_FLEET_STAYS };
	struct hall *hall = hall_new(2, &config);

	close(hall->listener);
	hall->listener = -1;
	for (int step = 0; step < STEPS_MAX && hall->fleet->refused < 2; step++)
		cloud_fleet_step(hall->fleet, 0, STEP_MS);
	ck_assert_uint_eq(hall->fleet->refused, 2);
	ck_assert_uint_eq(cloud_fleet_count(hall->fleet, CLOUD_DEVICE_APART), 2);
	ck_assert_int_eq(cloud_fleet_deadline(hall->fleet), INT64_MAX);
	hall_free(hall);
}
END_TEST

START_TEST(a_reset_connection_is_an_end)
{
	static const struct cloud_fleet_config config = { .after = CLOUD_FLEET_STAYS };
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };
	struct hall *hall = hall_new(1, &config);

	accept_all(hall, 0);
	ck_assert_int_eq(setsockopt(hall->fds[0], SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)), 0);
	close(hall->fds[0]);
	for (int step = 0; step < STEPS_MAX && hall->devices[0]->phase != CLOUD_DEVICE_OVER; step++)
		cloud_fleet_step(hall->fleet, 0, STEP_MS);
	ck_assert_int_eq(hall->devices[0]->end, CLOUD_END_CLOSED);
	hall_free(hall);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peer_fleet");
	TCase *tcase = tcase_create("tcp");

	keys = peer_keys_make();
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, each_device_has_its_own_handshake, 0, 3);
	tcase_add_test(tcase, an_update_over_tcp_in_small_pieces);
	tcase_add_test(tcase, a_device_returns_when_it_is_time);
	tcase_add_test(tcase, no_server_is_counted);
	tcase_add_test(tcase, a_reset_connection_is_an_end);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
