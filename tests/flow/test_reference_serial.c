/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reference system as a serial port on the USB: magic speeds, the console there, modules by
 * YMODEM with the receiver's quirks, Wi-Fi credentials, and a module staged by DFU.
 */
#include "base/macros.h"
#include "lib/firmware.h"
#include "lib/testing.h"
#include "lib/ymodem.h"

#include <string.h>

enum {
	ARRIVE_MS = 1000,
	ANSWER_MS = 30,
	RESET_MS = 2500, /* a second of goodbye, and a boot that copies a small module */
	ERASE_MS = 1200,
	BAUD_DFU = 14400,
	BAUD_LISTENING = 28800,
	STAGING = 0x080c0000,
	TABLE = 0x08004000,
	TABLE_BYTES = 0x8000,
};

/* What is sent, out of release reference-robust-1.1-p1. */
struct file {
	struct release release;
	const struct image *image;
};

static void open_file(struct file *file, const char *module)
{
	ck_assert(firmware_release("reference-robust-1.1-p1", &file->release));
	file->image = &file->release.modules[release_find_module(&file->release, module)].image;
}

static bool holds(struct usb_port *port, const struct image *image)
{
	AUTO_FREE uint8_t *there = malloc(image->len);

	ck_assert_ptr_nonnull(there);
	ck_assert(vboard_flash_read(port->vb, image->header.start, there, image->len));
	return memcmp(there, image->bytes, image->len) == 0;
}

static struct usb_port *running(const char *release)
{
	struct usb_port *port = usb_port_new(release);

	usb_port_boot(port, 0);
	ck_assert(usb_port_wait_for(port, USB_PORT_SERIAL, ARRIVE_MS));
	return port;
}

static struct usb_port *listening(const char *release)
{
	struct usb_port *port = running(release);

	usb_port_set_baud(port, BAUD_LISTENING);
	return port;
}

static const char *ask(struct usb_port *port, const char *keys)
{
	ck_assert(usb_port_write(port, keys, strlen(keys)));
	return usb_port_read(port, NULL, ANSWER_MS);
}

/* 'f', its answer, and the file's name; the erase is over. */
static void begin_file(struct usb_port *port, const char *name, size_t bytes)
{
	ck_assert_str_eq(ask(port, "f"),
			 "Waiting for the binary file to be sent ... (press 'a' to abort)\r\n");
	ymodem_header(port, name, bytes);
	ck_assert_str_eq(ymodem_expect(port, YMODEM_OK, ERASE_MS), "\006C");
}

START_TEST(is_a_serial_port)
{
	struct slot_usb_setup get = { 0xa1, 0x21, 0, 0, 7 };
	struct usb_port *port = running("robust-1.0");
	struct slot_usb_device device;
	enum slot_usb_result result;
	uint8_t coding[8];
	uint16_t len = 0;

	ck_assert(slot_usb_device(&port->slot, &device));
	ck_assert_uint_eq(device.release, 0x0250);
	ck_assert_str_eq(device.serial, "30002f000f47343334353136");
	usb_port_set_baud(port, 115200);
	ck_assert_int_eq(slot_usb_control(&port->slot, &get, coding, 1000000, &len, &result, NULL),
			 0);
	ck_assert_int_eq(result, SLOT_USB_DONE);
	ck_assert_mem_eq(coding, "\0\302\1\0\0\0\10", 7);
	/* any other speed does nothing, and nobody answers */
	ck_assert_str_eq(ask(port, "v"), "");
	ck_assert(!strstr(port->line, "listening"));
	usb_port_free(port);
}
END_TEST

START_TEST(listens_at_28800)
{
	struct usb_port *port = listening("robust-1.0");
	const char *text;

	ck_assert_str_eq(ask(port, "v"), "system firmware version: 1.0.0\n\r\n");
	ck_assert(strstr(port->line, "listening\r\n"));
	text = ask(port, "s"); /* many packets, of which one may be full */
	ck_assert_int_eq(strncmp(text, "{\"p\":8,\"m\":[{\"s\":16384,", 23), 0);
	ck_assert_str_eq(text + port->text_len - 4, "]}\r\n");
	usb_port_set_baud(port, 9600); /* it stays */
	ck_assert_str_eq(ask(port, "c"), "Device claimed: no\r\n");
	ck_assert_str_eq(ask(port, "x"), "");
	ck_assert_str_eq(ask(port, "v"), "");
	usb_port_free(port);
}
END_TEST

