/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_PLUGINS_PORTRAIT_H
#define TEST_PLUGINS_PORTRAIT_H

#include "devices/synthetic/scene.h"
#include "frame/frame.h"

/** A drawn person as an uncompressed frame, and where the face is. */
struct portrait {
	struct pst_synth_face truth;
	struct pst_frame frame; /* BGR24, pixels owned */
};

/** Draws; fails the test if it can't. */
void portrait_draw(struct portrait *portrait, uint32_t identity, uint32_t variation, uint32_t width,
	uint32_t height);

void portrait_free(struct portrait *portrait);

#endif
