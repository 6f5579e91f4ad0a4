/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/slot.h"

#include "base/macros.h"
#include "base/text.h"

#include <assert.h>
#include <string.h>

static void append(char text[SLOT_LACKS_MAX], const char *more)
{
	size_t used = strlen(text);

	IGNORE(text_copy(text + used, SLOT_LACKS_MAX - used, more), "the rest has no room");
}

static void add_lack(char text[SLOT_LACKS_MAX], const char *words, const char *why)
{
	append(text, text[0] ? ", " : "");
	append(text, words);
	append(text, why[0] ? " (" : "");
	append(text, why);
	append(text, why[0] ? ")" : "");
}

void slot_lacks(const struct slot *slot, unsigned int needs, char ret_text[SLOT_LACKS_MAX])
{
	static const struct {
		unsigned int capability;
		const char *words;
	} rows[] = {
		{ SLOT_POWER, "switch power" },
		{ SLOT_RAIL, "see the rail" },
		{ SLOT_VBAT, "switch VBAT" },
		{ SLOT_RESET, "hold RESET" },
		{ SLOT_SETUP, "hold SETUP" },
		{ SLOT_LED, "see the LED" },
		{ SLOT_CUT, "cut power" },
		{ SLOT_CUT_EXACT, "cut by operation or instruction" },
		{ SLOT_STAGE, "stage an update" },
		{ SLOT_STORAGE, "keep the flash" },
		{ SLOT_TRACE, "tell flash operations" },
		{ SLOT_FAULTS, "tell the core's faults" },
		{ SLOT_SUPPLY, "shape the supply" },
		{ SLOT_USB, "reach the board's USB" },
		{ SLOT_CONSOLE, "reach the board's serial line" },
		{ SLOT_RADIO, "reach the board's radio" },
		{ SLOT_PROGRAMMER, "program the board from outside" },
	};

	ret_text[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		unsigned int lacking = needs & ~slot->capabilities & rows[i].capability;

		if (lacking)
			add_lack(ret_text, rows[i].words, lacking == SLOT_CUT ? slot->no_cut : "");
	}
}

int64_t slot_now_us(const struct slot *slot)
{
	return slot->time->now_us(slot->backend);
}

void slot_listen(const struct slot *slot, const struct slot_listener *listener)
{
	slot->time->listen(slot->backend, listener);
}

int slot_wait(const struct slot *slot, int64_t deadline_us, enum slot_wait *ret, struct err *err)
{
	return slot->time->wait(slot->backend, deadline_us, ret, err);
}

int slot_power_set(const struct slot *slot, enum slot_power power, struct err *err)
{
	assert(slot_can(slot, SLOT_POWER));
	return slot->power->set(slot->backend, power, err);
}

int slot_rail_read(const struct slot *slot, bool *ret_up, struct err *err)
{
	assert(slot_can(slot, SLOT_RAIL));
	return slot->power->rail_read(slot->backend, ret_up, err);
}

int slot_vbat_set(const struct slot *slot, bool present, struct err *err)
{
	assert(slot_can(slot, SLOT_VBAT));
	return slot->power->vbat_set(slot->backend, present, err);
}

int slot_supply_set(const struct slot *slot, const struct slot_supply *supply, struct err *err)
{
	assert(slot_can(slot, SLOT_SUPPLY));
	assert(supply->fall_us >= 0 && supply->rise_us >= 0);
	return slot->power->supply_set(slot->backend, supply, err);
}

int slot_hold(const struct slot *slot, enum slot_line line, enum slot_hold hold, struct err *err)
{
	assert(slot_can(slot, line == SLOT_LINE_RESET ? SLOT_RESET : SLOT_SETUP));
	return slot->lines->hold(slot->backend, line, hold, err);
}

int slot_cut_arm(const struct slot *slot, const struct slot_cut *cut, struct err *err)
{
	assert(slot_can(slot, cut->by == SLOT_CUT_BY_TIME ? SLOT_CUT : SLOT_CUT_EXACT));
	return slot->cut->arm(slot->backend, cut, err);
}

void slot_cut_disarm(const struct slot *slot)
{
	assert(slot_can(slot, SLOT_CUT));
	slot->cut->disarm(slot->backend);
}

bool slot_cut_report(const struct slot *slot, struct slot_cut_report *ret)
{
	assert(slot_can(slot, SLOT_CUT));
	if (!slot->cut->report)
		return false;
	*ret = (struct slot_cut_report){ .commanded_us = SLOT_CUT_UNSEEN,
					 .confirmed_us = SLOT_CUT_UNSEEN };
	slot->cut->report(slot->backend, ret);
	return ret->commanded_us != SLOT_CUT_UNSEEN;
}

