/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reference/system2/system.h"

void print_text(const char *text)
{
	while (*text)
		exports_services()->serial_put(*text++);
}

void print_number(uint32_t number)
{
	char digits[11];
	unsigned int at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	print_text(&digits[at]);
}
