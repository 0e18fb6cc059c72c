/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_SYNTHETIC_BACKDROP_H
#define PST_DEVICES_SYNTHETIC_BACKDROP_H

#include "devices/synthetic/sprite.h"

#define PST_NOISE_SIZE (1u << 16)
#define PST_NOISE_TAIL (3u * 4096u)

/** Camera noise, drawn once: signed steps of brightness, with a tail so that any row fits. */
struct pst_noise {
	int8_t steps[PST_NOISE_SIZE + PST_NOISE_TAIL];
};

/** Paints a hall out of focus: wall, panels, lamps. It never looks like a face. */
void pst_backdrop_paint(uint64_t key, const struct pst_picture *picture);

/** Paints the plain, even wall of a document picture. */
void pst_backdrop_paint_plain(uint64_t key, const struct pst_picture *picture);

void pst_noise_fill(struct pst_noise *noise, uint64_t key);

/** Adds the noise of one frame; key chooses it. Rows are at most PST_NOISE_TAIL bytes. */
void pst_noise_add(const struct pst_noise *noise, uint64_t key, const struct pst_picture *picture);

#endif
