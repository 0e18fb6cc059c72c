/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "console/console.h"
#include "console/http.h"
#include "console/stream.h"
#include "control/feed.h"
#include "fake_lane.h"

/* The HTTP server in this test: replies are kept, and read when the test wants to. */

static struct pst_console console;
static struct pst_error error;
static struct pst_http_request first;
static struct pst_http_request second;
static pst_http_read_fn reader;
static unsigned refused; /* status */
static unsigned woken;

void pst_http_reply_stream(
	struct pst_http_request *request, const char *type, pst_http_read_fn read)
{
	cr_expect_str_eq(type, "text/event-stream");
	reader = read;
}

void pst_http_reply_error(struct pst_http_request *request, unsigned status, const char *code,
	const char *format, ...)
{
	refused = status;
}

void pst_http_wake(struct pst_http_request *request)
{
	woken++;
}

static void begin(void)
{
	set_up();
	cr_assert_eq(pst_streams_open(&console.streams, &loop, lanes, &error), 0);
	console.lanes = lanes;
	first = second = (struct pst_http_request){
		.console = &console, .parameter = {"gate", "", ""}, .role = PST_ROLE_OFFICER};
}

static void end(void)
{
	pst_console_lanes_close(&lanes);
	if (first.gone) {
		first.gone(&first);
	}
	if (second.gone) {
		second.gone(&second);
	}
	cr_expect_eq(pst_streams_lost(console.streams) > 0, refused == 1);
	pst_streams_close(&console.streams);
	run_out();
}

TestSuite(stream, .init = begin, .fini = end);

/* All that there is for a browser that reads so many bytes at once. */
static const char *read_all(struct pst_http_request *request, size_t at_once)
{
	static char text[1 << 20];
	size_t size = 0;
	ssize_t got;

	while ((got = reader(request, text + size, at_once)) > 0) {
		cr_assert_leq((size_t)got, at_once);
		size += (size_t)got;
	}
	text[size] = 0;
	return text;
}

static bool is_begun(void)
{
	return reader != NULL;
}

static void listen_to(struct pst_http_request *request)
{
	reader = NULL;
	pst_stream_events(request);
	if (!reader) {
		cr_expect_str_eq(answer("\"ok\":true," STATUS), "status");
	}
	cr_assert(run_until(is_begun, 1000));
}

static void tell(const char *kind)
{
	char line[128];

	(void)snprintf(line, sizeof(line), "{\"v\":1,\"kind\":\"%s\"}\n", kind);
	say(line);
	(void)run_until(NULL, 10);
}

#define FIRST "event: status\ndata: {\"ok\":true," STATUS "}\n\n"

Test(stream, status_first_then_each_event)
{
	meet();
	tell("encounter.opened");
	listen_to(&first);
	cr_expect_str_eq(read_all(&first, 4096), FIRST, "nothing that was before");
	woken = 0;
	tell("source.lost");
	cr_expect_eq(woken, 1);
	tell("permit.granted");
	cr_expect_str_eq(read_all(&first, 4096),
		"event: source.lost\ndata: {\"v\":1,\"kind\":\"source.lost\"}\n\n"
		"event: permit.granted\ndata: {\"v\":1,\"kind\":\"permit.granted\"}\n\n");
	cr_expect_str_empty(read_all(&first, 4096));
}

Test(stream, it_is_the_same_in_pieces_of_any_size)
{
	meet();
	for (size_t size = 1; size < 9; size += 3) {
		listen_to(&first);
		tell("source.lost");
		cr_expect_str_eq(read_all(&first, size),
			FIRST "event: source.lost\ndata: {\"v\":1,\"kind\":\"source.lost\"}\n\n");
		first.gone(&first);
		first.gone = NULL;
	}
}

Test(stream, a_travelers_display_gets_encounters_alone)
{
	meet();
	first.role = PST_ROLE_TRAVELER;
	listen_to(&first);
	tell("worker.started");
	tell("permit.granted");
	tell("encounters.other");
	tell("encounter.closed");
	cr_expect_str_eq(read_all(&first, 4096),
		FIRST "event: encounter.closed\ndata: {\"v\":1,\"kind\":\"encounter.closed\"}\n\n");
}

Test(stream, each_browser_has_its_own_place)
{
	meet();
	listen_to(&first);
	(void)read_all(&first, 4096);
	tell("one");
	listen_to(&second);
	tell("two");
	cr_expect_str_eq(
		read_all(&second, 4096), FIRST "event: two\ndata: {\"v\":1,\"kind\":\"two\"}\n\n");
	cr_expect_str_eq(read_all(&first, 4096),
		"event: one\ndata: {\"v\":1,\"kind\":\"one\"}\n\n"
		"event: two\ndata: {\"v\":1,\"kind\":\"two\"}\n\n");
	cr_expect_eq(pst_streams_count(console.streams, lane), 2);
	second.gone(&second);
	second.gone = NULL;
	cr_expect_eq(pst_streams_count(console.streams, lane), 1);
}

Test(stream, who_is_too_slow_is_told_how_much_is_lost)
{
	static char many[(PST_FEED_LINES + 7) * 32];

	meet();
	listen_to(&first);
	for (int i = 0; i < PST_FEED_LINES + 7; i++) {
		size_t size = strlen(many);

		(void)snprintf(many + size, sizeof(many) - size, "{\"kind\":\"k.%d\"}\n", i);
	}
	say(many);
	(void)run_until(NULL, 100);
	cr_expect(strstr(read_all(&first, 700), FIRST
		"event: lost\ndata: {\"lost\":7}\n\nevent: k.7\ndata: {\"kind\":\"k.7\"}\n\n"));
	cr_expect_eq(pst_streams_lost(console.streams), 7);
	refused = 1;
}

Test(stream, what_the_lane_lost_is_told_too)
{
	meet();
	listen_to(&first);
	say("{\"v\":1,\"lost\":212}\n");
	(void)run_until(NULL, 10);
	cr_expect_str_eq(read_all(&first, 4096), FIRST "event: lost\ndata: {\"lost\":212}\n\n");
}

Test(stream, a_lane_that_goes_and_comes)
{
	meet();
	listen_to(&first);
	(void)shutdown(other, SHUT_RDWR);
	cr_assert(run_until(is_away, 1000));
	close(other);
	other = -1;
	cr_expect_str_eq(read_all(&first, 4096), FIRST "event: away\ndata: null\n\n");
	listen_to(&second);
	cr_expect_str_eq(read_all(&second, 4096), "event: away\ndata: null\n\n");
	greet();
	cr_expect_str_eq(read_all(&first, 4096), FIRST);
	cr_expect_str_eq(read_all(&second, 4096), FIRST);
}

Test(stream, of_a_lane_that_is_none)
{
	meet();
	first.parameter[0] = "door";
	pst_stream_events(&first);
	cr_expect_eq(refused, 404);
	cr_expect_null(reader);
}
