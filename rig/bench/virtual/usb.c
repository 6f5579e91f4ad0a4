/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The host's port of a virtual bench: what an operating system does when a device comes. It waits
 * until the connection is stable, resets the bus, reads the descriptors, gives the device an
 * address and its first configuration; then the device has arrived. All of it takes the virtual
 * time it takes, step by step, while others wait for something else.
 */
#include "bench/virtual/backend.h"

#include <stdio.h>
#include <string.h>

enum port_step {
	PORT_EMPTY = 0,
	PORT_DEBOUNCE, /* until the connection has been stable */
	PORT_RESET,
	PORT_DEVICE_BEGIN, /* the first bytes of the device descriptor, address 0 */
	PORT_ADDRESS,
	PORT_SETTLE, /* the device may take its time to answer to its address */
	PORT_DEVICE,
	PORT_CONFIGURATION_BEGIN,
	PORT_CONFIGURATION,
	PORT_SERIAL,
	PORT_CONFIGURE,
	PORT_READY,
	PORT_GIVEN_UP, /* until it leaves */
};

enum {
	DEBOUNCE_US = 100000, /* USB 2.0, 7.1.7.3 */
	SETTLE_US = 10000,    /* 9.2.6.3 asks for 2 ms at least */
	ENUMERATE_US_MAX = 5000000,
	TRIES_MAX = 4,
	PACKET_BYTES = 64,
	FIRST_BYTES = 64,
	DEVICE_BYTES = 18,
	CONFIGURATION_BYTES = 9,
	ADDRESS_MAX = 127,
};

enum usb_request {
	GET_DESCRIPTOR = 6,
	SET_ADDRESS = 5,
	SET_CONFIGURATION = 9,
	DESCRIPTOR_DEVICE = 1 << 8,
	DESCRIPTOR_CONFIGURATION = 2 << 8,
	DESCRIPTOR_STRING = 3 << 8,
	ENGLISH_US = 0x0409,
	FROM_DEVICE = 0x80,
};

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static bool begin(struct virtual_backend *vbe, const struct slot_usb_setup *setup,
		  const uint8_t *data, uint64_t deadline)
{
	struct vboard_usb_transfer transfer = {
		.address = vbe->usb.address,
		.setup = { setup->type, setup->request, (uint8_t)setup->value,
			   (uint8_t)(setup->value >> 8), (uint8_t)setup->index,
			   (uint8_t)(setup->index >> 8), (uint8_t)setup->length,
			   (uint8_t)(setup->length >> 8) },
		.packet_bytes = PACKET_BYTES,
		.data = setup->type & FROM_DEVICE ? NULL : data,
		.length = setup->length,
		.deadline = deadline,
	};

	return vboard_usb_begin(vbe->vb, &transfer);
}

static void tell(const struct virtual_backend *vbe, uint64_t cycle, bool arrived)
{
	const struct slot_listener *listener = &vbe->listener;

	if (listener->usb)
		listener->usb(listener->ctx, virtual_us(cycle), arrived, vbe->usb.device.vendor,
			      vbe->usb.device.product);
}

void virtual_usb_connected(void *ctx, uint64_t cycle, bool connected)
{
	struct virtual_backend *vbe = ctx;
	struct virtual_usb *usb = &vbe->usb;

	if (usb->step == PORT_READY)
		tell(vbe, cycle, false);
	usb->step = connected ? PORT_DEBOUNCE : PORT_EMPTY;
	usb->due_cycle = connected ? cycle + virtual_cycle(DEBOUNCE_US) : UINT64_MAX;
	usb->tries = 0;
	usb->device = (struct slot_usb_device){ 0 };
}

static void reset(struct virtual_backend *vbe)
{
	vbe->usb.step = PORT_RESET;
	vbe->usb.due_cycle = UINT64_MAX;
	vbe->usb.address = 0;
	vbe->usb.serial_index = 0;
	vboard_usb_reset(vbe->vb);
}

/* Something did not work out: once more from the beginning, a few times. */
static void again(struct virtual_backend *vbe)
{
	if (++vbe->usb.tries < TRIES_MAX)
		reset(vbe);
	else
		vbe->usb.step = PORT_GIVEN_UP;
}

static struct slot_usb_setup descriptor(uint16_t value, uint16_t index, uint16_t length)
{
	return (struct slot_usb_setup){ FROM_DEVICE, GET_DESCRIPTOR, value, index, length };
}

