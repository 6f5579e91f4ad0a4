/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Power, time, lines and LED of a slot. */
#include "contract/slot_desk.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { UNSEEN_LATE = 10 /* times as long as the bench may be late, nobody looks */ };

START_TEST(what_it_can_it_has_the_means_for)
{
	struct slot_desk *desk = slot_desk_new(_i);
	const struct slot *slot = &desk->at.slot;

	ck_assert_ptr_nonnull(slot->time);
	ck_assert_uint_gt(strlen(slot->name), 0);
	ck_assert(!slot_can(slot, SLOT_POWER) || slot->power->set);
	ck_assert(!slot_can(slot, SLOT_RAIL) || slot->power->rail_read);
	ck_assert(!slot_can(slot, SLOT_VBAT) || slot->power->vbat_set);
	ck_assert(!slot_can(slot, SLOT_SUPPLY) || slot->power->supply_set);
	ck_assert(!slot_can(slot, SLOT_RESET) || slot->lines->hold);
	ck_assert(!slot_can(slot, SLOT_SETUP) || slot->lines->hold);
	ck_assert(!slot_can(slot, SLOT_CUT) || (slot->cut->arm && slot->cut->disarm));
	ck_assert(!slot_can(slot, SLOT_CUT_EXACT) ||
		  (slot_can(slot, SLOT_CUT) && slot->cut->counters));
	ck_assert(!slot_can(slot, SLOT_STAGE) ||
		  (slot->stage->prepare && slot->stage->write && slot->stage->commit));
	ck_assert(!slot_can(slot, SLOT_STORAGE) ||
		  (slot->storage->load && slot->storage->keep && slot->storage->put_back &&
		   slot->storage->seed));
	ck_assert(!slot_can(slot, SLOT_PROGRAMMER) || slot->programmer->write);
	ck_assert(!slot_can(slot, SLOT_FAULTS) || slot->faults->last);
	ck_assert(!slot_can(slot, SLOT_USB) ||
		  (slot->usb->join && slot->usb->device && slot->usb->control));
	ck_assert(!slot_can(slot, SLOT_CONSOLE) || (slot->console->set && slot->console->send));
	ck_assert(!slot_can(slot, SLOT_RADIO) || (slot->radio->set && slot->radio->send));
	slot_desk_free(desk);
}
END_TEST

START_TEST(power_is_seen_at_the_rail)
{
	static const enum slot_power states[] = { SLOT_POWER_ON, SLOT_POWER_ON, SLOT_POWER_OFF,
						  SLOT_POWER_OFF, SLOT_POWER_ON };
	struct slot_desk *desk = slot_desk_new(_i);

	ck_assert(!slot_desk_rail_is_up(desk));
	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		contract_power(&desk->at, states[i]);
		ck_assert_int_eq(slot_desk_rail_is_up(desk), states[i] == SLOT_POWER_ON);
	}
	slot_desk_free(desk);
}
END_TEST

static void command_power(const struct contract_board *board)
{
	contract_power(board, SLOT_POWER_ON);
	contract_power(board, SLOT_POWER_OFF);
}

static void command_reset(const struct contract_board *board)
{
	contract_hold(board, SLOT_LINE_RESET, SLOT_HELD);
	contract_hold(board, SLOT_LINE_RESET, SLOT_RELEASED);
}

static void command_setup(const struct contract_board *board)
{
	contract_hold(board, SLOT_LINE_SETUP, SLOT_HELD);
	contract_hold(board, SLOT_LINE_SETUP, SLOT_RELEASED);
}

static void command_vbat(const struct contract_board *board)
{
	ck_assert_int_eq(slot_vbat_set(&board->slot, true, NULL), 0);
	ck_assert_int_eq(slot_vbat_set(&board->slot, false, NULL), 0);
}

static void command_cut(const struct contract_board *board)
{
	contract_arm(board, SLOT_CUT_BY_TIME, 100 + 2 * (uint64_t)board->opener->bounds.late_us,
		     SLOT_CUT_BEFORE);
	slot_cut_disarm(&board->slot);
}

static void command_storage(const struct contract_board *board)
{
	slot_seed(&board->slot, 1);
	ck_assert_int_eq(slot_storage_keep(&board->slot, 0, NULL), 0);
	ck_assert_int_eq(slot_storage_put_back(&board->slot, 0, NULL), 0);
}

