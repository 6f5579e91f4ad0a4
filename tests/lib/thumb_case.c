/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lib/thumb_case.h"
#include "vboard/cpu.h"

#include <stdlib.h>
#include <string.h>

static uint32_t hash32(uint32_t x)
{
	x = (x ^ x >> 16) * 0x7feb352d;
	x = (x ^ x >> 15) * 0x846ca68b;
	return x ^ x >> 16;
}

uint16_t thumb_flash_half(uint32_t address)
{
	return (uint16_t)(0xe000 | (hash32(address) & 0x7ff));
}

uint32_t thumb_ram_word(uint32_t address)
{
	return hash32(address + 1);
}

static void fill_flash(struct vboard *vb, uint32_t address, uint32_t halves)
{
	for (uint32_t i = 0; i < halves; i++) {
		uint16_t half = thumb_flash_half(address + 2 * i);

		vboard_flash_load(vb, address + 2 * i, &half, sizeof(half));
	}
}

struct vboard *thumb_board_new(void)
{
	struct vboard *vb = vboard_new(VBOARD_MODEL_P1, 1);

	if (!vb)
		abort();
	vboard_power_on(vb);
	vboard_test_skip_waits(vb, false);
	fill_flash(vb, FLASH_BASE, VBOARD_FLASH_BYTES / 2);
	for (uint32_t i = 0; i < VBOARD_RAM_BYTES; i += 4) {
		uint32_t word = thumb_ram_word(RAM_BASE + i);

		vboard_ram_write(vb, RAM_BASE + i, &word, sizeof(word));
	}
	return vb;
}

static void core_in(struct vboard *vb, const struct thumb_case *c)
{
	struct cpu_state *cpu = &vboard_test_state(vb)->chip.cpu;

	*cpu = (struct cpu_state){
		.exclusive = 1,
		.primask = c->in[THUMB_PRIMASK],
		.basepri = c->in[THUMB_BASEPRI],
		.faultmask = c->in[THUMB_FAULTMASK],
		.sp_other = c->in[THUMB_PSP],
	};
	memcpy(cpu->r, c->in, sizeof(cpu->r));
	cpu->r[15] = c->address;
	cpu_set_apsr(cpu, c->in[THUMB_APSR]);
}

static void core_out(const struct vboard *vb, struct thumb_result *ret)
{
	const struct cpu_state *cpu = &vb->s.chip.cpu;
	bool process = cpu->control & 2;

	memcpy(ret->out, cpu->r, sizeof(cpu->r));
	ret->out[THUMB_APSR] = cpu_apsr(cpu);
	ret->out[THUMB_PRIMASK] = cpu->primask;
	ret->out[THUMB_BASEPRI] = cpu->basepri;
	ret->out[THUMB_FAULTMASK] = cpu->faultmask;
	ret->out[THUMB_CONTROL] = cpu->control;
	ret->out[THUMB_PSP] = process ? cpu->r[13] : cpu->sp_other;
}

