/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "console/link.h"
#include "fake_lane.h"

static struct pst_console_watcher watcher;
static char told[4096];

/* What came back for the letters of those who asked. */
static int came[128];
static json_t *said[128];
static char why[512];

static void answered(void *user, int status, const json_t *answer, const struct pst_error *failure)
{
	size_t who = (size_t)(uintptr_t)user;

	cr_assert_eq(came[who], 1, "answered once");
	cr_assert_eq(status == 0, failure->text[0] == 0);
	came[who] = status;
	said[who] = json_incref((json_t *)answer);
	(void)snprintf(why, sizeof(why), "%s", failure->text);
}

static void ask(char who, const char *what, json_t *fields)
{
	came[(size_t)who] = 1;
	pst_console_lane_ask(lane, what, fields, answered, (void *)(uintptr_t)who);
}

static void on_told(
	void *user, struct pst_console_lane *from, const char *kind, const char *line, size_t size)
{
	size_t end = strlen(told);

	cr_assert_eq(from, lane);
	(void)snprintf(told + end, sizeof(told) - end, "%s=%.*s;", kind, (int)size, line);
}

static void begin(void)
{
	set_up();
	watcher = (struct pst_console_watcher){.tell = on_told};
	pst_console_lanes_watch(lanes, &watcher);
}

static void end(void)
{
	leave();
	for (size_t i = 0; i < 128; i++) {
		json_decref(said[i]);
	}
}

TestSuite(lane, .init = begin, .fini = end);

static bool b_came(void)
{
	return came['b'] != 1;
}

Test(lane, it_subscribes_and_then_is_here)
{
	serve();
	add();
	cr_expect_not(pst_console_lane_is_here(lane));
	cr_assert(run_until(is_dialled, 1000));
	cr_expect_str_eq(hear(), "{\"id\":1,\"v\":1,\"do\":\"subscribe\"}");
	cr_expect_not(pst_console_lane_is_here(lane));
	say("{\"v\":1,\"id\":1,\"ok\":true," STATUS "}\n");
	cr_assert(run_until(is_here, 1000));
	cr_expect_str_eq(told, "status={\"ok\":true," STATUS "};");
	cr_expect_str_eq(pst_console_lane_why(lane), "");
}

Test(lane, a_line_may_come_in_pieces_and_two_at_once)
{
	meet();
	told[0] = 0;
	say("{\"v\":1,\"kind\":\"enc");
	(void)run_until(NULL, 20);
	say("ounter.opened\",\"n\":1}\n{\"v\":1,\"kind\":\"encounter.noticed\"}\n{\"v\":1,");
	(void)run_until(NULL, 20);
	cr_expect_str_eq(told, "encounter.opened={\"v\":1,\"kind\":\"encounter.opened\",\"n\":1};"
			       "encounter.noticed={\"v\":1,\"kind\":\"encounter.noticed\"};");
	say("\"lost\":7}\n");
	(void)run_until(NULL, 20);
	cr_expect(strstr(told, "lost={\"lost\":7};"));
	cr_expect_eq(pst_console_lane_counts(lane)->lost, 7);
	cr_expect_eq(pst_console_lane_counts(lane)->events, 2);
}

Test(lane, answers_come_in_order_to_who_asked)
{
	meet();
	ask('a', "decline", json_pack("{s:i}", "encounter", 3));
	ask('b', "close", NULL);
	cr_expect_str_eq(hear(), "{\"id\":2,\"v\":1,\"do\":\"decline\",\"encounter\":3}");
	cr_expect_str_eq(hear(), "{\"id\":3,\"v\":1,\"do\":\"close\"}");
	say("{\"v\":1,\"id\":2,\"ok\":true,\"x\":5}\n"
	    "{\"v\":1,\"id\":3,\"ok\":false,\"code\":\"no\",\"error\":\"nobody is there\"}\n");
	cr_assert(run_until(b_came, 1000));
	cr_expect_eq(came['a'], 0);
	cr_expect_eq(json_integer_value(json_object_get(said['a'], "x")), 5);
	cr_expect_null(json_object_get(said['a'], "id"));
	cr_expect_eq(came['b'], PST_E_NOT_FOUND);
	cr_expect_str_eq(why, "nobody is there");
}

