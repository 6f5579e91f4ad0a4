/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vboard/memo.h"
#include "vboard/board.h"
#include "vboard/cut.h"
#include "vboard/bus.h"
#include "vboard/flash.h"
#include "vboard/memo_state.h"
#include "vboard/radio.h"

#include <stdlib.h>

enum {
	STRETCH_CYCLES_MIN = 64,	 /* shorter ones cost more to look up than to run */
	STRETCH_CYCLES_MAX = 2000000000, /* times inside are kept in 32 bits */
	DULL_CYCLES = 500000,		 /* landmarks as near as this to each other, */
	DULL_MAX = 24,			 /* so many in a row, all of them new: */
	DULL_PAUSE_CYCLES = 60000000,	 /* then only one in this time is looked at */
	AFTER_BULK_CYCLES = 256, /* by then the checksum itself was compared and forgotten */
};

bool memo_new(struct vboard *vb, size_t bytes_max)
{
	struct memo *memo = calloc(1, sizeof(*memo));

	if (memo)
		memo->recorder = recorder_new();
	if (!memo || !memo->recorder) {
		free(memo);
		return false;
	}
	memo->bytes_max = bytes_max;
	vb->memo = memo;
	return true;
}

void memo_free(struct vboard *vb)
{
	if (!vb->memo)
		return;
	memo_forget_all(vb->memo);
	recorder_free(vb->memo->recorder);
	free(vb->memo);
	vb->memo = NULL;
}

void memo_count(const struct vboard *vb, struct memo_counts *ret)
{
	*ret = (struct memo_counts){ 0 };
	if (!vb->memo)
		return;
	*ret = vb->memo->counts;
	ret->bytes = vb->memo->bytes;
}

bool memo_is_telling(const struct vboard *vb)
{
	return vb->memo && vb->memo->telling;
}

/* ---- recording ---- */

static void open_recording(struct vboard *vb, const struct memo_key *key)
{
	struct memo *memo = vb->memo;

	memo->key = *key;
	memo->open = (struct stretch){
		.cycles = vb->s.cycles,
		.idle_cycles = vb->s.idle_cycles,
		.resets = vb->s.reset_count,
		.faults = vb->s.fault_count,
		.backup = vb->s.backup,
	};
	vb->landmark_cycle = vb->s.cycles + STRETCH_CYCLES_MAX;
	record_begin(vb, memo->recorder);
}

static struct stretch *new_stretch(struct vboard *vb, bool has_end)
{
	const struct stretch *open = &vb->memo->open;
	struct stretch *stretch = calloc(1, sizeof(*stretch));

	if (stretch && has_end)
		stretch->end = malloc(sizeof(*stretch->end));
	if (!stretch || (has_end && !stretch->end)) {
		free(stretch);
		return NULL;
	}
	stretch->key = vb->memo->key;
	stretch->cycles = vb->s.cycles - open->cycles;
	stretch->idle_cycles = vb->s.idle_cycles - open->idle_cycles;
	stretch->resets = vb->s.reset_count - open->resets;
	stretch->faults = vb->s.fault_count - open->faults;
	stretch->fault_pc = vb->s.fault_pc;
	stretch->fault_cfsr = vb->s.fault_cfsr;
	stretch->crc = vb->s.chip.crc;
	stretch->backup = vb->s.backup;
	stretch->backup_changed =
		memcmp(&stretch->backup, &open->backup, sizeof(open->backup)) != 0;
	if (has_end)
		memo_take_image(vb, stretch->end);
	return stretch;
}

static void close_recording(struct vboard *vb, enum vboard_stop stop, bool before_bulk,
			    bool has_end)
{
	struct memo *memo = vb->memo;
	bool worth = vb->s.cycles - memo->open.cycles >= STRETCH_CYCLES_MIN;
	struct record_lists lists = { 0 };
	struct stretch *stretch;

	vb->landmark_cycle = 0;
	if (!record_end(vb, !has_end, &lists))
		return;
	stretch = worth ? new_stretch(vb, has_end) : NULL;
	if (!stretch) {
		record_lists_release(&lists);
		return;
	}
	stretch->lists = lists;
	stretch->stop = stop;
	stretch->before_bulk = before_bulk;
	memo_add(memo, stretch);
}

