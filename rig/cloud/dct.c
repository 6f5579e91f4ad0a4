/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cloud/dct.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <string.h>

/* As they are in the table. */
enum address_types { TYPE_IPV4 = 0, TYPE_DOMAIN = 1 };

static int is_host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.';
}

static int check_name(const char *host, struct err *err)
{
	size_t len = strlen(host);
	size_t good = 0;

	if (len > DCT_DOMAIN_MAX)
		return err_set(err, ERR_CONFIG, -ENAMETOOLONG,
			       "host name '%s' has %zu characters, a board keeps %d", host, len,
			       DCT_DOMAIN_MAX);
	while (good < len && is_host_char(host[good]))
		good++;
	/* digits and dots alone are an address that somebody mistyped */
	if (len == 0 || good < len || host[0] == '.' || strspn(host, "0123456789.") == len)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "'%s' is neither an IPv4 address nor a host name", host);
	return 0;
}

int dct_address_parse(const char *host, uint16_t port, struct dct_address *ret, struct err *err)
{
	struct dct_address address = { .port = port };
	struct in_addr ipv4;
	int r;

	if (port == 0)
		return err_set(err, ERR_CONFIG, -EINVAL, "the cloud's port must not be 0");
	if (inet_pton(AF_INET, host, &ipv4) == 1) {
		address.kind = DCT_ADDRESS_IPV4;
		memcpy(address.ipv4, &ipv4, sizeof(address.ipv4));
	} else {
		r = check_name(host, err);
		if (r < 0)
			return r;
		address.kind = DCT_ADDRESS_DOMAIN;
		text_copy(address.domain, sizeof(address.domain), host);
	}
	*ret = address;
	return 0;
}

void dct_server_block(const uint8_t *der, size_t len, const struct dct_address *address,
		      uint8_t ret[DCT_BLOCK_BYTES])
{
	uint8_t *at = ret + DCT_ADDRESS_AT;

	assert(len <= DCT_KEY_BYTES_MAX && address->kind != DCT_ADDRESS_UNKNOWN);
	memset(ret, 0xff, DCT_BLOCK_BYTES);
	memcpy(ret, der, len);
	if (address->kind == DCT_ADDRESS_IPV4) {
		at[0] = TYPE_IPV4;
		at[1] = sizeof(address->ipv4);
		memcpy(at + 2, address->ipv4, sizeof(address->ipv4));
	} else {
		at[0] = TYPE_DOMAIN;
		at[1] = (uint8_t)strlen(address->domain);
		memcpy(at + 2, address->domain, at[1]);
	}
	ret[DCT_PORT_AT] = (uint8_t)(address->port >> 8);
	ret[DCT_PORT_AT + 1] = (uint8_t)address->port;
}
