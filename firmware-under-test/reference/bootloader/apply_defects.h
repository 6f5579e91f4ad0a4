/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What planted defects do while an update is applied (common/defects.h says what each is). In a
 * build without them all of these answer "no" and do nothing.
 */
#ifndef REFERENCE_BOOTLOADER_APPLY_DEFECTS_H
#define REFERENCE_BOOTLOADER_APPLY_DEFECTS_H

#include "reference/common/slots.h"

/* TWO_CUTS: counts the attempt; true when there were enough. LATENT counts too, for later. */
bool apply_defects_gives_up(unsigned int number, struct slot_record *record);

/* OLD_APP: is the module of this version there already? */
bool apply_defects_is_installed(uint32_t source, uint32_t destination);

/* VBAT: the record kept in the backup registers. */
void apply_defects_keep_job(const struct slot_record *record);
bool apply_defects_job(struct slot_record *ret_record);
void apply_defects_drop_job(void);

/* LATENT: instead of freeing the record, a job for three boots later; and that job. */
bool apply_defects_tidy_later(unsigned int number, const struct slot_record *record);
void apply_defects_tidy(unsigned int number, const struct slot_record *record);

/* SLOW_FALL: watches the supply from now on; and, when it is falling, drops the record. */
void apply_defects_watch_supply(void);
bool apply_defects_gives_in(unsigned int number);

/* WINDOW_WORD: a first word that is neither pending nor free. */
bool apply_defects_table_is_damaged(const struct slot_record *record);

#endif
