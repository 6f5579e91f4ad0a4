/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What stands between a board and its session: the cipher (vectors made with the openssl program,
 * each message's IV given by hand), keys in a folder, what a board is told of them, the handshake.
 */
#include "base/file.h"
#include "cloud/dct.h"
#include "cloud/handshake.h"
#include "lib/cloud_board.h"
#include "lib/testing.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Key 00 .. 0f, IV 10 .. 1f, salt aa bb cc .. */
static void credentials(uint8_t ret[CIPHER_CREDENTIALS_BYTES])
{
	for (size_t i = 0; i < 32; i++)
		ret[i] = (uint8_t)i;
	for (size_t i = 32; i < CIPHER_CREDENTIALS_BYTES; i++)
		ret[i] = (uint8_t)(0xaa + 0x11 * (i - 32));
}

/* openssl enc -aes-128-cbc -K 000102..0f -iv IV: IV is 1011..1f, then the first 16 bytes before. */
static const uint8_t plain_1[] = { 0x50, 2, 0, 1, 0xb1, 'h', 0xff, 0, 3, 0xff, 0xff, 0, 0, 0, 3 };
static const uint8_t sealed_1[] = { 0x5d, 0x86, 0x6a, 0xf9, 0x5e, 0x53, 0xf5, 0x67,
				    0x8f, 0x6b, 0x15, 0xdf, 0xfe, 0x6b, 0x5a, 0x02 };
static const uint8_t sealed_2[] = { 0xd3, 0x0d, 0x5b, 0x4d, 0x18, 0x8a, 0x5d, 0x4f, 0x96, 0x45,
				    0x8c, 0x46, 0xac, 0x73, 0x4b, 0x3b, 0x9c, 0x95, 0x71, 0x1c,
				    0x09, 0x18, 0xb1, 0xf6, 0x87, 0x8e, 0x60, 0x12, 0xe6, 0x06,
				    0x91, 0x90, 0xba, 0x6b, 0x19, 0x64, 0xf1, 0xc5, 0x6f, 0x43,
				    0xae, 0x97, 0x24, 0x9c, 0x77, 0xcf, 0x67, 0xb1 };
static const uint8_t plain_3[] = { 0x40, 0, 0, 3 };
static const uint8_t sealed_3[] = { 0x77, 0x64, 0x20, 0x8d, 0x0a, 0xce, 0x25, 0x72,
				    0x5a, 0xc9, 0x83, 0xb3, 0x38, 0x4a, 0x35, 0xf8 };

START_TEST(cipher_chains_by_the_first_block)
{
	uint8_t plain_2[40];
	const struct {
		const uint8_t *plain, *sealed;
		size_t len, sealed_len;
	} rows[] = { { plain_1, sealed_1, sizeof(plain_1), sizeof(sealed_1) },
		     { plain_2, sealed_2, sizeof(plain_2), sizeof(sealed_2) },
		     { plain_3, sealed_3, sizeof(plain_3), sizeof(sealed_3) } };
	uint8_t secret[CIPHER_CREDENTIALS_BYTES];
	struct cipher *cipher;
	uint8_t out[64];
	size_t len;

	for (size_t i = 0; i < sizeof(plain_2); i++)
		plain_2[i] = (uint8_t)i;
	credentials(secret);
	ck_assert_uint_eq(cipher_first_id(secret), 0xbbaa);
	ck_assert_int_eq(cipher_new(secret, &cipher, NULL), 0);
	/* all out first, then all in: each direction has a chain of its own */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ck_assert_uint_eq(cipher_seal(cipher, rows[i].plain, rows[i].len, out),
				  rows[i].sealed_len);
		ck_assert_mem_eq(out, rows[i].sealed, rows[i].sealed_len);
	}
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ck_assert(cipher_open(cipher, rows[i].sealed, rows[i].sealed_len, out, &len));
		ck_assert_uint_eq(len, rows[i].len);
		ck_assert_mem_eq(out, rows[i].plain, len);
	}
	cipher_free(cipher);
}
END_TEST