/* The request that belongs to a step. */
static struct slot_usb_setup request_of(const struct virtual_usb *usb)
{
	switch ((enum port_step)usb->step) {
	case PORT_DEVICE_BEGIN: return descriptor(DESCRIPTOR_DEVICE, 0, FIRST_BYTES);
	case PORT_DEVICE: return descriptor(DESCRIPTOR_DEVICE, 0, DEVICE_BYTES);
	case PORT_CONFIGURATION_BEGIN:
		return descriptor(DESCRIPTOR_CONFIGURATION, 0, CONFIGURATION_BYTES);
	case PORT_CONFIGURATION:
		return descriptor(DESCRIPTOR_CONFIGURATION, 0, usb->configuration_bytes);
	case PORT_SERIAL:
		return descriptor((uint16_t)(DESCRIPTOR_STRING | usb->serial_index), ENGLISH_US,
				  VIRTUAL_USB_BYTES - 1);
	case PORT_ADDRESS: return (struct slot_usb_setup){ 0, SET_ADDRESS, 1, 0, 0 };
	case PORT_CONFIGURE:
		return (struct slot_usb_setup){ 0, SET_CONFIGURATION, usb->configuration, 0, 0 };
	case PORT_EMPTY:
	case PORT_DEBOUNCE:
	case PORT_RESET:
	case PORT_SETTLE:
	case PORT_READY:
	case PORT_GIVEN_UP: break;
	}
	return (struct slot_usb_setup){ 0 };
}

static void go_to(struct virtual_backend *vbe, enum port_step step)
{
	struct slot_usb_setup setup;

	vbe->usb.step = step;
	setup = request_of(&vbe->usb);
	if (!begin(vbe, &setup, NULL, vboard_cycle(vbe->vb) + virtual_cycle(ENUMERATE_US_MAX)))
		again(vbe);
}

/* The characters of a string descriptor that ASCII has. */
static void read_string(const uint8_t *bytes, uint32_t len, char *ret, size_t size)
{
	size_t n = 0;

	for (uint32_t i = 2; i + 1 < len && n + 1 < size; i += 2)
		ret[n++] = bytes[i + 1] == 0 && bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char)bytes[i]
										    : '?';
	ret[n] = '\0';
}

static void read_device(struct virtual_usb *usb, const uint8_t *bytes)
{
	usb->device.vendor = get16(bytes + 8);
	usb->device.product = get16(bytes + 10);
	usb->device.release = get16(bytes + 12);
	usb->serial_index = bytes[16];
}

static void read_configuration(struct virtual_usb *usb, const uint8_t *bytes)
{
	uint16_t total = get16(bytes + 2);

	usb->configuration = bytes[5];
	usb->configuration_bytes = total < VIRTUAL_USB_BYTES ? total : (uint16_t)VIRTUAL_USB_BYTES;
}

static void ready(struct virtual_backend *vbe)
{
	vbe->usb.step = PORT_READY;
	tell(vbe, vboard_cycle(vbe->vb), true);
}

/* A request of the enumeration is answered: on to the next. */
static void answered(struct virtual_backend *vbe, const uint8_t *bytes, uint32_t len)
{
	struct virtual_usb *usb = &vbe->usb;

	switch ((enum port_step)usb->step) {
	case PORT_DEVICE_BEGIN:
		if (len < 8)
			again(vbe);
		else
			go_to(vbe, PORT_ADDRESS);
		break;
	case PORT_ADDRESS:
		usb->address = 1;
		usb->step = PORT_SETTLE;
		usb->due_cycle = vboard_cycle(vbe->vb) + virtual_cycle(SETTLE_US);
		break;
	case PORT_DEVICE:
		if (len < DEVICE_BYTES) {
			again(vbe);
			break;
		}
		read_device(usb, bytes);
		go_to(vbe, PORT_CONFIGURATION_BEGIN);
		break;
	case PORT_CONFIGURATION_BEGIN:
		if (len < CONFIGURATION_BYTES) {
			again(vbe);
			break;
		}
		read_configuration(usb, bytes);
		go_to(vbe, PORT_CONFIGURATION);
		break;
	case PORT_CONFIGURATION:
		go_to(vbe, usb->serial_index ? PORT_SERIAL : PORT_CONFIGURE);
		break;
	case PORT_SERIAL:
		read_string(bytes, len, usb->device.serial, sizeof(usb->device.serial));
		go_to(vbe, PORT_CONFIGURE);
		break;
	case PORT_CONFIGURE: ready(vbe); break;
	case PORT_EMPTY:
	case PORT_DEBOUNCE:
	case PORT_RESET:
	case PORT_SETTLE:
	case PORT_READY:
	case PORT_GIVEN_UP: break;
	}
}

static void check_request(struct virtual_backend *vbe)
{
	uint8_t bytes[VIRTUAL_USB_BYTES];
	uint32_t len;
	enum vboard_usb_result result = vboard_usb_result(vbe->vb, &len);

	if (result == VBOARD_USB_BUSY)
		return;
	if (result != VBOARD_USB_DONE && vbe->usb.step != PORT_SERIAL) {
		again(vbe);
		return;
	}
	if (result != VBOARD_USB_DONE) /* a device may do without the string it names */
		len = 0;
	vboard_usb_received(vbe->vb, bytes, sizeof(bytes));
	answered(vbe, bytes, len < sizeof(bytes) ? len : (uint32_t)sizeof(bytes));
}

