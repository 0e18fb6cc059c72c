/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WORKER_VIEW_H
#define PST_WORKER_VIEW_H

#include <stdint.h>

#include "frame/frame.h"
#include "wire/message.h"
#include "worker/decode.h"

/**
 * What a plugin gets to see of a frame, as its manifest asks for: the whole picture (`input`), or
 * one face cut out and aligned (`chip`).
 */
struct pst_view {
	struct pst_picture picture; /* owned */
	struct pst_face face;	    /* as it lies in the picture */
};

/** Size of a whole picture for a plugin: longer side at most its input size, never enlarged. */
void pst_view_fit(const struct pst_wire_plugin *plugin, uint32_t width, uint32_t height,
	uint32_t *ret_width, uint32_t *ret_height);

/** Shapes a whole picture, its sides rounded up to the plugin's multiple. @return 0 or -ENOMEM */
int pst_view_shape(const struct pst_wire_plugin *plugin, uint32_t width, uint32_t height,
	struct pst_picture *picture) PST_MUST_CHECK;

/** A face of full image space in a picture's space. */
void pst_view_face(const struct pst_geometry *geometry, const struct pst_face *face,
	struct pst_face *ret_face);

/**
 * Decodes what is needed of a frame and fills the view.
 *
 * @param part  the part of the frame that a chip is cut from; memory only
 * @param face  full image space, with landmarks
 * @return 0; PST_E_NO_FACE no chip can be cut; else as pst_decode
 */
int pst_view_fill(struct pst_view *view, const struct pst_wire_plugin *plugin,
	struct pst_decoder *decoder, struct pst_picture *part, const struct pst_frame *frame,
	const struct pst_face *face) PST_MUST_CHECK;

/**
 * A black picture of the real size with a face where one would be, for the warm-up.
 *
 * @param width  of frames, px
 * @return 0 or -ENOMEM
 */
int pst_view_blank(struct pst_view *view, const struct pst_wire_plugin *plugin, uint32_t width,
	uint32_t height) PST_MUST_CHECK;

void pst_view_wipe(struct pst_view *view);
void pst_view_finish(struct pst_view *view);

#endif
