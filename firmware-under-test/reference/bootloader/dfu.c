/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DFU mode: a device of the DFU class (USB DFU 1.1) with ST's commands (DfuSe, UM0424 and AN3156),
 * as Particle's bootloader is one (facts 6). A download is taken into RAM first; the work is done
 * after the GETSTATUS that begins it has been answered, and meanwhile nobody else is.
 *
 * This is the way that is left when nothing else works: it needs no system, and checks nothing of
 * what it is given.
 */
#include "reference/bootloader/bootloader.h"
#include "reference/bootloader/dfu_memory.h"
#include "reference/common/backup.h"
#include "reference/common/layout.h"
#include "reference/common/usb.h"

enum dfu_requests {
	DFU_DETACH = 0,
	DFU_DNLOAD = 1,
	DFU_UPLOAD = 2,
	DFU_GETSTATUS = 3,
	DFU_CLRSTATUS = 4,
	DFU_GETSTATE = 5,
	DFU_ABORT = 6,
	VENDOR_MICROSOFT = 0xee, /* what the string below names */
	MICROSOFT_STRING = 0xee,
	MICROSOFT_COMPATIBLE_ID = 4,
};

enum dfu_request_types { TYPE_TO_INTERFACE = 0x21, TYPE_FROM_INTERFACE = 0xa1 };

enum dfu_states {
	STATE_IDLE = 2,
	STATE_DNLOAD_SYNC = 3,
	STATE_DNLOAD_BUSY = 4,
	STATE_DNLOAD_IDLE = 5,
	STATE_UPLOAD_IDLE = 9,
	STATE_ERROR = 10,
};

enum dfu_statuses {
	STATUS_OK = 0,
	STATUS_TARGET = 1, /* the address is not for this */
	STATUS_VERIFY = 7, /* programmed, and reads differently */
	STATUS_UNKNOWN = 14,
	STATUS_STALLED = 15, /* a request that does not belong here */
};

enum dfu_commands { COMMAND_SET_ADDRESS = 0x21, COMMAND_ERASE = 0x41, COMMAND_BYTES = 5 };

enum dfu_facts {
	BLOCK_COMMAND = 0,
	BLOCK_FIRST = 2,
	TRANSFER_BYTES = LAYOUT_DFU_BUFFER_BYTES,
	STATUS_BYTES = 6,
	LEAVE_MS = 500,
	CONFIGURATION_BYTES = 9 + DFU_MEMORIES * 9 + 9,
	STRING_LAYOUT = 4, /* of the first memory */
};

#define BUFFER ((uint8_t *)LAYOUT_DFU_BUFFER)

static const uint8_t device_descriptor[] = {
	18,   1,    0x00, 0x02, 0, 0, 0, USB_PACKET_BYTES,
	0x04, 0x2b, 0x08, 0xd0, /* Particle, P1 in DFU mode */
	0x50, 0x02, 1,	  2,	3, 1,
};

#define MEMORY(number) 9, 4, 0, (number), 0, 0xfe, 1, 2, STRING_LAYOUT + (number)

static const uint8_t configuration[] = {
	/* bus powered, 100 mA */
	9,
	2,
	CONFIGURATION_BYTES,
	0,
	1,
	1,
	0,
	0xc0,
	50,
	/* an alternate setting for each memory */
	MEMORY(0),
	MEMORY(1),
	/* downloads, uploads, detaches by itself; 255 ms; blocks of 4096 bytes; DfuSe */
	9,
	0x21,
	0x0b,
	255,
	0,
	TRANSFER_BYTES & 0xff,
	TRANSFER_BYTES >> 8,
	0x1a,
	0x01,
};

_Static_assert(sizeof(configuration) == CONFIGURATION_BYTES, "its length is in it");

/*
 * Both layouts say what Particle's say, which is more than is true: below 0x08020000 nothing can be
 * written, and the table ends long before its bank.
 */
static const char *const strings[] = {
	"Particle",
	"P1 DFU Mode",
	NULL, /* the chip's id */
	"@Internal Flash   /0x08000000/03*016Ka,01*016Kg,01*064Kg,07*128Kg",
	"@DCT Flash   /0x00000000/01*016Kg",
};

