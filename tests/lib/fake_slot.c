/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/fake_slot.h"

#include <errno.h>

enum fake_colours { DARK = 0, GREEN = 2, YELLOW = 3, BLUE = 4 };

enum fake_addresses {
	FAKE_TABLE = 0x08004000,
	FAKE_APP = 0x08020000,
	FAKE_STAGING = 0x080c0000,
	FAKE_REGION_BYTES = 0x4000,
};

enum fake_steps {
	FAKE_PREPARE_US = 50000,
	FAKE_STEP_US = 100000, /* a flash operation */
	FAKE_STEPS = FAKE_WRITE_US / FAKE_STEP_US,
	FAKE_BOOT_US = 100000, /* to the first light */
	FAKE_USB_US = 200000,  /* DFU mode to a device that is ready */
	FAKE_CONTROL_US = 500, /* of a transfer */
	FAKE_PROGRAM_US = 20000000,
};

static int count_call(struct fake_board *board, enum fake_call call, struct err *err)
{
	board->calls[call]++;
	if (board->fails == call && board->fails_at == board->calls[call])
		return err_set(err, ERR_RIG, -EIO, "call %u of kind %u failed", board->calls[call],
			       (unsigned int)call);
	return 0;
}

static void show(struct fake_board *board, unsigned int colour)
{
	unsigned int changed = board->colour ^ colour;

	board->colour = colour;
	for (int i = 0; i < 3; i++)
		if ((changed >> i & 1) && board->listener.led)
			board->listener.led(board->listener.ctx, board->now_us, i,
					    !(colour >> i & 1));
}

static void flash(struct fake_board *board, int64_t begin_us, uint32_t address)
{
	board->flash_ops++;
	if (board->listener.flash)
		board->listener.flash(board->listener.ctx, begin_us, address);
}

static void set_on_bus(struct fake_board *board, bool on)
{
	if (board->on_bus == on)
		return;
	board->on_bus = on;
	if (on)
		board->bus_product = board->dfu_mode ? FAKE_DFU_PRODUCT : FAKE_SYSTEM_PRODUCT;
	if (board->listener.usb)
		board->listener.usb(board->listener.ctx, board->now_us, on, FAKE_DFU_VENDOR,
				    board->bus_product);
}

/* What the board has on its USB is to be seen. */
static bool has_usb(const struct fake_board *board)
{
	return board->port == SLOT_USB_JOINED && !board->cable_off &&
	       ((board->dfu_mode && !board->no_usb) || (board->runs && board->system_usb));
}

/* Edges were lost; the LED is as 'colour' says. */
static void lose_edges(struct fake_board *board, unsigned int colour)
{
	const bool high[3] = { !(colour & 1), !(colour >> 1 & 1), !(colour >> 2 & 1) };

	board->colour = colour;
	if (board->listener.led_lost)
		board->listener.led_lost(board->listener.ctx, board->now_us, high);
}

static void go_dark(struct fake_board *board)
{
	enum fake_off off = board->was_cut ? board->off : FAKE_OFF_DARK;

	if (off == FAKE_OFF_LOST_DARK || off == FAKE_OFF_LOST_LIT) {
		show(board, GREEN);
		lose_edges(board, off == FAKE_OFF_LOST_LIT ? GREEN : DARK);
		return;
	}
	show(board, DARK);
	if (off == FAKE_OFF_LIT)
		show(board, GREEN);
}

static void stop(struct fake_board *board)
{
	board->event_count = 0;
	board->event_next = 0;
	board->dfu_mode = false;
	board->runs = false;
	set_on_bus(board, false);
	go_dark(board);
}

static void add_event(struct fake_board *board, int64_t in_us, struct fake_event event)
{
	event.t_us = board->now_us + in_us;
	board->events[board->event_count++] = event;
}

static void plan_apply(struct fake_board *board)
{
	int64_t t_us = FAKE_APPLY_US - FAKE_COMMIT_US;

	add_event(board, FAKE_BOOT_US, (struct fake_event){ .colour = BLUE });
	for (int i = 0; i < FAKE_STEPS; i++) {
		t_us += FAKE_STEP_US;
		add_event(board, t_us,
			  (struct fake_event){ .address = board->install_address,
					       .done = i == FAKE_STEPS - 1 });
	}
	add_event(board, FAKE_ALIVE_US - FAKE_COMMIT_US, (struct fake_event){ .colour = GREEN });
}

static enum fake_boot next_boot(struct fake_board *board)
{
	if (!board->was_cut || board->boots == FAKE_BOOTS_MAX)
		return FAKE_BOOT_GOOD;
	return board->after_cut[board->boots++];
}

