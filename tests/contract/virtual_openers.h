/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slots of the virtual bench for the suites of the contract. */
#ifndef TESTS_CONTRACT_VIRTUAL_OPENERS_H
#define TESTS_CONTRACT_VIRTUAL_OPENERS_H

#include "contract/contract.h"

/* .bench of a virtual opener. */
struct virtual_firmware {
	const char *model;
	const char *release;  /* NULL: the bare program of the slot suite */
	const char *module;   /* the only one that is installed; NULL: all */
	uint16_t cdc_product; /* of the USB device that is the serial line; 0: it is at pads */
};

/* struct contract_opener's calls */
bool virtual_opener_open(const struct contract_opener *opener, enum wrapped how, unsigned int nth,
			 struct slot *ret, void **ret_behind);
void virtual_opener_look(void *behind, uint32_t address, void *bytes, size_t len);

/* Everything is at its microsecond. */
#define VIRTUAL_OPENER(its_name, its_how, its_line, its_open, its_bench)              \
	{                                                                             \
		.name = (its_name), .how = (its_how), .line = (its_line),             \
		.bounds = { .arrive_us = 2000000,                                     \
			    .watch_us = 20000,                                        \
			    .blink_us = 1000,                                         \
			    .transfer_us = 100 },                                     \
		.bench = (its_bench), .open = (its_open), .look = virtual_opener_look \
	}

#endif
