/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_SYNTHETIC_IDENTITY_H
#define PST_DEVICES_SYNTHETIC_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "devices/synthetic/canvas.h"

enum pst_hair_style {
	PST_HAIR_BALD,
	PST_HAIR_BUZZ,
	PST_HAIR_CROP,
	PST_HAIR_RECEDING,
	PST_HAIR_SIDE_PART,
	PST_HAIR_FRINGE,
	PST_HAIR_AFRO,
	PST_HAIR_TIED,
	PST_HAIR_BOB,
	PST_HAIR_LONG,
	PST_HAIR_LONG_FRINGE,
	PST_HAIR_SCARF,
	PST_HAIR_COUNT
};

enum pst_beard_style {
	PST_BEARD_NONE,
	PST_BEARD_STUBBLE,
	PST_BEARD_MOUSTACHE,
	PST_BEARD_GOATEE,
	PST_BEARD_CHINSTRAP,
	PST_BEARD_SHORT,
	PST_BEARD_FULL,
	PST_BEARD_COUNT
};

enum pst_glasses_style {
	PST_GLASSES_NONE,
	PST_GLASSES_ROUND,
	PST_GLASSES_SQUARE,
	PST_GLASSES_HALF,
	PST_GLASSES_WIDE,
	PST_GLASSES_COUNT
};

#define PST_IDENTITY_MARKS_MAX 9

struct pst_identity_mark {
	float x, y, radius, strength;
};

/** What makes an invented person: lengths in decimetres, fractions 0..1, colours sRGB. */
struct pst_identity {
	uint32_t key; /* of all fine texture */
	float manly;  /* 0 soft .. 1 strong: brow ridge, jaw, beard */
	float age;    /* 0 young .. 1 old */

	/* the outline: half widths and heights */
	float temple, cheek, jaw, chin_width;
	float crown_y, chin_y;
	float chin_round;
	float ear_size, ear_out;

	/* depth */
	float brow_ridge, socket, cheekbone, hollow_cheek, chubby, chin_out, chin_cleft;

	/* eyes */
	float eye_x, eye_width, eye_open, eye_tilt, lid_fold, iris;
	float bags;
	struct pst_colour iris_colour;

	/* brows */
	float brow_y, brow_width, brow_thick, brow_arch, brow_tilt, brow_dense, brow_gap;

	/* nose */
	float nose_y, nose_out, nose_bridge, nose_tip, nose_wing, nose_hump, nose_turn;

	/* mouth */
	float mouth_y, mouth_width, lip_upper, lip_lower, mouth_bend, cupid;
	struct pst_colour lip_colour;
	float lip_paint;

	/* skin */
	struct pst_colour skin;
	float tone; /* 0 light .. 1 dark */
	float blush, freckles, blotches, eye_paint;
	float grain_x, grain_y, grain_turn, grain_deep; /* the skin's own fine pattern */
	struct pst_identity_mark marks[PST_IDENTITY_MARKS_MAX];
	uint32_t mark_count;

	/* hair */
	enum pst_hair_style hair;
	struct pst_colour hair_colour, brow_colour, beard_colour;
	float hairline, hair_volume, hair_curl, hair_part, temple_recess;
	enum pst_beard_style beard;
	float beard_dense;

	enum pst_glasses_style glasses;
	struct pst_colour glasses_colour;
	float glasses_size, glasses_thick;
};

/** Invents person number `number` of a seed; the same pair is always the same person. */
void pst_identity_invent(struct pst_identity *identity, uint64_t seed, uint32_t number);

#endif
