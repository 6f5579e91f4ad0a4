/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Instructions that compilers emit seldom, and those that touch the system. */
#include "vboard/cpu.h"

static void set_nz(struct cpu_state *cpu, uint32_t result)
{
	cpu->n_of = result;
	cpu->z_of = result;
}

/* rd may be the stack pointer, whose two low bits are always 0. */
static void write_register(struct cpu_state *cpu, uint32_t rd, uint32_t value)
{
	cpu->r[rd] = rd == 13 ? value & ~3u : value;
}

static uint32_t add_with_carry(struct cpu_state *cpu, uint32_t a, uint32_t b, uint32_t carry,
			       bool flags)
{
	uint64_t sum = (uint64_t)a + b + carry;
	uint32_t result = (uint32_t)sum;

	if (flags) {
		set_nz(cpu, result);
		cpu->c = (uint32_t)(sum >> 32);
		cpu->v = (~(a ^ b) & (a ^ result)) >> 31;
	}
	return result;
}

/* Shift_C (A2.2.1); amount 0 leaves value and carry. *carry: in and out. */
static uint32_t shift(uint32_t x, uint32_t type, uint32_t amount, uint32_t *carry)
{
	uint32_t result;

	if (type == SHIFT_RRX) {
		result = x >> 1 | *carry << 31;
		*carry = x & 1;
		return result;
	}
	if (amount == 0)
		return x;
	switch (type) {
	case SHIFT_LSL:
		*carry = amount > 32 ? 0 : x >> (32 - amount) & 1;
		return amount > 31 ? 0 : x << amount;
	case SHIFT_LSR:
		*carry = amount > 32 ? 0 : x >> (amount - 1) & 1;
		return amount > 31 ? 0 : x >> amount;
	case SHIFT_ASR:
		if (amount > 31)
			amount = 31, *carry = x >> 31;
		else
			*carry = x >> (amount - 1) & 1;
		return (uint32_t)((int32_t)x >> amount);
	default:
		amount &= 31;
		result = amount ? x >> amount | x << (32 - amount) : x;
		*carry = result >> 31;
		return result;
	}
}

/* Data processing on 'b' with the shifter's carry; see enum dp. */
static void data_processing(struct cpu_state *cpu, const struct insn *in, uint32_t b,
			    uint32_t carry, bool flags)
{
	uint32_t a = cpu->r[in->rn];
	uint32_t result;
	bool logical = true;

	switch (in->aux & 15) {
	case DP_AND: result = a & b; break;
	case DP_BIC: result = a & ~b; break;
	case DP_ORR: result = in->rn == 15 ? b : a | b; break;
	case DP_ORN: result = in->rn == 15 ? ~b : a | ~b; break;
	case DP_EOR: result = a ^ b; break;
	default: logical = false; break;
	}
	if (logical) {
		if (flags) {
			set_nz(cpu, result);
			cpu->c = carry;
		}
	} else {
		switch (in->aux & 15) {
		case DP_ADD: result = add_with_carry(cpu, a, b, 0, flags); break;
		case DP_ADC: result = add_with_carry(cpu, a, b, cpu->c, flags); break;
		case DP_SBC: result = add_with_carry(cpu, a, ~b, cpu->c, flags); break;
		case DP_SUB: result = add_with_carry(cpu, a, ~b, 1, flags); break;
		default: result = add_with_carry(cpu, b, ~a, 1, flags); break;
		}
	}
	if (in->rd != 15)
		write_register(cpu, in->rd, result);
}

static void dp_immediate(struct cpu_state *cpu, const struct insn *in, bool flags)
{
	data_processing(cpu, in, in->imm, in->ra == 2 ? cpu->c : in->ra, flags);
}

static void dp_register(struct cpu_state *cpu, const struct insn *in, bool flags)
{
	uint32_t carry = cpu->c;
	uint32_t b = shift(cpu->r[in->rm], in->imm >> 8, in->imm & 0xff, &carry);

	data_processing(cpu, in, b, carry, flags);
}

static void shift_register(struct cpu_state *cpu, const struct insn *in, bool flags)
{
	uint32_t carry = cpu->c;
	uint32_t result = shift(cpu->r[in->rn], in->aux & 3, cpu->r[in->rm] & 0xff, &carry);

	cpu->r[in->rd] = result;
	if (flags) {
		set_nz(cpu, result);
		cpu->c = carry;
	}
}

static bool unaligned(struct vboard *vb)
{
	return bus_abort(vb, CFSR_UNALIGNED, 0);
}

