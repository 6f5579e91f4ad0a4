/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The link climbs step by step, each taking its time, as far as the firmware asks (RADIO_CONTROL)
 * and the bench's side allows (struct radio_air); it falls at once. Bytes that were on their way
 * are lost when the stream ends, as with a socket. Registers are 32 bits wide.
 */
#include "vboard/radio.h"
#include "vboard/board.h"
#include "vboard/cpu.h"
#include "vboard/memo.h"
#include "vboard/record.h"

#include <string.h>

enum { RADIO_CYCLES_A_BYTE = 10 * VBOARD_CYCLES_PER_US }; /* of a new board: 100 KB/s */

static uint64_t byte_cycles(const struct vboard *vb)
{
	return vb->s.air.byte_cycles ? vb->s.air.byte_cycles : RADIO_CYCLES_A_BYTE;
}

static uint32_t status(const struct vboard *vb)
{
	const struct radio_state *radio = &vb->s.chip.radio;
	uint32_t bits = radio->link | radio->changed;

	if (vb->s.air.level >= VBOARD_RADIO_NETWORK)
		bits |= RADIO_IN_RANGE;
	if (radio->in_ready > 0)
		bits |= RADIO_CAN_READ;
	if ((radio->link & RADIO_CONNECTED) && radio->out_count < RADIO_OUT_BYTES)
		bits |= RADIO_CAN_WRITE;
	if (radio->out_count == 0)
		bits |= RADIO_ALL_SENT;
	return bits;
}

static void update_irq(struct vboard *vb)
{
	uint32_t wanted = vb->s.chip.radio.control & RADIO_IRQS;

	cpu_irq_line(vb, IRQ_RADIO, (status(vb) & wanted) != 0);
}

void radio_tell(const struct vboard *vb, uint64_t cycle, unsigned int voice, uint8_t value)
{
	const struct vboard_listener *listener = &vb->listener;

	if (voice == RADIO_VOICE_BYTE && listener->radio)
		listener->radio(listener->ctx, cycle, value);
	if (voice == RADIO_VOICE_LINK && listener->radio_link)
		listener->radio_link(listener->ctx, cycle, value != 0);
}

static void say(struct vboard *vb, uint64_t cycle, unsigned int voice, uint8_t value)
{
	if (vb->recorder)
		record_serial(vb, cycle, voice, value);
	if (!vb->mute)
		radio_tell(vb, cycle, voice, value);
}

static void set_link(struct vboard *vb, uint64_t cycle, uint32_t link)
{
	struct radio_state *radio = &vb->s.chip.radio;
	bool was_connected = radio->link & RADIO_CONNECTED;
	bool is_connected = link & RADIO_CONNECTED;

	if (link != radio->link)
		radio->changed = RADIO_CHANGED;
	radio->link = link;
	if (was_connected == is_connected)
		return;
	memset(radio->in, 0, sizeof(radio->in));
	memset(radio->out, 0, sizeof(radio->out));
	radio->in_first = radio->in_ready = radio->in_count = 0;
	radio->out_first = radio->out_count = 0;
	radio->come_cycle = radio->sent_cycle = 0;
	say(vb, cycle, RADIO_VOICE_LINK, is_connected);
}

/* The link as it may be at most, and how long its next step takes; 0 when there is none. */
static uint32_t link_max(const struct vboard *vb)
{
	uint32_t control = vb->s.chip.radio.control;

	if (!(control & RADIO_ON) || vb->s.air.level < VBOARD_RADIO_NETWORK)
		return 0;
	if (!(control & RADIO_CONNECT) || vb->s.air.level < VBOARD_RADIO_PEER)
		return RADIO_ASSOCIATED | RADIO_ADDRESS;
	return RADIO_LINK;
}

static uint64_t step_cycles(uint32_t link, uint32_t max)
{
	if (link == max)
		return 0;
	if (!(link & RADIO_ASSOCIATED))
		return (uint64_t)RADIO_ASSOCIATE_US * VBOARD_CYCLES_PER_US;
	if (!(link & RADIO_ADDRESS))
		return (uint64_t)RADIO_ADDRESS_US * VBOARD_CYCLES_PER_US;
	return (uint64_t)RADIO_CONNECT_US * VBOARD_CYCLES_PER_US;
}

/* After a change of what is asked or allowed, and after a step. */
static void look(struct vboard *vb, uint64_t cycle)
{
	struct radio_state *radio = &vb->s.chip.radio;
	uint32_t max = link_max(vb);
	uint64_t cycles;

	set_link(vb, cycle, radio->link & max);
	cycles = step_cycles(radio->link, max);
	if (cycles == 0)
		radio->step_cycle = 0;
	else if (radio->step_cycle == 0)
		radio->step_cycle = cycle + cycles;
	board_schedule(vb);
}

void radio_reset(struct vboard *vb)
{
	struct radio_state *radio = &vb->s.chip.radio;

	radio->control = 0;
	look(vb, vb->s.cycles);
	*radio = (struct radio_state){ 0 };
}

void radio_power_bad(struct vboard *vb)
{
	vb->s.chip.radio.control = 0;
	look(vb, vb->s.cycles);
}

