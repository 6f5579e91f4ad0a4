/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reference/bootloader/apply_defects.h"
#include "reference/common/backup.h"
#include "reference/common/defects.h"
#include "reference/common/flash.h"
#include "reference/common/layout.h"
#include "reference/common/module.h"

enum apply_defects_limits {
	NOT_COUNTED = 0xff,
	GIVE_UP_AFTER = 2,
	TIDY_BOOTS = 3,
	JOB_MARK = 0x0b0b,
	PWR_DETECTOR_2V9 = 7 << 5 | 1 << 4, /* PLS, PVDE; RM0033 4.2.3 */
	PWR_SUPPLY_IS_LOW = 1 << 2,	    /* PVDO */
};

static uint32_t attempts_of(const struct slot_record *record)
{
	return record->count == NOT_COUNTED ? 0 : record->count;
}

bool apply_defects_gives_up(unsigned int number, struct slot_record *record)
{
	if (!HAS_DEFECT(TWO_CUTS) && !HAS_DEFECT(LATENT))
		return false;
	if (HAS_DEFECT(TWO_CUTS) && attempts_of(record) >= GIVE_UP_AFTER)
		return true;
	record->count = (uint8_t)(attempts_of(record) + 1);
	slots_write(number, record);
	return false;
}

bool apply_defects_is_installed(uint32_t source, uint32_t destination)
{
	const struct module_header *staged = module_header_at(source);
	const struct module_header *installed = module_header_at(destination);

	return HAS_DEFECT(OLD_APP) && module_is_plausible(installed, destination) &&
	       installed->version == staged->version;
}

void apply_defects_keep_job(const struct slot_record *record)
{
	if (!HAS_DEFECT(VBAT))
		return;
	backup_set(BACKUP_JOB + 1, record->source);
	backup_set(BACKUP_JOB + 2, record->destination);
	backup_set(BACKUP_JOB + 3, record->length);
	backup_set(BACKUP_JOB, JOB_MARK);
}

bool apply_defects_job(struct slot_record *ret_record)
{
	if (!HAS_DEFECT(VBAT) || backup_get(BACKUP_JOB) != JOB_MARK)
		return false;
	*ret_record = (struct slot_record){
		.source = backup_get(BACKUP_JOB + 1),
		.destination = backup_get(BACKUP_JOB + 2),
		.length = backup_get(BACKUP_JOB + 3),
	};
	return true;
}

void apply_defects_drop_job(void)
{
	if (HAS_DEFECT(VBAT))
		backup_set(BACKUP_JOB, 0);
}

bool apply_defects_tidy_later(unsigned int number, const struct slot_record *record)
{
	struct slot_record job = *record;

	if (!HAS_DEFECT(LATENT) || attempts_of(record) < 2)
		return false;
	job.magic = SLOT_TIDY;
	job.count = TIDY_BOOTS;
	slots_write(number, &job);
	return true;
}

void apply_defects_tidy(unsigned int number, const struct slot_record *record)
{
	struct slot_record job = *record;

	if (!HAS_DEFECT(LATENT) || record->magic != SLOT_TIDY)
		return;
	if (--job.count > 0) {
		slots_write(number, &job);
		return;
	}
	slots_clear(number);
	flash_erase(record->destination); /* the defect: the source was meant */
}

void apply_defects_watch_supply(void)
{
	if (HAS_DEFECT(SLOW_FALL))
		PWR_CR |= PWR_DETECTOR_2V9;
}

bool apply_defects_gives_in(unsigned int number)
{
	if (!HAS_DEFECT(SLOW_FALL) || !(PWR_CSR & PWR_SUPPLY_IS_LOW))
		return false;
	slots_clear(number);
	return true;
}

bool apply_defects_table_is_damaged(const struct slot_record *record)
{
	return HAS_DEFECT(WINDOW_WORD) && record->magic != SLOT_PENDING &&
	       record->magic != SLOT_FREE && record->magic != SLOT_ZEROED;
}
