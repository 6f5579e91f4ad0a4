/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/lab.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A command in the making: its words, without the verb, and where its reply goes. */
struct asked {
	struct lab *lab;
	struct board *board; /* named by the first word, for verbs that take one */
	const char *words[LAB_WORDS_MAX];
	size_t count;
	char *reply;
};

static bool say(struct asked *asked, const char *text)
{
	snprintf(asked->reply, LAB_REPLY_MAX, "%s", text);
	return false;
}

static bool say_errno(struct asked *asked, int r)
{
	return say(asked, strerror(-r));
}

static unsigned long number(const char *word)
{
	return strtoul(word, NULL, 0);
}

/* Where 'word' is in a list that ends with NULL; its length when it is not. */
static size_t place(const char *word, const char *const *list)
{
	size_t i = 0;

	while (list[i] && strcmp(list[i], word) != 0)
		i++;
	return i;
}

static const char *const line_names[] = { "power", "reset", "setup", "vbus", "vbat", "red",
					  "green", "blue",  "rail",  "loop", NULL };

static void on_changed(void *ctx, unsigned int id, enum gpio_level level, int64_t ns)
{
	board_line(ctx, (enum board_line)id, level, ns);
}

static bool do_chip(struct asked *asked)
{
	asked->lab->gpio.changed = on_changed;
	return gpio_add_chip(&asked->lab->gpio, asked->words[0], asked->words[1],
			     (unsigned int)number(asked->words[2])) ||
	       say(asked, "too many chips");
}

static bool do_board(struct asked *asked)
{
	static const char *const models[] = { "unknown", "p1", "photon", "electron", NULL };
	struct lab *lab = asked->lab;
	bool ported = strcmp(asked->words[3], "none") != 0;
	unsigned int port = ported ? (unsigned int)number(asked->words[3]) : CABLE_PORT_NONE;
	size_t model = place(asked->words[1], models);
	struct board *board;
	int r;

	if (lab->board_count == LAB_BOARDS_MAX || !models[model])
		return say(asked, "too many boards, or no such model");
	r = ported ? ports_watch(&lab->ports, port) : 0;
	if (r < 0)
		return say_errno(asked, r);
	board = board_new(asked->words[0], (enum vboard_model)model, number(asked->words[2]), port,
			  &lab->journal);
	if (!board)
		return say(asked, "no memory");
	lab->boards[lab->board_count++] = board;
	return true;
}

static bool do_wire(struct asked *asked)
{
	struct board *board = asked->board;
	size_t line = place(asked->words[1], line_names);
	bool low = asked->count > 4 && strcmp(asked->words[4], "low") == 0;
	unsigned int offset = (unsigned int)number(asked->words[3]);
	bool rests_low = line == BOARD_VBUS || line == BOARD_VBAT || (line == BOARD_POWER && !low);
	enum gpio_level pull = rests_low ? GPIO_LOW : GPIO_HIGH;
	int r;

	if (!line_names[line])
		return say(asked, "no such line");
	if (line >= BOARD_INPUTS) {
		r = gpio_open_output(&asked->lab->gpio, asked->words[2], offset);
		if (r < 0)
			return say_errno(asked, r);
		board->outputs[line - BOARD_INPUTS] = r;
		/* without power the LED's lines are high: dark */
		board->output_levels[line - BOARD_INPUTS] =
			line - BOARD_INPUTS <= BOARD_BLUE ? GPIO_HIGH : GPIO_LOW;
		board_stick_output(board, (enum board_line)(line - BOARD_INPUTS), BOARD_FREE);
		return true;
	}
	r = gpio_add_input(&asked->lab->gpio, asked->words[2], offset, pull, board,
			   (unsigned int)line);
	if (r < 0)
		return say_errno(asked, r);
	if (line == BOARD_POWER)
		board->power_on_level = low ? GPIO_LOW : GPIO_HIGH;
	if (line == BOARD_VBUS)
		board->vbus_wired = true;
	if (line == BOARD_VBAT)
		board->vbat_wired = true;
	board->inputs[line] = asked->lab->gpio.inputs[asked->lab->gpio.input_count - 1].level;
	board_settle(board);
	return true;
}

