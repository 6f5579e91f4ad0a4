/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole state of a virtual board, flat and without pointers, so that a copy is a snapshot; and
 * around it what can be derived from it or belongs to the host. Internal to the virtual board.
 */
#ifndef VBOARD_STATE_H
#define VBOARD_STATE_H

#include "vboard/insn.h"
#include "vboard/vboard.h"

enum exception_number {
	EXC_NONE = 0,
	EXC_RESET = 1,
	EXC_NMI = 2,
	EXC_HARDFAULT = 3,
	EXC_MEMMANAGE = 4,
	EXC_BUSFAULT = 5,
	EXC_USAGEFAULT = 6,
	EXC_SVC = 11,
	EXC_DEBUG = 12,
	EXC_PENDSV = 14,
	EXC_SYSTICK = 15,
	EXC_IRQ0 = 16,
	EXC_COUNT = 128, /* 81 interrupts on this chip, rounded up to whole words */
};

/* Interrupt lines used here (RM0033 table 61). */
enum irq_number {
	IRQ_PVD = 1,
	IRQ_FLASH = 4,
	IRQ_EXTI0 = 6,
	IRQ_EXTI9_5 = 23,
	IRQ_TIM2 = 28,
	IRQ_USART1 = 37, /* 38 and 39 are USART2 and 3 */
	IRQ_EXTI15_10 = 40,
	IRQ_RADIO = 61, /* radio.h */
	IRQ_OTG_FS = 67,
	IRQ_OTG_HS_EP1_OUT = 74,
	IRQ_OTG_HS_EP1_IN = 75,
	IRQ_OTG_HS = 77,
	IRQ_COUNT = 81,
};

enum memory_map {
	ALIAS_BASE = 0,
	FLASH_BASE = 0x08000000,
	RAM_BASE = 0x20000000,
	OTP_BASE = 0x1fff7800,
	OTP_BYTES = 528,
	UID_BASE = 0x1fff7a10, /* 96-bit unique id */
	PERIPHERAL_BASE = 0x40000000,
	FLASH_SECTORS = 12,
	BACKUP_REGISTERS = 20,
	BACKUP_SRAM_BYTES = 4096,
	GPIO_PORTS = 9,
	USART_PORTS = 3,
	USART_COMING_MAX = 256, /* bytes on their way to a port */
	RADIO_IN_BYTES = 1024,
	RADIO_OUT_BYTES = 256,
	STORED_BLOCKS = 32,
	STORED_WORDS = 64,
	SNAPSHOT_PAGE = 4096,
	SNAPSHOT_FLASH_PAGES = VBOARD_FLASH_BYTES / SNAPSHOT_PAGE,
	SNAPSHOT_RAM_PAGES = VBOARD_RAM_BYTES / SNAPSHOT_PAGE,
	USB_ENDPOINTS = 6,  /* of the HS core; the FS core has 4 */
	USB_RX_WORDS = 128, /* words of the FIFOs that are used, however large they are made */
	USB_TX_WORDS = 64,
	USB_PACKET_BYTES = 64,
};

struct cpu_state {
	uint32_t r[16];	   /* r[13]: the stack pointer in use; r[15]: next instruction */
	uint32_t n_of;	   /* N is bit 31 of this */
	uint32_t z_of;	   /* Z is set when this is 0 */
	uint32_t c, v, q;  /* 0 or 1 */
	uint32_t it;	   /* ITSTATE */
	uint32_t sp_other; /* the stack pointer not in use */
	uint32_t ipsr;	   /* exception being handled; 0 = thread mode */
	uint32_t primask, faultmask, basepri, control;
	uint32_t exclusive; /* address marked by LDREX, or 1 for none */
	uint32_t lockup;
	uint32_t asleep;   /* enum cpu_sleep */
	uint32_t event;	   /* event register of WFE */
	uint32_t no_thumb; /* EPSR.T is clear: the next instruction faults */
};

struct nvic_state {
	uint32_t pending[EXC_COUNT / 32]; /* by exception number */
	uint32_t enabled[EXC_COUNT / 32];
	uint32_t active[EXC_COUNT / 32];
	uint32_t level[EXC_COUNT / 32]; /* lines that peripherals hold high */
	uint8_t priority[EXC_COUNT];
};

