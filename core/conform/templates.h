/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONFORM_TEMPLATES_H
#define PST_CONFORM_TEMPLATES_H

#include <stdbool.h>
#include <stdint.h>

#include "conform/trial.h"
#include "postern/extractor.h"

/** What templates a matcher takes; zeroed: none known. */
struct pst_template_shape {
	uint32_t element; /* bytes: 4 float32, 2 uint16, 1 uint8 */
	uint32_t dimension;
};

/**
 * Looks for a shape that a matcher takes, of the types declared; its gallery is empty before and
 * after.
 *
 * @param types  mask of 1 << enum pst_template_type, as its manifest says
 * @return whether there is one
 */
bool pst_template_find(
	struct pst_trial *trial, uint32_t types, struct pst_template_shape *ret_shape);

static inline uint32_t pst_template_size(const struct pst_template_shape *shape)
{
	return shape->element * shape->dimension;
}

/** Makes up a template: the same number, the same bytes; different numbers are hardly alike. */
void pst_template_make(const struct pst_template_shape *shape, uint64_t number, uint8_t *ret_bytes);

#endif
