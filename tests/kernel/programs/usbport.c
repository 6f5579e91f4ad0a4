/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A real slot's USB port and serial line, used by hand from a script: reads a command a line, and
 * ends with 1 at the first that does not come out as it says.
 *
 *	usbport PORT [SERIAL]
 *
 * PORT is a path such as 1-1, or '-' to go by the serial number.
 */
#include "base/clock.h"
#include "base/macros.h"
#include "bench/linux/console.h"
#include "bench/linux/hub.h"
#include "bench/linux/usb.h"
#include "usb/dfu.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 512, WORDS_MAX = 10, HEARD_MAX = 8192, FILE_MAX = 1 << 20 };

struct bench {
	struct usb *usb;
	struct console *console;
	struct slot slot; /* what rig/usb sees of it */
	struct dfu dfu;
	int64_t cut_us; /* when the cut "happens"; 0: none is armed */
	char heard[HEARD_MAX];
	size_t heard_count;
	unsigned int came, left;
	int64_t took_us; /* by the last command */
	struct err err;
};

static void on_seen(void *ctx, int64_t t_us, bool arrived, const struct slot_usb_device *device)
{
	struct bench *bench = ctx;

	printf("  %s %04x:%04x '%s', told %lld us after\n", arrived ? "came" : "left",
	       device->vendor, device->product, device->serial, (long long)(clock_now_us() - t_us));
	bench->came += arrived;
	bench->left += !arrived;
}

static void on_byte(void *ctx, int64_t t_us, uint8_t byte)
{
	struct bench *bench = ctx;

	(void)t_us;
	if (bench->heard_count + 1 < HEARD_MAX)
		bench->heard[bench->heard_count++] = (char)byte;
	bench->heard[bench->heard_count] = '\0';
}

/* As the poll loop of a slot: until the deadline, or something was seen, or the cut. */
static int wait_once(void *ctx, int64_t deadline_us, struct err *err)
{
	struct bench *bench = ctx;
	struct pollfd files[] = { { usb_fd(bench->usb), POLLIN, 0 },
				  { console_fd(bench->console), POLLIN, 0 } };
	int64_t until_us = deadline_us, now_us = clock_now_us();
	struct timespec timeout = { 0 };
	int r;

	if (usb_due_us(bench->usb) < until_us)
		until_us = usb_due_us(bench->usb);
	if (console_due_us(bench->console) < until_us)
		until_us = console_due_us(bench->console);
	if (bench->cut_us && bench->cut_us < until_us)
		until_us = bench->cut_us;
	if (until_us > now_us)
		timeout = (struct timespec){ (until_us - now_us) / 1000000,
					     (until_us - now_us) % 1000000 * 1000 };
	ppoll(files, ARRAY_LEN(files), &timeout, NULL);
	r = usb_step(bench->usb, err);
	if (r == 0)
		r = console_step(bench->console, err);
	if (r == 0 && bench->cut_us && clock_now_us() >= bench->cut_us) {
		bench->cut_us = 0;
		return USB_WAIT_CUT;
	}
	return r;
}

static int64_t slot_now(void *backend)
{
	(void)backend;
	return clock_now_us();
}

static int slot_wait_until(void *backend, int64_t deadline_us, enum slot_wait *ret, struct err *err)
{
	int r = 0;

	while (r == 0 && clock_now_us() < deadline_us)
		r = wait_once(backend, deadline_us, err);
	if (r >= 0)
		*ret = r == USB_WAIT_CUT ? SLOT_WAIT_CUT : SLOT_WAIT_DEADLINE;
	return r < 0 ? r : 0;
}

static int slot_control(void *backend, const struct slot_usb_setup *setup, uint8_t *data,
			int64_t timeout_us, uint16_t *ret_len, enum slot_usb_result *ret,
			struct err *err)
{
	struct bench *bench = backend;

	return usb_control(bench->usb, setup, data, timeout_us, ret_len, ret, err);
}

static const struct slot_time_ops time_ops = { .now_us = slot_now, .wait = slot_wait_until };
static const struct slot_usb_ops usb_ops = { .control = slot_control };

