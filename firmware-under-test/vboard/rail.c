/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rail is a straight line from one level to another, kept as where and when it began, so its
 * level costs nothing until somebody asks. Thresholds become events: rail_next() says when the next
 * one is crossed. Reset temporization (1.5 ms) counts from the power-on threshold, and only when
 * the supply takes time to rise: one that is there at once is the ideal switch of a bench without a
 * rail.
 */
#include "vboard/rail.h"
#include "vboard/board.h"
#include "vboard/bus.h"
#include "vboard/cells.h"
#include "vboard/memo.h"
#include "vboard/pins.h"

enum {
	TEMPORIZATION_US = 1500, /* TRSTTEMPO */
	OPTION_BOR_SHIFT = 2,
	PWR_CR_PVDE = 1 << 4,
	PWR_CR_PLS_SHIFT = 5,
};

struct thresholds {
	uint32_t falling_mv;
	uint32_t rising_mv;
};

/* By the option bytes' BOR_LEV; 3 is "off", and the power-down reset alone guards. */
static const struct thresholds bor_levels[4] = {
	{ 2830, 2920 },
	{ 2500, 2590 },
	{ 2190, 2290 },
	{ RAIL_POWER_DOWN_MV, RAIL_POWER_ON_MV },
};

/* By PWR_CR.PLS. */
static const struct thresholds pvd_levels[8] = {
	{ 2040, 2140 }, { 2190, 2300 }, { 2350, 2450 }, { 2510, 2600 },
	{ 2660, 2760 }, { 2840, 2930 }, { 2930, 3030 }, { 3030, 3140 },
};

static const struct thresholds *bor_of(const struct vboard *vb)
{
	return &bor_levels[vb->s.option_bytes >> OPTION_BOR_SHIFT & 3];
}

static uint32_t nominal_mv(const struct vboard *vb)
{
	return vb->s.supply.nominal_mv ? vb->s.supply.nominal_mv : VBOARD_SUPPLY_MV;
}

static bool is_falling(const struct rail_state *rail)
{
	return rail->to_mv < rail->from_mv;
}

uint32_t rail_mv(const struct vboard *vb, uint64_t cycle)
{
	const struct rail_state *rail = &vb->s.rail;
	uint64_t gone = cycle > rail->begin ? cycle - rail->begin : 0;

	if (gone >= rail->length)
		return rail->to_mv;
	if (is_falling(rail))
		return rail->from_mv -
		       (uint32_t)(gone * (rail->from_mv - rail->to_mv) / rail->length);
	return rail->from_mv + (uint32_t)(gone * (rail->to_mv - rail->from_mv) / rail->length);
}

/* First cycle at which the rail has come to 'mv', UINT64_MAX when it never does. */
static uint64_t comes_to(const struct rail_state *rail, uint32_t mv)
{
	uint64_t way;
	uint64_t whole;

	if (is_falling(rail) ? rail->from_mv <= mv : rail->from_mv >= mv)
		return rail->begin;
	if (is_falling(rail) ? rail->to_mv > mv : rail->to_mv < mv)
		return UINT64_MAX;
	way = is_falling(rail) ? rail->from_mv - mv : mv - rail->from_mv;
	whole = is_falling(rail) ? rail->from_mv - rail->to_mv : rail->to_mv - rail->from_mv;
	return rail->begin + (way * rail->length + whole - 1) / whole;
}

static void ramp(struct vboard *vb, uint64_t cycle, uint32_t to_mv, uint32_t full_us)
{
	struct rail_state *rail = &vb->s.rail;
	uint32_t from_mv = rail_mv(vb, cycle);
	uint64_t full = (uint64_t)full_us * VBOARD_CYCLES_PER_US;
	uint32_t way = to_mv > from_mv ? to_mv - from_mv : from_mv - to_mv;

	rail->from_mv = from_mv;
	rail->to_mv = to_mv;
	rail->begin = cycle;
	rail->length = full * way / nominal_mv(vb);
	if (rail->length == 0) {
		rail->from_mv = to_mv;
		rail->begin = 0;
	}
	board_schedule(vb);
}

uint64_t rail_dies(const struct vboard *vb)
{
	const struct rail_state *rail = &vb->s.rail;

	if (!vb->s.powered)
		return UINT64_MAX;
	if (is_falling(rail))
		return comes_to(rail, bor_of(vb)->falling_mv);
	/* the level was raised above a low supply */
	return rail_mv(vb, vb->s.cycles) <= bor_of(vb)->falling_mv ? vb->s.cycles : UINT64_MAX;
}

static uint64_t released_at(const struct vboard *vb)
{
	const struct rail_state *rail = &vb->s.rail;
	uint64_t cycle;

	if (rail->released_mv == 0)
		return UINT64_MAX;
	cycle = comes_to(rail, rail->released_mv);
	return cycle < rail->released_min ? rail->released_min : cycle;
}

static uint64_t earlier(uint64_t next, uint64_t cycle, uint64_t now)
{
	return cycle > now && cycle < next ? cycle : next;
}

uint64_t rail_next(const struct vboard *vb)
{
	const struct rail_state *rail = &vb->s.rail;
	const struct thresholds *pvd = &pvd_levels[vb->s.chip.pwr[0] >> PWR_CR_PLS_SHIFT & 7];
	uint64_t now = vb->s.cycles;
	uint64_t next = UINT64_MAX;

	if (rail->length == 0 && rail->released_mv == 0)
		return UINT64_MAX;
	if (!vb->s.powered)
		next = earlier(next, released_at(vb), now);
	if (is_falling(rail)) {
		next = earlier(next, rail_dies(vb), now);
		next = earlier(next, comes_to(rail, RAIL_POWER_DOWN_MV), now);
		next = earlier(next, comes_to(rail, RAIL_OPERATING_MV - 1), now);
	} else {
		next = earlier(next, comes_to(rail, RAIL_OPERATING_MV), now);
	}
	if (vb->s.powered && (vb->s.chip.pwr[0] & PWR_CR_PVDE))
		next = earlier(next,
			       comes_to(rail, is_falling(rail) ? pvd->falling_mv : pvd->rising_mv),
			       now);
	return earlier(next, rail->begin + rail->length, now);
}

