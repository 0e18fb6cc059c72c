/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_STREAM_H
#define PST_CONSOLE_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * What lanes tell, as server-sent events to however many browsers: one subscription per lane, one
 * ring of its newest events, and a place in it per browser. Nobody is waited for: who takes too
 * little loses events and is told how many. A display at the traveler gets the events of encounters
 * alone. All calls: [control]
 */

struct uv_loop_s;
struct pst_console_lane;
struct pst_console_lanes;
struct pst_http_request;
struct pst_streams;

#define PST_STREAMS_MAX 448u	 /* at once; connections are left for all else */
#define PST_STREAM_PING_MS 15000 /* a comment this often, so that a dead connection shows */

/** @param lanes  watched from now on; the streams stay for as long as they do */
int pst_streams_open(struct pst_streams **ret_streams, struct uv_loop_s *loop,
	struct pst_console_lanes *lanes, struct pst_error *error) PST_MUST_CHECK;

/** After the lanes and the server. Closes the timer and sets *streams to NULL; run the loop once
 * more. Accepts NULL inside. */
void pst_streams_close(struct pst_streams **streams);

/** The handler of GET /api/lanes/LANE/events. */
void pst_stream_events(struct pst_http_request *request);

/** @return how many browsers listen to the lane */
size_t pst_streams_count(const struct pst_streams *streams, const struct pst_console_lane *lane);

/** @return events that browsers were too slow for, all together */
uint64_t pst_streams_lost(const struct pst_streams *streams);

#endif