Test(lane, one_question_serves_many_until_something_happens)
{
	meet();
	ask('a', "policy", NULL);
	ask('b', "policy", NULL);
	answer("\"ok\":true,\"n\":1");
	cr_assert(run_until(b_came, 1000));
	cr_expect_eq(said['a'], said['b']);
	ask('c', "policy", NULL);
	cr_expect_eq(came['c'], 0, "known at once");
	say("{\"v\":1,\"kind\":\"policy.changed\"}\n");
	(void)run_until(NULL, 20);
	ask('d', "policy", NULL);
	cr_expect_eq(came['d'], 1, "asked again after an event");
	ask('e', "close", NULL);
	ask('f', "policy", NULL);
	answer("\"ok\":true,\"n\":2");
	answer("\"ok\":true");
	cr_expect_eq(strstr(hear(), "policy") != NULL, true, "asked again after a deed");
}

Test(lane, a_picture_may_be_late_and_is_not_kept)
{
	meet();
	ask('a', "picture", NULL);
	ask('b', "picture", NULL);
	ask('c', "policy", NULL);
	say("{\"v\":1,\"id\":3,\"ok\":true}\n");
	(void)run_until(NULL, 20);
	cr_expect_eq(came['c'], 0);
	cr_expect_eq(came['a'], 1);
	say("{\"v\":1,\"id\":2,\"ok\":true}\n");
	cr_assert(run_until(b_came, 1000));
	cr_expect_eq(came['a'], 0, "both see the one that was under way");
	ask('d', "picture", NULL);
	cr_expect_eq(came['d'], 1, "the next one is taken anew");
}

static void count_refused(
	void *user, int status, const json_t *answer, const struct pst_error *failure)
{
	*(unsigned *)user += status == -EBUSY;
}

Test(lane, who_asks_too_often_is_refused_and_opt_outs_never)
{
	unsigned questions = 0;
	unsigned deeds = 0;

	meet();
	for (int i = 0; i < 120; i++) {
		pst_console_lane_ask(lane, "explain", json_pack("{s:i}", "encounter", i + 1),
			count_refused, &questions);
	}
	cr_expect_eq(questions, 60);
	for (int i = 0; i < 60; i++) {
		pst_console_lane_ask(lane, "notice", NULL, count_refused, &deeds);
	}
	cr_expect_eq(deeds, 30, "deeds have room that questions cannot take");
	ask('d', "decline", NULL);
	ask('e', "withdraw", NULL);
	cr_expect_eq(came['d'], 1);
	cr_expect_eq(came['e'], 1);
}

Test(lane, what_is_too_long_for_a_lane_is_not_sent)
{
	static char much[4096];

	meet();
	memset(much, 'a', sizeof(much) - 1);
	ask('a', "open", json_pack("{s:s}", "category", much));
	cr_expect_eq(came['a'], PST_E_USAGE);
	ask('b', "close", NULL);
	cr_expect_str_eq(hear(), "{\"id\":2,\"v\":1,\"do\":\"close\"}");
}

static void expect_gone(const char *reason)
{
	cr_assert(run_until(is_away, 1000));
	cr_expect_str_eq(pst_console_lane_why(lane), reason);
	cr_expect(strstr(told, "away=null;"));
}

Test(lane, garbage_ends_the_connection_and_all_who_wait_are_told)
{
	meet();
	ask('a', "close", NULL);
	ask('b', "policy", NULL);
	say("hello\n");
	expect_gone("it sent what is no JSON object");
	cr_expect_eq(came['a'], PST_E_FORMAT);
	cr_expect_eq(came['b'], PST_E_FORMAT);
	cr_expect_eq(pst_console_lane_counts(lane)->garbage, 1);
	ask('c', "close", NULL);
	cr_expect_eq(came['c'], PST_E_END);
	cr_expect(strstr(why, "lane 'gate' is away (it sent"), "%s", why);
}

Test(lane, an_answer_to_nothing_is_garbage)
{
	meet();
	ask('a', "close", NULL);
	say("{\"v\":1,\"id\":77,\"ok\":true}\n");
	expect_gone("it sent an answer to nothing that it was asked");
	cr_expect_eq(came['a'], PST_E_FORMAT);
}

Test(lane, neither_answer_nor_event_is_garbage)
{
	meet();
	say("{\"v\":1,\"kind\":\"bad\\nkind\"}\n");
	expect_gone("it sent something that is neither an answer nor an event");
}

Test(lane, a_carriage_return_is_garbage)
{
	meet();
	say("{\"v\":1,\r\"kind\":\"x\"}\n");
	expect_gone("it sent what is no JSON object");
}

