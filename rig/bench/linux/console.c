/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A line is opened without waiting for a carrier, and held by flock() too: libserialport before
 * 0.1.2 leaves it to whoever comes second. What is not sent yet is thrown away before it is closed:
 * the kernel would wait 30 s for a board that takes no more.
 *
 * The kernel asks a board's USB device when its line is opened or its speed is set, and waits 5 s
 * for the answer; that is the longest that console_set() takes when a board has hung. It does not
 * take that when a line is closed that has bytes which the board does not take.
 */
#include "bench/linux/console.h"

#include "base/clock.h"
#include "base/text.h"
#include "bench/linux/console_driver.h"
#include "bench/linux/console_find.h"
#include "bench/linux/node.h"
#include "bench/linux/usb_sysfs.h"

#include <errno.h>
#include <libserialport.h>
#include <linux/serial.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum {
	LOOK_US = 20000, /* between looks for a line that is gone */
	GRACE_S = 3,	 /* a node younger than this may not have got its group from udev yet */
	READ_BYTES = 512,
	READS_MAX = 16, /* a step; the file stays ready when there is more */
	DATA_BITS = 8,
	STOP_BITS = 1,
};

struct console {
	char path[CONSOLE_PATH_MAX]; /* empty: by 'wanted' */
	struct usb_wanted wanted;
	unsigned int nth;
	enum console_line line;
	enum console_rest rest;
	struct console_listener listener;
	char sysfs[CONSOLE_PATH_MAX];
	char dev[CONSOLE_PATH_MAX];

	uint32_t baud;	      /* as set; 0: let go */
	struct sp_port *port; /* NULL: closed */
	int fd;
	bool resting;	     /* open, but held in break */
	bool closes_at_once; /* the kernel was told not to wait for bytes that are not taken */
	struct console_driver driver; /* taken off to be able to close */
	char open_path[CONSOLE_PATH_MAX];
	int64_t look_us;       /* when to look for a line that is gone; INT64_MAX: it is not */
	int64_t busy_until_us; /* until then it may be in use by another; 0: it was not seen so */
};

static bool means_something(uint32_t baud)
{
	static const uint32_t touches[] = { 14400, 28800 };

	for (size_t i = 0; i < ARRAY_LEN(touches); i++)
		if (touches[i] == baud)
			return true;
	return false;
}

static int check_settings(const struct console_settings *settings, struct err *err)
{
	if (!settings->path && !settings->port && !settings->serial)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "the serial line needs a path, a usb port or a serial number");
	if (settings->port && !usb_port_is_valid(settings->port))
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "'%s' is no usb port path, such as '1-1.4'", settings->port);
	if (settings->path &&
	    (settings->path[0] != '/' || strlen(settings->path) >= CONSOLE_PATH_MAX))
		return err_set(err, ERR_CONFIG, -EINVAL, "'%s' is no path of a serial line",
			       settings->path);
	if (settings->serial &&
	    (settings->serial[0] == '\0' || strlen(settings->serial) >= SLOT_USB_SERIAL_MAX))
		return err_set(err, ERR_CONFIG, -EINVAL, "'%s' is no usb serial number",
			       settings->serial);
	if (settings->rest == CONSOLE_REST_BREAK && settings->line != CONSOLE_LINE_UART)
		return err_set(err, ERR_CONFIG, -EINVAL,
			       "only a serial line that is a uart can rest in break");
	return 0;
}

static int open_line(struct console *console, uint32_t baud, struct err *err);
static int set_break(struct console *console, struct err *err);

int console_open(const struct console_settings *settings, struct console **ret, struct err *err)
{
	struct console *console;
	int r = check_settings(settings, err);

	if (r < 0)
		return r;
	console = calloc(1, sizeof(*console));
	if (!console)
		return err_set(err, ERR_RIG, -ENOMEM, "out of memory");
	text_copy(console->path, sizeof(console->path), settings->path ? settings->path : "");
	text_copy(console->wanted.port, sizeof(console->wanted.port),
		  settings->port ? settings->port : "");
	text_copy(console->wanted.serial, sizeof(console->wanted.serial),
		  settings->serial ? settings->serial : "");
	console->nth = settings->nth;
	console->line = settings->line;
	console->rest = settings->rest;
	console->listener = settings->listener;
	text_copy(console->sysfs, sizeof(console->sysfs),
		  settings->sysfs ? settings->sysfs : "/sys/bus/usb/devices");
	text_copy(console->dev, sizeof(console->dev), settings->dev ? settings->dev : "/dev");
	console->fd = -1;
	console->look_us = INT64_MAX;
	if (console->rest == CONSOLE_REST_BREAK) {
		r = open_line(console, CONSOLE_BAUD_NEUTRAL, err);
		if (r == 0)
			r = set_break(console, err);
	}
	if (r < 0) {
		console_close(console);
		return r;
	}
	*ret = console;
	return 0;
}

