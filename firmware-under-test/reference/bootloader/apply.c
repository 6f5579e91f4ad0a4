/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Applying a pending update. Everything that makes a board survive a power cut during an update,
 * or not, is in the order of the steps below.
 *
 *   source check   The staged module must be for this board, for the place named, and whole.
 *                  Before anything is touched: a bad download costs nothing but itself.
 *   copy           The destination's sectors are erased, then programmed word by word.
 *   verify         The destination must have the sum that the source has (robust only).
 *   clear          The record is freed.
 *
 * A cut between the first erase and the last word leaves a module that is neither old nor new. It
 * is mended by copying again, which needs three things: the record must still be there (so: clear
 * last), the source must still be whole (nothing writes to staging meanwhile), and what reads the
 * record must not live in what is being replaced (so: table code in the bootloader). Era B breaks
 * the first, era C the third. Repeating a copy that had been complete does no harm.
 */
#include "reference/bootloader/apply_defects.h"
#include "reference/bootloader/bootloader.h"
#include "reference/common/config.h"
#include "reference/common/config_code.h"
#include "reference/common/defects.h"
#include "reference/common/flash.h"
#include "reference/common/layout.h"
#include "reference/common/module.h"
#include "reference/common/slots.h"

enum apply_limits {
	COPY_ATTEMPTS = 3,
	/*
	 * These modules are small: copying one is over before a blink is. So that a person, or the
	 * rig, can see that an update is applied, it is announced for so long first.
	 */
	ANNOUNCE_MS = 450,
	BLANK_SAMPLE_WORDS = 8,
	NO_RECORD = 0xffff,
};

/* Facts 2.4, point 2. */
static bool source_is_good(const struct slot_record *record)
{
	const struct module_header *header;

	if (record->source % 4 != 0 || record->source < LAYOUT_FLASH_BEGIN ||
	    record->source >= LAYOUT_FLASH_END - LAYOUT_BANK_BYTES)
		return false;
	header = module_header_at(record->source);
	if (!module_is_plausible(header, record->destination) ||
	    record->destination < LAYOUT_SYSTEM_1 || record->length < module_bytes(header) ||
	    header->function != record->function)
		return false;
	if (header->end >= LAYOUT_STAGING)
		return false; /* it would be copied over itself */
	return module_is_whole(header, record->source);
}

/* Does the sector need no erase? Looking at the first words alone is a planted defect. */
static bool sector_counts_as_blank(uint32_t begin)
{
	const uint32_t *words = (const uint32_t *)begin;

	if (!HAS_DEFECT(WINDOW_ERASE))
		return false;
	for (int i = 0; i < BLANK_SAMPLE_WORDS; i++)
		if (words[i] != UINT32_MAX)
			return false;
	return true;
}

/* 'number' is the record's, or NO_RECORD. */
static void copy(uint32_t source, uint32_t destination, uint32_t length, unsigned int number)
{
	const uint32_t *words = (const uint32_t *)source;
	uint32_t begin;

	for (uint32_t at = destination; at < destination + length;) {
		uint32_t bytes = flash_sector(at, &begin);

		if (!sector_counts_as_blank(begin))
			flash_erase(begin);
		at = begin + bytes;
	}
	apply_defects_watch_supply();
	for (uint32_t i = 0; i < length / 4; i++) {
		if (number != NO_RECORD && apply_defects_gives_in(number))
			return;
		flash_program(destination + 4 * i, words[i]);
	}
}

static bool copy_is_right(const struct slot_record *record)
{
	const uint32_t *from = (const uint32_t *)record->source;
	const uint32_t *to = (const uint32_t *)record->destination;

	for (uint32_t i = 0; i < record->length / 4; i++)
		if (from[i] != to[i])
			return false;
	return true;
}

/* False when the destination does not hold what it should, as far as this build looks. */
static bool copy_module(const struct slot_record *record, unsigned int number)
{
	for (int i = 0; i < COPY_ATTEMPTS; i++) {
		copy(record->source, record->destination, record->length, number);
		if (!HAS_VERIFIED_COPY || copy_is_right(record))
			return true;
	}
	return false;
}

static bool apply_record(unsigned int number)
{
	struct slot_record record = slots_read(number);

	if (!source_is_good(&record)) {
		slots_clear(number); /* a bad download: the old module stays */
		return true;
	}
	blink_begin(LED_MAGENTA, BLINK_HALF_FAST);
	blink_wait_ms(ANNOUNCE_MS);
	if (apply_defects_gives_up(number, &record) ||
	    apply_defects_is_installed(record.source, record.destination)) {
		slots_clear(number);
		return true;
	}
	apply_defects_keep_job(&record);
	if (HAS_CLEAR_BEFORE_COPY || HAS_DEFECT(VBAT))
		slots_clear(number);
	if (!copy_module(&record, number))
		return false; /* stays pending: the next boot tries again */
	apply_defects_drop_job();
	/* era C: the part that was replaced may have taken the table's code away */
	if (!HAS_CLEAR_BEFORE_COPY && !HAS_DEFECT(VBAT) && config_code_is_there() &&
	    !apply_defects_tidy_later(number, &record))
		slots_clear(number);
	return true;
}

bool apply_pending(void)
{
	struct slot_record job;

	if (apply_defects_job(&job)) {
		blink_begin(LED_MAGENTA, BLINK_HALF_FAST);
		blink_wait_ms(ANNOUNCE_MS);
		copy_module(&job, NO_RECORD);
		apply_defects_drop_job();
	}
	if (!config_code_is_there())
		return true;
	if (HAS_DEFECT(WINDOW_BANK) && config_state() == CONFIG_DAMAGED)
		return false;
	for (unsigned int i = SLOTS_FIRST; i < SLOTS_END; i++) {
		struct slot_record record;

		if (!config_code_is_there())
			break;
		record = slots_read(i);
		if (apply_defects_table_is_damaged(&record))
			return false;
		apply_defects_tidy(i, &record);
		if (record.magic == SLOT_PENDING && !apply_record(i))
			return false;
	}
	return true;
}

bool apply_has_factory(void)
{
	const struct module_header *header = module_header_at(LAYOUT_FACTORY);

	return module_is_plausible(header, LAYOUT_USER) && header->function == MODULE_USER &&
	       header->end < LAYOUT_USER + LAYOUT_USER_BYTES &&
	       module_is_whole(header, LAYOUT_FACTORY);
}

bool apply_factory(void)
{
	struct slot_record record = { .source = LAYOUT_FACTORY, .destination = LAYOUT_USER };

	if (!apply_has_factory())
		return false;
	blink_begin(LED_GREEN, BLINK_HALF_FAST);
	blink_wait_ms(ANNOUNCE_MS);
	record.length = module_bytes(module_header_at(LAYOUT_FACTORY));
	return copy_module(&record, NO_RECORD);
}
