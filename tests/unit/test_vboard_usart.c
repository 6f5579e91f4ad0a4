/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The serial ports of the virtual board: time of a byte, flags, interrupt, overrun, what is lost.
 */
#include "lib/bare.h"
#include "lib/testing.h"
#include "vboard/bus.h"
#include "vboard/usart.h"

#include <string.h>

enum {
	SR = 0x00,
	DR = 0x04,
	BRR = 0x08,
	CR1 = 0x0c,
	ORE = 1 << 3,
	RXNE = 1 << 5,
	TC = 1 << 6,
	TXE = 1 << 7,
	ON = 1 << 13 | 1 << 3 | 1 << 2,
	RXNEIE = 1 << 5,
	BRR_115200 = 521, /* of 60 MHz */
	HEARD_MAX = 16,
};

struct ear {
	unsigned int count;
	unsigned int port[HEARD_MAX];
	uint8_t byte[HEARD_MAX];
	uint64_t cycle[HEARD_MAX];
};

static void on_serial(void *ctx, uint64_t cycle, unsigned int port, uint8_t byte)
{
	struct ear *ear = ctx;

	ck_assert_uint_lt(ear->count, HEARD_MAX);
	ear->port[ear->count] = port;
	ear->cycle[ear->count] = cycle;
	ear->byte[ear->count++] = byte;
}

static void set(struct vboard *vb, uint32_t index, uint32_t offset, uint32_t value)
{
	usart_write(vb, index, offset, value, UINT32_MAX);
}

static struct vboard *open_board(struct ear *ear, uint32_t index, uint32_t brr, uint32_t cr1)
{
	static const uint16_t here = 0xe7fe; /* b . */
	struct vboard *vb = bare_new();

	bare_code(vb, BARE_CODE, &here, 1);
	vboard_listen(vb, &(struct vboard_listener){ .ctx = ear, .serial = on_serial });
	set(vb, index, BRR, brr);
	set(vb, index, CR1, cr1);
	return vb;
}

/* Ten bits of BRR cycles of the port's bus: APB2 runs at half, APB1 at a quarter of the core. */
static const struct port_row {
	uint32_t index, brr, cycles;
} port_rows[] = {
	{ 0, BRR_115200, 10 * BRR_115200 * 2 },
	{ 1, 260, 10 * 260 * 4 },
	{ 2, 3125, 10 * 3125 * 4 },
};

START_TEST(two_bytes_go_out_one_after_the_other)
{
	const struct port_row *row = &port_rows[_i];
	struct ear ear = { 0 };
	struct vboard *vb = open_board(&ear, row->index, row->brr, ON);
	uint64_t begin = vboard_cycle(vb);

	ck_assert_uint_eq(usart_read(vb, row->index, SR), TXE | TC);
	set(vb, row->index, DR, 'a'); /* goes out at once: there is room for another */
	ck_assert_uint_eq(usart_read(vb, row->index, SR), TXE);
	set(vb, row->index, DR, 'b');
	ck_assert_uint_eq(usart_read(vb, row->index, SR), 0);
	bare_run(vb, row->cycles - 1);
	ck_assert_uint_eq(ear.count, 0);
	bare_run(vb, 1);
	ck_assert_uint_eq(ear.count, 1);
	ck_assert_uint_eq(usart_read(vb, row->index, SR), TXE);
	bare_run(vb, row->cycles);
	ck_assert_uint_eq(ear.count, 2);
	ck_assert_uint_eq(usart_read(vb, row->index, SR), TXE | TC);
	ck_assert_mem_eq(ear.byte, "ab", 2);
	ck_assert_uint_eq(ear.port[1], row->index + 1);
	ck_assert_uint_eq(ear.cycle[0], begin + row->cycles);
	ck_assert_uint_eq(ear.cycle[1], begin + 2 * row->cycles);
	vboard_free(vb);
}
END_TEST

