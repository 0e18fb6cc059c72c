/* SPDX-License-Identifier: Apache-2.0 */
#include "console/lane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include <uv.h>

#include "base/text.h"
#include "console/link.h"
#include "console/pending.h"
#include "console/recent.h"
#include "control/message.h"

#define TICK_MS 50
#define WINDOW_MS 1000
#define PATH_SIZE sizeof(((struct sockaddr_un *)NULL)->sun_path)
#define KIND_SIZE 48
#define REQUEST_MAX (PST_CONTROL_LINE_MAX - 32) /* bytes, without its id */

/* Of the requests that a lane does for one connection in a second. */
#define QUESTIONS_PER_S 60
#define DEEDS_PER_S 90

enum presence { AWAY = 0, GREETING, HERE };

struct pst_console_lane {
	struct pst_console_lanes *lanes;
	struct pst_console_lane *next;
	size_t index;
	char name[65];
	char path[PATH_SIZE];
	enum presence presence;
	struct pst_console_link *link; /* NULL: none */
	uint64_t redial_ms;	       /* when to dial; on the loop's clock */
	unsigned failures;	       /* to dial, one after the other */
	int64_t id;
	struct pst_console_pending pending;
	struct pst_console_recent recent;
	uint64_t window_ms;
	unsigned requests; /* in this window */
	json_t *status;	   /* owned */
	uint64_t status_ms;
	bool asks_status; /* a question of its own is under way */
	bool moved;	  /* something happened since it was asked */
	char why[512];	  /* it is away */
	struct pst_console_lane_counts counts;
};

struct pst_console_lanes {
	uv_loop_t *loop;
	uv_timer_t tick;
	struct pst_console_lane *first;
	struct pst_console_watcher *watchers;
};

static uint64_t now_ms(const struct pst_console_lane *lane)
{
	return uv_now(lane->lanes->loop);
}

static void tell(struct pst_console_lane *lane, const char *kind, const char *line, size_t size)
{
	for (struct pst_console_watcher *at = lane->lanes->watchers; at; at = at->next) {
		at->tell(at->user, lane, kind, line, size);
	}
}

static void tell_json(struct pst_console_lane *lane, const char *kind, const json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);

	if (text) {
		tell(lane, kind, text, strlen(text));
	}
	free(text);
}

static int set_away(const struct pst_console_lane *lane, struct pst_error *error)
{
	return pst_error_set(error, PST_E_END,
		"lane '%s' is away (%s); it is dialled again by itself, try again then", lane->name,
		lane->why[0] ? lane->why : "not connected yet");
}

/* Gives the connection up; the lane is away until it is dialled again. */
static void hang_up(struct pst_console_lane *lane, const struct pst_error *why)
{
	bool was_here = lane->presence == HERE;
	uint64_t wait_ms = PST_CONSOLE_LANE_REDIAL_MS;

	if (!lane->link) {
		return;
	}
	pst_console_link_close(&lane->link);
	for (unsigned i = 0; i < lane->failures && wait_ms < PST_CONSOLE_LANE_REDIAL_MAX_MS; i++) {
		wait_ms *= 2;
	}
	lane->redial_ms = now_ms(lane) + (wait_ms < PST_CONSOLE_LANE_REDIAL_MAX_MS
							 ? wait_ms
							 : PST_CONSOLE_LANE_REDIAL_MAX_MS);
	lane->failures++;
	lane->counts.hang_ups += lane->presence != AWAY;
	lane->counts.garbage += why->status == PST_E_FORMAT;
	lane->counts.time_outs += why->status == PST_E_TIMEOUT;
	lane->presence = AWAY;
	pst_console_recent_forget(&lane->recent);
	pst_console_pending_fail(&lane->pending, why);
	lane->asks_status = false;
	if (was_here) {
		tell(lane, "away", "null", strlen("null"));
	}
}

static void hang_up_away(struct pst_console_lane *lane, const char *why)
{
	struct pst_error error = {0};

	(void)snprintf(lane->why, sizeof(lane->why), "%s", why);
	(void)set_away(lane, &error);
	hang_up(lane, &error);
}

