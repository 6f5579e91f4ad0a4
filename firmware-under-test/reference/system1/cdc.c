/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two rings between the main loop and the USB's interrupt. A host that does not read costs a
 * program that writes a tenth of a second, once: after that what it says is dropped until the host
 * has read again. A host that writes faster than the program takes is made to wait.
 */
#include "reference/system1/cdc.h"
#include "reference/common/usb.h"
#include "reference/system1/services.h"

enum cdc_facts {
	SET_LINE_CODING = 0x20,
	GET_LINE_CODING = 0x21,
	SET_CONTROL_LINE_STATE = 0x22,
	CLASS_INTERFACE = 0x21, /* bmRequestType, to the device */
	CODING_BYTES = 7,
	DATA = 1, /* endpoint, both ways */
	NOTICES = 2,
	CONFIGURATION_BYTES = 67,
	RING_BYTES = 512, /* a power of two */
	PATIENCE_MS = 100,
	CDC_STRINGS = 3,
};

static const uint8_t device_descriptor[] = {
	18,   1,    0x00, 0x02, 2, 0, 0, USB_PACKET_BYTES, /* a communication device */
	0x04, 0x2b, 0x08, 0xc0,				   /* Particle, P1 */
	0x50, 0x02, 1,	  2,	3, 1,
};

static const uint8_t configuration[] = {
	/* two interfaces, bus powered, 100 mA */
	9,
	2,
	CONFIGURATION_BYTES,
	0,
	2,
	1,
	0,
	0xc0,
	50,
	/* control of a line, abstract control model, AT commands */
	9,
	4,
	0,
	0,
	1,
	2,
	2,
	1,
	0,
	/* header, call management, what is understood, which interfaces belong together */
	5,
	0x24,
	0,
	0x10,
	0x01,
	5,
	0x24,
	1,
	0,
	1,
	4,
	0x24,
	2,
	2,
	5,
	0x24,
	6,
	0,
	1,
	7,
	5,
	0x80 | NOTICES,
	3,
	USB_PACKET_BYTES,
	0,
	255,
	/* its data */
	9,
	4,
	1,
	0,
	2,
	10,
	0,
	0,
	0,
	7,
	5,
	DATA,
	2,
	USB_PACKET_BYTES,
	0,
	0,
	7,
	5,
	0x80 | DATA,
	2,
	USB_PACKET_BYTES,
	0,
	0,
};

_Static_assert(sizeof(configuration) == CONFIGURATION_BYTES, "its length is in it");

static const char *const strings[CDC_STRINGS] = { "Particle", "P1", NULL /* the chip's id */ };

/* Filled by one side and emptied by the other: neither writes the other's count. */
struct ring {
	volatile uint32_t in, out;
	uint8_t bytes[RING_BYTES];
};

static struct {
	struct ring from_host, to_host;
	uint8_t coding[CODING_BYTES];
	volatile uint32_t baud;			     /* asked for, and not taken yet */
	bool prepared;				     /* the core has its clock */
	volatile bool ready;			     /* the host has configured it */
	volatile bool busy;			     /* a packet waits for the host */
	volatile bool full;			     /* no packet can be taken */
	volatile bool deaf;			     /* the host does not read */
	uint32_t last_bytes;			     /* of the last packet */
} cdc = { .coding = { 0x80, 0x25, 0, 0, 0, 0, 8 } }; /* 9600 8N1 */

static uint32_t ring_used(const struct ring *ring)
{
	return ring->in - ring->out;
}

static void ring_put(struct ring *ring, uint8_t byte)
{
	ring->bytes[ring->in % RING_BYTES] = byte;
	ring->in++;
}

static uint8_t ring_take(struct ring *ring)
{
	uint8_t byte = ring->bytes[ring->out % RING_BYTES];

	ring->out++;
	return byte;
}

