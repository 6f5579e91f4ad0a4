/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a CoAP message: what is accepted lies within the bytes, and is written back alike.
 */
#include "cloud/coap.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void accept_message(const struct coap *coap, const uint8_t *data, size_t size)
{
	uint8_t back[COAP_BYTES_MAX];
	char name[8];

	assert(coap->token_len <= COAP_TOKEN_MAX && coap->option_count <= COAP_OPTIONS_MAX);
	for (size_t i = 0; i < coap->option_count; i++) {
		const struct coap_option *option = &coap->options[i];

		assert(option->data >= data && option->len <= size &&
		       option->data + option->len <= data + size);
		assert(i == 0 || option->number >= coap->options[i - 1].number);
	}
	assert(!coap->payload || coap->payload + coap->payload_len == data + size);
	assert(coap_encode(coap, back, sizeof(back)) == size);
	assert(memcmp(back, data, size) == 0);
	assert(size == 0 || coap_encode(coap, back, size - 1) == 0);
	coap_code_name(coap->code, name, sizeof(name));
	(void)coap_letter(coap);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct coap_trouble trouble = { .text = NULL };
	struct coap coap;

	if (coap_parse(data, size, &coap, &trouble))
		accept_message(&coap, data, size);
	else
		assert(trouble.text && trouble.offset <= size);
	return 0;
}
