/* SPDX-License-Identifier: Apache-2.0 */
#include "console/api.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/slip.h"
#include "base/base64.h"
#include "base/text.h"
#include "console/console.h"
#include "console/http.h"
#include "console/lane.h"
#include "console/qr.h"
#include "control/message.h"

#define RECEIPT_DIGITS 32

/* What each request of the control socket takes. */
static const struct {
	const char *what;
	const char *fields;
} takes[] = {
#define TAKES(name, word, fields) {word, fields},
	PST_CONTROL_DO_MAP(TAKES)
#undef TAKES
};

#define TAKES_COUNT (sizeof(takes) / sizeof(takes[0]))

static struct pst_console_lane *lane_of(struct pst_http_request *request)
{
	struct pst_console_lane *lane =
		pst_console_lanes_find(request->console->lanes, request->parameter[0]);

	if (!lane) {
		pst_http_reply_error(request, 404, "unknown",
			"no lane '%.64s' here; /api/lanes lists them", request->parameter[0]);
	}
	return lane;
}

static const char *word_of(const struct pst_http_request *request)
{
	return strrchr(request->pattern, '/') + 1;
}

/* What went wrong with a lane, as HTTP has it. */
static void reply_failure(
	struct pst_http_request *request, int status, const struct pst_error *error)
{
	static const struct {
		int status;
		unsigned code;
		const char *word;
	} known[] = {
		{PST_E_USAGE, 400, "bad"},
		{PST_E_NOT_FOUND, 409, "no"},
		{PST_E_UNSAFE, 403, "unsafe"},
		{PST_E_DEVICE, 502, "failed"},
		{PST_E_FORMAT, 502, "garbage"},
		{PST_E_END, 503, "away"},
		{-EBUSY, 503, "busy"},
		{PST_E_TIMEOUT, 504, "timeout"},
	};
	bool asks = strcmp(request->method, "GET") == 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].status == status) {
			bool missing = asks && status == PST_E_NOT_FOUND;

			pst_http_reply_error(request, missing ? 404 : known[i].code, known[i].word,
				"%s", error->text);
			return;
		}
	}
	pst_http_reply_error(request, 502, "failed", "%s", error->text);
}

static void on_answer(void *user, int status, const json_t *answer, const struct pst_error *error)
{
	if (status < 0) {
		reply_failure(user, status, error);
	} else {
		pst_http_reply_json(user, 200, json_incref((json_t *)answer));
	}
}

static json_t *describe(const struct pst_console_lane *lane)
{
	int64_t age_ms = 0;
	json_t *status = (json_t *)pst_console_lane_status(lane, &age_ms);

	return json_pack("{s:s, s:b, s:s, s:o, s:O}", "lane", pst_console_lane_name(lane),
		"connected", pst_console_lane_is_here(lane), "why", pst_console_lane_why(lane),
		"age_ms", status ? json_integer(age_ms) : json_null(), "status",
		status ? status : json_null());
}

void pst_api_lanes(struct pst_http_request *request)
{
	json_t *list = json_array();

	for (const struct pst_console_lane *at = pst_console_lanes_first(request->console->lanes);
		at; at = pst_console_lane_next(at)) {
		if (!request->lane || strcmp(request->lane, pst_console_lane_name(at)) == 0) {
			(void)json_array_append_new(list, describe(at));
		}
	}
	pst_http_reply_json(request, 200, json_pack("{s:o}", "lanes", list));
}

void pst_api_ask(struct pst_http_request *request)
{
	struct pst_console_lane *lane = lane_of(request);

	if (lane) {
		pst_console_lane_ask(lane, word_of(request), NULL, on_answer, request);
	}
}

void pst_api_explain(struct pst_http_request *request)
{
	struct pst_console_lane *lane = lane_of(request);
	const char *text = pst_http_query(request, "encounter");
	int64_t number = 0;

	if (!lane) {
		return;
	}
	if (text && pst_text_parse_int(text, 1, INT64_MAX, &number) < 0) {
		pst_http_reply_error(request, 400, "bad", "encounter: not a whole number from 1");
		return;
	}
	pst_console_lane_ask(lane, "explain",
		number ? json_pack("{s:I}", "encounter", (json_int_t)number) : NULL, on_answer,
		request);
}

/* Whether a list of words divided by spaces has one. */
static bool has_word(const char *list, const char *word)
{
	size_t size = strlen(word);

	for (const char *at = list; *at; at += strcspn(at, " "), at += strspn(at, " ")) {
		if (strcspn(at, " ") == size && memcmp(at, word, size) == 0) {
			return true;
		}
	}
	return false;
}

static const char *fields_of(const char *what)
{
	size_t i = 0;

	while (i < TAKES_COUNT && strcmp(takes[i].what, what) != 0) {
		i++;
	}
	assert(i < TAKES_COUNT);
	return takes[i].fields;
}

/* The lane checks what the fields say; here, that there are no others. */
static bool check_fields(struct pst_http_request *request, const char *what)
{
	const char *fields = fields_of(what);
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)request->body, name, value)
	{
		if (!has_word(fields, name)) {
			pst_http_reply_error(request, 400, "bad",
				"%s takes no field '%.40s', only: %s", what, name, fields);
			return false;
		}
	}
	return true;
}