/* Where the line is now: 0 with the path, or -ENODEV. */
static int find_path(const struct console *console, char ret[CONSOLE_PATH_MAX], struct err *err)
{
	struct usb_found found;
	char tty[CONSOLE_TTY_MAX];
	bool there = false;
	int r;

	if (console->path[0]) {
		text_copy(ret, CONSOLE_PATH_MAX, console->path);
		return 0;
	}
	r = usb_find(console->sysfs, &console->wanted, &found, &there, err);
	if (r < 0)
		return r;
	if (!there || !console_find_tty(console->sysfs, found.port, console->nth, tty))
		return err_set(err, ERR_RIG, -ENODEV, "there is no serial line at usb %s '%s'",
			       console->wanted.port[0] ? "port" : "device",
			       console->wanted.port[0] ? console->wanted.port
						       : console->wanted.serial);
	if (snprintf(ret, CONSOLE_PATH_MAX, "%.180s/%.60s", console->dev, tty) >= CONSOLE_PATH_MAX)
		return err_set(err, ERR_RIG, -ENAMETOOLONG, "'%s': too long", console->dev);
	return 0;
}

static bool is_young(const char *path)
{
	struct timespec now;
	struct stat st;

	return stat(path, &st) == 0 && clock_gettime(CLOCK_REALTIME, &now) == 0 &&
	       now.tv_sec - st.st_ctim.tv_sec <= GRACE_S;
}

/* The errno of what libserialport just failed at. */
static int last_code(enum sp_return result)
{
	int code = sp_last_error_code();

	switch (result) {
	case SP_ERR_ARG: return -ENODEV; /* the kernel lists no such tty, it says */
	case SP_ERR_MEM: return -ENOMEM;
	case SP_ERR_SUPP: return -EINVAL;
	case SP_ERR_FAIL:
	case SP_OK: break;
	}
	return code > 0 ? -code : -EIO;
}

/* What it looks like when the device behind a tty is gone, or goes just now. */
static bool is_gone(int code)
{
	return code == -ENODEV || code == -ENOENT || code == -ENXIO || code == -EIO ||
	       code == -EPROTO || code == -ESHUTDOWN;
}

static int refused(const struct console *console, const char *path, int code, struct err *err)
{
	if (is_gone(code))
		return err_set(err, ERR_RIG, -ENODEV, "there is no serial line '%s'", path);
	if (console->line == CONSOLE_LINE_BOARD_USB && (code == -EACCES || code == -EPERM) &&
	    is_young(path))
		return err_set(err, ERR_RIG, -ENODEV, "serial line '%s' is just coming", path);
	return node_refused(path, NODE_TTY, code, err);
}

/* The modem lines stay as they are when the line is closed: a request less. */
static void keep_modem_lines(const struct console *console)
{
	struct termios termios;

	if (tcgetattr(console->fd, &termios) < 0)
		return;
	termios.c_cflag &= ~(tcflag_t)HUPCL;
	IGNORE(tcsetattr(console->fd, TCSANOW, &termios), "then it takes the 5 s");
}

/*
 * Bytes that the board does not take would keep close() waiting. A board that takes none does not
 * hear either that DTR goes, which the kernel tells at close() and gives 5 s.
 */
static void drop_unsent(struct console *console)
{
	IGNORE(sp_flush(console->port, SP_BUF_BOTH), "the device may be gone");
	if (console->line != CONSOLE_LINE_BOARD_USB || sp_output_waiting(console->port) <= 0)
		return;
	keep_modem_lines(console);
	if (!console->closes_at_once)
		IGNORE(!console_driver_take(console->sysfs, console->open_path, &console->driver),
		       "then it takes the 30 s");
}

static void close_line(struct console *console)
{
	if (!console->port)
		return;
	if (console->fd >= 0) {
		drop_unsent(console);
		IGNORE(sp_close(console->port), "the device may be gone");
	}
	sp_free_port(console->port);
	console->port = NULL;
	console->fd = -1;
	console->resting = false;
	console->open_path[0] = '\0';
}

/* One program at a time, no modem lines that hold back what is sent, and no waiting in close(),
 * which only root may say. */