static void boot(struct fake_board *board)
{
	enum fake_boot how = next_boot(board);

	stop(board);
	if (board->held[SLOT_LINE_SETUP] == SLOT_HELD && !board->no_dfu) {
		board->dfu_mode = true;
		add_event(board, FAKE_BOOT_US, (struct fake_event){ .colour = YELLOW });
		if (board->port == SLOT_USB_JOINED)
			add_event(board, FAKE_USB_US, (struct fake_event){ .usb = true });
		return;
	}
	if (how == FAKE_BOOT_DARK)
		return;
	if (how == FAKE_BOOT_STALE)
		board->pending = false;
	if (board->pending)
		plan_apply(board);
	else
		add_event(board, FAKE_BOOT_US, (struct fake_event){ .colour = GREEN });
	board->runs = true;
	if (board->system_usb && board->port == SLOT_USB_JOINED)
		add_event(board, FAKE_ALIVE_US, (struct fake_event){ .usb = true });
}

static void happen(struct fake_board *board, const struct fake_event *event)
{
	board->now_us = event->t_us;
	if (event->usb) {
		set_on_bus(board, has_usb(board));
		return;
	}
	if (event->address == 0) {
		show(board, event->colour);
		return;
	}
	flash(board, event->t_us - FAKE_STEP_US, event->address);
	if (event->done) {
		board->pending = false;
		board->installed++;
	}
}

/* Lets time pass; the only place where it does. */
static enum slot_wait pass(struct fake_board *board, int64_t until_us)
{
	bool cut = board->powered && board->armed && board->cut_us <= until_us;
	int64_t end_us = cut ? board->cut_us : until_us;

	while (board->event_next < board->event_count &&
	       board->events[board->event_next].t_us <= end_us)
		happen(board, &board->events[board->event_next++]);
	if (end_us > board->now_us)
		board->now_us = end_us;
	if (board->plug_us && board->now_us >= board->plug_us) {
		board->plug_us = 0;
		board->cable_off = false;
		set_on_bus(board, has_usb(board));
	}
	if (!cut)
		return SLOT_WAIT_DEADLINE;
	board->armed = false;
	board->was_cut = true;
	board->vbat_at_cut = board->vbat;
	board->supply_at_cut = board->supply;
	board->boots = 0;
	board->powered = false;
	stop(board);
	return SLOT_WAIT_CUT;
}

static int64_t fake_now_us(void *backend)
{
	struct fake_board *board = backend;

	return board->now_us;
}

static int fake_wait(void *backend, int64_t deadline_us, enum slot_wait *ret, struct err *err)
{
	int r = count_call(backend, FAKE_CALL_WAIT, err);

	if (r == 0)
		*ret = pass(backend, deadline_us);
	return r;
}

static void fake_listen(void *backend, const struct slot_listener *listener)
{
	struct fake_board *board = backend;

	board->listener = listener ? *listener : (struct slot_listener){ 0 };
}

static int fake_power(void *backend, enum slot_power power, struct err *err)
{
	struct fake_board *board = backend;
	bool on = power == SLOT_POWER_ON;
	int r = count_call(board, FAKE_CALL_POWER, err);

	if (r < 0 || on == board->powered)
		return r;
	board->powered = on;
	if (!on)
		stop(board);
	else if (board->held[SLOT_LINE_RESET] == SLOT_RELEASED)
		boot(board);
	return 0;
}

static int fake_rail(void *backend, bool *ret_up, struct err *err)
{
	struct fake_board *board = backend;
	int r = count_call(board, FAKE_CALL_RAIL, err);

	if (r == 0)
		*ret_up = (board->powered && !(board->was_cut && board->rail_down_after_cut)) ||
			  board->rail_stays_up;
	return r;
}

static int fake_vbat(void *backend, bool present, struct err *err)
{
	struct fake_board *board = backend;

	board->vbat = present;
	return count_call(board, FAKE_CALL_VBAT, err);
}

static int fake_supply(void *backend, const struct slot_supply *supply, struct err *err)
{
	struct fake_board *board = backend;

	board->supply = *supply;
	return count_call(board, FAKE_CALL_SUPPLY, err);
}

static int fake_hold(void *backend, enum slot_line line, enum slot_hold hold, struct err *err)
{
	struct fake_board *board = backend;
	int r = count_call(board, FAKE_CALL_HOLD, err);

	if (r < 0 || board->held[line] == hold)
		return r;
	board->held[line] = hold;
	if (line != SLOT_LINE_RESET || !board->powered)
		return 0;
	if (hold == SLOT_HELD)
		stop(board);
	else
		boot(board);
	return 0;
}

