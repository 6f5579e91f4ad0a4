/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * FIFOs of the USB core and what its endpoints answer to the host. RM0033 29.11, 29.17.
 *
 * The receive FIFO holds a status word for each event (packet, transfer complete, SETUP complete),
 * a packet's followed by its data; popping the last two kinds is what raises XFRC and STUP.
 */
#include "vboard/usb.h"

#include <string.h>

enum rx_status {
	RX_BYTES_SHIFT = 4,
	RX_KIND_SHIFT = 17,
	RX_OUT_DATA = 2,
	RX_OUT_COMPLETE = 3,
	RX_SETUP_COMPLETE = 4,
	RX_SETUP_DATA = 6,
	RX_DATA1 = 2 << 15,
};

enum {
	SIZE_PACKETS_SHIFT = 19,
	SIZE_SETUPS_SHIFT = 29,
	TX_FLUSH_ALL = 16,
};

static uint32_t words_of(uint32_t bytes)
{
	return (bytes + 3) / 4;
}

static uint32_t max_packet(const struct usb_endpoint *ep, uint32_t number)
{
	uint32_t bytes = number == 0 ? 64u >> (ep->ctl & 3) : ep->ctl & 0x7ff;

	return bytes > USB_PACKET_BYTES ? USB_PACKET_BYTES : bytes;
}

static uint32_t bytes_mask(uint32_t number)
{
	return number == 0 ? 0x7f : 0x7ffff;
}

static uint32_t packets_left(const struct usb_endpoint *ep, uint32_t number)
{
	return ep->size >> SIZE_PACKETS_SHIFT & (number == 0 ? 3 : 0x3ff);
}

/* One packet of 'len' bytes went over: counts down. True when the transfer is complete. */
static bool count_packet(struct usb_endpoint *ep, uint32_t number, uint32_t len)
{
	uint32_t left = ep->size & bytes_mask(number);
	uint32_t packets = packets_left(ep, number);

	ep->size -= len < left ? len : left;
	if (packets > 0)
		ep->size -= 1u << SIZE_PACKETS_SHIFT;
	return packets <= 1;
}

static uint32_t rx_depth(const struct usb_state *usb)
{
	return usb->grxfsiz < USB_RX_WORDS ? usb->grxfsiz : (uint32_t)USB_RX_WORDS;
}

static void rx_put(struct usb_state *usb, uint32_t word)
{
	usb->rx[(usb->rx_first + usb->rx_count++) % USB_RX_WORDS] = word;
}

static uint32_t rx_take(struct usb_state *usb)
{
	uint32_t word = usb->rx[usb->rx_first];

	usb->rx_first = (usb->rx_first + 1) % USB_RX_WORDS;
	usb->rx_count--;
	return word;
}

static void rx_put_packet(struct usb_state *usb, uint32_t status, const uint8_t *data, uint32_t len)
{
	rx_put(usb, status | len << RX_BYTES_SHIFT);
	for (uint32_t i = 0; i < len; i += 4) {
		uint32_t word = 0;

		memcpy(&word, data + i, len - i < 4 ? len - i : 4);
		rx_put(usb, word);
	}
}

uint32_t usb_rx_peek(const struct usb_state *usb)
{
	return usb->rx_count > usb->rx_unread
		       ? usb->rx[(usb->rx_first + usb->rx_unread) % USB_RX_WORDS]
		       : 0;
}

uint32_t usb_rx_pop(struct usb_state *usb)
{
	uint32_t status;
	uint32_t kind;

	for (; usb->rx_unread > 0; usb->rx_unread--)
		rx_take(usb);
	if (usb->rx_count == 0)
		return 0;
	status = rx_take(usb);
	kind = status >> RX_KIND_SHIFT & 15;
	if (kind == RX_OUT_DATA || kind == RX_SETUP_DATA)
		usb->rx_unread = words_of(status >> RX_BYTES_SHIFT & 0x7ff);
	else if (kind == RX_OUT_COMPLETE)
		usb->out[status & 15].flags |= EP_XFRC;
	else if (kind == RX_SETUP_COMPLETE)
		usb->out[status & 15].flags |= EP_STUP;
	return status;
}

uint32_t usb_rx_read(struct usb_state *usb)
{
	if (usb->rx_unread == 0)
		return 0;
	usb->rx_unread--;
	return rx_take(usb);
}

void usb_rx_flush(struct usb_state *usb)
{
	usb->rx_first = 0;
	usb->rx_count = 0;
	usb->rx_unread = 0;
}

void usb_tx_flush(struct usb_state *usb, uint32_t number)
{
	for (uint32_t i = 0; i < USB_ENDPOINTS; i++)
		if (i == number || number == TX_FLUSH_ALL)
			usb->tx_count[i] = 0;
}

uint32_t usb_tx_depth(const struct usb_state *usb, uint32_t number)
{
	uint32_t fifo = number == 0 ? 0 : usb->in[number].ctl >> 22 & 15;
	uint32_t words = fifo < USB_ENDPOINTS ? usb->dieptxf[fifo] >> 16 : 0;

	return words < USB_TX_WORDS ? words : (uint32_t)USB_TX_WORDS;
}

