/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/board.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	IDLE_NS = 5000000,    /* in which a board without power is looked at */
	RAIL_SENSE_MV = 1000, /* a supply below it reads as off */
	OVERRUN_CYCLES = 20 * VBOARD_CYCLES_PER_US, /* more than a word's programming is worth it */
	SLIP_TOLD_NS = 100000000, /* the journal says at most so often that a clock was put back */
};

static uint64_t board_us(const struct board *board)
{
	return vboard_cycle(board->vb) / VBOARD_CYCLES_PER_US;
}

/* 120 cycles are 1000 ns. */
static uint64_t cycle_at(const struct board *board, int64_t ns)
{
	return ns <= board->origin_ns ? 0 : (uint64_t)(ns - board->origin_ns) * 3 / 25;
}

static int64_t ns_at(const struct board *board, uint64_t cycle)
{
	return board->origin_ns + (int64_t)(cycle * 25 / 3);
}

/* The line as the board drives it, or as its fault has it. */
static void drive(struct board *board, enum board_line line)
{
	static const enum gpio_level stuck[] = { GPIO_LOW, GPIO_LOW, GPIO_HIGH };
	enum board_stuck how = board->stuck_outputs[line];

	gpio_put(board->outputs[line], how == BOARD_FREE ? board->output_levels[line] : stuck[how]);
}

/* At once. */
static void set_output(struct board *board, enum board_line line, enum gpio_level level)
{
	board->output_levels[line] = level;
	drive(board, line);
}

static void push_edge(struct board *board, int64_t due_ns, enum board_line line,
		      enum gpio_level level)
{
	unsigned int at = (board->edge_first + board->edge_count) % BOARD_EDGES_MAX;

	if (board->edge_count == BOARD_EDGES_MAX) {
		board->edges_lost++;
		return;
	}
	board->edges[at] = (struct board_edge){ due_ns, line, level };
	board->edge_count++;
}

static void on_led(void *ctx, uint64_t cycle, enum vboard_led led, bool high)
{
	struct board *board = ctx;

	push_edge(board, ns_at(board, cycle) + BOARD_DELAY_NS, (enum board_line)led,
		  high ? GPIO_HIGH : GPIO_LOW);
}

static void on_usb(void *ctx, uint64_t cycle, bool connected)
{
	struct board *board = ctx;

	(void)cycle;
	cable_connected(&board->cable, connected);
}

static void on_serial(void *ctx, uint64_t cycle, unsigned int port, uint8_t byte)
{
	struct board *board = ctx;

	(void)cycle;
	if (board->adapter)
		adapter_hear(board->adapter, port, byte);
	if (port == 1 && board->uart >= 0)
		uart_put(board->uart, byte);
}

struct board *board_new(const char *name, enum vboard_model model, uint64_t seed, unsigned int port,
			struct journal *journal)
{
	struct board *board = calloc(1, sizeof(*board));

	if (!board)
		return NULL;
	board->vb = vboard_new(model, seed);
	board->before = vboard_snapshot_new();
	if (!board->vb || !board->before) {
		vboard_free(board->vb);
		vboard_snapshot_free(board->before);
		free(board);
		return NULL;
	}
	snprintf(board->name, sizeof(board->name), "%s", name);
	board->journal = journal;
	board->origin_ns = journal_now_ns();
	board->port_lit = true;
	board->power_on_level = GPIO_HIGH;
	board->inputs[BOARD_RESET] = board->inputs[BOARD_SETUP] = GPIO_HIGH;
	for (size_t i = 0; i < BOARD_OUTPUTS; i++)
		board->outputs[i] = -1;
	board->uart = -1;
	vboard_listen(board->vb,
		      &(struct vboard_listener){
			      .ctx = board, .led = on_led, .usb = on_usb, .serial = on_serial });
	if (!cable_init(&board->cable, board->vb, journal, board->name, port)) {
		board_free(board);
		return NULL;
	}
	return board;
}

void board_free(struct board *board)
{
	cable_release(&board->cable);
	if (board->adapter)
		adapter_release(board->adapter);
	free(board->adapter);
	vboard_free(board->vb);
	vboard_snapshot_free(board->before);
	for (size_t i = 0; i < BOARD_OUTPUTS; i++)
		if (board->outputs[i] >= 0)
			close(board->outputs[i]);
	if (board->uart >= 0)
		close(board->uart);
	for (size_t i = 0; i < BOARD_KEPT_MAX; i++)
		free(board->kept[i]);
	free(board);
}

void board_line(struct board *board, enum board_line line, enum gpio_level level, int64_t ns)
{
	unsigned int at = (board->event_first + board->event_count) % BOARD_EVENTS_MAX;

	if (line == BOARD_POWER) /* the wire back knows no board */
		set_output(board, BOARD_LOOP, level);
	if (board->event_count == BOARD_EVENTS_MAX) {
		journal_put(board->journal, ns, board->name, board_us(board), "line event lost");
		return;
	}
	board->events[at] = (struct board_event){ ns, line, level };
	board->event_count++;
}

