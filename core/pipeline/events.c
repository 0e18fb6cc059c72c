/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/events.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"

#define TEXT_SIZE 1024 /* bytes of a text in an event */
#define DIGEST_SIZE 32

struct pst_events {
	int fd; /* owned; -1: only a listener */
	char lane[72];
	uint64_t sequence;
	uint64_t lost;
	int status;
	bool slow; /* the reader missed an event and has not caught up */
	struct {
		pst_events_line_fn line;
		void *user;
	} listeners[PST_EVENTS_LISTENERS_MAX];
	size_t listener_count;
};

static const char *const idle_names[] = {"returned-unread", "not-streaming"};
static const char *const end_names[] = {"fault", "stopped", "ended"};
static const char *const cause_names[] = {
	"fault", "decided", "opted-out", "withdrawn", "expired", "left", "notice"};
static const char *const lost_names[] = {"failed", "unplugged", "stalled", "wedged"};
static const char *const worker_names[] = {"vision", "match"};
static const char *const failure_names[] = {"crashed", "hung", "protocol", "refused", "start"};

#define NAME_OF(names, value)                                                                      \
	((size_t)(value) < sizeof(names) / sizeof(names[0]) ? names[value] : names[0])

int pst_events_open(
	struct pst_events **ret_events, const char *path, const char *lane, struct pst_error *error)
{
	struct pst_events *events = calloc(1, sizeof(*events));

	*ret_events = NULL;
	if (!events || pst_text_copy(events->lane, sizeof(events->lane), lane) < 0) {
		free(events);
		return pst_error_set(error, -ENOMEM, "no memory for the events of a lane");
	}
	events->fd = -1;
	if (path) {
		events->fd =
			strcmp(path, "-") == 0
				? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
				: open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY,
					  0600);
		if (events->fd < 0) {
			int status = -errno;

			free(events);
			return pst_error_set(error, status, "%s: cannot write events: %s", path,
				strerror(-status));
		}
	}
	*ret_events = events;
	return 0;
}

void pst_events_listen(struct pst_events *events, pst_events_line_fn line, void *user)
{
	if (events) {
		assert(events->listener_count < PST_EVENTS_LISTENERS_MAX);
		events->listeners[events->listener_count].line = line;
		events->listeners[events->listener_count++].user = user;
	}
}

uint64_t pst_events_lost(const struct pst_events *events)
{
	return events ? events->lost : 0;
}

int pst_events_status(const struct pst_events *events)
{
	return events ? events->status : 0;
}

void pst_events_close(struct pst_events **events)
{
	if (*events) {
		pst_fd_close(&(*events)->fd);
	}
	free(*events);
	*events = NULL;
}

/* A text as JSON: cut to size, and what is not UTF-8 replaced. */
static json_t *text_of(const char *text)
{
	char copy[TEXT_SIZE + 1];

	(void)snprintf(copy, sizeof(copy), "%s", text ? text : "");
	json_t *json = json_string(copy);
	if (json) {
		return json;
	}
	for (char *at = copy; *at; at++) {
		if ((unsigned char)*at >= 0x80) {
			*at = '?';
		}
	}
	return json_string(copy);
}

static json_t *text_or_null(const char *text)
{
	return text ? text_of(text) : json_null();
}

/* Milliseconds with three digits behind the point. */
static json_t *ms_of(int64_t ns)
{
	int64_t us = ns > 0 ? ns / 1000 : 0;

	return json_real((double)us / 1000);
}

static json_t *ms_or_null(int64_t ns)
{
	return ns < 0 ? json_null() : ms_of(ns);
}

static json_t *count_of(uint64_t count)
{
	return json_integer(count > INT64_MAX ? INT64_MAX : (json_int_t)count);
}

static json_t *frames_of(const struct pst_events_frames *frames)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "seen", count_of(frames->seen), "leased",
		count_of(frames->leased), "withheld", count_of(frames->withheld), "lost",
		count_of(frames->lost), "damaged", count_of(frames->damaged));
}

static json_t *texts_of(const char *const *texts, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		(void)json_array_append_new(list, text_of(texts[i]));
	}
	return list;
}

static json_t *authority_of(enum pst_authority authority)
{
	return authority == PST_AUTHORITY_NONE ? json_null()
					       : json_string(pst_authority_name(authority));
}

static json_t *match_of(const struct pst_events_match *match)
{
	return json_pack("{s:s, s:f, s:b, s:o}", "mode", match->identify ? "identify" : "verify",
		"fmr", match->fmr, "matched", match->matched, "rank",
		match->identify && match->rank ? count_of(match->rank) : json_null());
}