static bool do_start(struct asked *asked)
{
	int r = ports_start(&asked->lab->ports);

	return r == 0 || say_errno(asked, r);
}

static bool do_load(struct asked *asked)
{
	uint8_t *bytes = malloc(VBOARD_FLASH_BYTES);
	FILE *file = fopen(asked->words[2], "re");
	bool good = false;

	if (bytes && file) {
		size_t len = fread(bytes, 1, VBOARD_FLASH_BYTES, file);

		good = len > 0 && vboard_flash_load(asked->board->vb,
						    (uint32_t)number(asked->words[1]), bytes, len);
	}
	if (file)
		fclose(file);
	free(bytes);
	return good || say(asked, "the file cannot be read, or does not fit into flash");
}

static bool do_dump(struct asked *asked)
{
	size_t len = number(asked->words[2]);
	uint8_t *bytes = malloc(len + 1);
	FILE *file = fopen(asked->words[3], "we");
	bool good = bytes && file &&
		    vboard_flash_read(asked->board->vb, (uint32_t)number(asked->words[1]), bytes,
				      len) &&
		    fwrite(bytes, 1, len, file) == len;

	if (file && fclose(file) != 0)
		good = false;
	free(bytes);
	return good || say(asked, "the file cannot be written, or that is not in flash");
}

static bool do_cable(struct asked *asked)
{
	cable_join(&asked->board->cable, strcmp(asked->words[1], "in") == 0);
	return true;
}

static bool do_uart(struct asked *asked)
{
	int fd = uart_open(asked->words[1]);

	if (fd < 0)
		return say_errno(asked, fd);
	if (asked->board->uart >= 0)
		close(asked->board->uart);
	asked->board->uart = fd;
	return true;
}

static bool do_supply(struct asked *asked)
{
	asked->board->supply =
		strcmp(asked->words[1], "port") == 0 ? BOARD_BY_PORT : BOARD_BY_RELAY;
	board_settle(asked->board);
	return true;
}

static bool do_ramp(struct asked *asked)
{
	struct vboard_supply supply = { .fall_us = (uint32_t)number(asked->words[1]),
					.rise_us = (uint32_t)number(asked->words[2]) };

	vboard_set_supply(asked->board->vb, &supply);
	return true;
}

static bool do_vbat(struct asked *asked)
{
	vboard_set_vbat(asked->board->vb, strcmp(asked->words[1], "on") == 0);
	return true;
}

static bool do_stick(struct asked *asked)
{
	static const char *const ways[] = { "free", "low", "high", NULL };
	size_t line = place(asked->words[1], line_names);
	size_t how = place(asked->words[2], ways);

	if (!line_names[line] || !ways[how])
		return say(asked, "no such line, or neither low, high nor free");
	if (line < BOARD_INPUTS)
		board_stick_input(asked->board, (enum board_line)line, (enum board_stuck)how);
	else
		board_stick_output(asked->board, (enum board_line)(line - BOARD_INPUTS),
				   (enum board_stuck)how);
	return true;
}

static bool do_keep(struct asked *asked)
{
	return board_keep(asked->board, (unsigned int)number(asked->words[1])) ||
	       say(asked, "the board is on, or there is no such number");
}

static bool do_put_back(struct asked *asked)
{
	return board_put_back(asked->board, (unsigned int)number(asked->words[1])) ||
	       say(asked, "the board is on, or nothing was kept");
}

