/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Address decoding of the peripheral space (RM0033 table 1). Peripherals without behaviour here
 * remember what is written, so that read-modify-write code sees its own bits; where firmware polls
 * a flag that would never come, the flag is answered. Everything else reads as zero.
 */
#include "vboard/peripherals.h"
#include "vboard/board.h"
#include "vboard/crc.h"
#include "vboard/flash.h"
#include "vboard/pins.h"
#include "vboard/radio.h"
#include "vboard/rail.h"
#include "vboard/record.h"
#include "vboard/timer.h"
#include "vboard/usart.h"
#include "vboard/usb.h"

#include <string.h>

enum { BLOCK_BYTES = 0x400 };

enum block {
	BLOCK_NONE = 0,
	BLOCK_TIM2,
	BLOCK_RTC,
	BLOCK_IWDG,
	BLOCK_PWR,
	BLOCK_BACKUP_SRAM,
	BLOCK_SYSCFG,
	BLOCK_EXTI,
	BLOCK_GPIO,
	BLOCK_CRC,
	BLOCK_RCC,
	BLOCK_FLASH,
	BLOCK_RNG,
	BLOCK_SDIO,
	BLOCK_SPI,
	BLOCK_USART,
	BLOCK_RADIO,
	BLOCK_USB_FS,
	BLOCK_USB_HS,
	BLOCK_STORED,
};

struct block_row {
	uint32_t base;
	uint32_t bytes;
	enum block block;
	uint32_t index; /* of the port, or of the storage */
};

static const struct block_row block_rows[] = {
	{ 0x40023c00, BLOCK_BYTES, BLOCK_FLASH, 0 },
	{ 0x40023000, BLOCK_BYTES, BLOCK_CRC, 0 },
	{ 0x40020000, BLOCK_BYTES *GPIO_PORTS, BLOCK_GPIO, 0 },
	{ 0x40023800, BLOCK_BYTES, BLOCK_RCC, 0 },
	{ 0x40000000, BLOCK_BYTES, BLOCK_TIM2, 0 },
	{ 0x40013c00, BLOCK_BYTES, BLOCK_EXTI, 0 },
	{ 0x40013800, BLOCK_BYTES, BLOCK_SYSCFG, 0 },
	{ 0x40002800, BLOCK_BYTES, BLOCK_RTC, 0 },
	{ 0x40003000, BLOCK_BYTES, BLOCK_IWDG, 0 },
	{ 0x40007000, BLOCK_BYTES, BLOCK_PWR, 0 },
	{ 0x40024000, BACKUP_SRAM_BYTES, BLOCK_BACKUP_SRAM, 0 },
	{ 0x50060800, BLOCK_BYTES, BLOCK_RNG, 0 },
	{ 0x50000000, 0x40000, BLOCK_USB_FS, 0 },
	{ 0x40040000, 0x40000, BLOCK_USB_HS, 0 },
	{ 0x40012c00, BLOCK_BYTES, BLOCK_SDIO, 0 },
	{ 0x40013000, BLOCK_BYTES, BLOCK_SPI, 1 },   /* SPI1 */
	{ 0x40003800, BLOCK_BYTES, BLOCK_SPI, 2 },   /* SPI2 */
	{ 0x40003c00, BLOCK_BYTES, BLOCK_SPI, 3 },   /* SPI3 */
	{ 0x40011000, BLOCK_BYTES, BLOCK_USART, 0 }, /* USART1 */
	{ 0x40004400, BLOCK_BYTES, BLOCK_USART, 1 }, /* USART2 */
	{ 0x40004800, BLOCK_BYTES, BLOCK_USART, 2 }, /* USART3 */
	{ RADIO_BASE, BLOCK_BYTES, BLOCK_RADIO, 0 },
	{ 0x40000400, BLOCK_BYTES, BLOCK_STORED, 7 },  /* TIM3 */
	{ 0x40000800, BLOCK_BYTES, BLOCK_STORED, 8 },  /* TIM4 */
	{ 0x40000c00, BLOCK_BYTES, BLOCK_STORED, 9 },  /* TIM5 */
	{ 0x40001000, BLOCK_BYTES, BLOCK_STORED, 10 }, /* TIM6 */
	{ 0x40001400, BLOCK_BYTES, BLOCK_STORED, 11 }, /* TIM7 */
	{ 0x40005400, BLOCK_BYTES, BLOCK_STORED, 12 }, /* I2C1 */
	{ 0x40010000, BLOCK_BYTES, BLOCK_STORED, 13 }, /* TIM1 */
	{ 0x40010400, BLOCK_BYTES, BLOCK_STORED, 14 }, /* TIM8 */
	{ 0x40012000, BLOCK_BYTES, BLOCK_STORED, 15 }, /* ADC */
	{ 0x40026000, BLOCK_BYTES, BLOCK_STORED, 16 }, /* DMA1 */
	{ 0x40026400, BLOCK_BYTES, BLOCK_STORED, 17 }, /* DMA2 */
	{ 0x40006400, BLOCK_BYTES, BLOCK_STORED, 18 }, /* CAN1 */
	{ 0x40006800, BLOCK_BYTES, BLOCK_STORED, 19 }, /* CAN2 */
	{ 0x40007400, BLOCK_BYTES, BLOCK_STORED, 20 }, /* DAC */
	{ 0x40014400, BLOCK_BYTES, BLOCK_STORED, 21 }, /* TIM10 */
	{ 0x40014800, BLOCK_BYTES, BLOCK_STORED, 22 }, /* TIM11 */
};

