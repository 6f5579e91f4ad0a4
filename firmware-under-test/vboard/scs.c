/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vboard/scs.h"
#include "vboard/board.h"
#include "vboard/cpu.h"
#include "vboard/exception.h"

enum scs_registers {
	SCS_ICTR = 0xe004,
	SCS_ACTLR = 0xe008,
	SYST_CSR = 0xe010,
	SYST_RVR = 0xe014,
	SYST_CVR = 0xe018,
	SYST_CALIB = 0xe01c,
	NVIC_ISER = 0xe100,
	NVIC_ICER = 0xe180,
	NVIC_ISPR = 0xe200,
	NVIC_ICPR = 0xe280,
	NVIC_IABR = 0xe300,
	NVIC_IPR = 0xe400,
	SCB_CPUID = 0xed00,
	SCB_ICSR = 0xed04,
	SCB_VTOR = 0xed08,
	SCB_AIRCR = 0xed0c,
	SCB_SCR = 0xed10,
	SCB_CCR = 0xed14,
	SCB_SHPR1 = 0xed18,
	SCB_SHCSR = 0xed24,
	SCB_CFSR = 0xed28,
	SCB_HFSR = 0xed2c,
	SCB_DFSR = 0xed30,
	SCB_MMFAR = 0xed34,
	SCB_BFAR = 0xed38,
	MPU_FIRST = 0xed90,
	MPU_LAST = 0xedac,
	SCB_DEMCR = 0xedfc,
	NVIC_STIR = 0xef00,
	DWT_CTRL = 0x1000,
	DWT_CYCCNT = 0x1004,
};

enum scs_bits {
	SHCSR_FIRST_ENABLE = 16, /* MemManage, BusFault, UsageFault from here on */
	SCR_ALL = 0x16,
	DEMCR_MON_EN = 1 << 16,
	DEMCR_MON_PEND = 1 << 17,
	DEMCR_TRCENA = 1 << 24,
	DWT_CYCCNTENA = 1 << 0,
	ICTR_WORDS = IRQ_COUNT / 32, /* 32 * (this + 1) lines at most */
	/* 1 ms at an eighth of 120 MHz (RM0033 8.1.2) */
	SYST_CALIB_TENMS = 15000,
};

/* Bits of SHCSR that show, and set, what is active and pending (B3.2.13). */
static const struct shcsr_bit {
	uint8_t bit, number;
	bool is_pending;
} shcsr_bits[] = {
	{ 0, EXC_MEMMANAGE, false }, { 1, EXC_BUSFAULT, false },   { 3, EXC_USAGEFAULT, false },
	{ 7, EXC_SVC, false },	     { 8, EXC_DEBUG, false },	   { 10, EXC_PENDSV, false },
	{ 11, EXC_SYSTICK, false },  { 12, EXC_USAGEFAULT, true }, { 13, EXC_MEMMANAGE, true },
	{ 14, EXC_BUSFAULT, true },  { 15, EXC_SVC, true },
};

enum { SHCSR_BITS = sizeof(shcsr_bits) / sizeof(shcsr_bits[0]) };

void scs_reset(struct vboard *vb)
{
	struct chip_state *chip = &vb->s.chip;

	chip->scs = (struct scs_state){ .ccr = 0x200 };
	chip->nvic = (struct nvic_state){ 0 };
	/* what cannot be disabled; configurable faults are enabled through SHCSR only */
	chip->nvic.enabled[0] = 1u << EXC_NMI | 1u << EXC_HARDFAULT | 1u << EXC_SVC |
				1u << EXC_PENDSV | 1u << EXC_SYSTICK;
	chip->scs.systick_epoch = vb->s.cycles;
	chip->scs.dwt_epoch = vb->s.cycles;
}

/* VECTPENDING knows BASEPRI and FAULTMASK, but not PRIMASK nor what is active. */
static uint32_t icsr_pending(const struct vboard *vb)
{
	const struct cpu_state *cpu = &vb->s.chip.cpu;
	int32_t priority;
	uint32_t number = exception_most_urgent(vb, &priority);

	if (number == EXC_NONE || (cpu->faultmask && priority >= PRIORITY_HARDFAULT) ||
	    (cpu->basepri && priority >= (int32_t)cpu->basepri))
		return 0;
	return number << 12;
}