static json_t *stored_of(const struct pst_events_stored *stored)
{
	char expires[PST_CLOCK_TEXT_SIZE];

	pst_clock_format_s(stored->expires_s, expires);
	return json_pack("{s:o, s:s, s:o, s:s}", "store", text_of(stored->store), "where",
		stored->where, "class", text_of(stored->retention), "expires", expires);
}

static json_t *choice_of(enum pst_choice choice)
{
	switch (choice) {
	case PST_CHOICE_CONSENT:
	case PST_CHOICE_DECLINE:
	case PST_CHOICE_WITHDRAW:
		return json_string(pst_choice_name(choice));
	default:
		return json_null();
	}
}

static int write_line(struct pst_events *events, const char *line, size_t size)
{
	struct pollfd ready = {.fd = events->fd, .events = POLLOUT};
	int count = poll(&ready, 1, events->slow ? 0 : PST_EVENTS_WAIT_MS);

	events->slow = count <= 0;
	if (count <= 0) {
		return -EAGAIN;
	}
	ssize_t n = write(events->fd, line, size);
	if (n < 0) {
		return -errno;
	}
	return pst_fd_write_full(events->fd, line + n, size - (size_t)n);
}

static void send(struct pst_events *events, json_t *event)
{
	const size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(15);
	char *line = event ? json_dumps(event, flags) : NULL;

	if (!line) {
		events->lost++;
		return;
	}
	size_t size = strlen(line);
	if (events->fd >= 0) {
		line[size] = '\n'; /* in place of the NUL, for one write */
		int status = write_line(events, line, size + 1);
		line[size] = 0;
		if (status < 0) {
			events->lost++;
		}
		if (status < 0 && status != -EAGAIN && events->status == 0) {
			events->status = status;
		}
	}
	for (size_t i = 0; i < events->listener_count; i++) {
		events->listeners[i].line(events->listeners[i].user, line, size);
	}
	free(line);
}

/* Takes fields. What could not be built for want of memory is lost, and shows as a gap. */
static void emit(struct pst_events *events, int64_t now_ns, const char *kind, json_t *fields)
{
	char wall[PST_CLOCK_TEXT_SIZE];

	pst_clock_format_s(pst_clock_wall_s(), wall);
	json_t *event = json_pack("{s:i, s:o, s:o, s:s, s:s, s:s}", "v", PST_EVENTS_VERSION, "seq",
		count_of(events->sequence++), "t_ms", ms_of(now_ns), "wall", wall, "lane",
		events->lane, "kind", kind);
	if (!event || !fields || json_object_update(event, fields) < 0) {
		json_decref(event);
		event = NULL;
	}
	json_decref(fields);
	send(events, event);
	json_decref(event);
}

static json_t *plugins_of(const struct pst_events_lane *lane)
{
	return lane->recording
		       ? json_null()
		       : json_pack("{s:o, s:o, s:o, s:o, s:o}", "detector", text_of(lane->detector),
				 "quality", text_of(lane->quality), "pad", text_or_null(lane->pad),
				 "extractor", text_of(lane->extractor), "matcher",
				 text_of(lane->matcher));
}

void pst_events_lane_opened(
	struct pst_events *events, int64_t now_ns, const struct pst_events_lane *lane)
{
	char digest[2 * DIGEST_SIZE + 1];
	char day[PST_CLOCK_TEXT_SIZE];

	if (!events) {
		return;
	}
	pst_bytes_to_hex(lane->policy_digest, DIGEST_SIZE, digest);
	pst_clock_format_day(lane->day, day);
	json_t *fields = json_pack("{s:o, s:{s:o, s:s, s:s}, s:o, s:o, s:o, s:o, s:o}", "version",
		text_of(lane->version), "policy", "id", text_of(lane->policy), "digest", digest,
		"day", day, "direction", text_of(lane->direction), "environment",
		text_of(lane->environment), "purpose", text_of(lane->purpose), "mode",
		text_of(lane->mode), "source", text_of(lane->source));
	json_t *rest = json_pack("{s:o, s:s*, s:s, s:s, s:o, s:b, s:s}", "plugins",
		plugins_of(lane), "recording", lane->recording, "sandbox",
		lane->sandboxed ? "strict" : "off", "idle", NAME_OF(idle_names, lane->idle),
		"gallery", text_or_null(lane->gallery), "vault", lane->vault, "pictures",
		lane->pictures ? "masked" : "off");
	if (json_object_update(fields, rest) < 0) {
		json_decref(fields);
		fields = NULL;
	}
	json_decref(rest);
	emit(events, now_ns, "lane.opened", fields);
}