enum peripheral_bits {
	SPI_SR = 0x08,
	SPI_TXE_RXNE = 3,
	SDIO_CMD = 0x0c,
	SDIO_STA = 0x34,
	SDIO_ICR = 0x38,
	SDIO_CPSMEN = 1u << 10,
	SDIO_CTIMEOUT = 1u << 2, /* nobody answers: there is no radio on this bus */
	CRC_DR = 0x00,
	CRC_IDR = 0x04,
	CRC_CR = 0x08,
	RNG_CR = 0x00,
	RNG_SR = 0x04,
	RNG_DR = 0x08,
	RNG_DRDY = 1,
	CRC_FEEDS_OF_A_LOOP = 24, /* tables of a few words are summed often, and soon done */
	CRC_FEED_CYCLES = 32,	  /* from word to word */
};

static const struct block_row *block_of(uint32_t address)
{
	for (size_t i = 0; i < sizeof(block_rows) / sizeof(block_rows[0]); i++)
		if (address - block_rows[i].base < block_rows[i].bytes)
			return &block_rows[i];
	return NULL;
}

void peripherals_reset(struct vboard *vb)
{
	struct chip_state *chip = &vb->s.chip;

	pins_reset(vb);
	timer_reset(vb);
	flash_reset(vb);
	iwdg_reset(vb);
	usart_reset(vb);
	radio_reset(vb);
	chip->pwr[0] = 0;
	chip->pwr[1] = 0;
	crc_reset(vb);
	rail_detector_changed(vb);
	chip->crc_idr = 0;
	chip->rng_cr = 0;
	usb_reset(vb);
	chip->sdio_sta = 0;
	memset(chip->stored, 0, sizeof(chip->stored));
}

static uint32_t *stored_word(struct vboard *vb, const struct block_row *row, uint32_t offset)
{
	return &vb->s.chip.stored[row->index][offset / 4 % STORED_WORDS];
}

static uint32_t small_read(struct vboard *vb, const struct block_row *row, uint32_t offset)
{
	const struct chip_state *chip = &vb->s.chip;

	switch (row->block) {
	case BLOCK_CRC:
		if (offset == CRC_DR && vb->recorder)
			record_crc_read(vb);
		return offset == CRC_DR ? chip->crc : offset == CRC_IDR ? chip->crc_idr : 0;
	case BLOCK_RNG:
		if (offset == RNG_DR)
			return board_random(vb);
		return offset == RNG_SR ? RNG_DRDY : offset == RNG_CR ? chip->rng_cr : 0;
	case BLOCK_SDIO: return offset == SDIO_STA ? chip->sdio_sta : *stored_word(vb, row, offset);
	case BLOCK_SPI: return offset == SPI_SR ? SPI_TXE_RXNE : *stored_word(vb, row, offset);
	case BLOCK_STORED: return *stored_word(vb, row, offset);
	case BLOCK_NONE:
	case BLOCK_TIM2:
	case BLOCK_RTC:
	case BLOCK_IWDG:
	case BLOCK_PWR:
	case BLOCK_BACKUP_SRAM:
	case BLOCK_SYSCFG:
	case BLOCK_EXTI:
	case BLOCK_GPIO:
	case BLOCK_RCC:
	case BLOCK_FLASH:
	case BLOCK_USART:
	case BLOCK_RADIO:
	case BLOCK_USB_FS:
	case BLOCK_USB_HS: break;
	}
	return 0;
}

/* The board's socket is wired to one of the chip's two USB cores; the other one reads as 0. */
static bool usb_is_wired(const struct vboard *vb, const struct block_row *row)
{
	return (row->block == BLOCK_USB_FS) == (vb->model != VBOARD_MODEL_PHOTON);
}

uint32_t peripherals_read(struct vboard *vb, uint32_t address)
{
	const struct block_row *row = block_of(address);
	uint32_t offset;

	if (!row)
		return 0;
	offset = address - row->base;
	switch (row->block) {
	case BLOCK_FLASH: return flash_read(vb, offset);
	case BLOCK_USART: return usart_read(vb, row->index, offset);
	case BLOCK_RADIO: return radio_read(vb, offset);
	case BLOCK_GPIO: return gpio_read(vb, offset / BLOCK_BYTES, offset % BLOCK_BYTES);
	case BLOCK_RCC: return rcc_read(vb, offset);
	case BLOCK_TIM2: return timer_read(vb, offset);
	case BLOCK_EXTI: return exti_read(vb, offset);
	case BLOCK_SYSCFG: return offset / 4 < 9 ? vb->s.chip.syscfg[offset / 4] : 0;
	case BLOCK_RTC: return rtc_read(vb, offset);
	case BLOCK_IWDG: return iwdg_read(vb, offset);
	case BLOCK_PWR: return pwr_read(vb, offset);
	case BLOCK_BACKUP_SRAM: return backup_sram_read(vb, offset);
	case BLOCK_USB_FS:
	case BLOCK_USB_HS: return usb_is_wired(vb, row) ? usb_read(vb, offset) : 0;
	case BLOCK_NONE:
	case BLOCK_CRC:
	case BLOCK_RNG:
	case BLOCK_SDIO:
	case BLOCK_SPI:
	case BLOCK_STORED: break;
	}
	return small_read(vb, row, offset);
}

