/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where everything lies: flash regions as on the Photon and P1 (facts 1.4), and what the modules
 * agree on about RAM.
 */
#ifndef REFERENCE_COMMON_LAYOUT_H
#define REFERENCE_COMMON_LAYOUT_H

enum layout {
	LAYOUT_FLASH_BEGIN = 0x08000000,
	LAYOUT_FLASH_END = 0x08100000,
	LAYOUT_BOOTLOADER = 0x08000000, /* 16 KB, sector 0 */
	LAYOUT_BANK_1 = 0x08004000,	/* configuration table, 16 KB each, sectors 1 and 2 */
	LAYOUT_BANK_2 = 0x08008000,
	LAYOUT_BANK_BYTES = 0x4000,
	LAYOUT_SYSTEM_1 = 0x08020000, /* 256 KB, sectors 5 and 6 */
	LAYOUT_SYSTEM_2 = 0x08060000, /* 256 KB, sectors 7 and 8 */
	LAYOUT_SYSTEM_BYTES = 0x40000,
	LAYOUT_USER = 0x080a0000, /* 128 KB, sector 9 */
	LAYOUT_USER_BYTES = 0x20000,
	LAYOUT_STAGING =
		0x080c0000, /* 256 KB, sectors 10 and 11; the factory image is in its way */
	LAYOUT_FACTORY = 0x080e0000, /* 128 KB, sector 11 */

	LAYOUT_PLATFORM = 8,	      /* P1 */
	LAYOUT_HEADER_OFFSET = 0x184, /* of the header where a vector table leads: 97 vectors */
	LAYOUT_EXPORTS_OFFSET = LAYOUT_HEADER_OFFSET + 24, /* the table of libraries follows it */
};

/* Where the bootloader puts a block that comes over DFU: RAM of a system that does not run then. */
enum { LAYOUT_DFU_BUFFER = 0x20001000, LAYOUT_DFU_BUFFER_BYTES = 4096 };

/* RAM: 0x20000000 to 0x20001000 is the bootloader's, and free for arguments of a called function
 * while no system runs; system part 1, part 2 and the application have 16 KB each above. */

#endif
