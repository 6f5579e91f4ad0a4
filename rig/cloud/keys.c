/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloud/keys.h"
#include "base/file.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>
#include <unistd.h>

enum { PEM_BYTES_MAX = 8192 };

struct keys {
	char *folder;
	EVP_PKEY *server;
	uint8_t *der; /* its public half, the library's memory */
	size_t der_len;
};

/* A key with a password is not ours; without this the library would ask on the terminal. */
static int no_password(char *buf, int size, int rwflag, void *ctx)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)ctx;
	return -1;
}

/* Errors of the library are told in our words; what it keeps for itself must not pile up. */
static void forget_errors(void)
{
	ERR_clear_error();
}

static bool is_whole_server_key(EVP_PKEY *key)
{
	EVP_PKEY_CTX *check;
	bool good;

	if (!EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) != KEYS_SERVER_BITS)
		return false;
	check = EVP_PKEY_CTX_new(key, NULL);
	good = check && EVP_PKEY_check(check) == 1;
	EVP_PKEY_CTX_free(check);
	return good;
}

static int read_server_key(const char *path, EVP_PKEY **ret, struct err *err)
{
	AUTO_FREE uint8_t *text = NULL;
	EVP_PKEY *key;
	size_t len;
	BIO *bio;
	int r = file_read(path, PEM_BYTES_MAX, &text, &len, err);

	if (r < 0)
		return r;
	bio = BIO_new_mem_buf(text, (int)len);
	if (!bio)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for the cloud's key");
	key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	BIO_free(bio);
	if (!key || !is_whole_server_key(key)) {
		EVP_PKEY_free(key);
		forget_errors();
		return err_set_at(
			err, path, 0,
			"this is no whole RSA private key of %d bits; move it away to have "
			"a new one made (boards then need the new public key)",
			KEYS_SERVER_BITS);
	}
	*ret = key;
	return 0;
}

static int write_server_key(const char *path, EVP_PKEY *key, struct err *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;
	int r;

	if (!bio || !PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)) {
		BIO_free(bio);
		forget_errors();
		return err_set(err, ERR_RIG, -ENOMEM, "cannot write the cloud's key as text");
	}
	len = BIO_get_mem_data(bio, &text);
	r = file_write_private(path, text, (size_t)len, err);
	BIO_free(bio);
	return r;
}

static int make_server_key(const char *path, EVP_PKEY **ret, struct err *err)
{
	EVP_PKEY *key = EVP_RSA_gen(KEYS_SERVER_BITS);
	int r;

	if (!key) {
		forget_errors();
		return err_set(err, ERR_RIG, -EIO, "libcrypto cannot make an RSA key");
	}
	r = write_server_key(path, key, err);
	if (r < 0)
		EVP_PKEY_free(key);
	else
		*ret = key;
	return r;
}

static int open_server_key(struct keys *keys, struct err *err)
{
	AUTO_FREE char *path = NULL;
	int len;
	int r;

	if (asprintf(&path, "%s/server-key.pem", keys->folder) < 0) {
		path = NULL;
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for the cloud's key");
	}
	if (access(path, F_OK) == 0)
		r = read_server_key(path, &keys->server, err);
	else
		r = make_server_key(path, &keys->server, err);
	if (r < 0)
		return r;
	len = i2d_PUBKEY(keys->server, &keys->der);
	if (len <= 0 || len > KEYS_PUBLIC_MAX)
		return err_set_at(err, path, 0, "its public half has no usual form");
	keys->der_len = (size_t)len;
	return 0;
}

int keys_open(const char *folder, struct keys **ret, struct err *err)
{
	struct keys *keys = calloc(1, sizeof(*keys));
	int r;

	if (keys)
		keys->folder = strdup(folder);
	if (!keys || !keys->folder)
		r = err_set(err, ERR_RIG, -ENOMEM, "no memory for the cloud's keys");
	else
		r = file_make_dirs(folder, err);
	if (r == 0)
		r = open_server_key(keys, err);
	if (r < 0)
		keys_close(keys);
	else
		*ret = keys;
	return r;
}

