/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_FAKE_LANE_H
#define PST_TEST_FAKE_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "console/lane.h"

/* The other end of a lane's socket is the test: it says what a lane would, or what none would. */

#define STATUS "\"lane\":\"gate\",\"notice\":{\"state\":\"absent\"},\"encounter\":null"

extern uv_loop_t loop;
extern struct pst_console_lanes *lanes;
extern struct pst_console_lane *lane;
extern char socket_path[64];
extern int other; /* the connection, as the lane has it; -1: none */

/** Makes the loop, the lanes and a folder for the socket. */
void set_up(void);
/** Closes the lanes, runs the loop out and removes what is left. */
void leave(void);
/** Runs the loop until the handles of what a test closed are closed. */
void run_out(void);

/** Runs the loop for a while, or until something holds. @return whether it does */
bool run_until(bool (*holds)(void), int64_t wait_ms);

/** Listens as a lane would. */
void serve(void);
/** Adds the lane "gate" to the console's. */
void add(void);
/** Takes the next connection and answers its subscription. */
void greet(void);
/** All three: a lane that is here. */
void meet(void);
bool is_dialled(void);
bool is_here(void);
bool is_away(void);

/** Writes to the console. */
void say(const char *text);
/** @return the next line that the lane was sent, without its newline; "" if none comes */
const char *hear(void);
/** Answers the next request, whatever its id. @return what it was to do; until the next */
const char *answer(const char *fields);

#endif
