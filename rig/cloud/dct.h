/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a board must know to find this cloud, as its configuration table holds it: 512 bytes at
 * offset 2082, to be written over DFU's second memory (alt 1). The server's public key, and at +384
 * its address, with the port at +450. Facts: particle-gen2 2.1, 8.4; the order of an address's
 * bytes is that of Particle's parse_server_address.h.
 */
#ifndef CLOUD_DCT_H
#define CLOUD_DCT_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

enum dct_layout {
	DCT_SERVER_OFFSET = 2082, /* in the table: the block's place */
	DCT_BLOCK_BYTES = 512,
	DCT_KEY_BYTES_MAX = 384,
	DCT_ADDRESS_AT = 384, /* in the block: type, length, data ... */
	DCT_PORT_AT = 450,    /* ... and the port, big endian */
	DCT_DOMAIN_MAX = 63,
};

enum dct_address_kind { DCT_ADDRESS_UNKNOWN = 0, DCT_ADDRESS_IPV4 = 1, DCT_ADDRESS_DOMAIN = 2 };

struct dct_address {
	enum dct_address_kind kind;
	uint8_t ipv4[4];
	char domain[DCT_DOMAIN_MAX + 1];
	uint16_t port;
};

/*
 * "192.168.1.10" or a host's name, and a port above 0. ERR_CONFIG when the text is neither, or a
 * name is too long.
 */
int dct_address_parse(const char *host, uint16_t port, struct dct_address *ret,
		      struct err *err) MUST_CHECK;

/* The block; what is unused is 0xff. The key has DCT_KEY_BYTES_MAX bytes at most (ours to know). */
void dct_server_block(const uint8_t *der, size_t len, const struct dct_address *address,
		      uint8_t ret[DCT_BLOCK_BYTES]);

#endif