void keys_close(struct keys *keys)
{
	if (!keys)
		return;
	EVP_PKEY_free(keys->server);
	OPENSSL_free(keys->der);
	free(keys->folder);
	free(keys);
}

const uint8_t *keys_public(const struct keys *keys, size_t *ret_len)
{
	*ret_len = keys->der_len;
	return keys->der;
}

bool keys_decrypt(const struct keys *keys, const uint8_t bytes[KEYS_SERVER_BYTES],
		  uint8_t ret[KEYS_SERVER_BYTES], size_t *ret_len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(keys->server, NULL);
	size_t len = KEYS_SERVER_BYTES;
	bool good = ctx && EVP_PKEY_decrypt_init(ctx) > 0 &&
		    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0 &&
		    EVP_PKEY_decrypt(ctx, ret, &len, bytes, KEYS_SERVER_BYTES) > 0;

	EVP_PKEY_CTX_free(ctx);
	forget_errors();
	if (good)
		*ret_len = len;
	return good;
}

bool keys_sign(const struct keys *keys, const uint8_t *bytes, size_t len,
	       uint8_t ret[KEYS_SERVER_BYTES])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(keys->server, NULL);
	size_t ret_len = KEYS_SERVER_BYTES;
	/* without a digest being named, the library pads the bytes as they are */
	bool good = ctx && EVP_PKEY_sign_init(ctx) > 0 &&
		    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0 &&
		    EVP_PKEY_sign(ctx, ret, &ret_len, bytes, len) > 0;

	EVP_PKEY_CTX_free(ctx);
	forget_errors();
	return good && ret_len == KEYS_SERVER_BYTES;
}

size_t keys_device_der(const uint8_t *der, size_t len)
{
	const unsigned char *end = der;
	EVP_PKEY *key = d2i_PUBKEY(NULL, &end, (long)len);
	bool good = key && EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) == KEYS_DEVICE_BITS;

	EVP_PKEY_free(key);
	forget_errors();
	return good ? (size_t)(end - der) : 0;
}

void keys_id_text(const uint8_t id[KEYS_ID_BYTES], char ret[KEYS_ID_TEXT])
{
	for (size_t i = 0; i < KEYS_ID_BYTES; i++)
		snprintf(ret + 2 * i, 3, "%02x", id[i]);
}

char *keys_device_path(const struct keys *keys, const uint8_t id[KEYS_ID_BYTES])
{
	char text[KEYS_ID_TEXT];
	char *path;

	keys_id_text(id, text);
	return asprintf(&path, "%s/device-%s.der", keys->folder, text) < 0 ? NULL : path;
}

int keys_device(const struct keys *keys, const uint8_t id[KEYS_ID_BYTES],
		uint8_t ret[KEYS_PUBLIC_MAX], size_t *ret_len, struct err *err)
{
	AUTO_FREE char *path = keys_device_path(keys, id);
	AUTO_FREE uint8_t *der = NULL;
	size_t len;
	int r;

	if (!path)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a device's key");
	if (access(path, F_OK) != 0) {
		*ret_len = 0;
		return 0;
	}
	r = file_read(path, KEYS_PUBLIC_MAX, &der, &len, err);
	if (r < 0)
		return r;
	if (len == 0 || keys_device_der(der, len) != len)
		return err_set_at(err, path, 0,
				  "this is no public RSA key of %d bits; remove it to have the "
				  "device's next one remembered",
				  KEYS_DEVICE_BITS);
	memcpy(ret, der, len);
	*ret_len = len;
	return 0;
}

int keys_remember(const struct keys *keys, const uint8_t id[KEYS_ID_BYTES], const uint8_t *der,
		  size_t len, struct err *err)
{
	AUTO_FREE char *path = keys_device_path(keys, id);

	if (!path)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a device's key");
	return file_write(path, der, len, err);
}
