/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registers of the USB core. RM0033 29.16; those of endpoint 1 of the HS core: 30.12. */
#include "vboard/board.h"
#include "vboard/cpu.h"
#include "vboard/usb.h"

enum usb_registers {
	GOTGCTL = 0x000,
	GOTGINT = 0x004,
	GAHBCFG = 0x008,
	GUSBCFG = 0x00c,
	GRSTCTL = 0x010,
	GINTSTS = 0x014,
	GINTMSK = 0x018,
	GRXSTSR = 0x01c,
	GRXSTSP = 0x020,
	GRXFSIZ = 0x024,
	DIEPTXF0 = 0x028,
	GCCFG = 0x038,
	CID = 0x03c,
	DIEPTXF1 = 0x104,
	DCFG = 0x800,
	DCTL = 0x804,
	DSTS = 0x808,
	DIEPMSK = 0x810,
	DOEPMSK = 0x814,
	DAINT = 0x818,
	DAINTMSK = 0x81c,
	DIEPEMPMSK = 0x834,
	DEACHINT = 0x838,
	DEACHINTMSK = 0x83c,
	DIEPEACHMSK1 = 0x844,
	DOEPEACHMSK1 = 0x884,
	IN_ENDPOINTS = 0x900,
	OUT_ENDPOINTS = 0xb00,
	PCGCCTL = 0xe00,
	FIFOS = 0x1000,
	ENDPOINT_BYTES = 0x20,
	ENDPOINT_CTL = 0x00,
	ENDPOINT_INT = 0x08,
	ENDPOINT_SIZE = 0x10,
	ENDPOINT_TXFSTS = 0x18, /* IN only */
};

enum usb_bits {
	GOTGCTL_SESSIONS = 1u << 18 | 1u << 19, /* VBUS is there: A and B session valid */
	GAHBCFG_GINT = 1u << 0,
	GAHBCFG_TXFELVL = 1u << 7,
	GRSTCTL_CSRST = 1u << 0,
	GRSTCTL_RXFFLSH = 1u << 4,
	GRSTCTL_TXFFLSH = 1u << 5,
	GINTSTS_OTGINT = 1u << 2,
	GINTSTS_RXFLVL = 1u << 4,
	GINTSTS_NPTXFE = 1u << 5,
	GINTSTS_IEPINT = 1u << 18,
	GINTSTS_OEPINT = 1u << 19,
	GINTSTS_PTXFE = 1u << 26,
	GCCFG_PWRDWN = 1u << 16, /* set: the transceiver is on */
	GCCFG_VBUSBSEN = 1u << 19,
	GCCFG_NOVBUSSENS = 1u << 21,
	GUSBCFG_FHMOD = 1u << 29,
	DCFG_DAD = 0x7f << 4,
	DCTL_SDIS = 1u << 1,
	DSTS_FULL_SPEED = 3 << 1,
	CTL_KEPT = 0x7ff | EP_USBAEP | 3 << 18 | EP_STALL | 15 << 22, /* plainly written */
};
#define GRSTCTL_AHBIDL (1u << 31)

/* Which flags are events, cleared by writing 1. */
#define GINTSTS_EVENTS (0xf030fc0au)

static bool is_high_speed_core(const struct vboard *vb)
{
	return vb->model == VBOARD_MODEL_PHOTON;
}

/* What a reset of the core alone leaves (GRSTCTL.CSRST): choice of transceiver stays. */
static void core_reset(struct vboard *vb)
{
	struct usb_state *usb = &vb->s.chip.usb;
	uint32_t gusbcfg = usb->gusbcfg;
	uint32_t gccfg = usb->gccfg;
	uint32_t speed = usb->dcfg & 3;

	*usb = (struct usb_state){ .gusbcfg = gusbcfg,
				   .gccfg = gccfg,
				   .grxfsiz = 0x200,
				   .dcfg = 0x02200000 | speed,
				   .cid = is_high_speed_core(vb) ? 0x1200 : 0x1100 };
	for (uint32_t i = 0; i < USB_ENDPOINTS; i++)
		usb->dieptxf[i] = 0x02000200;
	usb->in[0].ctl = EP_USBAEP;
	usb->out[0].ctl = EP_USBAEP;
}

void usb_reset(struct vboard *vb)
{
	vb->s.chip.usb = (struct usb_state){ .gusbcfg = 0xa00 };
	core_reset(vb);
	usb_update_lines(vb);
	usb_host_look(vb);
}

