/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/wrap/call.h"

#include "base/text.h"

#include <errno.h>
#include <string.h>

static const char *const call_names[WRAP_CALL_COUNT] = {
#define X(name, text) [WRAP_CALL_##name] = (text),
	WRAP_CALL_LIST(X)
#undef X
};

static const char *const event_names[WRAP_EVENT_COUNT] = {
#define X(name, text) [WRAP_EVENT_##name] = (text),
	WRAP_EVENT_LIST(X)
#undef X
};

const char *wrap_call_name(enum wrap_call_kind kind)
{
	return call_names[kind];
}

const char *wrap_event_name(enum wrap_event_kind kind)
{
	return event_names[kind];
}

enum wrap_call_kind wrap_call_by_name(const char *name)
{
	for (int i = 1; i < WRAP_CALL_COUNT; i++)
		if (strcmp(call_names[i], name) == 0)
			return (enum wrap_call_kind)i;
	return WRAP_CALL_NONE;
}

enum wrap_event_kind wrap_event_by_name(const char *name)
{
	for (int i = 1; i < WRAP_EVENT_COUNT; i++)
		if (strcmp(event_names[i], name) == 0)
			return (enum wrap_event_kind)i;
	return WRAP_EVENT_NONE;
}

size_t wrap_event_values(enum wrap_event_kind kind)
{
	static const size_t counts[WRAP_EVENT_COUNT] = {
		[WRAP_EVENT_LED] = 2,	     [WRAP_EVENT_LOST] = 3,    [WRAP_EVENT_FLASH] = 1,
		[WRAP_EVENT_USB] = 3,	     [WRAP_EVENT_CONSOLE] = 1, [WRAP_EVENT_RADIO] = 1,
		[WRAP_EVENT_RADIO_LINK] = 1,
	};

	return counts[kind];
}

static int perform_wait(const struct slot *slot, struct wrap_call *call, struct err *err)
{
	enum slot_wait why = SLOT_WAIT_DEADLINE;
	int r = 0;

	switch ((int)call->kind) {
	case WRAP_CALL_WAIT: r = slot_wait(slot, call->args[0], &why, err); break;
	case WRAP_CALL_PREPARE: r = slot_stage_prepare(slot, call->update, &why, err); break;
	case WRAP_CALL_WRITE: r = slot_stage_write(slot, call->update, &why, err); break;
	default: r = slot_stage_commit(slot, call->update, &why, err); break;
	}
	call->outs[0] = (int64_t)why;
	call->out_count = 1;
	return r;
}

static int perform_rail(const struct slot *slot, struct wrap_call *call, struct err *err)
{
	bool up = false;
	int r = slot_rail_read(slot, &up, err);

	call->outs[0] = up;
	call->out_count = 1;
	return r;
}

static int perform_supply(const struct slot *slot, const struct wrap_call *call, struct err *err)
{
	const struct slot_supply supply = { .fall_us = call->args[0],
					    .rise_us = call->args[1],
					    .cells = (enum slot_cells)call->args[2] };

	return slot_supply_set(slot, &supply, err);
}

static int perform_arm(const struct slot *slot, const struct wrap_call *call, struct err *err)
{
	const struct slot_cut cut = { .by = (enum slot_cut_by)call->args[0],
				      .at = (uint64_t)call->args[1],
				      .form = (enum slot_cut_form)call->args[2],
				      .permille = (uint32_t)call->args[3] };

	return slot_cut_arm(slot, &cut, err);
}

static void perform_report(const struct slot *slot, struct wrap_call *call)
{
	struct slot_cut_report report = { .commanded_us = SLOT_CUT_UNSEEN,
					  .confirmed_us = SLOT_CUT_UNSEEN };

	call->outs[0] = slot_cut_report(slot, &report);
	call->outs[1] = report.aimed_us;
	call->outs[2] = report.commanded_us;
	call->outs[3] = report.confirmed_us;
	call->out_count = 4;
}

static void perform_counters(const struct slot *slot, struct wrap_call *call)
{
	struct slot_counters counters;

	slot_counters(slot, &counters);
	call->outs[0] = (int64_t)counters.flash_ops;
	call->outs[1] = (int64_t)counters.instructions;
	call->out_count = 2;
}

static void perform_device(const struct slot *slot, struct wrap_call *call)
{
	struct slot_usb_device device = { .vendor = 0 };

	call->outs[0] = call->kind == WRAP_CALL_FED ? slot_usb_fed(slot, &device)
						    : slot_usb_device(slot, &device);
	call->outs[1] = device.vendor;
	call->outs[2] = device.product;
	call->outs[3] = device.release;
	call->out_count = 4;
	text_copy(call->text, sizeof(call->text), device.serial);
}

