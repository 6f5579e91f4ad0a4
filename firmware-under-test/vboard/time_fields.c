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
	shift_deadline(&chip->radio.step_cycle, cycles);
	shift_deadline(&chip->radio.come_cycle, cycles);
	shift_deadline(&chip->radio.sent_cycle, cycles);
}

void rail_shift_time(struct rail_state *rail, uint64_t cycles)
{
	if (rail->length != 0)
		rail->begin += cycles;
	shift_deadline(&rail->released_min, cycles);
}

void usb_host_shift_time(struct usb_host_state *host, uint64_t cycles)
{
	if (!host->attached && !host->connected)
		return; /* nothing is timed while the cable is parted */
	host->reset_end += cycles;
	host->frame_epoch += cycles;
	host->frame_told += cycles;
	host->tried += cycles;
	shift_deadline(&host->next_try, cycles);
	shift_deadline(&host->deadline, cycles);
}