/* Blocks that end in 02 03 03, in 11 (17 bytes of padding), and in 00. */
static const uint8_t bad_padding[][CIPHER_BLOCK_BYTES] = {
	{ 0x31, 0xdb, 0xce, 0xce, 0xd3, 0x18, 0x49, 0x21, 0x7e, 0x68, 0xda, 0xfd, 0x5c, 0x02, 0x69,
	  0x93 },
	{ 0x6b, 0x0d, 0xb1, 0x33, 0xd6, 0xbb, 0x45, 0xdc, 0x17, 0xbe, 0xfc, 0xf0, 0xaf, 0x49, 0xf0,
	  0x70 },
	{ 0x24, 0xd7, 0xfa, 0x93, 0xc5, 0x7f, 0xe2, 0xc0, 0xa1, 0xfb, 0x45, 0x2f, 0x14, 0x2e, 0x07,
	  0xf1 },
};

START_TEST(cipher_refuses_bad_padding)
{
	uint8_t secret[CIPHER_CREDENTIALS_BYTES];
	struct cipher *cipher;
	uint8_t out[64];
	size_t len;

	credentials(secret);
	ck_assert_int_eq(cipher_new(secret, &cipher, NULL), 0);
	ck_assert(!cipher_open(cipher, bad_padding[_i], CIPHER_BLOCK_BYTES, out, &len));
	ck_assert_uint_eq(out[0], 0); /* it was the padding that was refused */
	ck_assert_uint_eq(out[1], 1);
	cipher_free(cipher);
}
END_TEST

START_TEST(cipher_refuses_what_does_not_decrypt)
{
	uint8_t secret[CIPHER_CREDENTIALS_BYTES];
	uint8_t bytes[sizeof(sealed_1)];
	struct cipher *cipher;
	uint8_t out[64];
	size_t len = 77;

	credentials(secret);
	ck_assert_int_eq(cipher_new(secret, &cipher, NULL), 0);
	ck_assert(!cipher_open(cipher, sealed_1, 0, out, &len));
	ck_assert(!cipher_open(cipher, sealed_1, 15, out, &len));
	memcpy(bytes, sealed_1, sizeof(bytes));
	bytes[3] ^= 1;
	ck_assert(!cipher_open(cipher, bytes, sizeof(bytes), out, &len));
	ck_assert_uint_eq(len, 77);
	cipher_free(cipher);
}
END_TEST

static struct keys *open_keys(const char *folder)
{
	struct err err = ERR_INIT;
	struct keys *keys = NULL;

	ck_assert_msg(keys_open(folder, &keys, &err) == 0, "%s", err.text);
	return keys;
}

START_TEST(keys_are_made_once_and_kept)
{
	const char *folder = testing_folder();
	char path[256];
	struct keys *keys = open_keys(folder);
	uint8_t der[KEYS_PUBLIC_MAX];
	struct stat st;
	size_t len;

	ck_assert_mem_eq(keys_public(keys, &len), "\x30\x82\x01\x22", 4);
	ck_assert_uint_eq(len, 294); /* facts 8.4: a 2048-bit key as DER */
	memcpy(der, keys_public(keys, &len), len);
	keys_close(keys);
	snprintf(path, sizeof(path), "%s/server-key.pem", folder);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	keys = open_keys(folder);
	ck_assert_mem_eq(keys_public(keys, &len), der, len);
	keys_close(keys);
}
END_TEST

/* The text of a key that is whole, and too short. */
static void write_small_key(const char *path)
{
	EVP_PKEY *small = EVP_RSA_gen(1024);
	FILE *file = fopen(path, "w");

	ck_assert(small && file);
	ck_assert_int_eq(PEM_write_PrivateKey(file, small, NULL, NULL, 0, NULL, NULL), 1);
	fclose(file);
	EVP_PKEY_free(small);
}