static bool bench_open(struct bench *bench, const char *port, const char *serial)
{
	const struct usb_settings usb = { .port = port,
					  .serial = serial,
					  .listener = { bench, on_seen },
					  .waiter = { bench, wait_once } };
	const struct console_settings console = { .port = port,
						  .serial = port ? NULL : serial,
						  .line = CONSOLE_LINE_BOARD_USB,
						  .listener = { bench, on_byte } };

	bench->slot = (struct slot){ .name = "lab",
				     .capabilities = SLOT_USB,
				     .backend = bench,
				     .time = &time_ops,
				     .usb = &usb_ops };
	return usb_open(&usb, &bench->usb, &bench->err) == 0 &&
	       console_open(&console, &bench->console, &bench->err) == 0;
}

static int64_t in_seconds(const char *word)
{
	return clock_now_us() + (int64_t)(strtod(word, NULL) * 1e6);
}

/* Waits until 'is' holds; false when it does not in time. */
static bool until(struct bench *bench, const char *seconds,
		  bool (*is)(struct bench *bench, const char *word), const char *word)
{
	int64_t deadline_us = in_seconds(seconds);

	while (!is(bench, word)) {
		if (clock_now_us() >= deadline_us)
			return false;
		if (wait_once(bench, deadline_us, &bench->err) < 0)
			return false;
	}
	return true;
}

static bool is_there(struct bench *bench, const char *product)
{
	struct slot_usb_device device;

	return usb_device(bench->usb, &device) && device.product == strtoul(product, NULL, 16);
}

static bool is_gone(struct bench *bench, const char *word)
{
	struct slot_usb_device device;

	(void)word;
	return !usb_device(bench->usb, &device);
}

static bool is_heard(struct bench *bench, const char *text)
{
	return strstr(bench->heard, text) != NULL;
}

static bool is_open(struct bench *bench, const char *word)
{
	return console_is_open(bench->console) == (strcmp(word, "open") == 0);
}

static bool never(struct bench *bench, const char *word)
{
	(void)bench;
	(void)word;
	return false;
}

static const char *const result_names[] = { "unknown", "done", "stall", "timeout", "gone", "cut" };
static const char *const dfu_names[] = { "unknown", "good", "refused", "silent", "gone", "cut" };

/* ask TYPE REQUEST VALUE INDEX LENGTH TIMEOUT_MS RESULT: one transfer, zeros when it sends */
static bool ask(struct bench *bench, char *const *words)
{
	unsigned long n[6];
	uint8_t data[SLOT_USB_BYTES_MAX] = { 0 };
	enum slot_usb_result result = SLOT_USB_UNKNOWN;
	struct slot_usb_setup setup;
	int64_t begin_us = clock_now_us();
	uint16_t len = 0;

	for (int i = 0; i < 6; i++)
		n[i] = strtoul(words[1 + i], NULL, 0);
	setup = (struct slot_usb_setup){ (uint8_t)n[0], (uint8_t)n[1], (uint16_t)n[2],
					 (uint16_t)n[3], (uint16_t)n[4] };
	if (slot_usb_control(&bench->slot, &setup, data, (int64_t)n[5] * 1000, &len, &result,
			     &bench->err) < 0)
		return false;
	printf("  %s, %u bytes, %lld us:", result_names[result], len,
	       (long long)(clock_now_us() - begin_us));
	for (int i = 0; i < len && i < 16 && setup.type & 0x80; i++)
		printf(" %02x", data[i]);
	printf("\n");
	return strcmp(result_names[result], words[7]) == 0;
}

/* storm SECONDS TYPE REQUEST VALUE INDEX LENGTH TIMEOUT_MS RESULT: again and again, until it is not
 * done */
static bool storm(struct bench *bench, char *const *words)
{
	static char done[] = "done";
	char *again[8];
	int64_t until_us = in_seconds(words[1]);

	memcpy(again, words + 1, sizeof(again));
	again[7] = done;
	while (clock_now_us() < until_us)
		if (!ask(bench, again))
			break;
	again[7] = words[8];
	return ask(bench, again);
}

static bool dfu_came_out(struct bench *bench, int r, enum dfu_result result, const char *expected)
{
	if (r < 0)
		return false;
	printf("  %s %s\n", dfu_names[result], result == DFU_GOOD ? "" : bench->dfu.text);
	return strcmp(dfu_names[result], expected) == 0;
}