static const char *field(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void act(struct pst_http_request *request, struct pst_console_lane *lane, const char *what)
{
	pst_console_lane_ask(lane, what, json_deep_copy(request->body), on_answer, request);
}

/* Nobody takes an opt-out back, so what was true when the lane said so still is. */
static void on_status_before_close(
	void *user, int status, const json_t *answer, const struct pst_error *error)
{
	struct pst_http_request *request = user;
	const json_t *person = json_object_get(answer, "encounter");
	const char *choice = field(person, "choice");
	struct pst_console_lane *lane =
		pst_console_lanes_find(request->console->lanes, request->parameter[0]);

	if (status < 0) {
		reply_failure(request, status, error);
	} else if (!json_equal(json_object_get(person, "number"),
			   json_object_get(request->body, "encounter"))) {
		pst_http_reply_error(request, 409, "no",
			"the person of that encounter is not there; read the lane's status");
	} else if (strcmp(choice, "decline") != 0 && strcmp(choice, "withdraw") != 0) {
		pst_http_reply_error(request, 403, "role",
			"who has not opted out is seen to by an officer; they close it");
	} else {
		act(request, lane, "close");
	}
}

void pst_api_act(struct pst_http_request *request)
{
	struct pst_console_lane *lane = lane_of(request);
	const char *what = word_of(request);
	bool closes = strcmp(what, "close") == 0;
	bool named = json_is_integer(json_object_get(request->body, "encounter"));
	bool traveler = request->role == PST_ROLE_TRAVELER;

	if (!lane || !check_fields(request, what)) {
		return;
	}
	if (traveler && !named && (closes || strcmp(what, "consent") == 0)) {
		pst_http_reply_error(request, 400, "bad",
			"encounter: missing; a display says whose choice it passes on");
	} else if (traveler && closes) {
		pst_console_lane_ask(lane, "status", NULL, on_status_before_close, request);
	} else {
		act(request, lane, what);
	}
}

static void ask_receipt(struct pst_http_request *request, pst_console_answer_fn answered)
{
	struct pst_console_lane *lane = lane_of(request);
	const char *id = request->parameter[1];

	if (!lane) {
		return;
	}
	if (strlen(id) != RECEIPT_DIGITS || strspn(id, "0123456789abcdef") != RECEIPT_DIGITS) {
		pst_http_reply_error(request, 404, "no", "a receipt's id has %d digits of 0-9 a-f",
			RECEIPT_DIGITS);
		return;
	}
	pst_console_lane_ask(lane, "receipt", json_pack("{s:s}", "receipt", id), answered, request);
}

static void on_document(void *user, int status, const json_t *answer, const struct pst_error *error)
{
	const json_t *document = json_object_get(answer, "document");
	char *text = document ? json_dumps(document, JSON_SORT_KEYS | JSON_COMPACT) : NULL;

	if (status < 0) {
		reply_failure(user, status, error);
	} else if (!text) {
		pst_http_reply_error(user, 502, "failed", "the lane sent no receipt");
	} else {
		pst_http_reply_bytes(user, 200, "application/json", text, strlen(text));
	}
	free(text);
}

/* The slip, or a reply that says why there is none. */
static char *slip_of(struct pst_http_request *request, int status, const json_t *answer,
	const struct pst_error *failure)
{
	const json_t *document = json_object_get(answer, "document");
	struct pst_error error = {0};
	char *slip = NULL;

	if (status < 0) {
		reply_failure(request, status, failure);
	} else if (!document || pst_slip_write(document, &slip, &error) < 0) {
		pst_http_reply_error(request, 502, "failed", "%s",
			error.text[0] ? error.text : "the lane sent no receipt");
	}
	return slip;
}

static void on_slip(void *user, int status, const json_t *answer, const struct pst_error *error)
{
	char *slip = slip_of(user, status, answer, error);

	if (slip) {
		pst_http_reply_bytes(user, 200, "text/plain; charset=utf-8", slip, strlen(slip));
	}
	free(slip);
}

static void on_code(void *user, int status, const json_t *answer, const struct pst_error *error)
{
	char *slip = slip_of(user, status, answer, error);
	struct pst_error failure = {0};
	char *svg = NULL;

	if (slip && pst_qr_draw(slip, &svg, &failure) < 0) {
		pst_http_reply_error(user, 502, "failed", "%s", failure.text);
	} else if (slip) {
		pst_http_reply_bytes(user, 200, "image/svg+xml", svg, strlen(svg));
	}
	free(svg);
	free(slip);
}

void pst_api_receipt(struct pst_http_request *request)
{
	ask_receipt(request, on_document);
}

void pst_api_receipt_svg(struct pst_http_request *request)
{
	ask_receipt(request, on_code);
}

void pst_api_receipt_text(struct pst_http_request *request)
{
	ask_receipt(request, on_slip);
}

static void on_picture(void *user, int status, const json_t *answer, const struct pst_error *error)
{
	const json_t *jpeg = json_object_get(answer, "jpeg");
	size_t size = json_string_length(jpeg);
	uint8_t *data = status == 0 ? malloc(size + 1) : NULL;
	ssize_t got =
		data && size > 0 ? pst_base64_decode(json_string_value(jpeg), size, data) : -1;

	if (status < 0) {
		reply_failure(user, status, error);
	} else if (got < 0) {
		pst_http_reply_error(user, 502, "failed", "the lane sent no picture");
	} else {
		pst_http_reply_bytes(user, 200, "image/jpeg", data, (size_t)got);
	}
	free(data);
}

void pst_api_picture(struct pst_http_request *request)
{
	struct pst_console_lane *lane = lane_of(request);

	if (lane) {
		pst_console_lane_ask(lane, "picture", NULL, on_picture, request);
	}
}
