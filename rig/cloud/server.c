/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloud/server.h"
#include "base/clock.h"
#include "cloud/board_link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 64, US_A_MS = 1000, WAIT_MS_MAX = 1000 };

struct server {
	struct server_setup setup;
	int fd;
	uint16_t port;
	struct board_link *links[SERVER_BOARDS_MAX]; /* the first link_count are there */
	size_t link_count;
	struct server_counts counts;
};

static int64_t time_now(const struct server *server)
{
	const struct server_setup *setup = &server->setup;

	return setup->now_us ? setup->now_us(setup->now_ctx) : clock_now_us();
}

static int refuse(const struct server_setup *setup, int fd, int error, struct err *err)
{
	if (fd >= 0)
		close(fd);
	return err_set(err, ERR_IO, -error, "cannot listen at %s port %u: %s", setup->address,
		       setup->port, strerror(error));
}

static int open_port(const struct server_setup *setup, int *ret_fd, uint16_t *ret_port,
		     struct err *err)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(setup->port) };
	socklen_t size = sizeof(address);
	int on = 1;
	int fd;

	if (inet_pton(AF_INET, setup->address, &address.sin_addr) != 1)
		return err_set(err, ERR_CONFIG, -EINVAL, "'%s' is no IPv4 address to listen at",
			       setup->address);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return refuse(setup, fd, errno, err);
	/* without it a restarted server finds its own old connections in the way for a minute */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(fd, BACKLOG) != 0 || getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		return refuse(setup, fd, errno, err);
	*ret_fd = fd;
	*ret_port = ntohs(address.sin_port);
	return 0;
}

int server_open(const struct server_setup *setup, struct server **ret, struct err *err)
{
	struct server *server = calloc(1, sizeof(*server));
	int r;

	if (!server)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for the cloud's server");
	server->setup = *setup;
	r = open_port(setup, &server->fd, &server->port, err);
	if (r < 0)
		free(server);
	else
		*ret = server;
	return r;
}

void server_close(struct server *server)
{
	if (!server)
		return;
	for (size_t i = 0; i < server->link_count; i++) {
		board_link_drop(server->links[i], "the cloud is closed", time_now(server));
		board_link_free(server->links[i]);
	}
	close(server->fd);
	free(server);
}

uint16_t server_port(const struct server *server)
{
	return server->port;
}

struct server_counts server_counts(const struct server *server)
{
	return server->counts;
}

static void turn_away(struct server *server, int fd, const char *peer)
{
	const struct server_listener *listener = &server->setup.listener;

	close(fd);
	server->counts.turned_away++;
	if (listener->gone)
		listener->gone(listener->ctx, NULL, peer, "there are too many boards already");
}

static int take_in(struct server *server, int fd, const struct sockaddr_in *from, struct err *err)
{
	char host[INET_ADDRSTRLEN] = "?";
	char peer[SERVER_PEER_TEXT];
	struct board_link *link;
	int on = 1;

	inet_ntop(AF_INET, &from->sin_addr, host, sizeof(host));
	snprintf(peer, sizeof(peer), "%s:%u", host, ntohs(from->sin_port));
	if (server->link_count == SERVER_BOARDS_MAX) {
		turn_away(server, fd, peer);
		return 0;
	}
	/* chunks are small, and each should leave when it is written */
	IGNORE(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "only slower without");
	link = board_link_new(fd, peer, &server->setup, time_now(server), err);
	if (!link)
		return err->code;
	server->counts.accepted++;
	server->links[server->link_count++] = link;
	return 0;
}

/* Errors of one connection that came and went are nobody's fault. */
static bool is_passing(int error)
{
	return error == ECONNABORTED || error == EPROTO || error == EINTR || error == ENETDOWN ||
	       error == EHOSTUNREACH || error == ENETUNREACH || error == ETIMEDOUT;
}

