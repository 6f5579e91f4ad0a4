/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "deep/unicorn_core.h"

#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>

/* QEMU's numbers (target/arm/cpu.h). */
enum exception {
	EXCP_SWI = 2,
	EXCP_PREFETCH_ABORT = 3,
	EXCP_DATA_ABORT = 4,
	EXCP_BKPT = 7,
	EXCP_NOCP = 17,
	EXCP_UNALIGNED = 22
};

enum { XPSR_T = 1 << 24 };
#define APSR_FLAGS 0xf8000000u

enum { RUNS_MAX = 20000 }; /* then a new instance: translations of single cases pile up */

struct unicorn_core {
	uc_engine *uc;
	uint8_t *flash;
	uint8_t *ram;
	unsigned int runs;
	bool spoiled;
	/* the running case */
	uint32_t begin, end;
	uint32_t left;
	uint32_t last; /* instruction that was begun; PC may be beyond it when a run ends */
	bool stopped;
	uint32_t exception;
	uint32_t bad_address, bad_pc;
	bool bad;
};

static const int word_ids[THUMB_WORDS] = {
	UC_ARM_REG_R0,	    UC_ARM_REG_R1,	UC_ARM_REG_R2,	    UC_ARM_REG_R3,
	UC_ARM_REG_R4,	    UC_ARM_REG_R5,	UC_ARM_REG_R6,	    UC_ARM_REG_R7,
	UC_ARM_REG_R8,	    UC_ARM_REG_R9,	UC_ARM_REG_R10,	    UC_ARM_REG_R11,
	UC_ARM_REG_R12,	    UC_ARM_REG_SP,	UC_ARM_REG_LR,	    UC_ARM_REG_PC,
	UC_ARM_REG_XPSR,    UC_ARM_REG_PRIMASK, UC_ARM_REG_BASEPRI, UC_ARM_REG_FAULTMASK,
	UC_ARM_REG_CONTROL, UC_ARM_REG_PSP,
};

static void must(uc_err error)
{
	if (error == UC_ERR_OK)
		return;
	fprintf(stderr, "unicorn: %s\n", uc_strerror(error));
	abort();
}

static void on_code(uc_engine *uc, uint64_t address, uint32_t size, void *ctx)
{
	struct unicorn_core *core = ctx;

	(void)size;
	if (address < core->begin || address >= core->end || core->left == 0) {
		core->stopped = true;
		uc_emu_stop(uc);
		return;
	}
	core->left--;
	core->last = (uint32_t)address;
}

static void on_exception(uc_engine *uc, uint32_t number, void *ctx)
{
	struct unicorn_core *core = ctx;

	core->exception = number;
	uc_emu_stop(uc);
}

static bool on_bad_access(uc_engine *uc, uc_mem_type type, uint64_t address, int size,
			  int64_t value, void *ctx)
{
	struct unicorn_core *core = ctx;

	(void)uc;
	(void)size;
	(void)value;
	if (type != UC_MEM_FETCH_UNMAPPED && !core->bad) {
		core->bad = true;
		core->bad_address = (uint32_t)address;
		core->bad_pc = core->last;
	}
	return false;
}

/* ISO C has no conversion between pointers to functions and to objects; Unicorn's interface does.
 */
static void *hook_pointer(const void *address_of_function)
{
	void *result;

	memcpy(&result, address_of_function, sizeof(result));
	return result;
}

static void begin_engine(struct unicorn_core *core)
{
	uc_cb_hookcode_t code = on_code;
	uc_cb_hookintr_t exception = on_exception;
	uc_cb_eventmem_t bad_access = on_bad_access;
	uc_hook hook;

	if (core->uc)
		must(uc_close(core->uc));
	/* UC_MODE_MCLASS would make it a Cortex-M33, whatever the model that is asked for (2.0.1)
	 */
	must(uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &core->uc));
	must(uc_ctl_set_cpu_model(core->uc, UC_CPU_ARM_CORTEX_M3));
	must(uc_mem_map_ptr(core->uc, FLASH_BASE, VBOARD_FLASH_BYTES, UC_PROT_READ | UC_PROT_EXEC,
			    core->flash));
	must(uc_mem_map_ptr(core->uc, RAM_BASE, VBOARD_RAM_BYTES, UC_PROT_ALL, core->ram));
	must(uc_hook_add(core->uc, &hook, UC_HOOK_CODE, hook_pointer(&code), core, 1ull, 0ull));
	must(uc_hook_add(core->uc, &hook, UC_HOOK_INTR, hook_pointer(&exception), core, 1ull,
			 0ull));
	must(uc_hook_add(core->uc, &hook, UC_HOOK_MEM_INVALID, hook_pointer(&bad_access), core,
			 1ull, 0ull));
	core->runs = 0;
	core->spoiled = false;
}

struct unicorn_core *unicorn_core_new(void)
{
	struct unicorn_core *core = calloc(1, sizeof(*core));

	if (!core)
		abort();
	core->flash = aligned_alloc(4096, VBOARD_FLASH_BYTES);
	core->ram = aligned_alloc(4096, VBOARD_RAM_BYTES);
	if (!core->flash || !core->ram)
		abort();
	for (uint32_t i = 0; i < VBOARD_FLASH_BYTES; i += 2) {
		uint16_t half = thumb_flash_half(FLASH_BASE + i);

		memcpy(core->flash + i, &half, 2);
	}
	for (uint32_t i = 0; i < VBOARD_RAM_BYTES; i += 4) {
		uint32_t word = thumb_ram_word(RAM_BASE + i);

		memcpy(core->ram + i, &word, 4);
	}
	begin_engine(core);
	return core;
}

