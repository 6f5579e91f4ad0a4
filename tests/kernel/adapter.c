/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/adapter.h"

#include <errno.h>
#include <string.h>

enum {
	SETUP_BYTES = 8,
	PACKET_BYTES = 64,
	READ_DATA = 1,	 /* endpoints */
	READ_STATES = 3, /* of the line: none is ever told */
	TYPE_TO_INTERFACE = 0x21,
	TYPE_FROM_INTERFACE = 0xa1,
	STANDARD_FROM_DEVICE = 0x80,
	STANDARD_TO_DEVICE = 0x00,
	STANDARD_TO_INTERFACE = 0x01,
	GET_DESCRIPTOR = 6,
	SET_CONFIGURATION = 9,
	SET_INTERFACE = 11,
	SET_LINE_CODING = 0x20, /* CDC PSTN 1.2, 6.3 */
	GET_LINE_CODING = 0x21,
	SET_CONTROL_LINE_STATE = 0x22,
	SEND_BREAK = 0x23,
	STATE_DTR = 1,
};

/* A number of the pid.codes registry's that is for tests. */
static const uint8_t device_descriptor[] = {
	18, 1, 0x00, 0x02, 2, 0, 0, PACKET_BYTES, 0x09, 0x12, 0x01, 0x00, 0x00, 0x01, 0, 0, 0, 1,
};

/* Of a communications interface with an endpoint for states, and a data interface with two. */
static const uint8_t configuration[] = {
	9,
	2,
	67,
	0,
	2,
	1,
	0,
	0x80,
	50, /* configuration 1 */
	9,
	4,
	0,
	0,
	1,
	2,
	2,
	0,
	0, /* interface 0: CDC, ACM */
	5,
	0x24,
	0,
	0x10,
	0x01, /* header: CDC 1.10 */
	5,
	0x24,
	1,
	0,
	1, /* call management: none */
	4,
	0x24,
	2,
	0x06, /* ACM: line coding and states, break */
	5,
	0x24,
	6,
	0,
	1, /* union of both */
	7,
	5,
	0x80 | READ_STATES,
	3,
	8,
	0,
	16, /* interrupt */
	9,
	4,
	1,
	0,
	2,
	10,
	0,
	0,
	0, /* interface 1: data */
	7,
	5,
	0x80 | READ_DATA,
	2,
	PACKET_BYTES,
	0,
	0,
	7,
	5,
	0x02,
	2,
	PACKET_BYTES,
	0,
	0,
};

static void answer(struct adapter *adapter, const struct usbip_submit *submit, const uint8_t *bytes,
		   size_t len)
{
	uint32_t length = len < submit->length ? (uint32_t)len : submit->length;

	usbip_answer(&adapter->usbip, submit->number, USBIP_GOOD, length, bytes);
}

static void stall(struct adapter *adapter, const struct usbip_submit *submit)
{
	usbip_answer(&adapter->usbip, submit->number, USBIP_STALLED, 0, NULL);
}

static void describe(struct adapter *adapter, const struct usbip_submit *submit)
{
	switch (submit->setup[3]) {
	case 1: answer(adapter, submit, device_descriptor, sizeof(device_descriptor)); break;
	case 2: answer(adapter, submit, configuration, sizeof(configuration)); break;
	default: stall(adapter, submit);
	}
}

static void set_states(struct adapter *adapter, uint8_t states)
{
	adapter->open = states & STATE_DTR;
	adapter->heard_count = 0;
}

static void control(struct adapter *adapter, const struct usbip_submit *submit)
{
	const uint8_t *setup = submit->setup;

	switch (setup[0] << 8 | setup[1]) {
	case STANDARD_FROM_DEVICE << 8 | GET_DESCRIPTOR: describe(adapter, submit); return;
	case STANDARD_TO_DEVICE << 8 | SET_CONFIGURATION:
	case STANDARD_TO_INTERFACE << 8 | SET_INTERFACE:
	case TYPE_TO_INTERFACE << 8 | SEND_BREAK: break;
	case TYPE_TO_INTERFACE << 8 | SET_LINE_CODING:
		if (submit->length == sizeof(adapter->coding))
			memcpy(adapter->coding, submit->data, sizeof(adapter->coding));
		break;
	case TYPE_TO_INTERFACE << 8 | SET_CONTROL_LINE_STATE: set_states(adapter, setup[2]); break;
	case TYPE_FROM_INTERFACE << 8 | GET_LINE_CODING:
		answer(adapter, submit, adapter->coding, sizeof(adapter->coding));
		return;
	default: stall(adapter, submit); return;
	}
	usbip_answer(&adapter->usbip, submit->number, USBIP_GOOD, submit->length, NULL);
}