static void hang_up_garbage(struct pst_console_lane *lane, const char *what)
{
	struct pst_error error = {0};

	(void)pst_error_set(&error, PST_E_FORMAT,
		"lane '%s' sent %s; is it a postern lane of this version?", lane->name, what);
	(void)snprintf(lane->why, sizeof(lane->why), "it sent %s", what);
	hang_up(lane, &error);
}

/* What an answer says, as a status and a line. */
static int judge(const struct pst_console_lane *lane, const json_t *answer, struct pst_error *error)
{
	const char *text = json_string_value(json_object_get(answer, "error"));
	const char *code = json_string_value(json_object_get(answer, "code"));

	if (json_is_true(json_object_get(answer, "ok"))) {
		return 0;
	}
	return pst_error_set(error, pst_control_status_of(code), "%s",
		text ? text : "the lane refused without a reason");
}

static void take_answer(struct pst_console_lane *lane, json_t *answer)
{
	const json_t *id = json_object_get(answer, "id");
	struct pst_console_request *request =
		pst_console_pending_take(&lane->pending, json_integer_value(id));
	struct pst_error error = {0};
	int status = judge(lane, answer, &error);

	if (status < 0 && !id) {
		hang_up_away(lane, error.text);
		return;
	}
	if (!request) {
		hang_up_garbage(lane, "an answer to nothing that it was asked");
		return;
	}
	(void)json_object_del(answer, "v");
	(void)json_object_del(answer, "id");
	lane->moved |= request->kind == PST_CONSOLE_DEED;
	if (status == 0 && request->kind == PST_CONSOLE_QUESTION) {
		pst_console_recent_keep(&lane->recent, request->text, answer, now_ms(lane));
		request->text = NULL;
	}
	pst_console_request_answer(request, status, status == 0 ? answer : NULL, &error);
}

static bool is_kind(const char *kind)
{
	size_t size = kind ? strspn(kind, "abcdefghijklmnopqrstuvwxyz0123456789.-") : 0;

	return size > 0 && size < KIND_SIZE && kind[size] == 0;
}

static void take_event(
	struct pst_console_lane *lane, const json_t *event, const char *line, size_t size)
{
	const char *kind = json_string_value(json_object_get(event, "kind"));
	json_int_t lost = json_integer_value(json_object_get(event, "lost"));

	pst_console_recent_forget(&lane->recent);
	lane->moved = true;
	if (lost > 0) {
		lane->counts.lost += (uint64_t)lost;
		json_t *told = json_pack("{s:I}", "lost", lost);
		tell_json(lane, "lost", told);
		json_decref(told);
	} else if (is_kind(kind)) {
		lane->counts.events++;
		tell(lane, kind, line, size);
	} else {
		hang_up_garbage(lane, "something that is neither an answer nor an event");
	}
}

static void on_line(void *user, const char *line, size_t size)
{
	struct pst_console_lane *lane = user;
	/* What is handed on as it came must not break the lines of who gets it. */
	json_t *json = memchr(line, '\r', size)
			       ? NULL
			       : json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(json)) {
		hang_up_garbage(lane, "what is no JSON object");
	} else if (json_object_get(json, "ok")) {
		take_answer(lane, json);
	} else {
		take_event(lane, json, line, size);
	}
	json_decref(json);
}

/* The request as a line without its id, which is a question's name at once. Takes the fields. */
static char *word_request(const char *what, json_t *fields)
{
	json_t *request = json_pack("{s:i, s:s}", "v", PST_CONTROL_VERSION, "do", what);
	char *text = NULL;

	if (request && (!fields || json_object_update_missing(request, fields) == 0)) {
		text = json_dumps(request, JSON_COMPACT);
	}
	json_decref(fields);
	json_decref(request);
	return text;
}

/* Puts {"id":N, in place of the first brace. */
static char *with_id(const char *text, int64_t id)
{
	char *line = NULL;

	return asprintf(&line, "{\"id\":%lld,%s\n", (long long)id, text + 1) < 0 ? NULL : line;
}

