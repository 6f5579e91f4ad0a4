/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/linux/backend.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>

static void release_output(struct linux_backend *be, enum linux_line line)
{
	IGNORE(gpio_set(be->lines[line], GPIO_INACTIVE, NULL), "it is given back all the same");
	gpio_close(be->lines[line]);
	be->lines[line] = NULL;
}

static void undo_vbat(void *be)
{
	release_output(be, LINE_VBAT);
}

static void undo_reset(void *be)
{
	release_output(be, LINE_RESET);
}

static void undo_setup(void *be)
{
	release_output(be, LINE_SETUP);
}

static void undo_bleed(void *be)
{
	release_output(be, LINE_BLEED);
}

static void undo_vbus(void *be)
{
	release_output(be, LINE_VBUS);
}

static void undo_inputs(void *ctx)
{
	struct linux_backend *be = ctx;

	for (int i = LINE_RAIL; i < LINE_COUNT; i++) {
		gpio_close(be->lines[i]);
		be->lines[i] = NULL;
	}
}

static void undo_power(void *ctx)
{
	struct linux_backend *be = ctx;

	be->power.ops->close(be->power.ctx);
	be->power = (struct power){ 0 };
}

static int take(struct linux_backend *be, enum linux_line line, const struct bench_line *where,
		enum gpio_role role, struct err *err)
{
	if (!bench_wired(where))
		return 0;
	return gpio_open(where, role, GPIO_INACTIVE, be->consumer, &be->lines[line], err);
}

static int take_output(struct linux_backend *be, enum linux_line line,
		       const struct bench_line *where, enum gpio_role role, void (*undo)(void *be),
		       struct err *err)
{
	int r = take(be, line, where, role, err);

	if (be->lines[line])
		undo_push(&be->undo, undo, be);
	return r;
}

static int take_power(struct linux_backend *be, struct err *err)
{
	int r = power_open(&be->bench, be->consumer, &be->power, err);

	if (be->power.ctx)
		undo_push(&be->undo, undo_power, be);
	return r;
}

enum on_error { ON_ERROR_STOP, ON_ERROR_GO_ON };

/* Everything that drives the board, each with its safe level; the first error counts. */
static int take_outputs(struct linux_backend *be, enum on_error how, struct err *err)
{
	const struct bench_slot *bench = &be->bench;
	const struct {
		enum linux_line line;
		const struct bench_line *where; /* NULL: the power switch */
		enum gpio_role role;
		void (*undo)(void *be);
	} steps[] = {
		{ LINE_VBAT, &bench->vbat, GPIO_ROLE_DRIVE, undo_vbat },
		{ LINE_RESET, &bench->reset, GPIO_ROLE_OPEN_DRAIN, undo_reset },
		{ LINE_SETUP, &bench->setup, GPIO_ROLE_OPEN_DRAIN, undo_setup },
		{ LINE_BLEED, &bench->power.bleed, GPIO_ROLE_DRIVE, undo_bleed },
		{ LINE_COUNT, NULL, GPIO_ROLE_DRIVE, NULL },
		{ LINE_VBUS, &bench->usb.vbus, GPIO_ROLE_DRIVE, undo_vbus },
	};
	int first = 0;

	for (size_t i = 0; i < ARRAY_LEN(steps) && (first == 0 || how == ON_ERROR_GO_ON); i++) {
		struct err *told = first < 0 ? NULL : err;
		int r = steps[i].where ? take_output(be, steps[i].line, steps[i].where,
						     steps[i].role, steps[i].undo, told)
				       : take_power(be, told);

		first = first < 0 ? first : r;
	}
	return first;
}

static int take_inputs(struct linux_backend *be, struct err *err)
{
	enum gpio_role led_role = be->bench.led.sample_hz ? GPIO_ROLE_LOOK : GPIO_ROLE_EDGES;
	int r;

	undo_push(&be->undo, undo_inputs, be);
	r = take(be, LINE_RAIL, &be->bench.power.rail, GPIO_ROLE_EDGES, err);
	if (r == 0)
		r = take(be, LINE_LOOP_BACK, &be->bench.power.loop_back, GPIO_ROLE_EDGES, err);
	for (int i = 0; i < BENCH_LEDS && r == 0; i++)
		r = take(be, (enum linux_line)(LINE_RED + i), &be->bench.led.lines[i], led_role,
			 err);
	return r;
}

