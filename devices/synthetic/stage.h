/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_SYNTHETIC_STAGE_H
#define PST_DEVICES_SYNTHETIC_STAGE_H

#include "devices/synthetic/scene.h"
#include "devices/synthetic/sprite.h"

/** Who stands where, when: movement without drawing. */

struct pst_actor {
	uint32_t identity;
	bool is_main;
	struct pst_pose pose; /* of the head */
	struct pst_light light;
};

/** The script on a stage of a certain size. */
struct pst_stage {
	uint64_t seed; /* of the people */
	uint64_t key;  /* of light and movement */
	uint32_t people;
	float width, height;		    /* px */
	const struct pst_synth_turn *turns; /* borrowed */
	size_t turn_count;
	double length_s; /* of one run of the script */
};

/**
 * Says who is on stage at a moment, farthest first.
 *
 * @param time_s  from the first frame; past the script's end it begins again
 * @return count written, at most PST_SYNTH_FACES_MAX
 */
size_t pst_stage_actors(
	const struct pst_stage *stage, double time_s, struct pst_actor actors[PST_SYNTH_FACES_MAX]);

/** Whether an actor's head or shoulders cover a point of the picture. */
bool pst_actor_hides(const struct pst_actor *actor, uint64_t seed, struct pst_synth_point at);

/** Poses one person for a portrait. */
void pst_stage_portrait(uint64_t seed, uint32_t identity, uint32_t variation, float width,
	float height, struct pst_actor *actor);

/**
 * Says where an actor's face is.
 *
 * @return false when one of its landmarks lies outside the picture; then face is not filled
 */
bool pst_actor_face(const struct pst_actor *actor, uint64_t seed, float width, float height,
	struct pst_synth_face *face);

#endif
