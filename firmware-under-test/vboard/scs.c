/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vboard/scs.h"
#include "vboard/board.h"
#include "vboard/cpu.h"

enum systick_bits { SYSTICK_ENABLE = 1, SYSTICK_TICKINT = 2, SYSTICK_COUNTFLAG = 1 << 16 };

enum scs_registers {
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
	SCB_MMFAR = 0xed34,
	SCB_BFAR = 0xed38,
	MPU_FIRST = 0xed90,
	MPU_LAST = 0xedac,
	SCB_DEMCR = 0xedfc,
	NVIC_STIR = 0xef00,
	DWT_CTRL = 0x1000,
	DWT_CYCCNT = 0x1004,
};

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

static uint64_t systick_period(const struct scs_state *scs)
{
	return (uint64_t)scs->systick_load + 1;
}

/* Counts down from LOAD at the epoch; reaches zero LOAD cycles later. */
uint64_t systick_next(const struct vboard *vb)
{
	const struct scs_state *scs = &vb->s.chip.scs;

	if (!(scs->systick_ctrl & SYSTICK_ENABLE) || scs->systick_load == 0)
		return UINT64_MAX;
	return scs->systick_epoch + systick_period(scs);
}

void systick_run(struct vboard *vb)
{
	struct scs_state *scs = &vb->s.chip.scs;
	uint64_t next = systick_next(vb);

	if (vb->s.cycles < next)
		return;
	scs->systick_epoch +=
		(vb->s.cycles - scs->systick_epoch) / systick_period(scs) * systick_period(scs);
	scs->systick_countflag = SYSTICK_COUNTFLAG;
	if (scs->systick_ctrl & SYSTICK_TICKINT)
		cpu_pend(vb, EXC_SYSTICK);
}

static uint32_t systick_value(const struct vboard *vb)
{
	const struct scs_state *scs = &vb->s.chip.scs;

	if (!(scs->systick_ctrl & SYSTICK_ENABLE))
		return 0;
	return (uint32_t)(scs->systick_load -
			  (vb->s.cycles - scs->systick_epoch) % systick_period(scs));
}

static uint32_t icsr(const struct vboard *vb)
{
	const struct nvic_state *nvic = &vb->s.chip.nvic;
	uint32_t value = vb->s.chip.cpu.ipsr;

	value |= (nvic->pending[0] >> EXC_PENDSV & 1) << 28;
	value |= (nvic->pending[0] >> EXC_SYSTICK & 1) << 26;
	for (uint32_t i = EXC_COUNT; i-- > EXC_IRQ0;)
		if (nvic->pending[i / 32] >> (i % 32) & 1)
			value = (value & ~0x3ff000u) | i << 12 | 1u << 22;
	return value;
}