static int fake_arm(void *backend, const struct slot_cut *cut, struct err *err)
{
	struct fake_board *board = backend;
	int r = count_call(board, FAKE_CALL_ARM, err);

	if (r < 0)
		return r;
	board->armed = true;
	board->cut_us = board->now_us + (int64_t)cut->at;
	return 0;
}

static void fake_disarm(void *backend)
{
	struct fake_board *board = backend;

	board->armed = false;
}

static int fake_prepare(void *backend, const struct slot_update *update, enum slot_wait *ret,
			struct err *err)
{
	struct fake_board *board = backend;
	int r = count_call(board, FAKE_CALL_PREPARE, err);

	(void)update;
	if (r < 0)
		return r;
	stop(board);
	*ret = pass(board, board->now_us + FAKE_PREPARE_US);
	return 0;
}

static int fake_write(void *backend, const struct slot_update *update, enum slot_wait *ret,
		      struct err *err)
{
	struct fake_board *board = backend;
	int r = count_call(board, FAKE_CALL_WRITE, err);

	if (r < 0)
		return r;
	*ret = SLOT_WAIT_DEADLINE;
	for (int i = 0; i < FAKE_STEPS && *ret == SLOT_WAIT_DEADLINE; i++) {
		int64_t begin_us = board->now_us;

		*ret = pass(board, begin_us + FAKE_STEP_US);
		flash(board, begin_us, update->staging_address);
	}
	return 0;
}

static int fake_commit(void *backend, const struct slot_update *update, enum slot_wait *ret,
		       struct err *err)
{
	struct fake_board *board = backend;
	int64_t begin_us = board->now_us;
	int r = count_call(board, FAKE_CALL_COMMIT, err);

	if (r < 0)
		return r;
	*ret = pass(board, begin_us + FAKE_COMMIT_US - FAKE_WRITE_US);
	flash(board, begin_us, FAKE_TABLE);
	if (*ret == SLOT_WAIT_CUT)
		return 0;
	board->pending = true;
	board->install_address = update->install_address;
	boot(board);
	return 0;
}

static int fake_load(void *backend, uint32_t address, const uint8_t *bytes, size_t len,
		     struct err *err)
{
	(void)backend;
	(void)address;
	(void)bytes;
	(void)len;
	(void)err;
	return 0;
}

static int fake_keep(void *backend, unsigned int number, struct err *err)
{
	struct fake_board *board = backend;

	(void)err;
	board->kept[number] = board->installed + 1;
	return 0;
}

static int fake_put_back(void *backend, unsigned int number, struct err *err)
{
	struct fake_board *board = backend;
	int r = count_call(board, FAKE_CALL_PUT_BACK, err);

	if (r < 0)
		return r;
	if (board->kept[number] == 0)
		return err_set(err, ERR_RIG, -ENOENT, "state %u was not kept", number);
	board->installed = board->kept[number] - 1;
	board->pending = false;
	board->was_cut = false;
	return 0;
}

static int fake_program(void *backend, const struct slot_piece *pieces, size_t count,
			struct err *err)
{
	struct fake_board *board = backend;
	int r = count_call(board, FAKE_CALL_PROGRAM, err);

	board->powered = false;
	stop(board);
	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		board->pieces[i].address = pieces[i].address;
		board->pieces[i].len = pieces[i].len;
		board->pieces[i].first = pieces[i].bytes[0];
	}
	board->piece_count = count;
	board->was_cut = false;
	board->pending = false;
	board->now_us += FAKE_PROGRAM_US;
	return 0;
}

static void fake_seed(void *backend, uint64_t seed)
{
	struct fake_board *board = backend;

	board->seed = seed;
}

static int fake_join(void *backend, enum slot_usb_port port, struct err *err)
{
	struct fake_board *board = backend;
	int r = count_call(board, FAKE_CALL_JOIN, err);

	if (r < 0)
		return r;
	board->port = port;
	if (port == SLOT_USB_JOINED && board->calls[FAKE_CALL_JOIN] == board->plug_at_join)
		board->cable_off = false;
	if (port == SLOT_USB_PARTED)
		set_on_bus(board, false);
	else if (has_usb(board) && !board->on_bus)
		add_event(board, FAKE_USB_US, (struct fake_event){ .usb = true });
	return 0;
}

static bool fake_device(void *backend, struct slot_usb_device *ret)
{
	struct fake_board *board = backend;

	if (board->on_bus)
		*ret = (struct slot_usb_device){ FAKE_DFU_VENDOR, board->bus_product, 0x0100, "" };
	return board->on_bus;
}

static bool fake_fed(void *backend, struct slot_usb_device *ret)
{
	struct fake_board *board = backend;
	bool fed = !board->powered && board->off == FAKE_OFF_USB;

	if (fed)
		*ret = (struct slot_usb_device){ FAKE_DFU_VENDOR, FAKE_SYSTEM_PRODUCT, 0x0100, "" };
	return fed;
}

