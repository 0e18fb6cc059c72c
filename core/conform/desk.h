/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONFORM_DESK_H
#define PST_CONFORM_DESK_H

#include <stdbool.h>
#include <stdint.h>

#include "conform/exam.h"
#include "postern/extractor.h"
#include "postern/matcher.h"

#define PST_DESK_ROOM (PST_CANDIDATES_MAX + 16) /* candidates; more than may be asked for */

/**
 * A matcher of its own for one check, with a small gallery: template number i under
 * pst_desk_key(i). The process has one.
 */
struct pst_desk {
	struct pst_trial trial;
	const struct pst_matcher *calls;
	struct pst_template_shape shape;
	uint32_t size; /* bytes of a template */
	int count;     /* what the last search returned */
	struct pst_candidate found[PST_DESK_ROOM];
	uint8_t bytes[PST_TEMPLATE_MAX];
};

uint64_t pst_desk_key(uint64_t number);

/**
 * Starts an instance and fills its gallery.
 *
 * @return PASS; else what the check ends with
 */
enum pst_mark pst_desk_open(struct pst_exam *exam, uint32_t templates, struct pst_desk **ret_desk);

void pst_desk_close(void);

/** The calls, with made-up templates. @return what the plugin returned */
int pst_desk_add(struct pst_desk *desk, uint64_t key, uint64_t number);
int pst_desk_add_bytes(struct pst_desk *desk, uint64_t key, const uint8_t *bytes, uint32_t size);
int pst_desk_remove(struct pst_desk *desk, uint64_t key);
int pst_desk_seal(struct pst_desk *desk);
int pst_desk_verify(struct pst_desk *desk, uint64_t number, uint64_t key, float *ret_score);
int pst_desk_verify_bytes(
	struct pst_desk *desk, const uint8_t *bytes, uint32_t size, uint64_t key, float *ret_score);
int pst_desk_search(struct pst_desk *desk, uint64_t number, uint32_t cap);
int pst_desk_search_bytes(struct pst_desk *desk, const uint8_t *bytes, uint32_t size, uint32_t cap);

/** @return whether the key is among the candidates of the last search */
bool pst_desk_has(const struct pst_desk *desk, uint64_t key);

#endif