static json_t *version_of(int64_t version, const uint8_t *digest)
{
	char hex[2 * DIGEST_SIZE + 1];

	pst_bytes_to_hex(digest, DIGEST_SIZE, hex);
	return json_pack("{s:I, s:s}", "version", (json_int_t)version, "digest", hex);
}

void pst_events_policy_changed(
	struct pst_events *events, int64_t now_ns, const struct pst_events_policy *change)
{
	if (!events) {
		return;
	}
	emit(events, now_ns, "policy.changed",
		json_pack("{s:o, s:o, s:o}", "policy", text_of(change->policy), "from",
			version_of(change->from_version, change->from_digest), "to",
			version_of(change->to_version, change->to_digest)));
}

void pst_events_lane_closed(
	struct pst_events *events, int64_t now_ns, const struct pst_events_lane_end *end)
{
	if (!events) {
		return;
	}
	emit(events, now_ns, "lane.closed",
		json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "reason",
			NAME_OF(end_names, end->reason), "encounters", count_of(end->encounters),
			"frames", frames_of(&end->frames), "settling", count_of(end->settling),
			"stale", count_of(end->stale), "losses", count_of(end->losses)));
}

void pst_events_source_opened(
	struct pst_events *events, int64_t now_ns, const struct pst_events_source *source)
{
	if (!events) {
		return;
	}
	emit(events, now_ns, "source.opened",
		json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:f, s:b, s:o, s:o}", "uri",
			text_of(source->uri), "name", text_of(source->name), "driver",
			text_of(source->driver), "format", text_of(source->format), "width",
			count_of(source->width), "height", count_of(source->height), "fps",
			source->fps, "live", source->live, "domain", text_of(source->domain),
			"choice", text_of(source->choice)));
}

void pst_events_source_lost(
	struct pst_events *events, int64_t now_ns, const char *text, enum pst_events_lost cause)
{
	if (!events) {
		return;
	}
	emit(events, now_ns, "source.lost",
		json_pack(
			"{s:o, s:s}", "text", text_of(text), "cause", NAME_OF(lost_names, cause)));
}

void pst_events_source_mismatch(struct pst_events *events, int64_t now_ns, const char *text)
{
	if (!events) {
		return;
	}
	emit(events, now_ns, "source.identity-mismatch", json_pack("{s:o}", "text", text_of(text)));
}

void pst_events_source_returned(
	struct pst_events *events, int64_t now_ns, int64_t away_ns, int64_t ready_ns)
{
	if (!events) {
		return;
	}
	emit(events, now_ns, "source.returned",
		json_pack(
			"{s:o, s:o}", "away_ms", ms_of(away_ns), "ready_ms", ms_or_null(ready_ns)));
}

void pst_events_source_failed(
	struct pst_events *events, int64_t now_ns, const char *text, int64_t retry_ns)
{
	if (!events) {
		return;
	}
	emit(events, now_ns, "source.failed",
		json_pack("{s:o, s:o}", "error", text_of(text), "retry_ms", ms_or_null(retry_ns)));
}

void pst_events_source_ended(
	struct pst_events *events, int64_t now_ns, const struct pst_events_frames *frames)
{
	if (!events) {
		return;
	}
	emit(events, now_ns, "source.ended", json_pack("{s:o}", "frames", frames_of(frames)));
}

void pst_events_encounter_opened(struct pst_events *events, int64_t now_ns, uint64_t encounter,
	const struct pst_events_person *person)
{
	if (!events) {
		return;
	}
	emit(events, now_ns, "encounter.opened",
		json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "encounter", count_of(encounter),
			"category", text_of(person->category), "known_by",
			text_of(person->known_by), "age_band", text_of(person->age_band),
			"direction", text_of(person->direction), "environment",
			text_of(person->environment)));
}

void pst_events_encounter_noticed(struct pst_events *events, int64_t now_ns, uint64_t encounter,
	enum pst_notice notice, const char *version)
{
	if (!events) {
		return;
	}
	/* An unset notice is none. */
	enum pst_notice shown = notice == PST_NOTICE_UNSET ? PST_NOTICE_ABSENT : notice;
	emit(events, now_ns, "encounter.noticed",
		json_pack("{s:o, s:s, s:o}", "encounter", count_of(encounter), "notice",
			pst_notice_name(shown), "version", text_or_null(version)));
}

