/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_EVALUATE_CAPTURE_H
#define PST_EVALUATE_CAPTURE_H

#include <stdbool.h>

#include "devices/device.h"
#include "evaluate/dataset.h"
#include "host/worker.h"
#include "postern/pad.h"

/** Why a picture gave no template, in the order a lane looks at it. X(NAME, "text") */
#define PST_FAILURE_MAP(X)                                                                         \
	X(UNREADABLE, "unreadable")                                                                \
	X(NO_FACE, "no face")                                                                      \
	X(TOO_SMALL, "too small")                                                                  \
	X(TOO_DARK, "too dark")                                                                    \
	X(TOO_BRIGHT, "too bright")                                                                \
	X(TURNED, "turned")                                                                        \
	X(BLURRED, "blurred")                                                                      \
	X(POOR_QUALITY, "poor quality, says the extractor")                                        \
	X(ELECTIVE, "refused by the extractor")                                                    \
	X(FAULT, "plugin fault")

enum pst_failure {
	PST_FAILURE_NONE = 0,
#define PST_FAILURE_ENUM(name, text) PST_FAILURE_##name,
	PST_FAILURE_MAP(PST_FAILURE_ENUM)
#undef PST_FAILURE_ENUM
		PST_FAILURE_COUNT
};

/** @return "no face", ...; "" for none */
const char *pst_failure_text(enum pst_failure failure);

/** The two questions of presentation attack detection, as in pst_pad_result. */
enum pst_pad_question {
	PST_PAD_QUESTION_IMPERSONATION,
	PST_PAD_QUESTION_EVASION,
	PST_PAD_QUESTION_COUNT,
};

#define PST_PAD_ANSWER_COUNT (PST_PAD_UNCERTAIN + 1)

/** What a detector of presentation attacks made of a sample. */
enum pst_sample_pad {
	PST_SAMPLE_PAD_NOT_ASKED = 0, /* there is none, or no face came to it */
	PST_SAMPLE_PAD_UNDECIDED,     /* it could not tell */
	PST_SAMPLE_PAD_JUDGED,
};

struct pst_sample_answer {
	uint32_t answer; /* enum pst_pad_answer */
	float score;
};

#define PST_SAMPLE_NO_TEMPLATE UINT32_MAX

/** A picture, or a frame of a recording, and what became of it. */
struct pst_sample {
	uint32_t file;
	uint32_t subject;
	int64_t frame; /* of a recording; -1 a picture */
	enum pst_failure failure;
	uint32_t faces;	   /* in the picture; the widest is taken */
	bool has_quality;  /* not of chips */
	uint8_t quality;   /* overall, 0..100 */
	uint32_t template; /* its number, or PST_SAMPLE_NO_TEMPLATE */
	enum pst_sample_pad pad;
	struct pst_sample_answer answer[PST_PAD_QUESTION_COUNT]; /* if judged */
};

/** Templates live here, in memory, and nowhere else. Zeroed is a valid empty one. */
struct pst_samples {
	struct pst_sample *at; /* owned */
	uint32_t count;
	uint8_t *templates; /* owned; wiped when freed */
	uint32_t template_count;
	uint32_t template_room;
	uint32_t template_size; /* bytes of each */
};

/** Told as things go on. @return false to give up */
typedef bool (*pst_evaluate_progress_fn)(
	void *user, const char *what, uint64_t done, uint64_t total);

struct pst_capture_config {
	const struct pst_plugin *detector;
	const struct pst_plugin *extractor;
	const struct pst_plugin *quality;
	const struct pst_plugin *pad; /* NULL: nobody looks for presentation attacks */
	enum pst_worker_sandbox sandbox;
	const struct pst_worker_setting *settings; /* borrowed */
	uint32_t setting_count;
	bool chips;	    /* pictures are cut and aligned as the extractor wants them */
	uint32_t min_width; /* px: a narrower face is too small */
	uint32_t every;	    /* of a recording every so many-th frame; 0: only the first */
	int (*open)(void *user, const char *path, struct pst_device **ret_device,
		struct pst_error *error);
	pst_evaluate_progress_fn progress; /* may be NULL */
	void *user;			   /* of open and progress */
};

/**
 * Makes a template of each picture as a lane would, in the same worker: the widest face, unless it
 * is not fit for one. What goes wrong with a picture is its sample's failure; what goes wrong with
 * all of them is an error.
 *
 * @return 0; PST_E_PLUGIN the plugins cannot be used; -ECANCELED progress gave up; -errno
 */
int pst_capture_run(const struct pst_capture_config *config, const struct pst_dataset *dataset,
	struct pst_samples *ret_samples, struct pst_error *error) PST_MUST_CHECK;

/** @return its bytes, or NULL without one */
const uint8_t *pst_samples_template(const struct pst_samples *samples, uint32_t sample);

/** Wipes, frees and zeroes the struct. */
void pst_samples_finish(struct pst_samples *samples);

#endif
