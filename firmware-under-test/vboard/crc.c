/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checksum unit: CRC-32 of words, polynomial 0x04C11DB7, most significant bit first. RM0033 3.
 */
#include "vboard/peripherals.h"

void crc_make_table(uint32_t ret_table[4][256])
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i << 24;

		for (int bit = 0; bit < 8; bit++)
			crc = crc & 0x80000000 ? crc << 1 ^ 0x04c11db7 : crc << 1;
		ret_table[0][i] = crc;
	}
	for (uint32_t i = 0; i < 256; i++)
		for (uint32_t k = 1; k < 4; k++)
			ret_table[k][i] =
				ret_table[k - 1][i] << 8 ^ ret_table[0][ret_table[k - 1][i] >> 24];
}

void crc_feed(struct vboard *vb, uint32_t word)
{
	uint32_t x = vb->s.chip.crc ^ word;

	vb->s.chip.crc = vb->crc_table[3][x >> 24] ^ vb->crc_table[2][x >> 16 & 0xff] ^
			 vb->crc_table[1][x >> 8 & 0xff] ^ vb->crc_table[0][x & 0xff];
}
