/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The boards of the kernel lab, as a process in the lab's machine: virtual boards that execute real
 * firmware, their pins on gpio-sim, their USB on vhci_hcd.
 *
 *	boards serve SOCKET JOURNAL    until it is told to quit
 *	boards ask SOCKET WORD...      a command, see lab.h; prints the reply
 *	boards feed SOCKET             a command a line of stdin, until one fails
 *	boards touch DEVICE BAUD       sets a serial port's speed
 *	boards now                     the kernel's CLOCK_MONOTONIC, us
 *	boards bench SECONDS ADDRESS FILE [ADDRESS FILE]...
 *	                               how fast a P1 with these images lives here; prints a line
 *	boards prime SECONDS FLASH ADDRESS FILE [ADDRESS FILE]...
 *	                               the same, and keeps its whole flash in a file: a board that
 *has been on before, and has made what it makes once
 */
#include "kernel/baud.h"
#include "kernel/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
	LOOK_NS = 5000000,     /* in which lines are looked at that no trace told of */
	WAIT_NS_MAX = 5000000, /* longest sleep */
	HARDWARE_NICE = -20,   /* hardware does not wait for programs */
	POLL_FIXED = 3,	       /* what is polled besides the boards' cables and serial ports */
	COMMAND_MAX = 1024,
};

static int fail(const char *what, int r)
{
	fprintf(stderr, "boards: %s: %s\n", what, strerror(-r));
	return 1;
}

static int address_of(const char *path, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	memcpy(ret->sun_path, path, strlen(path));
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
}

/* One command on a connection of its own: "ok REPLY" or "no REPLY" comes back. */
static void serve_one(struct lab *lab, int listener)
{
	char line[COMMAND_MAX], reply[LAB_REPLY_MAX], text[LAB_REPLY_MAX + 8];
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return;
	n = recv(fd, line, sizeof(line) - 1, 0);
	if (n > 0) {
		line[n] = '\0';
		n = snprintf(text, sizeof(text), "%s %s",
			     lab_command(lab, line, reply) ? "ok" : "no", reply);
		if (send(fd, text, (size_t)n, MSG_NOSIGNAL) < 0)
			fprintf(stderr, "boards: a command's asker is gone\n");
	}
	close(fd);
}

static void take_port_event(struct lab *lab)
{
	struct ports_event event;

	if (read(lab->ports.pipe[0], &event, sizeof(event)) != sizeof(event))
		return;
	for (size_t i = 0; i < lab->board_count; i++)
		if (lab->boards[i]->cable.port == event.port)
			board_port(lab->boards[i], event.lit);
}

static int64_t due_of_all(const struct lab *lab, int64_t now)
{
	int64_t due = now + WAIT_NS_MAX;

	for (size_t i = 0; i < lab->board_count; i++) {
		int64_t wanted = board_due_ns(lab->boards[i], now);

		due = wanted < due ? wanted : due;
	}
	return due;
}

static void wait_for_something(struct lab *lab, int listener, int64_t until_ns)
{
	struct pollfd fds[POLL_FIXED + 2 * LAB_BOARDS_MAX] = {
		{ .fd = listener, .events = POLLIN },
		{ .fd = lab->ports.pipe[0], .events = POLLIN },
		{ .fd = lab->gpio.trace_fd, .events = POLLIN },
	};
	int64_t left = until_ns - journal_now_ns();
	struct timespec timeout = { 0 };

	if (left > 0)
		timeout = (struct timespec){ left / 1000000000, left % 1000000000 };
	for (size_t i = 0; i < lab->board_count; i++) {
		fds[POLL_FIXED + 2 * i] =
			(struct pollfd){ .fd = lab->boards[i]->cable.usbip.fd, .events = POLLIN };
		fds[POLL_FIXED + 2 * i + 1] =
			(struct pollfd){ .fd = lab->boards[i]->uart, .events = POLLIN };
	}
	if (ppoll(fds, POLL_FIXED + 2 * lab->board_count, &timeout, NULL) <= 0)
		return;
	for (size_t i = 0; i < lab->board_count; i++)
		lab->boards[i]->spoken_to =
			fds[POLL_FIXED + 2 * i].revents || fds[POLL_FIXED + 2 * i + 1].revents;
	if (fds[2].revents & POLLIN)
		gpio_read_trace(&lab->gpio);
	if (fds[1].revents & POLLIN)
		take_port_event(lab);
	if (fds[0].revents & POLLIN)
		serve_one(lab, listener);
}

static void emit_all(struct lab *lab)
{
	int64_t now = journal_now_ns();

	for (size_t i = 0; i < lab->board_count; i++)
		board_emit(lab->boards[i], now);
}

/* Boards' lines move in time however long others' runs take: so these are short where there are
 * many. */
static unsigned int slice_us(const struct lab *lab)
{
	unsigned int us = lab->board_count ? BOARD_SLICE_US / (unsigned int)lab->board_count : 0;

	return us > BOARD_SLICE_US_MIN ? us : BOARD_SLICE_US_MIN;
}

static void run_all(struct lab *lab, int64_t now)
{
	unsigned int slice = slice_us(lab);

	for (size_t i = 0; i < lab->board_count; i++) {
		int64_t begun = journal_now_ns();

		while (board_run(lab->boards[i], now, slice)) {
			emit_all(lab);
			if (journal_now_ns() - begun >= BOARD_SHARE_NS)
				break;
		}
		board_slip(lab->boards[i], now);
		emit_all(lab);
	}
}