struct scs_state {
	uint32_t vtor, aircr_prigroup, scr, ccr, cfsr, hfsr, dfsr, mmfar, bfar;
	uint32_t systick_ctrl, systick_load, systick_countflag, actlr;
	uint32_t systick_count; /* value at the epoch */
	uint64_t systick_epoch; /* cycle at which 'systick_count' was true */
	uint32_t demcr, dwt_ctrl;
	uint32_t dwt_stopped; /* CYCCNT while it does not count */
	uint64_t dwt_epoch;   /* cycle at which CYCCNT was 0, while it counts */
	uint32_t mpu[8];
};

struct rcc_state {
	uint32_t cr, pllcfgr, cfgr, cir, csr, bdcr;
	uint32_t rest[32]; /* resets, enables: stored only */
};

struct gpio_state {
	uint32_t moder, otyper, ospeedr, pupdr, odr, lckr, afr[2];
};

struct timer_state {
	uint32_t cr1, cr2, smcr, dier, sr, ccmr[2], ccer, psc, arr, ccr[4];
	uint32_t psc_now, arr_now, ccr_now[4]; /* what the counter uses: preloaded registers */
	uint32_t count;			       /* value at 'epoch' */
	uint64_t epoch;			       /* cycle at which 'count' was true */
	uint64_t seen;			       /* events up to this cycle have happened */
};

struct flash_state {
	uint32_t cr, sr, acr;
	uint32_t optcr;			/* register; what counts is board_state.option_bytes */
	uint32_t key_step, optkey_step; /* how far the unlock sequence is */
};

struct iwdg_state {
	uint32_t unlocked, prescaler, reload, running;
	uint64_t deadline; /* cycle of the reset */
};

struct usb_endpoint {
	uint32_t ctl;	/* DxEPCTL */
	uint32_t flags; /* DxEPINT */
	uint32_t size;	/* DxEPTSIZ */
};

/* The USB core in device mode (usb_core.c); names are those of RM0033 29.16. */
struct usb_state {
	uint32_t gotgint, gahbcfg, gusbcfg, gintsts, gintmsk, grxfsiz, gccfg, cid;
	uint32_t dieptxf[USB_ENDPOINTS];
	uint32_t dcfg, dctl, diepmsk, doepmsk, daintmsk, diepempmsk, pcgcctl;
	uint32_t deachintmsk, diepeachmsk1, doepeachmsk1; /* endpoint 1 of the HS core */
	struct usb_endpoint in[USB_ENDPOINTS];
	struct usb_endpoint out[USB_ENDPOINTS];
	uint32_t tx[USB_ENDPOINTS][USB_TX_WORDS]; /* from 0; what was sent is moved out */
	uint32_t tx_count[USB_ENDPOINTS];
	uint32_t rx[USB_RX_WORDS]; /* a ring: a status word, its data, the next status word */
	uint32_t rx_first, rx_count;
	uint32_t rx_unread; /* data words left of the entry whose status was popped */
};

/* The other end of the cable (usb_host.c): one port, one transfer at a time. */
struct usb_host_state {
	uint32_t attached;
	uint32_t connected; /* the board's pull-up is seen */
	uint32_t bus;	    /* enum usb_bus */
	uint64_t reset_end;
	uint64_t frame_epoch; /* frame 0 began */
	uint64_t frame_told;  /* begin of the last frame that was told */
	uint32_t result;      /* enum vboard_usb_result of the transfer */
	uint32_t stage;
	uint32_t address, endpoint, packet_bytes;
	uint32_t length, done;
	uint64_t tried;	   /* last transaction */
	uint64_t next_try; /* UINT64_MAX: when the endpoint is ready */
	uint64_t deadline;
	uint8_t setup[8];
	uint8_t data[VBOARD_USB_BYTES_MAX];
};

struct usart_state {
	uint32_t sr, brr, cr[4]; /* CR1 to 3, GTPR */
	uint64_t sent_cycle;	 /* the byte in 'shifting' has gone out; 0 = none is going */
	uint64_t come_cycle;	 /* the first of 'coming' has come in; 0 = none is coming */
	uint32_t come_first, come_count;
	uint8_t shifting, holding, received;
	uint8_t coming[USART_COMING_MAX];
};