/* By these Windows finds a driver without being given one (Microsoft OS descriptors 1.0). */
static const uint8_t microsoft_string[] = {
	18, USB_DESCRIPTOR_STRING, 'M', 0, 'S', 0, 'F', 0, 'T', 0, '1', 0, '0', 0, '0',
	0,  VENDOR_MICROSOFT,	   0,
};
static const uint8_t microsoft_compatible_id[40] = {
	40,  0,	  0,   0,   0x00, 0x01, MICROSOFT_COMPATIBLE_ID, 0, 1, [16] = 0, 1,
	'W', 'I', 'N', 'U', 'S',  'B',
};

static struct {
	uint8_t state;
	uint8_t status;
	uint8_t memory; /* the alternate setting */
	uint16_t block;
	uint16_t bytes;
	uint32_t address;
	uint8_t answer[STATUS_BYTES];
	bool is_busy;	      /* work begins when the host has been told */
	volatile bool leaves; /* the host has said so, and was answered */
	volatile uint32_t leaves_from_ms;
} dfu;

static struct usb_reply refuse(void)
{
	dfu.state = STATE_ERROR;
	dfu.status = STATUS_STALLED;
	dfu.is_busy = false;
	return (struct usb_reply){ .kind = USB_REFUSE };
}

static struct usb_reply accept(void)
{
	return (struct usb_reply){ .kind = USB_ACCEPT };
}

static struct usb_reply become_idle(void)
{
	dfu.state = STATE_IDLE;
	dfu.status = STATUS_OK;
	dfu.is_busy = false;
	return accept();
}

/* Nothing to download is how a host says that it is done. */
static struct usb_reply download(const struct usb_setup *setup)
{
	if ((dfu.state != STATE_IDLE && dfu.state != STATE_DNLOAD_IDLE) ||
	    setup->length > TRANSFER_BYTES)
		return refuse();
	dfu.block = setup->value;
	dfu.bytes = setup->length;
	if (dfu.bytes == 0)
		return accept();
	for (uint32_t i = dfu.bytes; i % 4 != 0; i++)
		BUFFER[i] = 0xff;
	return (struct usb_reply){ USB_RECEIVE, BUFFER, dfu.bytes };
}

static uint32_t block_address(void)
{
	return dfu.address + (uint32_t)(dfu.block - BLOCK_FIRST) * TRANSFER_BYTES;
}

static struct usb_reply upload(const struct usb_setup *setup)
{
	static const uint8_t commands[] = { 0, COMMAND_SET_ADDRESS, COMMAND_ERASE };

	if ((dfu.state != STATE_IDLE && dfu.state != STATE_UPLOAD_IDLE) ||
	    setup->length > TRANSFER_BYTES || setup->value == 1)
		return refuse();
	dfu.state = STATE_UPLOAD_IDLE;
	dfu.block = setup->value;
	if (dfu.block == BLOCK_COMMAND)
		return (struct usb_reply){ USB_SEND, commands, sizeof(commands) };
	return (struct usb_reply){
		USB_SEND,
		dfu_memory_read((enum dfu_memory)dfu.memory, block_address(), setup->length,
				BUFFER),
		setup->length,
	};
}

/* The state after a leave request is told as "idle": Particle's bootloaders do it so (facts 6). */
static struct usb_reply get_status(void)
{
	uint32_t poll_ms = 0;

	if (dfu.state == STATE_DNLOAD_SYNC && dfu.bytes > 0) {
		dfu.state = STATE_DNLOAD_BUSY;
		dfu.is_busy = true;
		poll_ms = dfu_memory_poll_ms((enum dfu_memory)dfu.memory);
	} else if (dfu.state == STATE_DNLOAD_SYNC) {
		dfu.state = STATE_DNLOAD_IDLE;
		dfu.leaves_from_ms = blink_now_ms();
		dfu.leaves = true;
	}
	dfu.answer[0] = dfu.status;
	dfu.answer[1] = (uint8_t)poll_ms;
	dfu.answer[2] = (uint8_t)(poll_ms >> 8);
	dfu.answer[4] = dfu.state;
	return (struct usb_reply){ USB_SEND, dfu.answer, STATUS_BYTES };
}

static struct usb_reply class_request(const struct usb_setup *setup)
{
	switch (setup->request) {
	case DFU_DETACH: return accept();
	case DFU_DNLOAD: return download(setup);
	case DFU_UPLOAD: return upload(setup);
	case DFU_GETSTATUS: return get_status();
	case DFU_CLRSTATUS:
	case DFU_ABORT: return become_idle();
	case DFU_GETSTATE: return (struct usb_reply){ USB_SEND, &dfu.state, 1 };
	default: return refuse();
	}
}

