/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a cloud asks of a board, one table; and the answers, known by their token or number. */
#include "cloud/session_inner.h"

#include <string.h>

enum { CODE_CLASS_SHIFT = 5, CODE_CLASS_BAD = 4 };

/* How a question is written, and what ends it. */
static const struct way {
	uint8_t code;
	const char *letter; /* NULL: none */
	enum { NAME_NONE, NAME_NEEDED } name;
	enum { SAYS_NOTHING, SAYS_ARGUMENT, SAYS_NUMBER, SAYS_FLAGS, SAYS_PAYLOAD } says;
	enum { ENDS_WITH_ACK = 1, ENDS_WITH_CODE = 2 } ends;
} ways[] = {
	[SESSION_ASK_PING] = { COAP_EMPTY, NULL, NAME_NONE, SAYS_NOTHING, ENDS_WITH_ACK },
	[SESSION_ASK_DESCRIBE] = { COAP_GET, "d", NAME_NONE, SAYS_FLAGS, ENDS_WITH_CODE },
	[SESSION_ASK_CALL] = { COAP_POST, "f", NAME_NEEDED, SAYS_ARGUMENT, ENDS_WITH_CODE },
	[SESSION_ASK_READ] = { COAP_GET, "v", NAME_NEEDED, SAYS_NOTHING, ENDS_WITH_CODE },
	[SESSION_ASK_SIGNAL] = { COAP_PUT, "s", NAME_NONE, SAYS_NUMBER, ENDS_WITH_CODE },
	[SESSION_ASK_KEY_CHANGE] = { COAP_PUT, "k", NAME_NONE, SAYS_NUMBER, ENDS_WITH_ACK },
	[SESSION_ASK_PUBLISH] = { COAP_POST, "E", NAME_NEEDED, SAYS_PAYLOAD, ENDS_WITH_ACK },
};

static bool is_short(const char *text, size_t size)
{
	return !text || strnlen(text, size) < size;
}

static bool can_ask(const struct session *session, const struct session_question *question)
{
	if (session->state != SESSION_OPEN || question->kind == SESSION_ASK_UNKNOWN ||
	    question->kind >= (int)ARRAY_LEN(ways) || !is_short(question->name, SESSION_NAME_MAX) ||
	    !is_short(question->argument, SESSION_ARGUMENT_MAX))
		return false;
	if (ways[question->kind].name == NAME_NEEDED && (!question->name || !question->name[0]))
		return false;
	return session_has_room(session, SESSION_NAME_MAX + SESSION_ARGUMENT_MAX + 32);
}

/* Options and payload, which lie in 'question'. */
static void fill(struct coap *coap, const struct way *way, const struct session_question *question)
{
	const char *argument = question->argument ? question->argument : "";

	if (way->letter)
		coap_add(coap, COAP_URI_PATH, way->letter, 1);
	if (way->name == NAME_NEEDED)
		coap_add(coap, COAP_URI_PATH, question->name, strlen(question->name));
	if (way->says == SAYS_FLAGS && question->number != 0)
		coap_add(coap, COAP_URI_PATH, &question->number, 1);
	if (way->says == SAYS_ARGUMENT)
		coap_add(coap, COAP_URI_QUERY, argument, strlen(argument));
	if (way->says == SAYS_NUMBER)
		coap_add(coap, COAP_URI_QUERY, &question->number, 1);
	if (way->says == SAYS_PAYLOAD && argument[0]) {
		coap->payload = (const uint8_t *)argument;
		coap->payload_len = strlen(argument);
	}
}

static struct session_asked *find_free(struct session *session)
{
	for (size_t i = 0; i < SESSION_ASKED_MAX; i++)
		if (session->asked[i].number == 0)
			return &session->asked[i];
	return NULL;
}