static void command_usb(const struct contract_board *board)
{
	struct slot_usb_device device;

	contract_join(board, SLOT_USB_JOINED);
	ck_assert(!slot_usb_device(&board->slot, &device));
	contract_join(board, SLOT_USB_PARTED);
}

/* Commands take no time of a clock that stands still between waits; else what they take. */
START_TEST(time_passes_in_calls_alone)
{
	static const struct {
		unsigned int needs;
		void (*carry_out)(const struct contract_board *board);
	} commands[] = {
		{ SLOT_POWER, command_power }, { SLOT_RESET, command_reset },
		{ SLOT_SETUP, command_setup }, { SLOT_VBAT, command_vbat },
		{ SLOT_CUT, command_cut },     { SLOT_STORAGE, command_storage },
		{ SLOT_USB, command_usb },
	};
	struct slot_desk *desk = slot_desk_new(_i);

	for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
		int64_t now_us = slot_now_us(&desk->at.slot);

		if (!slot_can(&desk->at.slot, commands[i].needs))
			continue;
		commands[i].carry_out(&desk->at);
		contract_is_at(&desk->at, slot_now_us(&desk->at.slot), now_us);
	}
	ck_assert_uint_eq(slot_desk_lit(desk, SLOT_DESK_RED), 0);
	for (int on = 0; on < 2; on++) {
		int64_t now_us;

		contract_power(&desk->at, on ? SLOT_POWER_ON : SLOT_POWER_OFF);
		ck_assert_int_eq(contract_wait(&desk->at, 1234), SLOT_WAIT_DEADLINE);
		ck_assert_int_eq(contract_wait(&desk->at, 0), SLOT_WAIT_DEADLINE);
		ck_assert_int_eq(contract_wait(&desk->at, -1000), SLOT_WAIT_DEADLINE);
		now_us = slot_now_us(&desk->at.slot);
		ck_assert_int_eq(slot_now_us(&desk->at.slot), now_us);
	}
	slot_desk_free(desk);
}
END_TEST

/* Red comes on as often as the program blinks; a word's programming is a twentieth of that at most.
 */
static void check_distances(const struct slot_desk *desk)
{
	const struct contract_bounds *bounds = &desk->at.opener->bounds;
	int64_t last_us = -1;

	for (size_t i = 0; i < desk->count; i++) {
		const struct slot_event *event = &desk->events[i];

		if (event->channel != SLOT_DESK_RED || event->high)
			continue;
		if (last_us >= 0)
			ck_assert_int_le(llabs(event->t_us - last_us - bounds->blink_us),
					 bounds->blink_us / 20 + bounds->edge_us);
		last_us = event->t_us;
	}
}

START_TEST(led_edges_come_in_order_with_their_time)
{
	struct slot_desk *desk = slot_desk_new(_i);
	int64_t watch_us = desk->at.opener->bounds.watch_us;
	int64_t blink_us = desk->at.opener->bounds.blink_us;
	bool high[3] = { true, true, true };
	int64_t last_us;
	size_t count;

	slot_desk_watch(desk);
	ck_assert_uint_eq(desk->count, 0);
	last_us = slot_now_us(&desk->at.slot);
	contract_power(&desk->at, SLOT_POWER_ON);
	slot_desk_watch(desk);
	for (size_t i = 0; i < desk->count; i++) {
		const struct slot_event *event = &desk->events[i];

		ck_assert_int_ge(event->t_us, last_us);
		ck_assert_int_le(event->t_us, slot_now_us(&desk->at.slot));
		last_us = event->t_us;
		if (event->channel == SLOT_DESK_FLASH)
			continue;
		ck_assert_int_lt(event->channel, 3);
		ck_assert_int_ne(event->high, high[event->channel]);
		high[event->channel] = event->high;
	}
	ck_assert_int_ge((int64_t)slot_desk_lit(desk, SLOT_DESK_RED), watch_us / blink_us - 2);
	ck_assert_uint_eq(slot_desk_lit(desk, SLOT_DESK_GREEN), 0);
	check_distances(desk);

	count = desk->count;
	slot_listen(&desk->at.slot, NULL);
	slot_desk_watch(desk);
	ck_assert_uint_eq(desk->count, count);
	slot_desk_free(desk);
}
END_TEST

static void on_edge(void *ctx, int64_t t_us, int channel, bool high)
{
	struct slot_desk *desk = ctx;

	ck_assert_uint_lt(desk->count, SLOT_DESK_EVENTS_MAX);
	desk->events[desk->count++] =
		(struct slot_event){ .t_us = t_us, .channel = channel, .high = high };
}