bool usb_core_pulls_up(const struct vboard *vb)
{
	const struct usb_state *usb = &vb->s.chip.usb;

	return vb->s.powered && !vb->s.line_held[VBOARD_RESET] && (usb->gccfg & GCCFG_PWRDWN) &&
	       (usb->gccfg & (GCCFG_NOVBUSSENS | GCCFG_VBUSBSEN)) &&
	       !(usb->gusbcfg & GUSBCFG_FHMOD) && !(usb->dctl & DCTL_SDIS);
}

void usb_core_bus_reset(struct vboard *vb)
{
	struct usb_state *usb = &vb->s.chip.usb;

	usb->gintsts |= GINTSTS_USBRST;
	usb->dcfg &= ~(uint32_t)DCFG_DAD;
	for (uint32_t i = 0; i < USB_ENDPOINTS; i++) {
		usb->in[i].ctl = (usb->in[i].ctl | EP_NAKSTS) & ~(EP_EPENA | EP_STALL);
		usb->out[i].ctl = (usb->out[i].ctl | EP_NAKSTS) & ~(EP_EPENA | EP_STALL);
		if (i > 0) {
			usb->in[i].ctl &= ~(uint32_t)EP_USBAEP;
			usb->out[i].ctl &= ~(uint32_t)EP_USBAEP;
		}
	}
	usb_update_lines(vb);
}

void usb_core_enumerated(struct vboard *vb)
{
	vb->s.chip.usb.gintsts |= GINTSTS_ENUMDNE;
	usb_update_lines(vb);
}

bool usb_core_wants_frames(const struct vboard *vb)
{
	const struct usb_state *usb = &vb->s.chip.usb;

	return (usb->gintmsk & GINTSTS_SOF) && (usb->gahbcfg & GAHBCFG_GINT) &&
	       !(usb->gintsts & GINTSTS_SOF);
}

void usb_core_frame(struct vboard *vb)
{
	vb->s.chip.usb.gintsts |= GINTSTS_SOF;
	usb_update_lines(vb);
}

/* Flags of an IN endpoint, with the one that follows the FIFO. */
static uint32_t in_flags(const struct usb_state *usb, uint32_t number)
{
	uint32_t depth = usb_tx_depth(usb, number);
	bool empty = usb->gahbcfg & GAHBCFG_TXFELVL ? usb->tx_count[number] == 0
						    : usb->tx_count[number] <= depth / 2;

	return usb->in[number].flags | (empty ? (uint32_t)EP_TXFE : 0);
}

static uint32_t in_mask(const struct usb_state *usb, uint32_t number, uint32_t mask)
{
	return mask | (usb->diepempmsk >> number & 1 ? (uint32_t)EP_TXFE : 0);
}

static uint32_t daint(const struct usb_state *usb)
{
	uint32_t bits = 0;

	for (uint32_t i = 0; i < USB_ENDPOINTS; i++) {
		if (in_flags(usb, i) & in_mask(usb, i, usb->diepmsk))
			bits |= 1u << i;
		if (usb->out[i].flags & usb->doepmsk)
			bits |= 0x10000u << i;
	}
	return bits;
}

/* Interrupts of endpoint 1 alone, HS core. */
static uint32_t deachint(const struct usb_state *usb)
{
	return (in_flags(usb, 1) & in_mask(usb, 1, usb->diepeachmsk1) ? 1u << 1 : 0) |
	       (usb->out[1].flags & usb->doepeachmsk1 ? 1u << 17 : 0);
}

static uint32_t gintsts(const struct usb_state *usb)
{
	uint32_t endpoints = usb->daintmsk ? daint(usb) & usb->daintmsk : 0;

	return usb->gintsts | GINTSTS_NPTXFE | GINTSTS_PTXFE |
	       (usb->gotgint ? (uint32_t)GINTSTS_OTGINT : 0) |
	       (usb->rx_count > usb->rx_unread ? (uint32_t)GINTSTS_RXFLVL : 0) |
	       (endpoints & 0xffff ? (uint32_t)GINTSTS_IEPINT : 0) |
	       (endpoints >> 16 ? (uint32_t)GINTSTS_OEPINT : 0);
}

void usb_update_lines(struct vboard *vb)
{
	const struct usb_state *usb = &vb->s.chip.usb;
	bool on = usb->gahbcfg & GAHBCFG_GINT;
	uint32_t each;

	if (!is_high_speed_core(vb)) {
		cpu_irq_line(vb, IRQ_OTG_FS, on && (gintsts(usb) & usb->gintmsk));
		return;
	}
	each = on && usb->deachintmsk ? deachint(usb) & usb->deachintmsk : 0;
	cpu_irq_line(vb, IRQ_OTG_HS, on && (gintsts(usb) & usb->gintmsk));
	cpu_irq_line(vb, IRQ_OTG_HS_EP1_IN, each & 0xffff);
	cpu_irq_line(vb, IRQ_OTG_HS_EP1_OUT, each >> 16);
}

