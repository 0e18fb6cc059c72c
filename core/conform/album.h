/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONFORM_ALBUM_H
#define PST_CONFORM_ALBUM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "conform/pages.h"
#include "postern/face.h"
#include "postern/image.h"
#include "wire/message.h"

/** What a picture shows. Faces are drawn, of invented people. */
enum pst_content {
	PST_CONTENT_FACE = 0, /* one person */
	PST_CONTENT_OTHER,    /* another one */
	PST_CONTENT_SEVERAL,  /* four times the one */
	PST_CONTENT_BLURRED,
	PST_CONTENT_DARK,
	PST_CONTENT_ROTATED_90,
	PST_CONTENT_ROTATED_180,
	PST_CONTENT_MIRRORED,
	PST_CONTENT_BLACK,
	PST_CONTENT_GREY,
	PST_CONTENT_WHITE,
	PST_CONTENT_NOISE,
	PST_CONTENT_STRIPES,
};

/** A drawn picture and where its face is, in parts of its sides. */
struct pst_sheet {
	uint32_t width;
	uint32_t height;
	uint8_t *rgb; /* owned */
	struct pst_face face;
};

/** The pictures for one plugin: whole ones, or chips where it takes chips. */
struct pst_album {
	struct pst_sheet sheet[2]; /* FACE, OTHER */
	uint32_t format;	   /* enum pst_pixels, as the manifest says */
	uint32_t width;		   /* px, usual size: the chip's, or one within the input's */
	uint32_t height;
	uint32_t full_width; /* px, the largest that a lane gives */
	uint32_t full_height;
};

/** How a picture lies in memory. */
struct pst_shape {
	enum pst_content content;
	uint32_t format;
	uint32_t width;
	uint32_t height;
	uint32_t gap;	  /* bytes between rows */
	uint8_t gap_fill; /* what they hold */
	uint32_t shift;	  /* bytes that the first pixel lies off */
	enum pst_pages_guard guard;
	bool locked; /* it cannot be written */
};

/** A picture in memory of its own, and its face. Zeroed is a valid empty one. */
struct pst_view {
	struct pst_pages pages;
	struct pst_image image;
	struct pst_face face;
};

/** Draws the sheets. For a matcher there are none. @return 0 or -ENOMEM, PST_E_CONFIG */
int pst_album_open(struct pst_album *album, const struct pst_wire_plugin *plugin,
	struct pst_error *error) PST_MUST_CHECK;

void pst_album_close(struct pst_album *album);

/** @return the usual shape of a content, as the manifest declares it */
struct pst_shape pst_album_shape(const struct pst_album *album, enum pst_content content);

/** Lays out a picture; what the view held before is given back. @return 0 or -ENOMEM */
int pst_view_open(struct pst_view *view, const struct pst_album *album,
	const struct pst_shape *shape) PST_MUST_CHECK;

void pst_view_close(struct pst_view *view);

#endif