void memo_stopped(struct vboard *vb)
{
	if (vb->recorder)
		close_recording(vb, vb->stop, false, true);
}

void memo_drop(struct vboard *vb)
{
	struct record_lists lists = { 0 };

	if (!vb->recorder)
		return;
	vb->landmark_cycle = 0;
	if (record_end(vb, true, &lists))
		record_lists_release(&lists);
}

void memo_before_bulk(struct vboard *vb, uint32_t address, uint32_t bytes)
{
	if (!vb->memo || (vb->recorder && record_knows(vb, address, bytes)))
		return;
	if (vb->memo->rerunning) {
		if (vb->recorder)
			record_read(vb, address, bytes);
		return;
	}
	if (vb->recorder)
		close_recording(vb, VBOARD_STOP_DEADLINE, true, true);
	vb->landmark_cycle = UINT64_MAX; /* said when the loop has been done */
}

void memo_after_bulk(struct vboard *vb)
{
	if (vb->memo && vb->landmark_cycle == UINT64_MAX)
		vb->landmark_cycle = vb->s.cycles + AFTER_BULK_CYCLES;
}

/* ---- telling ---- */

static bool cut_is_inside(const struct vboard *vb, const struct stretch *stretch)
{
	switch (vb->cut_by) {
	case VBOARD_CUT_CYCLE: return vb->cut_at < vb->s.cycles + stretch->cycles;
	case VBOARD_CUT_OP: return vb->cut_at < vb->s.flash_ops + stretch->lists.op_count;
	case VBOARD_CUT_INSN:
		return vb->cut_at <= board_insns(vb) + stretch->cycles - stretch->idle_cycles;
	case VBOARD_CUT_NONE: break;
	}
	return false;
}

static bool may_tell(const struct vboard *vb, const struct stretch *stretch)
{
	return !cut_is_inside(vb, stretch) ||
	       (vb->cut_by != VBOARD_CUT_INSN && !stretch->backup_changed &&
		vb->s.supply.fall_us == 0);
}

/*
 * What a stretch says holds for a full supply, for cells that read the same each time, and for a
 * board without a USB cable: what comes over that is not part of it.
 */
static bool is_steady(const struct vboard *vb)
{
	return flash_is_sure(vb) && !vb->s.usb_host.attached && !vb->s.usb_host.connected &&
	       vb->s.rail.length == 0 && vb->s.rail.released_mv == 0;
}

/*
 * A board that starts itself over and over, each time in a state that was never seen (a counter
 * that runs on is enough), is not worth a look each time.
 */
static bool is_dull(struct vboard *vb)
{
	struct memo *memo = vb->memo;

	if (vb->s.cycles - memo->landmark_cycle >= DULL_CYCLES)
		memo->dull = 0;
	memo->landmark_cycle = vb->s.cycles;
	return memo->dull >= DULL_MAX && vb->s.cycles - memo->looked_cycle < DULL_PAUSE_CYCLES;
}

static void note_interest(struct vboard *vb, const struct stretch *known)
{
	struct memo *memo = vb->memo;

	memo->dull = known ? 0 : memo->dull + 1;
	memo->looked_cycle = vb->s.cycles;
}

void memo_enter(struct vboard *vb)
{
	struct memo *memo = vb->memo;
	struct stretch *known;
	struct memo_key key;

	if (memo->rerunning || vb->s.reset_cause)
		return;
	vb->landmark = false;
	if (vb->recorder)
		close_recording(vb, VBOARD_STOP_DEADLINE, false, true);
	vb->landmark_cycle = 0;
	if (!is_steady(vb))
		return;
	if (is_dull(vb))
		return;
	key = memo_key_of(vb);
	known = memo_find(vb, &key);
	note_interest(vb, known);
	if (!known) {
		open_recording(vb, &key);
		return;
	}
	if (vb->listener.flash || !may_tell(vb, known))
		return; /* it is run: somebody wants more than a stretch tells */
	memo->telling = known;
	memo->begin = vb->s.cycles;
	memo->events_told = 0;
	memcpy(memo->led_high, vb->s.led_high, sizeof(memo->led_high));
	memo->counts.told++;
}