static bool do_state(struct asked *asked)
{
	const struct board *board = asked->board;
	char fault[128] = "none";

	vboard_fault_text(board->vb, fault, sizeof(fault));
	snprintf(asked->reply, LAB_REPLY_MAX,
		 "powered=%d board_us=%" PRIu64 " ops=%" PRIu64 " insns=%" PRIu64
		 " usb=%d reset=%d setup=%d lag_max_us=%" PRId64 " slipped_us=%" PRId64
		 " edges_lost=%" PRIu64 " fault=%s",
		 vboard_is_powered(board->vb), vboard_cycle(board->vb) / VBOARD_CYCLES_PER_US,
		 vboard_flash_ops(board->vb), vboard_insns(board->vb), board->cable.usbip.fd >= 0,
		 board->inputs[BOARD_RESET] == GPIO_HIGH, board->inputs[BOARD_SETUP] == GPIO_HIGH,
		 board->lag_ns_max / 1000, board->slipped_ns / 1000, board->edges_lost, fault);
	return true;
}

static bool do_path(struct asked *asked)
{
	unsigned int bus, port;

	if (!ports_path(asked->board->cable.port, &bus, &port))
		return say(asked, "it has no port");
	snprintf(asked->reply, LAB_REPLY_MAX, "%u-%u", bus, port);
	return true;
}

static bool do_adapter(struct asked *asked)
{
	unsigned int host = (unsigned int)number(asked->words[1]), bus, port;
	int r = board_adapter(asked->board, host);

	if (r < 0)
		return say_errno(asked, r);
	if (!ports_path(host, &bus, &port))
		return say(asked, "no such port");
	snprintf(asked->reply, LAB_REPLY_MAX, "%u-%u", bus, port);
	return true;
}

static bool do_mark(struct asked *asked)
{
	journal_put(&asked->lab->journal, journal_now_ns(), "mark", 0, "%s", asked->words[0]);
	return true;
}

static bool do_quit(struct asked *asked)
{
	asked->lab->ended = true;
	return true;
}

static const struct {
	const char *verb;
	bool (*carry_out)(struct asked *asked);
	size_t words;	/* that it needs */
	bool has_board; /* the first one names a board */
} verbs[] = {
	{ "chip", do_chip, 3, false },	      { "board", do_board, 4, false },
	{ "wire", do_wire, 4, true },	      { "start", do_start, 0, false },
	{ "load", do_load, 3, true },	      { "dump", do_dump, 4, true },
	{ "cable", do_cable, 2, true },	      { "adapter", do_adapter, 2, true },
	{ "uart", do_uart, 2, true },	      { "supply", do_supply, 2, true },
	{ "ramp", do_ramp, 3, true },	      { "vbat", do_vbat, 2, true },
	{ "stick", do_stick, 3, true },	      { "keep", do_keep, 2, true },
	{ "put-back", do_put_back, 2, true }, { "state", do_state, 1, true },
	{ "path", do_path, 1, true },	      { "mark", do_mark, 1, false },
	{ "quit", do_quit, 0, false },
};

static struct board *board_named(const struct lab *lab, const char *name)
{
	for (size_t i = 0; i < lab->board_count; i++)
		if (strcmp(lab->boards[i]->name, name) == 0)
			return lab->boards[i];
	return NULL;
}

bool lab_command(struct lab *lab, char *line, char reply[LAB_REPLY_MAX])
{
	struct asked asked = { .lab = lab, .reply = reply };
	char *rest = line;
	const char *verb = strtok_r(line, " \n", &rest);
	char *word;

	reply[0] = '\0';
	while (asked.count < LAB_WORDS_MAX && (word = strtok_r(NULL, " \n", &rest)))
		asked.words[asked.count++] = word;
	for (size_t i = 0; verb && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].verb, verb) != 0)
			continue;
		if (asked.count < verbs[i].words)
			return say(&asked, "too few words");
		if (verbs[i].has_board)
			asked.board = board_named(lab, asked.words[0]);
		if (verbs[i].has_board && !asked.board)
			return say(&asked, "no such board");
		return verbs[i].carry_out(&asked);
	}
	return say(&asked, "no such command");
}