/* B3.2.4 */
static uint32_t icsr(const struct vboard *vb)
{
	const struct nvic_state *nvic = &vb->s.chip.nvic;
	uint32_t interrupts = nvic->pending[0] >> EXC_IRQ0;
	uint32_t value = vb->s.chip.cpu.ipsr | icsr_pending(vb);

	for (uint32_t i = 1; i < EXC_COUNT / 32; i++)
		interrupts |= nvic->pending[i];
	value |= (uint32_t)(interrupts != 0) << 22;
	value |= (uint32_t)(vb->s.chip.cpu.ipsr != 0 && exception_active_count(vb) == 1) << 11;
	value |= (nvic->pending[0] >> EXC_SYSTICK & 1) << 26;
	value |= (nvic->pending[0] >> EXC_PENDSV & 1) << 28;
	return value | (nvic->pending[0] >> EXC_NMI & 1) << 31;
}

static uint32_t shcsr_read(const struct vboard *vb)
{
	const struct nvic_state *nvic = &vb->s.chip.nvic;
	uint32_t value = (nvic->enabled[0] >> EXC_MEMMANAGE & 7) << SHCSR_FIRST_ENABLE;

	for (int i = 0; i < SHCSR_BITS; i++) {
		const struct shcsr_bit *row = &shcsr_bits[i];

		value |= (uint32_t)exception_bit(row->is_pending ? nvic->pending : nvic->active,
						 row->number)
			 << row->bit;
	}
	return value;
}

static void shcsr_write(struct vboard *vb, uint32_t value)
{
	struct nvic_state *nvic = &vb->s.chip.nvic;

	for (uint32_t i = 0; i < 3; i++)
		exception_set_bit(nvic->enabled, EXC_MEMMANAGE + i,
				  value >> (SHCSR_FIRST_ENABLE + i) & 1);
	for (int i = 0; i < SHCSR_BITS; i++) {
		const struct shcsr_bit *row = &shcsr_bits[i];

		exception_set_bit(row->is_pending ? nvic->pending : nvic->active, row->number,
				  value >> row->bit & 1);
	}
	cpu_attention(vb);
}

/* Interrupt bits are kept by exception number: 16 further up. */
static uint32_t irq_word(const uint32_t *bits, uint32_t word)
{
	uint32_t low = 32 * word + EXC_IRQ0;
	uint64_t pair = bits[low / 32];

	if (low / 32 + 1 < EXC_COUNT / 32)
		pair |= (uint64_t)bits[low / 32 + 1] << 32;
	return (uint32_t)(pair >> (low % 32));
}

static uint32_t nvic_read(const struct vboard *vb, uint32_t address)
{
	const struct nvic_state *nvic = &vb->s.chip.nvic;
	uint32_t word = (address & 0x7f) / 4;
	uint32_t value;

	if (address >= NVIC_IPR) {
		uint32_t first = address - NVIC_IPR + EXC_IRQ0;

		if (first + 4 > EXC_COUNT)
			return 0;
		memcpy(&value, &nvic->priority[first], 4);
		return value;
	}
	if (word > 2)
		return 0;
	if (address >= NVIC_IABR)
		return irq_word(nvic->active, word);
	return irq_word(address >= NVIC_ISPR ? nvic->pending : nvic->enabled, word);
}

static void nvic_write(struct vboard *vb, uint32_t address, uint32_t value, uint32_t mask)
{
	struct nvic_state *nvic = &vb->s.chip.nvic;
	uint32_t word = (address & 0x7f) / 4;

	cpu_attention(vb);
	if (address >= NVIC_IPR) {
		for (uint32_t i = 0; i < 4; i++) {
			uint32_t number = address - NVIC_IPR + EXC_IRQ0 + i;

			if ((mask >> (8 * i) & 0xff) && number < EXC_IRQ0 + IRQ_COUNT)
				nvic->priority[number] = (uint8_t)(value >> (8 * i) & 0xf0);
		}
		return;
	}
	if (word > 2 || address >= NVIC_IABR)
		return;
	for (value &= mask; value; value &= value - 1) {
		uint32_t number = 32 * word + (uint32_t)__builtin_ctz(value) + EXC_IRQ0;

		if (number >= EXC_IRQ0 + IRQ_COUNT)
			continue;
		if (address < NVIC_ISPR)
			exception_set_bit(nvic->enabled, number, address < NVIC_ICER);
		else if (address < NVIC_ICPR)
			cpu_pend(vb, number);
		else
			cpu_unpend(vb, number);
	}
}

