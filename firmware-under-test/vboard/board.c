/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The board around the chip: power, lines, time. Between runs of the instruction loop the due
 * events happen in order of their time, resets and exceptions are taken, and the next moment at
 * which the loop must stop is worked out.
 */
#include "vboard/board.h"
#include "vboard/align.h"
#include "vboard/bulk.h"
#include "vboard/cells.h"
#include "vboard/cpu.h"
#include "vboard/crc.h"
#include "vboard/cut.h"
#include "vboard/memo.h"
#include "vboard/peripherals.h"
#include "vboard/pins.h"
#include "vboard/rail.h"
#include "vboard/record.h"
#include "vboard/scs.h"
#include "vboard/snapshot.h"
#include "vboard/spin.h"
#include "vboard/timer.h"
#include "vboard/radio.h"
#include "vboard/usart.h"
#include "vboard/usb.h"

#include <stdlib.h>

enum {
	OPTION_BYTES_FACTORY = 0x0fffaaec, /* no protection, BOR off (RM0033 2.6) */
	RAM_AT_POWER_ON = 0x5a,
	RANDOM_AT_POWER_ON = 0x2545f491, /* any but 0 */
	CALL_RETURN = 0x1fff0100,	 /* in the boot ROM, where nobody else goes */
	CALL_STEP_CYCLES = 1000000,
	/* Cycles between looks for a loop that waits and is not noticed by its branch. Odd, so that
	 * looks fall on each of its instructions in turn: only from some of them it can be seen to
	 * wait. */
	SPIN_PAUSE_MIN = 511,
	SPIN_PAUSE_MAX = 16383,
	BULK_HEADS_MAX = 16, /* instructions of a loop that may have its head */
};

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