/* write ADDRESS FILE RESULT, read ADDRESS LENGTH FILE RESULT, boot ADDRESS RESULT */
static bool dfu(struct bench *bench, char *const *words, int count)
{
	static uint8_t bytes[FILE_MAX];
	uint32_t address = (uint32_t)strtoul(words[1], NULL, 0);
	enum dfu_result result = DFU_UNKNOWN;
	int r = dfu_open(&bench->dfu, &bench->slot, &result, &bench->err);
	size_t len = 0;
	FILE *f;

	if (r < 0 || result != DFU_GOOD)
		return dfu_came_out(bench, r, result, words[count - 1]);
	printf("  blocks of %u bytes\n", bench->dfu.block_bytes);
	if (strcmp(words[0], "boot") == 0) {
		r = dfu_leave(&bench->dfu, address, &result, &bench->err);
	} else if (strcmp(words[0], "write") == 0) {
		f = fopen(words[2], "rbe");
		len = f ? fread(bytes, 1, sizeof(bytes), f) : 0;
		if (f)
			fclose(f);
		r = dfu_write(&bench->dfu, address, bytes, len, &result, &bench->err);
	} else {
		len = strtoul(words[2], NULL, 0);
		r = dfu_read(&bench->dfu, address, bytes, len, &result, &bench->err);
		f = fopen(words[3], "wbe");
		if (f && r == 0 && result == DFU_GOOD && fwrite(bytes, 1, len, f) != len)
			r = -EIO;
		if (f)
			fclose(f);
	}
	return dfu_came_out(bench, r, result, words[count - 1]);
}

/* baud RATE [gone]; say TEXT [COUNT] */
static bool set_baud(struct bench *bench, char *const *words, int count)
{
	int64_t begin_us = clock_now_us();
	int r = console_set(bench->console, (uint32_t)strtoul(words[1], NULL, 0), &bench->err);

	printf("  %d, %lld us, %s\n", r, (long long)(clock_now_us() - begin_us),
	       console_path(bench->console));
	return count > 2 ? r == -ENODEV : r == 0;
}

static bool say(struct bench *bench, char *const *words, int count)
{
	unsigned long times = count > 2 ? strtoul(words[2], NULL, 0) : 1;
	int64_t begin_us = clock_now_us();
	size_t sent, total = 0;

	bench->heard_count = 0;
	bench->heard[0] = '\0';
	for (unsigned long i = 0; i < times; i++) {
		if (console_send(bench->console, (const uint8_t *)words[1], strlen(words[1]), &sent,
				 &bench->err) < 0)
			return false;
		total += sent;
		if (times > 1 && wait_once(bench, clock_now_us() + 1000, &bench->err) < 0)
			return false;
	}
	printf("  %zu bytes taken, %lld us\n", total, (long long)(clock_now_us() - begin_us));
	return times > 1 || total == strlen(words[1]);
}

/* header BYTES: block 0 of a YMODEM session, after which a board erases flash for seconds and takes
 * nothing; its sum is not looked at */
static bool header(struct bench *bench, char *const *words)
{
	uint8_t block[133] = { 1, 0, 0xff, 'b', 'i', 'n', 0 };
	size_t sent = 0;

	snprintf((char *)block + 7, 16, "%s ", words[1]);
	return console_send(bench->console, block, sizeof(block), &sent, &bench->err) == 0 &&
	       sent == sizeof(block);
}

/* hub PORT on|off|get ANSWER|switching ANSWER */
static bool hub(struct bench *bench, char *const *words, int count)
{
	static const char *const ways[] = { "unknown", "each", "ganged", "none" };
	enum hub_switching switching = HUB_SWITCHING_UNKNOWN;
	enum hub_power power = HUB_POWER_OFF;
	int64_t begin_us = clock_now_us();
	int r;

	if (strcmp(words[2], "switching") == 0)
		r = hub_port_switching(words[1], &switching, &bench->err);
	else if (strcmp(words[2], "get") == 0)
		r = hub_port_get(words[1], &power, &bench->err);
	else
		r = hub_port_set(words[1],
				 strcmp(words[2], "on") == 0 ? HUB_POWER_ON : HUB_POWER_OFF,
				 &bench->err);
	printf("  %d, %s, %s, %lld us\n", r, ways[switching], power == HUB_POWER_ON ? "on" : "off",
	       (long long)(clock_now_us() - begin_us));
	return r == 0 && (count < 4 || strcmp(words[3], ways[switching]) == 0 ||
			  strcmp(words[3], power == HUB_POWER_ON ? "on" : "off") == 0);
}