static void undo_sampler(void *ctx)
{
	struct linux_backend *be = ctx;

	sampler_stop(be->sampler);
	be->sampler = NULL;
}

static bool has_led(const struct linux_backend *be)
{
	return be->lines[LINE_RED] || be->lines[LINE_GREEN] || be->lines[LINE_BLUE];
}

static int start_sampler(struct linux_backend *be, struct err *err)
{
	int r;

	if (!has_led(be) || !be->bench.led.sample_hz)
		return 0;
	r = sampler_start(&be->lines[LINE_RED], be->bench.led.sample_hz, &be->sampler, err);
	if (r == 0)
		undo_push(&be->undo, undo_sampler, be);
	return r;
}

static void on_usb(void *ctx, int64_t t_us, bool arrived, const struct slot_usb_device *device)
{
	struct linux_backend *be = ctx;

	if (be->listener.usb)
		be->listener.usb(be->listener.ctx, t_us, arrived, device->vendor, device->product);
}

static int wait_for_usb(void *ctx, int64_t deadline_us, struct err *err)
{
	enum slot_wait why;
	int r = linux_pass(ctx, deadline_us, LINUX_UNTIL_SEEN, &why, err);

	return r < 0 ? r : why == SLOT_WAIT_CUT ? USB_WAIT_CUT : 0;
}

static int switch_vbus(void *ctx, enum slot_usb_port port, struct err *err)
{
	struct linux_backend *be = ctx;

	be->joined = port == SLOT_USB_JOINED;
	return linux_vbus_apply(be, err);
}

static void undo_usb(void *ctx)
{
	struct linux_backend *be = ctx;

	usb_close(be->usb);
	be->usb = NULL;
}

static const char *given(const char *text)
{
	return text[0] ? text : NULL;
}

static int open_usb(struct linux_backend *be, struct err *err)
{
	const struct bench_usb *usb = &be->bench.usb;
	struct usb_settings settings = {
		.port = given(usb->port),
		.serial = given(usb->serial),
		.board = be->bench.board,
		.vendor = usb->vendor,
		.product_count = usb->product_count,
		.listener = { be, on_usb },
		.waiter = { be, wait_for_usb },
	};
	int r;

	if (!bench_has_usb(usb))
		return 0;
	memcpy(settings.products, usb->products, sizeof(usb->products));
	if (be->lines[LINE_VBUS])
		settings.vbus = (struct usb_switch){ be, switch_vbus };
	r = usb_open(&settings, &be->usb, err);
	if (r < 0)
		return r;
	undo_push(&be->undo, undo_usb, be);
	if (!be->on)
		usb_power(be->usb, SLOT_POWER_OFF, be->now_us);
	return 0;
}

static void on_byte(void *ctx, int64_t t_us, uint8_t byte)
{
	struct linux_backend *be = ctx;

	if (be->listener.console)
		be->listener.console(be->listener.ctx, t_us, byte);
}

static void undo_console(void *ctx)
{
	struct linux_backend *be = ctx;

	console_close(be->console);
	be->console = NULL;
}

static int open_console(struct linux_backend *be, struct err *err)
{
	const struct bench_console *console = &be->bench.console;
	const struct console_settings settings = {
		.path = given(console->device),
		.port = given(console->port),
		.serial = given(console->serial),
		.nth = console->nth,
		.line = bench_console_is_usb(&be->bench) ? CONSOLE_LINE_BOARD_USB
							 : CONSOLE_LINE_UART,
		.rest = console->rest == BENCH_REST_BREAK ? CONSOLE_REST_BREAK
							  : CONSOLE_REST_CLOSED,
		.listener = { be, on_byte },
	};
	int r;

	if (!console->baud)
		return 0;
	r = console_open(&settings, &be->console, err);
	if (r == 0)
		undo_push(&be->undo, undo_console, be);
	return r;
}

