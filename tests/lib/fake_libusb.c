/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/fake_libusb.h"

#include <errno.h>
#include <libusb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct libusb_context {
	int fd;
};

static struct fake_libusb fake;
static struct libusb_transfer *flying;
static bool cancelled;
static struct libusb_context *flying_context;
/* What the kernel is supposed to hold for ever: left to it, not leaked. */
static const void *volatile kept_by_kernel[2];
static libusb_pollfd_added_cb on_added;
static libusb_pollfd_removed_cb on_removed;
static void *on_ctx;

struct fake_libusb *fake_libusb(void)
{
	memset(&fake, 0, sizeof(fake));
	flying = NULL;
	cancelled = false;
	return &fake;
}

static void note(const char *fmt, ...)
{
	size_t used = strlen(fake.log);
	va_list args;

	va_start(args, fmt);
	vsnprintf(fake.log + used, sizeof(fake.log) - used, fmt, args);
	va_end(args);
}

int LIBUSB_CALL libusb_set_option(libusb_context *ctx, enum libusb_option option, ...)
{
	(void)ctx;
	return option == LIBUSB_OPTION_NO_DEVICE_DISCOVERY ? 0 : LIBUSB_ERROR_INVALID_PARAM;
}

int LIBUSB_CALL libusb_init(libusb_context **ctx)
{
	if (fake.init_code)
		return fake.init_code;
	*ctx = calloc(1, sizeof(**ctx));
	(*ctx)->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	fake.context_count++;
	return 0;
}

void LIBUSB_CALL libusb_exit(libusb_context *ctx)
{
	close(ctx->fd);
	free(ctx);
	fake.context_count--;
}

void LIBUSB_CALL libusb_set_pollfd_notifiers(libusb_context *ctx, libusb_pollfd_added_cb added,
					     libusb_pollfd_removed_cb removed, void *user_data)
{
	(void)ctx;
	on_added = added;
	on_removed = removed;
	on_ctx = user_data;
}

const struct libusb_pollfd **LIBUSB_CALL libusb_get_pollfds(libusb_context *ctx)
{
	struct {
		const struct libusb_pollfd *list[2];
		struct libusb_pollfd one;
	} *files = calloc(1, sizeof(*files));

	files->one.fd = ctx->fd;
	files->one.events = 1; /* POLLIN */
	files->list[0] = &files->one;
	return files->list;
}

void LIBUSB_CALL libusb_free_pollfds(const struct libusb_pollfd **pollfds)
{
	union {
		const struct libusb_pollfd **list;
		void *memory;
	} files = { .list = pollfds };

	free(files.memory);
}

const char *LIBUSB_CALL libusb_strerror(int errcode)
{
	return errcode == LIBUSB_ERROR_ACCESS ? "access denied" : "something failed";
}

int LIBUSB_CALL libusb_wrap_sys_device(libusb_context *ctx, intptr_t sys_dev,
				       libusb_device_handle **dev_handle)
{
	note("wrap ");
	if (fake.wrap_code)
		return fake.wrap_code;
	(void)sys_dev;
	*dev_handle = calloc(1, 1);
	flying_context = ctx;
	fake.open_count++;
	return 0;
}

void LIBUSB_CALL libusb_close(libusb_device_handle *dev_handle)
{
	note("close ");
	free(dev_handle);
	fake.open_count--;
}

int LIBUSB_CALL libusb_claim_interface(libusb_device_handle *dev_handle, int interface_number)
{
	(void)dev_handle;
	note("claim%d ", interface_number);
	return interface_number < 4 && fake.driver[interface_number] ? LIBUSB_ERROR_BUSY
								     : fake.claim_code;
}

int LIBUSB_CALL libusb_release_interface(libusb_device_handle *dev_handle, int interface_number)
{
	(void)dev_handle;
	note("release%d ", interface_number);
	return 0;
}

int LIBUSB_CALL libusb_kernel_driver_active(libusb_device_handle *dev_handle, int interface_number)
{
	(void)dev_handle;
	return interface_number < 4 && fake.driver[interface_number];
}

int LIBUSB_CALL libusb_detach_kernel_driver(libusb_device_handle *dev_handle, int interface_number)
{
	(void)dev_handle;
	note("detach%d ", interface_number);
	if (fake.detach_code == 0)
		fake.driver[interface_number] = false;
	return fake.detach_code;
}

int LIBUSB_CALL libusb_attach_kernel_driver(libusb_device_handle *dev_handle, int interface_number)
{
	(void)dev_handle;
	note("attach%d ", interface_number);
	if (fake.attach_code == 0)
		fake.driver[interface_number] = true;
	return fake.attach_code;
}

int LIBUSB_CALL libusb_set_configuration(libusb_device_handle *dev_handle, int configuration)
{
	(void)dev_handle;
	note("configuration%d ", configuration);
	errno = fake.hidden_errno;
	return fake.set_configuration_code;
}

int LIBUSB_CALL libusb_set_interface_alt_setting(libusb_device_handle *dev_handle,
						 int interface_number, int alternate_setting)
{
	(void)dev_handle;
	note("setting%d.%d ", interface_number, alternate_setting);
	errno = fake.hidden_errno;
	return fake.set_interface_code;
}

