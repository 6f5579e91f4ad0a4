/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A hub on the kernel's virtual USB host, with devices behind it, that switches its ports as it is
 * told to: each by itself, all together, or not at all (USB 2.0, 11.11 and 11.24).
 *
 *	hub PORT each|ganged|none PORTS high|both [DEVICE]...
 *
 * PORT is where it is plugged in, as the kernel counts its virtual host's ports; with 'both' its
 * SuperSpeed half is on the other bus, as that of a USB 3 hub is. DEVICE is a port of the hub that
 * has a device, "2", or one of SuperSpeed, "2s". Prints a line for each order, "high port 2 off",
 * and for what comes of it at a socket: "vbus 2 off".
 *
 * vhci_hcd sends what is for a device by the number of its last port: a device behind port 2 of
 * this hub is spoken to over the wire of the controller's root port 2. So one is plugged in there,
 * too; it is listed twice, and both answer alike.
 */
#include "kernel/usbip.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	COMES_MS = 100, /* from a port's power until its device is seen */
	PORTS_MAX = 7,	/* the bit map of changes is one byte */
	CHILDREN_MAX = 2 * PORTS_MAX,
	ROOT_PORTS = 15, /* of one bus; the controller's other one comes right after */
	CONTROLLER_PORTS = 2 * ROOT_PORTS,
	REPLY_MAX = 64,
	EVENT_ENDPOINT = 1,
};

enum usb_facts {
	GET_STATUS = 0,
	CLEAR_FEATURE = 1,
	SET_FEATURE = 3,
	GET_DESCRIPTOR = 6,
	TYPE_STANDARD_IN = 0x80,
	TYPE_HUB_IN = 0xa0,
	TYPE_PORT_IN = 0xa3,
	TYPE_PORT_OUT = 0x23,
	TYPE_IN = 0x80,
	DESCRIPTOR_DEVICE = 1,
	DESCRIPTOR_CONFIGURATION = 2,
	DESCRIPTOR_HUB = 0x29,
	DESCRIPTOR_HUB_SUPER = 0x2a,
	PORT_RESET = 4,
	PORT_POWER = 8,
	PORT_WARM_RESET = 28,
	C_PORT_FIRST = 16, /* change 0; 17 is change 1 */
	C_PORT_LAST = 20,
	C_WARM_RESET = 29,
	STATUS_CONNECTION = 1 << 0,
	STATUS_ENABLE = 1 << 1,
	STATUS_POWER = 1 << 8,
	STATUS_HIGH_SPEED = 1 << 10,
	STATUS_POWER_SUPER = 1 << 9,
	STATUS_LINK_WAITS = 5 << 5, /* Rx.Detect */
	CHANGE_CONNECTION = 1 << 0,
	CHANGE_RESET = 1 << 4,
	CHANGE_WARM_RESET = 1 << 5,
	NO_CURRENT_SENSE = 1 << 4, /* wHubCharacteristics */
};

enum half { HALF_HIGH = 0, HALF_SUPER = 1, HALVES = 2 };

enum switching { SWITCHES_GANGED = 0, SWITCHES_EACH = 1, SWITCHES_NONE = 2 };

struct port {
	bool device;
	bool powered;
	bool connected;
	bool enabled;
	int64_t comes_ms; /* when its device is seen; 0: it is, or is none */
	uint16_t change;
};

/* A hub's device; of a USB 3 hub there are two. */
struct side {
	struct hub *hub;
	enum half half;
	struct usbip usbip;
	uint32_t waiting; /* the transfer that asks for changes; 0: none */
	struct port ports[PORTS_MAX + 1];
};

/* A device behind a port. */
struct child {
	struct hub *hub;
	enum half half;
	unsigned int port;
	struct usbip usbip;
};

struct hub {
	enum switching switching;
	unsigned int ports;
	struct side sides[HALVES];
	struct child children[CHILDREN_MAX];
	size_t child_count;
	bool vbus[PORTS_MAX + 1];
};

/* What is asked for, of which the asker takes as much as it wants. */
static void reply(struct usbip *usbip, const struct usbip_submit *submit, const void *bytes,
		  size_t len)
{
	size_t wanted = (size_t)submit->setup[6] | (size_t)submit->setup[7] << 8;

	usbip_answer(usbip, submit->number, USBIP_GOOD, (uint32_t)(len < wanted ? len : wanted),
		     bytes);
}