static struct usb_reply set_interface(const struct usb_setup *setup)
{
	if (setup->value >= DFU_MEMORIES)
		return (struct usb_reply){ .kind = USB_REFUSE };
	dfu.memory = (uint8_t)setup->value;
	return become_idle();
}

static struct usb_reply request(const struct usb_setup *setup)
{
	switch (setup->type & ~USB_TYPE_IN) {
	case TYPE_TO_INTERFACE: return class_request(setup);
	case 0x40:
		if (setup->request == VENDOR_MICROSOFT && setup->index == MICROSOFT_COMPATIBLE_ID)
			return (struct usb_reply){ USB_SEND, microsoft_compatible_id,
						   sizeof(microsoft_compatible_id) };
		break;
	case 0x01:
		if (setup->request == USB_SET_INTERFACE)
			return set_interface(setup);
		if (setup->request == USB_GET_INTERFACE)
			return (struct usb_reply){ USB_SEND, &dfu.memory, 1 };
		break;
	case 0x00:
		if (setup->request == USB_GET_DESCRIPTOR &&
		    setup->value == (USB_DESCRIPTOR_STRING << 8 | MICROSOFT_STRING))
			return (struct usb_reply){ USB_SEND, microsoft_string,
						   sizeof(microsoft_string) };
		break;
	default: break;
	}
	return (struct usb_reply){ .kind = USB_REFUSE };
}

static uint8_t command(void)
{
	uint32_t address = (uint32_t)BUFFER[1] | (uint32_t)BUFFER[2] << 8 |
			   (uint32_t)BUFFER[3] << 16 | (uint32_t)BUFFER[4] << 24;

	if (dfu.bytes != COMMAND_BYTES) /* among them: erase everything */
		return STATUS_TARGET;
	if (BUFFER[0] == COMMAND_SET_ADDRESS) {
		dfu.address = address;
		return STATUS_OK;
	}
	if (BUFFER[0] != COMMAND_ERASE)
		return STATUS_UNKNOWN;
	return dfu_memory_erase((enum dfu_memory)dfu.memory, address) == DFU_MEMORY_DONE
		       ? STATUS_OK
		       : STATUS_TARGET;
}

static uint8_t write_block(void)
{
	switch (dfu_memory_write((enum dfu_memory)dfu.memory, block_address(), BUFFER, dfu.bytes)) {
	case DFU_MEMORY_DONE: return STATUS_OK;
	case DFU_MEMORY_REFUSED: return STATUS_TARGET;
	case DFU_MEMORY_DIFFERENT: break;
	}
	return STATUS_VERIFY;
}

static void done(const struct usb_setup *setup)
{
	if (setup->type == TYPE_TO_INTERFACE && setup->request == DFU_DNLOAD)
		dfu.state = STATE_DNLOAD_SYNC; /* all of it is here */
	if (!dfu.is_busy || setup->type != TYPE_FROM_INTERFACE || setup->request != DFU_GETSTATUS)
		return;
	dfu.is_busy = false;
	if (dfu.block == BLOCK_COMMAND)
		dfu.status = command();
	else
		dfu.status = dfu.block < BLOCK_FIRST ? (uint8_t)STATUS_TARGET : write_block();
	dfu.state = dfu.status == STATUS_OK ? STATE_DNLOAD_IDLE : STATE_ERROR;
}

static const struct usb_device device = {
	.device_descriptor = device_descriptor,
	.configuration = configuration,
	.strings = strings,
	.string_count = sizeof(strings) / sizeof(strings[0]),
	.request = request,
	.done = done,
};

void dfu_run(void)
{
	blink_begin(LED_YELLOW, BLINK_HALF_NORMAL);
	dfu.state = STATE_IDLE;
	usb_prepare();
	blink_wait_ms(USB_PREPARED_MS);
	usb_start(&device);
	while (!dfu.leaves || blink_now_ms() - dfu.leaves_from_ms < LEAVE_MS)
		chip_sleep();
	backup_set(BACKUP_WATCHDOG, WATCHDOG_ON); /* what was written may not even start */
	chip_reset();
}
