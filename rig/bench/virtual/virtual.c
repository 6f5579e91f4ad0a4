/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/virtual/virtual.h"
#include "bench/virtual/backend.h"

#include <errno.h>
#include <string.h>

static const struct virtual_model {
	const char *name;
	enum vboard_model model;
} virtual_models[] = {
	{ "p1", VBOARD_MODEL_P1 },
	{ "photon", VBOARD_MODEL_PHOTON },
	{ "electron", VBOARD_MODEL_ELECTRON },
};

enum { REMEMBER_BYTES_MAX = 256 << 20 };

static void on_led(void *ctx, uint64_t cycle, enum vboard_led led, bool high)
{
	struct virtual_backend *vbe = ctx;

	if (vbe->listener.led)
		vbe->listener.led(vbe->listener.ctx, virtual_us(cycle), (int)led, high);
}

static void on_flash(void *ctx, const struct vboard_flash_op *op)
{
	struct virtual_backend *vbe = ctx;

	if (vbe->listener.flash)
		vbe->listener.flash(vbe->listener.ctx, virtual_us(op->begin_cycle), op->address);
}

static void on_radio(void *ctx, uint64_t cycle, uint8_t byte)
{
	struct virtual_backend *vbe = ctx;

	if (vbe->listener.radio)
		vbe->listener.radio(vbe->listener.ctx, virtual_us(cycle), byte);
}

static void on_radio_link(void *ctx, uint64_t cycle, bool connected)
{
	struct virtual_backend *vbe = ctx;

	if (vbe->listener.radio_link)
		vbe->listener.radio_link(vbe->listener.ctx, virtual_us(cycle), connected);
}

/* What drives the serial line would feed a board whose power is cut. */
static void on_cut(void *ctx, uint64_t commanded_cycle, uint64_t off_cycle)
{
	struct virtual_backend *vbe = ctx;

	vbe->console_baud = 0;
	vbe->cut.commanded_us = virtual_us(commanded_cycle);
	vbe->cut.confirmed_us = virtual_us(off_cycle);
	if (vbe->cut.aimed_us == 0)
		vbe->cut.aimed_us = vbe->cut.commanded_us;
}

static int64_t now_us(void *backend)
{
	struct virtual_backend *vbe = backend;

	return virtual_us(vboard_cycle(vbe->vb));
}

static int wait(void *backend, int64_t deadline_us, enum slot_wait *ret, struct err *err)
{
	struct virtual_backend *vbe = backend;

	(void)err;
	*ret = virtual_run(vbe, virtual_cycle(deadline_us)) == VBOARD_STOP_CUT ? SLOT_WAIT_CUT
									       : SLOT_WAIT_DEADLINE;
	return 0;
}

static void listen(void *backend, const struct slot_listener *listener)
{
	struct virtual_backend *vbe = backend;

	vbe->listener = listener ? *listener : (struct slot_listener){ 0 };
	vboard_listen(vbe->vb,
		      &(struct vboard_listener){ .ctx = vbe,
						 .led = on_led,
						 .flash = vbe->listener.flash ? on_flash : NULL,
						 .serial = virtual_console_heard,
						 .radio = on_radio,
						 .radio_link = on_radio_link,
						 .cut = on_cut,
						 .usb = virtual_usb_connected });
}

static int power_set(void *backend, enum slot_power power, struct err *err)
{
	struct virtual_backend *vbe = backend;

	(void)err;
	if (power == SLOT_POWER_ON)
		vboard_power_on(vbe->vb);
	else
		vboard_power_off(vbe->vb);
	return 0;
}

static int rail_read(void *backend, bool *ret_up, struct err *err)
{
	struct virtual_backend *vbe = backend;

	(void)err;
	*ret_up = vboard_is_powered(vbe->vb);
	return 0;
}

static int vbat_set(void *backend, bool present, struct err *err)
{
	struct virtual_backend *vbe = backend;

	(void)err;
	vboard_set_vbat(vbe->vb, present);
	return 0;
}

static uint32_t ramp_us(int64_t us)
{
	return us > VBOARD_RAMP_US_MAX ? VBOARD_RAMP_US_MAX : (uint32_t)us;
}