/* Looks what is to be done now. */
static void port_look(struct virtual_backend *vbe)
{
	struct virtual_usb *usb = &vbe->usb;
	bool due = vboard_cycle(vbe->vb) >= usb->due_cycle;

	switch ((enum port_step)usb->step) {
	case PORT_EMPTY:
	case PORT_READY:
	case PORT_GIVEN_UP: break;
	case PORT_DEBOUNCE:
		if (due)
			reset(vbe);
		break;
	case PORT_RESET:
		if (vboard_usb_is_running(vbe->vb))
			go_to(vbe, PORT_DEVICE_BEGIN);
		break;
	case PORT_SETTLE:
		if (due) {
			usb->due_cycle = UINT64_MAX;
			go_to(vbe, PORT_DEVICE);
		}
		break;
	case PORT_DEVICE_BEGIN:
	case PORT_ADDRESS:
	case PORT_DEVICE:
	case PORT_CONFIGURATION_BEGIN:
	case PORT_CONFIGURATION:
	case PORT_SERIAL:
	case PORT_CONFIGURE: check_request(vbe); break;
	}
}

/* One stretch, which ends early when something happened on the bus. */
static enum vboard_stop run_watched(struct virtual_backend *vbe, uint64_t cycle)
{
	uint64_t due = vbe->usb.step == PORT_EMPTY ? UINT64_MAX : vbe->usb.due_cycle;
	enum vboard_stop stop;

	vboard_usb_watch(vbe->vb, true);
	stop = vboard_run(vbe->vb, due < cycle ? due : cycle);
	vboard_usb_watch(vbe->vb, false);
	port_look(vbe);
	return stop;
}

enum vboard_stop virtual_run(struct virtual_backend *vbe, uint64_t cycle)
{
	enum vboard_stop stop;

	port_look(vbe); /* what came of the time that passed elsewhere */
	do
		stop = run_watched(vbe, cycle);
	while (stop != VBOARD_STOP_CUT && vboard_cycle(vbe->vb) < cycle);
	return stop == VBOARD_STOP_CUT ? stop : VBOARD_STOP_DEADLINE;
}

static int join(void *backend, enum slot_usb_port port, struct err *err)
{
	struct virtual_backend *vbe = backend;

	(void)err;
	vboard_usb_attach(vbe->vb, port == SLOT_USB_JOINED);
	return 0;
}

static bool device(void *backend, struct slot_usb_device *ret)
{
	struct virtual_backend *vbe = backend;

	if (vbe->usb.step != PORT_READY)
		return false;
	*ret = vbe->usb.device;
	return true;
}

static enum slot_usb_result result_of(enum vboard_usb_result result)
{
	switch (result) {
	case VBOARD_USB_DONE: return SLOT_USB_DONE;
	case VBOARD_USB_STALL: return SLOT_USB_STALL;
	case VBOARD_USB_TIMEOUT: return SLOT_USB_TIMEOUT;
	case VBOARD_USB_GONE: return SLOT_USB_GONE;
	case VBOARD_USB_IDLE:
	case VBOARD_USB_BUSY: break;
	}
	return SLOT_USB_UNKNOWN;
}

static int control(void *backend, const struct slot_usb_setup *setup, uint8_t *data,
		   int64_t timeout_us, uint16_t *ret_len, enum slot_usb_result *ret,
		   struct err *err)
{
	struct virtual_backend *vbe = backend;
	uint64_t deadline = vboard_cycle(vbe->vb) + virtual_cycle(timeout_us);
	enum vboard_stop stop = VBOARD_STOP_DEADLINE;
	enum vboard_usb_result result;
	uint32_t len = 0;

	(void)err;
	*ret = SLOT_USB_GONE;
	if (vbe->usb.step != PORT_READY || !begin(vbe, setup, data, deadline))
		return 0;
	while ((result = vboard_usb_result(vbe->vb, &len)) == VBOARD_USB_BUSY &&
	       stop != VBOARD_STOP_CUT)
		stop = run_watched(vbe, deadline + 1);
	*ret = stop == VBOARD_STOP_CUT ? SLOT_USB_CUT : result_of(result);
	if (*ret != SLOT_USB_DONE)
		return 0;
	if (setup->type & FROM_DEVICE)
		vboard_usb_received(vbe->vb, data, len);
	*ret_len = (uint16_t)len;
	return 0;
}

const struct slot_usb_ops virtual_usb_ops = {
	.join = join,
	.device = device,
	.control = control,
};