uint32_t session_ask(struct session *session, const struct session_question *question,
		     int64_t now_us)
{
	struct session_asked *asked = find_free(session);
	const struct way *way;
	struct coap coap;

	if (!asked || !can_ask(session, question))
		return 0;
	way = &ways[question->kind];
	if (++session->asked_number == 0)
		session->asked_number = 1;
	*asked = (struct session_asked){ .number = session->asked_number,
					 .kind = question->kind,
					 .id = ++session->id,
					 .token = session->token++,
					 .deadline_us = now_us + SESSION_STEP_US };
	coap = (struct coap){ .type = COAP_CON, .code = way->code, .id = asked->id };
	if (way->ends == ENDS_WITH_CODE) {
		coap.token[0] = asked->token;
		coap.token_len = 1;
	}
	fill(&coap, way, question);
	session_send(session, &coap, now_us);
	return asked->number;
}

static void end(struct session *session, struct session_asked *asked, enum session_reply reply,
		const struct coap *coap)
{
	struct session_answer answer = { .number = asked->number,
					 .kind = asked->kind,
					 .reply = reply };

	if (coap) {
		answer.code = coap->code;
		answer.data = coap->payload;
		answer.len = coap->payload_len;
	}
	*asked = (struct session_asked){ .number = 0 };
	if (session->setup.listener.answer)
		session->setup.listener.answer(session->setup.listener.ctx, &answer);
}

static bool is_answer_to(const struct session_asked *asked, const struct coap *coap)
{
	bool by_number =
		(coap->type == COAP_ACK || coap->type == COAP_RST) && coap->id == asked->id;
	bool by_token = coap->code != COAP_EMPTY && ways[asked->kind].ends == ENDS_WITH_CODE &&
			coap->token_len == 1 && coap->token[0] == asked->token;

	return asked->number != 0 && (by_number || by_token);
}

/* The ping that waits longest; NULL: none does. */
static struct session_asked *find_ping(struct session *session)
{
	struct session_asked *oldest = NULL;

	for (size_t i = 0; i < SESSION_ASKED_MAX; i++) {
		struct session_asked *asked = &session->asked[i];

		if (asked->number != 0 && asked->kind == SESSION_ASK_PING &&
		    (!oldest || asked->deadline_us < oldest->deadline_us))
			oldest = asked;
	}
	return oldest;
}

bool session_answered(struct session *session, const struct coap *coap)
{
	struct session_asked *ping;

	for (size_t i = 0; i < SESSION_ASKED_MAX; i++) {
		struct session_asked *asked = &session->asked[i];

		if (!is_answer_to(asked, coap))
			continue;
		if (coap->type == COAP_RST || coap->code >> CODE_CLASS_SHIFT >= CODE_CLASS_BAD)
			end(session, asked, SESSION_REPLY_REFUSED, coap);
		else if (coap->code != COAP_EMPTY || ways[asked->kind].ends == ENDS_WITH_ACK)
			end(session, asked, SESSION_REPLY_GOOD, coap);
		return true; /* or the answer proper is still to come */
	}
	/* 0.5.2 acknowledges a ping under a number of its own (seen with Particle's gcc build) */
	ping = coap->type == COAP_ACK && coap->code == COAP_EMPTY ? find_ping(session) : NULL;
	if (ping)
		end(session, ping, SESSION_REPLY_GOOD, coap);
	return ping != NULL;
}

void session_asked_step(struct session *session, int64_t now_us)
{
	for (size_t i = 0; i < SESSION_ASKED_MAX; i++)
		if (session->asked[i].number != 0 && now_us >= session->asked[i].deadline_us)
			end(session, &session->asked[i], SESSION_REPLY_TIMEOUT, NULL);
}

void session_asked_end(struct session *session)
{
	for (size_t i = 0; i < SESSION_ASKED_MAX; i++)
		if (session->asked[i].number != 0)
			end(session, &session->asked[i], SESSION_REPLY_GONE, NULL);
}

int64_t session_asked_due_us(const struct session *session)
{
	int64_t due_us = INT64_MAX;

	for (size_t i = 0; i < SESSION_ASKED_MAX; i++)
		if (session->asked[i].number != 0 && session->asked[i].deadline_us < due_us)
			due_us = session->asked[i].deadline_us;
	return due_us;
}