static bool carry_out(struct bench *bench, char *const *words, int count)
{
	const char *verb = words[0];

	if (strcmp(verb, "join") == 0)
		return usb_join(bench->usb, SLOT_USB_JOINED, &bench->err) == 0;
	if (strcmp(verb, "part") == 0)
		return usb_join(bench->usb, SLOT_USB_PARTED, &bench->err) == 0;
	if (strcmp(verb, "release") == 0)
		return usb_release(bench->usb), true;
	if (strcmp(verb, "power") == 0)
		return usb_power(bench->usb,
				 strcmp(words[1], "on") == 0 ? SLOT_POWER_ON : SLOT_POWER_OFF,
				 clock_now_us()),
		       true;
	if (strcmp(verb, "listed") == 0)
		return usb_is_listed(bench->usb) == (strcmp(words[1], "yes") == 0);
	if (strcmp(verb, "came") == 0) /* came PRODUCT SECONDS */
		return until(bench, words[2], is_there, words[1]);
	if (strcmp(verb, "left") == 0) /* left SECONDS */
		return until(bench, words[1], is_gone, "");
	if (strcmp(verb, "heard") == 0) /* heard TEXT SECONDS */
		return until(bench, words[2], is_heard, words[1]);
	if (strcmp(verb, "line") == 0) /* line open|shut SECONDS */
		return until(bench, words[2], is_open, words[1]);
	if (strcmp(verb, "wait") == 0) /* wait SECONDS */
		return !until(bench, words[1], never, "") && bench->err.kind == ERR_NONE;
	if (strcmp(verb, "cut") == 0) /* cut SECONDS: then, whatever is done */
		return bench->cut_us = in_seconds(words[1]), true;
	if (strcmp(verb, "path") == 0) /* path TEXT: is in the tty's path */
		return strstr(console_path(bench->console), words[1]) != NULL;
	if (strcmp(verb, "baud") == 0)
		return set_baud(bench, words, count);
	if (strcmp(verb, "say") == 0)
		return say(bench, words, count);
	if (strcmp(verb, "header") == 0)
		return header(bench, words);
	if (strcmp(verb, "ask") == 0)
		return ask(bench, words);
	if (strcmp(verb, "storm") == 0)
		return storm(bench, words);
	if (strcmp(verb, "hub") == 0)
		return hub(bench, words, count);
	if (strcmp(verb, "write") == 0 || strcmp(verb, "read") == 0 || strcmp(verb, "boot") == 0)
		return dfu(bench, words, count);
	if (strcmp(verb, "took") == 0) /* took MS: the command before, at most */
		return bench->took_us <= strtol(words[1], NULL, 0) * 1000;
	if (strcmp(verb, "fault") == 0) /* the last command failed as the rig's fault, with TEXT */
		return strstr(bench->err.text, words[1]) != NULL;
	return false;
}

/* A word 'run' hands the rest of the line to a shell, in the background. */
static bool command(struct bench *bench, char *line)
{
	char *words[WORDS_MAX + 1] = { NULL }, *rest = line;
	int64_t begin_us = clock_now_us();
	int count = 0;

	line[strcspn(line, "\n")] = '\0';
	printf("> %s\n", line);
	fflush(stdout);
	if (strncmp(line, "run ", 4) == 0)
		return fork() != 0 ||
		       (execl("/bin/bash", "bash", "-c", line + 4, (char *)NULL), false);
	while (count < WORDS_MAX && (words[count] = strsep(&rest, " ")))
		count++;
	if (strcmp(words[0], "fault") != 0)
		bench->err = (struct err)ERR_INIT;
	if (!carry_out(bench, words, count)) {
		printf("failed: %s %s\n", line, bench->err.text);
		return false;
	}
	bench->took_us = clock_now_us() - begin_us;
	printf("  %lld ms\n", (long long)(bench->took_us / 1000));
	return true;
}

int main(int argc, char **argv)
{
	static struct bench bench;
	char line[LINE_MAX_BYTES];
	bool good;

	if (argc < 2)
		return 2;
	good = bench_open(&bench, strcmp(argv[1], "-") == 0 ? NULL : argv[1],
			  argc > 2 ? argv[2] : NULL);
	if (!good)
		printf("cannot open: %s\n", bench.err.text);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (good && fgets(line, sizeof(line), stdin))
		if (line[0] != '\n' && line[0] != '#')
			good = command(&bench, line);
	console_close(bench.console);
	usb_close(bench.usb);
	return good ? 0 : 1;
}
