/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/events.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

struct heard {
	char line[4096];
	unsigned count;
};

static void hear(void *user, const char *line, size_t size)
{
	struct heard *heard = user;

	cr_assert_lt(size, sizeof(heard->line));
	memcpy(heard->line, line, size);
	heard->line[size] = 0;
	heard->count++;
}

static struct pst_events *open_silent(struct heard *heard)
{
	struct pst_error error = {0};
	struct pst_events *events;

	cr_assert_eq(pst_events_open(&events, NULL, "gate-7", &error), 0, "%s", error.text);
	pst_events_listen(events, hear, heard);
	return events;
}

static json_t *parsed(const struct heard *heard)
{
	json_t *json = json_loads(heard->line, JSON_REJECT_DUPLICATES, NULL);

	cr_assert_not_null(json, "%s", heard->line);
	return json;
}

Test(events, a_line_holds_the_common_fields_first)
{
	struct heard heard = {0};
	struct pst_events *events = open_silent(&heard);

	pst_events_warning(events, 1234567, "first");
	cr_expect_eq(strncmp(heard.line, "{\"v\":1,\"seq\":0,\"t_ms\":1.234,\"wall\":\"20", 38), 0,
		"%s", heard.line);
	cr_expect_not_null(strstr(
		heard.line, "\",\"lane\":\"gate-7\",\"kind\":\"warning\",\"text\":\"first\"}"));
	pst_events_warning(events, 2 * PST_NS_PER_S, "second");
	cr_expect_not_null(strstr(heard.line, "\"seq\":1,\"t_ms\":2000.0,"));
	cr_expect_eq(heard.count, 2);
	pst_events_close(&events);
	cr_expect_null(events);
}

Test(events, several_listen)
{
	struct heard heard = {0};
	struct heard other = {0};
	struct pst_events *events = open_silent(&heard);

	pst_events_warning(events, 0, "first");
	pst_events_listen(events, hear, &other);
	pst_events_warning(events, 0, "second");
	cr_expect_eq(heard.count, 2);
	cr_expect_eq(other.count, 1);
	cr_expect_str_eq(heard.line, other.line);
	pst_events_close(&events);
}

Test(events, without_a_stream_nothing_happens)
{
	static const struct pst_events_frames frames;
	static const struct pst_events_closed closed;
	struct pst_events *events = NULL;

	pst_events_listen(NULL, hear, NULL);
	pst_events_warning(NULL, 0, "nobody");
	pst_events_source_ended(NULL, 0, &frames);
	pst_events_encounter_closed(NULL, 0, &closed);
	pst_events_encounter_chose(NULL, 0, 1, PST_CHOICE_DECLINE);
	cr_expect_eq(pst_events_status(NULL), 0);
	cr_expect_eq(pst_events_lost(NULL), 0);
	pst_events_close(&events);
}

Test(events, text_that_is_not_utf8_is_replaced_and_cut)
{
	char longer[3000];
	struct heard heard = {0};
	struct pst_events *events = open_silent(&heard);

	pst_events_source_failed(events, 0, "caf\xe9 \"quoted\"\n", PST_NS_PER_S);
	cr_expect_not_null(
		strstr(heard.line, "\"error\":\"caf? \\\"quoted\\\"\\n\",\"retry_ms\":1000.0}"));
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = 0;
	pst_events_source_failed(events, 0, longer, -1);
	json_t *json = parsed(&heard);
	cr_expect_eq(json_string_length(json_object_get(json, "error")), 1024);
	cr_expect(json_is_null(json_object_get(json, "retry_ms")));
	json_decref(json);
	pst_events_close(&events);
}

Test(events, an_unset_encounter_reads_as_a_refusal)
{
	static const struct pst_events_closed closed = {.audit = -1};
	struct heard heard = {0};
	struct pst_events *events = open_silent(&heard);

	pst_events_encounter_closed(events, 0, &closed);
	json_t *json = parsed(&heard);
	cr_expect_str_eq(json_string_value(json_object_get(json, "verdict")), "refuse");
	cr_expect_str_eq(json_string_value(json_object_get(json, "outcome")), "refer-fault");
	cr_expect_str_eq(json_string_value(json_object_get(json, "idle")), "returned-unread");
	cr_expect(json_is_null(json_object_get(json, "authority")));
	cr_expect(json_is_null(json_object_get(json, "rule")));
	cr_expect(json_is_null(json_object_get(json, "choice")));
	cr_expect(json_is_null(json_object_get(json, "match")));
	cr_expect(json_is_null(json_object_get(json, "audit")));
	cr_expect_eq(json_array_size(json_object_get(json, "stored")), 0);
	json_decref(json);
	pst_events_close(&events);
}

Test(events, a_reason_stands_only_where_nothing_was_captured)
{
	struct pst_events_closed closed = {
		.outcome = PST_OUTCOME_REFER_NOT_CAPTURED, .reason = PST_CAPTURE_REASON_BLURRED};
	struct heard heard = {0};
	struct pst_events *events = open_silent(&heard);

	pst_events_encounter_closed(events, 0, &closed);
	cr_expect_not_null(strstr(heard.line, "\"reason\":\"blurred\""));
	closed.outcome = PST_OUTCOME_REFER_NO_MATCH;
	pst_events_encounter_closed(events, 0, &closed);
	cr_expect_not_null(strstr(heard.line, "\"reason\":null"));
	pst_events_close(&events);
}