int LIBUSB_CALL libusb_clear_halt(libusb_device_handle *dev_handle, unsigned char endpoint)
{
	(void)dev_handle;
	note("halt%02x ", endpoint);
	errno = fake.hidden_errno;
	return fake.clear_halt_code;
}

libusb_device *LIBUSB_CALL libusb_get_device(libusb_device_handle *dev_handle)
{
	union {
		libusb_device_handle *handle;
		libusb_device *device;
	} same = { .handle = dev_handle };

	return same.device;
}

/* Interface 1 has the endpoints 0x81 and 0x01. */
int LIBUSB_CALL libusb_get_active_config_descriptor(libusb_device *dev,
						    struct libusb_config_descriptor **config)
{
	static const struct libusb_endpoint_descriptor endpoints[] = {
		{ .bEndpointAddress = 0x81 },
		{ .bEndpointAddress = 0x01 },
	};
	static const struct libusb_interface_descriptor settings[] = {
		{ .bInterfaceNumber = 0 },
		{ .bInterfaceNumber = 1, .bNumEndpoints = 2, .endpoint = endpoints },
	};
	static const struct libusb_interface interfaces[] = {
		{ .altsetting = &settings[0], .num_altsetting = 1 },
		{ .altsetting = &settings[1], .num_altsetting = 1 },
	};
	static struct libusb_config_descriptor descriptor = { .bNumInterfaces = 2,
							      .interface = interfaces };

	(void)dev;
	*config = &descriptor;
	return 0;
}

void LIBUSB_CALL libusb_free_config_descriptor(struct libusb_config_descriptor *config)
{
	(void)config;
}

struct libusb_transfer *LIBUSB_CALL libusb_alloc_transfer(int iso_packets)
{
	(void)iso_packets;
	fake.transfer_count++;
	return calloc(1, sizeof(struct libusb_transfer));
}

void LIBUSB_CALL libusb_free_transfer(struct libusb_transfer *transfer)
{
	fake.transfer_count--;
	free(transfer);
}

int LIBUSB_CALL libusb_submit_transfer(struct libusb_transfer *transfer)
{
	const struct libusb_control_setup *setup = libusb_control_transfer_get_setup(transfer);
	uint16_t length = libusb_le16_to_cpu(setup->wLength);
	uint64_t one = 1;

	note("submit%02x.%02x ", setup->bmRequestType, setup->bRequest);
	if (fake.submit_code)
		return fake.submit_code;
	memcpy(fake.setup, transfer->buffer, sizeof(fake.setup));
	if (!(setup->bmRequestType & LIBUSB_ENDPOINT_IN))
		memcpy(fake.sent, transfer->buffer + sizeof(fake.setup), length);
	flying = transfer;
	cancelled = false;
	if (fake.course == FAKE_ENDS && flying_context)
		return write(flying_context->fd, &one, sizeof(one)) == sizeof(one) ? 0 : FAKE_IO;
	return 0;
}

int LIBUSB_CALL libusb_cancel_transfer(struct libusb_transfer *transfer)
{
	note("cancel ");
	cancelled = true;
	if (fake.course == FAKE_NEVER) {
		kept_by_kernel[0] = transfer;
		kept_by_kernel[1] = flying_context;
	}
	return fake.cancel_code;
}

static void land(void)
{
	struct libusb_transfer *transfer = flying;
	bool completed = fake.course != FAKE_HANGS;

	flying = NULL;
	transfer->status =
		completed ? (enum libusb_transfer_status)fake.status : LIBUSB_TRANSFER_CANCELLED;
	transfer->actual_length = completed ? fake.actual_length : 0;
	if (transfer->buffer[0] & LIBUSB_ENDPOINT_IN && transfer->actual_length > 0)
		memcpy(transfer->buffer + sizeof(fake.setup), fake.bytes,
		       (size_t)transfer->actual_length);
	transfer->callback(transfer);
}

int LIBUSB_CALL libusb_handle_events_timeout_completed(libusb_context *ctx, struct timeval *tv,
						       int *completed)
{
	uint64_t count;

	(void)completed;
	if (fake.events_code)
		return fake.events_code;
	if (read(ctx->fd, &count, sizeof(count)) < 0)
		errno = 0;
	if (flying && (fake.course == FAKE_ENDS || (cancelled && fake.course != FAKE_NEVER)))
		land();
	else if (tv->tv_usec > 0)
		usleep((useconds_t)tv->tv_usec);
	return 0;
}

int LIBUSB_CALL libusb_control_transfer(libusb_device_handle *dev_handle, uint8_t request_type,
					uint8_t request, uint16_t value, uint16_t index,
					unsigned char *data, uint16_t length, unsigned int timeout)
{
	const uint8_t setup[8] = { request_type,    request,
				   (uint8_t)value,  (uint8_t)(value >> 8),
				   (uint8_t)index,  (uint8_t)(index >> 8),
				   (uint8_t)length, (uint8_t)(length >> 8) };

	(void)dev_handle;
	(void)timeout;
	note("ask%02x.%02x.%u.%u ", request_type, request, value, index);
	return fake.control(fake.control_ctx, setup, data);
}
