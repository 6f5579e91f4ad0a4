/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Power control and the backup domain: registers and 4 KB of SRAM that outlive a reset, and power
 * when a cell feeds VBAT (the SRAM only with the backup regulator on). RM0033 4, 22.
 */
#include "vboard/peripherals.h"
#include "vboard/rail.h"

enum pwr_bits {
	PWR_CR_DBP = 1u << 8,
	PWR_CSR_PVDO = 1u << 2,
	PWR_CSR_BRR = 1u << 3,
	PWR_CSR_BRE = 1u << 9,
	PWR_CSR_EWUP = 1u << 8,
	AHB1ENR_INDEX = 8,
	AHB1ENR_BKPSRAMEN = 1u << 18,
};

enum rtc_registers { RTC_ISR = 0x0c, RTC_BKP0R = 0x50, RTC_BKP19R = 0x9c };

enum rtc_isr_bits {
	ISR_WRITABLE = 0x07,
	ISR_RSF = 1u << 5,
	ISR_INITF = 1u << 6,
	ISR_INIT = 1u << 7
};

static bool may_write(const struct vboard *vb)
{
	return (vb->s.chip.pwr[0] & PWR_CR_DBP) != 0;
}

uint32_t pwr_read(const struct vboard *vb, uint32_t offset)
{
	if (offset == 0)
		return vb->s.chip.pwr[0];
	if (offset != 4)
		return 0;
	return vb->s.chip.pwr[1] | (vb->s.rail.pvdo ? PWR_CSR_PVDO : 0) |
	       (vb->s.backup.regulator ? PWR_CSR_BRE | PWR_CSR_BRR : 0);
}

void pwr_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask)
{
	uint32_t *pwr = vb->s.chip.pwr;

	value &= mask;
	if (offset == 0) {
		pwr[0] = (pwr[0] & ~mask) | value;
		rail_detector_changed(vb);
	} else if (offset == 4) {
		pwr[1] = ((pwr[1] & ~mask) | value) & PWR_CSR_EWUP;
		if ((mask & PWR_CSR_BRE) && may_write(vb)) /* BRE is in the backup domain */
			vb->s.backup.regulator = (value & PWR_CSR_BRE) != 0;
	}
}

/* RM0033 4.1.2: clock first, and the write protection of the domain. */
static bool sram_has_clock(const struct vboard *vb)
{
	return (vb->s.chip.rcc.rest[AHB1ENR_INDEX] & AHB1ENR_BKPSRAMEN) != 0;
}

uint32_t backup_sram_read(const struct vboard *vb, uint32_t offset)
{
	return sram_has_clock(vb) ? vb->s.backup.sram[offset / 4] : 0;
}

void backup_sram_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask)
{
	uint32_t *word = &vb->s.backup.sram[offset / 4];

	if (sram_has_clock(vb) && may_write(vb))
		*word = (*word & ~mask) | (value & mask);
}

uint32_t rtc_read(const struct vboard *vb, uint32_t offset)
{
	if (offset >= RTC_BKP0R && offset <= RTC_BKP19R)
		return vb->s.backup.dr[(offset - RTC_BKP0R) / 4];
	if (offset >= RTC_BKP0R)
		return 0;
	if (offset == RTC_ISR) {
		uint32_t isr = vb->s.backup.rtc[RTC_ISR / 4];

		return isr | ISR_WRITABLE | ISR_RSF | (isr & ISR_INIT ? ISR_INITF : 0);
	}
	return vb->s.backup.rtc[offset / 4];
}

void rtc_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask)
{
	uint32_t *word;

	if (!may_write(vb) || offset > RTC_BKP19R)
		return;
	word = offset >= RTC_BKP0R ? &vb->s.backup.dr[(offset - RTC_BKP0R) / 4]
				   : &vb->s.backup.rtc[offset / 4];
	*word = (*word & ~mask) | (value & mask);
}