/* The radio (radio.c). */
struct radio_state {
	uint32_t control;
	uint32_t link;			       /* of enum radio_status */
	uint32_t changed;		       /* RADIO_CHANGED or 0 */
	uint32_t in_first, in_ready, in_count; /* 'in_ready' of 'in_count' bytes have come */
	uint32_t out_first, out_count;
	uint64_t step_cycle; /* the link's next step is done; 0 = none under way */
	uint64_t come_cycle; /* the next byte has come; 0 = none is coming */
	uint64_t sent_cycle; /* the first of 'out' has gone out; 0 = none is going */
	uint8_t in[RADIO_IN_BYTES];
	uint8_t out[RADIO_OUT_BYTES];
};

/* What is around a radio: the bench's. */
struct radio_air {
	uint32_t level;	      /* enum vboard_radio */
	uint32_t byte_cycles; /* 0 = RADIO_CYCLES_A_BYTE */
};

/* Survives a reset, and power loss when a cell feeds VBAT. */
struct backup_state {
	uint32_t dr[BACKUP_REGISTERS];
	uint32_t rtc[20];
	uint32_t bdcr;
	uint32_t regulator; /* PWR_CSR.BRE: a cell keeps the SRAM too */
	uint32_t sram[BACKUP_SRAM_BYTES / 4];
};

struct chip_state {
	struct cpu_state cpu;
	struct nvic_state nvic;
	struct scs_state scs;
	struct rcc_state rcc;
	struct gpio_state gpio[GPIO_PORTS];
	uint32_t exti[6]; /* IMR EMR RTSR FTSR SWIER PR */
	uint32_t syscfg[9];
	struct timer_state tim2;
	struct flash_state flash;
	struct iwdg_state iwdg;
	struct usart_state usart[USART_PORTS];
	struct radio_state radio;
	uint32_t pwr[2];
	uint32_t crc, crc_idr;
	uint32_t rng_cr;
	uint64_t rng_stream; /* from power-on on */
	struct usb_state usb;
	uint32_t sdio_sta;
	uint32_t stored[STORED_BLOCKS][STORED_WORDS]; /* peripherals that only remember */
	uint8_t ram[VBOARD_RAM_BYTES];
};

/* The supply rail: a straight ramp from one level to another (rail.c). Absolute cycles. */
struct rail_state {
	uint32_t switched_on;  /* what was commanded */
	uint32_t from_mv;      /* level at 'begin' */
	uint32_t to_mv;	       /* level from begin + length on */
	uint32_t released_mv;  /* power reset is let go at this level, 0 = not waiting for it */
	uint64_t begin;	       /* cycle at which the ramp begins */
	uint64_t length;       /* cycles it takes; 0 = none under way */
	uint64_t released_min; /* cycle before which power reset is not let go */
	uint32_t cut;	       /* the fall is an armed cut's */
	uint32_t alive;	       /* above the power-down threshold: RAM holds */
	uint32_t unsure;       /* too low to read the flash */
	uint32_t pvdo;	       /* PWR_CSR.PVDO */
};

/* Cells that an operation left between 0 and 1: they hold 1 in board_state.flash, and a read finds
 * 'zeros' of 256 times a 0. Kept in bounds: a list of words, and a share of a whole sector. */
struct weak_word {
	uint32_t offset;
	uint32_t mask;
	uint32_t zeros;
};

struct weak_sector {
	uint32_t share; /* of 256 cells: these many are weak; 0 = none */
	uint32_t zeros;
	uint64_t salt; /* which they are */
};

enum { WEAK_WORDS_MAX = 256 };

struct weak_state {
	uint32_t word_count;
	uint32_t sector_count; /* sectors with a share */
	struct weak_word words[WEAK_WORDS_MAX];
	struct weak_sector sectors[FLASH_SECTORS];
};