static uint32_t shpr_read(const struct vboard *vb, uint32_t address)
{
	uint32_t value;

	memcpy(&value, &vb->s.chip.nvic.priority[address - SCB_SHPR1 + 4], 4);
	return value;
}

static void shpr_write(struct vboard *vb, uint32_t address, uint32_t value, uint32_t mask)
{
	static const uint32_t exists = 1u << EXC_MEMMANAGE | 1u << EXC_BUSFAULT |
				       1u << EXC_USAGEFAULT | 1u << EXC_SVC | 1u << EXC_DEBUG |
				       1u << EXC_PENDSV | 1u << EXC_SYSTICK;

	for (uint32_t i = 0; i < 4; i++) {
		uint32_t number = address - SCB_SHPR1 + 4 + i;

		if ((mask >> (8 * i) & 0xff) && (exists >> number & 1))
			vb->s.chip.nvic.priority[number] = (uint8_t)(value >> (8 * i) & 0xf0);
	}
	cpu_attention(vb);
}

static bool cyccnt_runs(const struct scs_state *scs)
{
	return (scs->demcr & DEMCR_TRCENA) && (scs->dwt_ctrl & DWT_CYCCNTENA);
}

static uint32_t cyccnt(const struct vboard *vb)
{
	const struct scs_state *scs = &vb->s.chip.scs;

	return cyccnt_runs(scs) ? (uint32_t)(vb->s.cycles - scs->dwt_epoch) : scs->dwt_stopped;
}

static void cyccnt_set(struct vboard *vb, uint32_t value)
{
	vb->s.chip.scs.dwt_stopped = value;
	vb->s.chip.scs.dwt_epoch = vb->s.cycles - value;
}

/* Registers that say whether the counter runs: it goes on from where it is. */
static void trace_write(struct vboard *vb, uint32_t *reg, uint32_t value)
{
	uint32_t count = cyccnt(vb);

	*reg = value;
	cyccnt_set(vb, count);
}

static void demcr_write(struct vboard *vb, uint32_t value)
{
	struct nvic_state *nvic = &vb->s.chip.nvic;

	trace_write(vb, &vb->s.chip.scs.demcr, value & ~(uint32_t)DEMCR_MON_PEND);
	exception_set_bit(nvic->enabled, EXC_DEBUG, value & DEMCR_MON_EN);
	exception_set_bit(nvic->pending, EXC_DEBUG, value & DEMCR_MON_PEND);
	cpu_attention(vb);
}

static uint32_t demcr_read(const struct vboard *vb)
{
	bool pending = exception_bit(vb->s.chip.nvic.pending, EXC_DEBUG);

	return vb->s.chip.scs.demcr | (pending ? DEMCR_MON_PEND : 0);
}

uint32_t scs_read(struct vboard *vb, uint32_t address)
{
	struct scs_state *scs = &vb->s.chip.scs;

	if (address >= NVIC_ISER && address < SCB_CPUID)
		return nvic_read(vb, address);
	if (address >= SCB_SHPR1 && address < SCB_SHCSR)
		return shpr_read(vb, address);
	if (address >= MPU_FIRST && address <= MPU_LAST)
		return scs->mpu[(address - MPU_FIRST) / 4];
	switch (address) {
	case SCS_ICTR: return ICTR_WORDS;
	case SCS_ACTLR: return scs->actlr;
	case SYST_CSR: return systick_read(vb, SYSTICK_CSR);
	case SYST_RVR: return systick_read(vb, SYSTICK_RVR);
	case SYST_CVR: return systick_read(vb, SYSTICK_CVR);
	case SYST_CALIB: return SYST_CALIB_TENMS;
	case SCB_CPUID: return 0x412fc230; /* Cortex-M3 r2p0 (PM0056) */
	case SCB_ICSR: return icsr(vb);
	case SCB_VTOR: return scs->vtor;
	case SCB_AIRCR: return 0xfa050000 | scs->aircr_prigroup << 8;
	case SCB_SCR: return scs->scr;
	case SCB_CCR: return scs->ccr;
	case SCB_SHCSR: return shcsr_read(vb);
	case SCB_CFSR: return scs->cfsr;
	case SCB_HFSR: return scs->hfsr;
	case SCB_DFSR: return scs->dfsr;
	case SCB_MMFAR: return scs->mmfar;
	case SCB_BFAR: return scs->bfar;
	case SCB_DEMCR: return demcr_read(vb);
	case DWT_CTRL: return scs->dwt_ctrl | 0x40000000;
	case DWT_CYCCNT: return cyccnt(vb);
	default: return 0;
	}
}