/* From the application and from listening; the reset after that is an ordinary one. */
START_TEST(dfu_at_14400)
{
	struct usb_port *port = _i ? listening("robust-1.0") : running("robust-1.0");

	usb_port_set_baud(port, BAUD_DFU);
	ck_assert(usb_port_wait_for(port, USB_PORT_DFU, ARRIVE_MS));
	usb_port_off(port);
	usb_port_boot(port, 0);
	ck_assert(usb_port_wait_for(port, USB_PORT_SERIAL, ARRIVE_MS));
	ck_assert(strstr(port->line, "application 1.0"));
	usb_port_free(port);
}
END_TEST

static const struct good {
	const char *release;
	const char *module;
	size_t block_bytes;
	const char *said; /* after the restart */
} goods[] = {
	{ "robust-1.0", "user", 128, "application 1.1" },
	{ "robust-1.0", "system-part1", 1024, "system-part1 101, checked 30, passed 30" },
	{ "era-b-1.0", "user", 1024, "application 1.1" },
	{ "era-c-1.0", "user", 128, "application 1.1" },
	{ "era-c-1.0", "bootloader", 1024, "bootloader 2000, checked 30, passed 30" },
};

START_TEST(module_is_applied)
{
	struct file file;
	struct usb_port *port = listening(goods[_i].release);
	const char *text;

	open_file(&file, goods[_i].module);
	begin_file(port, "binary", file.image->len);
	ymodem_file(port, file.image->bytes, file.image->len, goods[_i].block_bytes);
	ymodem_header(port, NULL, 0);
	text = ymodem_expect(port, YMODEM_OK, ERASE_MS);
	ck_assert_msg(strstr(text, "\r\nDownloaded file successfully!\r\nName: binary\r\nSize: "),
		      "%s", text);
	ck_assert(strstr(text, "Restarting system to apply firmware update...\r\n"));
	usb_port_wait(port, RESET_MS);
	ck_assert(holds(port, file.image));
	ck_assert_msg(strstr(port->line, "reset reason 70"), "%s", port->line);
	ck_assert_msg(strstr(port->line, goods[_i].said), "%s", port->line);
	release_release(&file.release);
	usb_port_free(port);
}
END_TEST

/* Before 0.6.1: acknowledged at once, and restarted whatever it was. */
START_TEST(old_receiver_restarts_anyway)
{
	struct usb_port *port = listening("era-a-1.0");
	uint8_t junk[200];

	memset(junk, 0x55, sizeof(junk));
	begin_file(port, "binary", sizeof(junk));
	ymodem_file(port, junk, sizeof(junk), 128);
	ymodem_header(port, NULL, 0);
	ck_assert(!strstr(ymodem_expect(port, YMODEM_OK, ANSWER_MS), "Downloaded"));
	usb_port_wait(port, RESET_MS);
	ck_assert_msg(strstr(port->line, "reset reason 70"), "%s", port->line);
	ck_assert(strstr(strstr(port->line, "reset reason 70"), "application 1.0"));
	usb_port_free(port);
}
END_TEST

static const struct bad {
	const char *module; /* NULL: no module at all */
	size_t bytes;	    /* of what is none */
	size_t damaged;	    /* byte that is changed, 0 for none */
	const char *answer;
} bads[] = {
	{ NULL, 100, 0, "\030\030Validation failed: -1300\r\n" },
	{ NULL, 35000, 0, "\030\030Validation failed: -1300\r\n" },
	{ "user", 0, 70, "\030\030Validation failed: -1330\r\n" },
	{ "system-part2", 0, 0, "\030\030Validation failed: -1340\r\n" }, /* needs its part 1 */
};

