/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USB_CAMERA_FAULT_H
#define USB_CAMERA_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define FAULTS_MAX 32

/**
 * What a camera or its cable may do wrong. X(name, text, lasts, what it does)
 * A lasting fault goes on from where it is triggered; the others befall single frames.
 */
#define FAULT_MAP(X)                                                                               \
	X(ERROR, "error", 0, "sets the error bit in the frame's payload headers")                  \
	X(PACKET, "packet", 0, "one USB packet of the frame fails with -EPROTO")                   \
	X(HOLE, "hole", 0, "one payload in the middle goes missing unnoticed")                     \
	X(HALF, "half", 0, "half the frame, ended as if it were whole")                            \
	X(HALF_EOI, "half-eoi", 0, "half the frame, closed by a JPEG end marker")                  \
	X(GARBAGE, "garbage", 0, "64 bytes in the middle are not the picture's")                   \
	X(SHORT, "short", 0, "three quarters of a raw frame; 100 bytes of a JPEG")                 \
	X(ZERO, "zero", 0, "a frame without a byte")                                               \
	X(WRONG_SIZE, "wrong-size", 0, "a whole frame of half the width and height")               \
	X(UNPLUG, "unplug", 0, "unplugs in the middle of the frame")                               \
	X(FROZEN, "frozen", 1, "sends nothing more, and answers as before")                        \
	X(SLOW, "slow", 1, "sends one frame where by=N (default 4) are due")                       \
	X(DARK, "dark-exposure", 1, "exposes for 66.6 ms as long as exposure is automatic")        \
	X(STALL, "stall", 1, "stalls every class request, until replugged")                        \
	X(WEDGE, "wedge", 1, "answers nothing (-EPROTO), until its port is reset")                 \
	X(NO_SERIAL, "no-serial", 1, "has no serial number from the next plugging on")

enum fault_kind {
	FAULT_NONE = 0,
#define FAULT_ENUM(name, text, lasts, what) FAULT_##name,
	FAULT_MAP(FAULT_ENUM)
#undef FAULT_ENUM
		FAULT_KINDS,
};

enum fault_trigger {
	TRIGGER_ALWAYS = 0,
	TRIGGER_EVERY,	/* frames */
	TRIGGER_AT,	/* frame number, once */
	TRIGGER_AFTER,	/* seconds since the first plugging, once */
	TRIGGER_RANDOM, /* low to high frames from one to the next */
};

struct fault {
	enum fault_kind kind;
	enum fault_trigger trigger;
	uint64_t low, high; /* frames; every and at use low */
	int64_t after_ns;
	int64_t lasts_ns; /* 0: for ever */
	unsigned by;
	/* as it stands */
	uint64_t next; /* random: the frame it comes at */
	bool spent;    /* of a trigger that comes once */
	bool active;   /* a lasting one */
	int64_t began_ns;
};

/** All that is to go wrong, in the order it was asked for. Zeroed it is empty. */
struct fault_script {
	struct fault list[FAULTS_MAX];
	unsigned count;
	uint64_t random; /* state of the generator; see fault_script_start */
	uint64_t asked;	 /* the last frame asked for */
	uint64_t counts[FAULT_KINDS];
};

/**
 * Adds "KIND[:every=N|:at=N|:after=S|:random=LOW-HIGH][:for=S][:by=N]", several with commas
 * between.
 *
 * @return 0, or PST_E_CONFIG with the error filled (names the part that is wrong)
 */
int fault_script_add(
	struct fault_script *script, const char *text, struct pst_error *error) PST_MUST_CHECK;

/** Sets the seed of all that is random; equal seeds give equal faults. */
void fault_script_start(struct fault_script *script, uint32_t seed);

/** Triggers and ends lasting faults by the clock. @param since_ns  since the first plugging */
void fault_script_tick(struct fault_script *script, int64_t since_ns);

/**
 * Says what befalls a frame, and counts it. Lasting faults may begin with it.
 *
 * @param number  of the frame, from 1; asked for again, what befell it is over
 * @return the first fault whose turn it is, or FAULT_NONE
 */
enum fault_kind fault_script_frame(struct fault_script *script, uint64_t number, int64_t since_ns);

/** @return the active lasting fault of this kind, or NULL */
const struct fault *fault_script_active(const struct fault_script *script, enum fault_kind kind);

/** Ends the active ones of this kind, as a reset or a replug does. */
void fault_script_end(struct fault_script *script, enum fault_kind kind);

/** Leaves out those of this kind from now on. */
void fault_script_drop(struct fault_script *script, enum fault_kind kind);

/** @return when the clock next triggers or ends one, since the first plugging; INT64_MAX never */
int64_t fault_script_next_ns(const struct fault_script *script);

/** @return a number below bound, > 0, from the seeded generator */
uint64_t fault_script_random(struct fault_script *script, uint64_t bound);

/** @return "error", ...; "none" */
const char *fault_name(enum fault_kind kind);

/** @return what it does, in a few words */
const char *fault_text(enum fault_kind kind);

#endif