static uint32_t endpoint_read(const struct usb_state *usb, uint32_t offset, bool in)
{
	uint32_t number = offset / ENDPOINT_BYTES;
	const struct usb_endpoint *ep;

	if (number >= USB_ENDPOINTS)
		return 0;
	ep = in ? &usb->in[number] : &usb->out[number];
	switch (offset % ENDPOINT_BYTES) {
	case ENDPOINT_CTL: return ep->ctl;
	case ENDPOINT_INT: return in ? in_flags(usb, number) : ep->flags;
	case ENDPOINT_SIZE: return ep->size;
	case ENDPOINT_TXFSTS: return in ? usb_tx_depth(usb, number) - usb->tx_count[number] : 0;
	default: return 0;
	}
}

static uint32_t device_read(const struct vboard *vb, uint32_t offset)
{
	const struct usb_state *usb = &vb->s.chip.usb;

	switch (offset) {
	case DCFG: return usb->dcfg;
	case DCTL: return usb->dctl;
	case DSTS: return DSTS_FULL_SPEED | usb_host_frame(vb) << 8;
	case DIEPMSK: return usb->diepmsk;
	case DOEPMSK: return usb->doepmsk;
	case DAINT: return daint(usb);
	case DAINTMSK: return usb->daintmsk;
	case DIEPEMPMSK: return usb->diepempmsk;
	case DEACHINT: return deachint(usb);
	case DEACHINTMSK: return usb->deachintmsk;
	case DIEPEACHMSK1: return usb->diepeachmsk1;
	case DOEPEACHMSK1: return usb->doepeachmsk1;
	case PCGCCTL: return usb->pcgcctl;
	default: return 0;
	}
}

static uint32_t global_read(struct vboard *vb, uint32_t offset)
{
	struct usb_state *usb = &vb->s.chip.usb;

	switch (offset) {
	case GOTGCTL: return vb->s.usb_host.attached ? GOTGCTL_SESSIONS : 0;
	case GOTGINT: return usb->gotgint;
	case GAHBCFG: return usb->gahbcfg;
	case GUSBCFG: return usb->gusbcfg;
	case GRSTCTL: return GRSTCTL_AHBIDL; /* resets and flushes end at once */
	case GINTSTS: return gintsts(usb);
	case GINTMSK: return usb->gintmsk;
	case GRXSTSR: return usb_rx_peek(usb);
	case GRXFSIZ: return usb->grxfsiz;
	case DIEPTXF0: return usb->dieptxf[0];
	case GCCFG: return usb->gccfg;
	case CID: return usb->cid;
	default:
		if (offset >= DIEPTXF1 && offset < DIEPTXF1 + 4 * (USB_ENDPOINTS - 1))
			return usb->dieptxf[1 + (offset - DIEPTXF1) / 4];
		return 0;
	}
}

uint32_t usb_read(struct vboard *vb, uint32_t offset)
{
	struct usb_state *usb = &vb->s.chip.usb;
	uint32_t value;

	if (offset >= FIFOS)
		return usb_rx_read(usb);
	if (offset == GRXSTSP) {
		value = usb_rx_pop(usb);
		usb_update_lines(vb);
		usb_host_look(vb);
		return value;
	}
	if (offset >= OUT_ENDPOINTS && offset < OUT_ENDPOINTS + 16 * ENDPOINT_BYTES)
		return endpoint_read(usb, offset - OUT_ENDPOINTS, false);
	if (offset >= IN_ENDPOINTS && offset < IN_ENDPOINTS + 16 * ENDPOINT_BYTES)
		return endpoint_read(usb, offset - IN_ENDPOINTS, true);
	return offset >= DCFG ? device_read(vb, offset) : global_read(vb, offset);
}

/* Enabling and NAK are set and cleared by bits that read as 0; disabling takes no time. */
static void control_write(struct usb_endpoint *ep, uint32_t number, uint32_t value)
{
	uint32_t old = ep->ctl;
	uint32_t now = (value & CTL_KEPT) | (old & (EP_NAKSTS | EP_EPENA));

	if (number == 0) /* always active; only a SETUP ends a stall */
		now = (now & ~0x7fcu) | EP_USBAEP | (old & EP_STALL);
	if (value & EP_CNAK)
		now &= ~(uint32_t)EP_NAKSTS;
	if (value & EP_SNAK)
		now |= EP_NAKSTS;
	if (value & EP_EPENA)
		now |= EP_EPENA;
	if ((value & EP_EPDIS) && (old & EP_EPENA)) {
		now &= ~EP_EPENA;
		ep->flags |= EP_EPDISD;
	}
	ep->ctl = now;
}

