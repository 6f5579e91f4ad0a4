/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The device's side of the USB. The receive FIFO's status words tell everything that comes in
 * (RM0033 29.17.6): SETUP, data, and that a transfer is complete; only what has gone out is told by
 * the endpoint's own flag. A transfer of the core is one packet here, which keeps it simple and
 * costs an interrupt for each 64 bytes.
 */
#include "reference/common/usb.h"
#include "reference/common/usb_registers.h"

#define UNIQUE_ID ((const uint8_t *)0x1fff7a10) /* 96 bits, RM0033 32.1 */

enum usb_facts {
	RX_WORDS = 128, /* FIFOs, of 320 words that the core has */
	TX_WORDS = 32,
	ENDPOINTS = 4,
	UNIQUE_ID_BYTES = 12,
	ENGLISH_US = 0x0409,
	TYPE_MASK = 0x60, /* of bmRequestType: 0 is a standard request */
};

enum standard_request {
	GET_STATUS = 0,
	CLEAR_FEATURE = 1,
	SET_ADDRESS = 5,
	GET_CONFIGURATION = 8,
	SET_CONFIGURATION = 9,
	DESCRIPTOR_DEVICE = 1,
	DESCRIPTOR_CONFIGURATION = 2,
};

enum stage { IDLE = 0, SENDING, RECEIVING, STATUS_IN, STATUS_OUT };

static struct {
	const struct usb_device *device;
	uint32_t setup_words[2];
	struct usb_setup setup;
	enum stage stage;
	const uint8_t *from; /* what is still to be sent */
	uint8_t *to;	     /* where the rest of what is received goes */
	uint32_t left;
	bool ends_empty; /* the answer is shorter than asked for, and ends with a full packet */
	uint8_t configuration;
	uint32_t packet[USB_PACKET_BYTES / 4];
	uint32_t packet_bytes;
	uint8_t text[2 + 2 * USB_TEXT_MAX];
} usb;

static void put_packet(uint32_t number, const uint8_t *data, uint32_t bytes)
{
	USB_DIEPTSIZ(number) = SIZE_ONE_PACKET | bytes;
	USB_DIEPCTL(number) |= USB_EPENA | USB_CNAK;
	for (uint32_t i = 0; i < bytes; i += 4) {
		uint32_t word = 0;

		for (uint32_t j = 0; j < 4 && i + j < bytes; j++)
			word |= (uint32_t)data[i + j] << (8 * j);
		USB_FIFO(number) = word;
	}
}

static void take_packet(uint32_t number)
{
	USB_DOEPTSIZ(number) =
		(number == 0 ? (uint32_t)SIZE_SETUPS : 0) | SIZE_ONE_PACKET | USB_PACKET_BYTES;
	USB_DOEPCTL(number) |= USB_EPENA | USB_CNAK;
}

static uint32_t min32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void send_next(void)
{
	uint32_t bytes = min32(usb.left, USB_PACKET_BYTES);

	put_packet(0, usb.from, bytes);
	usb.from += bytes;
	usb.left -= bytes;
	if (bytes < USB_PACKET_BYTES)
		usb.ends_empty = false;
}

static void begin_status_in(void)
{
	usb.stage = STATUS_IN;
	put_packet(0, NULL, 0);
}

static void reply(const struct usb_reply *reply)
{
	switch (reply->kind) {
	case USB_REFUSE:
		usb.stage = IDLE;
		USB_DIEPCTL(0) |= CTL_STALL;
		USB_DOEPCTL(0) |= CTL_STALL;
		break;
	case USB_ACCEPT: begin_status_in(); break;
	case USB_SEND:
		usb.stage = SENDING;
		usb.from = reply->data;
		usb.left = min32(reply->bytes, usb.setup.length);
		usb.ends_empty = usb.left < usb.setup.length;
		send_next();
		break;
	case USB_RECEIVE:
		usb.stage = RECEIVING;
		usb.to = (uint8_t *)(uintptr_t)reply->data;
		usb.left = usb.setup.length;
		take_packet(0);
		break;
	}
}

/* The next character of a string; those of the chip's id are made as they are asked for. */
static char character(const char *string, uint32_t i)
{
	static const char digits[] = "0123456789abcdef";

	if (string)
		return string[i];
	if (i >= 2 * UNIQUE_ID_BYTES)
		return '\0';
	return digits[UNIQUE_ID[i / 2] >> (i % 2 ? 0 : 4) & 15];
}

static struct usb_reply string_descriptor(uint32_t number)
{
	uint32_t bytes = 2;

	if (number == 0) {
		usb.text[bytes++] = ENGLISH_US & 0xff;
		usb.text[bytes++] = ENGLISH_US >> 8;
	} else if (number <= usb.device->string_count) {
		const char *string = usb.device->strings[number - 1];
		char c;

		for (uint32_t i = 0; i < USB_TEXT_MAX && (c = character(string, i)); i++) {
			usb.text[bytes++] = (uint8_t)c;
			usb.text[bytes++] = 0;
		}
	} else {
		return usb.device->request(&usb.setup);
	}
	usb.text[0] = (uint8_t)bytes;
	usb.text[1] = USB_DESCRIPTOR_STRING;
	return (struct usb_reply){ USB_SEND, usb.text, (uint16_t)bytes };
}