static int send_request(struct pst_console_lane *lane, const char *text, enum pst_console_kind kind,
	pst_console_answer_fn answered, void *user, struct pst_error *error)
{
	int64_t id = lane->id + 1;
	struct pst_console_request *request =
		pst_console_link_send(lane->link, with_id(text, id))
			? pst_console_pending_add(&lane->pending, kind, text, answered, user)
			: NULL;

	if (!request) {
		return pst_error_set(error, -EBUSY,
			"lane '%s' does not read what it is asked; try again later", lane->name);
	}
	request->id = lane->id = id;
	request->sent_ms = now_ms(lane);
	lane->counts.requests++;
	return 0;
}

static enum pst_console_kind kind_of(const char *what)
{
	static const char *const questions[] = {
		"status", "health", "policy", "explain", "receipt", NULL};

	if (strcmp(what, "picture") == 0) {
		return PST_CONSOLE_PICTURE;
	}
	return pst_text_index(questions, what) >= 0 ? PST_CONSOLE_QUESTION : PST_CONSOLE_DEED;
}

static int check_rate(struct pst_console_lane *lane, const char *what, struct pst_error *error)
{
	unsigned most = kind_of(what) == PST_CONSOLE_DEED ? DEEDS_PER_S : QUESTIONS_PER_S;
	bool opts_out = strcmp(what, "decline") == 0 || strcmp(what, "withdraw") == 0;

	if (now_ms(lane) - lane->window_ms >= WINDOW_MS) {
		lane->window_ms = now_ms(lane);
		lane->requests = 0;
	}
	if (lane->requests >= most && !opts_out) {
		return pst_error_set(error, -EBUSY,
			"lane '%s' is asked too often; try again in a second", lane->name);
	}
	lane->requests++;
	return 0;
}

/* Asks the lane, or waits with who asked before. */
static int ask(struct pst_console_lane *lane, const char *what, const char *text,
	pst_console_answer_fn answered, void *user, struct pst_error *error)
{
	enum pst_console_kind kind = kind_of(what);

	if (!text) {
		return pst_error_set(error, -ENOMEM, "no memory to ask lane '%s'", lane->name);
	}
	if (strlen(text) > REQUEST_MAX) {
		return pst_error_set(error, PST_E_USAGE,
			"%s: more than a request of %d bytes holds; say less", what, REQUEST_MAX);
	}
	if (kind != PST_CONSOLE_DEED &&
		pst_console_pending_join(&lane->pending, text, answered, user)) {
		return 0;
	}
	int status = check_rate(lane, what, error);
	return status < 0 ? status : send_request(lane, text, kind, answered, user, error);
}

/* What somebody who watches wants to know at once, though no event tells it. */
static bool differs(const json_t *before, const json_t *now)
{
	static const char *const fields[] = {"notice", "source", "policy"};
	static const char *const persons[] = {"number", "state", "choice", "permit"};
	const json_t *was = json_object_get(before, "encounter");
	const json_t *is = json_object_get(now, "encounter");

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const json_t *old = json_object_get(before, fields[i]);

		if (old && !json_equal(old, json_object_get(now, fields[i]))) {
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(persons) / sizeof(persons[0]); i++) {
		const json_t *old = json_object_get(was, persons[i]);
		const json_t *new = json_object_get(is, persons[i]);

		if (old != new && !(old && new &&json_equal(old, new))) {
			return true;
		}
	}
	return false;
}

static void take_status(void *user, int status, const json_t *answer, const struct pst_error *error)
{
	struct pst_console_lane *lane = user;

	lane->asks_status = false;
	if (status < 0) {
		return;
	}
	json_t *before = lane->status;
	bool tells = lane->presence == GREETING || differs(before, answer);

	lane->status = json_incref((json_t *)answer);
	lane->status_ms = now_ms(lane);
	if (lane->presence == GREETING) {
		lane->presence = HERE;
		lane->failures = 0;
	}
	if (tells) {
		tell_json(lane, "status", answer);
	}
	json_decref(before);
}

/* Asks how the lane is, for the console itself. */
static void refresh(struct pst_console_lane *lane)
{
	if (lane->presence == HERE && !lane->asks_status) {
		lane->asks_status = true;
		lane->moved = false;
		pst_console_lane_ask(lane, "status", NULL, take_status, lane);
	}
}