static int perform_control(const struct slot *slot, struct wrap_call *call, struct err *err)
{
	const struct slot_usb_setup setup = {
		.type = (uint8_t)call->args[0],
		.request = (uint8_t)call->args[1],
		.value = (uint16_t)call->args[2],
		.index = (uint16_t)call->args[3],
		.length = (uint16_t)call->args[4],
	};
	enum slot_usb_result how = SLOT_USB_UNKNOWN;
	uint8_t bytes[SLOT_USB_BYTES_MAX];
	uint16_t len = 0;
	int r;

	if (call->in)
		memcpy(bytes, call->in, call->in_len);
	r = slot_usb_control(slot, &setup, setup.length ? bytes : NULL, call->args[5], &len, &how,
			     err);
	call->outs[0] = (int64_t)how;
	call->outs[1] = len;
	call->out_count = 2;
	if (r == 0 && how == SLOT_USB_DONE && call->out) {
		memcpy(call->out, bytes, len);
		call->out_len = len;
	}
	return r;
}

static int perform_send(const struct slot *slot, struct wrap_call *call, struct err *err)
{
	size_t sent = 0;
	int r = call->kind == WRAP_CALL_CONSOLE_SEND
			? slot_console_send(slot, call->in, call->in_len, &sent, err)
			: slot_radio_send(slot, call->in, call->in_len, &sent, err);

	call->outs[0] = (int64_t)sent;
	call->out_count = 1;
	return r;
}

static void perform_fault(const struct slot *slot, struct wrap_call *call)
{
	call->outs[0] = slot_last_fault(slot, call->text, sizeof(call->text));
	call->out_count = 1;
}

int wrap_call_perform(const struct slot *slot, struct wrap_call *call, struct err *err)
{
	const int64_t *args = call->args;

	switch (call->kind) {
	case WRAP_CALL_WAIT:
	case WRAP_CALL_PREPARE:
	case WRAP_CALL_WRITE:
	case WRAP_CALL_COMMIT: return perform_wait(slot, call, err);
	case WRAP_CALL_POWER: return slot_power_set(slot, (enum slot_power)args[0], err);
	case WRAP_CALL_RAIL: return perform_rail(slot, call, err);
	case WRAP_CALL_VBAT: return slot_vbat_set(slot, args[0] != 0, err);
	case WRAP_CALL_SUPPLY: return perform_supply(slot, call, err);
	case WRAP_CALL_HOLD:
		return slot_hold(slot, (enum slot_line)args[0], (enum slot_hold)args[1], err);
	case WRAP_CALL_ARM: return perform_arm(slot, call, err);
	case WRAP_CALL_REPORT: perform_report(slot, call); return 0;
	case WRAP_CALL_DISARM: slot_cut_disarm(slot); return 0;
	case WRAP_CALL_COUNTERS: perform_counters(slot, call); return 0;
	case WRAP_CALL_LOAD:
		return slot_storage_load(slot, (uint32_t)args[0], call->in, call->in_len, err);
	case WRAP_CALL_KEEP: return slot_storage_keep(slot, (unsigned int)args[0], err);
	case WRAP_CALL_PUT_BACK: return slot_storage_put_back(slot, (unsigned int)args[0], err);
	case WRAP_CALL_SEED: slot_seed(slot, (uint64_t)args[0]); return 0;
	case WRAP_CALL_FAULT: perform_fault(slot, call); return 0;
	case WRAP_CALL_JOIN: return slot_usb_join(slot, (enum slot_usb_port)args[0], err);
	case WRAP_CALL_DEVICE:
	case WRAP_CALL_FED: perform_device(slot, call); return 0;
	case WRAP_CALL_CONTROL: return perform_control(slot, call, err);
	case WRAP_CALL_CONSOLE_SET: return slot_console_set(slot, (uint32_t)args[0], err);
	case WRAP_CALL_RADIO_SET: return slot_radio_set(slot, (enum slot_radio_air)args[0], err);
	case WRAP_CALL_CONSOLE_SEND:
	case WRAP_CALL_RADIO_SEND: return perform_send(slot, call, err);
	case WRAP_CALL_PROGRAM: return slot_program(slot, call->pieces, (size_t)call->args[0], err);
	case WRAP_CALL_NONE:
	case WRAP_CALL_COUNT: break;
	}
	return err_set(err, ERR_RIG, -EINVAL, "a call of no kind");
}
