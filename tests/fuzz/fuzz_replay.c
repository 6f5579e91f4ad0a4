/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as the record of a slot: every call is answered, or refused with a line of it. */
#include "bench/wrap/wrap.h"

#include <assert.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_led(void *ctx, int64_t t_us, int channel, bool high)
{
	(void)ctx;
	(void)t_us;
	(void)channel;
	(void)high;
}

/* Calls that need no more than their capability, each as often as the record goes on. */
static int play(const struct slot *slot, struct err *err)
{
	const struct slot_usb_setup setup = { 0x80, 6, 0x100, 0, 18 };
	enum slot_wait why = SLOT_WAIT_DEADLINE;
	enum slot_usb_result how = SLOT_USB_UNKNOWN;
	struct slot_usb_device device;
	uint8_t bytes[18];
	uint16_t len = 0;
	bool up = false;
	int r = slot_wait(slot, 1000, &why, err);

	if (r == 0 && slot_can(slot, SLOT_POWER))
		r = slot_power_set(slot, SLOT_POWER_ON, err);
	if (r == 0 && slot_can(slot, SLOT_RAIL))
		r = slot_rail_read(slot, &up, err);
	if (r == 0 && slot_can(slot, SLOT_USB))
		slot_usb_device(slot, &device);
	if (r == 0 && slot_can(slot, SLOT_USB))
		r = slot_usb_control(slot, &setup, bytes, 1000, &len, &how, err);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = ERR_INIT;
	struct slot slot;
	char path[64];
	int fd = memfd_create("record", 0);

	assert(fd >= 0);
	if (write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (wrap_replay(path, &slot, &err) < 0) {
		assert(err.kind == ERR_CONFIG && err.text[0] != '\0');
	} else {
		slot_listen(&slot, &(struct slot_listener){ .led = on_led });
		for (int i = 0; i < 8; i++)
			if (play(&slot, &err) < 0)
				assert(err.kind == ERR_RIG);
		slot_close(&slot);
	}
	close(fd);
	return 0;
}