static void endpoint_write(struct usb_state *usb, uint32_t offset, bool in, uint32_t value)
{
	uint32_t number = offset / ENDPOINT_BYTES;
	struct usb_endpoint *ep;

	if (number >= USB_ENDPOINTS)
		return;
	ep = in ? &usb->in[number] : &usb->out[number];
	switch (offset % ENDPOINT_BYTES) {
	case ENDPOINT_CTL: control_write(ep, number, value); break;
	case ENDPOINT_INT: ep->flags &= ~value; break;
	case ENDPOINT_SIZE: ep->size = value; break;
	default: break;
	}
}

static void device_write(struct usb_state *usb, uint32_t offset, uint32_t value)
{
	switch (offset) {
	case DCFG: usb->dcfg = value; break;
	case DCTL: usb->dctl = value & 0x873; break; /* the others are commands */
	case DIEPMSK: usb->diepmsk = value; break;
	case DOEPMSK: usb->doepmsk = value; break;
	case DAINTMSK: usb->daintmsk = value; break;
	case DIEPEMPMSK: usb->diepempmsk = value & 0xffff; break;
	case DEACHINTMSK: usb->deachintmsk = value & 0x20002; break;
	case DIEPEACHMSK1: usb->diepeachmsk1 = value; break;
	case DOEPEACHMSK1: usb->doepeachmsk1 = value; break;
	case PCGCCTL: usb->pcgcctl = value & 3; break;
	default: break;
	}
}

static void reset_write(struct vboard *vb, uint32_t value)
{
	struct usb_state *usb = &vb->s.chip.usb;

	if (value & GRSTCTL_CSRST)
		core_reset(vb);
	if (value & GRSTCTL_RXFFLSH)
		usb_rx_flush(usb);
	if (value & GRSTCTL_TXFFLSH)
		usb_tx_flush(usb, value >> 6 & 31);
}

static void global_write(struct vboard *vb, uint32_t offset, uint32_t value)
{
	struct usb_state *usb = &vb->s.chip.usb;

	switch (offset) {
	case GOTGINT: usb->gotgint &= ~value; break;
	case GAHBCFG: usb->gahbcfg = value & 0x1bf; break;
	case GUSBCFG: usb->gusbcfg = value; break;
	case GRSTCTL: reset_write(vb, value); break;
	case GINTSTS: usb->gintsts &= ~(value & GINTSTS_EVENTS); break;
	case GINTMSK: usb->gintmsk = value; break;
	case GRXFSIZ: usb->grxfsiz = value & 0xffff; break;
	case DIEPTXF0: usb->dieptxf[0] = value; break;
	case GCCFG: usb->gccfg = value & 0x003f0000; break;
	default:
		if (offset >= DIEPTXF1 && offset < DIEPTXF1 + 4 * (USB_ENDPOINTS - 1))
			usb->dieptxf[1 + (offset - DIEPTXF1) / 4] = value;
		break;
	}
}

/* Writing 1 is what counts in these: the bytes that are not written must not act. */
static bool is_command(uint32_t offset)
{
	return offset == GOTGINT || offset == GRSTCTL || offset == GINTSTS ||
	       (offset >= IN_ENDPOINTS && offset < PCGCCTL &&
		offset % ENDPOINT_BYTES == ENDPOINT_INT);
}

void usb_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask)
{
	struct usb_state *usb = &vb->s.chip.usb;

	value &= mask;
	if (offset < FIFOS && mask != UINT32_MAX && !is_command(offset) && offset != GRXSTSP)
		value |= usb_read(vb, offset) & ~mask;
	if (offset >= FIFOS)
		usb_tx_push(usb, (offset - FIFOS) / FIFOS, value);
	else if (offset >= OUT_ENDPOINTS && offset < OUT_ENDPOINTS + 16 * ENDPOINT_BYTES)
		endpoint_write(usb, offset - OUT_ENDPOINTS, false, value);
	else if (offset >= IN_ENDPOINTS && offset < IN_ENDPOINTS + 16 * ENDPOINT_BYTES)
		endpoint_write(usb, offset - IN_ENDPOINTS, true, value);
	else if (offset >= DCFG)
		device_write(usb, offset, value);
	else
		global_write(vb, offset, value);
	usb_update_lines(vb);
	usb_host_look(vb);
}
