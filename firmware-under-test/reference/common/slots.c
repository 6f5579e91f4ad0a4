/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reference/common/slots.h"
#include "reference/common/config.h"
#include "reference/common/config_code.h"
#include "reference/common/defects.h"

static uint32_t offset_of(unsigned int number)
{
	return CONFIG_SLOTS + number * sizeof(struct slot_record);
}

struct slot_record slots_read(unsigned int number)
{
	return *(const struct slot_record *)config_code_read(offset_of(number));
}

int slots_write(unsigned int number, const struct slot_record *record)
{
	return config_code_write(record, offset_of(number), sizeof(*record));
}

void slots_clear(unsigned int number)
{
	struct slot_record record;
	uint8_t *bytes = (uint8_t *)&record;

	if (HAS_DEFECT(WINDOW_WORD)) {
		config_clear_in_place(offset_of(number), 4);
	} else if (HAS_CLEAR_IN_PLACE) {
		config_clear_in_place(offset_of(number), sizeof(record));
	} else {
		for (unsigned int i = 0; i < sizeof(record); i++)
			bytes[i] = 0xff;
		slots_write(number, &record);
	}
}