static int make_safe(void *ctx, struct err *err)
{
	return linux_safe(ctx, err);
}

static void undo_guard(void *ctx)
{
	struct linux_backend *be = ctx;

	guard_dismiss(be->guard);
	be->guard = NULL;
}

static int start_guard(struct linux_backend *be, struct err *err)
{
	int r = guard_start(make_safe, &be->bench, &be->guard, err);

	if (r == 0)
		undo_push(&be->undo, undo_guard, be);
	return r;
}

static void undo_tally(void *ctx)
{
	struct linux_backend *be = ctx;

	tally_close(be->tally);
	be->tally = NULL;
}

static int open_tally(struct linux_backend *be, struct err *err)
{
	int r;

	if (!be->bench.limits.trials_a_day)
		return 0;
	r = tally_open(&be->bench.power.line, &be->tally, err);
	if (r == 0)
		undo_push(&be->undo, undo_tally, be);
	return r;
}

static int64_t now_us(void *backend)
{
	struct linux_backend *be = backend;

	return be->now_us;
}

static int wait(void *backend, int64_t deadline_us, enum slot_wait *ret, struct err *err)
{
	return linux_pass(backend, deadline_us, LINUX_UNTIL_DEADLINE, ret, err);
}

static void listen(void *backend, const struct slot_listener *listener)
{
	struct linux_backend *be = backend;

	be->listener = listener ? *listener : (struct slot_listener){ 0 };
}

static int hold(void *backend, enum slot_line line, enum slot_hold state, struct err *err)
{
	struct linux_backend *be = backend;
	struct gpio *gpio = be->lines[line == SLOT_LINE_RESET ? LINE_RESET : LINE_SETUP];
	int r = gpio_set(gpio, state == SLOT_HELD ? GPIO_ACTIVE : GPIO_INACTIVE, err);

	return r < 0 ? r : linux_look(be, err);
}

static int join(void *backend, enum slot_usb_port port, struct err *err)
{
	struct linux_backend *be = backend;
	int r = usb_join(be->usb, port, err);

	return r < 0 ? r : linux_look(be, err);
}

static bool device(void *backend, struct slot_usb_device *ret)
{
	struct linux_backend *be = backend;

	return usb_device(be->usb, ret);
}

static bool fed(void *backend, struct slot_usb_device *ret)
{
	struct linux_backend *be = backend;

	return usb_fed(be->usb, ret);
}

static int control(void *backend, const struct slot_usb_setup *setup, uint8_t *data,
		   int64_t timeout_us, uint16_t *ret_len, enum slot_usb_result *ret,
		   struct err *err)
{
	struct linux_backend *be = backend;
	int r = usb_control(be->usb, setup, data, timeout_us, ret_len, ret, err);

	return r < 0 ? r : linux_look(be, err);
}

static int console_speed(void *backend, uint32_t baud, struct err *err)
{
	struct linux_backend *be = backend;
	int r = console_set(be->console, baud, err);

	return r < 0 ? r : linux_look(be, err);
}

static int console_put(void *backend, const uint8_t *bytes, size_t len, size_t *ret_sent,
		       struct err *err)
{
	struct linux_backend *be = backend;

	return console_send(be->console, bytes, len, ret_sent, err);
}

static void close_slot(void *backend)
{
	struct linux_backend *be = backend;

	undo_run(&be->undo);
	pthread_mutex_destroy(&be->supply);
	free(be);
}

static const struct slot_time_ops linux_time_ops = {
	.now_us = now_us,
	.wait = wait,
	.listen = listen,
};

static const struct slot_line_ops linux_line_ops = { .hold = hold };

static const struct slot_usb_ops linux_usb_ops = {
	.join = join,
	.device = device,
	.fed = fed,
	.control = control,
};

static const struct slot_console_ops linux_console_ops = {
	.set = console_speed,
	.send = console_put,
};

/* What its file says, all of which is open; but for a hub that switches more than one board..
 * Never SLOT_RADIO: what is in the air around a real board is not the bench's to
 * say; a cloud of the bench's speaks to it over the network (cloud: in the bench file). */