void usb_tx_push(struct usb_state *usb, uint32_t number, uint32_t word)
{
	if (number < USB_ENDPOINTS && usb->tx_count[number] < usb_tx_depth(usb, number))
		usb->tx[number][usb->tx_count[number]++] = word;
}

/*
 * A SETUP is always taken, also by an endpoint that stalls or is not enabled; it ends the stall and
 * makes both directions answer NAK until the firmware goes on. What was left of an answer to the
 * request before is forgotten.
 */
enum usb_answer usb_take_setup(struct vboard *vb, uint32_t address, const uint8_t setup[8])
{
	struct usb_state *usb = &vb->s.chip.usb;
	uint32_t setups = usb->out[0].size >> SIZE_SETUPS_SHIFT & 3;

	if ((usb->dcfg >> 4 & 0x7f) != address || usb->rx_count + 4 > rx_depth(usb))
		return USB_NOTHING;
	rx_put_packet(usb, RX_SETUP_DATA << RX_KIND_SHIFT, setup, 8);
	rx_put(usb, RX_SETUP_COMPLETE << RX_KIND_SHIFT);
	if (setups > 0)
		usb->out[0].size -= 1u << SIZE_SETUPS_SHIFT;
	usb->in[0].ctl = (usb->in[0].ctl | EP_NAKSTS) & ~(uint32_t)EP_STALL;
	usb->out[0].ctl = (usb->out[0].ctl | EP_NAKSTS) & ~(uint32_t)EP_STALL;
	usb_tx_flush(usb, 0);
	usb_update_lines(vb);
	return USB_ACK;
}

static enum usb_answer first_answer(const struct usb_endpoint *ep)
{
	if (!(ep->ctl & EP_USBAEP))
		return USB_NOTHING;
	if (ep->ctl & EP_STALL)
		return USB_STALL;
	return !(ep->ctl & EP_EPENA) || (ep->ctl & EP_NAKSTS) ? USB_NAK : USB_ACK;
}

bool usb_would_nak_out(const struct usb_state *usb, uint32_t number, uint32_t len)
{
	enum usb_answer answer = first_answer(&usb->out[number]);

	/* the packet, its status word, and the one that may say that it was the last */
	return answer == USB_NAK ||
	       (answer == USB_ACK && usb->rx_count + words_of(len) + 2 > rx_depth(usb));
}

enum usb_answer usb_take_out(struct vboard *vb, uint32_t number, const uint8_t *data, uint32_t len)
{
	struct usb_state *usb = &vb->s.chip.usb;
	struct usb_endpoint *ep = &usb->out[number];
	enum usb_answer answer = first_answer(ep);
	bool last;

	if (answer == USB_ACK && usb_would_nak_out(usb, number, len))
		return USB_NAK;
	if (answer != USB_ACK)
		return answer;
	last = count_packet(ep, number, len) || len < max_packet(ep, number);
	rx_put_packet(usb, number | RX_OUT_DATA << RX_KIND_SHIFT | RX_DATA1, data, len);
	if (last) {
		rx_put(usb, number | RX_OUT_COMPLETE << RX_KIND_SHIFT);
		ep->ctl &= ~EP_EPENA;
	}
	usb_update_lines(vb);
	return USB_ACK;
}

static uint32_t next_in_bytes(const struct usb_state *usb, uint32_t number)
{
	const struct usb_endpoint *ep = &usb->in[number];
	uint32_t left = ep->size & bytes_mask(number);
	uint32_t packet = max_packet(ep, number);

	return left < packet ? left : packet;
}

bool usb_would_nak_in(const struct usb_state *usb, uint32_t number)
{
	enum usb_answer answer = first_answer(&usb->in[number]);

	return answer == USB_NAK ||
	       (answer == USB_ACK && usb->tx_count[number] < words_of(next_in_bytes(usb, number)));
}

enum usb_answer usb_give_in(struct vboard *vb, uint32_t number, uint8_t *ret, uint32_t *ret_len)
{
	struct usb_state *usb = &vb->s.chip.usb;
	struct usb_endpoint *ep = &usb->in[number];
	enum usb_answer answer = first_answer(ep);
	uint32_t len = next_in_bytes(usb, number);
	uint32_t words = words_of(len);

	if (answer == USB_ACK && usb->tx_count[number] < words) {
		ep->flags |= EP_ITTXFE;
		usb_update_lines(vb);
		return USB_NAK;
	}
	if (answer != USB_ACK)
		return answer;
	memcpy(ret, usb->tx[number], len);
	usb->tx_count[number] -= words;
	memmove(usb->tx[number], &usb->tx[number][words], 4 * usb->tx_count[number]);
	if (count_packet(ep, number, len)) {
		ep->flags |= EP_XFRC;
		ep->ctl &= ~EP_EPENA;
	}
	*ret_len = len;
	usb_update_lines(vb);
	return USB_ACK;
}