void pst_console_lane_ask(struct pst_console_lane *lane, const char *what, json_t *fields,
	pst_console_answer_fn answered, void *user)
{
	char *text = word_request(what, fields);
	const json_t *known =
		text ? pst_console_recent_find(&lane->recent, text, now_ms(lane)) : NULL;
	struct pst_error error = {0};
	int status;

	if (known) {
		free(text);
		answered(user, 0, known, &error);
		return;
	}
	if (answered != take_status && strcmp(what, "status") == 0) {
		refresh(lane); /* what others are told the console knows too */
	}
	if (kind_of(what) == PST_CONSOLE_DEED) {
		pst_console_recent_forget(&lane->recent);
	}
	status = lane->presence == HERE ? ask(lane, what, text, answered, user, &error)
					: set_away(lane, &error);
	free(text);
	if (status < 0) {
		answered(user, status, NULL, &error);
	}
}

static void subscribe(struct pst_console_lane *lane)
{
	char *text = word_request("subscribe", NULL);
	struct pst_error error = {0};

	lane->asks_status = true;
	if (!text || send_request(lane, text, PST_CONSOLE_DEED, take_status, lane, &error) < 0) {
		hang_up_away(lane, error.text[0] ? error.text : "no memory");
	}
	free(text);
}

static void on_connected(void *user)
{
	struct pst_console_lane *lane = user;

	lane->presence = GREETING;
	lane->counts.connects++;
	lane->requests = 0;
	subscribe(lane);
}

static void on_over(void *user, int status)
{
	hang_up_away(user, status == -ENOENT || status == -ECONNREFUSED
				   ? "no lane listens on its socket"
			   : status == PST_E_END ? "it hung up"
						 : strerror(-status));
}

static void on_overlong(void *user)
{
	hang_up_garbage(user, "a line without an end");
}

static void dial(struct pst_console_lane *lane)
{
	static const struct pst_console_link_calls calls = {
		on_connected, on_line, on_over, on_overlong};

	if (pst_console_link_open(&lane->link, lane->lanes->loop, lane->path, &calls, lane) < 0) {
		lane->redial_ms = now_ms(lane) + PST_CONSOLE_LANE_REDIAL_MAX_MS;
	}
}

static void check_time(struct pst_console_lane *lane)
{
	struct pst_error error = {0};

	if (!lane->link) {
		if (now_ms(lane) >= lane->redial_ms) {
			dial(lane);
		}
	} else if (lane->pending.first &&
		   now_ms(lane) - lane->pending.first->sent_ms >= PST_CONSOLE_LANE_WAIT_MS) {
		(void)pst_error_set(&error, PST_E_TIMEOUT, "lane '%s' did not answer within %d s",
			lane->name, PST_CONSOLE_LANE_WAIT_MS / 1000);
		(void)snprintf(lane->why, sizeof(lane->why), "it does not answer");
		hang_up(lane, &error);
	} else if (now_ms(lane) - lane->status_ms >=
		   (lane->moved ? PST_CONSOLE_LANE_MOVED_MS : PST_CONSOLE_LANE_STATUS_MS)) {
		refresh(lane);
	}
}

static void on_tick(uv_timer_t *timer)
{
	const struct pst_console_lanes *lanes = timer->data;

	for (struct pst_console_lane *at = lanes->first; at; at = at->next) {
		check_time(at);
	}
}

int pst_console_lanes_create(
	struct pst_console_lanes **ret_lanes, struct uv_loop_s *loop, struct pst_error *error)
{
	struct pst_console_lanes *lanes = calloc(1, sizeof(*lanes));

	*ret_lanes = NULL;
	if (!lanes) {
		return pst_error_set(error, -ENOMEM, "no memory for lanes");
	}
	lanes->loop = loop;
	lanes->tick.data = lanes;
	(void)uv_timer_init(loop, &lanes->tick);
	(void)uv_timer_start(&lanes->tick, on_tick, 0, TICK_MS);
	*ret_lanes = lanes;
	return 0;
}

static int check_lane(const struct pst_console_lanes *lanes, const char *name, const char *socket,
	struct pst_error *error)
{
	const struct pst_console_lane *last = lanes->first;