static void tell_event(struct vboard *vb, const struct record_event *event, uint64_t cycle)
{
	const struct vboard_listener *listener = &vb->listener;

	if (event->port >= RADIO_VOICE_BYTE) {
		radio_tell(vb, cycle, event->port, event->value);
		return;
	}
	if (event->port) {
		if (listener->serial)
			listener->serial(listener->ctx, cycle, event->port, event->value);
		return;
	}
	vb->s.led_high[event->led] = event->value;
	if (listener->led)
		listener->led(listener->ctx, cycle, (enum vboard_led)event->led, event->value);
}

bool memo_tell_events(struct vboard *vb)
{
	struct memo *memo = vb->memo;
	const struct record_lists *lists;

	if (!memo_is_telling(vb))
		return false;
	lists = &memo->telling->lists;
	for (; memo->events_told < lists->event_count; memo->events_told++) {
		const struct record_event *event = &lists->events[memo->events_told];

		if (memo->begin + event->cycle > vb->s.cycles)
			break;
		tell_event(vb, event, memo->begin + event->cycle);
	}
	return true;
}

/* Operations of the stretch that begin at or before 'cycle' (since it began). */
static uint32_t ops_begun(const struct record_lists *lists, uint64_t cycle)
{
	uint32_t low = 0;
	uint32_t high = lists->op_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (lists->ops[middle].begin <= cycle)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The state is the one at the stretch's end. */
static void finish_telling(struct vboard *vb)
{
	struct memo *memo = vb->memo;
	const struct stretch *stretch = memo->telling;
	const struct record_lists *lists = &stretch->lists;

	vb->s.cycles = memo->begin + stretch->cycles;
	memo_tell_events(vb);
	memo->telling = NULL;
	flash_redo(vb, lists->ops, lists->op_count);
	for (uint32_t i = 0; i < lists->ram_count; i++) {
		uint32_t offset = lists->ram[i].address - RAM_BASE;

		memcpy(&vb->s.chip.ram[offset], &lists->ram[i].value, 4);
		bus_ram_written(vb, offset, 4);
	}
	vb->s.idle_cycles += stretch->idle_cycles;
	memo_image_restore(vb, stretch->end);
	if (lists->crc_changed)
		vb->s.chip.crc = stretch->crc;
	vb->s.backup = stretch->backup;
	vb->s.reset_count += stretch->resets;
	vb->s.fault_count += stretch->faults;
	if (stretch->faults) {
		vb->s.fault_pc = stretch->fault_pc;
		vb->s.fault_cfsr = stretch->fault_cfsr;
	}
	board_look_again(vb);
	vb->bulk_due = stretch->before_bulk;
	vb->landmark = !stretch->before_bulk;
	if (stretch->before_bulk)
		vb->landmark_cycle = UINT64_MAX;
	if (stretch->stop != VBOARD_STOP_DEADLINE) {
		vb->landmark = false;
		vb->stop = stretch->stop;
		vb->stop_now = true;
	}
}

/* Power fails in operation number 'number' of the stretch, or between two, at 'cycle'. */
static void tell_cut(struct vboard *vb, uint32_t number, bool in_op, uint64_t cycle)
{
	struct memo *memo = vb->memo;
	const struct record_lists *lists = &memo->telling->lists;

	flash_redo(vb, lists->ops, number);
	vb->s.cycles = in_op ? memo->begin + lists->ops[number].begin : cycle;
	if (in_op)
		flash_redo_cut(vb, &lists->ops[number]);
	else
		board_cut(vb, cycle);
	memo->telling = NULL;
}

/* True when the armed cut came before 'cycle', or in an operation that had begun by then. */
static bool tell_to_cut(struct vboard *vb, uint64_t cycle, uint64_t op_end)
{
	struct memo *memo = vb->memo;
	const struct record_lists *lists = &memo->telling->lists;
	uint32_t number;

	if (vb->cut_by == VBOARD_CUT_OP) {
		if (vb->cut_at >= vb->s.flash_ops + lists->op_count)
			return false;
		number = (uint32_t)(vb->cut_at - vb->s.flash_ops);
		if (memo->begin + lists->ops[number].begin > cycle)
			return false;
		tell_cut(vb, number, true, 0);
		return true;
	}
	if (vb->cut_by != VBOARD_CUT_CYCLE || (vb->cut_at > cycle && vb->cut_at >= op_end) ||
	    vb->cut_at >= memo->begin + memo->telling->cycles)
		return false;
	number = ops_begun(lists, vb->cut_at - memo->begin);
	if (number > 0 &&
	    vb->cut_at - memo->begin <
		    lists->ops[number - 1].begin + (uint64_t)lists->ops[number - 1].cycles)
		tell_cut(vb, number - 1, true, 0);
	else
		tell_cut(vb, number, false, vb->cut_at);
	return true;
}

/* End of the operation that was at work at 'cycle' or before it. */
static uint64_t op_end_at(const struct memo *memo, uint64_t cycle)
{
	const struct record_lists *lists = &memo->telling->lists;
	uint32_t begun = ops_begun(lists, cycle - memo->begin);

	if (begun == 0)
		return 0;
	return memo->begin + lists->ops[begun - 1].begin + lists->ops[begun - 1].cycles;
}

void memo_tell(struct vboard *vb, uint64_t cycle)
{
	struct memo *memo = vb->memo;
	const struct stretch *stretch = memo->telling;
	uint64_t op_end = op_end_at(memo, cycle);
	uint64_t now = op_end > cycle ? op_end : cycle; /* what has begun is done */

	if (tell_to_cut(vb, cycle, op_end))
		return;
	if (now < memo->begin + stretch->cycles) {
		vb->s.cycles = now;
		memo_tell_events(vb);
	} else if (stretch->end) {
		finish_telling(vb);
	} else {
		vb->s.cycles = memo->begin + stretch->cycles;
		memo_tell_events(vb);
		memo_settle(vb);
		vb->landmark = true; /* from here on nothing is known */
	}
}

/* ---- somebody wants the state inside a stretch ---- */

/* Runs from the stretch's beginning to now; the edges were told. Recorded, for the next time. */
static void rerun(struct vboard *vb)
{
	struct memo *memo = vb->memo;
	struct memo_key key = memo->telling->key;
	enum vboard_cut_by cut_by = vb->cut_by;
	uint64_t now = vb->s.cycles;

	memo->telling = NULL;
	memo->counts.settled++;
	vb->s.cycles = memo->begin;
	memcpy(vb->s.led_high, memo->led_high, sizeof(memo->led_high));
	board_look_again(vb);
	vb->mute = true;
	vb->cut_by = VBOARD_CUT_NONE;
	memo->rerunning = true;
	open_recording(vb, &key);
	vb->landmark_cycle = 0;
	vboard_run(vb, now);
	if (vb->recorder)
		close_recording(vb, VBOARD_STOP_DEADLINE, false, true);
	memo->rerunning = false;
	vb->cut_by = cut_by;
	vb->mute = false;
	vb->landmark = false;
}

void memo_settle(struct vboard *vb)
{
	if (vb->recorder && !vb->memo->rerunning)
		close_recording(vb, VBOARD_STOP_DEADLINE, false, true);
	if (!memo_is_telling(vb))
		return;
	if (vb->s.cycles == vb->memo->begin)
		vb->memo->telling = NULL;
	else
		rerun(vb);
}

void memo_settle_storage(struct vboard *vb)
{
	struct memo *memo = vb->memo;
	const struct record_lists *lists;

	if (vb->recorder)
		close_recording(vb, VBOARD_STOP_DEADLINE, false, false);
	if (!memo_is_telling(vb))
		return;
	if (memo->telling->backup_changed) {
		memo_settle(vb);
		return;
	}
	lists = &memo->telling->lists;
	flash_redo(vb, lists->ops, ops_begun(lists, vb->s.cycles - memo->begin));
	memo->telling = NULL;
}