void pst_events_encounter_chose(
	struct pst_events *events, int64_t now_ns, uint64_t encounter, enum pst_choice choice)
{
	json_t *name = choice_of(choice);

	if (!events || json_is_null(name)) {
		json_decref(name);
		return;
	}
	emit(events, now_ns, "encounter.chose",
		json_pack("{s:o, s:o}", "encounter", count_of(encounter), "choice", name));
}

void pst_events_permit_granted(
	struct pst_events *events, int64_t now_ns, const struct pst_events_permit *permit)
{
	if (!events) {
		return;
	}
	emit(events, now_ns, "permit.granted",
		json_pack("{s:o, s:o, s:s, s:o, s:o, s:o}", "encounter",
			count_of(permit->encounter), "permit", count_of(permit->permit),
			"authority", pst_authority_name(permit->authority), "rule",
			text_of(permit->rule), "sources",
			texts_of(permit->sources, permit->source_count), "valid_ms",
			ms_of(permit->valid_ns)));
}

void pst_events_permit_revoked(struct pst_events *events, int64_t now_ns, uint64_t encounter,
	uint64_t permit, enum pst_events_cause cause, uint64_t leased)
{
	if (!events) {
		return;
	}
	emit(events, now_ns, "permit.revoked",
		json_pack("{s:o, s:o, s:s, s:o}", "encounter", count_of(encounter), "permit",
			count_of(permit), "cause", NAME_OF(cause_names, cause), "leased",
			count_of(leased)));
}

static json_t *components_of(const struct pst_events_shot *shot)
{
	json_t *components = json_object();

	for (size_t i = 0; i < shot->component_count; i++) {
		(void)json_object_set_new(
			components, shot->components[i].name, count_of(shot->components[i].score));
	}
	return components;
}

void pst_events_encounter_captured(struct pst_events *events, int64_t now_ns, uint64_t encounter,
	const struct pst_events_shot *shot)
{
	if (!events) {
		return;
	}
	emit(events, now_ns, "encounter.captured",
		json_pack("{s:o, s:o, s:o, s:o, s:o}", "encounter", count_of(encounter), "face_px",
			count_of(shot->face_px), "quality", count_of(shot->quality), "components",
			components_of(shot), "faces", count_of(shot->faces)));
}

static json_t *finding_of(const struct pst_events_finding *finding)
{
	return json_pack("{s:s, s:b, s:o}", "answer", finding->answer, "required",
		finding->required, "reason", text_of(finding->reason));
}

void pst_events_pad_result(struct pst_events *events, int64_t now_ns, uint64_t encounter,
	const struct pst_events_pad *pad)
{
	if (!events) {
		return;
	}
	emit(events, now_ns, "pad.result",
		json_pack("{s:o, s:b, s:o, s:o}", "encounter", count_of(encounter), "clear",
			pad->clear, "impersonation", finding_of(&pad->impersonation), "evasion",
			finding_of(&pad->evasion)));
}

void pst_events_match_result(struct pst_events *events, int64_t now_ns, uint64_t encounter,
	const struct pst_events_match *match, int64_t duration_ns)
{
	if (!events) {
		return;
	}
	emit(events, now_ns, "match.result",
		json_pack("{s:o, s:o, s:o}", "encounter", count_of(encounter), "match",
			match_of(match), "duration_ms", ms_of(duration_ns)));
}

void pst_events_vault_stored(struct pst_events *events, int64_t now_ns, uint64_t encounter,
	const struct pst_events_stored *stored)
{
	if (!events) {
		return;
	}
	emit(events, now_ns, "vault.stored",
		json_pack("{s:o, s:o}", "encounter", count_of(encounter), "stored",
			stored_of(stored)));
}

static json_t *timings_of(const struct pst_events_closed *closed)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "to_permit_ms",
		ms_or_null(closed->to_permit_ns), "to_first_face_ms",
		ms_or_null(closed->to_first_face_ns), "to_best_shot_ms",
		ms_or_null(closed->to_best_shot_ns), "to_decision_ms",
		ms_or_null(closed->to_decision_ns), "total_ms", ms_of(closed->total_ns));
}

