/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cloud as boards find it: TCP on this host, handshake, cipher, session; many boards at once;
 * peers that talk nonsense, nothing, or half of something. Deadlines are tried on one link with a
 * time of ours.
 */
#include "base/clock.h"
#include "cloud/board_link.h"
#include "lib/cloud_board.h"
#include "lib/testing.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { S = 1000000, TURNS_MAX = 20000, TURN_US = 2000, LOG_MAX = 8192, FILE_BYTES = 40000 };

struct hall {
	struct keys *keys;
	struct server *server;
	const uint8_t *der;
	size_t der_len;
	char log[LOG_MAX]; /* what the server told */
	uint8_t file[FILE_BYTES];
};

static void note(struct hall *hall, const uint8_t *id, const char *what, const char *text)
{
	size_t len = strlen(hall->log);
	int more = snprintf(hall->log + len, LOG_MAX - len, "%02x %s %s\n", id ? id[0] : 0xeeu,
			    what, text);

	ck_assert_int_gt(more, 0);
	ck_assert_uint_lt(len + (size_t)more, LOG_MAX);
}

static void on_hello(void *ctx, const uint8_t *id, const struct session_hello *hello)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", hello->platform);
	note(ctx, id, "hello", text);
}

static void on_event(void *ctx, const uint8_t *id, const struct session_event *event)
{
	note(ctx, id, "event", event->name);
}

static void on_answer(void *ctx, const uint8_t *id, const struct session_answer *answer)
{
	char text[256];

	snprintf(text, sizeof(text), "%d %.*s", (int)answer->reply, (int)answer->len,
		 answer->len ? (const char *)answer->data : "");
	note(ctx, id, "answer", text);
}

static void on_gone(void *ctx, const uint8_t *id, const char *peer, const char *text)
{
	ck_assert_int_eq(strncmp(peer, "127.0.0.1:", 10), 0);
	note(ctx, id, "gone", text);
}

static void hall_open(struct hall *hall, enum handshake_trust trust)
{
	struct server_setup setup = { .address = "127.0.0.1",
				      .trust = trust,
				      .listener = { .ctx = hall,
						    .hello = on_hello,
						    .event = on_event,
						    .answer = on_answer,
						    .gone = on_gone } };
	struct err err = ERR_INIT;

	memset(hall, 0, sizeof(*hall));
	for (size_t i = 0; i < FILE_BYTES; i++)
		hall->file[i] = (uint8_t)(i * 7 + i / 251);
	ck_assert_msg(keys_open(testing_folder(), &hall->keys, &err) == 0, "%s", err.text);
	hall->der = keys_public(hall->keys, &hall->der_len);
	setup.keys = hall->keys;
	ck_assert_msg(server_open(&setup, &hall->server, &err) == 0, "%s", err.text);
	ck_assert_uint_ne(server_port(hall->server), 0);
}

static void hall_close(struct hall *hall)
{
	server_close(hall->server);
	keys_close(hall->keys);
}

static void new_board(struct hall *hall, struct cloud_board *board, uint8_t number)
{
	cloud_board_begin(board, CLOUD_BOARD_15, number, hall->der, hall->der_len);
	cloud_board_connect(board, server_port(hall->server));
}

static void turn(struct hall *hall)
{
	struct err err = ERR_INIT;

	ck_assert_msg(server_step(hall->server, clock_now_us() + TURN_US, &err) == 0, "%s",
		      err.text);
}

static bool told(const struct hall *hall, const char *line)
{
	return strstr(hall->log, line) != NULL;
}

/* Turns until the server has told that. */
static void run_until(struct hall *hall, struct cloud_board *boards, size_t count, const char *line)
{
	for (int i = 0; !told(hall, line); i++) {
		ck_assert_msg(i < TURNS_MAX, "'%s' did not come: %s", line, hall->log);
		turn(hall);
		for (size_t b = 0; b < count; b++)
			cloud_board_pump(&boards[b]);
	}
}

