/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_TEST_PIPELINE_LIVE_H
#define PST_TEST_PIPELINE_LIVE_H

#include "devices/impl.h"

/*
 * A live source made for tests: frames by a clock, a driver's queue of four, and losses on purpose.
 *
 *   struct live *live = live_open(100);
 *   live->fail_after = 20;      each session fails with its 20th frame ...
 *   live->away_ms = 30;         ... and the source is back 30 ms later
 *
 * Every frame begins with a mark of its session and number, so that a test sees which ones reached
 * somebody.
 */

#define LIVE_QUEUE 4
#define LIVE_WIDTH 128
#define LIVE_HEIGHT 96

struct live_mark {
	uint32_t session; /* from 1 */
	uint32_t number;  /* from 0, of the session */
	int64_t captured_ns;
};

struct live {
	struct pst_device device;
	int64_t interval_ns;

	/* Set by the test. */
	uint32_t fail_after;	    /* frames of a session; 0: it never fails */
	uint32_t fails_left;	    /* so many sessions fail; UINT32_MAX: all */
	int fail_status;	    /* of next; 0: next says nothing, and check finds a stall */
	bool fails_in_map;	    /* by map in place of next */
	enum pst_device_away cause; /* of the failure */
	uint32_t away_ms;	    /* until it may be back; UINT32_MAX: never */
	uint32_t strangers;	    /* so often another camera is found in its place first */
	uint32_t bad_starts;	    /* so many starts fail */
	uint32_t settling;	    /* first frames of each session */
	bool narrows;		    /* takes a mode of half the height at its start */
	bool gone_while_stopped;    /* noticed by return, once */
	bool fixed;		    /* return_fd is -1 */

	/* Kept. */
	int timer;
	int back;
	uint32_t session;
	uint32_t made;	  /* frames of this session, lost ones too */
	int64_t begun_ns; /* of this session */
	uint32_t queued;
	uint32_t number[LIVE_QUEUE];
	uint32_t handed; /* frames of this session */
	uint64_t handed_all;
	uint64_t lost_all;
	uint64_t released;
	uint32_t starts;
	uint32_t returns; /* calls of come_back */
	uint64_t polls;	  /* calls of next that gave nothing */
	uint32_t checks;
	int64_t back_ns; /* when it may be back; 0: it is there */
	uint8_t picture[LIVE_QUEUE][LIVE_WIDTH * LIVE_HEIGHT];
};

/** @param fps  frames per second @return to be closed with pst_device_close */
struct live *live_open(uint32_t fps);

/** Has a source that is stopped noticed to be gone. */
void live_pull(struct live *live);

#endif
