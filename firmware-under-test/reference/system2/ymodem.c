/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The receiver, with the quirks of Particle's, which hosts have come to know:
 *
 *   - the two bytes of CRC behind a block are read and not looked at;
 *   - a block that was sent again, because its ACK was lost, is out of sequence and answered NAK:
 *     the transfer does not recover;
 *   - the staging region is erased before block 0 is acknowledged: a second of silence each 128 KB;
 *   - the padding of the last block is written as well;
 *   - from 0.6.1 on the empty block that ends the session is acknowledged when the module has been
 *     found good, and cancelled when not; before, it is acknowledged and the device restarts.
 */
#include "reference/system2/ymodem.h"
#include "reference/common/defects.h"
#include "reference/system2/staged.h"

enum ymodem_limits {
	SHORT_BYTES = 128,
	LONG_BYTES = 1024,
	HEADER_BYTES = 2, /* sequence number and its complement, behind the first byte */
	CRC_BYTES = 2,
	SILENCE_MS = 5000,
	ERRORS_MAX = 5,
	NAME_MAX = 40,
	GOODBYE_MS = 1000,
	RESTART_MS = 100,
};

enum packet {
	PACKET_NONE = 0, /* silence, or what is none */
	PACKET_DATA,
	PACKET_END,
	PACKET_CANCELLED,
	PACKET_ABORTED, /* by 'a', from a person */
	PACKET_IGNORED,
};

enum outcome {
	OUTCOME_DONE = 1,
	OUTCOME_FAILED = 0,
	OUTCOME_TOO_LARGE = -1,
	OUTCOME_NOT_SAVED = -2,
	OUTCOME_ABORTED = -3,
};

static struct {
	const struct port *port;
	int first;	   /* read before the receiver began */
	uint32_t expected; /* number of the next block */
	uint32_t written;  /* bytes staged */
	uint32_t size;	   /* that block 0 told */
	char name[NAME_MAX + 1];
	uint32_t block_bytes;
	uint8_t block[HEADER_BYTES + LONG_BYTES + CRC_BYTES];
} file;

static void put(char c)
{
	file.port->put(c);
}

static void cancel(void)
{
	put(YMODEM_CANCEL);
	put(YMODEM_CANCEL);
}

static enum packet receive_block(uint32_t bytes)
{
	for (uint32_t i = 0; i < HEADER_BYTES + bytes + CRC_BYTES; i++) {
		int byte = port_wait(file.port, SILENCE_MS);

		if (byte < 0)
			return PACKET_NONE;
		file.block[i] = (uint8_t)byte;
	}
	file.block_bytes = bytes;
	return (file.block[0] ^ file.block[1]) == 0xff ? PACKET_DATA : PACKET_NONE;
}

static enum packet receive_packet(void)
{
	int byte = file.first >= 0 ? file.first : port_wait(file.port, SILENCE_MS);

	file.first = YMODEM_NOTHING_YET;
	switch (byte) {
	case YMODEM_SHORT: return receive_block(SHORT_BYTES);
	case YMODEM_LONG: return receive_block(LONG_BYTES);
	case YMODEM_END: return PACKET_END;
	case YMODEM_CANCEL:
		return port_wait(file.port, SILENCE_MS) == YMODEM_CANCEL ? PACKET_CANCELLED
									 : PACKET_NONE;
	case 'a':
	case 'A': return PACKET_ABORTED;
	case ' ': return PACKET_IGNORED;
	default: return PACKET_NONE;
	}
}

/* "name\0size " in decimal. */
static void parse_header(void)
{
	const uint8_t *data = file.block + HEADER_BYTES;
	uint32_t i = 0;
	uint32_t n = 0;

	for (; i < NAME_MAX && data[i]; i++)
		file.name[i] = (char)data[i];
	file.name[i] = '\0';
	while (i < file.block_bytes && data[i])
		i++;
	for (i++; i < file.block_bytes && data[i] >= '0' && data[i] <= '9' && n < 9; i++, n++)
		file.size = file.size * 10 + (data[i] - '0');
}