START_TEST(a_board_and_its_cloud)
{
	static const struct session_question describe = { .kind = SESSION_ASK_DESCRIBE };
	static const struct session_question call = { .kind = SESSION_ASK_CALL,
						      .name = "led",
						      .argument = "on" };
	static struct cloud_board board;
	struct session *session;
	static struct hall hall;
	uint8_t id[KEYS_ID_BYTES];

	hall_open(&hall, HANDSHAKE_TRUST_FIRST);
	new_board(&hall, &board, 0x21);
	run_until(&hall, &board, 1, "21 hello 8\n");
	session = server_find(hall.server, board.id);
	ck_assert_ptr_nonnull(session);
	ck_assert(server_board(hall.server, 0, id));
	ck_assert_mem_eq(id, board.id, KEYS_ID_BYTES);
	ck_assert(!server_board(hall.server, 1, id));
	memset(id, 9, sizeof(id));
	ck_assert_ptr_null(server_find(hall.server, id));
	cloud_board_event(&board, "spark/device/last_reset", "40");
	run_until(&hall, &board, 1, "21 event spark/device/last_reset\n");
	ck_assert_uint_eq(session_ask(session, &describe, clock_now_us()), 1);
	run_until(&hall, &board, 1, "21 answer 1 {\"f\":[],\"v\":{},\"p\":8,\"m\":[]}\n");
	ck_assert_uint_eq(session_ask(session, &call, clock_now_us()), 2);
	run_until(&hall, &board, 1, "21 answer 1 \n");
	ck_assert_str_eq(board.called, "led");
	ck_assert_str_eq(board.called_with, "on");
	cloud_board_end(&board);
	run_until(&hall, NULL, 0, "21 gone the board closed the connection\n");
	ck_assert_uint_eq(server_counts(hall.server).sessions, 1);
	hall_close(&hall);
}
END_TEST

/* Sixteen at once, each with an update of its own, fast and slow. */
START_TEST(many_boards_are_updated_at_once)
{
	enum { BOARDS = 16 };
	struct cloud_board *boards = calloc(BOARDS, sizeof(*boards));
	unsigned int done = 0;
	static struct hall hall;

	ck_assert_ptr_nonnull(boards);
	hall_open(&hall, HANDSHAKE_TRUST_FIRST);
	for (uint8_t i = 0; i < BOARDS; i++)
		new_board(&hall, &boards[i], (uint8_t)(i + 1));
	for (uint8_t i = 0; i < BOARDS; i++) {
		struct update_setup setup = { .bytes = hall.file,
					      .len = FILE_BYTES - i,
					      .mode = i % 2 ? UPDATE_FAST : UPDATE_SLOW };
		char line[32];

		snprintf(line, sizeof(line), "%02x hello 8\n", i + 1u);
		run_until(&hall, boards, BOARDS, line);
		boards[i].loses = i % 2 * 3;
		ck_assert(session_update(server_find(hall.server, boards[i].id), &setup,
					 clock_now_us()));
	}
	for (int turns = 0; done < BOARDS; turns++) {
		ck_assert_int_lt(turns, TURNS_MAX);
		turn(&hall);
		done = 0;
		for (size_t i = 0; i < BOARDS; i++) {
			ck_assert(cloud_board_pump(&boards[i]));
			done += server_find(hall.server, boards[i].id)->update.result ==
				UPDATE_DONE;
		}
	}
	for (size_t i = 0; i < BOARDS; i++) {
		ck_assert_uint_eq(boards[i].file_len, FILE_BYTES - i);
		ck_assert_mem_eq(boards[i].file, hall.file, FILE_BYTES - i);
		cloud_board_end(&boards[i]);
	}
	hall_close(&hall);
	free(boards);
}
END_TEST

