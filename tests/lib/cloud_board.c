/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/cloud_board.h"
#include "base/err.h"
#include "base/hash.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	DEVICE_BITS = 1024,
	DEVICE_DER_BYTES = 162,
	PLAIN_BYTES = 40 + 12 + DEVICE_DER_BYTES,
	CIPHER_BYTES = 256,
	KEY_BYTES = 128,
	SHA1_BYTES = 20,
	PLATFORM = 8,
	MISSED_MAX_052 = 50,
	MISSED_MAX = 40,
	IDLE_FD = -1,
};

void cloud_board_begin(struct cloud_board *board, enum cloud_board_era era, uint8_t number,
		       const uint8_t *server_der, size_t len)
{
	memset(board, 0, sizeof(*board));
	board->era = era;
	board->fd = IDLE_FD;
	memset(board->id, number, sizeof(board->id));
	board->describes = "{\"f\":[],\"v\":{},\"p\":8,\"m\":[]}";
	if (era == CLOUD_BOARD_15)
		board->result = "{\"r\":\"ok\"}";
	board->file = calloc(1, CLOUD_BOARD_FILE_MAX);
	board->out = calloc(1, CLOUD_BOARD_BUFFER);
	assert(board->file && board->out);
	if (!server_der)
		return;
	assert(len <= CLOUD_BOARD_DER_MAX);
	memcpy(board->server_der, server_der, len);
	board->server_der_len = len;
	board->key = EVP_RSA_gen(DEVICE_BITS);
	assert(board->key);
	board->stage = CLOUD_BOARD_NONCE;
}

void cloud_board_end(struct cloud_board *board)
{
	EVP_PKEY_free(board->key);
	cipher_free(board->cipher);
	if (board->fd != IDLE_FD)
		close(board->fd);
	free(board->file);
	free(board->out);
}

static void put_out(struct cloud_board *board, const uint8_t *bytes, size_t len)
{
	assert(board->out_len + len <= CLOUD_BOARD_BUFFER);
	memcpy(board->out + board->out_len, bytes, len);
	board->out_len += len;
}

void cloud_board_say(struct cloud_board *board, struct coap *coap)
{
	uint8_t bytes[COAP_BYTES_MAX];
	uint8_t sealed[FRAME_BYTES_MAX];
	uint8_t head[FRAME_HEAD_BYTES];
	size_t len;

	if (coap->type != COAP_ACK)
		coap->id = ++board->id_last;
	len = coap_encode(coap, bytes, sizeof(bytes));
	assert(len > 0);
	if (board->cipher)
		len = cipher_seal(board->cipher, bytes, len, sealed);
	frame_head(len, head);
	put_out(board, head, sizeof(head));
	put_out(board, board->cipher ? sealed : bytes, len);
}

static void say_hello(struct cloud_board *board)
{
	static const uint8_t payload[] = { 0, PLATFORM, 0xff, 0xff, 0, 0, 0, PLATFORM };
	struct coap coap = { .type = COAP_NON,
			     .code = COAP_POST,
			     .payload = payload,
			     .payload_len = sizeof(payload) };

	coap_add(&coap, COAP_URI_PATH, "h", 1);
	cloud_board_say(board, &coap);
}

void cloud_board_event(struct cloud_board *board, const char *name, const char *data)
{
	struct coap coap = { .type = COAP_NON,
			     .code = COAP_POST,
			     .payload = (const uint8_t *)data,
			     .payload_len = strlen(data) };

	coap_add(&coap, COAP_URI_PATH, "E", 1);
	coap_add(&coap, COAP_URI_PATH, name, strlen(name));
	cloud_board_say(board, &coap);
}

void cloud_board_up(struct cloud_board *board)
{
	if (board->stage == CLOUD_BOARD_CLEAR)
		say_hello(board);
}