/* A packet when there is something for one; an empty one ends what filled the last. */
static void send_packet(void)
{
	uint8_t packet[USB_PACKET_BYTES];
	uint32_t bytes = 0;

	if (cdc.busy || (ring_used(&cdc.to_host) == 0 && cdc.last_bytes < USB_PACKET_BYTES))
		return;
	while (bytes < USB_PACKET_BYTES && ring_used(&cdc.to_host) > 0)
		packet[bytes++] = ring_take(&cdc.to_host);
	cdc.last_bytes = bytes;
	cdc.busy = true;
	usb_send(DATA, packet, bytes);
}

static struct usb_reply request(const struct usb_setup *setup)
{
	static const uint8_t zero;

	switch (setup->request) {
	case SET_LINE_CODING:
		if (setup->length != CODING_BYTES)
			break;
		return (struct usb_reply){ USB_RECEIVE, cdc.coding, CODING_BYTES };
	case GET_LINE_CODING: return (struct usb_reply){ USB_SEND, cdc.coding, CODING_BYTES };
	case SET_CONTROL_LINE_STATE:
	case USB_SET_INTERFACE: return (struct usb_reply){ .kind = USB_ACCEPT };
	case USB_GET_INTERFACE: return (struct usb_reply){ USB_SEND, &zero, 1 };
	default: break;
	}
	return (struct usb_reply){ .kind = USB_REFUSE };
}

/* Told when the request is over: some of what it brings ends in a reset. */
static void done(const struct usb_setup *setup)
{
	if (setup->type == CLASS_INTERFACE && setup->request == SET_LINE_CODING)
		cdc.baud = (uint32_t)cdc.coding[0] | (uint32_t)cdc.coding[1] << 8 |
			   (uint32_t)cdc.coding[2] << 16 | (uint32_t)cdc.coding[3] << 24;
}

static void configured(void)
{
	usb_open_in(NOTICES, USB_INTERRUPT);
	usb_open_in(DATA, USB_BULK);
	usb_open_out(DATA, USB_BULK);
	cdc.busy = false;
	cdc.full = false;
	cdc.deaf = false;
	cdc.last_bytes = 0;
	cdc.to_host.out = cdc.to_host.in;
	cdc.ready = true;
	usb_take(DATA);
}

static void received(uint32_t endpoint, const uint8_t *data, uint32_t bytes)
{
	(void)endpoint;
	for (uint32_t i = 0; i < bytes; i++)
		ring_put(&cdc.from_host, data[i]);
	cdc.full = RING_BYTES - ring_used(&cdc.from_host) < USB_PACKET_BYTES;
	if (!cdc.full)
		usb_take(endpoint);
}

static void sent(uint32_t endpoint)
{
	if (endpoint != DATA)
		return;
	cdc.busy = false;
	cdc.deaf = false;
	send_packet();
}

static const struct usb_device device = {
	.device_descriptor = device_descriptor,
	.configuration = configuration,
	.strings = strings,
	.string_count = CDC_STRINGS,
	.request = request,
	.done = done,
	.configured = configured,
	.received = received,
	.sent = sent,
};

void cdc_prepare(void)
{
	usb_prepare();
	cdc.prepared = true;
}

void cdc_tick(uint32_t now_ms)
{
	if (cdc.prepared && now_ms == USB_PREPARED_MS)
		usb_start(&device);
}

void cdc_put(char c)
{
	uint32_t begin = services_now_ms();

	while (cdc.ready && !cdc.deaf && ring_used(&cdc.to_host) == RING_BYTES) {
		if (services_now_ms() - begin > PATIENCE_MS)
			cdc.deaf = true;
		chip_sleep();
	}
	if (!cdc.ready || cdc.deaf)
		return;
	chip_interrupts_off();
	ring_put(&cdc.to_host, (uint8_t)c);
	send_packet();
	chip_interrupts_on();
}

int cdc_take(void)
{
	int byte;

	if (ring_used(&cdc.from_host) == 0)
		return -1;
	byte = ring_take(&cdc.from_host);
	if (cdc.full && RING_BYTES - ring_used(&cdc.from_host) >= USB_PACKET_BYTES) {
		cdc.full = false;
		usb_take(DATA);
	}
	return byte;
}

uint32_t cdc_take_baud(void)
{
	uint32_t baud = cdc.baud;

	if (baud)
		cdc.baud = 0;
	return baud;
}