/* Power was cut, nobody closed the connection; the board is back on a new one. */
START_TEST(board_that_comes_again)
{
	static struct cloud_board boards[2];
	static struct hall hall;
	void *key;

	hall_open(&hall, HANDSHAKE_TRUST_FIRST);
	new_board(&hall, &boards[0], 0x21);
	run_until(&hall, boards, 1, "21 hello 8\n");
	hall.log[0] = '\0';
	new_board(&hall, &boards[1], 0x21);
	key = boards[1].key;
	boards[1].key = boards[0].key;
	run_until(&hall, &boards[1], 1, "21 hello 8\n");
	ck_assert(told(&hall, "21 gone the board connected anew\n"));
	boards[1].key = key;
	cloud_board_end(&boards[0]);
	cloud_board_end(&boards[1]);
	hall_close(&hall);
}
END_TEST

START_TEST(strangers_and_nonsense_are_dropped)
{
	static struct cloud_board board;
	uint8_t nonsense[256];
	static struct hall hall;

	memset(nonsense, 0x11, sizeof(nonsense));
	hall_open(&hall, HANDSHAKE_TRUST_KNOWN);
	new_board(&hall, &board, 0x21);
	run_until(&hall, &board, 1, "ee gone device 212121212121212121212121 is not known here\n");
	cloud_board_end(&board);
	new_board(&hall, &board, 0x21);
	ck_assert_int_eq(send(board.fd, nonsense, sizeof(nonsense), 0), sizeof(nonsense));
	run_until(&hall, NULL, 0, "ee gone the device's message is not for this cloud's key");
	cloud_board_end(&board);
	ck_assert_uint_eq(server_counts(hall.server).dropped, 2);
	hall_close(&hall);
}
END_TEST

/* Sixty-four connections that say nothing; the next is turned away, the others stay. */
START_TEST(too_many_boards)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fds[SERVER_BOARDS_MAX + 1];
	static struct hall hall;

	hall_open(&hall, HANDSHAKE_TRUST_FIRST);
	to.sin_port = htons(server_port(hall.server));
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ck_assert_int_eq(connect(fds[i], (const struct sockaddr *)&to, sizeof(to)), 0);
		turn(&hall);
	}
	run_until(&hall, NULL, 0, "ee gone there are too many boards already\n");
	ck_assert_uint_eq(server_counts(hall.server).accepted, SERVER_BOARDS_MAX);
	ck_assert_uint_eq(server_counts(hall.server).turned_away, 1);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
	for (int i = 0; i < TURNS_MAX && server_counts(hall.server).dropped < SERVER_BOARDS_MAX;
	     i++)
		turn(&hall);
	ck_assert_uint_eq(server_counts(hall.server).dropped, SERVER_BOARDS_MAX);
	hall_close(&hall);
}
END_TEST

START_TEST(port_in_use)
{
	struct server_setup setup = { .address = "127.0.0.1", .trust = HANDSHAKE_TRUST_FIRST };
	struct server *second = NULL;
	struct err err = ERR_INIT;
	char want[80];
	static struct hall hall;

	hall_open(&hall, HANDSHAKE_TRUST_FIRST);
	setup.keys = hall.keys;
	setup.port = server_port(hall.server);
	ck_assert_int_eq(server_open(&setup, &second, &err), -EADDRINUSE);
	ck_assert_int_eq(err.kind, ERR_IO);
	snprintf(want, sizeof(want), "cannot listen at 127.0.0.1 port %u: Address already in use",
		 setup.port);
	ck_assert_str_eq(err.text, want);
	setup.address = "nowhere";
	ck_assert_int_eq(server_open(&setup, &second, &err), -EINVAL);
	ck_assert_int_eq(err.kind, ERR_CONFIG);
	ck_assert_ptr_null(second);
	hall_close(&hall);
}
END_TEST

/* One link, its peer a socket of ours, its time a number. */
struct line {
	struct keys *keys;
	struct server_setup setup;
	struct board_link *link;
	int fd;
	char gone[SERVER_TEXT_MAX];
};

