/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/wrap/proxy.h"

#include "base/hash.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

static int call(struct proxy *proxy, struct wrap_call *call, struct err *err)
{
	return proxy->ops->call(proxy->ctx, call, err);
}

/* Calls that bring nothing back. */
static int call_plain(void *backend, enum wrap_call_kind kind, int64_t a, int64_t b, size_t count,
		      struct err *err)
{
	struct wrap_call it = { .kind = kind, .args = { a, b }, .arg_count = count };

	return call(backend, &it, err);
}

static int64_t now_us(void *backend)
{
	struct proxy *proxy = backend;

	return proxy->ops->now_us(proxy->ctx);
}

static int wait(void *backend, int64_t deadline_us, enum slot_wait *ret, struct err *err)
{
	struct wrap_call it = { .kind = WRAP_CALL_WAIT, .args = { deadline_us }, .arg_count = 1 };
	int r = call(backend, &it, err);

	if (r == 0)
		*ret = (enum slot_wait)it.outs[0];
	return r;
}

static int power_set(void *backend, enum slot_power power, struct err *err)
{
	return call_plain(backend, WRAP_CALL_POWER, (int64_t)power, 0, 1, err);
}

static int rail_read(void *backend, bool *ret_up, struct err *err)
{
	struct wrap_call it = { .kind = WRAP_CALL_RAIL };
	int r = call(backend, &it, err);

	if (r == 0)
		*ret_up = it.outs[0] != 0;
	return r;
}

static int vbat_set(void *backend, bool present, struct err *err)
{
	return call_plain(backend, WRAP_CALL_VBAT, present, 0, 1, err);
}

static int supply_set(void *backend, const struct slot_supply *supply, struct err *err)
{
	struct wrap_call it = { .kind = WRAP_CALL_SUPPLY,
				.args = { supply->fall_us, supply->rise_us,
					  (int64_t)supply->cells },
				.arg_count = 3 };

	return call(backend, &it, err);
}

static int hold(void *backend, enum slot_line line, enum slot_hold state, struct err *err)
{
	return call_plain(backend, WRAP_CALL_HOLD, (int64_t)line, (int64_t)state, 2, err);
}

static int cut_arm(void *backend, const struct slot_cut *cut, struct err *err)
{
	struct wrap_call it = { .kind = WRAP_CALL_ARM,
				.args = { (int64_t)cut->by, (int64_t)cut->at, (int64_t)cut->form,
					  (int64_t)cut->permille },
				.arg_count = 4 };

	return call(backend, &it, err);
}

static void cut_report(void *backend, struct slot_cut_report *ret)
{
	struct wrap_call it = { .kind = WRAP_CALL_REPORT };

	if (call(backend, &it, NULL) < 0 || !it.outs[0])
		return;
	ret->aimed_us = it.outs[1];
	ret->commanded_us = it.outs[2];
	ret->confirmed_us = it.outs[3];
}

static void cut_disarm(void *backend)
{
	IGNORE(call_plain(backend, WRAP_CALL_DISARM, 0, 0, 0, NULL), "the next call tells");
}

static void counters(void *backend, struct slot_counters *ret)
{
	struct wrap_call it = { .kind = WRAP_CALL_COUNTERS };

	if (call(backend, &it, NULL) < 0)
		return;
	ret->flash_ops = (uint64_t)it.outs[0];
	ret->instructions = (uint64_t)it.outs[1];
}

static int stage(void *backend, enum wrap_call_kind kind, const struct slot_update *update,
		 enum slot_wait *ret, struct err *err)
{
	struct wrap_call it = { .kind = kind,
				.args = { update->staging_address, update->install_address,
					  update->function, update->system_vectors },
				.arg_count = 4,
				.in = update->bytes,
				.in_len = update->len,
				.update = update };
	int r = call(backend, &it, err);

	if (r == 0)
		*ret = (enum slot_wait)it.outs[0];
	return r;
}