START_TEST(module_is_refused)
{
	struct file file;
	struct usb_port *port = listening("robust-1.0");
	AUTO_FREE uint8_t *bytes = NULL;
	size_t len;

	open_file(&file, bads[_i].module ? bads[_i].module : "user");
	len = bads[_i].module ? file.image->len : bads[_i].bytes;
	bytes = calloc(1, len);
	ck_assert_ptr_nonnull(bytes);
	if (bads[_i].module)
		memcpy(bytes, file.image->bytes, len);
	if (bads[_i].damaged)
		bytes[bads[_i].damaged] ^= 1;
	begin_file(port, "binary", len);
	ymodem_file(port, bytes, len, 128); /* numbers of blocks begin anew after 255 */
	ymodem_header(port, NULL, 0);
	ck_assert_str_eq(ymodem_expect(port, YMODEM_STOP, ANSWER_MS), bads[_i].answer);
	/* it listens still, and nothing is pending */
	ck_assert_str_eq(ask(port, "c"), "Device claimed: no\r\n");
	usb_port_off(port);
	usb_port_boot(port, 0);
	usb_port_wait(port, ARRIVE_MS);
	ck_assert(strstr(port->line, "application 1.0"));
	release_release(&file.release);
	usb_port_free(port);
}
END_TEST

START_TEST(block_sent_again_is_refused_too)
{
	static const uint8_t data[128] = { 1 };
	struct usb_port *port = listening("robust-1.0");

	begin_file(port, "binary", 1000);
	ymodem_block(port, 1, data, sizeof(data), 128);
	ymodem_expect(port, YMODEM_OK, ANSWER_MS);
	ymodem_block(port, 1, data, sizeof(data), 128); /* as if the ACK had been lost */
	ymodem_expect(port, YMODEM_NO, ANSWER_MS);
	ymodem_block(port, 3, data, sizeof(data), 128);
	ymodem_expect(port, YMODEM_NO, ANSWER_MS);
	ymodem_block(port, 2, data, sizeof(data), 128);
	ymodem_expect(port, YMODEM_OK, ANSWER_MS);
	ck_assert_str_eq(ask(port, "a"), "\030\030Aborted by user.\r\n");
	ck_assert_str_eq(ask(port, "c"), "Device claimed: no\r\n");
	usb_port_free(port);
}
END_TEST

START_TEST(silence_is_asked_and_given_up)
{
	struct usb_port *port = listening("robust-1.0");
	const char *text;

	ask(port, "f");
	text = usb_port_read(port, NULL, 5200);
	ck_assert_msg(strcmp(text, "CCCCCC\030\030Failed to receive the file!\r\n") == 0, "%s",
		      text);
	usb_port_free(port);
}
END_TEST

START_TEST(file_that_has_no_room)
{
	struct usb_port *port = listening("robust-1.0");

	ask(port, "f");
	ymodem_header(port, "binary", 0x40001);
	ck_assert_str_eq(ymodem_expect(port, YMODEM_STOP, ANSWER_MS),
			 "\030\030The file size is higher than the allowed space memory!\r\n");
	/* and one that begins without 'f', by the block itself */
	ymodem_header(port, "binary", 0x20000);
	ck_assert_str_eq(ymodem_expect(port, YMODEM_OK, ERASE_MS), "\006C");
	ck_assert_str_eq(ask(port, "A"), "\030\030Aborted by user.\r\n");
	usb_port_free(port);
}
END_TEST

/* The console does not care which line it is on: a file over USART1. */
START_TEST(file_over_the_serial_line)
{
	struct usb_port *port = listening("robust-1.0");
	uint8_t block[133] = { 1, 0, 0xff, 'n', 0, '9', '9', '9', ' ' };

	ck_assert_uint_eq(vboard_serial_send(port->vb, 1, "f", 1), 1);
	usb_port_wait(port, ANSWER_MS);
	ck_assert(strstr(port->line, "Waiting for the binary file"));
	ck_assert_uint_eq(vboard_serial_send(port->vb, 1, block, sizeof(block)), sizeof(block));
	usb_port_wait(port, ERASE_MS);
	ck_assert_str_eq(port->line + port->line_len - 2, "\006C");
	block[1] = 1;
	block[2] = 0xfe;
	ck_assert_uint_eq(vboard_serial_send(port->vb, 1, block, sizeof(block)), sizeof(block));
	usb_port_wait(port, ANSWER_MS);
	ck_assert_str_eq(port->line + port->line_len - 3, "\006C\006");
	usb_port_free(port);
}
END_TEST

