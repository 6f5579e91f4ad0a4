/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every module's variables, as the linker scripts lay them out. */
#ifndef REFERENCE_COMMON_SECTIONS_H
#define REFERENCE_COMMON_SECTIONS_H

#include "reference/common/chip.h"

extern uint32_t section_data_load[], section_data_begin[], section_data_end[];
extern uint32_t section_bss_begin[], section_bss_end[];
extern const uint32_t section_module_end[]; /* where the CRC lies */

/* Gives the variables their first values. */
static inline void sections_init(void)
{
	const uint32_t *from = section_data_load;

	for (uint32_t *at = section_data_begin; at < section_data_end; at++)
		*at = *from++;
	for (volatile uint32_t *at = section_bss_begin; at < section_bss_end; at++)
		*at = 0;
}

#endif