/* Half a key, none, a bit that flipped, another size: a line that names the file, which stays. */
START_TEST(keys_that_are_none_are_refused)
{
	const char *folder = testing_folder();
	struct keys *keys = open_keys(folder);
	struct err err = ERR_INIT;
	uint8_t *text;
	char path[256];
	char line[600];
	size_t len;

	keys_close(keys);
	snprintf(path, sizeof(path), "%s/server-key.pem", folder);
	ck_assert_int_eq(file_read(path, 8192, &text, &len, NULL), 0);
	text[len / 2] = text[len / 2] == 'A' ? 'B' : 'A';
	if (_i < 3)
		ck_assert_int_eq(file_write(path, text,
					    _i == 0   ? len / 2
					    : _i == 1 ? 0
						      : len,
					    NULL),
				 0);
	else
		write_small_key(path);
	ck_assert_int_eq(keys_open(folder, &keys, &err), -EINVAL);
	ck_assert_int_eq(err.kind, ERR_CONFIG);
	err_format(&err, line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "server-key.pem: this is no whole RSA private key of "
					   "2048 bits"));
	free(text);
}
END_TEST

START_TEST(keys_need_a_folder)
{
	struct err err = ERR_INIT;
	struct keys *keys = NULL;
	char path[256];

	snprintf(path, sizeof(path), "%s/file", testing_folder());
	ck_assert_int_eq(file_write(path, "x", 1, NULL), 0);
	ck_assert_int_lt(keys_open(path, &keys, &err), 0);
	ck_assert_int_eq(err.kind, ERR_IO);
	ck_assert_ptr_null(keys);
}
END_TEST

static const struct address_row {
	const char *host;
	uint16_t port;
	const char *at_384; /* type, length, data */
	size_t len;
	const char *at_450;
} addresses[] = {
	{ "192.168.1.10", 5683, "\x00\x04\xc0\xa8\x01\x0a\xff", 7, "\x16\x33\xff" },
	{ "cloud.test", 80,
	  "\x01\x0a"
	  "cloud.test\xff",
	  13, "\x00\x50\xff" },
};

START_TEST(block_for_the_board)
{
	const struct address_row *row = &addresses[_i];
	struct dct_address address;
	uint8_t block[DCT_BLOCK_BYTES];
	uint8_t der[294];

	memset(der, 0x5a, sizeof(der));
	ck_assert_int_eq(dct_address_parse(row->host, row->port, &address, NULL), 0);
	dct_server_block(der, sizeof(der), &address, block);
	ck_assert_mem_eq(block, der, sizeof(der));
	ck_assert_uint_eq(block[294], 0xff);
	ck_assert_uint_eq(block[383], 0xff);
	ck_assert_mem_eq(block + 384, row->at_384, row->len);
	ck_assert_mem_eq(block + 450, row->at_450, 3);
	ck_assert_uint_eq(DCT_SERVER_OFFSET + DCT_ADDRESS_AT, 2466); /* facts 2.1 */
	ck_assert_uint_eq(DCT_SERVER_OFFSET + DCT_PORT_AT, 2532);
}
END_TEST

START_TEST(addresses_that_are_none)
{
	static const char *const hosts[] = {
		"",
		"1.2.3",
		"1.2.3.400",
		"a b",
		"-\xc3\xa4",
		".x",
		"a23456789.123456789.123456789.123456789.123456789.123456789.1234"
	};
	struct dct_address address = { .port = 77 };
	struct err err = ERR_INIT;

	ck_assert_int_lt(dct_address_parse(hosts[_i], 1, &address, &err), 0);
	ck_assert_int_eq(err.kind, ERR_CONFIG);
	ck_assert_uint_eq(address.port, 77);
	ck_assert_int_lt(dct_address_parse("1.2.3.4", 0, &address, &err), 0);
}
END_TEST

/* A board and a cloud at one table. */
struct desk {
	struct keys *keys;
	struct handshake handshake;
	struct cloud_board board;
	struct err err;
};

static void random_of(uint8_t ret[HANDSHAKE_RANDOM_BYTES])
{
	for (size_t i = 0; i < HANDSHAKE_RANDOM_BYTES; i++)
		ret[i] = (uint8_t)(i * 7 + 1);
}

static void desk_begin(struct desk *desk, enum handshake_trust trust)
{
	uint8_t random[HANDSHAKE_RANDOM_BYTES];

	if (!desk->keys)
		desk->keys = open_keys(testing_folder());
	random_of(random);
	handshake_begin(&desk->handshake, desk->keys, trust, random);
	ck_assert_uint_eq(desk->handshake.out_len, 40);
	ck_assert_mem_eq(desk->handshake.out, random, 40);
}

