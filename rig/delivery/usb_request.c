/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "delivery/usb_request.h"

#include <stdio.h>
#include <string.h>

enum service {
	SERVICE_INIT = 1,
	SERVICE_CHECK = 2,
	SERVICE_SEND = 3,
	SERVICE_RECV = 4,
	SERVICE_RESET = 5,
};

enum {
	TYPE_IN = 0xc0, /* vendor, device */
	TYPE_OUT = 0x40,
	TRANSFER_US_MAX = 5000000,
	STEP_US_MAX = 120000000, /* an erase is slow (particle-usb's own limit) */
	NOBODYS_ID = 0xfffe,
	DISORDER_BYTES = 64,
};

/* How long before each look whether a request is done; the last one from then on. */
static const int64_t checks_us[] = { 50000,  50000,  100000, 100000, 250000,
				     250000, 500000, 500000, 1000000 };

bool usb_request_parse(const uint8_t *bytes, size_t len, struct usb_request_answer *ret)
{
	static const struct {
		enum usb_request_told bit;
		size_t bytes;
	} fields[] = {
		{ USB_REQUEST_TELLS_STATUS, 2 },
		{ USB_REQUEST_TELLS_ID, 2 },
		{ USB_REQUEST_TELLS_SIZE, 4 },
		{ USB_REQUEST_TELLS_RESULT, 4 },
	};
	uint32_t values[ARRAY_LEN(fields)] = { 0 };
	uint32_t told = 0;
	size_t at = sizeof(told);

	if (len < at)
		return false;
	for (size_t i = 0; i < sizeof(told); i++)
		told |= (uint32_t)bytes[i] << 8 * i;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (!(told & fields[i].bit))
			continue;
		if (fields[i].bytes > len - at)
			return false;
		for (size_t j = 0; j < fields[i].bytes; j++)
			values[i] |= (uint32_t)bytes[at++] << 8 * j;
	}
	*ret = (struct usb_request_answer){ .told = told,
					    .status = (uint16_t)values[0],
					    .id = (uint16_t)values[1],
					    .size = values[2],
					    .result = (int32_t)values[3] };
	return true;
}

static int fail(struct usb_request *request, enum usb_request_type type, const char *what,
		const char *how)
{
	return delivery_fail(request->ret, request->hurt, "USB request %d: %s %s", (int)type, what,
			     how);
}

/* One transfer. What is no success of it ends the request, but for 'disorder'. */
static int transfer(struct usb_request *request, const struct slot_usb_setup *setup, uint8_t *data,
		    uint16_t *ret_len, enum slot_usb_result *ret_how, struct err *err)
{
	int r = slot_usb_control(request->run->context->slot, setup, data, TRANSFER_US_MAX, ret_len,
				 ret_how, err);

	if (r < 0 || *ret_how != SLOT_USB_CUT)
		return r;
	request->ret->result = DELIVERY_CUT;
	return DELIVERY_OVER;
}

static int must_transfer(struct usb_request *request, enum usb_request_type type, const char *what,
			 const struct slot_usb_setup *setup, uint8_t *data, uint16_t *ret_len,
			 struct err *err)
{
	static const char *const ways[] = {
		[SLOT_USB_UNKNOWN] = "failed",		[SLOT_USB_DONE] = "",
		[SLOT_USB_STALL] = "was refused",	[SLOT_USB_TIMEOUT] = "was not answered",
		[SLOT_USB_GONE] = "found nobody there", [SLOT_USB_CUT] = "met the power cut",
	};
	enum slot_usb_result how = SLOT_USB_UNKNOWN;
	char text[DELIVERY_TEXT_MAX];
	int step = transfer(request, setup, data, ret_len, &how, err);

	if (step != 0 || how == SLOT_USB_DONE)
		return step;
	if (how != SLOT_USB_GONE)
		return fail(request, type, what, ways[how]);
	snprintf(text, sizeof(text), "USB request %d: %s %s", (int)type, what, ways[how]);
	return delivery_absent(request->run, request->hurt, text, request->ret, err);
}

/* INIT, CHECK or RESET, and its answer. */
static int ask(struct usb_request *request, enum usb_request_type type, enum service service,
	       uint16_t value, uint16_t index, struct usb_request_answer *ret_answer,
	       struct err *err)
{
	static const char *const names[] = { [SERVICE_INIT] = "INIT",
					     [SERVICE_CHECK] = "CHECK",
					     [SERVICE_SEND] = "SEND",
					     [SERVICE_RECV] = "RECV",
					     [SERVICE_RESET] = "RESET" };
	const struct slot_usb_setup setup = { TYPE_IN, (uint8_t)service, value, index,
					      USB_REQUEST_ANSWER_BYTES };
	uint8_t bytes[USB_REQUEST_ANSWER_BYTES] = { 0 };
	uint16_t len = 0;
	int step = must_transfer(request, type, names[service], &setup, bytes, &len, err);