static struct usb_reply descriptor(uint16_t value)
{
	const uint8_t *bytes = usb.device->configuration;

	switch (value >> 8) {
	case DESCRIPTOR_DEVICE:
		bytes = usb.device->device_descriptor;
		return (struct usb_reply){ USB_SEND, bytes, bytes[0] };
	case DESCRIPTOR_CONFIGURATION:
		return (struct usb_reply){ USB_SEND, bytes, (uint16_t)(bytes[2] | bytes[3] << 8) };
	case USB_DESCRIPTOR_STRING: return string_descriptor(value & 0xff);
	default: return (struct usb_reply){ .kind = USB_REFUSE };
	}
}

static struct usb_reply standard_in(const struct usb_setup *setup)
{
	static const uint8_t zeros[2];

	switch (setup->request) {
	case GET_STATUS: return (struct usb_reply){ USB_SEND, zeros, sizeof(zeros) };
	case USB_GET_DESCRIPTOR: return descriptor(setup->value);
	case GET_CONFIGURATION: return (struct usb_reply){ USB_SEND, &usb.configuration, 1 };
	default: return usb.device->request(setup);
	}
}

/* None of these has data. Only what is for the device as a whole moves or configures it. */
static struct usb_reply standard_out(const struct usb_setup *setup)
{
	static const struct usb_reply accept = { .kind = USB_ACCEPT };

	if (setup->length > 0)
		return (struct usb_reply){ .kind = USB_REFUSE };
	if (setup->request == CLEAR_FEATURE)
		return accept;
	if (setup->type != 0)
		return usb.device->request(setup);
	switch (setup->request) {
	case SET_ADDRESS: /* the core wants it before the status stage, which it still answers */
		USB_DCFG = (USB_DCFG & ~(uint32_t)DCFG_ADDRESS) | (uint32_t)(setup->value & 0x7f)
									  << DCFG_ADDRESS_SHIFT;
		return accept;
	case SET_CONFIGURATION:
		usb.configuration = (uint8_t)setup->value;
		if (usb.configuration && usb.device->configured)
			usb.device->configured();
		return accept;
	default: return usb.device->request(setup);
	}
}

static struct usb_reply standard(const struct usb_setup *setup)
{
	return setup->type & USB_TYPE_IN ? standard_in(setup) : standard_out(setup);
}

/* Does the answer go the way that the request says? If not, one side would wait for the other. */
static bool goes_together(const struct usb_setup *setup, const struct usb_reply *answer)
{
	switch (answer->kind) {
	case USB_ACCEPT: return setup->length == 0;
	case USB_SEND: return setup->type & USB_TYPE_IN;
	case USB_RECEIVE: return !(setup->type & USB_TYPE_IN) && setup->length > 0;
	case USB_REFUSE: break;
	}
	return true;
}

static void on_setup(void)
{
	const struct usb_setup *setup = &usb.setup;
	struct usb_reply answer;

	usb.setup = (struct usb_setup){
		.type = (uint8_t)usb.setup_words[0],
		.request = (uint8_t)(usb.setup_words[0] >> 8),
		.value = (uint16_t)(usb.setup_words[0] >> 16),
		.index = (uint16_t)usb.setup_words[1],
		.length = (uint16_t)(usb.setup_words[1] >> 16),
	};
	answer = setup->type & TYPE_MASK ? usb.device->request(setup) : standard(setup);
	if (!goes_together(setup, &answer))
		answer.kind = USB_REFUSE;
	reply(&answer);
}

/* Data of the control endpoint has come, or the end of what was sent is acknowledged. */
static void on_control_out(void)
{
	const uint8_t *bytes = (const uint8_t *)usb.packet;
	uint32_t count = min32(usb.packet_bytes, usb.left);

	if (usb.stage == STATUS_OUT)
		usb.stage = IDLE;
	if (usb.stage != RECEIVING)
		return;
	for (uint32_t i = 0; i < count; i++)
		*usb.to++ = bytes[i];
	usb.left -= count;
	if (usb.left == 0)
		begin_status_in();
	else
		take_packet(0);
}

static void on_control_in(void)
{
	if (usb.stage == SENDING && (usb.left > 0 || usb.ends_empty)) {
		send_next();
	} else if (usb.stage == SENDING) {
		usb.stage = STATUS_OUT;
		take_packet(0);
		usb.device->done(&usb.setup);
	} else if (usb.stage == STATUS_IN) {
		usb.stage = IDLE;
		usb.device->done(&usb.setup);
	}
}

static void read_packet(uint32_t *words, uint32_t bytes, uint32_t bytes_max)
{
	for (uint32_t i = 0; i < bytes; i += 4) {
		uint32_t word = USB_FIFO(0);

		if (i < bytes_max)
			words[i / 4] = word;
	}
}

