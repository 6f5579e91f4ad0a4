/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The suites of the slot's contract over the real bench, in the kernel lab's machine: slots of
 * rig/bench/linux as bench files describe them, with boards that the process 'boards' runs.
 *
 *	contract SUITE FOLDER SOCKET FIRMWARE WRAPPER...
 *
 * WRAPPER: plain (none), fault (at which nothing fails), record (and played back afterwards).
 * FOLDER holds plain.yaml, fault.yaml, record.yaml and replay.yaml: the same bench of slot0, slot1
 * and so on, with those wrappers. A blank board was kept of each, as number 0. FIRMWARE: a folder
 *of images that are named by their addresses; the suites slot and cut put a program of their own on
 *the board.
 */
#include "contract/contract.h"

#include "bench/bench.h"
#include "bench/linux/linux.h"
#include "bench/wrap/wrap.h"
#include "lib/testing.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	TEXT_MAX = 512,
	WORDS = 5, /* before the wrappers */
	SLOTS_MAX = 2,
	OFF_TRIES = 400, /* a board that was let go is off within this */
	OFF_LOOK_US = 5000,
	ASK_S_MAX = 10,
	/* The lab tells a board's edges 5 ms late, looks every 5 ms at lines that no trace tells,
	 * and its kernel learns that a device left from a hub that is asked every so often. */
	LATE_US = 30000,
	EDGE_US = 500,
	ARRIVE_US = 850000, /* it takes 650 ms */
	WATCH_US = 100000,
	BLINK_US = 10000,
	TRANSFER_US = 200,
};

/* Where everything is; what main() was told. */
struct lab {
	const char *folder;
	const char *socket;
	const char *firmware; /* NULL: the bare program */
};

struct lab_board {
	const struct lab *lab;
	unsigned int nth;
};

/* Gives the boards a command, see kernel/lab.h. False: they said no. Either way 'reply' is theirs.
 */
__attribute__((format(printf, 3, 4))) static bool ask(const struct lab *lab, char reply[TEXT_MAX],
						      const char *format, ...)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval most = { .tv_sec = ASK_S_MAX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	char line[TEXT_MAX];
	va_list args;
	ssize_t n;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", lab->socket);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most)), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_gt(send(fd, line, strlen(line), MSG_NOSIGNAL), 0);
	n = recv(fd, reply, TEXT_MAX - 1, 0);
	ck_assert_int_ge(n, 3);
	close(fd);
	reply[n] = '\0';
	return strncmp(reply, "ok ", 3) == 0;
}

/* The same, until they say yes. */
static void ask_until(const struct lab *lab, const char *command, unsigned int nth,
		      const char *words, const char *wanted)
{
	char reply[TEXT_MAX];

	for (int i = 0; i < OFF_TRIES; i++) {
		if (ask(lab, reply, "%s slot%u %s", command, nth, words) && strstr(reply, wanted))
			return;
		usleep(OFF_LOOK_US);
	}
	ck_abort_msg("slot%u: %s: %s", nth, command, reply);
}

static void load(const struct lab *lab, unsigned int nth, const char *address, const char *path)
{
	char reply[TEXT_MAX];

	ck_assert_msg(ask(lab, reply, "load slot%u %s %s", nth, address, path), "%s", reply);
}

static void load_program(const struct lab *lab, unsigned int nth)
{
	uint8_t program[CONTRACT_PROGRAM_BYTES];
	char path[TEXT_MAX], address[16];
	FILE *file;

	contract_program(BLINK_US, program);
	snprintf(path, sizeof(path), "%s/program", lab->folder);
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(program, 1, sizeof(program), file), sizeof(program));
	ck_assert_int_eq(fclose(file), 0);
	snprintf(address, sizeof(address), "0x%08x", (unsigned int)CONTRACT_PROGRAM_ADDRESS);
	load(lab, nth, address, path);
}