static void tell_changes(struct side *side)
{
	uint8_t map = 0;

	for (unsigned int i = 1; i <= side->hub->ports; i++)
		if (side->ports[i].change)
			map |= (uint8_t)(1u << i);
	if (!map || !side->waiting)
		return;
	usbip_answer(&side->usbip, side->waiting, USBIP_GOOD, sizeof(map), &map);
	side->waiting = 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void connect_port(struct port *port, bool connected, bool enabled)
{
	if (port->connected != connected)
		port->change |= CHANGE_CONNECTION;
	port->connected = connected;
	port->enabled = connected && enabled;
	port->comes_ms = 0;
}

/* Devices whose time has come; how long until the next one's, -1 without. */
static int look_at_ports(struct side *side)
{
	int wait_ms = -1;

	for (unsigned int i = 1; i <= side->hub->ports; i++) {
		struct port *port = &side->ports[i];
		int64_t left_ms = port->comes_ms - now_ms();

		if (port->comes_ms && left_ms <= 0)
			connect_port(port, true, side->half == HALF_SUPER);
		else if (port->comes_ms && (wait_ms < 0 || left_ms < wait_ms))
			wait_ms = (int)left_ms;
	}
	tell_changes(side);
	return wait_ms;
}

/* Whether current flows at the socket: of a USB 3 hub's two ports there, neither may want it. */
static bool is_fed(const struct hub *hub, unsigned int number)
{
	bool fed = hub->switching == SWITCHES_NONE;

	for (unsigned int i = 1; i <= hub->ports; i++)
		for (int half = 0; half < HALVES; half++)
			if (hub->switching == SWITCHES_GANGED || i == number)
				fed = fed || hub->sides[half].ports[i].powered;
	return fed;
}

static void look_at_sockets(struct hub *hub)
{
	for (unsigned int i = 1; i <= hub->ports; i++) {
		bool fed = is_fed(hub, i);

		if (fed == hub->vbus[i])
			continue;
		hub->vbus[i] = fed;
		printf("vbus %u %s\n", i, fed ? "on" : "off");
	}
}

/* A port that was switched off says no more what is plugged in, also when current still flows. */
static void switch_port(struct side *side, unsigned int number, bool on)
{
	struct port *port = &side->ports[number];

	if (port->powered == on)
		return;
	printf("%s port %u %s\n", side->half == HALF_SUPER ? "super" : "high", number,
	       on ? "on" : "off");
	port->powered = on;
	if (!on)
		connect_port(port, false, false);
	else if (port->device)
		port->comes_ms = now_ms() + COMES_MS;
	look_at_sockets(side->hub);
}

static void set_feature(struct side *side, unsigned int number, unsigned int feature)
{
	struct port *port = &side->ports[number];

	if (feature == PORT_POWER)
		switch_port(side, number, true);
	if (feature != PORT_RESET && feature != PORT_WARM_RESET)
		return;
	port->enabled = port->connected;
	port->change |= CHANGE_RESET;
	if (feature == PORT_WARM_RESET)
		port->change |= CHANGE_WARM_RESET;
}

static void clear_feature(struct side *side, unsigned int number, unsigned int feature)
{
	struct port *port = &side->ports[number];

	if (feature == PORT_POWER)
		switch_port(side, number, false);
	else if (feature >= C_PORT_FIRST && feature <= C_PORT_LAST)
		port->change &= (uint16_t) ~(1u << (feature - C_PORT_FIRST));
	else if (feature == C_WARM_RESET)
		port->change &= (uint16_t)~CHANGE_WARM_RESET;
}

static void say_port(struct side *side, const struct usbip_submit *submit, const struct port *port)
{
	bool super = side->half == HALF_SUPER;
	unsigned int status = 0;
	uint8_t bytes[4];

	if (port->powered)
		status |= super ? STATUS_POWER_SUPER : STATUS_POWER;
	if (port->connected)
		status |= STATUS_CONNECTION | (super ? 0 : STATUS_HIGH_SPEED);
	else if (super)
		status |= STATUS_LINK_WAITS;
	if (port->enabled)
		status |= STATUS_ENABLE;
	bytes[0] = (uint8_t)status;
	bytes[1] = (uint8_t)(status >> 8);
	bytes[2] = (uint8_t)port->change;
	bytes[3] = (uint8_t)(port->change >> 8);
	reply(&side->usbip, submit, bytes, sizeof(bytes));
}

static void say_hub_descriptor(struct side *side, const struct usbip_submit *submit)
{
	uint8_t ports = (uint8_t)side->hub->ports;
	uint8_t how = (uint8_t)((uint8_t)side->hub->switching | NO_CURRENT_SENSE);
	const uint8_t high[] = { 9, DESCRIPTOR_HUB, ports, how, 0, 10, 0, 0, 0xff };
	const uint8_t super[] = { 12, DESCRIPTOR_HUB_SUPER, ports, how, 0, 10, 0, 0, 0, 0, 0, 0 };

	if (side->half == HALF_SUPER)
		reply(&side->usbip, submit, super, sizeof(super));
	else
		reply(&side->usbip, submit, high, sizeof(high));
}

static const uint8_t hub_devices[HALVES][18] = {
	{ 18, DESCRIPTOR_DEVICE, 0, 2, 9, 0, 1, 64, 0x09, 0x12, 0x29, 0, 0, 1, 0, 0, 0, 1 },
	{ 18, DESCRIPTOR_DEVICE, 0, 3, 9, 0, 3, 9, 0x09, 0x12, 0x2a, 0, 0, 1, 0, 0, 0, 1 },
};

static const uint8_t hub_configurations[HALVES][31] = {
	{ 9, DESCRIPTOR_CONFIGURATION, 25, 0, 1, 1, 0, 0xc0, 0, 9, 4, 0, 0, 1, 9, 0, 0, 0, 7,
	  5, 0x80 | EVENT_ENDPOINT,    3,  1, 0, 12 },
	{ 9, DESCRIPTOR_CONFIGURATION, 31, 0, 1, 1, 0, 0xc0, 0, 9, 4, 0, 0, 1, 9, 0, 0, 0, 7,
	  5, 0x80 | EVENT_ENDPOINT,    3,  2, 0, 8, 6, 0x30, 0, 0, 2, 0 },
};

/* Of a class that no driver wants. The product is the port's number. */
static void say_child_device(struct child *child, const struct usbip_submit *submit)
{
	bool super = child->half == HALF_SUPER;
	const uint8_t bytes[18] = { 18,
				    DESCRIPTOR_DEVICE,
				    0,
				    super ? 3 : 2,
				    0xff,
				    0,
				    0,
				    super ? 9 : 64,
				    0x09,
				    0x12,
				    (uint8_t)child->port,
				    1,
				    0,
				    1,
				    0,
				    0,
				    0,
				    1 };

	reply(&child->usbip, submit, bytes, sizeof(bytes));
}

static const uint8_t child_configuration[] = {
	9, DESCRIPTOR_CONFIGURATION, 18, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 0, 0xff, 0, 0, 0
};

/* What every device is asked; false when it is something else. */
static bool standard(struct usbip *usbip, const struct usbip_submit *submit, const uint8_t *bytes)
{
	static const uint8_t nothing[2] = { 0 };

	if (submit->setup[0] == TYPE_STANDARD_IN && submit->setup[1] == GET_DESCRIPTOR &&
	    submit->setup[3] == DESCRIPTOR_CONFIGURATION)
		reply(usbip, submit, bytes, bytes[2]);
	else if ((submit->setup[0] & ~3u) == TYPE_STANDARD_IN && submit->setup[1] == GET_STATUS)
		reply(usbip, submit, nothing, sizeof(nothing));
	else if (!(submit->setup[0] & TYPE_IN))
		usbip_answer(usbip, submit->number, USBIP_GOOD, submit->length, NULL);
	else
		return false;
	return true;
}

static bool wants_device(const struct usbip_submit *submit)
{
	return submit->setup[0] == TYPE_STANDARD_IN && submit->setup[1] == GET_DESCRIPTOR &&
	       submit->setup[3] == DESCRIPTOR_DEVICE;
}

static void child_submit(void *ctx, const struct usbip_submit *submit)
{
	struct child *child = ctx;

	if (wants_device(submit))
		say_child_device(child, submit);
	else if (!standard(&child->usbip, submit, child_configuration))
		usbip_answer(&child->usbip, submit->number, USBIP_STALLED, 0, NULL);
}

static bool child_unlink(void *ctx, uint32_t number)
{
	(void)ctx;
	(void)number;
	return false; /* all was answered at once */
}

static void side_submit(void *ctx, const struct usbip_submit *submit)
{
	static const uint8_t nothing[4] = { 0 };
	struct side *side = ctx;
	unsigned int type = submit->setup[0], request = submit->setup[1];
	unsigned int number = submit->setup[4];
	bool of_port = number >= 1 && number <= side->hub->ports;

	if (submit->endpoint == EVENT_ENDPOINT) {
		side->waiting = submit->number;
	} else if (wants_device(submit)) {
		reply(&side->usbip, submit, hub_devices[side->half],
		      sizeof(hub_devices[side->half]));
	} else if (type == TYPE_HUB_IN && request == GET_DESCRIPTOR) {
		say_hub_descriptor(side, submit);
	} else if (type == TYPE_HUB_IN && request == GET_STATUS) {
		reply(&side->usbip, submit, nothing, sizeof(nothing));
	} else if (type == TYPE_PORT_IN && request == GET_STATUS && of_port) {
		say_port(side, submit, &side->ports[number]);
	} else {
		if (type == TYPE_PORT_OUT && request == SET_FEATURE && of_port)
			set_feature(side, number, submit->setup[2]);
		else if (type == TYPE_PORT_OUT && request == CLEAR_FEATURE && of_port)
			clear_feature(side, number, submit->setup[2]);
		if (!standard(&side->usbip, submit, hub_configurations[side->half]))
			usbip_answer(&side->usbip, submit->number, USBIP_STALLED, 0, NULL);
	}
	tell_changes(side);
}

static bool side_unlink(void *ctx, uint32_t number)
{
	struct side *side = ctx;
	bool pending = side->waiting == number;

	if (pending)
		side->waiting = 0;
	return pending;
}

static bool plug(struct usbip *usbip, unsigned int port, enum half half)
{
	int r = -1;

	if (usbip_init(usbip))
		r = usbip_plug(usbip, half == HALF_SUPER ? port + ROOT_PORTS : port,
			       half == HALF_SUPER ? USBIP_SUPER : USBIP_HIGH);
	if (r < 0)
		fprintf(stderr, "hub: nothing can be plugged in at %u: %s\n", port, strerror(-r));
	return r == 0;
}

static bool plug_all(struct hub *hub, unsigned int port, bool both)
{
	unsigned int first = port - port % CONTROLLER_PORTS;
	bool good = true;

	for (size_t i = 0; i < hub->child_count && good; i++) {
		struct child *child = &hub->children[i];

		good = plug(&child->usbip, first + child->port - 1, child->half);
	}
	for (int half = 0; half < HALVES && good; half++) {
		hub->sides[half] =
			(struct side){ .hub = hub, .half = (enum half)half, .usbip = { .fd = -1 } };
		if (half == HALF_HIGH || both)
			good = plug(&hub->sides[half].usbip, port, (enum half)half);
	}
	for (size_t i = 0; i < hub->child_count; i++)
		hub->sides[hub->children[i].half].ports[hub->children[i].port].device = true;
	return good;
}

/* Until the kernel hangs up on a half of the hub. */
static void serve(struct hub *hub)
{
	struct pollfd files[HALVES + CHILDREN_MAX];
	int wait_ms[HALVES];
	bool good = true;

	while (good) {
		for (int i = 0; i < HALVES; i++)
			files[i] = (struct pollfd){ hub->sides[i].usbip.fd, POLLIN, 0 };
		for (size_t i = 0; i < hub->child_count; i++)
			files[HALVES + i] = (struct pollfd){ hub->children[i].usbip.fd, POLLIN, 0 };
		wait_ms[0] = look_at_ports(&hub->sides[HALF_HIGH]);
		wait_ms[1] = look_at_ports(&hub->sides[HALF_SUPER]);
		if (wait_ms[0] < 0 || (wait_ms[1] >= 0 && wait_ms[1] < wait_ms[0]))
			wait_ms[0] = wait_ms[1];
		if (poll(files, HALVES + hub->child_count, wait_ms[0]) < 0)
			return;
		for (int i = 0; i < HALVES && good; i++)
			if (files[i].revents)
				good = usbip_read(&hub->sides[i].usbip,
						  &(struct usbip_events){ .ctx = &hub->sides[i],
									  .submit = side_submit,
									  .unlink = side_unlink });
		for (size_t i = 0; i < hub->child_count; i++)
			if (files[HALVES + i].revents &&
			    !usbip_read(&hub->children[i].usbip,
					&(struct usbip_events){ .ctx = &hub->children[i],
								.submit = child_submit,
								.unlink = child_unlink }))
				usbip_unplug(&hub->children[i].usbip);
	}
}

static bool add_child(struct hub *hub, const char *word)
{
	char *after;
	unsigned long port = strtoul(word, &after, 10);

	if (port < 1 || port > hub->ports || hub->child_count == CHILDREN_MAX)
		return false;
	hub->children[hub->child_count++] = (struct child){
		.hub = hub,
		.half = *after == 's' ? HALF_SUPER : HALF_HIGH,
		.port = (unsigned int)port,
	};
	return true;
}

int main(int argc, char **argv)
{
	static const char *const ways[] = { "ganged", "each", "none" };
	static struct hub hub;
	int way = 0;
	bool good = argc >= 5;

	while (good && way < 3 && strcmp(argv[2], ways[way]) != 0)
		way++;
	hub.switching = (enum switching)way;
	hub.ports = good ? (unsigned int)strtoul(argv[3], NULL, 10) : 0;
	good = good && way < 3 && hub.ports >= 1 && hub.ports <= PORTS_MAX;
	for (int i = 5; i < argc && good; i++)
		good = add_child(&hub, argv[i]);
	if (!good) {
		fprintf(stderr, "usage: hub PORT each|ganged|none PORTS high|both [DEVICE]...\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!plug_all(&hub, (unsigned int)strtoul(argv[1], NULL, 10), strcmp(argv[4], "both") == 0))
		return 1;
	serve(&hub);
	return 0;
}
