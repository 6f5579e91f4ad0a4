/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One board's connection to a server: handshake, then session. For server.c alone. */
#ifndef CLOUD_BOARD_LINK_H
#define CLOUD_BOARD_LINK_H

#include "cloud/server.h"

struct board_link {
	int fd;
	char peer[SERVER_PEER_TEXT];
	const struct server_listener *listener;
	int64_t since_us;
	struct handshake handshake;
	size_t greeted_bytes; /* of handshake.out that are sent */
	struct cipher *cipher;
	struct session session; /* SESSION_NONE until the handshake is done */
	bool is_closed;		/* is to be freed; 'text' says why */
	char text[SERVER_TEXT_MAX];
};

/* Takes over 'fd'. NULL with 'err' when there is no memory or chance; 'fd' is closed then. */
struct board_link *board_link_new(int fd, const char *peer, const struct server_setup *setup,
				  int64_t now_us, struct err *err);

/* Closes, tells the listener, frees. */
void board_link_free(struct board_link *link);

/* Reads and sends what can be without waiting, looks at deadlines. Sets is_closed when it is over.
 */
int board_link_run(struct board_link *link, int64_t now_us, struct err *err) MUST_CHECK;

/* Marks it closed, if it is not, with that reason. */
void board_link_drop(struct board_link *link, const char *text, int64_t now_us);

bool board_link_wants_to_send(const struct board_link *link);
int64_t board_link_due_us(const struct board_link *link);

/* Has it got through its handshake? Then 'handshake.id' is the board's. */
bool board_link_is_known(const struct board_link *link);

#endif
