/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vboard/time_fields.h"

/* A deadline of 0 or "never" stays what it is. */
static void shift_deadline(uint64_t *deadline, uint64_t cycles)
{
	if (*deadline != 0 && *deadline != UINT64_MAX)
		*deadline += cycles;
}

void chip_shift_time(struct chip_state *chip, uint64_t cycles)
{
	chip->scs.systick_epoch += cycles;
	chip->scs.dwt_epoch += cycles;
	chip->tim2.epoch += cycles;
	chip->tim2.seen += cycles;
	shift_deadline(&chip->iwdg.deadline, cycles);
	for (int i = 0; i < USART_PORTS; i++) {
		shift_deadline(&chip->usart[i].sent_cycle, cycles);
		shift_deadline(&chip->usart[i].come_cycle, cycles);
	}
}