static int take_line(struct console *console)
{
	struct serial_struct serial;
	struct termios termios;

	if (flock(console->fd, LOCK_EX | LOCK_NB) < 0)
		return -EBUSY;
	IGNORE(ioctl(console->fd, TIOCEXCL), "the lock above is what counts");
	console->closes_at_once = false;
	if (console->line == CONSOLE_LINE_BOARD_USB &&
	    ioctl(console->fd, TIOCGSERIAL, &serial) == 0) {
		serial.closing_wait = ASYNC_CLOSING_WAIT_NONE;
		console->closes_at_once = ioctl(console->fd, TIOCSSERIAL, &serial) == 0;
	}
	if (tcgetattr(console->fd, &termios) < 0)
		return -errno;
	if (termios.c_cflag & CRTSCTS) { /* libserialport before 0.1.2 leaves it as it was */
		termios.c_cflag &= ~CRTSCTS;
		if (tcsetattr(console->fd, TCSANOW, &termios) < 0)
			return -errno;
	}
	return 0;
}

static int set_config(struct console *console, uint32_t baud)
{
	struct sp_port_config *config;
	enum sp_return r = sp_new_config(&config);

	if (r != SP_OK)
		return last_code(r);
	if (r == SP_OK)
		r = sp_set_config_baudrate(config, (int)baud);
	if (r == SP_OK)
		r = sp_set_config_bits(config, DATA_BITS);
	if (r == SP_OK)
		r = sp_set_config_parity(config, SP_PARITY_NONE);
	if (r == SP_OK)
		r = sp_set_config_stopbits(config, STOP_BITS);
	if (r == SP_OK) /* sp_new_config() leaves this one to chance */
		r = sp_set_config_xon_xoff(config, SP_XONXOFF_DISABLED);
	if (r == SP_OK)
		r = sp_set_config(console->port, config);
	sp_free_config(config);
	return r == SP_OK ? 0 : last_code(r);
}

/* Sets the speed of the open line. A board that does at once what a speed asks it for has left
 * before the neutral one: it was asked all the same. */
static int set_speed(struct console *console, uint32_t baud)
{
	int code = set_config(console, baud);

	if (code < 0 || console->line != CONSOLE_LINE_BOARD_USB || !means_something(baud))
		return code;
	code = set_config(console, CONSOLE_BAUD_NEUTRAL);
	return is_gone(code) ? 0 : code;
}

static int open_line(struct console *console, uint32_t baud, struct err *err)
{
	char path[CONSOLE_PATH_MAX];
	AUTO_FREE char *real = NULL;
	enum sp_return result;
	int code = 0, r;

	console_driver_give(console->sysfs, &console->driver);
	r = find_path(console, path, err);
	if (r < 0)
		return r;
	real = realpath(path, NULL); /* libserialport before 0.1.2 follows no links */
	if (!real)
		return refused(console, path, -errno, err);
	if (access(path, R_OK | W_OK) < 0) /* its words for that are less clear */
		return refused(console, path, -errno, err);
	result = sp_get_port_by_name(real, &console->port);
	if (result != SP_OK) {
		console->port = NULL;
		return refused(console, path, last_code(result), err);
	}
	result = sp_open(console->port, SP_MODE_READ_WRITE);
	if (result != SP_OK)
		code = last_code(result);
	IGNORE(sp_get_port_handle(console->port, &console->fd), "it is -1 when it is not open");
	if (code == 0)
		code = take_line(console);
	if (code == 0)
		code = set_speed(console, baud);
	if (code == 0) {
		text_copy(console->open_path, sizeof(console->open_path), real);
		return 0;
	}
	close_line(console);
	if (code == -EINVAL)
		return err_set(err, ERR_RIG, code, "serial line '%s' cannot do %u baud", path,
			       baud);
	return refused(console, path, code, err);
}

static int set_break(struct console *console, struct err *err)
{
	enum sp_return result;

	IGNORE(sp_flush(console->port, SP_BUF_BOTH), "nothing of it is wanted");
	result = sp_start_break(console->port);
	if (result != SP_OK)
		return err_set(err, ERR_RIG, last_code(result),
			       "serial line '%s' cannot be held low", console->open_path);
	console->resting = true;
	return 0;
}

/* The device behind the line left. */
static int lose(struct console *console, struct err *err)
{
	char path[CONSOLE_PATH_MAX];

	text_copy(path, sizeof(path), console->open_path);
	close_line(console);
	if (console->line == CONSOLE_LINE_BOARD_USB) {
		console->look_us = clock_now_us() + LOOK_US;
		return 0;
	}
	return err_set(err, ERR_RIG, -ENODEV, "serial line '%s' is gone", path);
}

static int let_go(struct console *console, struct err *err)
{
	console->baud = 0;
	console->look_us = INT64_MAX;
	if (console->rest == CONSOLE_REST_BREAK && console->port)
		return set_break(console, err);
	close_line(console);
	return 0;
}

static int end_break(struct console *console, struct err *err)
{
	enum sp_return result = sp_end_break(console->port);

	if (result != SP_OK)
		return err_set(err, ERR_RIG, last_code(result), "serial line '%s' stays held low",
			       console->open_path);
	console->resting = false;
	return 0;
}