static int fake_control(void *backend, const struct slot_usb_setup *setup, uint8_t *data,
			int64_t timeout_us, uint16_t *ret_len, enum slot_usb_result *ret,
			struct err *err)
{
	struct fake_board *board = backend;
	int r = count_call(board, FAKE_CALL_CONTROL, err);
	unsigned int leaves;

	(void)timeout_us;
	if (r < 0)
		return r;
	*ret = SLOT_USB_GONE;
	if (board->calls[FAKE_CALL_CONTROL] == board->resets_at)
		boot(board);
	if (board->calls[FAKE_CALL_CONTROL] == board->unplug_at) {
		board->cable_off = true;
		board->plug_us = board->plug_after_us ? board->now_us + board->plug_after_us : 0;
		set_on_bus(board, false);
	}
	if (!board->on_bus)
		return 0;
	*ret = SLOT_USB_CUT;
	if (pass(board, board->now_us + FAKE_CONTROL_US) == SLOT_WAIT_CUT)
		return 0;
	leaves = board->dfu.leaves;
	*ret = fake_dfu_control(&board->dfu, setup, data, ret_len);
	if (board->dfu.leaves != leaves)
		boot(board);
	return 0;
}

static void fake_close(void *backend)
{
	struct fake_board *board = backend;

	board->closed = true;
}

static const struct slot_time_ops fake_time_ops = {
	.now_us = fake_now_us,
	.wait = fake_wait,
	.listen = fake_listen,
};

static const struct slot_power_ops fake_power_ops = {
	.set = fake_power,
	.rail_read = fake_rail,
	.vbat_set = fake_vbat,
	.supply_set = fake_supply,
};

static const struct slot_line_ops fake_line_ops = { .hold = fake_hold };

static const struct slot_cut_ops fake_cut_ops = { .arm = fake_arm, .disarm = fake_disarm };

static const struct slot_stage_ops fake_stage_ops = {
	.prepare = fake_prepare,
	.write = fake_write,
	.commit = fake_commit,
};

static const struct slot_storage_ops fake_storage_ops = {
	.load = fake_load,
	.keep = fake_keep,
	.put_back = fake_put_back,
	.seed = fake_seed,
};

static const struct slot_program_ops fake_program_ops = { .write = fake_program };

static const struct slot_usb_ops fake_usb_ops = {
	.join = fake_join,
	.device = fake_device,
	.fed = fake_fed,
	.control = fake_control,
};

void fake_slot_open(struct fake_board *board, struct slot *ret)
{
	*ret = (struct slot){
		.name = "fake",
		.capabilities = SLOT_POWER | SLOT_RAIL | SLOT_VBAT | SLOT_RESET | SLOT_SETUP |
				SLOT_LED | SLOT_CUT | SLOT_STAGE | SLOT_STORAGE | SLOT_TRACE |
				SLOT_SUPPLY | SLOT_USB,
		.backend = board,
		.time = &fake_time_ops,
		.power = &fake_power_ops,
		.lines = &fake_line_ops,
		.cut = &fake_cut_ops,
		.stage = &fake_stage_ops,
		.storage = &fake_storage_ops,
		.programmer = &fake_program_ops,
		.usb = &fake_usb_ops,
		.close = fake_close,
	};
}

void fake_profile(struct board *ret)
{
	*ret = (struct board){
		.name = "fake",
		.led = { .active_low = true,
			 .pwm_hz = 100,
			 .states = { { .name = "off", LED_COLOUR_OFF, LED_PATTERN_SOLID },
				     { .name = "green", LED_COLOUR_GREEN, LED_PATTERN_SOLID },
				     { .name = "blue", LED_COLOUR_BLUE, LED_PATTERN_SOLID },
				     { .name = "yellow", LED_COLOUR_YELLOW, LED_PATTERN_SOLID } },
			 .state_count = 4 },
		.buttons = { .safe_mode_us = 200000, .dfu_us = 1000000, .reset_pulse_us = 10000 },
		.boot = { .alive = "green",
			  .dfu = "yellow",
			  .apply = "blue",
			  .alive_us_max = 1000000,
			  .apply_us_max = 1000000,
			  .long_off_us = 5000000 },
		.usb = { .vendor = FAKE_DFU_VENDOR, .dfu = FAKE_DFU_PRODUCT },
		.regions = { { .name = "table", FAKE_TABLE, FAKE_REGION_BYTES },
			     { .name = "app", FAKE_APP, FAKE_REGION_BYTES },
			     { .name = "staging", FAKE_STAGING, FAKE_REGION_BYTES } },
		.region_count = 3,
	};
}