struct board_state {
	struct chip_state chip; /* lost when power goes */
	struct backup_state backup;
	struct rail_state rail;
	struct vboard_supply supply;
	struct vboard_timing timing;
	uint64_t cycles;
	uint64_t idle_cycles; /* of them, those in which no instruction ran */
	uint64_t flash_ops;
	uint64_t chance[4]; /* seeded random state */
	uint32_t powered;
	uint32_t vbat;
	uint32_t line_held[2]; /* enum vboard_line */
	uint32_t led_high[3];
	uint32_t reset_count; /* since power was given */
	uint32_t fault_count; /* faults taken since power was given, and the last */
	uint32_t fault_pc;
	uint32_t fault_cfsr;
	uint32_t reset_cause; /* requested reset, 0 = none */
	uint32_t option_bytes;
	uint32_t wear[FLASH_SECTORS]; /* erases */
	uint32_t cells;		      /* enum vboard_cells */
	struct weak_state weak;
	struct usb_host_state usb_host;
	struct radio_air air;
	uint8_t otp[OTP_BYTES];
	uint8_t flash[VBOARD_FLASH_BYTES];
};

/* Entries after a region, so that running off its end is seen. */
enum { DECODE_GUARD = 2, CODE_PAGE_BYTES = 4096 };

struct code_region {
	uint32_t base;
	uint32_t bytes;
	struct insn *insns;				 /* one for each halfword, and the guard */
	bool used[VBOARD_FLASH_BYTES / CODE_PAGE_BYTES]; /* pages in which something is decoded */
};

/* Decoded instructions, thrown away when the memory below changes. */
struct code_cache {
	struct code_region flash;
	struct code_region alias; /* flash as it answers at 0 */
	struct code_region ram;
};

struct memo;
struct recorder;
struct record_flags;

struct vboard {
	struct board_state s;
	enum vboard_model model;
	/* addresses from the base that are answered inline (bus.h): all, or none of them */
	uint32_t ram_window;
	uint32_t flash_window;
	bool flash_sure; /* no weak cells, and supply enough: see flash_refresh_window() */
	/* derived: decoded instructions; those of a recording are kept apart, see record.h */
	struct code_cache *code; /* the one in use */
	struct code_cache plain_code;
	struct code_cache record_code;
	uint32_t ram_code_low, ram_code_high;  /* RAM offsets that have been decoded: [low, high) */
	struct insn scratch[1 + DECODE_GUARD]; /* an instruction outside the two regions */
	/* running */
	uint64_t stop_cycle;   /* the loop leaves when cycles reach this */
	uint64_t event_cycle;  /* when the next peripheral event is due */
	uint32_t handover_pc;  /* stop there; 1 = none */
	uint32_t return_pc;    /* a called function returns there; 1 = none */
	enum vboard_stop stop; /* why the loop must end, with stop_now */
	bool stop_now;
	bool running;	     /* inside vboard_run() */
	uint64_t spin_cycle; /* when to look for a loop that waits */
	uint64_t spin_pause;
	bool spin_off;	      /* tests: run every turn */
	bool bulk_due;	      /* a loop that can be done at once may be running: look for it */
	uint32_t bulk_branch; /* address of the branch that closes it; 1: not known */
	uint32_t crc_feeds;
	uint64_t crc_feed_cycle;
	bool attention;	  /* an exception may have to be taken */
	bool usb_watched; /* what happens on the bus ends a run */
	/* the armed cut, in absolute terms */
	enum vboard_cut_by cut_by;
	uint64_t cut_cycle; /* when the last one was commanded */
	uint64_t cut_at;
	enum vboard_cut_form cut_form;
	uint32_t cut_permille;
	/* a fault in the running instruction */
	uint32_t abort_cfsr;
	uint32_t abort_address;
	struct crc_cache *crc_cache;
	/* runs remembered, see memo.h; NULL: not */
	struct memo *memo;
	struct recorder *recorder;
	const struct record_flags *record_flags; /* of the open recording */
	bool landmark;		 /* before the next instruction, look whether this was run before */
	uint64_t landmark_cycle; /* the same, at that time */
	bool mute;		 /* a stretch is run again whose LED edges were told */
	struct vboard_listener listener;
	/* of the last snapshot, while the memory equals it (snapshot.h); NULL: nothing known */
	struct snapshot_page *flash_pages[SNAPSHOT_FLASH_PAGES];
	struct snapshot_page *ram_pages[SNAPSHOT_RAM_PAGES]; /* differ where 'ram_written' says */
	uint32_t
		ram_written; /* a bit for each page: since it was, or was made, equal to its copy */
};

#endif