/* The decision: who, what, why. */
static json_t *decision_of(const struct pst_events_closed *closed)
{
	enum pst_outcome outcome =
		closed->outcome == PST_OUTCOME_UNSET ? PST_OUTCOME_REFER_FAULT : closed->outcome;
	bool explained = outcome == PST_OUTCOME_REFER_NOT_CAPTURED &&
			 closed->reason != PST_CAPTURE_REASON_UNSET;

	return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:s}", "encounter",
		count_of(closed->encounter), "category", text_of(closed->category), "verdict",
		pst_verdict_name(closed->verdict), "authority", authority_of(closed->authority),
		"rule", text_or_null(closed->rule), "sources",
		texts_of(closed->sources, closed->source_count), "outcome",
		pst_outcome_name(outcome), "reason",
		explained ? json_string(pst_capture_reason_name(closed->reason)) : json_null(),
		"choice", choice_of(closed->choice), "idle", NAME_OF(idle_names, closed->idle));
}

void pst_events_encounter_closed(
	struct pst_events *events, int64_t now_ns, const struct pst_events_closed *closed)
{
	if (!events) {
		return;
	}
	json_t *stored = json_array();
	for (size_t i = 0; i < closed->stored_count; i++) {
		(void)json_array_append_new(stored, stored_of(&closed->stored[i]));
	}
	json_t *fields = decision_of(closed);
	json_t *rest = json_pack("{s:o, s:{s:o}, s:o, s:o, s:o, s:o, s:o}", "frames",
		frames_of(&closed->frames), "faces", "bystanders_max",
		count_of(closed->bystanders_max), "timings", timings_of(closed), "match",
		closed->match ? match_of(closed->match) : json_null(), "stored", stored, "receipt",
		text_or_null(closed->receipt), "audit",
		closed->audit < 0 ? json_null() : count_of((uint64_t)closed->audit));
	if (json_object_update(fields, rest) < 0) {
		json_decref(fields);
		fields = NULL;
	}
	json_decref(rest);
	emit(events, now_ns, "encounter.closed", fields);
}

void pst_events_worker_started(struct pst_events *events, int64_t now_ns,
	enum pst_events_worker worker, bool sandboxed, int64_t start_ns)
{
	if (!events) {
		return;
	}
	emit(events, now_ns, "worker.started",
		json_pack("{s:s, s:s, s:o}", "worker", NAME_OF(worker_names, worker), "sandbox",
			sandboxed ? "strict" : "off", "start_ms", ms_of(start_ns)));
}

void pst_events_worker_failed(struct pst_events *events, int64_t now_ns,
	enum pst_events_worker worker, enum pst_events_failure cause, const char *text)
{
	if (!events) {
		return;
	}
	emit(events, now_ns, "worker.failed",
		json_pack("{s:s, s:s, s:o}", "worker", NAME_OF(worker_names, worker), "cause",
			NAME_OF(failure_names, cause), "error", text_of(text)));
}

const char *pst_events_failure_name(enum pst_events_failure cause)
{
	return failure_names[cause];
}

void pst_events_worker_quarantined(struct pst_events *events, int64_t now_ns,
	enum pst_events_worker worker, const struct pst_events_plugin *plugins, size_t count,
	const char *text)
{
	json_t *list;

	if (!events) {
		return;
	}
	list = json_array();
	for (size_t i = 0; i < count; i++) {
		(void)json_array_append_new(list,
			json_pack("{s:s, s:s}", "id", plugins[i].id, "sha256", plugins[i].sha256));
	}
	emit(events, now_ns, "worker.quarantined",
		json_pack("{s:s, s:o, s:o}", "worker", NAME_OF(worker_names, worker), "plugins",
			list, "error", text_of(text)));
}

void pst_events_worker_restarted(struct pst_events *events, int64_t now_ns,
	enum pst_events_worker worker, uint32_t restarts, int64_t gap_ns)
{
	if (!events) {
		return;
	}
	emit(events, now_ns, "worker.restarted",
		json_pack("{s:s, s:o, s:o}", "worker", NAME_OF(worker_names, worker), "restarts",
			count_of(restarts), "gap_ms", ms_of(gap_ns)));
}

void pst_events_fallback(struct pst_events *events, int64_t now_ns, const char *what,
	const char *wanted, const char *used, const char *why)
{
	if (!events) {
		return;
	}
	emit(events, now_ns, "fallback",
		json_pack("{s:o, s:o, s:o, s:o}", "what", text_of(what), "wanted", text_of(wanted),
			"used", text_of(used), "why", text_of(why)));
}

void pst_events_warning(struct pst_events *events, int64_t now_ns, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	if (!events) {
		return;
	}
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	emit(events, now_ns, "warning", json_pack("{s:o}", "text", text_of(text)));
}