	if (step == 0 && (!usb_request_parse(bytes, len, ret_answer) ||
			  !(ret_answer->told & USB_REQUEST_TELLS_STATUS)))
		step = fail(request, type, names[service], "was answered with nonsense");
	return step;
}

/* Lets the time pass before look number 'number'; over when the time of all is over. */
static int wait_look(struct usb_request *request, enum usb_request_type type, unsigned int number,
		     int64_t deadline_us, struct err *err)
{
	size_t i = number < ARRAY_LEN(checks_us) ? number : ARRAY_LEN(checks_us) - 1;

	if (slot_now_us(request->run->context->slot) + checks_us[i] > deadline_us)
		return fail(request, type, "it", "was not done in time");
	return delivery_pause(request->run, checks_us[i], request->ret, err);
}

/* CHECK until the status is none of 'pending'. */
static int look(struct usb_request *request, enum usb_request_type type, uint16_t id,
		int64_t deadline_us, struct usb_request_answer *ret_answer, struct err *err)
{
	int step = 0;

	ret_answer->status = USB_REQUEST_STATUS_PENDING;
	for (unsigned int i = 0; step == 0 && ret_answer->status == USB_REQUEST_STATUS_PENDING;
	     i++) {
		step = wait_look(request, type, i, deadline_us, err);
		if (step == 0)
			step = ask(request, type, SERVICE_CHECK, 0, id, ret_answer, err);
	}
	return step;
}

static int refuse_status(struct usb_request *request, enum usb_request_type type, uint16_t status)
{
	static const char *const texts[] = {
		[USB_REQUEST_STATUS_OK] = "is not known",
		[USB_REQUEST_STATUS_ERROR] = "failed",
		[USB_REQUEST_STATUS_PENDING] = "is pending for ever",
		[USB_REQUEST_STATUS_BUSY] = "found the device busy",
		[USB_REQUEST_STATUS_NO_MEMORY] = "found no memory",
		[USB_REQUEST_STATUS_NOT_FOUND] = "was forgotten by the device",
	};

	return fail(request, type, "it", status < ARRAY_LEN(texts) ? texts[status] : texts[0]);
}

/* INIT, again while the device is busy; its memory may take a while. */
static int begin(struct usb_request *request, enum usb_request_type type, size_t len,
		 int64_t deadline_us, uint16_t *ret_id, struct err *err)
{
	struct usb_request_answer answer = { .status = USB_REQUEST_STATUS_BUSY };
	int step = ask(request, type, SERVICE_INIT, (uint16_t)len, (uint16_t)type, &answer, err);

	for (unsigned int i = 0; step == 0 && answer.status == USB_REQUEST_STATUS_BUSY; i++) {
		step = wait_look(request, type, i, deadline_us, err);
		if (step == 0)
			step = ask(request, type, SERVICE_INIT, (uint16_t)len, (uint16_t)type,
				   &answer, err);
	}
	if (step != 0)
		return step;
	if (answer.status != USB_REQUEST_STATUS_OK && answer.status != USB_REQUEST_STATUS_PENDING)
		return refuse_status(request, type, answer.status);
	if (!(answer.told & USB_REQUEST_TELLS_ID))
		return fail(request, type, "INIT", "was answered without an id");
	*ret_id = answer.id;
	if (answer.status == USB_REQUEST_STATUS_PENDING)
		step = look(request, type, answer.id, deadline_us, &answer, err);
	return step == 0 && answer.status != USB_REQUEST_STATUS_OK
		       ? refuse_status(request, type, answer.status)
		       : step;
}

static int send(struct usb_request *request, enum usb_request_type type, uint16_t id,
		const uint8_t *payload, size_t len, struct err *err)
{
	const struct slot_usb_setup setup = { TYPE_OUT, SERVICE_SEND, 0, id, (uint16_t)len };
	uint8_t bytes[USB_REQUEST_PAYLOAD_MAX];
	uint16_t sent;

	memcpy(bytes, payload, len);
	return must_transfer(request, type, "SEND", &setup, bytes, &sent, err);
}

