/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reference/system2/messages.h"
#include "reference/common/defects.h"
#include "reference/system2/cloud.h"
#include "reference/system2/update.h"

enum message_facts {
	PRODUCT = LAYOUT_PLATFORM, /* no product of its own: the platform's number */
	PRODUCT_VERSION_NONE = 0xffff,
	HELLO_LAST_UPDATE_WORKED = 1,
	TOKEN_TIME = 't',
	NUMBER_MAX = 11,
};

static void put_u16(struct coap_writer *writer, uint32_t number)
{
	coap_byte(writer, (uint8_t)(number >> 8));
	coap_byte(writer, (uint8_t)number);
}

static uint32_t length_of(const char *text)
{
	uint32_t count = 0;

	while (text[count])
		count++;
	return count;
}

void messages_hello(enum reset_reason reason)
{
	struct coap_writer *writer = cloud_message(COAP_NON, COAP_POST, COAP_NO_TOKEN);

	coap_option(writer, COAP_PATH, "h", 1);
	coap_payload(writer);
	put_u16(writer, PRODUCT);
	put_u16(writer, PRODUCT_VERSION_NONE);
	coap_byte(writer, 0);
	coap_byte(writer, reason == REASON_UPDATE ? HELLO_LAST_UPDATE_WORKED : 0);
	put_u16(writer, LAYOUT_PLATFORM);
	cloud_send();
}

/* Text goes through a port, which knows no message: the one that is being written. */
static struct coap_writer *written;

static void put_char(char c)
{
	coap_byte(written, (uint8_t)c);
}

static struct port port_of(struct coap_writer *writer)
{
	written = writer;
	return (struct port){ .put = put_char };
}

static struct port begin_event(const char *name)
{
	struct coap_writer *writer = cloud_message(COAP_NON, COAP_POST, COAP_NO_TOKEN);

	coap_option(writer, COAP_PATH, "E", 1);
	coap_option(writer, COAP_PATH, name, length_of(name));
	coap_payload(writer);
	return port_of(writer);
}

void messages_event(const char *name, const char *text)
{
	struct port port = begin_event(name);

	port_text(&port, text);
	cloud_send();
}

static void number_event(const char *name, uint32_t number)
{
	struct port port = begin_event(name);

	port_number(&port, number);
	cloud_send();
}

void messages_first(enum system_mode mode, enum reset_reason reason)
{
	number_event("spark/hardware/max_binary", UPDATE_BYTES_MAX);
	number_event("spark/hardware/ota_chunk_size", UPDATE_CHUNK_BYTES);
	number_event("spark/device/last_reset", reason);
	if (mode == MODE_SAFE)
		messages_event("spark/device/safemode", "");
	coap_option(cloud_message(COAP_CON, COAP_GET, TOKEN_TIME), COAP_PATH, "t", 1);
	cloud_send();
}

static void describe(const struct coap *message)
{
	struct coap_writer *writer = cloud_answer(message, COAP_CONTENT, message->token);
	struct port port;

	coap_payload(writer);
	port = port_of(writer);
	port_text(&port, "{\"f\":[],\"v\":{},");
	describe_modules(&port);
	port_text(&port, "}");
	cloud_send();
}

static void acknowledge(const struct coap *message)
{
	if (message->type != COAP_CON)
		return;
	cloud_answer(message, COAP_EMPTY, COAP_NO_TOKEN);
	cloud_send();
}

static const struct request {
	uint8_t code;
	char path;
	void (*handle)(const struct coap *message);
} requests[] = {
	{ COAP_EMPTY, 0, acknowledge }, /* a ping */
	{ COAP_GET, 'd', describe },
	{ COAP_POST, 'e', acknowledge }, /* events: none is subscribed to */
	{ COAP_POST, 'E', acknowledge },
	{ COAP_POST, 'u', update_begin },
	{ COAP_POST, 's', update_begin },
	{ COAP_POST, 'c', update_chunk },
	{ COAP_PUT, 'u', update_done },
};

void messages_handle(const struct coap *message)
{
	for (unsigned int i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (message->type != COAP_ACK && message->code == requests[i].code &&
		    message->path == requests[i].path) {
			requests[i].handle(message);
			return;
		}
}
