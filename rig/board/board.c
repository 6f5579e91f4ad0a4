/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board/board.h"

#include <string.h>

const struct board_region *board_region_by_name(const struct board *board, const char *name)
{
	for (size_t i = 0; i < board->region_count; i++)
		if (strcmp(board->regions[i].name, name) == 0)
			return &board->regions[i];
	return NULL;
}

const struct board_region *board_region_by_module(const struct board *board, uint8_t function,
						  uint8_t index)
{
	if (function == 0)
		return NULL;
	for (size_t i = 0; i < board->region_count; i++)
		if (board->regions[i].function == function && board->regions[i].index == index)
			return &board->regions[i];
	return NULL;
}

const struct board_region *board_region_at(const struct board *board, uint32_t address)
{
	for (size_t i = 0; i < board->region_count; i++)
		if (address >= board->regions[i].start &&
		    address - board->regions[i].start < board->regions[i].size)
			return &board->regions[i];
	return NULL;
}