uint64_t board_chance(struct vboard *vb)
{
	uint64_t *s = vb->s.chance;
	uint64_t result = rotl(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	if (vb->recorder)
		record_spoil(vb); /* chance is not part of what a recording depends on */
	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

uint32_t board_random(struct vboard *vb)
{
	uint64_t *x = &vb->s.chip.rng_stream;

	*x ^= *x << 13; /* xorshift64 */
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return (uint32_t)(*x >> 32);
}

void vboard_seed(struct vboard *vb, uint64_t seed)
{
	for (int i = 0; i < 4; i++) {
		uint64_t z = (seed += 0x9e3779b97f4a7c15u);

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
		vb->s.chance[i] = z ^ (z >> 31);
	}
}

struct vboard *vboard_new(enum vboard_model model, uint64_t seed)
{
	struct vboard *vb = calloc(1, sizeof(*vb));

	if (!vb)
		return NULL;
	vb->model = model;
	vb->handover_pc = 1;
	vb->return_pc = 1;
	vb->bulk_branch = 1;
	vb->spin_pause = SPIN_PAUSE_MIN;
	vb->ram_code_low = UINT32_MAX;
	vb->s.option_bytes = OPTION_BYTES_FACTORY;
	memset(vb->s.flash, 0xff, sizeof(vb->s.flash));
	memset(vb->s.otp, 0xff, sizeof(vb->s.otp));
	vb->s.timing = *vboard_timing_of(VBOARD_TIMING_TYPICAL);
	flash_refresh_window(vb);
	for (int i = 0; i < 3; i++)
		vb->s.led_high[i] = 1;
	vboard_seed(vb, seed);
	vb->code = &vb->plain_code;
	vb->ram_window = RAM_WINDOW;
	vb->flash_window = FLASH_WINDOW;
	vb->crc_cache = crc_cache_new();
	if (!vb->crc_cache || !code_cache_init(&vb->plain_code) ||
	    !code_cache_init(&vb->record_code)) {
		vboard_free(vb);
		return NULL;
	}
	return vb;
}

void vboard_free(struct vboard *vb)
{
	if (!vb)
		return;
	snapshot_forget(vb);
	memo_free(vb);
	code_cache_release(&vb->plain_code);
	code_cache_release(&vb->record_code);
	free(vb->crc_cache);
	free(vb);
}

bool vboard_remember(struct vboard *vb, size_t bytes_max)
{
	memo_settle(vb);
	memo_free(vb);
	return bytes_max == 0 || memo_new(vb, bytes_max);
}

void vboard_listen(struct vboard *vb, const struct vboard_listener *listener)
{
	memo_settle(vb);
	vb->listener = listener ? *listener : (struct vboard_listener){ 0 };
}

uint64_t vboard_cycle(const struct vboard *vb)
{
	return vb->s.cycles;
}

uint64_t vboard_insns(struct vboard *vb)
{
	if (!vb->running) /* a listener may ask: then the state is that of now */
		memo_settle(vb);
	return board_insns(vb);
}

uint64_t vboard_flash_ops(struct vboard *vb)
{
	if (!vb->running)
		memo_settle(vb);
	return vb->s.flash_ops;
}

bool vboard_is_powered(const struct vboard *vb)
{
	return vb->s.powered;
}

bool vboard_led_high(const struct vboard *vb, enum vboard_led led)
{
	return vb->s.led_high[led];
}

void board_update_leds(struct vboard *vb, uint64_t cycle)
{
	for (int i = 0; i < 3; i++) {
		bool high = !vb->s.powered || pins_led_level(vb, (enum vboard_led)i, cycle);

		if (high == vb->s.led_high[i])
			continue;
		vb->s.led_high[i] = high;
		if (vb->recorder)
			record_edge(vb, cycle, (enum vboard_led)i, high);
		if (vb->listener.led && !vb->mute)
			vb->listener.led(vb->listener.ctx, cycle, (enum vboard_led)i, high);
	}
}

void board_schedule(struct vboard *vb)
{
	vb->event_cycle = 0; /* worked out anew before the next instruction */
	vb->stop_cycle = 0;
}

void board_look_again(struct vboard *vb)
{
	vb->attention = true;
	vb->spin_cycle = vb->s.cycles;
	board_schedule(vb);
}

void board_state_replaced(struct vboard *vb)
{
	vb->cut_by = VBOARD_CUT_NONE;
	vb->spin_pause = SPIN_PAUSE_MIN;
	vb->bulk_due = false;
	vb->bulk_branch = 1;
	vb->landmark_cycle = 0;
	board_look_again(vb);
	memo_landmark(vb);
}

void board_request_reset(struct vboard *vb, enum reset_cause cause)
{
	vb->s.reset_cause |= cause;
	vb->stop_cycle = 0;
}

/* The chip as it leaves reset. RAM keeps what it held. */
static void chip_reset(struct vboard *vb, uint32_t cause)
{
	uint32_t csr = (vb->s.chip.rcc.csr & 0xfe000000) | cause | RESET_PIN;

	vb->s.reset_cause = 0;
	vb->s.reset_count++;
	scs_reset(vb);
	peripherals_reset(vb);
	rcc_reset(vb, csr);
	cpu_reset(vb, 0);
	board_update_leds(vb, vb->s.cycles);
	board_schedule(vb);
	memo_landmark(vb);
}

/* RAM was replaced as a whole: forget all that was decoded from it. */
static void forget_ram_code(struct vboard *vb)
{
	if (vb->ram_code_low < vb->ram_code_high)
		code_ram_changed(vb, vb->ram_code_low, vb->ram_code_high - vb->ram_code_low);
	vb->ram_code_low = UINT32_MAX;
	vb->ram_code_high = 0;
}

void board_power_good(struct vboard *vb, bool lost)
{
	vb->s.powered = 1;
	vb->s.idle_cycles = vb->s.cycles; /* instructions are counted anew */
	vb->s.reset_count = 0;
	vb->s.fault_count = 0;
	if (lost) {
		memset(vb->s.chip.ram, RAM_AT_POWER_ON, sizeof(vb->s.chip.ram));
		vb->ram_written = UINT32_MAX;
		forget_ram_code(vb);
	}
	vb->s.chip.rng_stream = RANDOM_AT_POWER_ON;
	vb->s.chip.rcc.csr = 0;
	chip_reset(vb, lost ? RESET_POWER : RESET_BROWN_OUT);
}

void board_power_bad(struct vboard *vb, bool by_cut)
{
	vb->s.powered = 0;
	vb->s.chip.cpu.lockup = 0;
	vb->s.chip.cpu.asleep = 0;
	board_update_leds(vb, vb->s.cycles);
	usb_host_look(vb);
	radio_power_bad(vb);
	board_schedule(vb);
	if (by_cut)
		cut_happened(vb);
}

/* All events up to now, in order. */
void board_run_events(struct vboard *vb)
{
	if (vb->s.powered) {
		for (;;) {
			uint64_t next = timer_next(vb);

			if (next > vb->s.cycles)
				break;
			timer_event(vb, next);
			board_update_leds(vb, next);
		}
		systick_run(vb);
		usb_run(vb);
		if (vb->s.cycles >= usart_next(vb))
			usart_run(vb);
		if (vb->s.cycles >= radio_next(vb))
			radio_run(vb);
		if (vb->s.cycles >= iwdg_next(vb))
			board_request_reset(vb, RESET_IWDG);
	}
	rail_run(vb);
}

void board_catch_up(struct vboard *vb)
{
	if (vb->event_cycle <= vb->s.cycles && vb->s.powered)
		board_run_events(vb);
}

void vboard_line(struct vboard *vb, enum vboard_line line, bool held)
{
	if ((vb->s.line_held[line] != 0) == held)
		return;
	if (vb->s.powered)
		memo_settle(vb);
	vb->s.line_held[line] = held;
	if (!vb->s.powered)
		return;
	memo_landmark(vb);
	if (line == VBOARD_SETUP) {
		pins_setup_changed(vb, held);
	} else if (held) {
		peripherals_reset(vb); /* pins float, peripherals stand, until it is let go */
		board_update_leds(vb, vb->s.cycles);
	} else {
		chip_reset(vb, RESET_PIN);
	}
}

static uint64_t min64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void schedule(struct vboard *vb)
{
	uint64_t next = timer_next(vb);

	next = min64(next, systick_next(vb));
	next = min64(next, rail_next(vb));
	next = min64(next, usb_next(vb));
	next = min64(next, usart_next(vb));
	next = min64(next, radio_next(vb));
	vb->event_cycle = min64(next, iwdg_next(vb));
}

/* Power is on but no instruction can run: until something happens. */
static void stand_still(struct vboard *vb, uint64_t until)
{
	if (until > vb->s.cycles) {
		vb->s.idle_cycles += until - vb->s.cycles;
		vb->s.cycles = until;
	}
}

/* What must happen before the next instruction. */
static void settle(struct vboard *vb)
{
	if (vb->event_cycle <= vb->s.cycles) {
		board_run_events(vb);
		schedule(vb);
	}
	if (!vb->s.powered)
		return;
	if (vb->s.reset_cause)
		chip_reset(vb, vb->s.reset_cause);
	if (vb->event_cycle <= vb->s.cycles)
		schedule(vb);
	if (!vb->attention)
		return;
	vb->attention = false;
	if (cpu_attend(vb))
		vb->attention = true; /* another may be more urgent still */
}

/* Does the loop at hand at once. False: there is none. */
static bool do_bulk(struct vboard *vb, uint64_t stop)
{
	struct bulk_loop loop;

	if (!bulk_find(vb, stop, &loop))
		return false;
	if (loop.kind == BULK_FEED)
		memo_before_bulk(vb, loop.source, 4 * loop.turns);
	bulk_do(vb, &loop);
	if (loop.kind == BULK_FEED)
		memo_after_bulk(vb);
	return true;
}

/*
 * A loop that can be done at once, looked for from here and the next few instructions, or from its
 * head, when that is known to be here.
 */
static bool skip_bulk(struct vboard *vb, uint64_t stop, bool is_head)
{
	if (is_head)
		return do_bulk(vb, stop);
	for (int i = 0; i < BULK_HEADS_MAX && vb->s.cycles < stop && !vb->attention; i++) {
		if (do_bulk(vb, stop))
			return true;
		vb->stop_cycle = vb->s.cycles + 1;
		cpu_loop(vb);
		if (vb->stop_cycle == 0)
			return false; /* something has to be looked at */
	}
	return false;
}

static bool skip_wait(struct vboard *vb, uint64_t stop)
{
	bool skipped = spin_skip(vb, stop);

	vb->spin_pause = skipped			   ? SPIN_PAUSE_MIN
			 : vb->spin_pause < SPIN_PAUSE_MAX ? 2 * vb->spin_pause + 1
							   : SPIN_PAUSE_MAX;
	vb->spin_cycle = vb->s.cycles + vb->spin_pause;
	return skipped;
}

/* A loop has been noticed that may do something simple, or wait. */
static void skip_loop(struct vboard *vb, uint64_t stop)
{
	uint32_t branch = vb->bulk_branch;
	bool skipped;

	vb->bulk_due = false;
	vb->bulk_branch = 1;
	/* sums that are recorded are told of by the unit itself, once */
	skipped = (branch == 1 || !vb->recorder) && skip_bulk(vb, stop, branch != 1);
	if (!skipped && branch != 1 && vb->s.cycles < stop)
		skipped = skip_wait(vb, stop);
	code_loop_looked_at(vb, branch, skipped);
}

/* A landmark that was announced for a time. */
static void look_for_landmark(struct vboard *vb)
{
	if (vb->landmark_cycle && vb->s.cycles >= vb->landmark_cycle)
		vb->landmark = true;
	if (vb->landmark)
		memo_enter(vb);
}

static void run_slice(struct vboard *vb, uint64_t until)
{
	const struct cpu_state *cpu = &vb->s.chip.cpu;
	uint64_t stop = min64(until, cut_at_cycle(vb));

	if (!vb->s.powered) {
		stand_still(vb, min64(until, rail_next(vb)));
		rail_run(vb);
		return;
	}
	if (vb->s.line_held[VBOARD_RESET]) {
		stop = vb->cut_by == VBOARD_CUT_INSN ? until : stop;
		stand_still(vb, min64(stop, rail_next(vb)));
		rail_run(vb);
		return;
	}
	settle(vb);
	if (vb->attention || !vb->s.powered)
		return;
	if (vb->memo) {
		look_for_landmark(vb);
		if (memo_is_telling(vb))
			return;
	}
	stop = min64(min64(until, cut_at_cycle(vb)), vb->event_cycle);
	if (cpu->lockup || cpu->asleep) {
		/* a cut by instruction does not come nearer meanwhile */
		stand_still(vb,
			    vb->cut_by == VBOARD_CUT_INSN ? min64(until, vb->event_cycle) : stop);
		return;
	}
	if (vb->s.chip.scs.ccr & CCR_UNALIGN_TRP) {
		if (vb->s.cycles < stop)
			align_step(vb);
		return;
	}
	if (vb->bulk_due && !vb->spin_off) {
		skip_loop(vb, stop); /* one moves the landmark that comes after it */
		return;
	}
	if (vb->landmark_cycle > vb->s.cycles)
		stop = min64(stop, vb->landmark_cycle);
	if (vb->s.cycles >= vb->spin_cycle && !vb->spin_off)
		skip_wait(vb, stop);
	if (!vb->spin_off)
		stop = min64(stop, vb->spin_cycle);
	vb->stop_cycle = stop;
	if (vb->s.cycles < stop)
		cpu_loop(vb);
}

static enum vboard_stop run(struct vboard *vb, uint64_t cycle)
{
	vb->stop_now = false;
	while (!vb->stop_now) {
		if (memo_is_telling(vb)) {
			if (vb->s.cycles >= cycle)
				return VBOARD_STOP_DEADLINE;
			memo_tell(vb, cycle);
			continue;
		}
		if (vb->s.powered && cut_is_due(vb)) {
			board_cut(vb, vb->s.cycles);
			continue;
		}
		if (vb->s.cycles >= cycle) {
			board_run_events(vb);
			return vb->stop_now ? vb->stop : VBOARD_STOP_DEADLINE;
		}
		run_slice(vb, cycle);
	}
	memo_stopped(vb);
	return vb->stop;
}

enum vboard_stop vboard_run(struct vboard *vb, uint64_t cycle)
{
	bool outer = vb->running; /* a remembered run is run again inside of a run */
	enum vboard_stop stop;

	vb->running = true;
	stop = run(vb, cycle);
	vb->running = outer;
	return stop;
}

static void watch_handover(struct vboard *vb, uint32_t pc)
{
	uint32_t old = vb->handover_pc;

	vb->handover_pc = pc;
	if (old - FLASH_BASE < VBOARD_FLASH_BYTES)
		code_flash_changed(vb, old - FLASH_BASE, 2);
	if (pc - FLASH_BASE < VBOARD_FLASH_BYTES)
		code_flash_changed(vb, pc - FLASH_BASE, 2);
}

enum vboard_stop vboard_run_to(struct vboard *vb, uint64_t cycle, uint32_t address)
{
	enum vboard_stop stop;

	memo_settle(vb);
	watch_handover(vb, address & ~1u);
	memo_landmark(vb);
	stop = vboard_run(vb, cycle);
	watch_handover(vb, 1);
	return stop;
}

enum vboard_stop vboard_run_to_handover(struct vboard *vb, uint64_t cycle, uint32_t vectors)
{
	uint32_t entry = 1;

	if (vectors - FLASH_BASE <= VBOARD_FLASH_BYTES - 8)
		memcpy(&entry, &vb->s.flash[vectors - FLASH_BASE + 4], 4);
	return vboard_run_to(vb, cycle, entry);
}

enum vboard_stop vboard_call(struct vboard *vb, uint32_t function, const uint32_t args[4],
			     uint64_t cycle, uint32_t *ret_value)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	enum vboard_stop stop;
	uint32_t faults;

	memo_settle(vb);
	faults = vb->s.fault_count;
	for (int i = 0; i < 4; i++)
		cpu->r[i] = args[i];
	cpu->r[13] &= ~7u;
	cpu->r[14] = CALL_RETURN | 1;
	cpu->r[15] = function & ~1u;
	cpu->it = 0;
	cpu->asleep = 0;
	cpu->no_thumb = 0;
	vb->return_pc = CALL_RETURN;
	memo_landmark(vb);
	do {
		uint64_t step = vb->s.cycles + CALL_STEP_CYCLES;

		stop = vboard_run(vb, min64(step, cycle));
		if (vb->s.fault_count != faults)
			stop = VBOARD_STOP_FAULTED;
	} while (stop == VBOARD_STOP_DEADLINE && vb->s.cycles < cycle);
	vb->return_pc = 1;
	if (stop == VBOARD_STOP_RETURNED)
		*ret_value = cpu->r[0];
	return stop;
}
