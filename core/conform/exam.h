/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONFORM_EXAM_H
#define PST_CONFORM_EXAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "conform/album.h"
#include "conform/report.h"
#include "conform/surroundings.h"
#include "conform/templates.h"
#include "conform/trial.h"
#include "wire/message.h"

/**
 * One run of checks on one plugin, in the process postern-conform. One thread, the one that makes
 * all calls.
 */
struct pst_exam {
	struct pst_wire_plugin plugin; /* as postern sent it */
	struct pst_plan plan;
	enum pst_check current;
	char text[PST_REPORT_TEXT_SIZE]; /* the finding of the current check */
	struct pst_trial trial;		 /* the instance that most checks share */
	struct pst_error why;		 /* it cannot be loaded, or not started */
	bool tried_load;
	bool tried_init;
	struct pst_album album;		 /* of a kind that sees */
	struct pst_template_shape shape; /* of a matcher, once it is known */
	struct pst_surroundings began;	 /* before the library was loaded */
	struct pst_surroundings loaded;	 /* before init */
	struct pst_surroundings started; /* after init */
};

/** A check, as the files of each group list them; a list ends with run NULL. */
struct pst_check_run {
	enum pst_check check;
	enum pst_mark (*run)(struct pst_exam *exam);
	uint32_t limit_ms; /* 0: the usual one */
};

extern const struct pst_check_run pst_runs_library[];
extern const struct pst_check_run pst_runs_life[];
extern const struct pst_check_run pst_runs_option[];
extern const struct pst_check_run pst_runs_frame[];
extern const struct pst_check_run pst_runs_picture[];
extern const struct pst_check_run pst_runs_detect[];
extern const struct pst_check_run pst_runs_extract[];
extern const struct pst_check_run pst_runs_assess[];
extern const struct pst_check_run pst_runs_judge[];
extern const struct pst_check_run pst_runs_match[];
extern const struct pst_check_run pst_runs_guest[];

/** What a check ends with: the finding, and what it means. */
enum pst_mark pst_fail(struct pst_exam *exam, const char *format, ...) PST_PRINTF(2, 3);
enum pst_mark pst_skip(struct pst_exam *exam, const char *format, ...) PST_PRINTF(2, 3);

/** The same, loaded when it is first asked for, without an instance. @return NULL: exam->why */
struct pst_trial *pst_exam_library(struct pst_exam *exam);

/**
 * The instance that checks share, started when it is first asked for.
 *
 * @return NULL: the check ends with pst_no_instance(), or tells exam->why
 */
struct pst_trial *pst_exam_trial(struct pst_exam *exam);

/** A part of the surroundings, as pst_surroundings_same_* compare it. */
typedef bool (*pst_same_fn)(const struct pst_surroundings *before,
	const struct pst_surroundings *after, char *ret_what, size_t size);

/** @return PASS when a part is as it was, else FAIL with what has changed it: "loading" */
enum pst_mark pst_keeps(struct pst_exam *exam, pst_same_fn same,
	const struct pst_surroundings *before, const struct pst_surroundings *after,
	const char *who);

/** @return PST_MARK_SKIP: there is nothing to try, life.init says why */
enum pst_mark pst_no_instance(struct pst_exam *exam);

/** @return PST_MARK_SKIP: the machine has not enough memory for the check */
enum pst_mark pst_no_memory(struct pst_exam *exam);

/** Runs the plan and sends its reports. @return 0, or PST_E_CORRUPT, -errno: postern is gone */
int pst_exam_run(struct pst_exam *exam, int control) PST_MUST_CHECK;

void pst_exam_finish(struct pst_exam *exam);

#endif
