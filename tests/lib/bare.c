/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/bare.h"
#include "lib/testing.h"
#include "vboard/cpu.h"

enum { NOP = 0xbf00, BRANCH_TO_SELF = 0xe7fe, ROW_NOPS = 32, DATA_BYTES = 64, APSR_SHIFT = 27 };

struct vboard *bare_new(void)
{
	static const uint16_t handler = BRANCH_TO_SELF;
	struct vboard *vb = vboard_new(VBOARD_MODEL_P1, 1);
	uint8_t data[DATA_BYTES];

	ck_assert_ptr_nonnull(vb);
	vboard_power_on(vb);
	vboard_test_state(vb)->chip.scs.vtor = BARE_VECTORS;
	for (uint32_t i = 0; i < EXC_COUNT; i++)
		bare_vector(vb, i, BARE_HANDLER);
	bare_code(vb, BARE_HANDLER, &handler, 1);
	for (uint32_t i = 0; i < DATA_BYTES; i++)
		data[i] = (uint8_t)(0x80 + i);
	ck_assert(vboard_ram_write(vb, BARE_DATA, data, sizeof(data)));
	vboard_test_start(vb, BARE_CODE, BARE_SP);
	return vb;
}

void bare_code(struct vboard *vb, uint32_t address, const uint16_t *code, size_t count)
{
	if (address >= RAM_BASE)
		ck_assert(vboard_ram_write(vb, address, code, 2 * count));
	else
		ck_assert(vboard_flash_load(vb, address, code, 2 * count));
}

void bare_vector(struct vboard *vb, uint32_t number, uint32_t handler)
{
	bare_set_word(vb, BARE_VECTORS + 4 * number, handler | 1);
}

void bare_run(struct vboard *vb, uint64_t cycles)
{
	vboard_run(vb, vboard_cycle(vb) + cycles);
}

uint32_t bare_word(struct vboard *vb, uint32_t address)
{
	uint32_t word;

	if (address >= RAM_BASE) {
		ck_assert_uint_le(address - RAM_BASE, VBOARD_RAM_BYTES - sizeof(word));
		memcpy(&word, &vb->s.chip.ram[address - RAM_BASE], sizeof(word));
	} else {
		ck_assert(vboard_flash_read(vb, address, &word, sizeof(word)));
	}
	return word;
}

void bare_set_word(struct vboard *vb, uint32_t address, uint32_t value)
{
	ck_assert(vboard_ram_write(vb, address, &value, sizeof(value)));
}

void bare_check_row(const struct bare_row *row)
{
	struct vboard *vb = bare_new();
	struct cpu_state *cpu = &vboard_test_state(vb)->chip.cpu;
	uint16_t nops[ROW_NOPS];

	for (int i = 0; i < ROW_NOPS; i++)
		nops[i] = NOP;
	bare_code(vb, BARE_CODE, nops, ROW_NOPS);
	bare_code(vb, BARE_CODE, row->code, row->code_count);
	memcpy(cpu->r, row->in, sizeof(row->in));
	cpu_set_apsr(cpu, row->flags << APSR_SHIFT);
	bare_run(vb, BARE_ROW_CYCLES);
	ck_assert_msg(vb->s.fault_count == 0, "'%s' faulted: CFSR %08x", row->text,
		      vb->s.fault_cfsr);
	for (int i = 0; i < 4; i++)
		ck_assert_msg(cpu->r[i] == row->out[i], "'%s': r%d is %08x, not %08x", row->text, i,
			      cpu->r[i], row->out[i]);
	ck_assert_msg(cpu_apsr(cpu) >> APSR_SHIFT == row->out_flags,
		      "'%s': flags are %02x, not %02x", row->text, cpu_apsr(cpu) >> APSR_SHIFT,
		      row->out_flags);
	if (row->at)
		ck_assert_msg(bare_word(vb, row->at) == row->word, "'%s': memory is %08x, not %08x",
			      row->text, bare_word(vb, row->at), row->word);
	vboard_free(vb);
}