void unicorn_core_free(struct unicorn_core *core)
{
	uc_close(core->uc);
	free(core->flash);
	free(core->ram);
	free(core);
}

static void write_word(struct unicorn_core *core, enum thumb_word word, uint32_t value)
{
	must(uc_reg_write(core->uc, word_ids[word], &value));
}

static uint32_t read_word(struct unicorn_core *core, enum thumb_word word)
{
	uint32_t value = 0;

	must(uc_reg_read(core->uc, word_ids[word], &value));
	return value;
}

static void core_in(struct unicorn_core *core, const struct thumb_case *c)
{
	uint32_t flags = c->in[THUMB_APSR];

	/* first where the stack pointers are, then what they hold */
	write_word(core, THUMB_CONTROL, 0);
	write_word(core, THUMB_PSP, c->in[THUMB_PSP]);
	for (int i = 0; i < THUMB_PC; i++)
		write_word(core, (enum thumb_word)i, c->in[i]);
	for (int i = THUMB_PRIMASK; i <= THUMB_FAULTMASK; i++)
		write_word(core, (enum thumb_word)i, c->in[i]);
	write_word(core, THUMB_APSR, flags | XPSR_T);		    /* no IT state, thread mode */
	must(uc_reg_write(core->uc, UC_ARM_REG_APSR_NZCV, &flags)); /* makes it look at CONTROL */
}

/* WFE and YIELD end a run of Unicorn's with an error of their own. */
static bool is_hint(const struct unicorn_core *core, uint32_t pc, uint32_t *ret_number,
		    uint32_t *ret_len)
{
	uint16_t half[2];

	memcpy(half, core->flash + (pc - FLASH_BASE), sizeof(half));
	*ret_len = half[0] == 0xf3af ? 4 : 2;
	if (half[0] == 0xf3af && (half[1] & 0xff00) == 0x8000)
		*ret_number = half[1] & 0xff;
	else if ((half[0] & 0xff0f) == 0xbf00)
		*ret_number = half[0] >> 4 & 0xf;
	else
		return false;
	return true;
}

static enum thumb_end end_of_run(struct unicorn_core *core, uc_err error, uint32_t *pc)
{
	uint32_t hint;
	uint32_t len;

	if (core->bad) {
		*pc = core->bad_pc;
		return THUMB_END_BUS;
	}
	switch (core->exception) {
	case 0: break;
	case EXCP_SWI:
		*pc -= 2;
		return THUMB_END_TRAP; /* it stands behind SVC, as if it were taken */
	case EXCP_PREFETCH_ABORT: return THUMB_END_RAN; /* the jump succeeded, its target did not */
	case EXCP_DATA_ABORT: return THUMB_END_ALIGN;	/* missing memory is told by its hook */
	case EXCP_BKPT: return THUMB_END_TRAP;
	case EXCP_NOCP: return THUMB_END_NOCP;
	case EXCP_UNALIGNED: return THUMB_END_ALIGN;
	default: return THUMB_END_UNKNOWN;
	}
	switch ((int)error) {
	case UC_ERR_OK: return core->stopped ? THUMB_END_RAN : THUMB_END_ASLEEP;
	case UC_ERR_FETCH_UNMAPPED: return THUMB_END_RAN; /* the jump itself succeeded */
	case UC_ERR_EXCEPTION: return THUMB_END_STATE;
	case UC_ERR_INSN_INVALID:
		if (is_hint(core, core->last, &hint, &len) && (hint == 1 || hint == 2)) {
			*pc = core->last + len;
			return hint == 2 ? THUMB_END_ASLEEP : THUMB_END_RAN;
		}
		return THUMB_END_UNDEFINED;
	default: return THUMB_END_UNKNOWN;
	}
}

void unicorn_core_renew(struct unicorn_core *core)
{
	core->spoiled = true;
}

void unicorn_core_run(struct unicorn_core *core, const struct thumb_case *c,
		      struct thumb_result *ret, uint32_t *ret_address)
{
	uint8_t *code = core->flash + (c->address - FLASH_BASE);
	uc_err error;

	if (core->spoiled || core->runs++ == RUNS_MAX)
		begin_engine(core);
	core->begin = c->address;
	core->end = c->address + 2 * c->code_count;
	core->left = c->insn_count;
	core->stopped = false;
	core->exception = 0;
	core->bad = false;
	memcpy(code, c->code, 2 * c->code_count);
	core_in(core, c);
	error = uc_emu_start(core->uc, c->address | 1, 1, 0, 0);
	*ret = (struct thumb_result){ 0 };
	for (int i = 0; i < THUMB_WORDS; i++)
		ret->out[i] = read_word(core, (enum thumb_word)i);
	ret->end = end_of_run(core, error, &ret->out[THUMB_PC]);
	if (ret->end != THUMB_END_BUS && !(ret->out[THUMB_APSR] & XPSR_T))
		ret->end = THUMB_END_STATE; /* whatever came of the instruction it jumped to */
	ret->out[THUMB_APSR] &= APSR_FLAGS;
	*ret_address = core->bad_address;
	for (uint32_t i = 0; i < c->code_count; i++) {
		uint16_t half = thumb_flash_half(c->address + 2 * i);

		memcpy(code + 2 * i, &half, 2);
	}
	must(uc_ctl_remove_cache(core->uc, c->address, core->end));
	thumb_take_stores(core->ram, ret);
	core->spoiled = ret->end == THUMB_END_STATE;
}