static void serve_all(struct lab *lab, int listener)
{
	int64_t looked = 0;

	while (!lab->ended) {
		int64_t now = journal_now_ns();

		if (now - looked >= LOOK_NS) {
			gpio_look(&lab->gpio);
			looked = now;
		} else {
			gpio_read_trace(&lab->gpio);
		}
		/* 'now' was before the look: no board runs past what it has not been told. */
		run_all(lab, now);
		wait_for_something(lab, listener, due_of_all(lab, journal_now_ns()));
	}
}

static int serve(struct lab *lab, const char *path, const char *journal)
{
	struct sockaddr_un address;
	int listener = address_of(path, &address);
	int r;

	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 8) < 0)
		return fail(path, -errno);
	lab->journal.file = fopen(journal, "we");
	if (!lab->journal.file)
		return fail(journal, -errno);
	r = gpio_open(&lab->gpio);
	if (r < 0)
		return fail("the kernel's trace of GPIO", r);
	r = ports_init(&lab->ports);
	if (r < 0)
		return fail("a pipe", r);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_TIMERSLACK, 1);
	setpriority(PRIO_PROCESS, 0, HARDWARE_NICE);
	serve_all(lab, listener);
	for (size_t i = 0; i < lab->board_count; i++)
		board_free(lab->boards[i]);
	fclose(lab->journal.file);
	return 0;
}

/* Sends one command and prints the reply. */
static int ask_line(const char *path, const char *line)
{
	char reply[LAB_REPLY_MAX + 8];
	struct sockaddr_un address;
	int fd = address_of(path, &address);
	ssize_t n = -1;

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    send(fd, line, strlen(line), MSG_NOSIGNAL) > 0)
		n = recv(fd, reply, sizeof(reply) - 1, 0);
	if (n < 3)
		return fail(path, n < 0 ? -errno : -ECONNRESET);
	close(fd);
	reply[n] = '\0';
	if (reply[3] != '\0')
		puts(reply + 3);
	return strncmp(reply, "ok ", 3) == 0 ? 0 : 1;
}

static int ask(const char *path, char **words)
{
	char line[COMMAND_MAX] = "";

	for (; *words; words++) {
		if (strlen(line) + strlen(*words) + 2 > sizeof(line))
			return fail("that many words", -E2BIG);
		strcat(strcat(line, *words), " ");
	}
	return ask_line(path, line);
}

static int feed(const char *path)
{
	char line[COMMAND_MAX];

	while (fgets(line, sizeof(line), stdin))
		if (ask_line(path, line) != 0) {
			fprintf(stderr, "boards: at: %s", line);
			return 1;
		}
	return 0;
}

static int touch(const char *device, const char *baud)
{
	int r = baud_touch(device, (unsigned int)strtoul(baud, NULL, 10));

	return r < 0 ? fail(device, r) : 0;
}

/* Runs a board as fast as it goes, and says how that compares with time here. */
static int live(struct lab *lab, const char *seconds, char **words)
{
	char line[COMMAND_MAX] = "board it p1 1 none", reply[LAB_REPLY_MAX];
	uint64_t end = strtoull(seconds, NULL, 10) * 1000000 * VBOARD_CYCLES_PER_US;
	struct vboard *vb;
	int64_t begun;

	if (!lab_command(lab, line, reply))
		return fail(reply, -ENOMEM);
	for (; words[0] && words[1]; words += 2) {
		snprintf(line, sizeof(line), "load it %s %s", words[0], words[1]);
		if (!lab_command(lab, line, reply))
			return fail(reply, -EINVAL);
	}
	vb = lab->boards[0]->vb;
	begun = journal_now_ns();
	vboard_power_on(vb);
	while (vboard_cycle(vb) < end)
		vboard_run(vb, end);
	printf("board_s=%s took_s=%.3f minsns=%.1f\n", seconds,
	       (double)(journal_now_ns() - begun) / 1e9, (double)vboard_insns(vb) / 1e6);
	vboard_power_off(vb);
	return 0;
}

static int prime(struct lab *lab, const char *seconds, const char *path, char **words)
{
	char line[COMMAND_MAX], reply[LAB_REPLY_MAX];
	int status = live(lab, seconds, words);

	if (status != 0)
		return status;
	snprintf(line, sizeof(line), "dump it 0x08000000 %d %s", VBOARD_FLASH_BYTES, path);
	return lab_command(lab, line, reply) ? 0 : fail(path, -EIO);
}

static int run(int argc, char **argv, struct lab *lab)
{
	if (argc == 4 && strcmp(argv[1], "serve") == 0)
		return serve(lab, argv[2], argv[3]);
	if (argc >= 4 && strcmp(argv[1], "ask") == 0)
		return ask(argv[2], argv + 3);
	if (argc == 3 && strcmp(argv[1], "feed") == 0)
		return feed(argv[2]);
	if (argc == 2 && strcmp(argv[1], "now") == 0)
		return printf("%" PRId64 "\n", journal_now_ns() / 1000) < 0;
	if (argc == 4 && strcmp(argv[1], "touch") == 0)
		return touch(argv[2], argv[3]);
	if (argc >= 5 && strcmp(argv[1], "bench") == 0)
		return live(lab, argv[2], argv + 3);
	if (argc >= 6 && strcmp(argv[1], "prime") == 0)
		return prime(lab, argv[2], argv[3], argv + 4);
	fprintf(stderr, "usage: boards serve SOCKET JOURNAL | ask SOCKET WORD... | feed SOCKET | "
			"touch DEVICE BAUD | now | bench SECONDS ADDRESS FILE [ADDRESS FILE]... | "
			"prime SECONDS FLASH ADDRESS FILE [ADDRESS FILE]...\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	int status;

	if (!lab)
		return fail("memory", -ENOMEM);
	status = run(argc, argv, lab);
	free(lab);
	return status;
}