Test(events, a_choice_that_is_none_is_no_event)
{
	struct heard heard = {0};
	struct pst_events *events = open_silent(&heard);

	pst_events_encounter_chose(events, 0, 1, PST_CHOICE_NONE);
	pst_events_encounter_chose(events, 0, 1, PST_CHOICE_UNSET);
	cr_expect_eq(heard.count, 0);
	pst_events_encounter_chose(events, 0, 1, PST_CHOICE_WITHDRAW);
	cr_expect_not_null(strstr(heard.line, "\"seq\":0,"));
	cr_expect_not_null(strstr(heard.line, "\"choice\":\"withdraw\""));
	pst_events_close(&events);
}

Test(events, the_rank_of_a_verification_is_null)
{
	struct pst_events_match match = {.fmr = 1e-3, .matched = true, .rank = 1};
	struct heard heard = {0};
	struct pst_events *events = open_silent(&heard);

	pst_events_match_result(events, 0, 1, &match, 250000);
	cr_expect_not_null(strstr(heard.line,
		"\"match\":{\"mode\":\"verify\",\"fmr\":0.001,\"matched\":true,\"rank\":null},"
		"\"duration_ms\":0.25}"));
	match.identify = true;
	pst_events_match_result(events, 0, 1, &match, 250000);
	cr_expect_not_null(strstr(heard.line, "\"rank\":1}"));
	pst_events_close(&events);
}

Test(events, a_file_is_private_and_begins_anew)
{
	const char *path = "events-test.jsonl";
	struct pst_error error = {0};
	struct pst_events *events;
	struct stat st;

	for (int run = 0; run < 2; run++) {
		cr_assert_eq(pst_events_open(&events, path, "gate-7", &error), 0, "%s", error.text);
		pst_events_warning(events, 0, "one");
		pst_events_close(&events);
		cr_assert_eq(stat(path, &st), 0);
		cr_expect_lt(st.st_size, 200);
		cr_expect_eq(st.st_mode & 0777, 0600);
	}
	unlink(path);
	cr_expect_eq(pst_events_open(&events, "no/such/folder", "gate-7", &error), -ENOENT);
	cr_expect_null(events);
	cr_expect_str_eq(
		error.text, "no/such/folder: cannot write events: No such file or directory");
}

Test(events, a_full_disk_is_counted_and_does_not_stop_the_lane)
{
	struct pst_error error = {0};
	struct pst_events *events;
	struct heard heard = {0};

	cr_assert_eq(pst_events_open(&events, "/dev/full", "gate-7", &error), 0, "%s", error.text);
	pst_events_listen(events, hear, &heard);
	pst_events_warning(events, 0, "one");
	pst_events_warning(events, 0, "two");
	cr_expect_eq(pst_events_lost(events), 2);
	cr_expect_eq(pst_events_status(events), -ENOSPC);
	cr_expect_eq(heard.count, 2);
	pst_events_close(&events);
}

Test(events, a_slow_reader_loses_events_and_sees_the_gap)
{
	struct pst_error error = {0};
	struct pst_events *events;
	char path[64];
	char all[1 << 17];
	int ends[2];
	int sent = 0;

	cr_assert_eq(pipe(ends), 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
	cr_assert_eq(pst_events_open(&events, path, "gate-7", &error), 0, "%s", error.text);
	int64_t from = pst_clock_mono_ns();
	while (pst_events_lost(events) < 100) {
		pst_events_warning(events, 0, "%d", sent++);
	}
	cr_expect_lt(pst_clock_mono_ns() - from, 5 * PST_NS_PER_S, "waits for every event");
	cr_expect_eq(pst_events_status(events), 0);
	ssize_t size = read(ends[0], all, sizeof(all) - 1);
	cr_assert_gt(size, 0);
	all[size] = 0;
	cr_expect_eq(all[size - 1], '\n', "a line was cut off");
	pst_events_warning(events, 0, "after");
	size = read(ends[0], all, sizeof(all) - 1);
	cr_assert_gt(size, 0);
	all[size] = 0;
	char sequence[32];
	(void)snprintf(sequence, sizeof(sequence), "\"seq\":%d,", sent);
	cr_expect_not_null(strstr(all, sequence));
	pst_events_close(&events);
}

Test(events, a_reader_that_went_away_is_a_failed_write)
{
	struct pst_error error = {0};
	struct pst_events *events;
	char path[64];
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	cr_assert_eq(pipe(ends), 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
	cr_assert_eq(pst_events_open(&events, path, "gate-7", &error), 0, "%s", error.text);
	close(ends[0]);
	pst_events_warning(events, 0, "one");
	cr_expect_eq(pst_events_status(events), -EPIPE);
	pst_events_close(&events);
}