static void new_board(struct desk *desk)
{
	size_t len;
	const uint8_t *der = keys_public(desk->keys, &len);

	cloud_board_begin(&desk->board, CLOUD_BOARD_15, 0xab, der, len);
}

/* Bytes to the cloud, one by one; its answer to the board. */
static int talk(struct desk *desk)
{
	size_t taken;
	int r = 0;

	cloud_board_heard(&desk->board, desk->handshake.out, desk->handshake.out_len);
	desk->handshake.out_len = 0;
	for (size_t i = 0; i < desk->board.out_len && r == 0; i++)
		r = handshake_heard(&desk->handshake, desk->board.out + i, 1, &taken, &desk->err);
	desk->board.out_len = 0;
	if (desk->handshake.out_len > 0)
		cloud_board_heard(&desk->board, desk->handshake.out, desk->handshake.out_len);
	return r;
}

static void desk_end(struct desk *desk)
{
	cloud_board_end(&desk->board);
	keys_close(desk->keys);
}

/* The board checks the reply itself: what it decrypts, the bare MAC under the signature. */
START_TEST(board_gets_through)
{
	struct desk desk = { .keys = NULL };
	uint8_t der[KEYS_PUBLIC_MAX];
	uint8_t extra[4] = { 0 };
	size_t taken = 77;
	size_t len;

	desk_begin(&desk, HANDSHAKE_TRUST_FIRST);
	new_board(&desk);
	ck_assert_int_eq(talk(&desk), 0);
	ck_assert_int_eq(desk.handshake.result, HANDSHAKE_DONE);
	ck_assert_uint_eq(desk.handshake.out_len, 384);
	ck_assert_int_eq(desk.board.stage, CLOUD_BOARD_SESSION);
	ck_assert_uint_eq(desk.board.id_last, cipher_first_id(desk.handshake.credentials) + 1);
	ck_assert_mem_eq(desk.handshake.id, desk.board.id, 12);
	ck_assert_int_eq(keys_device(desk.keys, desk.board.id, der, &len, NULL), 0);
	ck_assert_uint_eq(len, 162); /* facts 8.1 */
	/* what follows is the session's */
	ck_assert_int_eq(handshake_heard(&desk.handshake, extra, 4, &taken, NULL), 0);
	ck_assert_uint_eq(taken, 0);
	/* again with the same key, now only known boards */
	desk_begin(&desk, HANDSHAKE_TRUST_KNOWN);
	desk.board.stage = CLOUD_BOARD_NONCE;
	desk.board.raw_len = 0;
	desk.board.out_len = 0; /* its Hello */
	cipher_free(desk.board.cipher);
	desk.board.cipher = NULL;
	ck_assert_int_eq(talk(&desk), 0);
	ck_assert_int_eq(desk.handshake.result, HANDSHAKE_DONE);
	desk_end(&desk);
}
END_TEST

START_TEST(board_with_another_key_is_told_apart)
{
	struct desk desk = { .keys = NULL };

	desk_begin(&desk, HANDSHAKE_TRUST_FIRST);
	new_board(&desk);
	ck_assert_int_eq(talk(&desk), 0);
	cloud_board_end(&desk.board);
	desk_begin(&desk, HANDSHAKE_TRUST_FIRST);
	new_board(&desk); /* the same id, a new key */
	ck_assert_int_eq(talk(&desk), 0);
	ck_assert_int_eq(desk.handshake.result, HANDSHAKE_KEY_DIFFERS);
	ck_assert_ptr_nonnull(strstr(desk.handshake.text,
				     "device abababababababababababab shows another public key"));
	ck_assert_uint_eq(desk.handshake.out_len, 0);
	desk_end(&desk);
}
END_TEST

START_TEST(strangers_stay_out)
{
	struct desk desk = { .keys = NULL };

	desk_begin(&desk, HANDSHAKE_TRUST_KNOWN);
	new_board(&desk);
	ck_assert_int_eq(talk(&desk), 0);
	ck_assert_int_eq(desk.handshake.result, HANDSHAKE_STRANGER);
	ck_assert_str_eq(handshake_result_name(desk.handshake.result), "stranger");
	desk_end(&desk);
}
END_TEST