/* What does not fit is lost, as on a line without flow control. */
static void take_bytes(struct adapter *adapter, const struct usbip_submit *submit)
{
	size_t room = sizeof(adapter->sent) - adapter->sent_count;
	size_t len = submit->length < room ? submit->length : room;

	memcpy(adapter->sent + adapter->sent_count, submit->data, len);
	adapter->sent_count += len;
	usbip_answer(&adapter->usbip, submit->number, USBIP_GOOD, submit->length, NULL);
}

static void on_submit(void *ctx, const struct usbip_submit *submit)
{
	struct adapter *adapter = ctx;

	if (submit->endpoint == 0) {
		control(adapter, submit);
	} else if (submit->direction == USBIP_OUT) {
		take_bytes(adapter, submit);
	} else if (adapter->read_count < ADAPTER_READS_MAX) {
		adapter->reads[adapter->read_count++] =
			(struct adapter_read){ submit->number, submit->length, submit->endpoint };
	} else {
		stall(adapter, submit);
	}
}

static void forget_read(struct adapter *adapter, size_t i)
{
	adapter->read_count--;
	memmove(&adapter->reads[i], &adapter->reads[i + 1],
		(adapter->read_count - i) * sizeof(adapter->reads[0]));
}

static bool on_unlink(void *ctx, uint32_t number)
{
	struct adapter *adapter = ctx;

	for (size_t i = 0; i < adapter->read_count; i++)
		if (adapter->reads[i].number == number) {
			forget_read(adapter, i);
			return true;
		}
	return false;
}

int adapter_plug(struct adapter *adapter, struct vboard *vb, unsigned int port)
{
	int r;

	adapter->vb = vb;
	if (!usbip_init(&adapter->usbip))
		return -ENOMEM;
	r = usbip_plug(&adapter->usbip, port, USBIP_FULL);
	if (r < 0)
		usbip_release(&adapter->usbip);
	return r;
}

void adapter_release(struct adapter *adapter)
{
	usbip_release(&adapter->usbip);
}

void adapter_hear(struct adapter *adapter, unsigned int serial_port, uint8_t byte)
{
	if (serial_port == ADAPTER_SERIAL_PORT && adapter->open &&
	    adapter->heard_count < sizeof(adapter->heard))
		adapter->heard[adapter->heard_count++] = byte;
}

static void give_bytes(struct adapter *adapter)
{
	for (size_t i = 0; i < adapter->read_count && adapter->heard_count > 0;) {
		const struct adapter_read read = adapter->reads[i];
		size_t len =
			read.length < adapter->heard_count ? read.length : adapter->heard_count;

		if (read.endpoint != READ_DATA) {
			i++;
			continue;
		}
		usbip_answer(&adapter->usbip, read.number, USBIP_GOOD, (uint32_t)len,
			     adapter->heard);
		adapter->heard_count -= len;
		memmove(adapter->heard, adapter->heard + len, adapter->heard_count);
		forget_read(adapter, i);
	}
}

void adapter_work(struct adapter *adapter)
{
	const struct usbip_events events = { .ctx = adapter,
					     .submit = on_submit,
					     .unlink = on_unlink };
	size_t taken;

	if (adapter->usbip.fd >= 0 && !usbip_read(&adapter->usbip, &events))
		usbip_unplug(&adapter->usbip);
	taken = vboard_is_powered(adapter->vb)
			? vboard_serial_send(adapter->vb, ADAPTER_SERIAL_PORT, adapter->sent,
					     adapter->sent_count)
			: adapter->sent_count;
	adapter->sent_count -= taken;
	memmove(adapter->sent, adapter->sent + taken, adapter->sent_count);
	give_bytes(adapter);
}