static bool table_has(struct usb_port *port, const char *text)
{
	AUTO_FREE uint8_t *bytes = malloc(TABLE_BYTES);

	ck_assert_ptr_nonnull(bytes);
	ck_assert(vboard_flash_read(port->vb, TABLE, bytes, TABLE_BYTES));
	return memmem(bytes, TABLE_BYTES, text, strlen(text)) != NULL;
}

START_TEST(credentials_are_asked_for)
{
	struct usb_port *port = listening("robust-1.0");

	ck_assert_str_eq(ask(port, "w"), "SSID: ");
	ck_assert_str_eq(ask(port, "\r"), "\r\nSSID: ");
	ck_assert_str_eq(ask(port, "my netx\b\r"),
			 "my netx\b \b\r\nSecurity 0=unsecured, 1=WEP, 2=WPA, 3=WPA2: ");
	ck_assert_str_eq(ask(port, "7"), "7\r\nSecurity 0=unsecured, 1=WEP, 2=WPA, 3=WPA2: ");
	ck_assert_str_eq(ask(port, "3"), "3\r\nSecurity Cipher 1=AES, 2=TKIP, 3=AES+TKIP: ");
	ck_assert_str_eq(ask(port, "1"), "1\r\nPassword: ");
	ck_assert(usb_port_write(port, "secret word\n", 12));
	ck_assert(strstr(usb_port_read(port, NULL, ERASE_MS), "Awesome. Now we'll connect!"));
	ck_assert(table_has(port, "my net"));
	ck_assert(!table_has(port, "my netx"));
	ck_assert(table_has(port, "secret word"));
	usb_port_free(port);
}
END_TEST

/* Written to the staging region by DFU, with the flag in the table: the system applies it. */
START_TEST(module_staged_by_dfu)
{
	static const uint8_t flag = 0xa5;
	struct file file;
	struct usb_port *port = usb_port_new("robust-1.0");
	enum dfu_result result;
	struct dfu dfu;

	open_file(&file, "user");
	usb_port_boot(port, 3500);
	ck_assert(usb_port_wait_for(port, USB_PORT_DFU, ARRIVE_MS));
	usb_port_dfu(port, &dfu);
	ck_assert_int_eq(
		dfu_write(&dfu, STAGING, file.image->bytes, file.image->len, &result, NULL), 0);
	ck_assert_int_eq(result, DFU_GOOD);
	ck_assert_int_eq(dfu_select(&dfu, 1, &result, NULL), 0);
	ck_assert_int_eq(dfu_write(&dfu, 1753, &flag, 1, &result, NULL), 0);
	ck_assert_msg(result == DFU_GOOD, "%s", dfu.text);
	usb_port_off(port);
	usb_port_boot(port, 0);
	usb_port_wait(port, 4000);
	ck_assert_msg(strstr(port->line, "reset reason 70"), "%s", port->line);
	ck_assert(strstr(port->line, "application 1.1"));
	ck_assert(holds(port, file.image));
	release_release(&file.release);
	usb_port_free(port);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reference firmware: serial port on the USB");
	TCase *tcase = tcase_create("serial");

	tcase_set_timeout(tcase, 240);
	tcase_add_test(tcase, is_a_serial_port);
	tcase_add_test(tcase, listens_at_28800);
	tcase_add_loop_test(tcase, dfu_at_14400, 0, 2);
	tcase_add_loop_test(tcase, module_is_applied, 0, ARRAY_LEN(goods));
	tcase_add_test(tcase, old_receiver_restarts_anyway);
	tcase_add_loop_test(tcase, module_is_refused, 0, ARRAY_LEN(bads));
	tcase_add_test(tcase, block_sent_again_is_refused_too);
	tcase_add_test(tcase, silence_is_asked_and_given_up);
	tcase_add_test(tcase, file_that_has_no_room);
	tcase_add_test(tcase, file_over_the_serial_line);
	tcase_add_test(tcase, credentials_are_asked_for);
	tcase_add_test(tcase, module_staged_by_dfu);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