/* A plain text of ours, encrypted for the cloud. */
static void encrypt(const struct keys *keys, const uint8_t *plain, size_t plain_len, uint8_t *ret)
{
	size_t len;
	const unsigned char *der = keys_public(keys, &len);
	EVP_PKEY *server = d2i_PUBKEY(NULL, &der, (long)len);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(server, NULL);

	len = 256;
	ck_assert_int_gt(EVP_PKEY_encrypt_init(ctx), 0);
	ck_assert_int_gt(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING), 0);
	ck_assert_int_gt(EVP_PKEY_encrypt(ctx, ret, &len, plain, plain_len), 0);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(server);
}

static const struct message_row {
	size_t len;	 /* of the plain text; 0: not encrypted at all */
	uint8_t nonce_0; /* its first byte; 1 is right */
	enum handshake_result result;
} messages[] = {
	{ 0, 1, HANDSHAKE_NOT_FOR_US },	 { 51, 1, HANDSHAKE_BAD_NONCE },
	{ 214, 9, HANDSHAKE_BAD_NONCE }, { 52, 1, HANDSHAKE_NO_KEY },
	{ 214, 1, HANDSHAKE_BAD_KEY }, /* zeros for a key */
};

START_TEST(messages_that_do_not_get_through)
{
	const struct message_row *row = &messages[_i];
	struct desk desk = { .keys = NULL };
	uint8_t random[HANDSHAKE_RANDOM_BYTES];
	uint8_t plain[245] = { 0 };
	uint8_t sealed[256];
	size_t taken;

	desk_begin(&desk, HANDSHAKE_TRUST_FIRST);
	random_of(random);
	memcpy(plain, random, 40);
	plain[0] = row->nonce_0;
	memset(sealed, 0x11, sizeof(sealed));
	if (row->len)
		encrypt(desk.keys, plain, row->len, sealed);
	ck_assert_int_eq(handshake_heard(&desk.handshake, sealed, 256, &taken, NULL), 0);
	ck_assert_uint_eq(taken, 256);
	ck_assert_msg(desk.handshake.result == row->result, "%s: %s",
		      handshake_result_name(desk.handshake.result), desk.handshake.text);
	ck_assert_str_ne(desk.handshake.text, "");
	keys_close(desk.keys);
}
END_TEST

/* A damaged file of ours is not the board's fault. */
START_TEST(damaged_device_key)
{
	struct desk desk = { .keys = NULL };
	char *path;

	desk_begin(&desk, HANDSHAKE_TRUST_FIRST);
	new_board(&desk);
	path = keys_device_path(desk.keys, desk.board.id);
	ck_assert_int_eq(file_write(path, "rubbish", 7, NULL), 0);
	ck_assert_int_eq(talk(&desk), -EINVAL);
	ck_assert_int_eq(desk.err.kind, ERR_CONFIG);
	ck_assert_str_eq(desk.err.file, path);
	free(path);
	desk_end(&desk);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cloud: keys and handshake");
	TCase *tcase = tcase_create("handshake");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, cipher_chains_by_the_first_block);
	tcase_add_loop_test(tcase, cipher_refuses_bad_padding, 0, ARRAY_LEN(bad_padding));
	tcase_add_test(tcase, cipher_refuses_what_does_not_decrypt);
	tcase_add_test(tcase, keys_are_made_once_and_kept);
	tcase_add_loop_test(tcase, keys_that_are_none_are_refused, 0, 4);
	tcase_add_test(tcase, keys_need_a_folder);
	tcase_add_loop_test(tcase, block_for_the_board, 0, ARRAY_LEN(addresses));
	tcase_add_loop_test(tcase, addresses_that_are_none, 0, 7);
	tcase_add_test(tcase, board_gets_through);
	tcase_add_test(tcase, board_with_another_key_is_told_apart);
	tcase_add_test(tcase, strangers_stay_out);
	tcase_add_loop_test(tcase, messages_that_do_not_get_through, 0, ARRAY_LEN(messages));
	tcase_add_test(tcase, damaged_device_key);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
