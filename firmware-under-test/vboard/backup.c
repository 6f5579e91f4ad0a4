/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Power control and the backup domain: registers that outlive a reset. RM0033 4, 22. */
#include "vboard/peripherals.h"

enum pwr_bits { PWR_CR_DBP = 1u << 8, PWR_CSR_BRR = 1u << 3 };

enum rtc_registers { RTC_ISR = 0x0c, RTC_BKP0R = 0x50, RTC_BKP19R = 0x9c };

enum rtc_isr_bits {
	ISR_WRITABLE = 0x07,
	ISR_RSF = 1u << 5,
	ISR_INITF = 1u << 6,
	ISR_INIT = 1u << 7
};

uint32_t pwr_read(const struct vboard *vb, uint32_t offset)
{
	if (offset == 0)
		return vb->s.chip.pwr[0];
	return offset == 4 ? vb->s.chip.pwr[1] | PWR_CSR_BRR : 0;
}

void pwr_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask)
{
	if (offset <= 4)
		vb->s.chip.pwr[offset / 4] = (vb->s.chip.pwr[offset / 4] & ~mask) | (value & mask);
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

	if (!(vb->s.chip.pwr[0] & PWR_CR_DBP) || offset > RTC_BKP19R)
		return;
	word = offset >= RTC_BKP0R ? &vb->s.backup.dr[(offset - RTC_BKP0R) / 4]
				   : &vb->s.backup.rtc[offset / 4];
	*word = (*word & ~mask) | (value & mask);
}