static uint32_t shcsr(const struct vboard *vb)
{
	uint32_t active = vb->s.chip.nvic.active[0];
	uint32_t value = vb->s.chip.scs.shcsr;

	value |= active >> EXC_MEMMANAGE & 1;
	value |= (active >> EXC_BUSFAULT & 1) << 1;
	value |= (active >> EXC_USAGEFAULT & 1) << 3;
	value |= (active >> EXC_SVC & 1) << 7;
	value |= (active >> EXC_PENDSV & 1) << 10;
	value |= (active >> EXC_SYSTICK & 1) << 11;
	return value;
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

static void irq_change(uint32_t *bits, uint32_t word, uint32_t mask, bool on)
{
	for (; mask; mask &= mask - 1) {
		uint32_t number = 32 * word + (uint32_t)__builtin_ctz(mask) + EXC_IRQ0;

		if (number >= EXC_IRQ0 + IRQ_COUNT)
			continue;
		if (on)
			bits[number / 32] |= 1u << (number % 32);
		else
			bits[number / 32] &= ~(1u << (number % 32));
	}
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
	value &= mask;
	if (address >= NVIC_ISPR)
		irq_change(nvic->pending, word, value, address < NVIC_ICPR);
	else
		irq_change(nvic->enabled, word, value, address < NVIC_ICER);
}

static uint32_t shpr_read(const struct vboard *vb, uint32_t address)
{
	uint32_t value;

	memcpy(&value, &vb->s.chip.nvic.priority[address - SCB_SHPR1 + 4], 4);
	return value;
}

static void shpr_write(struct vboard *vb, uint32_t address, uint32_t value, uint32_t mask)
{
	for (uint32_t i = 0; i < 4; i++)
		if (mask >> (8 * i) & 0xff)
			vb->s.chip.nvic.priority[address - SCB_SHPR1 + 4 + i] =
				(uint8_t)(value >> (8 * i) & 0xf0);
	cpu_attention(vb);
}

uint32_t scs_read(struct vboard *vb, uint32_t address)
{
	struct scs_state *scs = &vb->s.chip.scs;
	uint32_t value;

	if (address >= NVIC_ISER && address < SCB_CPUID)
		return nvic_read(vb, address);
	if (address >= SCB_SHPR1 && address < SCB_SHCSR)
		return shpr_read(vb, address);
	if (address >= MPU_FIRST && address <= MPU_LAST)
		return scs->mpu[(address - MPU_FIRST) / 4];
	switch (address) {
	case SCS_ACTLR: return scs->actlr;
	case SYST_CSR:
		systick_run(vb);
		value = scs->systick_ctrl | scs->systick_countflag | 4;
		scs->systick_countflag = 0;
		return value;
	case SYST_RVR: return scs->systick_load;
	case SYST_CVR: systick_run(vb); return systick_value(vb);
	case SYST_CALIB: return 0;
	case SCB_CPUID: return 0x412fc230; /* Cortex-M3 r2p0 (PM0056) */
	case SCB_ICSR: return icsr(vb);
	case SCB_VTOR: return scs->vtor;
	case SCB_AIRCR: return 0xfa050000 | scs->aircr_prigroup << 8;
	case SCB_SCR: return scs->scr;
	case SCB_CCR: return scs->ccr;
	case SCB_SHCSR: return shcsr(vb);
	case SCB_CFSR: return scs->cfsr;
	case SCB_HFSR: return scs->hfsr;
	case SCB_MMFAR: return scs->mmfar;
	case SCB_BFAR: return scs->bfar;
	case SCB_DEMCR: return scs->demcr;
	case DWT_CTRL: return scs->dwt_ctrl | 0x40000000;
	case DWT_CYCCNT: return (uint32_t)(vb->s.cycles - scs->dwt_epoch);
	default: return 0;
	}
}

static void icsr_write(struct vboard *vb, uint32_t value)
{
	uint32_t *pending = vb->s.chip.nvic.pending;

	if (value & 1u << 31)
		cpu_pend(vb, EXC_NMI);
	if (value & 1u << 28)
		cpu_pend(vb, EXC_PENDSV);
	if (value & 1u << 27)
		pending[0] &= ~(1u << EXC_PENDSV);
	if (value & 1u << 26)
		cpu_pend(vb, EXC_SYSTICK);
	if (value & 1u << 25)
		pending[0] &= ~(1u << EXC_SYSTICK);
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

static void systick_write(struct vboard *vb, uint32_t address, uint32_t value)
{
	struct scs_state *scs = &vb->s.chip.scs;

	systick_run(vb);
	if (address == SYST_CSR) {
		if (!(scs->systick_ctrl & SYSTICK_ENABLE) && (value & SYSTICK_ENABLE))
			scs->systick_epoch = vb->s.cycles;
		scs->systick_ctrl = value & 7;
	} else if (address == SYST_RVR) {
		scs->systick_load = value & 0xffffff;
	} else {
		scs->systick_epoch = vb->s.cycles;
		scs->systick_countflag = 0;
	}
	board_schedule(vb);
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
	case SYST_CSR:
	case SYST_RVR:
	case SYST_CVR: systick_write(vb, address, whole); break;
	case SCB_ICSR: icsr_write(vb, value & mask); break;
	case SCB_VTOR: scs->vtor = whole & 0x3fffff80; break;
	case SCB_AIRCR: aircr_write(vb, whole); break;
	case SCB_SCR: scs->scr = whole; break;
	case SCB_CCR: scs->ccr = whole; break;
	case SCB_SHCSR: scs->shcsr = whole & 0x70000; break;
	case SCB_CFSR: scs->cfsr &= ~(value & mask); break;
	case SCB_HFSR: scs->hfsr &= ~(value & mask); break;
	case SCB_MMFAR: scs->mmfar = whole; break;
	case SCB_BFAR: scs->bfar = whole; break;
	case SCB_DEMCR: scs->demcr = whole; break;
	case NVIC_STIR:
		if ((value & 0x1ff) < IRQ_COUNT)
			cpu_pend(vb, EXC_IRQ0 + (value & 0x1ff));
		break;
	case DWT_CTRL: scs->dwt_ctrl = whole & 0x0fffffff; break;
	case DWT_CYCCNT: scs->dwt_epoch = vb->s.cycles - whole; break;
	default: break;
	}
}