/* As edges of all lines. */
static void on_lost(void *ctx, int64_t t_us, const bool high[3])
{
	struct slot_desk *desk = ctx;

	for (int i = 0; i < 3; i++)
		on_edge(ctx, t_us, i, high[i]);
	desk->lost++;
}

/* A bench on which time passes while nobody looks may lose edges, and says so; what it shows in the
 * end is right either way. */
START_TEST(edges_are_told_or_said_to_be_lost)
{
	struct slot_desk *desk = slot_desk_new(_i);
	const struct contract_bounds *bounds = &desk->at.opener->bounds;
	const struct slot_listener listener = { .ctx = desk, .led = on_edge, .led_lost = on_lost };
	bool high[3] = { true, true, true };
	enum slot_wait why;
	int64_t begin_us;

	slot_listen(&desk->at.slot, &listener);
	contract_power(&desk->at, SLOT_POWER_ON);
	begin_us = slot_now_us(&desk->at.slot);
	slot_desk_watch(desk);
	usleep((useconds_t)bounds->late_us * UNSEEN_LATE);
	ck_assert_int_eq(slot_wait(&desk->at.slot, begin_us, &why, NULL), 0);
	slot_desk_watch(desk);
	if (desk->lost == 0) {
		check_distances(desk);
		ck_assert_int_ge((int64_t)slot_desk_lit(desk, SLOT_DESK_RED),
				 (slot_now_us(&desk->at.slot) - begin_us) / bounds->blink_us - 2);
	}
	contract_hold(&desk->at, SLOT_LINE_RESET, SLOT_HELD);
	contract_settle(&desk->at);
	for (size_t i = 0; i < desk->count; i++)
		high[desk->events[i].channel] = desk->events[i].high;
	ck_assert(high[0] && high[1] && high[2]);
	slot_desk_free(desk);
}
END_TEST

START_TEST(no_power_is_dark)
{
	struct slot_desk *desk = slot_desk_new(_i);
	size_t count;

	contract_power(&desk->at, SLOT_POWER_ON);
	while (desk->count == 0 || desk->events[desk->count - 1].channel != SLOT_DESK_RED ||
	       desk->events[desk->count - 1].high)
		contract_wait(&desk->at, 10);
	contract_power(&desk->at, SLOT_POWER_OFF);
	ck_assert(desk->events[desk->count - 1].channel == SLOT_DESK_RED &&
		  desk->events[desk->count - 1].high);
	count = desk->count;
	slot_desk_watch(desk);
	ck_assert_uint_eq(desk->count, count);
	slot_desk_free(desk);
}
END_TEST

START_TEST(reset_held_stops_the_board)
{
	struct slot_desk *desk = slot_desk_new(_i);
	uint32_t words;

	contract_power(&desk->at, SLOT_POWER_ON);
	slot_desk_watch(desk);
	contract_hold(&desk->at, SLOT_LINE_RESET, SLOT_HELD);
	contract_settle(&desk->at);
	words = slot_desk_words(desk);
	ck_assert_uint_gt(words, 0);
	desk->count = 0;
	slot_desk_watch(desk);
	ck_assert_uint_eq(desk->count, 0);
	ck_assert_uint_eq(slot_desk_words(desk), words);
	contract_hold(&desk->at, SLOT_LINE_RESET, SLOT_RELEASED);
	slot_desk_watch(desk);
	ck_assert_uint_gt(slot_desk_words(desk), words);
	slot_desk_free(desk);
}
END_TEST

START_TEST(setup_is_read_by_the_board)
{
	struct slot_desk *desk = slot_desk_new(_i);

	contract_power(&desk->at, SLOT_POWER_ON);
	contract_hold(&desk->at, SLOT_LINE_SETUP, SLOT_HELD);
	slot_desk_watch(desk);
	ck_assert_uint_eq(slot_desk_lit(desk, SLOT_DESK_GREEN), 1);
	contract_hold(&desk->at, SLOT_LINE_SETUP, SLOT_RELEASED);
	slot_desk_watch(desk);
	ck_assert_uint_eq(slot_desk_lit(desk, SLOT_DESK_GREEN), 1);
	ck_assert(desk->events[desk->count - 1].channel != SLOT_DESK_GREEN);
	slot_desk_free(desk);
}
END_TEST