void slot_counters(const struct slot *slot, struct slot_counters *ret)
{
	*ret = (struct slot_counters){ 0 };
	if (slot_can(slot, SLOT_CUT_EXACT))
		slot->cut->counters(slot->backend, ret);
}

int slot_stage_prepare(const struct slot *slot, const struct slot_update *update,
		       enum slot_wait *ret, struct err *err)
{
	assert(slot_can(slot, SLOT_STAGE));
	return slot->stage->prepare(slot->backend, update, ret, err);
}

int slot_stage_write(const struct slot *slot, const struct slot_update *update, enum slot_wait *ret,
		     struct err *err)
{
	assert(slot_can(slot, SLOT_STAGE));
	return slot->stage->write(slot->backend, update, ret, err);
}

int slot_stage_commit(const struct slot *slot, const struct slot_update *update,
		      enum slot_wait *ret, struct err *err)
{
	assert(slot_can(slot, SLOT_STAGE));
	return slot->stage->commit(slot->backend, update, ret, err);
}

int slot_storage_load(const struct slot *slot, uint32_t address, const uint8_t *bytes, size_t len,
		      struct err *err)
{
	assert(slot_can(slot, SLOT_STORAGE));
	return slot->storage->load(slot->backend, address, bytes, len, err);
}

int slot_storage_keep(const struct slot *slot, unsigned int number, struct err *err)
{
	assert(slot_can(slot, SLOT_STORAGE) && number < SLOT_STORAGE_MAX);
	return slot->storage->keep(slot->backend, number, err);
}

int slot_storage_put_back(const struct slot *slot, unsigned int number, struct err *err)
{
	assert(slot_can(slot, SLOT_STORAGE) && number < SLOT_STORAGE_MAX);
	return slot->storage->put_back(slot->backend, number, err);
}

int slot_program(const struct slot *slot, const struct slot_piece *pieces, size_t count,
		 struct err *err)
{
	assert(slot_can(slot, SLOT_PROGRAMMER | SLOT_POWER));
	assert(count > 0 && count <= SLOT_PIECES_MAX);
	return slot->programmer->write(slot->backend, pieces, count, err);
}

int slot_console_set(const struct slot *slot, uint32_t baud, struct err *err)
{
	assert(slot_can(slot, SLOT_CONSOLE));
	return slot->console->set(slot->backend, baud, err);
}

int slot_console_send(const struct slot *slot, const uint8_t *bytes, size_t len, size_t *ret_sent,
		      struct err *err)
{
	assert(slot_can(slot, SLOT_CONSOLE));
	return slot->console->send(slot->backend, bytes, len, ret_sent, err);
}

int slot_radio_set(const struct slot *slot, enum slot_radio_air air, struct err *err)
{
	assert(slot_can(slot, SLOT_RADIO));
	return slot->radio->set(slot->backend, air, err);
}

int slot_radio_send(const struct slot *slot, const uint8_t *bytes, size_t len, size_t *ret_sent,
		    struct err *err)
{
	assert(slot_can(slot, SLOT_RADIO));
	return slot->radio->send(slot->backend, bytes, len, ret_sent, err);
}

void slot_seed(const struct slot *slot, uint64_t seed)
{
	if (slot_can(slot, SLOT_STORAGE))
		slot->storage->seed(slot->backend, seed);
}

bool slot_last_fault(const struct slot *slot, char *ret_text, size_t size)
{
	assert(slot_can(slot, SLOT_FAULTS));
	return slot->faults->last(slot->backend, ret_text, size);
}

int slot_usb_join(const struct slot *slot, enum slot_usb_port port, struct err *err)
{
	assert(slot_can(slot, SLOT_USB));
	return slot->usb->join(slot->backend, port, err);
}

bool slot_usb_device(const struct slot *slot, struct slot_usb_device *ret)
{
	assert(slot_can(slot, SLOT_USB));
	return slot->usb->device(slot->backend, ret);
}

bool slot_usb_fed(const struct slot *slot, struct slot_usb_device *ret)
{
	assert(slot_can(slot, SLOT_USB));
	return slot->usb->fed ? slot->usb->fed(slot->backend, ret)
			      : slot->usb->device(slot->backend, ret);
}

int slot_usb_control(const struct slot *slot, const struct slot_usb_setup *setup, uint8_t *data,
		     int64_t timeout_us, uint16_t *ret_len, enum slot_usb_result *ret,
		     struct err *err)
{
	assert(slot_can(slot, SLOT_USB) && timeout_us > 0);
	assert(setup->length <= SLOT_USB_BYTES_MAX && (data || setup->length == 0));
	return slot->usb->control(slot->backend, setup, data, timeout_us, ret_len, ret, err);
}

void slot_close(struct slot *slot)
{
	if (!slot || !slot->backend)
		return;
	slot->close(slot->backend);
	slot->backend = NULL;
}