/* How a line reads at the board's end. */
static enum gpio_level reaching(const struct board *board, enum board_line line)
{
	switch (board->stuck_inputs[line]) {
	case BOARD_STUCK_LOW: return GPIO_LOW;
	case BOARD_STUCK_HIGH: return GPIO_HIGH;
	case BOARD_FREE: break;
	}
	return board->inputs[line];
}

static void switch_power(struct board *board, bool on, int64_t ns)
{
	char fault[128];

	if (on == board->on)
		return;
	board->on = on;
	journal_put(board->journal, ns, board->name, board_us(board),
		    "power %s cycle=%" PRIu64 " ops=%" PRIu64 " insns=%" PRIu64 " lag_us=%" PRId64,
		    on ? "on" : "off", vboard_cycle(board->vb), vboard_flash_ops(board->vb),
		    vboard_insns(board->vb), (journal_now_ns() - ns) / 1000);
	if (!on && vboard_fault_text(board->vb, fault, sizeof(fault)))
		journal_put(board->journal, ns, board->name, board_us(board), "fault %s", fault);
	if (on)
		vboard_power_on(board->vb);
	else
		vboard_power_off(board->vb);
}

static void apply_inputs(struct board *board, int64_t ns)
{
	bool relay = reaching(board, BOARD_POWER) == board->power_on_level;

	vboard_line(board->vb, VBOARD_RESET, reaching(board, BOARD_RESET) == GPIO_LOW);
	vboard_line(board->vb, VBOARD_SETUP, reaching(board, BOARD_SETUP) == GPIO_LOW);
	if (board->vbus_wired)
		cable_join(&board->cable, reaching(board, BOARD_VBUS) == GPIO_HIGH);
	if (board->vbat_wired)
		vboard_set_vbat(board->vb, reaching(board, BOARD_VBAT) == GPIO_HIGH);
	switch_power(board, board->supply == BOARD_BY_RELAY ? relay : board->port_lit, ns);
}

int board_adapter(struct board *board, unsigned int port)
{
	struct adapter *adapter = board->adapter ? NULL : calloc(1, sizeof(*adapter));
	int r = adapter ? adapter_plug(adapter, board->vb, port) : -ENOMEM;

	if (r < 0)
		free(adapter);
	else
		board->adapter = adapter;
	return r;
}

void board_settle(struct board *board)
{
	apply_inputs(board, journal_now_ns());
}

void board_port(struct board *board, bool lit)
{
	board->port_lit = lit;
	cable_light(&board->cable, lit);
	board_settle(board);
}

void board_stick_input(struct board *board, enum board_line line, enum board_stuck stuck)
{
	board->stuck_inputs[line] = stuck;
	board_settle(board);
}

void board_stick_output(struct board *board, enum board_line line, enum board_stuck stuck)
{
	board->stuck_outputs[line] = stuck;
	drive(board, line);
}

/*
 * The emulator does a flash operation in one go, an erase of a second, too. When power fails inside
 * of one that is done already, the board goes back to before it and meets the cut on its way.
 */
static void cut_where_it_falls(struct board *board, const struct board_event *event)
{
	uint64_t at = cycle_at(board, event->ns);
	int64_t last_ns = event->ns + BOARD_DELAY_NS;

	if (!board->overran || at >= vboard_cycle(board->vb) || event->line != BOARD_POWER ||
	    event->level == board->power_on_level || board->supply != BOARD_BY_RELAY ||
	    board->stuck_inputs[BOARD_POWER] != BOARD_FREE)
		return;
	board->overran = false;
	if (!vboard_snapshot_restore(board->before, board->vb, VBOARD_SNAPSHOT_TIME_AS_TAKEN))
		return;
	while (board->edge_count > 0 &&
	       board->edges[(board->edge_first + board->edge_count - 1) % BOARD_EDGES_MAX].due_ns >
		       last_ns)
		board->edge_count--;
	if (at > vboard_cycle(board->vb)) {
		struct vboard_cut cut = { .by = VBOARD_CUT_CYCLE,
					  .at = at - vboard_cycle(board->vb) };

		vboard_arm_cut(board->vb, &cut);
		vboard_run(board->vb, at + 1);
		vboard_arm_cut(board->vb, &(struct vboard_cut){ .by = VBOARD_CUT_NONE });
	}
	journal_put(board->journal, event->ns, board->name, board_us(board), "torn");
}

static void take_event(struct board *board)
{
	static const char *const names[] = { "power", "reset", "setup", "vbus", "vbat" };
	const struct board_event *event = &board->events[board->event_first];

	cut_where_it_falls(board, event);
	board->inputs[event->line] = event->level;
	if (event->line != BOARD_POWER)
		journal_put(board->journal, event->ns, board->name, board_us(board), "line %s %s",
			    names[event->line], event->level == GPIO_HIGH ? "high" : "low");
	apply_inputs(board, event->ns);
	board->event_first = (board->event_first + 1) % BOARD_EVENTS_MAX;
	board->event_count--;
}