/* Address of a single load or store; *ret_writeback is what rn becomes. */
static uint32_t memory_address(const struct cpu_state *cpu, const struct insn *in,
			       uint32_t *ret_writeback)
{
	uint32_t base = in->rn == 15 ? 0 : cpu->r[in->rn];

	*ret_writeback = base;
	switch (in->aux & MEM_MODE) {
	case MEM_OFFSET: return base + in->imm;
	case MEM_PRE: *ret_writeback = base + in->imm; return base + in->imm;
	case MEM_POST: *ret_writeback = base + in->imm; return base;
	default: return base + (cpu->r[in->rm] << in->imm);
	}
}

static bool load(struct vboard *vb, uint32_t kind, uint32_t address, uint32_t *ret)
{
	uint32_t x;

	switch (kind) {
	case MEM_LDRB: return bus_read8(vb, address, ret);
	case MEM_LDRH: return bus_read16(vb, address, ret);
	case MEM_LDR: return bus_read32(vb, address, ret);
	case MEM_LDRSB:
		if (!bus_read8(vb, address, &x))
			return false;
		*ret = (uint32_t)(int8_t)x;
		return true;
	default:
		if (!bus_read16(vb, address, &x))
			return false;
		*ret = (uint32_t)(int16_t)x;
		return true;
	}
}

static bool store(struct vboard *vb, uint32_t kind, uint32_t address, uint32_t value)
{
	switch (kind) {
	case MEM_STRB: return bus_write8(vb, address, value);
	case MEM_STRH: return bus_write16(vb, address, value);
	default: return bus_write32(vb, address, value);
	}
}

static bool memory(struct vboard *vb, const struct insn *in)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t kind = in->aux & 15;
	uint32_t writeback;
	uint32_t address = memory_address(cpu, in, &writeback);
	uint32_t value;

	if (kind < MEM_LDRB) {
		if (!store(vb, kind, address, cpu->r[in->rd]))
			return false;
		if (in->rn != 15)
			write_register(cpu, in->rn, writeback);
		return true;
	}
	if (!load(vb, kind, address, &value))
		return false;
	if (in->rn != 15)
		write_register(cpu, in->rn, writeback);
	write_register(cpu, in->rd, value);
	return true;
}

static bool load_pc(struct vboard *vb, const struct insn *in)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t writeback;
	uint32_t address = memory_address(cpu, in, &writeback);
	uint32_t target;

	if (!bus_read32(vb, address, &target))
		return false;
	if (in->rn != 15)
		write_register(cpu, in->rn, writeback);
	return cpu_jump(vb, target);
}

static bool load_multiple(struct vboard *vb, const struct insn *in)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t list = in->imm;
	uint32_t bytes = 4 * (uint32_t)__builtin_popcount(list);
	uint32_t base = cpu->r[in->rn];
	uint32_t address = in->aux & MULTIPLE_BEFORE ? base - bytes : base;
	uint32_t end = in->aux & MULTIPLE_BEFORE ? address : base + bytes;
	uint32_t values[16];

	if (address & 3)
		return unaligned(vb);
	for (uint32_t i = 0; i < 16; i++) {
		if (!(list >> i & 1))
			continue;
		if (!bus_read32(vb, address, &values[i]))
			return false;
		address += 4;
	}
	if (in->aux & MULTIPLE_WRITEBACK)
		write_register(cpu, in->rn, end);
	for (uint32_t i = 0; i < 15; i++)
		if (list >> i & 1)
			write_register(cpu, i, values[i]);
	return list >> 15 ? cpu_jump(vb, values[15]) : true;
}

static bool store_multiple(struct vboard *vb, const struct insn *in)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t bytes = 4 * (uint32_t)__builtin_popcount(in->imm);
	uint32_t base = cpu->r[in->rn];
	uint32_t address = in->aux & MULTIPLE_BEFORE ? base - bytes : base;
	uint32_t end = in->aux & MULTIPLE_BEFORE ? address : base + bytes;

	if (address & 3)
		return unaligned(vb);
	for (uint32_t i = 0; i < 15; i++) {
		if (!(in->imm >> i & 1))
			continue;
		if (!bus_write32(vb, address, cpu->r[i]))
			return false;
		address += 4;
	}
	if (in->aux & MULTIPLE_WRITEBACK)
		write_register(cpu, in->rn, end);
	return true;
}

