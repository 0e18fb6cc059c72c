/* SPDX-License-Identifier: Apache-2.0 */
#include "console/scrape.h"

#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "console/admit.h"
#include "console/console.h"
#include "console/exposition.h"
#include "console/http.h"
#include "console/lane.h"
#include "console/metrics.h"
#include "console/server.h"
#include "console/session.h"
#include "console/stream.h"

/* A request under way: as many lanes as there are, each asked for its health. */
struct scrape {
	struct pst_http_request *request;
	size_t open; /* answers that have not come, and one while they are asked for */
	struct asked {
		struct scrape *scrape;
		json_t *health; /* owned; NULL: none */
	} asked[PST_CONSOLE_LANES_MAX];
};

static void put_one(struct pst_exposition *to, const char *name, const char *type, const char *help,
	uint64_t value)
{
	pst_exposition_family(to, name, type, help);
	pst_exposition_sample(to, name, "", (double)value, NULL);
}

static void put_console(struct pst_exposition *to, const struct pst_console *console)
{
	static const char *const classes[] = {NULL, "1xx", "2xx", "3xx", "4xx", "5xx"};
	struct pst_server_counts counts;

	pst_server_count(console->server, &counts);
	put_one(to, "postern_console_connections", "gauge", "Connections to the console.",
		counts.open);
	put_one(to, "postern_console_connections_total", "counter", "Of these, so far.",
		counts.accepted);
	put_one(to, "postern_console_connections_crowded_out_total", "counter",
		"Connections cut off to make room for others.", counts.crowded_out);
	put_one(to, "postern_console_connections_timed_out_total", "counter",
		"Connections cut off for what took too long.", counts.timed_out);
	put_one(to, "postern_console_events_lost_total", "counter",
		"Events that browsers were too slow for.", pst_streams_lost(console->streams));
	pst_exposition_family(
		to, "postern_console_replies_total", "counter", "Replies by the class of status.");
	for (size_t i = 1; i < sizeof(classes) / sizeof(classes[0]); i++) {
		pst_exposition_sample(to, "postern_console_replies_total", "",
			(double)counts.replies[i], "code", classes[i], NULL);
	}
	pst_exposition_family(
		to, "postern_console_sessions", "gauge", "Who is logged in, by role.");
	for (enum pst_role role = PST_ROLE_TRAVELER; role < PST_ROLE_COUNT; role++) {
		size_t sessions =
			pst_sessions_count(console->door->sessions, role, uv_now(console->loop));

		pst_exposition_sample(to, "postern_console_sessions", "", (double)sessions, "role",
			pst_role_name(role), NULL);
	}
}

static size_t gather(const struct scrape *scrape, struct pst_metrics_lane *to)
{
	const struct pst_console *console = scrape->request->console;
	size_t count = 0;

	for (const struct pst_console_lane *at = pst_console_lanes_first(console->lanes); at;
		at = pst_console_lane_next(at)) {
		struct pst_metrics_lane *lane = &to[count++];

		*lane = (struct pst_metrics_lane){.name = pst_console_lane_name(at),
			.here = pst_console_lane_is_here(at),
			.health = scrape->asked[pst_console_lane_index(at)].health,
			.subscribers = pst_streams_count(console->streams, at),
			.counts = pst_console_lane_counts(at)};
		lane->status = pst_console_lane_status(at, &lane->age_ms);
	}
	return count;
}

static void finish(struct scrape *scrape)
{
	struct pst_metrics_lane lanes[PST_CONSOLE_LANES_MAX];
	struct pst_exposition text = {0};

	pst_metrics_write(&text, lanes, gather(scrape, lanes));
	put_console(&text, scrape->request->console);
	if (text.failed) {
		pst_http_reply_error(scrape->request, 503, "busy", "no memory; try again");
	} else {
		pst_http_reply_bytes(
			scrape->request, 200, PST_EXPOSITION_TYPE, text.text.data, text.text.size);
	}
	pst_bytes_finish(&text.text);
	for (size_t i = 0; i < PST_CONSOLE_LANES_MAX; i++) {
		json_decref(scrape->asked[i].health);
	}
	free(scrape);
}

static void close_one(struct scrape *scrape)
{
	if (--scrape->open == 0) {
		finish(scrape);
	}
}

static void on_health(void *user, int status, const json_t *answer, const struct pst_error *error)
{
	struct asked *asked = user;

	asked->health = json_incref((json_t *)answer);
	close_one(asked->scrape);
}

void pst_scrape_metrics(struct pst_http_request *request)
{
	struct scrape *scrape = calloc(1, sizeof(*scrape));

	if (!scrape) {
		pst_http_reply_error(request, 503, "busy", "no memory; try again");
		return;
	}
	scrape->request = request;
	scrape->open = 1;
	for (struct pst_console_lane *at = pst_console_lanes_first(request->console->lanes); at;
		at = pst_console_lane_next(at)) {
		struct asked *asked = &scrape->asked[pst_console_lane_index(at)];

		asked->scrape = scrape;
		scrape->open++;
		pst_console_lane_ask(at, "health", NULL, on_health, asked);
	}
	close_one(scrape);
}

void pst_scrape_health(struct pst_http_request *request)
{
	pst_http_reply_bytes(request, 200, "text/plain; charset=utf-8", "ok\n", 3);
}
