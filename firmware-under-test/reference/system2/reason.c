/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reset reasons: the chip's flags (RM0033 5.3.20) first, then what the last program left. */
#include "reference/system2/system.h"

enum csr_bits {
	CSR_CLEAR = 1 << 24,
	CSR_BROWNOUT = 1 << 25,
	CSR_PIN = 1 << 26,
	CSR_POWER = 1 << 27,
	CSR_SOFTWARE = 1 << 28,
	CSR_WATCHDOG = 1 << 29,
};

enum reset_reason reason_take(uint32_t *ret_data)
{
	uint32_t flags = RCC_CSR;
	enum reset_reason told = (enum reset_reason)backup_get(BACKUP_REASON);

	*ret_data = backup_get(BACKUP_REASON_DATA);
	RCC_CSR = flags | CSR_CLEAR;
	backup_set(BACKUP_REASON, REASON_NONE);
	backup_set(BACKUP_REASON_DATA, 0);
	if (flags & CSR_SOFTWARE)
		return told == REASON_NONE ? REASON_USER : told;
	*ret_data = 0;
	if (flags & CSR_WATCHDOG)
		return REASON_WATCHDOG;
	if (flags & CSR_POWER)
		return REASON_POWER_DOWN;
	if (flags & CSR_BROWNOUT)
		return REASON_BROWNOUT;
	return flags & CSR_PIN ? REASON_PIN : REASON_UNKNOWN;
}
