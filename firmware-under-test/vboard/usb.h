/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The USB core of the chip in device mode, and the host at the other end of the cable. RM0033 29
 * (OTG FS) and 30 (OTG HS, here always at full speed). Registers are in usb_core.c, FIFOs and
 * packets in usb_packet.c, the host in usb_host.c.
 *
 * Data toggles, errors on the wire, suspend, isochronous transfers, DMA and host mode are not
 * modelled.
 */
#ifndef VBOARD_USB_H
#define VBOARD_USB_H

#include "vboard/state.h"

/* What a device answers to a transaction. */
enum usb_answer {
	USB_NOTHING = 0, /* no such device or endpoint */
	USB_ACK = 1,
	USB_NAK = 2, /* not now */
	USB_STALL = 3,
};

enum usb_flag_bits { /* DxEPINT */
		     EP_XFRC = 1u << 0,
		     EP_EPDISD = 1u << 1,
		     EP_STUP = 1u << 3,	  /* OUT */
		     EP_ITTXFE = 1u << 4, /* IN */
		     EP_TXFE = 1u << 7,	  /* IN */
};

enum usb_control_bits { /* DxEPCTL */
			EP_USBAEP = 1u << 15,
			EP_NAKSTS = 1u << 17,
			EP_STALL = 1u << 21,
};
#define EP_CNAK	 (1u << 26)
#define EP_SNAK	 (1u << 27)
#define EP_EPDIS (1u << 30)
#define EP_EPENA (1u << 31)

enum usb_core_bits { GINTSTS_SOF = 1u << 3, GINTSTS_USBRST = 1u << 12, GINTSTS_ENUMDNE = 1u << 13 };

/* The registers of the core that the model has: FS on the P1, HS on the Photon. */
uint32_t usb_read(struct vboard *vb, uint32_t offset);
void usb_write(struct vboard *vb, uint32_t offset, uint32_t value, uint32_t mask);

/* As a chip reset leaves it: off the bus. */
void usb_reset(struct vboard *vb);

/* Interrupt lines follow the registers. */
void usb_update_lines(struct vboard *vb);

/* The core drives its pull-up. */
bool usb_core_pulls_up(const struct vboard *vb);

/* The bus is reset; and the reset is over, the speed is known. */
void usb_core_bus_reset(struct vboard *vb);
void usb_core_enumerated(struct vboard *vb);

/* A frame has begun; whether the core would tell the firmware. */
void usb_core_frame(struct vboard *vb);
bool usb_core_wants_frames(const struct vboard *vb);

/* FIFOs, from the core's side. */
uint32_t usb_rx_peek(const struct usb_state *usb);
uint32_t usb_rx_pop(struct usb_state *usb);  /* status word */
uint32_t usb_rx_read(struct usb_state *usb); /* data word */
void usb_rx_flush(struct usb_state *usb);
void usb_tx_flush(struct usb_state *usb, uint32_t number); /* 16: all */
void usb_tx_push(struct usb_state *usb, uint32_t number, uint32_t word);
uint32_t usb_tx_depth(const struct usb_state *usb, uint32_t number);

/* Transactions, from the host's side. 'ret' has room for USB_PACKET_BYTES. */
enum usb_answer usb_take_setup(struct vboard *vb, uint32_t address, const uint8_t setup[8]);
enum usb_answer usb_take_out(struct vboard *vb, uint32_t number, const uint8_t *data, uint32_t len);
enum usb_answer usb_give_in(struct vboard *vb, uint32_t number, uint8_t *ret, uint32_t *ret_len);
/* Whether the answer would be USB_NAK: for an IN, or an OUT of 'len' bytes. */
bool usb_would_nak_in(const struct usb_state *usb, uint32_t number);
bool usb_would_nak_out(const struct usb_state *usb, uint32_t number, uint32_t len);

/* The host: next thing to happen on the bus, and all that are due. */
uint64_t usb_next(const struct vboard *vb);
void usb_run(struct vboard *vb);

/* The pull-up may have changed, or an endpoint may have become ready. */
void usb_host_look(struct vboard *vb);

/* Frame number since the bus runs, 14 bits. */
uint32_t usb_host_frame(const struct vboard *vb);

#endif