/* The reply, in as many transfers as it takes. */
static int receive(struct usb_request *request, enum usb_request_type type, uint16_t id,
		   uint32_t size, struct err *err)
{
	int step = 0;

	if (size > USB_REQUEST_REPLY_MAX)
		return fail(request, type, "its reply", "is too long");
	while (step == 0 && request->reply_len < size) {
		size_t rest = size - request->reply_len;
		const struct slot_usb_setup setup = {
			TYPE_IN, SERVICE_RECV, 0, id,
			(uint16_t)(rest < SLOT_USB_BYTES_MAX ? rest : SLOT_USB_BYTES_MAX)
		};
		uint16_t len = 0;

		step = must_transfer(request, type, "RECV", &setup,
				     request->reply + request->reply_len, &len, err);
		if (step == 0 && len == 0)
			return fail(request, type, "its reply", "ends early");
		request->reply_len += step == 0 ? len : 0;
	}
	return step;
}

/* The device is told that nobody waits any more; whatever it answers. */
static int give_up(struct usb_request *request, uint16_t id, int step, struct err *err)
{
	const struct slot_usb_setup setup = { TYPE_IN, SERVICE_RESET, 0, id,
					      USB_REQUEST_ANSWER_BYTES };
	uint8_t bytes[USB_REQUEST_ANSWER_BYTES];
	enum slot_usb_result how;
	uint16_t len;
	int r;

	if (step != DELIVERY_OVER || request->ret->result == DELIVERY_CUT)
		return step;
	r = transfer(request, &setup, bytes, &len, &how, err);
	return r < 0 ? r : step;
}

int usb_request_make(struct usb_request *request, enum usb_request_type type,
		     const uint8_t *payload, size_t len, struct err *err)
{
	int64_t deadline = slot_now_us(request->run->context->slot) + STEP_US_MAX;
	struct usb_request_answer answer = { 0 };
	uint16_t id = 0;
	int step;

	if (deadline > request->deadline_us)
		deadline = request->deadline_us;
	request->reply_len = 0;
	request->result = 0;
	step = begin(request, type, len, deadline, &id, err);
	if (step != 0)
		return id ? give_up(request, id, step, err) : step;
	if (len > 0)
		step = send(request, type, id, payload, len, err);
	if (step == 0)
		step = look(request, type, id, deadline, &answer, err);
	if (step == 0 && answer.status != USB_REQUEST_STATUS_OK)
		step = refuse_status(request, type, answer.status);
	if (step == 0 && (answer.told & USB_REQUEST_TELLS_RESULT))
		request->result = answer.result;
	if (step == 0 && (answer.told & USB_REQUEST_TELLS_SIZE))
		step = receive(request, type, id, answer.size, err);
	return give_up(request, id, step, err);
}

int usb_request_disorder(struct usb_request *request, enum usb_request_type type, struct err *err)
{
	const struct slot_usb_setup setups[] = {
		{ TYPE_IN, SERVICE_RECV, 0, NOBODYS_ID, DISORDER_BYTES },
		{ TYPE_OUT, SERVICE_SEND, 0, NOBODYS_ID, DISORDER_BYTES },
		{ TYPE_IN, SERVICE_CHECK, 0, NOBODYS_ID, USB_REQUEST_ANSWER_BYTES },
		/* begun, asked for its reply before its payload was sent, and forgotten */
		{ TYPE_IN, SERVICE_INIT, DISORDER_BYTES, (uint16_t)type, USB_REQUEST_ANSWER_BYTES },
		{ TYPE_IN, SERVICE_RECV, 0, NOBODYS_ID, DISORDER_BYTES },
		{ TYPE_IN, SERVICE_RESET, 0, 0, USB_REQUEST_ANSWER_BYTES },
	};
	uint16_t id = NOBODYS_ID;
	int step = 0;

	for (size_t i = 0; i < ARRAY_LEN(setups) && step == 0; i++) {
		struct usb_request_answer answer;
		struct slot_usb_setup setup = setups[i];
		uint8_t bytes[USB_REQUEST_ANSWER_BYTES] = { 0 };
		enum slot_usb_result how = SLOT_USB_UNKNOWN;
		uint16_t len = 0;

		if (setup.index == NOBODYS_ID)
			setup.index = id;
		step = transfer(request, &setup, bytes, &len, &how, err);
		if (setup.request == SERVICE_INIT && step == 0 && how == SLOT_USB_DONE &&
		    usb_request_parse(bytes, len, &answer) && (answer.told & USB_REQUEST_TELLS_ID))
			id = answer.id;
	}
	return step;
}
