/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_SYNTHETIC_SPRITE_H
#define PST_DEVICES_SYNTHETIC_SPRITE_H

#include <stdbool.h>

#include "devices/synthetic/canvas.h"

/**
 * A modelled canvas, baked for drawing many times: colour, cover, depth and surface direction of
 * every point in eight bytes, at several sizes. Drawing turns it a little, lights it and lays it
 * over a picture.
 */

#define PST_SPRITE_LEVELS 4
#define PST_SPRITE_BLOCK 16 /* texels */

struct pst_texel {
	uint8_t r, g, b, cover; /* colour already multiplied by cover */
	uint8_t depth;		/* 255 is `deepest` */
	uint8_t nx, ny, nz;	/* surface direction, 128 is zero */
};

struct pst_sprite_level {
	struct pst_texel *texels; /* owned; row and column 0 and the last are transparent */
	bool *blocks; /* owned; which blocks of texels hold or border on something covered */
	int width, height;
	int columns, rows; /* of blocks */
	float scale;	   /* texels per decimetre */
};

struct pst_sprite {
	struct pst_sprite_level levels[PST_SPRITE_LEVELS];
	float left, top, right, bottom; /* decimetres */
	float deepest;			/* depth of 255, decimetres */
};

/** Where a sprite's origin goes, and how it is turned: small angles, radians. */
struct pst_pose {
	float x, y;  /* px, image space */
	float scale; /* px per decimetre */
	float yaw, pitch, roll;
};

struct pst_light {
	float x, y, z; /* towards the lamp, length 1; y down, z to the viewer */
	float ambient, lamp;
	float red, green, blue; /* gain of each channel */
	float shine;
};

struct pst_picture {
	uint8_t *rgb; /* borrowed */
	size_t stride;
	int width, height;
};

/** Makes room for a canvas of this size. @return 0 or -ENOMEM */
int pst_sprite_init(struct pst_sprite *sprite, const struct pst_canvas *canvas) PST_MUST_CHECK;

/** Frees the texels. Accepts a zeroed sprite. */
void pst_sprite_finish(struct pst_sprite *sprite);

/** Bakes a canvas of the size that init was given. */
void pst_sprite_bake(struct pst_sprite *sprite, const struct pst_canvas *canvas, float deepest);

/** Draws into the picture, clipped. Allocates nothing. */
void pst_sprite_draw(const struct pst_sprite *sprite, const struct pst_pose *pose,
	const struct pst_light *light, const struct pst_picture *picture);

/** Where a point of the model comes to lie in the picture, px. */
void pst_pose_project(
	const struct pst_pose *pose, float x, float y, float z, float *ret_x, float *ret_y);

#endif
