/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The configuration table through the code that an era uses for it: the bootloader's own, or the
 * one borrowed from system part 2.
 */
#ifndef REFERENCE_COMMON_CONFIG_CODE_H
#define REFERENCE_COMMON_CONFIG_CODE_H

#include "reference/common/chip.h"

/* Can the table be used now? Borrowed code is there only while both system parts are whole. */
bool config_code_is_there(void);

/* As config_read() and config_write(); only while config_code_is_there(). */
const void *config_code_read(uint32_t offset);
int config_code_write(const void *data, uint32_t offset, uint32_t bytes);

#endif