static uint32_t take_byte(struct vboard *vb)
{
	struct radio_state *radio = &vb->s.chip.radio;
	uint8_t byte;

	if (radio->in_ready == 0)
		return 0;
	byte = radio->in[radio->in_first];
	radio->in[radio->in_first] = 0; /* boards that read other things are alike again */
	radio->in_ready--;
	radio->in_count--;
	radio->in_first = radio->in_count ? (radio->in_first + 1) % RADIO_IN_BYTES : 0;
	update_irq(vb);
	return byte;
}

static void put_byte(struct vboard *vb, uint8_t byte)
{
	struct radio_state *radio = &vb->s.chip.radio;

	if (!(radio->link & RADIO_CONNECTED) || radio->out_count == RADIO_OUT_BYTES)
		return;
	radio->out[(radio->out_first + radio->out_count++) % RADIO_OUT_BYTES] = byte;
	if (radio->sent_cycle == 0) {
		radio->sent_cycle = vb->s.cycles + byte_cycles(vb);
		board_schedule(vb);
	}
}

uint32_t radio_read(struct vboard *vb, uint32_t offset)
{
	const struct radio_state *radio = &vb->s.chip.radio;

	switch (offset) {
	case RADIO_ID: return RADIO_ID_VALUE;
	case RADIO_STATUS: return status(vb);
	case RADIO_CONTROL: return radio->control;
	case RADIO_DATA: return take_byte(vb);
	case RADIO_LEVELS: return radio->in_ready | (RADIO_OUT_BYTES - radio->out_count) << 16;
	default: return 0;
	}
}

void radio_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask)
{
	struct radio_state *radio = &vb->s.chip.radio;

	if (offset == RADIO_STATUS) {
		radio->changed &= ~(value & mask);
	} else if (offset == RADIO_CONTROL) {
		radio->control = ((radio->control & ~mask) | (value & mask)) &
				 (RADIO_ON | RADIO_CONNECT | RADIO_IRQS);
		look(vb, vb->s.cycles);
	} else if (offset == RADIO_DATA) {
		put_byte(vb, (uint8_t)value);
	}
	update_irq(vb);
}

uint64_t radio_next(const struct vboard *vb)
{
	const struct radio_state *radio = &vb->s.chip.radio;
	const uint64_t times[] = { radio->step_cycle, radio->come_cycle, radio->sent_cycle };
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (times[i] != 0 && times[i] < next)
			next = times[i];
	return next;
}

static void step_done(struct vboard *vb)
{
	struct radio_state *radio = &vb->s.chip.radio;
	uint64_t cycle = radio->step_cycle;
	uint32_t link = radio->link << 1 | RADIO_ASSOCIATED;

	radio->step_cycle = 0;
	set_link(vb, cycle, link & RADIO_LINK);
	look(vb, cycle);
}

static void byte_sent(struct vboard *vb)
{
	struct radio_state *radio = &vb->s.chip.radio;
	uint64_t cycle = radio->sent_cycle;
	uint8_t byte = radio->out[radio->out_first];

	radio->out[radio->out_first] = 0;
	radio->out_count--;
	radio->out_first = radio->out_count ? (radio->out_first + 1) % RADIO_OUT_BYTES : 0;
	radio->sent_cycle = radio->out_count ? cycle + byte_cycles(vb) : 0;
	say(vb, cycle, RADIO_VOICE_BYTE, byte);
}

void radio_run(struct vboard *vb)
{
	struct radio_state *radio = &vb->s.chip.radio;

	while (radio->step_cycle != 0 && radio->step_cycle <= vb->s.cycles)
		step_done(vb);
	while (radio->sent_cycle != 0 && radio->sent_cycle <= vb->s.cycles)
		byte_sent(vb);
	while (radio->come_cycle != 0 && radio->come_cycle <= vb->s.cycles) {
		radio->in_ready++;
		radio->come_cycle =
			radio->in_ready < radio->in_count ? radio->come_cycle + byte_cycles(vb) : 0;
	}
	update_irq(vb);
}

void vboard_radio_air(struct vboard *vb, enum vboard_radio level, uint32_t bytes_a_second)
{
	if (vb->s.powered)
		memo_settle(vb);
	vb->s.air.level = level;
	vb->s.air.byte_cycles =
		bytes_a_second ? 1000000u * VBOARD_CYCLES_PER_US / bytes_a_second : 0;
	if (!vb->s.powered)
		return;
	memo_landmark(vb);
	look(vb, vb->s.cycles);
	update_irq(vb);
}

bool vboard_radio_connected(struct vboard *vb)
{
	if (!vb->s.powered)
		return false;
	memo_settle(vb);
	return vb->s.chip.radio.link & RADIO_CONNECTED;
}

size_t vboard_radio_send(struct vboard *vb, const void *data, size_t len)
{
	struct radio_state *radio = &vb->s.chip.radio;
	const uint8_t *bytes = data;
	size_t taken = 0;

	if (!vboard_radio_connected(vb))
		return 0;
	for (; taken < len && radio->in_count < RADIO_IN_BYTES; taken++)
		radio->in[(radio->in_first + radio->in_count++) % RADIO_IN_BYTES] = bytes[taken];
	if (taken == 0)
		return 0;
	memo_landmark(vb);
	if (radio->come_cycle == 0)
		radio->come_cycle = vb->s.cycles + byte_cycles(vb);
	board_schedule(vb);
	return taken;
}