static void load_images(const struct lab *lab, unsigned int nth)
{
	DIR *folder = opendir(lab->firmware);
	struct dirent *entry;
	char path[TEXT_MAX];

	ck_assert_ptr_nonnull(folder);
	while ((entry = readdir(folder))) {
		if (strncmp(entry->d_name, "0x", 2) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", lab->firmware, entry->d_name);
		load(lab, nth, entry->d_name, path);
	}
	closedir(folder);
}

/* A board whose firmware nobody touched yet. */
static void renew(const struct lab *lab, unsigned int nth)
{
	ask_until(lab, "put-back", nth, "0", "");
	if (lab->firmware)
		load_images(lab, nth);
	else
		load_program(lab, nth);
}

static const char *file_of(enum wrapped how)
{
	switch (how) {
	case WRAPPED_NOT: return "plain.yaml";
	case WRAPPED_FAULT: return "fault.yaml";
	case WRAPPED_RECORD: return "record.yaml";
	case WRAPPED_REPLAY: return "replay.yaml";
	}
	return NULL;
}

static bool lab_open(const struct contract_opener *opener, enum wrapped how, unsigned int nth,
		     struct slot *ret, void **ret_behind)
{
	static struct lab_board boards[SLOTS_MAX]; /* of the one test that runs in this process */
	static struct bench bench;
	const struct lab *lab = opener->bench;
	const struct bench_slot *slot;
	struct err err = ERR_INIT;
	char path[TEXT_MAX], name[BENCH_NAME_MAX];

	ck_assert_uint_lt(nth, SLOTS_MAX);
	boards[nth] = (struct lab_board){ lab, nth };
	snprintf(path, sizeof(path), "%s/%s", lab->folder, file_of(how));
	snprintf(name, sizeof(name), "slot%u", nth);
	ck_assert_msg(bench_load(path, &bench, &err) == 0, "%s:%u: %s", path, err.line, err.text);
	slot = bench_slot(&bench, name);
	ck_assert_ptr_nonnull(slot);
	if (how != WRAPPED_REPLAY)
		renew(lab, nth);
	ck_assert_msg(wrap_open(slot, path, linux_open, ret, &err) == 0, "%s", err.text);
	*ret_behind = &boards[nth];
	return true;
}

static void lab_look(void *behind, uint32_t address, void *bytes, size_t len)
{
	const struct lab_board *board = behind;
	char path[TEXT_MAX], reply[TEXT_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/dump", board->lab->folder);
	ck_assert_msg(ask(board->lab, reply, "dump slot%u 0x%08x %zu %s", board->nth, address, len,
			  path),
		      "%s", reply);
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fread(bytes, 1, len, file), len);
	fclose(file);
}

/* No power, and nothing holds it. */
static void lab_closed(void *behind)
{
	const struct lab_board *board = behind;

	ask_until(board->lab, "state", board->nth, "", "powered=0");
	ask_until(board->lab, "state", board->nth, "", "reset=1 setup=1");
}

static const struct suite {
	const char *word;
	const struct contract_suite *suite;
	bool bare;
	enum contract_line line;
} suites[] = {
	{ "slot", &contract_slot_suite, true, 0 },
	{ "cut", &contract_cut_suite, true, 0 },
	{ "usb", &contract_usb_suite, false, 0 },
	{ "console", &contract_console_suite, false, CONTRACT_LINE_USB },
	{ "console-pads", &contract_console_suite, false, CONTRACT_LINE_PADS },
	/* a board's radio is not the bench's there: SLOT_RADIO is never on, see linux.c */
	{ "radio", &contract_radio_suite, false, 0 },
};

static const struct suite *suite_named(const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(suites); i++)
		if (strcmp(suites[i].word, word) == 0)
			return &suites[i];
	return NULL;
}

static const struct {
	const char *word;
	const char *name;
	enum wrapped how;
} ways[] = {
	{ "plain", "linux", WRAPPED_NOT },
	{ "fault", "linux, faults at rate 0", WRAPPED_FAULT },
	{ "record", "linux, recorded and played back", WRAPPED_RECORD },
};

static bool describe(const char *word, enum contract_line line, const struct lab *lab,
		     struct contract_opener *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		if (strcmp(ways[i].word, word) != 0)
			continue;
		*ret = (struct contract_opener){
			.name = ways[i].name,
			.how = ways[i].how,
			.line = line,
			.bounds = { .late_us = LATE_US,
				    .edge_us = EDGE_US,
				    .arrive_us = ARRIVE_US,
				    .watch_us = WATCH_US,
				    .blink_us = BLINK_US,
				    .transfer_us = TRANSFER_US },
			.bench = lab,
			.open = lab_open,
			.look = lab_look,
			.closed = lab_closed,
		};
		return true;
	}
	return false;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: contract slot|cut|usb|console|console-pads|radio FOLDER SOCKET FIRMWARE "
		"plain|fault|record...\n");
	return 2;
}

int main(int argc, char **argv)
{
	static struct contract_opener openers[ARRAY_LEN(ways)];
	const struct suite *wanted = argc > WORDS ? suite_named(argv[1]) : NULL;
	size_t count = wanted ? (size_t)(argc - WORDS) : 0;
	struct lab lab;
	Suite *suite;

	if (!wanted || count > ARRAY_LEN(openers))
		return usage();
	lab = (struct lab){ argv[2], argv[3], wanted->bare ? NULL : argv[4] };
	for (size_t i = 0; i < count; i++)
		if (!describe(argv[WORDS + i], wanted->line, &lab, &openers[i]))
			return usage();
	suite = suite_create(wanted->word);
	contract_add(suite, wanted->suite, openers, count);
	return testing_run(suite);
}