START_TEST(backup_supply_keeps_what_it_must)
{
	static const bool present[] = { false, true, true, false };
	struct slot_desk *desk = slot_desk_new(_i);

	contract_power(&desk->at, SLOT_POWER_ON);
	slot_desk_watch(desk);
	ck_assert_uint_eq(slot_desk_lit(desk, SLOT_DESK_BLUE), 0); /* it never ran before */
	for (size_t i = 0; i < ARRAY_LEN(present); i++) {
		ck_assert_int_eq(slot_vbat_set(&desk->at.slot, present[i], NULL), 0);
		contract_settle(&desk->at);
		contract_power(&desk->at, SLOT_POWER_OFF);
		slot_desk_watch(desk);
		desk->count = 0;
		contract_power(&desk->at, SLOT_POWER_ON);
		slot_desk_watch(desk);
		ck_assert_uint_eq(slot_desk_lit(desk, SLOT_DESK_BLUE), present[i]);
	}
	slot_desk_free(desk);
}
END_TEST

/* How often it is asked makes no difference to what a board does. A bench that is exact tells it to
 * the microsecond. */
START_TEST(same_calls_same_events)
{
	struct slot_desk *a = slot_desk_new(_i);
	struct slot_desk *b = slot_desk_new(_i);
	const struct contract_bounds *bounds = &a->at.opener->bounds;
	int64_t lit_a, lit_b;

	contract_power(&a->at, SLOT_POWER_ON);
	slot_desk_watch(a);
	contract_power(&b->at, SLOT_POWER_ON);
	for (int i = 0; i < 20; i++)
		contract_wait(&b->at, bounds->watch_us / 20);
	lit_a = (int64_t)slot_desk_lit(a, SLOT_DESK_RED);
	lit_b = (int64_t)slot_desk_lit(b, SLOT_DESK_RED);
	ck_assert_int_gt(lit_a, 1);
	ck_assert_int_le(llabs(lit_a - lit_b), bounds->late_us > 0);
	check_distances(b);
	if (bounds->late_us == 0) {
		ck_assert_uint_eq(a->count, b->count);
		ck_assert_int_eq(memcmp(a->events, b->events, a->count * sizeof(a->events[0])), 0);
	}
	slot_desk_free(a);
	slot_desk_free(b);
}
END_TEST

START_TEST(closes_in_any_state)
{
	struct slot never_opened = { .name = "" };
	struct slot_desk *desk = slot_desk_new(_i);

	if (slot_can(&desk->at.slot, SLOT_STORAGE))
		ck_assert_int_eq(slot_storage_keep(&desk->at.slot, SLOT_STORAGE_MAX - 1, NULL), 0);
	contract_power(&desk->at, SLOT_POWER_ON);
	if (slot_can(&desk->at.slot, SLOT_SETUP))
		contract_hold(&desk->at, SLOT_LINE_SETUP, SLOT_HELD);
	if (slot_can(&desk->at.slot, SLOT_USB))
		contract_join(&desk->at, SLOT_USB_JOINED);
	if (slot_can(&desk->at.slot, SLOT_CUT))
		contract_arm(&desk->at, SLOT_CUT_BY_TIME, 10, SLOT_CUT_TORN);
	contract_close(&desk->at);
	slot_close(&desk->at.slot);
	free(desk);
	slot_close(&never_opened);
	slot_close(NULL);
}
END_TEST

static bool nth(size_t n, struct contract_case *ret)
{
	enum { SEEN = SLOT_POWER | SLOT_LED };
	const struct contract_case cases[] = {
		{ .test = what_it_can_it_has_the_means_for },
		{ power_is_seen_at_the_rail, SLOT_POWER | SLOT_RAIL, 0 },
		{ time_passes_in_calls_alone, SLOT_POWER, 0 },
		{ led_edges_come_in_order_with_their_time, SEEN, 0 },
		{ edges_are_told_or_said_to_be_lost, SEEN | SLOT_RESET, 0 },
		{ no_power_is_dark, SEEN, 0 },
		{ reset_held_stops_the_board, SEEN | SLOT_RESET, 0 },
		{ setup_is_read_by_the_board, SEEN | SLOT_SETUP, 0 },
		{ backup_supply_keeps_what_it_must, SEEN | SLOT_VBAT, 0 },
		{ same_calls_same_events, SEEN, 0 },
		{ closes_in_any_state, SLOT_POWER, 0 },
	};

	if (n >= ARRAY_LEN(cases))
		return false;
	*ret = cases[n];
	return true;
}

const struct contract_suite contract_slot_suite = { "slot", nth };