static unsigned int capabilities(const struct linux_backend *be)
{
	unsigned int bits = bench_wiring(&be->bench);

	return be->power.no_cut[0] ? bits & ~(unsigned int)SLOT_CUT : bits;
}

static struct linux_backend *new_backend(const struct bench_slot *bench)
{
	struct linux_backend *be = calloc(1, sizeof(*be));

	if (!be)
		return NULL;
	if (pthread_mutex_init(&be->supply, NULL) != 0) {
		free(be);
		return NULL;
	}
	be->bench = *bench;
	snprintf(be->consumer, sizeof(be->consumer), "otarig %.24s", bench->name);
	be->now_us = clock_now_us();
	be->switched_us = be->now_us;
	for (int i = 0; i < BENCH_LEDS; i++)
		be->led.high[i] = bench->led.lit == BENCH_LIT_LOW;
	be->cut = (struct linux_cut){ .loop_back_us = SLOT_CUT_UNSEEN, .rail_us = SLOT_CUT_UNSEEN };
	return be;
}

static int open_all(struct linux_backend *be, struct err *err)
{
	int r = start_guard(be, err);

	if (r == 0)
		r = open_tally(be, err);
	if (r == 0)
		r = take_inputs(be, err);
	if (r == 0)
		r = take_outputs(be, ON_ERROR_STOP, err);
	if (r == 0)
		r = start_sampler(be, err);
	be->paused_us = clock_now_us(); /* somebody may have had it on until now */
	be->on = !be->power.ctx;	/* without a switch the board is on, as far as we know */
	be->led.resync = be->on;
	if (r == 0)
		r = open_usb(be, err);
	if (r == 0)
		r = open_console(be, err);
	return r;
}

int linux_open(const struct bench_slot *bench, struct slot *ret, struct err *err)
{
	struct linux_backend *be = new_backend(bench);
	int r;

	if (!be)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a slot");
	r = open_all(be, err);
	if (r < 0) {
		close_slot(be);
		err_prefix(err, "slot '%s'", bench->name);
		return r;
	}
	*ret = (struct slot){
		.capabilities = capabilities(be),
		.backend = be,
		.time = &linux_time_ops,
		.power = &linux_power_ops,
		.lines = &linux_line_ops,
		.cut = &linux_cut_ops,
		.programmer = &linux_program_ops,
		.usb = &linux_usb_ops,
		.console = &linux_console_ops,
		.close = close_slot,
	};
	text_copy(ret->name, sizeof(ret->name), bench->name);
	text_copy(ret->no_cut, sizeof(ret->no_cut), be->power.no_cut);
	if (be->usb)
		snprintf(ret->usb_place, sizeof(ret->usb_place), "usb %s %s",
			 bench->usb.port[0] ? "port" : "serial number",
			 bench->usb.port[0] ? bench->usb.port : bench->usb.serial);
	return 0;
}

int linux_safe(const struct bench_slot *bench, struct err *err)
{
	struct linux_backend *be = new_backend(bench);
	int r;

	if (!be)
		return err_set(err, ERR_RIG, -ENOMEM, "no memory for a slot");
	r = take_outputs(be, ON_ERROR_GO_ON, err);
	close_slot(be);
	if (r < 0)
		err_prefix(err, "slot '%s'", bench->name);
	return r;
}

bool linux_last_cut(const struct slot *slot, struct linux_cut *ret)
{
	const struct linux_backend *be = slot->backend;

	if (be->cut.commanded_us == 0)
		return false;
	*ret = be->cut;
	return true;
}

int linux_cut_lacks(const struct slot *slot, const char **ret_text, struct err *err)
{
	static const char *const texts[] = {
		"",
		"no real-time priority",
		"no locked memory",
		"neither real-time priority nor locked memory",
	};
	struct linux_backend *be = slot->backend;
	int r = linux_cut_start(be, err);

	if (r == 0)
		*ret_text = texts[cutter_lacks(be->cutter) & (CUTTER_NO_PRIORITY | CUTTER_NO_LOCK)];
	return r;
}