/* Reads are sure or not from now on: nothing decoded in between may be kept. */
static void set_unsure(struct vboard *vb, bool unsure)
{
	if ((vb->s.rail.unsure != 0) == unsure)
		return;
	vb->s.rail.unsure = unsure;
	code_flash_changed(vb, 0, VBOARD_FLASH_BYTES);
	flash_refresh_window(vb);
}

static void run_detector(struct vboard *vb, uint32_t mv)
{
	const struct thresholds *pvd = &pvd_levels[vb->s.chip.pwr[0] >> PWR_CR_PLS_SHIFT & 7];
	bool enabled = vb->s.powered && (vb->s.chip.pwr[0] & PWR_CR_PVDE);
	bool below = enabled && (vb->s.rail.pvdo ? mv < pvd->rising_mv : mv <= pvd->falling_mv);

	if (below == (vb->s.rail.pvdo != 0))
		return;
	vb->s.rail.pvdo = below;
	exti_line(vb, EXTI_LINE_PVD, below);
}

void rail_detector_changed(struct vboard *vb)
{
	run_detector(vb, rail_mv(vb, vb->s.cycles));
	board_schedule(vb);
}

/* Below the power-down threshold nothing holds but what VBAT feeds. */
static void lose(struct vboard *vb)
{
	vb->s.rail.alive = 0;
	if (!vb->s.vbat)
		vb->s.backup = (struct backup_state){ 0 };
	else if (!vb->s.backup.regulator)
		memset(vb->s.backup.sram, 0, sizeof(vb->s.backup.sram));
}

static void release(struct vboard *vb)
{
	bool alive = vb->s.rail.alive != 0;

	vb->s.rail.released_mv = 0;
	vb->s.rail.alive = 1;
	board_power_good(vb, !alive);
}

void rail_run(struct vboard *vb)
{
	struct rail_state *rail = &vb->s.rail;
	uint64_t now = vb->s.cycles;
	uint32_t mv = rail_mv(vb, now);
	bool by_cut = rail->cut != 0;

	if (rail_dies(vb) <= now) {
		rail->cut = 0;
		if (rail->switched_on)
			rail->released_mv = bor_of(vb)->rising_mv;
		board_power_bad(vb, by_cut);
	}
	if (rail->alive && is_falling(rail) && mv <= RAIL_POWER_DOWN_MV)
		lose(vb);
	if (!vb->s.powered && rail->switched_on && released_at(vb) <= now)
		release(vb);
	set_unsure(vb, vb->s.powered && mv < RAIL_OPERATING_MV);
	run_detector(vb, mv);
	if (rail->length && now >= rail->begin + rail->length) {
		rail->from_mv = rail->to_mv;
		rail->begin = 0;
		rail->length = 0;
	}
}

void rail_switch_off(struct vboard *vb, uint64_t cycle, bool by_cut)
{
	struct rail_state *rail = &vb->s.rail;

	rail->switched_on = 0;
	rail->released_mv = 0;
	rail->cut = by_cut;
	ramp(vb, cycle, 0, vb->s.supply.fall_us);
}

void rail_drop(struct vboard *vb)
{
	struct rail_state *rail = &vb->s.rail;

	*rail = (struct rail_state){ .alive = rail->alive, .unsure = rail->unsure };
	board_power_bad(vb, false);
	if (vb->s.rail.alive)
		lose(vb);
	set_unsure(vb, false);
}

void vboard_power_off(struct vboard *vb)
{
	if (vb->s.supply.fall_us == 0) {
		memo_settle_storage(vb);
		rail_drop(vb);
		return;
	}
	memo_settle(vb);
	if (vb->s.rail.switched_on)
		rail_switch_off(vb, vb->s.cycles, false);
}

void vboard_power_on(struct vboard *vb)
{
	struct rail_state *rail = &vb->s.rail;
	uint64_t temporization = (uint64_t)TEMPORIZATION_US * VBOARD_CYCLES_PER_US;

	if (rail->switched_on)
		return;
	rail_run(vb); /* what fell by now */
	rail->switched_on = 1;
	rail->cut = 0;
	ramp(vb, vb->s.cycles, nominal_mv(vb), vb->s.supply.rise_us);
	if (!vb->s.powered) {
		rail->released_mv = bor_of(vb)->rising_mv;
		rail->released_min = 0;
		if (!rail->alive && rail->length)
			rail->released_min = comes_to(rail, RAIL_POWER_ON_MV) + temporization;
	}
	rail_run(vb);
}

void vboard_set_supply(struct vboard *vb, const struct vboard_supply *supply)
{
	vb->s.supply = *supply;
	if (vb->s.supply.fall_us > VBOARD_RAMP_US_MAX)
		vb->s.supply.fall_us = VBOARD_RAMP_US_MAX;
	if (vb->s.supply.rise_us > VBOARD_RAMP_US_MAX)
		vb->s.supply.rise_us = VBOARD_RAMP_US_MAX;
}

uint32_t vboard_supply_mv(const struct vboard *vb)
{
	return rail_mv(vb, vb->s.cycles);
}

void vboard_set_vbat(struct vboard *vb, bool present)
{
	vb->s.vbat = present;
	if (!present && !vb->s.rail.alive)
		vb->s.backup = (struct backup_state){ 0 };
}
