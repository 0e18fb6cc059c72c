/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POSTERN_MATCHER_H
#define POSTERN_MATCHER_H

#include "postern/entry.h"

#define PST_CANDIDATES_MAX 100
#define PST_PROBES_MAX 256 /* of one search_batch */

/** One gallery entry found by a search. Since abi 1.0 */
struct pst_candidate {
	uint64_t key; /* as given to add */
	float score;  /* in the manifest's range, higher is more alike; never NaN */
	uint32_t reserved;
};

/**
 * Calls of a matcher: a gallery of templates of one contract, and comparisons with it.
 *
 * Order: add and remove in any number, seal, then verify and search; add and remove after seal
 * need another seal. A template of 0 bytes is what is left of a failed extraction: PST_E_FORMAT,
 * and bytes may be NULL then. The order of add changes no score.
 * Since abi 1.0
 */
struct pst_matcher {
	uint32_t size; /* sizeof(struct pst_matcher) of the plugin */
	uint32_t reserved;

	/**
	 * Puts a template under a key; several templates may share a key (one person).
	 *
	 * @param bytes  borrowed until return: the plugin copies
	 * @return 0; PST_E_FORMAT the template is not of a kind it can compare; -ENOMEM
	 * On error the gallery is unchanged.
	 * [control & running]
	 */
	int (*add)(void *self, uint64_t key, const uint8_t *bytes, uint32_t size);

	/**
	 * Takes every template of the key out and wipes it. It cannot fail.
	 *
	 * @return count removed; 0 if there was none
	 * [control & running]
	 */
	int (*remove)(void *self, uint64_t key);

	/**
	 * Makes the gallery ready for verify and search.
	 *
	 * @return 0; -ENOMEM; PST_E_PLUGIN
	 * [control & running]
	 */
	int (*seal)(void *self);

	/**
	 * Compares a probe with the templates of one key (1:1); the best score counts.
	 *
	 * @param probe      borrowed until return, size bytes; not kept
	 * @param ret_score  in the manifest's range, higher is more alike; never NaN
	 * @return 0; PST_E_NOT_FOUND no template under that key; PST_E_FORMAT the probe is not of a
	 *         kind it can compare; PST_E_PLUGIN, also when not sealed since the last change
	 * On error ret_score is ignored.
	 * [frame & running]
	 */
	int (*verify)(
		void *self, const uint8_t *probe, uint32_t size, uint64_t key, float *ret_score);

	/**
	 * Compares a probe with the whole gallery (1:N).
	 *
	 * @param probe       borrowed until return, size bytes; not kept
	 * @param candidates  the host's array, not zeroed, room for cap entries
	 *                    (1..PST_CANDIDATES_MAX); filled best first, each key at most once
	 * @return count written: cap, or the number of keys where that is less; PST_E_FORMAT;
	 *         PST_E_PLUGIN, also when not sealed since the last change
	 * On error what stands in candidates is ignored.
	 * [frame & running]
	 */
	int (*search)(void *self, const uint8_t *probe, uint32_t size,
		struct pst_candidate *candidates, uint32_t cap);

	/**
	 * Compares several probes with the whole gallery; optional, NULL: the host calls search.
	 *
	 * Candidates of each probe are those that search gives for it.
	 *
	 * @param probes  count probes of size bytes each, back to back
	 * @param count   1..PST_PROBES_MAX
	 * @param candidates  the host's array, count * cap entries: those of probe i begin at
	 *                    i * cap
	 * @param ret_counts  the host's array, count entries: how many of each are filled
	 * @return 0; as search
	 * On error what stands in candidates and ret_counts is ignored.
	 * [frame & running]
	 */
	int (*search_batch)(void *self, const uint8_t *probes, uint32_t size, uint32_t count,
		struct pst_candidate *candidates, uint32_t cap, uint32_t *ret_counts);
};

#endif