static void look_at_rail(struct board *board)
{
	bool up = vboard_supply_mv(board->vb) >= RAIL_SENSE_MV;

	if (up == board->rail_up)
		return;
	board->rail_up = up;
	set_output(board, BOARD_RAIL, up ? GPIO_HIGH : GPIO_LOW);
}

/* Runs until 'cycle', with what the cable wants on the way. */
static void run_slice(struct board *board, uint64_t cycle)
{
	while (vboard_cycle(board->vb) < cycle) {
		uint64_t due = cable_due(&board->cable);

		if (due <= vboard_cycle(board->vb))
			due = UINT64_MAX;
		vboard_run(board->vb, due < cycle ? due : cycle);
		cable_work(&board->cable);
	}
}

void board_slip(struct board *board, int64_t now_ns)
{
	int64_t lag = now_ns - ns_at(board, vboard_cycle(board->vb));

	if (lag > board->lag_ns_max)
		board->lag_ns_max = lag;
	if (lag <= BOARD_LAG_NS_MAX)
		return;
	board->origin_ns += lag - BOARD_LAG_NS_MAX / 2;
	board->slipped_ns += lag - BOARD_LAG_NS_MAX / 2;
	if (now_ns - board->slip_told_ns < SLIP_TOLD_NS)
		return;
	board->slip_told_ns = now_ns;
	journal_put(board->journal, now_ns, board->name, board_us(board),
		    "behind slipped_us=%" PRId64, board->slipped_ns / 1000);
}

static int64_t period_ns(const struct board *board)
{
	return cable_waits(&board->cable) ? BOARD_ASKED_NS : BOARD_PERIOD_NS;
}

static bool is_due(const struct board *board, int64_t now_ns)
{
	return board->spoken_to || board->event_count > 0 ||
	       now_ns - ns_at(board, vboard_cycle(board->vb)) >= period_ns(board);
}

/* What comes over its cables. */
static void hear(struct board *board)
{
	board->spoken_to = false;
	cable_read(&board->cable);
	if (board->uart >= 0)
		uart_read(board->uart, board->vb);
	cable_work(&board->cable);
	if (board->adapter)
		adapter_work(board->adapter);
}

/* Takes the events whose time has come. The cycle up to which the board may run then. */
static uint64_t take_events(struct board *board, uint64_t end)
{
	while (board->event_count > 0) {
		uint64_t at = cycle_at(board, board->events[board->event_first].ns);

		if (at > vboard_cycle(board->vb))
			return at < end ? at : end;
		take_event(board);
	}
	return end;
}

bool board_run(struct board *board, int64_t now_ns, unsigned int slice_us)
{
	uint64_t end = cycle_at(board, now_ns);
	uint64_t to;
	uint64_t slice_end;

	if (!board->unfinished && !is_due(board, now_ns))
		return false;
	hear(board);
	to = take_events(board, end);
	slice_end = vboard_cycle(board->vb) + (uint64_t)slice_us * VBOARD_CYCLES_PER_US;
	if (to > slice_end)
		to = slice_end;
	if (to > vboard_cycle(board->vb)) {
		board->overran = board->on && vboard_snapshot_take(board->before, board->vb);
		run_slice(board, to);
		board->overran = board->overran && vboard_cycle(board->vb) > to + OVERRUN_CYCLES;
		look_at_rail(board);
	}
	board->unfinished = board->event_count > 0 || vboard_cycle(board->vb) < end;
	return board->unfinished;
}

void board_emit(struct board *board, int64_t now_ns)
{
	while (board->edge_count > 0) {
		const struct board_edge *edge = &board->edges[board->edge_first];

		if (edge->due_ns > now_ns)
			return;
		set_output(board, edge->line, edge->level);
		board->edge_first = (board->edge_first + 1) % BOARD_EDGES_MAX;
		board->edge_count--;
	}
}

int64_t board_due_ns(const struct board *board, int64_t now_ns)
{
	bool idle = !board->on && !board->rail_up && board->event_count == 0;
	int64_t due = ns_at(board, vboard_cycle(board->vb)) + (idle ? IDLE_NS : period_ns(board));

	if (due <= now_ns) /* it is behind: others have their turn */
		due = now_ns + BOARD_ASKED_NS;

	if (board->edge_count > 0 && board->edges[board->edge_first].due_ns < due)
		due = board->edges[board->edge_first].due_ns;
	return due;
}

bool board_keep(struct board *board, unsigned int number)
{
	if (number >= BOARD_KEPT_MAX || board->on || vboard_is_powered(board->vb))
		return false;
	if (!board->kept[number])
		board->kept[number] = malloc(vboard_storage_bytes());
	if (!board->kept[number])
		return false;
	vboard_storage_save(board->vb, board->kept[number]);
	return true;
}

bool board_put_back(struct board *board, unsigned int number)
{
	if (number >= BOARD_KEPT_MAX || !board->kept[number] || board->on ||
	    vboard_is_powered(board->vb))
		return false;
	vboard_storage_restore(board->vb, board->kept[number]);
	return true;
}