static void icsr_write(struct vboard *vb, uint32_t value)
{
	if (value & 1u << 31)
		cpu_pend(vb, EXC_NMI);
	if (value & 1u << 28)
		cpu_pend(vb, EXC_PENDSV);
	if (value & 1u << 27)
		cpu_unpend(vb, EXC_PENDSV);
	if (value & 1u << 26)
		cpu_pend(vb, EXC_SYSTICK);
	if (value & 1u << 25)
		cpu_unpend(vb, EXC_SYSTICK);
}

static void aircr_write(struct vboard *vb, uint32_t value)
{
	if (value >> 16 != 0x05fa)
		return;
	vb->s.chip.scs.aircr_prigroup = value >> 8 & 7;
	if (value & 5) /* SYSRESETREQ, VECTRESET */
		board_request_reset(vb, RESET_SOFTWARE);
	cpu_attention(vb);
}

void scs_write(struct vboard *vb, uint32_t address, uint32_t value, uint32_t mask)
{
	struct scs_state *scs = &vb->s.chip.scs;
	uint32_t whole =
		mask == 0xffffffff ? value : (scs_read(vb, address) & ~mask) | (value & mask);

	if (address >= NVIC_ISER && address < SCB_CPUID) {
		nvic_write(vb, address, value, mask);
		return;
	}
	if (address >= SCB_SHPR1 && address < SCB_SHCSR) {
		shpr_write(vb, address, value, mask);
		return;
	}
	if (address >= MPU_FIRST && address <= MPU_LAST) {
		scs->mpu[(address - MPU_FIRST) / 4] = whole;
		return;
	}
	switch (address) {
	case SCS_ACTLR: scs->actlr = whole; break;
	case SYST_CSR: systick_write(vb, SYSTICK_CSR, whole); break;
	case SYST_RVR: systick_write(vb, SYSTICK_RVR, whole); break;
	case SYST_CVR: systick_write(vb, SYSTICK_CVR, whole); break;
	case SCB_ICSR: icsr_write(vb, value & mask); break;
	case SCB_VTOR: scs->vtor = whole & 0x3fffff80; break;
	case SCB_AIRCR: aircr_write(vb, whole); break;
	case SCB_SCR: scs->scr = whole & SCR_ALL; break;
	case SCB_CCR:
		scs->ccr = whole & CCR_ALL;
		cpu_attention(vb);
		break;
	case SCB_SHCSR: shcsr_write(vb, whole); break;
	case SCB_CFSR: scs->cfsr &= ~(value & mask); break;
	case SCB_HFSR: scs->hfsr &= ~(value & mask); break;
	case SCB_DFSR: scs->dfsr &= ~(value & mask); break;
	case SCB_MMFAR: scs->mmfar = whole; break;
	case SCB_BFAR: scs->bfar = whole; break;
	case SCB_DEMCR: demcr_write(vb, whole); break;
	case NVIC_STIR:
		if ((value & 0x1ff) < IRQ_COUNT)
			cpu_pend(vb, EXC_IRQ0 + (value & 0x1ff));
		break;
	case DWT_CTRL: trace_write(vb, &scs->dwt_ctrl, whole & 0x0fffffff); break;
	case DWT_CYCCNT: cyccnt_set(vb, whole); break;
	default: break;
	}
}