START_TEST(port_that_is_off_is_silent)
{
	struct ear ear = { 0 };
	struct vboard *vb = open_board(&ear, 0, BRR_115200, 0);

	set(vb, 0, DR, 'a');
	bare_run(vb, 100000);
	ck_assert_uint_eq(ear.count, 0);
	ck_assert_uint_eq(usart_read(vb, 0, SR), TXE | TC);
	ck_assert_uint_eq(vboard_serial_send(vb, 1, "x", 1), 0);
	ck_assert_uint_eq(vboard_serial_send(vb, 0, "x", 1), 0);
	ck_assert_uint_eq(vboard_serial_send(vb, 4, "x", 1), 0);
	vboard_power_off(vb);
	ck_assert_uint_eq(vboard_serial_send(vb, 1, "x", 1), 0);
	vboard_free(vb);
}
END_TEST

START_TEST(bytes_come_in_at_the_ports_speed)
{
	struct ear ear = { 0 };
	struct vboard *vb = open_board(&ear, 0, BRR_115200, ON);
	uint32_t cycles = port_rows[0].cycles;

	ck_assert_uint_eq(vboard_serial_send(vb, 1, "xyz", 3), 3);
	bare_run(vb, cycles - 1);
	ck_assert_uint_eq(usart_read(vb, 0, SR), TXE | TC);
	bare_run(vb, 1);
	ck_assert_uint_eq(usart_read(vb, 0, SR), TXE | TC | RXNE);
	ck_assert_uint_eq(usart_read(vb, 0, DR), 'x');
	ck_assert_uint_eq(usart_read(vb, 0, SR), TXE | TC);
	/* nobody takes y: z is lost, and that is told */
	bare_run(vb, 2 * cycles);
	ck_assert_uint_eq(usart_read(vb, 0, SR), TXE | TC | RXNE | ORE);
	ck_assert_uint_eq(usart_read(vb, 0, DR), 'y');
	ck_assert_uint_eq(usart_read(vb, 0, SR), TXE | TC);
	bare_run(vb, 2 * cycles);
	ck_assert_uint_eq(usart_read(vb, 0, SR), TXE | TC);
	vboard_free(vb);
}
END_TEST

START_TEST(so_many_bytes_are_on_their_way)
{
	struct ear ear = { 0 };
	struct vboard *vb = open_board(&ear, 0, BRR_115200, ON);
	char bytes[USART_COMING_MAX + 50];

	memset(bytes, 'q', sizeof(bytes));
	ck_assert_uint_eq(vboard_serial_send(vb, 1, bytes, sizeof(bytes)), USART_COMING_MAX);
	ck_assert_uint_eq(vboard_serial_send(vb, 1, bytes, 1), 0);
	bare_run(vb, port_rows[0].cycles);
	ck_assert_uint_eq(vboard_serial_send(vb, 1, bytes, 5), 1);
	vboard_free(vb);
}
END_TEST

START_TEST(interrupt_line_follows_the_flags)
{
	struct ear ear = { 0 };
	struct vboard *vb = open_board(&ear, 0, BRR_115200, ON | RXNEIE);
	const uint32_t *level = vb->s.chip.nvic.level;
	uint32_t number = EXC_IRQ0 + IRQ_USART1;

	ck_assert(!(level[number / 32] >> number % 32 & 1));
	ck_assert_uint_eq(vboard_serial_send(vb, 1, "x", 1), 1);
	bare_run(vb, port_rows[0].cycles);
	ck_assert(level[number / 32] >> number % 32 & 1);
	usart_read(vb, 0, DR);
	ck_assert(!(level[number / 32] >> number % 32 & 1));
	vboard_free(vb);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("serial ports");
	TCase *tcase = tcase_create("all");

	tcase_add_loop_test(tcase, two_bytes_go_out_one_after_the_other, 0,
			    sizeof(port_rows) / sizeof(port_rows[0]));
	tcase_add_test(tcase, port_that_is_off_is_silent);
	tcase_add_test(tcase, bytes_come_in_at_the_ports_speed);
	tcase_add_test(tcase, so_many_bytes_are_on_their_way);
	tcase_add_test(tcase, interrupt_line_follows_the_flags);
	suite_add_tcase(suite, tcase);
	return testing_run(suite);
}