static int change_speed(struct console *console, uint32_t baud, struct err *err)
{
	char path[CONSOLE_PATH_MAX];
	int code;

	if (console->resting && end_break(console, err) < 0)
		return -EIO;
	text_copy(path, sizeof(path), console->open_path);
	code = set_speed(console, baud);
	if (code == -EINVAL)
		return err_set(err, ERR_RIG, code, "serial line '%s' cannot do %u baud", path,
			       baud);
	if (code < 0 && is_gone(code)) {
		int r = lose(console, err);

		return r < 0 ? r : refused(console, path, -ENODEV, err);
	}
	return code < 0 ? err_set(err, ERR_RIG, code, "serial line '%s': %s", path, strerror(-code))
			: 0;
}

int console_set(struct console *console, uint32_t baud, struct err *err)
{
	int r;

	if (baud == 0)
		return let_go(console, err);
	if (baud > CONSOLE_BAUD_MAX)
		return err_set(err, ERR_RIG, -EINVAL, "%u baud are more than %d", baud,
			       CONSOLE_BAUD_MAX);
	r = console->port ? change_speed(console, baud, err) : open_line(console, baud, err);
	if (r < 0)
		return r;
	console->baud = baud;
	console->look_us = INT64_MAX;
	return 0;
}

int console_send(struct console *console, const uint8_t *bytes, size_t len, size_t *ret_sent,
		 struct err *err)
{
	enum sp_return n = 0;
	int code;

	if (console_is_open(console) && len > 0)
		n = sp_nonblocking_write(console->port, bytes, len);
	if (n < 0) {
		code = last_code(n);
		if (code != -EAGAIN && !is_gone(code))
			return err_set(err, ERR_RIG, code, "serial line '%s': %s",
				       console->open_path, strerror(-code));
		code = is_gone(code) ? lose(console, err) : 0;
		if (code < 0)
			return code;
		n = 0;
	}
	*ret_sent = (size_t)n;
	return 0;
}

/* A line that was hung up reads as empty: only poll() tells. */
static bool is_hung_up(const struct console *console)
{
	struct pollfd file = { .fd = console->fd };

	return poll(&file, 1, 0) > 0 && file.revents & (POLLHUP | POLLERR | POLLNVAL);
}

static int read_line(struct console *console, struct err *err)
{
	uint8_t bytes[READ_BYTES];

	for (int i = 0; i < READS_MAX; i++) {
		enum sp_return n = sp_nonblocking_read(console->port, bytes, sizeof(bytes));
		int64_t t_us = clock_now_us();

		if (n < 0 && !is_gone(last_code(n)))
			return err_set(err, ERR_RIG, last_code(n), "serial line '%s': %s",
				       console->open_path, strerror(-last_code(n)));
		if (n < 0 || (n == 0 && is_hung_up(console)))
			return lose(console, err);
		if (n == 0)
			break;
		for (int k = 0; k < (int)n && !console->resting; k++)
			console->listener.byte(console->listener.ctx, t_us, bytes[k]);
	}
	return 0;
}

static int look_again(struct console *console, struct err *err)
{
	uint32_t baud = console->line == CONSOLE_LINE_BOARD_USB && means_something(console->baud)
				? (uint32_t)CONSOLE_BAUD_NEUTRAL
				: console->baud;
	struct err refusal = ERR_INIT;
	int r = open_line(console, baud, &refusal);
	int64_t now_us = clock_now_us();

	console->look_us = r == 0 ? INT64_MAX : now_us + LOOK_US;
	if (r != -EBUSY)
		console->busy_until_us = 0;
	else if (console->busy_until_us == 0)
		console->busy_until_us = now_us + GRACE_S * 1000000;
	/* somebody (a modem manager) may look at what has just come */
	if (r == 0 || r == -ENODEV || (r == -EBUSY && now_us < console->busy_until_us))
		return 0;
	if (err)
		*err = refusal;
	return r;
}

int console_step(struct console *console, struct err *err)
{
	if (console->port)
		return read_line(console, err);
	if (console->baud && clock_now_us() >= console->look_us)
		return look_again(console, err);
	return 0;
}

void console_close(struct console *console)
{
	if (!console)
		return;
	if (console->port && console->resting)
		IGNORE(sp_end_break(console->port), "it is closed, which ends it too");
	close_line(console);
	console_driver_give(console->sysfs, &console->driver);
	free(console);
}

int console_fd(const struct console *console)
{
	return console->fd;
}

int64_t console_due_us(const struct console *console)
{
	return console->port ? INT64_MAX : console->look_us;
}

bool console_is_open(const struct console *console)
{
	return console->port && !console->resting;
}

const char *console_path(const struct console *console)
{
	return console->open_path;
}