static int supply_set(void *backend, const struct slot_supply *supply, struct err *err)
{
	struct virtual_backend *vbe = backend;
	const struct vboard_supply ramps = { .fall_us = ramp_us(supply->fall_us),
					     .rise_us = ramp_us(supply->rise_us) };

	(void)err;
	vboard_set_supply(vbe->vb, &ramps);
	vboard_set_cells(vbe->vb,
			 supply->cells == SLOT_CELLS_WEAK ? VBOARD_CELLS_WEAK : VBOARD_CELLS_FIRM);
	return 0;
}

static int hold(void *backend, enum slot_line line, enum slot_hold state, struct err *err)
{
	struct virtual_backend *vbe = backend;

	(void)err;
	vboard_line(vbe->vb, line == SLOT_LINE_RESET ? VBOARD_RESET : VBOARD_SETUP,
		    state == SLOT_HELD);
	return 0;
}

static const struct slot_cut_report no_cut = { .commanded_us = SLOT_CUT_UNSEEN,
					       .confirmed_us = SLOT_CUT_UNSEEN };

static int cut_arm(void *backend, const struct slot_cut *cut, struct err *err)
{
	struct virtual_backend *vbe = backend;
	struct vboard_cut armed = { .at = cut->at, .permille = cut->permille };

	(void)err;
	vbe->cut = no_cut;
	switch (cut->by) {
	case SLOT_CUT_BY_TIME:
		vbe->cut.aimed_us = now_us(vbe) + (int64_t)cut->at;
		armed.by = VBOARD_CUT_CYCLE;
		armed.at = cut->at * VBOARD_CYCLES_PER_US;
		break;
	case SLOT_CUT_BY_OPERATION: armed.by = VBOARD_CUT_OP; break;
	case SLOT_CUT_BY_INSTRUCTION: armed.by = VBOARD_CUT_INSN; break;
	}
	switch (cut->form) {
	case SLOT_CUT_BEFORE: armed.form = VBOARD_CUT_BEFORE; break;
	case SLOT_CUT_TORN: armed.form = VBOARD_CUT_TORN; break;
	case SLOT_CUT_AFTER: armed.form = VBOARD_CUT_AFTER; break;
	}
	vboard_arm_cut(vbe->vb, &armed);
	return 0;
}

static void cut_disarm(void *backend)
{
	struct virtual_backend *vbe = backend;

	vboard_arm_cut(vbe->vb, &(struct vboard_cut){ .by = VBOARD_CUT_NONE });
}

static void cut_report(void *backend, struct slot_cut_report *ret)
{
	struct virtual_backend *vbe = backend;

	*ret = vbe->cut;
}

static void counters(void *backend, struct slot_counters *ret)
{
	struct virtual_backend *vbe = backend;

	ret->flash_ops = vboard_flash_ops(vbe->vb);
	ret->instructions = vboard_insns(vbe->vb);
}

static int storage_load(void *backend, uint32_t address, const uint8_t *bytes, size_t len,
			struct err *err)
{
	struct virtual_backend *vbe = backend;

	if (!vboard_flash_load(vbe->vb, address, bytes, len))
		return err_set(err, ERR_RIG, -ERANGE, "address 0x%08x is not in flash", address);
	return 0;
}

static int storage_keep(void *backend, unsigned int number, struct err *err)
{
	struct virtual_backend *vbe = backend;

	if (!vbe->storage[number])
		vbe->storage[number] = malloc(vboard_storage_bytes());
	if (!vbe->storage[number])
		return err_set(err, ERR_RIG, -ENOMEM, "no memory to keep the board's flash");
	vboard_storage_save(vbe->vb, vbe->storage[number]);
	return 0;
}

static int storage_put_back(void *backend, unsigned int number, struct err *err)
{
	struct virtual_backend *vbe = backend;

	if (!vbe->storage[number])
		return err_set(err, ERR_RIG, -ENOENT, "state %u of the board was not kept", number);
	vboard_power_off(vbe->vb);
	vboard_storage_restore(vbe->vb, vbe->storage[number]);
	return 0;
}

static void seed(void *backend, uint64_t value)
{
	struct virtual_backend *vbe = backend;

	vboard_seed(vbe->vb, value);
}

static bool last_fault(void *backend, char *ret_text, size_t size)
{
	struct virtual_backend *vbe = backend;

	return vboard_fault_text(vbe->vb, ret_text, size);
}