static int accept_all(struct server *server, struct err *err)
{
	for (int i = 0; i < BACKLOG; i++) {
		struct sockaddr_in from = { .sin_family = AF_INET };
		socklen_t size = sizeof(from);
		int fd = accept4(server->fd, (struct sockaddr *)&from, &size,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);
		int r;

		if (fd < 0 && errno == EAGAIN)
			return 0;
		if (fd < 0 && is_passing(errno))
			continue;
		if (fd < 0)
			return err_set(err, ERR_IO, -errno, "cannot accept a board: %s",
				       strerror(errno));
		r = take_in(server, fd, &from, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* A board whose power was cut leaves a connection that nobody closed; its new one counts. */
static void drop_older(struct server *server, const struct board_link *newer, int64_t now_us)
{
	for (size_t i = 0; i < server->link_count; i++) {
		struct board_link *link = server->links[i];

		if (link != newer && board_link_is_known(link) &&
		    memcmp(link->handshake.id, newer->handshake.id, KEYS_ID_BYTES) == 0)
			board_link_drop(link, "the board connected anew", now_us);
	}
}

/* Those that have something to say or to take, or a deadline. */
static int run_links(struct server *server, const struct pollfd *polls, int64_t now_us,
		     struct err *err)
{
	for (size_t i = 0; i < server->link_count; i++) {
		struct board_link *link = server->links[i];
		bool was_known = board_link_is_known(link);
		int r;

		if (link->is_closed || (!polls[i].revents && now_us < board_link_due_us(link)))
			continue;
		r = board_link_run(link, now_us, err);
		if (r < 0)
			return r;
		if (!was_known && board_link_is_known(link)) {
			server->counts.sessions++;
			drop_older(server, link, now_us);
		}
	}
	return 0;
}

static void free_closed(struct server *server)
{
	size_t kept = 0;

	for (size_t i = 0; i < server->link_count; i++) {
		struct board_link *link = server->links[i];

		if (!link->is_closed) {
			server->links[kept++] = link;
			continue;
		}
		server->counts.dropped++;
		board_link_free(link);
	}
	server->link_count = kept;
}

/* Milliseconds until the first deadline, 0 when it has passed. */
static int wait_ms(const struct server *server, int64_t deadline_us)
{
	int64_t due_us = deadline_us;
	int64_t us;

	for (size_t i = 0; i < server->link_count; i++)
		if (board_link_due_us(server->links[i]) < due_us)
			due_us = board_link_due_us(server->links[i]);
	us = due_us - time_now(server);
	if (us <= 0)
		return 0;
	us = (us + US_A_MS - 1) / US_A_MS;
	return us > WAIT_MS_MAX ? WAIT_MS_MAX : (int)us;
}

int server_step(struct server *server, int64_t deadline_us, struct err *err)
{
	struct pollfd polls[SERVER_BOARDS_MAX + 1];
	size_t count = server->link_count;
	int r;

	for (size_t i = 0; i < count; i++)
		polls[i] = (struct pollfd){ .fd = server->links[i]->fd,
					    .events = board_link_wants_to_send(server->links[i])
							      ? POLLIN | POLLOUT
							      : POLLIN };
	polls[count] = (struct pollfd){ .fd = server->fd, .events = POLLIN };
	r = poll(polls, count + 1, wait_ms(server, deadline_us));
	if (r < 0 && errno == EINTR)
		return 0;
	if (r < 0)
		return err_set(err, ERR_IO, -errno, "cannot wait for boards: %s", strerror(errno));
	r = run_links(server, polls, time_now(server), err);
	if (r == 0 && polls[count].revents)
		r = accept_all(server, err);
	free_closed(server);
	return r;
}

struct session *server_find(struct server *server, const uint8_t id[KEYS_ID_BYTES])
{
	for (size_t i = 0; i < server->link_count; i++) {
		struct board_link *link = server->links[i];

		if (!link->is_closed && link->session.state == SESSION_OPEN &&
		    memcmp(link->handshake.id, id, KEYS_ID_BYTES) == 0)
			return &link->session;
	}
	return NULL;
}

bool server_board(const struct server *server, size_t n, uint8_t ret_id[KEYS_ID_BYTES])
{
	for (size_t i = 0; i < server->link_count; i++) {
		const struct board_link *link = server->links[i];

		if (link->session.state != SESSION_OPEN || n-- > 0)
			continue;
		memcpy(ret_id, link->handshake.id, KEYS_ID_BYTES);
		return true;
	}
	return false;
}