	if (!pst_text_is_id(name)) {
		return pst_error_set(error, PST_E_USAGE,
			"'%.80s' cannot be a lane's name; use letters, digits, - _ and .", name);
	}
	if (pst_console_lanes_find(lanes, name)) {
		return pst_error_set(error, PST_E_USAGE,
			"two lanes are called '%s'; give each a name of its own", name);
	}
	if (strlen(socket) >= PATH_SIZE || socket[0] == 0) {
		return pst_error_set(error, PST_E_USAGE,
			"%s: a socket's path has 1 to %zu bytes; choose a shorter one", socket,
			PATH_SIZE - 1);
	}
	while (last && last->next) {
		last = last->next;
	}
	if (last && last->index + 1 >= PST_CONSOLE_LANES_MAX) {
		return pst_error_set(error, PST_E_USAGE,
			"a console has at most %d lanes; start another one", PST_CONSOLE_LANES_MAX);
	}
	return 0;
}

int pst_console_lanes_add(struct pst_console_lanes *lanes, const char *name, const char *socket,
	struct pst_error *error)
{
	struct pst_console_lane **at = &lanes->first;
	size_t index = 0;
	int status = check_lane(lanes, name, socket, error);
	struct pst_console_lane *lane = status == 0 ? calloc(1, sizeof(*lane)) : NULL;

	if (!lane) {
		return status < 0 ? status
				  : pst_error_set(error, -ENOMEM, "no memory for lane '%s'", name);
	}
	for (; *at; at = &(*at)->next) {
		index++;
	}
	*at = lane;
	lane->lanes = lanes;
	lane->index = index;
	(void)snprintf(lane->name, sizeof(lane->name), "%s", name);
	(void)snprintf(lane->path, sizeof(lane->path), "%s", socket);
	dial(lane);
	return 0;
}

void pst_console_lanes_watch(struct pst_console_lanes *lanes, struct pst_console_watcher *watcher)
{
	watcher->next = lanes->watchers;
	lanes->watchers = watcher;
}

struct pst_console_lane *pst_console_lanes_first(const struct pst_console_lanes *lanes)
{
	return lanes->first;
}

struct pst_console_lane *pst_console_lane_next(const struct pst_console_lane *lane)
{
	return lane->next;
}

struct pst_console_lane *pst_console_lanes_find(
	const struct pst_console_lanes *lanes, const char *name)
{
	struct pst_console_lane *at = lanes->first;

	while (at && strcmp(at->name, name) != 0) {
		at = at->next;
	}
	return at;
}

static void on_tick_closed(uv_handle_t *handle)
{
	struct pst_console_lanes *lanes = handle->data;
	struct pst_console_lane *at = lanes->first;

	while (at) {
		struct pst_console_lane *next = at->next;

		json_decref(at->status);
		pst_console_recent_forget(&at->recent);
		free(at);
		at = next;
	}
	free(lanes);
}

void pst_console_lanes_close(struct pst_console_lanes **lanes)
{
	if (!*lanes) {
		return;
	}
	(*lanes)->watchers = NULL;
	for (struct pst_console_lane *at = (*lanes)->first; at; at = at->next) {
		hang_up_away(at, "the console ends");
	}
	uv_close((uv_handle_t *)&(*lanes)->tick, on_tick_closed);
	*lanes = NULL;
}

const char *pst_console_lane_name(const struct pst_console_lane *lane)
{
	return lane->name;
}

size_t pst_console_lane_index(const struct pst_console_lane *lane)
{
	return lane->index;
}

const char *pst_console_lane_why(const struct pst_console_lane *lane)
{
	return lane->presence == HERE ? "" : lane->why;
}

bool pst_console_lane_is_here(const struct pst_console_lane *lane)
{
	return lane->presence == HERE;
}

const json_t *pst_console_lane_status(const struct pst_console_lane *lane, int64_t *ret_age_ms)
{
	if (ret_age_ms) {
		*ret_age_ms = (int64_t)(now_ms(lane) - lane->status_ms);
	}
	return lane->status;
}

const struct pst_console_lane_counts *pst_console_lane_counts(const struct pst_console_lane *lane)
{
	return &lane->counts;
}
