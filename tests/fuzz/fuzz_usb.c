/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hubs and the kernel say: the first byte chooses whose words the others are. */
#include "bench/linux/usb_events.h"
#include "bench/linux/usb_hub.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hub_descriptor(const uint8_t *data, size_t size)
{
	struct usb_hub_descriptor descriptor;

	if (!usb_hub_parse(data, size, &descriptor))
		return;
	assert(descriptor.ports > 0 && descriptor.ports <= USB_HUB_PORTS_MAX);
	assert(descriptor.switching != HUB_SWITCHING_UNKNOWN);
}

static void port_path(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	char hub[USB_PORT_MAX];
	unsigned int port = 0;

	if (!text)
		return;
	if (usb_hub_of_port(text, hub, &port)) {
		assert(usb_port_is_valid(text));
		assert(port > 0 && port <= USB_HUB_PORTS_MAX);
		assert(strncmp(hub, "usb", 3) == 0 || usb_port_is_valid(hub));
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool seen;

	if (size == 0)
		return 0;
	switch (data[0] % 3) {
	case 0: hub_descriptor(data + 1, size - 1); break;
	case 1:
		seen = usb_events_is_usb((const char *)data + 1, size - 1);
		assert(!seen || memmem(data + 1, size - 1, "SUBSYSTEM=usb", 14));
		break;
	default: port_path(data + 1, size - 1); break;
	}
	return 0;
}