static bool dual(struct vboard *vb, const struct insn *in, bool is_load)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t base = in->rn == 15 ? (in->pc + 4) & ~3u : cpu->r[in->rn];
	uint32_t address = in->aux == MEM_POST ? base : base + in->imm;
	uint32_t low;
	uint32_t high;

	if (address & 3)
		return unaligned(vb);
	if (is_load) {
		if (!bus_read32(vb, address, &low) || !bus_read32(vb, address + 4, &high))
			return false;
	} else if (!bus_write32(vb, address, cpu->r[in->rd]) ||
		   !bus_write32(vb, address + 4, cpu->r[in->ra])) {
		return false;
	}
	if (in->aux != MEM_OFFSET)
		write_register(cpu, in->rn, base + in->imm);
	if (is_load) {
		cpu->r[in->rd] = low;
		cpu->r[in->ra] = high;
	}
	return true;
}

static bool load_exclusive(struct vboard *vb, const struct insn *in)
{
	static const uint8_t kinds[3] = { MEM_LDRB, MEM_LDRH, MEM_LDR };
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t address = cpu->r[in->rn] + in->imm;
	uint32_t value;

	if (address & ((1u << in->aux) - 1))
		return unaligned(vb);
	if (!load(vb, kinds[in->aux], address, &value))
		return false;
	cpu->r[in->rd] = value;
	cpu->exclusive = address & ~3u;
	return true;
}

static bool store_exclusive(struct vboard *vb, const struct insn *in)
{
	static const uint8_t kinds[3] = { MEM_STRB, MEM_STRH, MEM_STR };
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t address = cpu->r[in->rn] + in->imm;

	if (address & ((1u << in->aux) - 1))
		return unaligned(vb);
	if (cpu->exclusive != (address & ~3u)) {
		cpu->r[in->ra] = 1;
		return true;
	}
	if (!store(vb, kinds[in->aux], address, cpu->r[in->rd]))
		return false;
	cpu->exclusive = 1;
	cpu->r[in->ra] = 0;
	return true;
}

static bool table_branch(struct vboard *vb, const struct insn *in, bool halfwords)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t base = in->rn == 15 ? in->pc + 4 : cpu->r[in->rn];
	uint32_t index = cpu->r[in->rm];
	uint32_t entry;
	bool good = halfwords ? bus_read16(vb, base + 2 * index, &entry)
			      : bus_read8(vb, base + index, &entry);

	if (good)
		cpu->r[15] = in->pc + 4 + 2 * entry;
	return good;
}

static uint32_t field_mask(const struct insn *in)
{
	return (uint32_t)(((1ull << in->imm) - 1) << in->ra);
}

static void saturate(struct cpu_state *cpu, const struct insn *in, bool is_signed)
{
	uint32_t carry = 0;
	int64_t x = (int32_t)shift(cpu->r[in->rn], in->aux, in->ra, &carry);
	int64_t max = is_signed ? (1ll << (in->imm - 1)) - 1 : (1ll << in->imm) - 1;
	int64_t min = is_signed ? -(1ll << (in->imm - 1)) : 0;

	if (x > max || x < min) {
		x = x > max ? max : min;
		cpu->q = 1;
	}
	cpu->r[in->rd] = (uint32_t)x;
}

static void extend(struct cpu_state *cpu, const struct insn *in)
{
	uint32_t x = cpu->r[in->rm];

	x = in->imm ? x >> in->imm | x << (32 - in->imm) : x;
	switch (in->aux) {
	case EXTEND_SXTB: x = (uint32_t)(int8_t)x; break;
	case EXTEND_SXTH: x = (uint32_t)(int16_t)x; break;
	case EXTEND_UXTB: x = (uint8_t)x; break;
	default: x = (uint16_t)x; break;
	}
	cpu->r[in->rd] = x;
}

static uint32_t reverse_bits(uint32_t x)
{
	x = (x >> 1 & 0x55555555) | (x & 0x55555555) << 1;
	x = (x >> 2 & 0x33333333) | (x & 0x33333333) << 2;
	x = (x >> 4 & 0x0f0f0f0f) | (x & 0x0f0f0f0f) << 4;
	return __builtin_bswap32(x);
}

static uint32_t swap_halves(uint32_t x)
{
	return (x & 0xff00ff00) >> 8 | (x & 0x00ff00ff) << 8;
}

static void multiply_long(struct cpu_state *cpu, const struct insn *in, uint8_t op)
{
	uint64_t old = (uint64_t)cpu->r[in->rd] << 32 | cpu->r[in->ra];
	uint64_t product =
		op == OP_SMULL || op == OP_SMLAL
			? (uint64_t)((int64_t)(int32_t)cpu->r[in->rn] * (int32_t)cpu->r[in->rm])
			: (uint64_t)cpu->r[in->rn] * cpu->r[in->rm];

	if (op == OP_SMLAL || op == OP_UMLAL)
		product += old;
	cpu->r[in->ra] = (uint32_t)product;
	cpu->r[in->rd] = (uint32_t)(product >> 32);
}