static int stage_prepare(void *backend, const struct slot_update *update, enum slot_wait *ret,
			 struct err *err)
{
	return stage(backend, WRAP_CALL_PREPARE, update, ret, err);
}

static int stage_write(void *backend, const struct slot_update *update, enum slot_wait *ret,
		       struct err *err)
{
	return stage(backend, WRAP_CALL_WRITE, update, ret, err);
}

static int stage_commit(void *backend, const struct slot_update *update, enum slot_wait *ret,
			struct err *err)
{
	return stage(backend, WRAP_CALL_COMMIT, update, ret, err);
}

static int storage_load(void *backend, uint32_t address, const uint8_t *bytes, size_t len,
			struct err *err)
{
	struct wrap_call it = { .kind = WRAP_CALL_LOAD,
				.args = { address },
				.arg_count = 1,
				.in = bytes,
				.in_len = len };

	return call(backend, &it, err);
}

static int storage_keep(void *backend, unsigned int number, struct err *err)
{
	return call_plain(backend, WRAP_CALL_KEEP, number, 0, 1, err);
}

static int storage_put_back(void *backend, unsigned int number, struct err *err)
{
	return call_plain(backend, WRAP_CALL_PUT_BACK, number, 0, 1, err);
}

/* All of it in one number: where it goes and what it is. */
static int program(void *backend, const struct slot_piece *pieces, size_t count, struct err *err)
{
	uint32_t parts[2 * SLOT_PIECES_MAX];
	struct wrap_call it = { .kind = WRAP_CALL_PROGRAM,
				.args = { (int64_t)count },
				.arg_count = 2,
				.pieces = pieces };

	for (size_t i = 0; i < count; i++) {
		parts[2 * i] = pieces[i].address;
		parts[2 * i + 1] = hash_crc32(pieces[i].bytes, pieces[i].len);
	}
	it.args[1] = hash_crc32(parts, 2 * count * sizeof(parts[0]));
	return call(backend, &it, err);
}

static void seed(void *backend, uint64_t value)
{
	IGNORE(call_plain(backend, WRAP_CALL_SEED, (int64_t)value, 0, 1, NULL),
	       "the next call tells");
}

static bool last_fault(void *backend, char *ret_text, size_t size)
{
	struct wrap_call it = { .kind = WRAP_CALL_FAULT };

	if (call(backend, &it, NULL) < 0 || !it.outs[0])
		return false;
	text_copy(ret_text, size, it.text);
	return true;
}

static int usb_join(void *backend, enum slot_usb_port port, struct err *err)
{
	return call_plain(backend, WRAP_CALL_JOIN, (int64_t)port, 0, 1, err);
}

static bool ask_device(void *backend, enum wrap_call_kind kind, struct slot_usb_device *ret)
{
	struct wrap_call it = { .kind = kind };

	if (call(backend, &it, NULL) < 0 || !it.outs[0])
		return false;
	ret->vendor = (uint16_t)it.outs[1];
	ret->product = (uint16_t)it.outs[2];
	ret->release = (uint16_t)it.outs[3];
	text_copy(ret->serial, sizeof(ret->serial), it.text);
	return true;
}

static bool usb_device(void *backend, struct slot_usb_device *ret)
{
	return ask_device(backend, WRAP_CALL_DEVICE, ret);
}

static bool usb_fed(void *backend, struct slot_usb_device *ret)
{
	return ask_device(backend, WRAP_CALL_FED, ret);
}

static int usb_control(void *backend, const struct slot_usb_setup *setup, uint8_t *data,
		       int64_t timeout_us, uint16_t *ret_len, enum slot_usb_result *ret,
		       struct err *err)
{
	bool comes = setup->type & 0x80;
	struct wrap_call it = { .kind = WRAP_CALL_CONTROL,
				.args = { setup->type, setup->request, setup->value, setup->index,
					  setup->length, timeout_us },
				.arg_count = 6,
				.in = comes ? NULL : data,
				.in_len = comes ? 0 : setup->length,
				.out = comes ? data : NULL,
				.out_room = comes ? setup->length : 0 };
	int r = call(backend, &it, err);

