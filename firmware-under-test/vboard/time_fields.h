/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every absolute time in a board's state, in one place, so that a state can be moved in time. */
#ifndef VBOARD_TIME_FIELDS_H
#define VBOARD_TIME_FIELDS_H

#include "vboard/state.h"

/*
 * Adds 'cycles' (modulo 2^64, so that a negative shift works) to every absolute time of the chip,
 * but not to board_state.cycles itself. Two boards that do the same thing at different times hold
 * the same bytes after one of them was shifted.
 */
void chip_shift_time(struct chip_state *chip, uint64_t cycles);

/* The same for the rail, which is not lost with power. */
void rail_shift_time(struct rail_state *rail, uint64_t cycles);

/* The same for the host at the other end of the USB cable. */
void usb_host_shift_time(struct usb_host_state *host, uint64_t cycles);

#endif