Test(lane, a_line_without_an_end_is_garbage)
{
	static char much[4096];

	meet();
	memset(much, ' ', sizeof(much));
	for (size_t i = 0; i < PST_CONSOLE_LINK_LINE_MAX / sizeof(much); i++) {
		cr_assert_eq(pst_fd_write_full(other, much, sizeof(much)), 0);
		(void)run_until(NULL, 2);
	}
	expect_gone("it sent a line without an end");
}

Test(lane, it_is_dialled_again_when_it_is_back)
{
	add();
	cr_assert(run_until(is_away, 1000));
	cr_expect_str_eq(pst_console_lane_why(lane), "no lane listens on its socket");
	cr_expect_str_empty(told, "it never was here");
	serve();
	greet();
	pst_fd_close(&other);
	expect_gone("it hung up");
	told[0] = 0;
	greet();
	cr_expect_str_eq(told, "status={\"ok\":true," STATUS "};");
	cr_expect_eq(pst_console_lane_counts(lane)->connects, 2);
	cr_expect_eq(pst_console_lane_counts(lane)->hang_ups, 1);
}

Test(lane, who_may_not_speak_is_told_why)
{
	serve();
	add();
	cr_assert(run_until(is_dialled, 1000));
	say("{\"v\":1,\"ok\":false,\"code\":\"unsafe\",\"error\":\"user 7 may not\"}\n");
	cr_assert(run_until(is_away, 1000));
	cr_expect_str_eq(pst_console_lane_why(lane), "user 7 may not");
}

static bool is_timed_out(void)
{
	return pst_console_lane_counts(lane)->time_outs > 0;
}

Test(lane, one_that_does_not_answer_counts_as_away, .timeout = 30)
{
	meet();
	ask('a', "decline", NULL);
	cr_expect(strstr(hear(), "decline"));
	(void)run_until(NULL, PST_CONSOLE_LANE_WAIT_MS / 2);
	cr_expect_eq(came['a'], 1);
	cr_assert(run_until(is_timed_out, PST_CONSOLE_LANE_WAIT_MS));
	cr_expect_eq(came['a'], PST_E_TIMEOUT);
	expect_gone("it does not answer");
	(void)send(other, "{\"v\":1,\"id\":2,\"ok\":true}\n", 26, MSG_NOSIGNAL); /* too late */
	pst_fd_close(&other);
	greet();
}

Test(lane, a_notice_that_lapses_is_told_though_no_event_tells_it)
{
	meet();
	told[0] = 0;
	answer("\"ok\":true," STATUS);
	answer("\"ok\":true,\"lane\":\"gate\",\"notice\":{\"state\":\"current\"},\"encounter\":"
	       "null");
	answer("\"ok\":true,\"lane\":\"gate\",\"notice\":{\"state\":\"current\"},\"encounter\":"
	       "null");
	(void)run_until(NULL, 50);
	cr_expect_str_eq(told, "status={\"ok\":true,\"lane\":\"gate\",\"notice\":{\"state\":"
			       "\"current\"},\"encounter\":null};");
	int64_t age_ms = -1;
	cr_expect_not_null(pst_console_lane_status(lane, &age_ms));
	cr_expect_lt(age_ms, 1000);
}

Test(lane, what_others_are_told_the_console_knows_too)
{
	meet();
	answer("\"ok\":true," STATUS);
	(void)run_until(NULL, 250);
	told[0] = 0;
	ask('a', "status", NULL);
	ask('b', "status", NULL);
	answer("\"ok\":true,\"notice\":{\"state\":\"current\"},\"encounter\":null");
	cr_assert(run_until(b_came, 1000));
	cr_expect_eq(came['a'], 0);
	cr_expect_eq(json_equal(pst_console_lane_status(lane, NULL), said['a']), 1);
	cr_expect(strstr(told, "status="));
}

Test(lane, what_cannot_be_a_lane_is_refused)
{
	struct pst_error error = {0};
	char deep[200];

	memset(deep, 'a', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = 0;
	cr_expect_eq(pst_console_lanes_add(lanes, "../x", socket_path, &error), PST_E_USAGE);
	error = (struct pst_error){0};
	cr_expect_eq(pst_console_lanes_add(lanes, "long", deep, &error), PST_E_USAGE);
	error = (struct pst_error){0};
	add();
	cr_expect_eq(pst_console_lanes_add(lanes, "gate", socket_path, &error), PST_E_USAGE);
	cr_expect_str_eq(error.text, "two lanes are called 'gate'; give each a name of its own");
}
