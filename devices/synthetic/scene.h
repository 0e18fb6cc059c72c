/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_SYNTHETIC_SCENE_H
#define PST_DEVICES_SYNTHETIC_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/**
 * A drawn scene: invented people who take turns in front of a camera.
 *
 * Everything that is drawn follows from the options alone: the same options give the same bytes.
 * An identity (seed, number) has the same face and clothes in every scene and portrait; light,
 * pose and camera noise belong to the turn and the frame.
 */

#define PST_SYNTH_PEOPLE_MAX 100000u
#define PST_SYNTH_BYSTANDERS_MAX 4u
#define PST_SYNTH_FACES_MAX (1u + PST_SYNTH_BYSTANDERS_MAX)
#define PST_SYNTH_TURNS_MAX 100000u
#define PST_SYNTH_WIDTH_MIN 160u
#define PST_SYNTH_WIDTH_MAX 3840u
#define PST_SYNTH_HEIGHT_MIN 120u
#define PST_SYNTH_HEIGHT_MAX 2160u
#define PST_SYNTH_FPS_MAX 240u
#define PST_SYNTH_SECONDS_MAX 86400.0

/** One encounter: one main person walks up, stands in the middle and leaves, all within the turn.
 */
struct pst_synth_turn {
	uint32_t identity;   /* 0 .. PST_SYNTH_PEOPLE_MAX - 1 */
	double start_s;	     /* from the first frame; turns are in order and do not overlap */
	double end_s;	     /* at least 0.5 s after start_s */
	uint32_t bystanders; /* 0 .. PST_SYNTH_BYSTANDERS_MAX, smaller, at the sides */
};

struct pst_synth_scene_options {
	uint64_t seed;
	uint32_t take;	     /* other light, movement and noise of the same people */
	uint32_t people;     /* 1 .. PST_SYNTH_PEOPLE_MAX: the default script gives each one turn */
	uint32_t width;	     /* px, even */
	uint32_t height;     /* px, even */
	uint32_t fps;	     /* 1 .. PST_SYNTH_FPS_MAX frames per second */
	double seconds;	     /* length of the default script; the scene repeats it afterwards */
	uint32_t bystanders; /* in every turn of the default script */
	const struct pst_synth_turn
		*turns; /* borrowed until create returns; NULL: default script */
	size_t turn_count;
};

enum pst_synth_landmark {
	PST_SYNTH_LANDMARK_RIGHT_EYE, /* the person's right eye: on the left of the picture */
	PST_SYNTH_LANDMARK_LEFT_EYE,
	PST_SYNTH_LANDMARK_NOSE,
	PST_SYNTH_LANDMARK_RIGHT_MOUTH,
	PST_SYNTH_LANDMARK_LEFT_MOUTH,
	PST_SYNTH_LANDMARK_COUNT
};

struct pst_synth_point {
	float x, y; /* px, image space */
};

/** Ground truth of one face in one frame. The box goes from the hairline to the chin. */
struct pst_synth_face {
	uint32_t identity;
	bool is_main;
	bool in_zone; /* the main person, near enough and in the middle third of the picture */
	float x, y, width, height; /* px, image space, clipped to the picture */
	struct pst_synth_point landmarks[PST_SYNTH_LANDMARK_COUNT]; /* all inside the picture */
};

struct pst_synth_scene;

/**
 * Checks the options and prepares the scene: background, noise and all memory it will ever need.
 *
 * @param ret_scene  on success the caller owns it
 * @return 0, PST_E_CONFIG with the error naming the option and its limits, or -ENOMEM
 */
int pst_synth_scene_create(const struct pst_synth_scene_options *options,
	struct pst_synth_scene **ret_scene, struct pst_error *error) PST_MUST_CHECK;

/** Frees the scene and sets the pointer to NULL. Accepts NULL. */
void pst_synth_scene_destroy(struct pst_synth_scene **scene);

/**
 * Draws frame number index; frames may be asked for in any order. Allocates nothing.
 *
 * @param rgb     height rows of width x 3 bytes, R first
 * @param stride  bytes from row to row, at least 3 * width
 */
void pst_synth_scene_draw(
	struct pst_synth_scene *scene, uint64_t index, uint8_t *rgb, size_t stride);

/**
 * Says who is visible in frame number index; the main person comes first.
 *
 * Only faces of which all five landmarks lie inside the picture and are not covered by somebody
 * nearer are listed.
 *
 * @param faces  room for PST_SYNTH_FACES_MAX
 * @return count written
 */
size_t pst_synth_scene_truth(const struct pst_synth_scene *scene, uint64_t index,
	struct pst_synth_face faces[PST_SYNTH_FACES_MAX]);

/** @return frames in one run of the script, at least 1 */
uint64_t pst_synth_scene_frame_count(const struct pst_synth_scene *scene);

/** @return the script, turn by turn; lives as long as the scene */
const struct pst_synth_turn *pst_synth_scene_turns(
	const struct pst_synth_scene *scene, size_t *ret_count);

/**
 * Draws one person alone, as on a document or an enrolment picture.
 *
 * @param variation  changes light, pose, background and noise, never the face
 * @param rgb        height rows of width x 3 bytes, stride bytes apart
 * @param ret_face   where the face is; may be NULL
 * @return 0, PST_E_CONFIG (size or identity out of limits), or -ENOMEM
 */
int pst_synth_draw_portrait(uint64_t seed, uint32_t identity, uint32_t variation, uint32_t width,
	uint32_t height, uint8_t *rgb, size_t stride, struct pst_synth_face *ret_face,
	struct pst_error *error) PST_MUST_CHECK;

#endif
