/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clocks are ready as soon as they are switched on; the core always runs at 120 MHz. RM0033 5. */
#include "vboard/board.h"
#include "vboard/peripherals.h"
#include "vboard/pins.h"
#include "vboard/timer.h"

#include <string.h>

enum rcc_registers {
	RCC_CR = 0x00,
	RCC_PLLCFGR = 0x04,
	RCC_CFGR = 0x08,
	RCC_CIR = 0x0c,
	RCC_AHB1RSTR = 0x10,
	RCC_APB1RSTR = 0x20,
	RCC_BDCR = 0x70,
	RCC_CSR = 0x74,
	RCC_LAST = 0x84,
};

enum rcc_bits {
	CR_HSION = 1u << 0,
	CR_HSEON = 1u << 16,
	CR_PLLON = 1u << 24,
	CR_PLLI2SON = 1u << 26,
	BDCR_LSEON = 1u << 0,
	BDCR_BDRST = 1u << 16,
	CSR_LSION = 1u << 0,
	CSR_LSIRDY = 1u << 1,
	CSR_RMVF = 1u << 24,
	APB1_TIM2 = 1u << 0,
};

void rcc_reset(struct vboard *vb, uint32_t csr)
{
	vb->s.chip.rcc = (struct rcc_state){ .cr = 0x83, .pllcfgr = 0x24003010, .csr = csr };
}

/* Each "on" bit is answered by the "ready" bit above it. */
static uint32_t ready(uint32_t value, uint32_t on)
{
	return (value & ~(on << 1)) | (value & on) << 1;
}

uint32_t rcc_read(struct vboard *vb, uint32_t offset)
{
	const struct rcc_state *rcc = &vb->s.chip.rcc;

	switch (offset) {
	case RCC_CR: return rcc->cr;
	case RCC_PLLCFGR: return rcc->pllcfgr;
	case RCC_CFGR: return (rcc->cfgr & ~0xcu) | (rcc->cfgr & 3) << 2; /* SWS follows SW */
	case RCC_CIR: return rcc->cir;
	case RCC_BDCR: return vb->s.backup.bdcr;
	case RCC_CSR: /* a running watchdog keeps its clock on (RM0033 5.2.5) */
		return rcc->csr | (vb->s.chip.iwdg.running ? CSR_LSIRDY : 0);
	default: return offset <= RCC_LAST ? rcc->rest[(offset - RCC_AHB1RSTR) / 4] : 0;
	}
}

/* Reset bits of single peripherals: those that matter here. */
static void reset_peripherals(struct vboard *vb, uint32_t offset, uint32_t bits)
{
	if (offset == RCC_AHB1RSTR) {
		for (uint32_t port = 0; port < GPIO_PORTS; port++)
			if (bits >> port & 1)
				gpio_reset(vb, port);
	} else if (offset == RCC_APB1RSTR && (bits & APB1_TIM2)) {
		timer_reset(vb);
	}
	board_schedule(vb);
	board_update_leds(vb, vb->s.cycles);
}

static void bdcr_write(struct vboard *vb, uint32_t value)
{
	struct backup_state *backup = &vb->s.backup;

	if (value & BDCR_BDRST) { /* the SRAM and its regulator are spared (RM0033 5.1.3) */
		memset(backup->dr, 0, sizeof(backup->dr));
		memset(backup->rtc, 0, sizeof(backup->rtc));
		backup->bdcr = BDCR_BDRST;
		return;
	}
	backup->bdcr = ready(value, BDCR_LSEON);
}

void rcc_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask)
{
	struct rcc_state *rcc = &vb->s.chip.rcc;
	uint32_t whole = (rcc_read(vb, offset) & ~mask) | (value & mask);

	switch (offset) {
	case RCC_CR: rcc->cr = ready(whole, CR_HSION | CR_HSEON | CR_PLLON | CR_PLLI2SON); break;
	case RCC_PLLCFGR: rcc->pllcfgr = whole; break;
	case RCC_CFGR: rcc->cfgr = whole; break;
	case RCC_CIR: rcc->cir = whole & 0x3f00; break;
	case RCC_BDCR: bdcr_write(vb, whole); break;
	case RCC_CSR:
		rcc->csr = ready((rcc->csr & 0xfe000000) | (whole & CSR_LSION), CSR_LSION);
		if (whole & CSR_RMVF)
			rcc->csr &= 0x00ffffff;
		break;
	default:
		if (offset > RCC_LAST)
			break;
		rcc->rest[(offset - RCC_AHB1RSTR) / 4] = whole;
		reset_peripherals(vb, offset, whole);
		break;
	}
}
