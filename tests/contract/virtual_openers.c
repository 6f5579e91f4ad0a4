/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract/virtual_openers.h"

#include "bench/virtual/virtual.h"
#include "lib/cdc_slot.h"
#include "lib/firmware.h"

#include <string.h>

static bool install(const struct contract_opener *opener, struct slot *slot)
{
	const struct virtual_firmware *firmware = opener->bench;
	struct vboard *board = virtual_board(slot);
	struct release release;
	uint8_t program[CONTRACT_PROGRAM_BYTES];

	if (!firmware->release) {
		contract_program(opener->bounds.blink_us, program);
		ck_assert(vboard_flash_load(board, CONTRACT_PROGRAM_ADDRESS, program,
					    sizeof(program)));
		return true;
	}
	if (!firmware_release(firmware->release, &release))
		return false;
	for (size_t i = 0; i < release.module_count; i++) {
		const struct image *image = &release.modules[i].image;

		if (!firmware->module || strcmp(release.modules[i].name, firmware->module) == 0)
			ck_assert(vboard_flash_load(board, image->header.start, image->bytes,
						    image->len));
	}
	release_release(&release);
	return true;
}

bool virtual_opener_open(const struct contract_opener *opener, enum wrapped how, unsigned int nth,
			 struct slot *ret, void **ret_behind)
{
	static struct cdc_slot cdc; /* of the one test that runs in this process */
	const struct virtual_firmware *firmware = opener->bench;

	ck_assert_int_eq(virtual_open(firmware->model, ret, NULL), 0);
	if (!install(opener, ret)) {
		slot_close(ret);
		return false;
	}
	*ret_behind = virtual_board(ret);
	if (firmware->cdc_product) {
		ck_assert_uint_eq(nth, 0);
		cdc_slot_open(&cdc, firmware->cdc_product, ret);
	}
	wrapped_put(how, ret);
	return true;
}

void virtual_opener_look(void *behind, uint32_t address, void *bytes, size_t len)
{
	ck_assert(vboard_flash_read(behind, address, bytes, len));
}