static bool divide(struct vboard *vb, const struct insn *in, bool is_signed)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t a = cpu->r[in->rn];
	uint32_t b = cpu->r[in->rm];

	if (b == 0) {
		if (vb->s.chip.scs.ccr & 0x10) /* DIV_0_TRP */
			return bus_abort(vb, CFSR_DIVBYZERO, 0);
		cpu->r[in->rd] = 0;
	} else if (!is_signed) {
		cpu->r[in->rd] = a / b;
	} else if (a == 0x80000000 && b == 0xffffffff) {
		cpu->r[in->rd] = a;
	} else {
		cpu->r[in->rd] = (uint32_t)((int32_t)a / (int32_t)b);
	}
	return true;
}

static void move_from_special(struct cpu_state *cpu, const struct insn *in)
{
	bool on_process = cpu->ipsr == 0 && (cpu->control & 2);
	uint32_t value = 0;

	switch (in->imm) {
	case 0:
	case 1:
	case 2:
	case 3:
		if (in->imm & 1)
			value |= cpu->ipsr;
		value |= cpu_apsr(cpu);
		break;
	case 5:
	case 6:
	case 7: value = in->imm != 6 ? cpu->ipsr : 0; break;
	case 8: value = on_process ? cpu->sp_other : cpu->r[13]; break;
	case 9: value = on_process ? cpu->r[13] : cpu->sp_other; break;
	case 16: value = cpu->primask; break;
	case 17:
	case 18: value = cpu->basepri; break;
	case 19: value = cpu->faultmask; break;
	case 20: value = cpu->control; break;
	default: break;
	}
	cpu->r[in->rd] = value;
}

static void move_to_special(struct vboard *vb, const struct insn *in)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t value = cpu->r[in->rn];
	bool on_process = cpu->ipsr == 0 && (cpu->control & 2);
	bool privileged = cpu->ipsr != 0 || !(cpu->control & 1);

	if (in->imm <= 3) {
		cpu_set_apsr(cpu, value);
		return;
	}
	if (!privileged)
		return;
	switch (in->imm) {
	case 8: *(on_process ? &cpu->sp_other : &cpu->r[13]) = value & ~3u; break;
	case 9: *(on_process ? &cpu->r[13] : &cpu->sp_other) = value & ~3u; break;
	case 16: cpu->primask = value & 1; break;
	case 17: cpu->basepri = value & 0xf0; break;
	case 18:
		value &= 0xf0;
		if (value && (value < cpu->basepri || cpu->basepri == 0))
			cpu->basepri = value;
		break;
	case 19:
		if (cpu->ipsr != EXC_NMI && cpu->ipsr != EXC_HARDFAULT)
			cpu->faultmask = value & 1;
		break;
	case 20: cpu_set_control(cpu, value & 3); break;
	default: break;
	}
	cpu_attention(vb);
}

static void change_state(struct vboard *vb, const struct insn *in)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t mask = in->imm >> 4 & 1;

	if (cpu->ipsr == 0 && (cpu->control & 1))
		return; /* unprivileged: no effect */
	if (in->imm & 2)
		cpu->primask = mask;
	if ((in->imm & 1) && cpu->ipsr != EXC_NMI && cpu->ipsr != EXC_HARDFAULT)
		cpu->faultmask = mask;
	cpu_attention(vb);
}

static void wait_for(struct vboard *vb, bool event)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;

	if (event && cpu->event) {
		cpu->event = 0;
		return;
	}
	cpu->asleep = 1;
	cpu_attention(vb);
}

static bool high_register(struct vboard *vb, const struct insn *in, uint8_t op)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t b = in->rm == 15 ? in->pc + 4 : cpu->r[in->rm];
	uint32_t a = in->rd == 15 ? in->pc + 4 : cpu->r[in->rd];

	if (op == OP_CMP_HI) {
		add_with_carry(cpu, a, ~b, 1, true);
		return true;
	}
	if (op == OP_ADD_HI)
		b += a;
	if (in->rd == 15)
		cpu->r[15] = b & ~1u; /* a plain branch: stays in Thumb state */
	else
		write_register(cpu, in->rd, b);
	return true;
}