static int radio_set(void *backend, enum slot_radio_air air, struct err *err)
{
	static const enum vboard_radio levels[] = { VBOARD_RADIO_NOTHING, VBOARD_RADIO_NETWORK,
						    VBOARD_RADIO_PEER };
	struct virtual_backend *vbe = backend;

	(void)err;
	vboard_radio_air(vbe->vb, levels[air], 0);
	return 0;
}

static int radio_send(void *backend, const uint8_t *bytes, size_t len, size_t *ret_sent,
		      struct err *err)
{
	struct virtual_backend *vbe = backend;

	(void)err;
	*ret_sent = vboard_radio_send(vbe->vb, bytes, len);
	return 0;
}

static void close_board(void *backend)
{
	struct virtual_backend *vbe = backend;

	for (unsigned int i = 0; i < SLOT_STORAGE_MAX; i++)
		free(vbe->storage[i]);
	vboard_free(vbe->vb);
	free(vbe);
}

static const struct slot_time_ops virtual_time_ops = {
	.now_us = now_us,
	.wait = wait,
	.listen = listen,
};

static const struct slot_power_ops virtual_power_ops = {
	.set = power_set,
	.rail_read = rail_read,
	.vbat_set = vbat_set,
	.supply_set = supply_set,
};

static const struct slot_line_ops virtual_line_ops = { .hold = hold };

static const struct slot_cut_ops virtual_cut_ops = {
	.arm = cut_arm,
	.report = cut_report,
	.disarm = cut_disarm,
	.counters = counters,
};

static const struct slot_storage_ops virtual_storage_ops = {
	.load = storage_load,
	.keep = storage_keep,
	.put_back = storage_put_back,
	.seed = seed,
};

static int program(void *backend, const struct slot_piece *pieces, size_t count, struct err *err)
{
	struct virtual_backend *vbe = backend;
	int r = 0;

	vboard_power_off(vbe->vb);
	for (size_t i = 0; i < count && r == 0; i++)
		r = storage_load(backend, pieces[i].address, pieces[i].bytes, pieces[i].len, err);
	return r;
}

static const struct slot_program_ops virtual_program_ops = { .write = program };

static const struct slot_fault_ops virtual_fault_ops = { .last = last_fault };

static const struct slot_radio_ops virtual_radio_ops = { .set = radio_set, .send = radio_send };

static enum vboard_model model_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(virtual_models); i++)
		if (strcmp(virtual_models[i].name, name) == 0)
			return virtual_models[i].model;
	return VBOARD_MODEL_UNKNOWN;
}

int virtual_open(const char *model, struct slot *ret, struct err *err)
{
	enum vboard_model kind = model_of(model);
	struct virtual_backend *vbe;

	if (kind == VBOARD_MODEL_UNKNOWN)
		return err_set(err, ERR_CONFIG, -ENODEV, "board '%s' has no virtual stand-in",
			       model);
	vbe = calloc(1, sizeof(*vbe));
	if (vbe)
		vbe->vb = vboard_new(kind, 0);
	if (!vbe || !vbe->vb) {
		free(vbe);
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a virtual board");
	}
	if (!vboard_remember(vbe->vb, REMEMBER_BYTES_MAX)) {
		vboard_free(vbe->vb);
		free(vbe);
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a virtual board");
	}
	vbe->cut = no_cut;
	listen(vbe, NULL);
	*ret = (struct slot){
		.name = "virtual",
		.capabilities = SLOT_POWER | SLOT_RAIL | SLOT_VBAT | SLOT_RESET | SLOT_SETUP |
				SLOT_LED | SLOT_CUT | SLOT_CUT_EXACT | SLOT_STAGE | SLOT_STORAGE |
				SLOT_TRACE | SLOT_FAULTS | SLOT_SUPPLY | SLOT_USB | SLOT_CONSOLE |
				SLOT_RADIO | SLOT_PROGRAMMER,
		.backend = vbe,
		.time = &virtual_time_ops,
		.power = &virtual_power_ops,
		.lines = &virtual_line_ops,
		.cut = &virtual_cut_ops,
		.stage = &virtual_stage_ops,
		.storage = &virtual_storage_ops,
		.programmer = &virtual_program_ops,
		.faults = &virtual_fault_ops,
		.usb = &virtual_usb_ops,
		.console = &virtual_console_ops,
		.radio = &virtual_radio_ops,
		.close = close_board,
	};
	return 0;
}

struct vboard *virtual_board(const struct slot *slot)
{
	struct virtual_backend *vbe = slot->backend;

	return vbe->vb;
}
