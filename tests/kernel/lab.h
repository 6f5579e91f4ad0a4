/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All boards of the lab's machine, and what they are told by name.
 */
#ifndef TESTS_KERNEL_LAB_H
#define TESTS_KERNEL_LAB_H

#include "kernel/board.h"
#include "kernel/ports.h"

enum lab_limits { LAB_BOARDS_MAX = 16, LAB_REPLY_MAX = 512, LAB_WORDS_MAX = 12 };

struct lab {
	struct journal journal;
	struct gpio gpio;
	struct ports ports;
	struct board *boards[LAB_BOARDS_MAX];
	size_t board_count;
	bool ended;
};

/*
 * Carries out one command, a line of words; 'line' is changed. False when it failed. What it has to
 * say is in 'reply'.
 *
 *	chip LABEL FOLDER BASE            a chip of gpio-sim: its folder in sysfs, its first number
 *	board NAME p1|photon|electron SEED PORT|none
 *	wire NAME LINE LABEL OFFSET [low]  power (low: on at a low level) reset setup red green blue
 *	                                   rail loop; vbus and vbat, which then say whether the
 *                                    cable is in and the backup supply there
 *	start                              ports are watched from now on
 *	load NAME ADDRESS FILE             into the flash of the board
 *	dump NAME ADDRESS LENGTH FILE
 *	cable NAME in|out
 *	uart NAME DEVICE                   the serial port that its USART1 is wired to
 *	supply NAME relay|port             what its power comes through
 *	ramp NAME FALL_US RISE_US          how the supply falls and rises
 *	vbat NAME on|off
 *	stick NAME LINE low|high|free      a fault of the wiring
 *	keep NAME NUMBER, put-back NAME NUMBER
 *	state NAME
 *	path NAME                          of its USB port
 *	adapter NAME PORT                  plugs a serial adapter in there, wired to the board's
 *                                    pads; replies with the path of that port
 *	mark TEXT                          into the journal
 *	quit
 */
bool lab_command(struct lab *lab, char *line, char reply[LAB_REPLY_MAX]);

#endif