/* The address was asked for: nothing runs here, the loop ends. */
static void stop_here(struct vboard *vb, const struct insn *in)
{
	vb->s.cycles--;
	vb->s.chip.cpu.r[15] = in->pc;
	vb->stop = in->pc == vb->return_pc ? VBOARD_STOP_RETURNED : VBOARD_STOP_HANDOVER;
	vb->stop_now = true;
	vb->stop_cycle = 0;
}

bool cpu_rare(struct vboard *vb, const struct insn *in, uint8_t op)
{
	struct cpu_state *cpu = &vb->s.chip.cpu;
	uint32_t *r = cpu->r;
	bool flags = (in->aux & DP_S) != 0;

	switch (op) {
	case OP_DP_IMM: dp_immediate(cpu, in, flags); return true;
	case OP_DP_REG: dp_register(cpu, in, flags); return true;
	case OP_SHIFT_REG: shift_register(cpu, in, flags); return true;
	case OP_DP_IMM_PLAIN: dp_immediate(cpu, in, false); return true;
	case OP_DP_REG_PLAIN: dp_register(cpu, in, false); return true;
	case OP_SHIFT_REG_PLAIN: shift_register(cpu, in, false); return true;
	case OP_MOV_HI:
	case OP_ADD_HI:
	case OP_CMP_HI: return high_register(vb, in, op);
	case OP_LDR_PC: return load_pc(vb, in);
	case OP_MEM: return memory(vb, in);
	case OP_LDM: return load_multiple(vb, in);
	case OP_STM: return store_multiple(vb, in);
	case OP_LDRD: return dual(vb, in, true);
	case OP_STRD: return dual(vb, in, false);
	case OP_LDREX: return load_exclusive(vb, in);
	case OP_STREX: return store_exclusive(vb, in);
	case OP_CLREX: cpu->exclusive = 1; return true;
	case OP_TBB: return table_branch(vb, in, false);
	case OP_TBH: return table_branch(vb, in, true);
	case OP_MOVT: r[in->rd] = (r[in->rd] & 0xffff) | in->imm << 16; return true;
	case OP_BFI:
		r[in->rd] = (r[in->rd] & ~field_mask(in)) | (r[in->rn] << in->ra & field_mask(in));
		return true;
	case OP_BFC: r[in->rd] &= ~field_mask(in); return true;
	case OP_SBFX:
		r[in->rd] = (uint32_t)((int32_t)(r[in->rn] << (32 - in->imm - in->ra)) >>
				       (32 - in->imm));
		return true;
	case OP_SSAT: saturate(cpu, in, true); return true;
	case OP_USAT: saturate(cpu, in, false); return true;
	case OP_EXTEND: extend(cpu, in); return true;
	case OP_REV: r[in->rd] = __builtin_bswap32(r[in->rm]); return true;
	case OP_REV16: r[in->rd] = swap_halves(r[in->rm]); return true;
	case OP_REVSH:
		r[in->rd] = (uint32_t)(int16_t)__builtin_bswap16((uint16_t)r[in->rm]);
		return true;
	case OP_RBIT: r[in->rd] = reverse_bits(r[in->rm]); return true;
	case OP_CLZ: r[in->rd] = r[in->rm] ? (uint32_t)__builtin_clz(r[in->rm]) : 32; return true;
	case OP_MLA: r[in->rd] = r[in->ra] + r[in->rn] * r[in->rm]; return true;
	case OP_MLS: r[in->rd] = r[in->ra] - r[in->rn] * r[in->rm]; return true;
	case OP_SMULL:
	case OP_UMULL:
	case OP_SMLAL:
	case OP_UMLAL: multiply_long(cpu, in, op); return true;
	case OP_SDIV: return divide(vb, in, true);
	case OP_UDIV: return divide(vb, in, false);
	case OP_MRS: move_from_special(cpu, in); return true;
	case OP_MSR: move_to_special(vb, in); return true;
	case OP_CPS: change_state(vb, in); return true;
	case OP_SVC: return cpu_supervisor_call(vb);
	case OP_WFI: wait_for(vb, false); return true;
	case OP_WFE: wait_for(vb, true); return true;
	case OP_SEV: cpu->event = 1; return true;
	case OP_NOCP: return bus_abort(vb, CFSR_NOCP, 0);
	case OP_STOP: stop_here(vb, in); return true;
	case OP_FETCH_FAULT: return bus_abort(vb, CFSR_IBUSERR, in->pc);
	case OP_BKPT:
		return bus_abort(vb, 0, 0); /* no debugger: HardFault, no fault status (C1.6) */
	default: return bus_abort(vb, CFSR_UNDEFINSTR, 0);
	}
}