	if (r < 0)
		return r;
	*ret = (enum slot_usb_result)it.outs[0];
	if (*ret == SLOT_USB_DONE)
		*ret_len = (uint16_t)it.outs[1];
	return 0;
}

static int send_bytes(void *backend, enum wrap_call_kind kind, const uint8_t *bytes, size_t len,
		      size_t *ret_sent, struct err *err)
{
	struct wrap_call it = { .kind = kind, .in = bytes, .in_len = len };
	int r = call(backend, &it, err);

	if (r == 0)
		*ret_sent = (size_t)it.outs[0];
	return r;
}

static int console_set(void *backend, uint32_t baud, struct err *err)
{
	return call_plain(backend, WRAP_CALL_CONSOLE_SET, baud, 0, 1, err);
}

static int console_send(void *backend, const uint8_t *bytes, size_t len, size_t *ret_sent,
			struct err *err)
{
	return send_bytes(backend, WRAP_CALL_CONSOLE_SEND, bytes, len, ret_sent, err);
}

static int radio_set(void *backend, enum slot_radio_air air, struct err *err)
{
	return call_plain(backend, WRAP_CALL_RADIO_SET, (int64_t)air, 0, 1, err);
}

static int radio_send(void *backend, const uint8_t *bytes, size_t len, size_t *ret_sent,
		      struct err *err)
{
	return send_bytes(backend, WRAP_CALL_RADIO_SEND, bytes, len, ret_sent, err);
}

static void told(void *ctx, enum wrap_event_kind kind, int64_t t_us, int64_t a, int64_t b,
		 int64_t c)
{
	struct proxy *proxy = ctx;
	const struct wrap_event event = { kind, t_us, { a, b, c } };

	proxy->ops->event(proxy->ctx, &event);
}

static void on_led(void *ctx, int64_t t_us, int channel, bool high)
{
	told(ctx, WRAP_EVENT_LED, t_us, channel, high, 0);
}

static void on_lost(void *ctx, int64_t t_us, const bool high[3])
{
	told(ctx, WRAP_EVENT_LOST, t_us, high[0], high[1], high[2]);
}

static void on_flash(void *ctx, int64_t t_us, uint32_t address)
{
	told(ctx, WRAP_EVENT_FLASH, t_us, address, 0, 0);
}

static void on_usb(void *ctx, int64_t t_us, bool arrived, uint16_t vendor, uint16_t product)
{
	told(ctx, WRAP_EVENT_USB, t_us, arrived, vendor, product);
}

static void on_console(void *ctx, int64_t t_us, uint8_t byte)
{
	told(ctx, WRAP_EVENT_CONSOLE, t_us, byte, 0, 0);
}

static void on_radio(void *ctx, int64_t t_us, uint8_t byte)
{
	told(ctx, WRAP_EVENT_RADIO, t_us, byte, 0, 0);
}

static void on_radio_link(void *ctx, int64_t t_us, bool connected)
{
	told(ctx, WRAP_EVENT_RADIO_LINK, t_us, connected, 0, 0);
}

/* The slot inside is asked for what the caller wants alone: some costs it much. */
static void listen(void *backend, const struct slot_listener *listener)
{
	struct proxy *proxy = backend;
	struct slot_listener own = { .ctx = proxy };

	proxy->listener = listener ? *listener : (struct slot_listener){ 0 };
	own.led = proxy->listener.led ? on_led : NULL;
	own.led_lost = proxy->listener.led_lost ? on_lost : NULL;
	own.flash = proxy->listener.flash ? on_flash : NULL;
	own.usb = proxy->listener.usb ? on_usb : NULL;
	own.console = proxy->listener.console ? on_console : NULL;
	own.radio = proxy->listener.radio ? on_radio : NULL;
	own.radio_link = proxy->listener.radio_link ? on_radio_link : NULL;
	if (proxy->inner.backend)
		slot_listen(&proxy->inner, listener ? &own : NULL);
}

