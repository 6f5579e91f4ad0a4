/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The board's last fault in words, for people. */
#include "vboard/cpu.h"

#include <stdio.h>

static const struct fault_name {
	uint32_t cause;
	const char *name;
} fault_names[] = {
	{ CFSR_IACCVIOL, "executes where nothing may" },
	{ CFSR_DACCVIOL, "access denied" },
	{ CFSR_IBUSERR, "executes where nothing is" },
	{ CFSR_PRECISERR, "access to nowhere" },
	{ CFSR_STKERR, "no stack" },
	{ CFSR_UNSTKERR, "no stack to return from" },
	{ CFSR_UNDEFINSTR, "undefined instruction" },
	{ CFSR_INVSTATE, "jump out of Thumb state" },
	{ CFSR_INVPC, "invalid exception return" },
	{ CFSR_NOCP, "no coprocessor" },
	{ CFSR_UNALIGNED, "unaligned access" },
	{ CFSR_DIVBYZERO, "division by zero" },
	{ ABORT_BKPT, "breakpoint" },
	{ 0, "supervisor call at too high a priority" },
};

static const char *name_of(uint32_t cause)
{
	size_t i = 0;

	while (fault_names[i].cause && !(fault_names[i].cause & cause))
		i++;
	return fault_names[i].name;
}

bool vboard_fault_text(const struct vboard *vb, char *ret_text, size_t size)
{
	if (vb->s.fault_count == 0)
		return false;
	snprintf(ret_text, size, "%s at 0x%08x%s, %u since power-on", name_of(vb->s.fault_cfsr),
		 vb->s.fault_pc, vb->s.chip.cpu.lockup ? ", locked up" : "", vb->s.fault_count);
	return true;
}