static void on_received(void)
{
	uint32_t status = USB_GRXSTSP;
	uint32_t number = status & STATUS_ENDPOINT;
	uint32_t bytes = status >> STATUS_BYTES_SHIFT & STATUS_BYTES;

	switch (status >> STATUS_KIND_SHIFT & STATUS_KIND) {
	case KIND_SETUP_DATA: read_packet(usb.setup_words, bytes, sizeof(usb.setup_words)); break;
	case KIND_SETUP_COMPLETE: on_setup(); break;
	case KIND_OUT_DATA:
		read_packet(usb.packet, bytes, sizeof(usb.packet));
		usb.packet_bytes = min32(bytes, USB_PACKET_BYTES);
		break;
	case KIND_OUT_COMPLETE:
		if (number == 0)
			on_control_out();
		else
			usb.device->received(number, (const uint8_t *)usb.packet, usb.packet_bytes);
		break;
	default: break;
	}
}

static void on_sent(void)
{
	for (uint32_t i = 0; i < ENDPOINTS; i++) {
		if (!(USB_DIEPINT(i) & DIEP_COMPLETE))
			continue;
		USB_DIEPINT(i) = DIEP_COMPLETE;
		if (i == 0)
			on_control_in();
		else
			usb.device->sent(i);
	}
}

static void on_bus_reset(void)
{
	USB_GRSTCTL = GRSTCTL_FLUSH_TX | GRSTCTL_ALL_TX;
	while (USB_GRSTCTL & GRSTCTL_FLUSH_TX)
		;
	USB_DCFG &= ~(uint32_t)DCFG_ADDRESS;
	usb.stage = IDLE;
	usb.configuration = 0;
	USB_DOEPTSIZ(0) = (uint32_t)SIZE_SETUPS | SIZE_ONE_PACKET | USB_PACKET_BYTES;
}

void usb_interrupt(void)
{
	uint32_t events = USB_GINTSTS;

	if (events & GINTSTS_BUS_RESET) {
		USB_GINTSTS = GINTSTS_BUS_RESET;
		on_bus_reset();
	}
	if (events & GINTSTS_ENUMERATED) {
		USB_GINTSTS = GINTSTS_ENUMERATED;
		USB_DIEPCTL(0) &= ~3u; /* packets of 64 bytes */
	}
	while (USB_GINTSTS & GINTSTS_RECEIVED)
		on_received();
	if (USB_GINTSTS & GINTSTS_IN_ENDPOINTS)
		on_sent();
}

static void set_up_fifos(void)
{
	uint32_t at = RX_WORDS;

	USB_GRXFSIZ = RX_WORDS;
	USB_DIEPTXF0 = (uint32_t)TX_WORDS << 16 | at;
	for (uint32_t i = 1; i < ENDPOINTS; i++)
		USB_DIEPTXF(i) = (uint32_t)TX_WORDS << 16 | (at += TX_WORDS);
}

void usb_prepare(void)
{
	RCC_AHB2ENR |= 1u << 7;
	GPIOA_AFRH |= 10u << 12 | 10u << 16; /* PA11 and PA12 */
	GPIOA_MODER = (GPIOA_MODER & ~(15u << 22)) | 10u << 22;
	USB_GUSBCFG |= GUSBCFG_FULL_SPEED_PHY;
	USB_GRSTCTL = GRSTCTL_CORE;
	while (USB_GRSTCTL & GRSTCTL_CORE)
		;
	USB_GUSBCFG = GUSBCFG_FULL_SPEED_PHY | GUSBCFG_TURNAROUND | GUSBCFG_DEVICE;
}

void usb_start(const struct usb_device *device)
{
	usb.device = device;
	USB_DCFG = DCFG_FULL_SPEED;
	set_up_fifos();
	USB_DIEPMSK = DIEP_COMPLETE;
	USB_DAINTMSK = (1u << ENDPOINTS) - 1;
	USB_GINTMSK =
		GINTSTS_RECEIVED | GINTSTS_BUS_RESET | GINTSTS_ENUMERATED | GINTSTS_IN_ENDPOINTS;
	NVIC_PRIORITY(USB_VECTOR - 16) = 0x80; /* the tick, and with it the LED, goes first */
	NVIC_ENABLE(USB_VECTOR - 16);
	USB_GAHBCFG = GAHBCFG_INTERRUPTS;
	USB_GCCFG = GCCFG_TRANSCEIVER_ON | GCCFG_NO_VBUS_SENSE;
}

void usb_open_in(uint32_t endpoint, enum usb_endpoint_type type)
{
	USB_DIEPCTL(endpoint) = USB_PACKET_BYTES | CTL_ACTIVE | CTL_DATA0 |
				(uint32_t)type << CTL_TYPE_SHIFT | endpoint << CTL_FIFO_SHIFT;
}

void usb_open_out(uint32_t endpoint, enum usb_endpoint_type type)
{
	USB_DOEPCTL(endpoint) =
		USB_PACKET_BYTES | CTL_ACTIVE | CTL_DATA0 | (uint32_t)type << CTL_TYPE_SHIFT;
}

void usb_take(uint32_t endpoint)
{
	take_packet(endpoint);
}

void usb_send(uint32_t endpoint, const uint8_t *data, uint32_t bytes)
{
	put_packet(endpoint, data, bytes);
}
