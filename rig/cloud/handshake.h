/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cloud's side of the handshake that a Photon or P1 begins its session with, as a state machine
 * over bytes: 40 random bytes to the device; 256 bytes back, encrypted for the server's key, with
 * those 40, the device's id and its public key; then the session's credentials for that key,
 * signed. Facts: particle-gen2 8.1.
 *
 * A device that does not get through is a result with a text. struct err is for the folder of keys.
 */
#ifndef CLOUD_HANDSHAKE_H
#define CLOUD_HANDSHAKE_H

#include "cloud/cipher.h"
#include "cloud/keys.h"

enum handshake_sizes {
	HANDSHAKE_NONCE_BYTES = 40,
	HANDSHAKE_RANDOM_BYTES = HANDSHAKE_NONCE_BYTES + CIPHER_CREDENTIALS_BYTES,
	HANDSHAKE_DEVICE_BYTES = KEYS_SERVER_BYTES, /* what the device sends */
	HANDSHAKE_REPLY_BYTES = KEYS_DEVICE_BYTES + KEYS_SERVER_BYTES,
	HANDSHAKE_TEXT_MAX = 160,
};

enum handshake_result {
	HANDSHAKE_UNKNOWN = 0,
	HANDSHAKE_WAITS = 1, /* for the device's bytes */
	HANDSHAKE_DONE = 2,
	HANDSHAKE_NOT_FOR_US = 3,  /* cannot be decrypted: the board has another server key */
	HANDSHAKE_BAD_NONCE = 4,   /* decrypted, and not what was asked for */
	HANDSHAKE_BAD_KEY = 5,	   /* the device's public key is no RSA key of 1024 bits */
	HANDSHAKE_NO_KEY = 6,	   /* it sent none, and none is known */
	HANDSHAKE_KEY_DIFFERS = 7, /* from the one that is known */
	HANDSHAKE_STRANGER = 8,	   /* not known, and only known ones may in */
};

/* Whom to let in. */
enum handshake_trust {
	HANDSHAKE_TRUST_FIRST = 1, /* the first key a device shows is remembered */
	HANDSHAKE_TRUST_KNOWN = 2, /* only devices whose key is there already */
};

struct handshake {
	struct keys *keys;
	enum handshake_trust trust;
	enum handshake_result result;
	char text[HANDSHAKE_TEXT_MAX]; /* of a result that ends it */
	uint8_t nonce[HANDSHAKE_NONCE_BYTES];
	uint8_t credentials[CIPHER_CREDENTIALS_BYTES]; /* of the session, with HANDSHAKE_DONE */
	uint8_t id[KEYS_ID_BYTES];		       /* of the device, once it is known */
	uint8_t in[HANDSHAKE_DEVICE_BYTES];
	size_t in_len;
	uint8_t out[HANDSHAKE_REPLY_BYTES]; /* to be sent; the caller sets out_len to 0 then */
	size_t out_len;
};

/*
 * Begins; the nonce lies in 'out'. 'random' is used up: nonce and credentials, from a source that
 * nobody can foresee (in a test: any). Keys are borrowed.
 */
void handshake_begin(struct handshake *handshake, struct keys *keys, enum handshake_trust trust,
		     const uint8_t random[HANDSHAKE_RANDOM_BYTES]);

/*
 * Takes bytes of the device: never more than the handshake has, what follows is the session's.
 * *ret_taken of 'len'. Look at 'result' and 'out' afterwards. Negative errno when a file of the
 * folder is damaged or cannot be written, or the library fails.
 */
int handshake_heard(struct handshake *handshake, const uint8_t *bytes, size_t len,
		    size_t *ret_taken, struct err *err) MUST_CHECK;

/* "key-differs" ...: a word for the result. */
const char *handshake_result_name(enum handshake_result result);

#endif
