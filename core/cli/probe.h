/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_PROBE_H
#define PST_CLI_PROBE_H

#include <stdio.h>

#include <jansson.h>

#include "devices/device.h"

/*
 * What one learns of a source by taking its frames for a while without looking into them: how many
 * came, how evenly, how old, how large, what was lost and by what.
 */

#define PST_PROBE_BINS 16
#define PST_PROBE_COURSE_MAX 600 /* points of a curve over time */

/** What is wrong with a source, a bit each. */
enum pst_probe_problem {
	PST_PROBE_PROBLEM_UNSET = 0,
	PST_PROBE_PROBLEM_LOST = 1 << 0,    /* numbers that the driver skipped */
	PST_PROBE_PROBLEM_DAMAGED = 1 << 1, /* flagged, undersized, torn */
	PST_PROBE_PROBLEM_SLOW = 1 << 2,    /* the rate agreed on is not held */
	PST_PROBE_PROBLEM_DARK = 1 << 3,    /* exposure takes longer than a frame may */
	PST_PROBE_PROBLEM_NOTHING = 1 << 4, /* not one frame came */
	PST_PROBE_PROBLEM_FAILED = 1 << 5,  /* unplugged, stalled, wedged */
};

/** A row of samples, as far as it is of interest. All 0 where there were none. */
struct pst_probe_spread {
	uint64_t count;
	double least;
	double median; /* the lower one of two */
	double p99;    /* 99 of 100 are no larger */
	double most;
	double mean;
	double deviation; /* standard deviation, of all samples */
};

/** How many intervals are how long: bin i holds [from + i * width, from + (i + 1) * width). */
struct pst_probe_bins {
	double from_ms;
	double width_ms;
	unsigned bins;	/* up to PST_PROBE_BINS */
	uint64_t below; /* shorter than from */
	uint64_t above; /* longer than the last bin */
	uint64_t at[PST_PROBE_BINS];
};

/** A curve over time: the largest value of each stretch. */
struct pst_probe_course {
	unsigned points;
	double seconds; /* from the first point to behind the last */
	float at[PST_PROBE_COURSE_MAX];
};

struct pst_probe_summary {
	struct pst_device_info info;
	struct pst_device_counts counts;
	char failure[512]; /* why the source failed; "" if it did not */
	bool checked;	   /* frames were looked into, so that torn ones are known */
	double seconds;	   /* from the first frame's capture to the last one's */
	double rate;	   /* frames per second handed over; 0 unknown */
	double made_rate;  /* with those that were lost or damaged in between */
	bool may_slow;	   /* the camera's automatic exposure may lower its rate */
	double first_ms;   /* from start to the first frame; live sources only */
	struct pst_probe_spread interval_ms; /* between frames without a loss in between */
	struct pst_probe_spread age_ms;	     /* when handed over; live sources only */
	struct pst_probe_spread bytes;	     /* of a frame; JPEGs only */
	struct pst_probe_spread exposure_ms; /* as asked from the camera now and then */
	struct pst_probe_bins bins;	     /* of interval_ms */
	struct pst_probe_course intervals;   /* ms */
	struct pst_probe_course sizes;	     /* bytes */
	double cpu_us;			     /* of this process per frame taken */
	double cpu_share;		     /* of one core; live sources only */
	unsigned problems;		     /* PST_PROBE_PROBLEM_* */
};

/** The samples of one source. */
struct pst_probe;

/** @return 0 or -ENOMEM */
int pst_probe_create(struct pst_probe **ret_probe) PST_MUST_CHECK;

/** Accepts NULL inside. */
void pst_probe_destroy(struct pst_probe **probe);

/**
 * Takes a frame that pst_device_next handed over.
 *
 * @param now_ns  CLOCK_MONOTONIC when it was handed over; 0: its age means nothing
 * @return 0 or -ENOMEM
 */
int pst_probe_frame(
	struct pst_probe *probe, const struct pst_frame *frame, int64_t now_ns) PST_MUST_CHECK;

/** Takes an exposure time. @return 0 or -ENOMEM */
int pst_probe_exposure(struct pst_probe *probe, int64_t exposure_ns) PST_MUST_CHECK;

/** @return seconds from the first frame's capture to the last one's */
double pst_probe_seconds(const struct pst_probe *probe);

/**
 * Works out what the samples come to. The caller has filled info, counts, failure, checked,
 * may_slow and first_ms; the rest is filled here.
 *
 * @param cpu_ns  that this process took meanwhile
 * @return 0 or -ENOMEM
 */
int pst_probe_summarize(const struct pst_probe *probe, int64_t cpu_ns,
	struct pst_probe_summary *summary) PST_MUST_CHECK;

/** Writes one problem as a sentence that says what to do. @param problem  one bit that is set */
void pst_probe_problem_text(const struct pst_probe_summary *summary, enum pst_probe_problem problem,
	char *text, size_t size);

/** Prints a report for people. */
void pst_probe_print(const struct pst_probe_summary *summary, FILE *to);

/** Prints one self-contained HTML page with curves. */
void pst_probe_print_html(const struct pst_probe_summary *summary, FILE *to);

/** @return the summary as JSON, the caller's; NULL: out of memory */
json_t *pst_probe_json(const struct pst_probe_summary *summary);

#endif