static void sdio_write(struct vboard *vb, const struct block_row *row, uint32_t offset,
		       uint32_t value)
{
	if (offset == SDIO_ICR)
		vb->s.chip.sdio_sta &= ~value;
	else
		*stored_word(vb, row, offset) = value;
	if (offset == SDIO_CMD && (value & SDIO_CPSMEN))
		vb->s.chip.sdio_sta |= SDIO_CTIMEOUT;
}

/* Words fed one soon after the other are worth a look at what feeds them, see bulk.h. */
static void look_for_bulk(struct vboard *vb)
{
	if (vb->s.cycles - vb->crc_feed_cycle > CRC_FEED_CYCLES)
		vb->crc_feeds = 0;
	vb->crc_feed_cycle = vb->s.cycles;
	if (++vb->crc_feeds < CRC_FEEDS_OF_A_LOOP)
		return;
	vb->crc_feeds = 0;
	vb->bulk_due = true;
	vb->stop_cycle = 0;
}

static void crc_write(struct vboard *vb, uint32_t offset, uint32_t value)
{
	if (offset == CRC_DR) {
		crc_feed(vb, value);
		look_for_bulk(vb);
	} else if (offset == CRC_IDR)
		vb->s.chip.crc_idr = value & 0xff;
	else if (offset == CRC_CR && (value & 1))
		crc_reset(vb);
}

static void small_write(struct vboard *vb, const struct block_row *row, uint32_t offset,
			uint32_t value, uint32_t mask)
{
	uint32_t whole;

	switch (row->block) {
	case BLOCK_CRC: crc_write(vb, offset, value); break;
	case BLOCK_RNG:
		if (offset == RNG_CR)
			vb->s.chip.rng_cr = value & 0xc;
		break;
	case BLOCK_SDIO: sdio_write(vb, row, offset, value & mask); break;
	case BLOCK_SPI:
	case BLOCK_STORED:
		whole = (*stored_word(vb, row, offset) & ~mask) | (value & mask);
		*stored_word(vb, row, offset) = whole;
		break;
	case BLOCK_USB_FS:
	case BLOCK_USB_HS:
	case BLOCK_NONE:
	case BLOCK_TIM2:
	case BLOCK_RTC:
	case BLOCK_IWDG:
	case BLOCK_PWR:
	case BLOCK_BACKUP_SRAM:
	case BLOCK_SYSCFG:
	case BLOCK_EXTI:
	case BLOCK_GPIO:
	case BLOCK_RCC:
	case BLOCK_USART:
	case BLOCK_RADIO:
	case BLOCK_FLASH: break;
	}
}

void peripherals_write(struct vboard *vb, uint32_t address, uint32_t value, uint32_t mask)
{
	const struct block_row *row = block_of(address);
	uint32_t offset;

	if (!row)
		return;
	offset = address - row->base;
	switch (row->block) {
	case BLOCK_FLASH: flash_write(vb, offset, value, mask); break;
	case BLOCK_USART: usart_write(vb, row->index, offset, value, mask); break;
	case BLOCK_RADIO: radio_write(vb, offset, value, mask); break;
	case BLOCK_GPIO:
		gpio_write(vb, offset / BLOCK_BYTES, offset % BLOCK_BYTES, value, mask);
		break;
	case BLOCK_RCC: rcc_write(vb, offset, value, mask); break;
	case BLOCK_TIM2: timer_write(vb, offset, value, mask); break;
	case BLOCK_EXTI: exti_write(vb, offset, value, mask); break;
	case BLOCK_SYSCFG:
		if (offset / 4 < 9)
			vb->s.chip.syscfg[offset / 4] =
				(vb->s.chip.syscfg[offset / 4] & ~mask) | (value & mask);
		break;
	case BLOCK_RTC: rtc_write(vb, offset, value, mask); break;
	case BLOCK_IWDG: iwdg_write(vb, offset, value & mask); break;
	case BLOCK_PWR: pwr_write(vb, offset, value, mask); break;
	case BLOCK_BACKUP_SRAM: backup_sram_write(vb, offset, value, mask); break;
	case BLOCK_USB_FS:
	case BLOCK_USB_HS:
		if (usb_is_wired(vb, row))
			usb_write(vb, offset, value, mask);
		break;
	case BLOCK_NONE:
	case BLOCK_CRC:
	case BLOCK_RNG:
	case BLOCK_SDIO:
	case BLOCK_SPI:
	case BLOCK_STORED: small_write(vb, row, offset, value, mask); break;
	}
}
