/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_PIPELINE_MATCH_H
#define PST_PIPELINE_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/worker.h"
#include "vault/vault.h"

/**
 * The lane's end of the match worker: an opened gallery and the threshold it is held against.
 *
 * The gallery goes from the vault to the worker template by template, each in locked memory; the
 * worker never sees a picture. All calls: [control]
 */
struct pst_match {
	struct pst_worker *worker; /* owned; NULL: there is no gallery, so nothing ever matches */
	struct pst_vault *vault;   /* borrowed */
	const char *gallery;	   /* borrowed */
	uint8_t contract[PST_VAULT_ID_SIZE];
	uint16_t format;		/* the extractor's element type */
	struct pst_threshold threshold; /* fmr 0: uncalibrated */
	char uncalibrated[512];		/* why, one line */
	uint64_t references;
	uint32_t rank; /* last rank that counts in a search */
};

struct pst_match_config {
	const struct pst_plugin *extractor; /* borrowed until open returns */
	const struct pst_plugin *matcher;   /* borrowed while the match lives */
	const char *domain;		    /* "photograph" or "drawn" */
	double fmr;
	uint32_t rank;
	struct pst_vault *vault; /* borrowed while the match lives; NULL: no gallery */
	const char *gallery;	 /* borrowed while the match lives; "": none */
	int64_t now_s;		 /* wall clock */
	const struct pst_worker_setting *settings;
	uint32_t setting_count;
	enum pst_worker_sandbox sandbox;
};

/**
 * Whether a vault with a transform can keep what the extractor makes, and the matcher compare it.
 *
 * @return 0, PST_E_CONFIG
 */
int pst_match_check_transform(const struct pst_vault *vault, const struct pst_plugin *extractor,
	const struct pst_plugin *matcher, struct pst_error *error) PST_MUST_CHECK;

/**
 * Starts the worker, hands it the gallery, and looks up the threshold.
 *
 * A missing calibration is no failure: each comparison then says that it is uncalibrated.
 *
 * @return 0; PST_E_NOT_FOUND no such gallery; PST_E_MISMATCH it holds templates of another
 *         contract; PST_E_VAULT; PST_E_CONFIG; PST_E_PLUGIN. Error filled, nothing left open.
 */
int pst_match_open(struct pst_match *match, const struct pst_match_config *config,
	struct pst_error *error) PST_MUST_CHECK;

/** Stops the worker. Accepts a zeroed struct. */
void pst_match_close(struct pst_match *match);

/** Hands the gallery over again, after the worker was started anew. @return as open */
int pst_match_reload(
	struct pst_match *match, int64_t now_s, struct pst_error *error) PST_MUST_CHECK;

/** What a comparison came to; it never holds a score. */
struct pst_match_result {
	bool calibrated; /* false: nothing else is set */
	bool identify;
	bool matched;
	uint32_t rank;	     /* identify: place of the match, from 1; 0 none */
	double fmr;	     /* that the threshold was measured for */
	int64_t duration_ns; /* of the comparison */
};

/**
 * Compares a template: with one subject's references (1:1), or with the gallery (1:N).
 *
 * In 1:N the FMR holds for each single comparison, as in 1:1.
 *
 * @param subject  NULL: the whole gallery
 * @return 0; PST_E_PLUGIN or PST_E_TIMEOUT: the worker failed, error filled
 */
int pst_match_compare(struct pst_match *match, const uint8_t *template, size_t size,
	const char *subject, struct pst_match_result *ret_result,
	struct pst_error *error) PST_MUST_CHECK;

#endif