static void line_gone(void *ctx, const uint8_t *id, const char *peer, const char *text)
{
	struct line *line = ctx;

	(void)id;
	ck_assert_str_eq(peer, "peer");
	snprintf(line->gone, sizeof(line->gone), "%s", text);
}

static void line_open(struct line *line)
{
	int fds[2];

	memset(line, 0, sizeof(*line));
	ck_assert_int_eq(keys_open(testing_folder(), &line->keys, NULL), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds),
			 0);
	line->setup = (struct server_setup){ .keys = line->keys,
					     .trust = HANDSHAKE_TRUST_FIRST,
					     .listener = { .ctx = line, .gone = line_gone } };
	line->fd = fds[1];
	line->link = board_link_new(fds[0], "peer", &line->setup, 0, NULL);
	ck_assert_ptr_nonnull(line->link);
}

static bool line_run(struct line *line, int64_t now_us)
{
	ck_assert_int_eq(board_link_run(line->link, now_us, NULL), 0);
	return !line->link->is_closed;
}

static void line_close(struct line *line, const char *why)
{
	board_link_free(line->link);
	ck_assert_str_eq(line->gone, why);
	close(line->fd);
	keys_close(line->keys);
}

/* A byte every second is no way through a handshake. */
START_TEST(slow_handshake)
{
	struct line line;

	line_open(&line);
	ck_assert_int_eq(board_link_due_us(line.link), 20 * S);
	for (int s = 0; s < 20; s++) {
		ck_assert(line_run(&line, s * (int64_t)S));
		if (_i)
			ck_assert_int_eq(send(line.fd, "x", 1, 0), 1);
	}
	ck_assert(!line_run(&line, 20 * S));
	line_close(&line, "no handshake within 20 s");
}
END_TEST

/* Through the handshake, and then no Hello; or a Hello and half a message. */
START_TEST(slow_session)
{
	static struct cloud_board board;
	const uint8_t *der;
	struct line line;
	size_t len;

	line_open(&line);
	der = keys_public(line.keys, &len);
	cloud_board_begin(&board, CLOUD_BOARD_15, 1, der, len);
	board.fd = line.fd;
	ck_assert(line_run(&line, 0));
	ck_assert(cloud_board_pump(&board));
	ck_assert(cloud_board_pump(&board));
	ck_assert(line_run(&line, S));
	ck_assert(board_link_is_known(line.link));
	if (_i == 0) {
		ck_assert_int_eq(board_link_due_us(line.link), 5 * S);
		ck_assert(!line_run(&line, 5 * S));
	} else {
		ck_assert(cloud_board_pump(&board)); /* its Hello */
		ck_assert(line_run(&line, 2 * S));
		ck_assert_int_eq(line.link->session.state, SESSION_OPEN);
		ck_assert_int_eq(send(line.fd,
				      "\0\x20"
				      "abc",
				      5, 0),
				 5);
		ck_assert(line_run(&line, 3 * S));
		ck_assert_int_eq(board_link_due_us(line.link), 23 * S);
		ck_assert(!line_run(&line, 23 * S));
	}
	board.fd = -1;
	cloud_board_end(&board);
	line_close(&line,
		   _i == 0 ? "no Hello within 4 s" : "half a message, and no more of it for 20 s");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cloud: server");
	TCase *tcase = tcase_create("server");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_board_and_its_cloud);
	tcase_add_test(tcase, many_boards_are_updated_at_once);
	tcase_add_test(tcase, board_that_comes_again);
	tcase_add_test(tcase, strangers_and_nonsense_are_dropped);
	tcase_add_test(tcase, too_many_boards);
	tcase_add_test(tcase, port_in_use);
	tcase_add_loop_test(tcase, slow_handshake, 0, 2);
	tcase_add_loop_test(tcase, slow_session, 0, 2);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