/* Block 0 with a name begins the file; without one it ends the session. False: it is over. */
static bool take_header(enum outcome *ret, bool *ret_over)
{
	if (file.block[HEADER_BYTES] == 0) {
		*ret_over = true;
		*ret = file.size > 0 ? OUTCOME_DONE : OUTCOME_FAILED;
		return true;
	}
	file.size = 0;
	file.written = 0;
	parse_header();
	if (staged_begin(file.size) < 0) {
		*ret = OUTCOME_TOO_LARGE;
		return false;
	}
	put(YMODEM_ACK);
	put('C');
	return true;
}

static bool take_data(enum outcome *ret)
{
	if (staged_put(file.written, file.block + HEADER_BYTES, file.block_bytes) < 0) {
		*ret = OUTCOME_NOT_SAVED;
		return false;
	}
	file.written += file.block_bytes;
	put(YMODEM_ACK);
	return true;
}

/* False when the transfer failed; *ret_over when it is complete. */
static bool take_block(enum outcome *ret, bool *ret_over)
{
	bool good;

	if (file.block[0] != (uint8_t)file.expected) {
		put(YMODEM_NAK);
		return true;
	}
	good = file.expected == 0 ? take_header(ret, ret_over) : take_data(ret);
	file.expected++;
	return good;
}

static enum outcome receive(void)
{
	enum outcome outcome = OUTCOME_FAILED;
	uint32_t errors = 0;
	bool over = false;

	while (!over) {
		switch (receive_packet()) {
		case PACKET_DATA:
			errors = 0;
			if (!take_block(&outcome, &over))
				over = true;
			break;
		case PACKET_END:
			errors = 0;
			put(YMODEM_ACK);
			file.expected = 0;
			break;
		case PACKET_CANCELLED: put(YMODEM_ACK); return OUTCOME_FAILED;
		case PACKET_ABORTED: return OUTCOME_ABORTED;
		case PACKET_IGNORED: put(YMODEM_ACK); break;
		case PACKET_NONE:
			put('C');
			if (++errors > ERRORS_MAX)
				return OUTCOME_FAILED;
			break;
		}
	}
	return outcome;
}

static void wait_ms(uint32_t ms)
{
	const struct services *services = exports_services();
	uint32_t begin = services->now_ms();

	while (services->now_ms() - begin < ms)
		chip_sleep();
}

static void __attribute__((noreturn)) restart(void)
{
	wait_ms(GOODBYE_MS);
	port_text(file.port, "Restarting system to apply firmware update...\r\n");
	wait_ms(RESTART_MS);
	backup_ask(REQUEST_NONE, REASON_UPDATE);
}

/* What has come is there whole, and may still be no module, or not one for now. */
static void finish(void)
{
	enum staged_result result;

	if (ERA == ERA_A) {
		put(YMODEM_ACK);
		staged_finish();
		restart();
	}
	result = staged_finish();
	if (result != STAGED_GOOD) {
		cancel();
		port_text(file.port, "Validation failed: -");
		port_number(file.port, (uint32_t) - (int)result);
		port_text(file.port, "\r\n");
		return;
	}
	put(YMODEM_ACK);
	port_text(file.port, "\r\nDownloaded file successfully!\r\nName: ");
	port_text(file.port, file.name);
	port_text(file.port, "\r\nSize: ");
	port_number(file.port, file.size);
	port_text(file.port, " bytes\r\n");
	restart();
}

void ymodem_flash(const struct port *port, int first)
{
	enum outcome outcome;

	file.port = port;
	file.first = first;
	file.expected = 0;
	file.size = 0;
	exports_services()->led_set(LED_CRITICAL, LED_MAGENTA, LED_BLINK, LED_BLINK_FAST);
	outcome = receive();
	if (outcome == OUTCOME_DONE)
		finish();
	else
		cancel();
	switch (outcome) {
	case OUTCOME_TOO_LARGE:
		port_text(port, "The file size is higher than the allowed space memory!\r\n");
		break;
	case OUTCOME_NOT_SAVED: port_text(port, "Failed to save chunk!\r\n"); break;
	case OUTCOME_ABORTED: port_text(port, "Aborted by user.\r\n"); break;
	case OUTCOME_FAILED: port_text(port, "Failed to receive the file!\r\n"); break;
	case OUTCOME_DONE: break;
	}
	listening_show();
}