/* The nonce back, with who we are, for the server's key. */
static void answer_nonce(struct cloud_board *board)
{
	const unsigned char *der = board->server_der;
	EVP_PKEY *server = d2i_PUBKEY(NULL, &der, (long)board->server_der_len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(server, NULL);
	uint8_t plain[PLAIN_BYTES];
	uint8_t sealed[CIPHER_BYTES];
	unsigned char *at = plain + 52;
	size_t len = sizeof(sealed);

	memcpy(plain, board->raw, 40);
	memcpy(plain + 40, board->id, 12);
	assert(i2d_PUBKEY(board->key, &at) == DEVICE_DER_BYTES);
	assert(EVP_PKEY_encrypt_init(ctx) > 0);
	assert(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0);
	assert(EVP_PKEY_encrypt(ctx, sealed, &len, plain, sizeof(plain)) > 0);
	put_out(board, sealed, sizeof(sealed));
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(server);
}

/* The signature is over the bare MAC: checked by raw recovery, which shows all padding but type 1.
 */
static void check_signature(const struct cloud_board *board, const uint8_t *mac)
{
	const unsigned char *der = board->server_der;
	EVP_PKEY *server = d2i_PUBKEY(NULL, &der, (long)board->server_der_len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(server, NULL);
	uint8_t shown[CIPHER_BYTES];
	size_t len = sizeof(shown);

	assert(EVP_PKEY_verify_recover_init(ctx) > 0);
	assert(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0);
	assert(EVP_PKEY_verify_recover(ctx, shown, &len, board->raw + KEY_BYTES, CIPHER_BYTES) > 0);
	assert(len == SHA1_BYTES);
	assert(memcmp(shown, mac, SHA1_BYTES) == 0);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(server);
}

static void take_reply(struct cloud_board *board)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(board->key, NULL);
	uint8_t credentials[KEY_BYTES];
	uint8_t mac[SHA1_BYTES];
	unsigned int mac_len;
	size_t len = sizeof(credentials);

	assert(EVP_PKEY_decrypt_init(ctx) > 0);
	assert(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0);
	assert(EVP_PKEY_decrypt(ctx, credentials, &len, board->raw, KEY_BYTES) > 0);
	EVP_PKEY_CTX_free(ctx);
	assert(len == CIPHER_CREDENTIALS_BYTES);
	HMAC(EVP_sha1(), credentials, (int)len, board->raw, KEY_BYTES, mac, &mac_len);
	check_signature(board, mac);
	assert(cipher_new(credentials, &board->cipher, NULL) == 0);
	board->id_last = cipher_first_id(credentials);
	board->stage = CLOUD_BOARD_SESSION;
	say_hello(board);
}

static void acknowledge(struct cloud_board *board, const struct coap *to)
{
	struct coap coap = { .type = COAP_ACK, .id = to->id };

	cloud_board_say(board, &coap);
}

/* An answer with the token: piggybacked, or on its own. */
static void answer(struct cloud_board *board, const struct coap *to, enum coap_type type,
		   uint8_t code, const void *payload, size_t len)
{
	struct coap coap = { .type = type, .code = code, .id = to->id };

	memcpy(coap.token, to->token, to->token_len);
	coap.token_len = to->token_len;
	coap.payload = payload;
	coap.payload_len = len;
	cloud_board_say(board, &coap);
}

static uint32_t first_missing(const struct cloud_board *board)
{
	uint32_t i = 0;

	while (i < board->count && board->seen[i])
		i++;
	return board->asks_for_ever ? 0 : i;
}

static bool has_all(const struct cloud_board *board)
{
	return !board->asks_for_ever && first_missing(board) == board->count;
}

static void ask_for_missing(struct cloud_board *board)
{
	uint32_t max = board->era == CLOUD_BOARD_052 ? MISSED_MAX_052 : MISSED_MAX;
	uint8_t list[2 * MISSED_MAX_052];
	struct coap coap = { .type = board->era == CLOUD_BOARD_052 ? COAP_CON : COAP_NON,
			     .code = COAP_GET,
			     .payload = list };

	coap_add(&coap, COAP_URI_PATH, "c", 1);
	for (uint32_t i = first_missing(board); i < board->count && coap.payload_len < 2 * max; i++)
		if (!board->seen[i] || board->asks_for_ever) {
			coap_put_u16(list + coap.payload_len,
				     (uint16_t)(i + (board->asks_beyond ? board->count : 0)));
			coap.payload_len += 2;
		}
	cloud_board_say(board, &coap);
	board->asked = true;
}

static void on_begin(struct cloud_board *board, const struct coap *coap)
{
	uint8_t flags;

	assert(coap->payload_len == 12);
	assert(coap->token_len == 1);
	board->begins++;
	if (board->refuses) {
		answer(board, coap, COAP_ACK, board->refuses, NULL, 0);
		return;
	}
	acknowledge(board, coap);
	if (board->asks_early) {
		board->count = 1;
		ask_for_missing(board);
	}
	if (board->never_ready)
		return;
	flags = board->fast = coap->payload[0] & 1;
	board->chunk_bytes = coap_get_u16(coap->payload + 1);
	assert(board->chunk_bytes != 0); /* 0.5.2 would take the whole region for the file */
	board->file_len = coap_get_u32(coap->payload + 3);
	board->count = (board->file_len + board->chunk_bytes - 1) / board->chunk_bytes;
	assert(board->count <= CLOUD_BOARD_CHUNKS_MAX);
	board->next = 0;
	board->on = true;
	board->asked = board->ended = false;
	memset(board->seen, 0, sizeof(board->seen));
	answer(board, coap, COAP_NON, COAP_CHANGED, &flags, 1);
}

static void on_chunk(struct cloud_board *board, const struct coap *coap)
{
	const struct coap_option *crc = coap_find(coap, COAP_URI_QUERY, 0);
	const struct coap_option *at = coap_find(coap, COAP_URI_QUERY, 1);
	uint32_t index = board->next;
	bool good;

	if (!board->on)
		return;
	board->chunks++;
	assert(crc && crc->len == 4);
	assert((at != NULL) == board->fast);
	if (!board->fast)
		acknowledge(board, coap);
	else
		index = coap_get_u16(at->data);
	if (board->loses > 0) {
		board->loses--;
		return;
	}
	good = coap_get_u32(crc->data) == hash_crc32(coap->payload, coap->payload_len) &&
	       index < board->count && (board->fast || board->calls_bad-- <= 0);
	if (good) {
		assert(index * board->chunk_bytes + coap->payload_len <= CLOUD_BOARD_FILE_MAX);
		memcpy(board->file + (size_t)index * board->chunk_bytes, coap->payload,
		       coap->payload_len);
		board->file_bytes += coap->payload_len;
		board->seen[index] = 1;
	}
	if (!board->fast) {
		board->next += good;
		answer(board, coap, COAP_NON, good ? COAP_CHANGED : COAP_BAD, NULL, 0);
	} else if (board->era == CLOUD_BOARD_052 && board->asked && has_all(board)) {
		struct coap done = { .type = COAP_NON, .code = COAP_PUT };

		coap_add(&done, COAP_URI_PATH, "u", 1);
		cloud_board_say(board, &done);
		board->on = false;
		board->ended = true;
	}
}

static void on_done(struct cloud_board *board, const struct coap *coap)
{
	board->dones++;
	if (!board->on || board->forgets_answer)
		return;
	if (has_all(board)) {
		answer(board, coap, COAP_ACK, COAP_CHANGED, board->result,
		       board->result ? strlen(board->result) : 0);
		board->on = false;
		board->ended = true;
		return;
	}
	answer(board, coap, COAP_ACK, COAP_BAD, NULL, 0);
	ask_for_missing(board);
}

/* A function returns 42, a variable is "value". */
static void on_call(struct cloud_board *board, const struct coap *coap)
{
	static const uint8_t result[] = { 0, 0, 0, 42 };
	const struct coap_option *name = coap_find(coap, COAP_URI_PATH, 1);
	const struct coap_option *argument = coap_find(coap, COAP_URI_QUERY, 0);

	assert(name && argument);
	board->functions++;
	assert(name->len < sizeof(board->called));
	assert(argument->len < sizeof(board->called_with));
	memcpy(board->called, name->data, name->len);
	memcpy(board->called_with, argument->data, argument->len);
	acknowledge(board, coap);
	answer(board, coap, COAP_NON, COAP_CHANGED, result, sizeof(result));
}

static void on_message(struct cloud_board *board, const struct coap *coap)
{
	char letter = coap_letter(coap);

	if (board->mute)
		return;
	if (coap->code == COAP_POST && letter == 'h') {
		board->online = true;
	} else if (coap->code == COAP_POST && letter == 'u') {
		on_begin(board, coap);
	} else if (coap->code == COAP_POST && letter == 'c') {
		on_chunk(board, coap);
	} else if (coap->code == COAP_PUT && letter == 'u') {
		on_done(board, coap);
	} else if (coap->code == COAP_GET && letter == 'd') {
		answer(board, coap, COAP_ACK, COAP_CONTENT, board->describes,
		       strlen(board->describes));
	} else if (coap->code == COAP_POST && letter == 'f') {
		on_call(board, coap);
	} else if (coap->code == COAP_GET && letter == 'v') {
		answer(board, coap, COAP_ACK, COAP_CONTENT, "value", 5);
	} else if (coap->code == COAP_PUT && letter == 's') {
		answer(board, coap, COAP_ACK, COAP_CHANGED, NULL, 0);
	} else if (coap->type == COAP_CON) {
		board->pings += coap->code == COAP_EMPTY;
		acknowledge(board, coap);
	}
}

static void take_frame(struct cloud_board *board)
{
	uint8_t plain[FRAME_BYTES_MAX];
	const uint8_t *bytes = board->reader.bytes;
	size_t len = board->reader.len;
	struct coap_trouble trouble;
	struct coap coap;

	if (board->cipher) {
		assert(cipher_open(board->cipher, bytes, len, plain, &len));
		bytes = plain;
	}
	assert(coap_parse(bytes, len, &coap, &trouble));
	on_message(board, &coap);
}

void cloud_board_heard(struct cloud_board *board, const uint8_t *bytes, size_t len)
{
	enum frame_state state;

	while (len > 0 &&
	       (board->stage == CLOUD_BOARD_NONCE || board->stage == CLOUD_BOARD_REPLY)) {
		board->raw[board->raw_len++] = *bytes++;
		len--;
		if (board->stage == CLOUD_BOARD_NONCE &&
		    board->raw_len == CLOUD_BOARD_NONCE_BYTES) {
			board->stage = CLOUD_BOARD_REPLY;
			answer_nonce(board);
			board->raw_len = 0;
		} else if (board->raw_len == CLOUD_BOARD_REPLY_BYTES) {
			take_reply(board);
		}
	}
	while (len > 0) {
		size_t taken = frame_feed(&board->reader, bytes, len, &state);

		assert(state != FRAME_BAD);
		bytes += taken;
		len -= taken;
		if (state == FRAME_WHOLE)
			take_frame(board);
	}
}

void cloud_board_connect(struct cloud_board *board, uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	board->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert(board->fd >= 0);
	assert(connect(board->fd, (const struct sockaddr *)&to, sizeof(to)) == 0);
	assert(fcntl(board->fd, F_SETFL, O_NONBLOCK) == 0);
	cloud_board_up(board);
}

void cloud_board_again(struct cloud_board *board, uint16_t port)
{
	cipher_free(board->cipher);
	board->cipher = NULL;
	board->stage = CLOUD_BOARD_NONCE;
	board->raw_len = 0;
	board->out_len = 0;
	board->online = board->on = false;
	memset(&board->reader, 0, sizeof(board->reader));
	cloud_board_connect(board, port);
}

bool cloud_board_pump(struct cloud_board *board)
{
	uint8_t bytes[4096];
	ssize_t got;
	ssize_t sent;

	while ((got = recv(board->fd, bytes, sizeof(bytes), 0)) > 0)
		cloud_board_heard(board, bytes, (size_t)got);
	if (got == 0 || errno != EAGAIN)
		return false;
	if (board->out_len == 0)
		return true;
	sent = send(board->fd, board->out, board->out_len, MSG_NOSIGNAL);
	if (sent <= 0)
		return sent < 0 && errno == EAGAIN;
	memmove(board->out, board->out + sent, board->out_len - (size_t)sent);
	board->out_len -= (size_t)sent;
	return true;
}
