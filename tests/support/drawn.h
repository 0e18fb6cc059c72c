/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SUPPORT_DRAWN_H
#define TEST_SUPPORT_DRAWN_H

#include "devices/synthetic/scene.h"
#include "postern/face.h"

/*
 * Drawn people as a bad camera, bad light or a bad moment shows them. Whoever links it wraps
 * pst_stage_portrait.
 */

enum drawn_cover {
	DRAWN_COVER_NONE = 0,
	DRAWN_COVER_SUNGLASSES,
	DRAWN_COVER_MASK, /* over nose, mouth and chin, without a pattern */
};

/** How a portrait is changed; zeroed leaves it as it is. */
struct drawn_look {
	float yaw, pitch, roll; /* added to the pose, radians */
	float smaller;		/* 0.5 halves the face */
	float darker;		/* 0.9 leaves a tenth of the light */
	float blur;		/* px, standard deviation */
	enum drawn_cover cover;
};

/**
 * Draws a person.
 *
 * @param rgb  height rows of width x 3 bytes
 * @param ret_face  where the face truly is, in terms of the ABI
 * @return 0 or a status
 */
int drawn_portrait(uint64_t seed, uint32_t identity, uint32_t variation,
	const struct drawn_look *look, uint32_t width, uint32_t height, uint8_t *rgb,
	struct pst_face *ret_face);

/** Luma of a drawn picture, full range. */
void drawn_grey(const uint8_t *rgb, uint32_t width, uint32_t height, uint8_t *grey);

/** A number of 0..1 that follows from the key alone. */
float drawn_number(uint64_t key);

#endif