void proxy_tell(const struct proxy *proxy, const struct wrap_event *event)
{
	const struct slot_listener *to = &proxy->listener;
	const int64_t *v = event->values;
	const bool high[3] = { v[0] != 0, v[1] != 0, v[2] != 0 };

	if (event->kind == WRAP_EVENT_LED && to->led)
		to->led(to->ctx, event->t_us, (int)v[0], v[1] != 0);
	else if (event->kind == WRAP_EVENT_LOST && to->led_lost)
		to->led_lost(to->ctx, event->t_us, high);
	else if (event->kind == WRAP_EVENT_FLASH && to->flash)
		to->flash(to->ctx, event->t_us, (uint32_t)v[0]);
	else if (event->kind == WRAP_EVENT_USB && to->usb)
		to->usb(to->ctx, event->t_us, v[0] != 0, (uint16_t)v[1], (uint16_t)v[2]);
	else if (event->kind == WRAP_EVENT_CONSOLE && to->console)
		to->console(to->ctx, event->t_us, (uint8_t)v[0]);
	else if (event->kind == WRAP_EVENT_RADIO && to->radio)
		to->radio(to->ctx, event->t_us, (uint8_t)v[0]);
	else if (event->kind == WRAP_EVENT_RADIO_LINK && to->radio_link)
		to->radio_link(to->ctx, event->t_us, v[0] != 0);
}

static void close_proxy(void *backend)
{
	struct proxy *proxy = backend;

	slot_close(&proxy->inner);
	proxy->ops->close(proxy->ctx);
	free(proxy);
}

static const struct slot_time_ops time_ops = { .now_us = now_us, .wait = wait, .listen = listen };
static const struct slot_power_ops power_ops = { power_set, rail_read, vbat_set, supply_set };
static const struct slot_line_ops line_ops = { .hold = hold };
static const struct slot_cut_ops cut_ops = { cut_arm, cut_report, cut_disarm, counters };
static const struct slot_stage_ops stage_ops = { stage_prepare, stage_write, stage_commit };
static const struct slot_storage_ops storage_ops = { storage_load, storage_keep, storage_put_back,
						     seed };
static const struct slot_program_ops program_ops = { .write = program };
static const struct slot_fault_ops fault_ops = { .last = last_fault };
static const struct slot_usb_ops usb_ops = {
	.join = usb_join, .device = usb_device, .fed = usb_fed, .control = usb_control
};
static const struct slot_console_ops console_ops = { console_set, console_send };
static const struct slot_radio_ops radio_ops = { radio_set, radio_send };

int proxy_open(const struct slot *inner, const struct wrap_ops *ops, void *ctx, struct slot *ret,
	       struct proxy **ret_proxy, struct err *err)
{
	struct proxy *proxy = calloc(1, sizeof(*proxy));
	struct slot slot = { .capabilities = inner ? inner->capabilities : 0 };

	if (!proxy)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a wrapper");
	proxy->ops = ops;
	proxy->ctx = ctx;
	if (inner) {
		proxy->inner = *inner;
		memcpy(slot.name, inner->name, sizeof(slot.name));
		memcpy(slot.no_cut, inner->no_cut, sizeof(slot.no_cut));
		memcpy(slot.usb_place, inner->usb_place, sizeof(slot.usb_place));
	}
	slot.backend = proxy;
	slot.time = &time_ops;
	slot.power = &power_ops;
	slot.lines = &line_ops;
	slot.cut = &cut_ops;
	slot.stage = &stage_ops;
	slot.storage = &storage_ops;
	slot.programmer = &program_ops;
	slot.faults = &fault_ops;
	slot.usb = &usb_ops;
	slot.console = &console_ops;
	slot.radio = &radio_ops;
	slot.close = close_proxy;
	*ret = slot;
	*ret_proxy = proxy;
	return 0;
}