static enum thumb_end end_of_fault(uint32_t cfsr)
{
	static const struct {
		uint32_t bit;
		enum thumb_end end;
	} ends[] = {
		{ CFSR_UNDEFINSTR, THUMB_END_UNDEFINED }, { CFSR_NOCP, THUMB_END_NOCP },
		{ CFSR_INVSTATE, THUMB_END_STATE },	  { CFSR_UNALIGNED, THUMB_END_ALIGN },
		{ CFSR_DIVBYZERO, THUMB_END_DIVIDE },	  { CFSR_INVPC, THUMB_END_RETURN },
		{ CFSR_PRECISERR, THUMB_END_BUS },
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (cfsr & ends[i].bit)
			return ends[i].end;
	/* a fetch at the target of a jump; without a bit, an exception that could not be taken */
	return cfsr & (CFSR_IBUSERR | CFSR_IACCVIOL) ? THUMB_END_RAN : THUMB_END_TRAP;
}

/* Whether an IT block passes over the instruction that is next. */
static bool is_skipped(const struct cpu_state *cpu)
{
	return cpu->it && !cpu_condition(cpu, cpu->it >> 4);
}

/* BKPT is run whatever the condition (A7.7, BKPT). */
static bool is_break(const struct thumb_case *c, uint32_t pc)
{
	return (c->code[(pc - c->address) / 2] & 0xff00) == 0xbe00;
}

void thumb_board_run(struct vboard *vb, const struct thumb_case *c, struct thumb_result *ret)
{
	struct board_state *s = vboard_test_state(vb);
	uint32_t end = c->address + 2 * c->code_count;
	uint32_t faults = s->fault_count;
	uint32_t ran = 0;

	*ret = (struct thumb_result){ .end = THUMB_END_RAN };
	vboard_flash_load(vb, c->address, c->code, 2 * c->code_count);
	core_in(vb, c);
	while (s->chip.cpu.r[15] >= c->address && s->chip.cpu.r[15] < end && ran < c->insn_count) {
		ran += !is_skipped(&s->chip.cpu) || is_break(c, s->chip.cpu.r[15]);
		vboard_run(vb, vboard_cycle(vb) + 1);
		if (s->chip.cpu.no_thumb) { /* whatever comes of the instruction it jumped to */
			ret->end = THUMB_END_STATE;
			break;
		}
		if (s->fault_count != faults) {
			ret->end = end_of_fault(s->fault_cfsr);
			break;
		}
		if (s->chip.cpu.asleep) {
			ret->end = THUMB_END_ASLEEP;
			break;
		}
	}
	core_out(vb, ret);
	s->chip.cpu.lockup = 0;
	s->chip.cpu.asleep = 0;
	s->chip.cpu.no_thumb = 0;
	fill_flash(vb, c->address, c->code_count);
	thumb_take_stores(s->chip.ram, ret);
	if (vb->ram_code_low < vb->ram_code_high)
		code_ram_changed(vb, vb->ram_code_low, vb->ram_code_high - vb->ram_code_low);
}

/* The fill is remade where it differs; the compare with the neighbour's hash is what costs. */
void thumb_take_stores(uint8_t *ram, struct thumb_result *ret)
{
	static uint32_t fill[VBOARD_RAM_BYTES / 4];

	if (fill[0] == 0)
		for (uint32_t i = 0; i < VBOARD_RAM_BYTES / 4; i++)
			fill[i] = thumb_ram_word(RAM_BASE + 4 * i);
	for (uint32_t at = 0; at < VBOARD_RAM_BYTES; at += 1024) {
		if (memcmp(ram + at, &fill[at / 4], 1024) == 0)
			continue;
		for (uint32_t i = at; i < at + 1024; i += 4) {
			uint32_t word;

			memcpy(&word, ram + i, 4);
			if (word == fill[i / 4])
				continue;
			if (ret->store_count < THUMB_STORES_MAX)
				ret->stores[ret->store_count] =
					(struct thumb_store){ RAM_BASE + i, word };
			ret->store_count++;
			memcpy(ram + i, &fill[i / 4], 4);
		}
	}
}

bool thumb_result_equal(const struct thumb_result *a, const struct thumb_result *b)
{
	uint32_t stores = a->store_count < THUMB_STORES_MAX ? a->store_count : THUMB_STORES_MAX;

	return a->end == b->end && memcmp(a->out, b->out, sizeof(a->out)) == 0 &&
	       a->store_count == b->store_count &&
	       memcmp(a->stores, b->stores, stores * sizeof(a->stores[0])) == 0;
}

uint32_t thumb_insn_len(const struct thumb_case *c, uint32_t at)
{
	return insn_is_wide(c->code[at]) && at + 1 < c->code_count ? 2 : 1;
}

static const char *const end_names[THUMB_END_COUNT] = {
	"unknown", "ran", "undefined", "nocp",	 "state",  "align",
	"divide",  "bus", "trap",      "asleep", "return",
};

const char *thumb_end_name(enum thumb_end end)
{
	return end_names[end];
}

void thumb_case_write(FILE *file, const struct thumb_case *c, const struct thumb_result *result)
{
	fprintf(file, "%x", c->address);
	for (uint32_t i = 0; i < c->code_count; i++)
		fprintf(file, "%c%04x", i ? '.' : ' ', c->code[i]);
	for (uint32_t i = 0; i < THUMB_WORDS; i++)
		if (c->in[i])
			fprintf(file, " %u=%x", i, c->in[i]);
	fprintf(file, " > %s", thumb_end_name(result->end));
	for (uint32_t i = 0; i < THUMB_WORDS; i++)
		if (i == THUMB_PC || result->out[i] != c->in[i])
			fprintf(file, " %u=%x", i, result->out[i]);
	for (uint32_t i = 0; i < result->store_count && i < THUMB_STORES_MAX; i++)
		fprintf(file, " %x=%x", result->stores[i].address, result->stores[i].value);
	fputc('\n', file);
}

/* "A=B" with A in decimal below the number of words, or an address in hex. */
static bool read_pair(const char *text, uint32_t words[THUMB_WORDS], struct thumb_result *stores)
{
	char *end;
	unsigned long value;
	const char *equals = strchr(text, '=');

	if (!equals)
		return false;
	value = strtoul(equals + 1, &end, 16);
	if (*end != '\0' || end == equals + 1)
		return false;
	if (equals - text <= 2) {
		unsigned long index = strtoul(text, &end, 10);

		if (end != equals || index >= THUMB_WORDS)
			return false;
		words[index] = (uint32_t)value;
		return true;
	}
	if (!stores || stores->store_count == THUMB_STORES_MAX)
		return false;
	stores->stores[stores->store_count++] =
		(struct thumb_store){ (uint32_t)strtoul(text, &end, 16), (uint32_t)value };
	return end == equals;
}

static bool read_code(const char *text, struct thumb_case *ret)
{
	char *end;

	ret->code_count = 0;
	for (;; text = end + 1) {
		if (ret->code_count == THUMB_CODE_MAX)
			return false;
		ret->code[ret->code_count++] = (uint16_t)strtoul(text, &end, 16);
		if (end == text)
			return false;
		if (*end != '.')
			break;
	}
	ret->insn_count = 0;
	for (uint32_t i = 0; i < ret->code_count; i += thumb_insn_len(ret, i))
		ret->insn_count++;
	return *end == '\0';
}

bool thumb_case_read(const char *line, struct thumb_case *ret, struct thumb_result *ret_result)
{
	char text[2048];
	char *save = NULL;
	char *word;
	bool after = false;

	*ret = (struct thumb_case){ 0 };
	*ret_result = (struct thumb_result){ 0 };
	if (strlen(line) >= sizeof(text))
		return false;
	strcpy(text, line);
	word = strtok_r(text, " \n", &save);
	if (!word)
		return false;
	ret->address = (uint32_t)strtoul(word, NULL, 16);
	word = strtok_r(NULL, " \n", &save);
	if (!word || !read_code(word, ret))
		return false;
	while ((word = strtok_r(NULL, " \n", &save))) {
		if (strcmp(word, ">") == 0) {
			after = true;
			memcpy(ret_result->out, ret->in, sizeof(ret->in));
		} else if (after && ret_result->end == THUMB_END_UNKNOWN) {
			for (uint32_t i = 1; i < THUMB_END_COUNT; i++)
				if (strcmp(word, end_names[i]) == 0)
					ret_result->end = (enum thumb_end)i;
			if (ret_result->end == THUMB_END_UNKNOWN)
				return false;
		} else if (!read_pair(word, after ? ret_result->out : ret->in,
				      after ? ret_result : NULL)) {
			return false;
		}
	}
	return after && ret_result->end != THUMB_END_UNKNOWN;
}
