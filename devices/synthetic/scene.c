/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/synthetic/scene.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "devices/synthetic/backdrop.h"
#include "devices/synthetic/body.h"
#include "devices/synthetic/grain.h"
#include "devices/synthetic/head.h"
#include "devices/synthetic/stage.h"

#define CAST_MAX 12u /* people kept ready; their memory is touched when they first appear */
#define HEAD_SCALE_MAX 170.0f /* points per decimetre */

/* One person, modelled and ready to be drawn. */
struct cast_member {
	bool ready;
	uint32_t identity;
	uint64_t used; /* by what frame, counted from 1 */
	struct pst_sprite head, body;
};

/* The people who were drawn last, and the canvases that new ones are modelled on. */
struct cast {
	uint64_t seed;
	struct pst_canvas head, body;
	struct cast_member members[CAST_MAX];
	size_t count;
	uint64_t clock;
};

struct pst_synth_scene {
	struct pst_stage stage;
	struct pst_synth_turn *turns; /* owned */
	uint32_t fps;
	uint8_t *backdrop; /* owned, width * height * 3 */
	struct pst_noise noise;
	struct cast cast;
};

static void cast_finish(struct cast *cast)
{
	pst_canvas_finish(&cast->head);
	pst_canvas_finish(&cast->body);
	for (size_t i = 0; i < cast->count; i++) {
		pst_sprite_finish(&cast->members[i].head);
		pst_sprite_finish(&cast->members[i].body);
	}
	*cast = (struct cast){0};
}

static int cast_init(struct cast *cast, uint64_t seed, float scale, size_t count)
{
	*cast = (struct cast){.seed = seed};
	scale = pst_clampf(scale, 40, HEAD_SCALE_MAX);
	int status = pst_canvas_init(
		&cast->head, scale, PST_HEAD_LEFT, PST_HEAD_TOP, PST_HEAD_RIGHT, PST_HEAD_BOTTOM);
	if (status == 0) {
		status = pst_canvas_init(&cast->body, 0.3f * scale, PST_BODY_LEFT, PST_BODY_TOP,
			PST_BODY_RIGHT, PST_BODY_BOTTOM);
	}
	for (size_t i = 0; i < count && status == 0; i++) {
		cast->count++;
		status = pst_sprite_init(&cast->members[i].head, &cast->head);
		if (status == 0) {
			status = pst_sprite_init(&cast->members[i].body, &cast->body);
		}
	}
	if (status < 0) {
		cast_finish(cast);
	}
	return status;
}

static const struct cast_member *cast_get(struct cast *cast, uint32_t identity)
{
	struct cast_member *oldest = &cast->members[0];
	cast->clock++;
	for (size_t i = 0; i < cast->count; i++) {
		struct cast_member *member = &cast->members[i];
		if (member->ready && member->identity == identity) {
			member->used = cast->clock;
			return member;
		}
		if (member->used < oldest->used) {
			oldest = member;
		}
	}
	struct pst_identity person;
	pst_identity_invent(&person, cast->seed, identity);
	pst_head_model(&cast->head, &person);
	pst_sprite_bake(&oldest->head, &cast->head, PST_HEAD_DEPTH);
	pst_body_model(&cast->body, &person);
	pst_sprite_bake(&oldest->body, &cast->body, PST_BODY_DEPTH);
	oldest->ready = true;
	oldest->identity = identity;
	oldest->used = cast->clock;
	return oldest;
}

static void draw_actor(
	struct cast *cast, const struct pst_actor *actor, const struct pst_picture *picture)
{
	const struct cast_member *member = cast_get(cast, actor->identity);
	struct pst_pose body = actor->pose;
	body.roll *= 0.3f;
	body.yaw = 0;
	body.pitch = 0;
	pst_sprite_draw(&member->body, &body, &actor->light, picture);
	pst_sprite_draw(&member->head, &actor->pose, &actor->light, picture);
}

static int check_size(uint32_t width, uint32_t height, struct pst_error *error)
{
	if (width < PST_SYNTH_WIDTH_MIN || width > PST_SYNTH_WIDTH_MAX || width % 2) {
		return pst_error_set(error, PST_E_CONFIG,
			"synth: width %u: give an even number of %u to %u pixels", width,
			PST_SYNTH_WIDTH_MIN, PST_SYNTH_WIDTH_MAX);
	}
	if (height < PST_SYNTH_HEIGHT_MIN || height > PST_SYNTH_HEIGHT_MAX || height % 2) {
		return pst_error_set(error, PST_E_CONFIG,
			"synth: height %u: give an even number of %u to %u pixels", height,
			PST_SYNTH_HEIGHT_MIN, PST_SYNTH_HEIGHT_MAX);
	}
	return 0;
}

static int check_turns(const struct pst_synth_scene_options *o, struct pst_error *error)
{
	if (o->turn_count < 1 || o->turn_count > PST_SYNTH_TURNS_MAX) {
		return pst_error_set(error, PST_E_CONFIG, "synth: %zu turns: give 1 to %u",
			o->turn_count, PST_SYNTH_TURNS_MAX);
	}
	double free_from = 0;
	for (size_t i = 0; i < o->turn_count; i++) {
		const struct pst_synth_turn *turn = &o->turns[i];
		if (turn->identity >= o->people) {
			return pst_error_set(error, PST_E_CONFIG,
				"synth: turn %zu: identity %u: there are %u people, numbered from "
				"0",
				i + 1, turn->identity, o->people);
		}
		if (!(turn->start_s >= free_from) || !(turn->end_s >= turn->start_s + 0.5) ||
			!(turn->end_s <= PST_SYNTH_SECONDS_MAX)) {
			return pst_error_set(error, PST_E_CONFIG,
				"synth: turn %zu: from %g s to %g s: turns follow each other, last "
				"at least "
				"0.5 s and end by %g s",
				i + 1, turn->start_s, turn->end_s, PST_SYNTH_SECONDS_MAX);
		}
		if (turn->bystanders > PST_SYNTH_BYSTANDERS_MAX) {
			return pst_error_set(error, PST_E_CONFIG,
				"synth: turn %zu: %u bystanders: give 0 to %u", i + 1,
				turn->bystanders, PST_SYNTH_BYSTANDERS_MAX);
		}
		free_from = turn->end_s;
	}
	return 0;
}

static int check_options(const struct pst_synth_scene_options *o, struct pst_error *error)
{
	int status = check_size(o->width, o->height, error);
	if (status < 0) {
		return status;
	}
	if (o->people < 1 || o->people > PST_SYNTH_PEOPLE_MAX) {
		return pst_error_set(error, PST_E_CONFIG, "synth: people %u: give 1 to %u",
			o->people, PST_SYNTH_PEOPLE_MAX);
	}
	if (o->fps < 1 || o->fps > PST_SYNTH_FPS_MAX) {
		return pst_error_set(error, PST_E_CONFIG,
			"synth: fps %u: give 1 to %u frames per second", o->fps, PST_SYNTH_FPS_MAX);
	}
	if (o->turns) {
		return check_turns(o, error);
	}
	if (!(o->seconds >= 0.5 * o->people) || !(o->seconds <= PST_SYNTH_SECONDS_MAX)) {
		return pst_error_set(error, PST_E_CONFIG,
			"synth: seconds %g: %u people need at least %g, and %g is the most",
			o->seconds, o->people, 0.5 * o->people, PST_SYNTH_SECONDS_MAX);
	}
	if (o->bystanders > PST_SYNTH_BYSTANDERS_MAX) {
		return pst_error_set(error, PST_E_CONFIG, "synth: bystanders %u: give 0 to %u",
			o->bystanders, PST_SYNTH_BYSTANDERS_MAX);
	}
	return 0;
}

static int make_script(struct pst_synth_scene *scene, const struct pst_synth_scene_options *o)
{
	size_t count = o->turns ? o->turn_count : o->people;
	scene->turns = calloc(count, sizeof(*scene->turns));
	if (!scene->turns) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		double each = o->seconds / (double)count;
		scene->turns[i] = o->turns ? o->turns[i]
					   : (struct pst_synth_turn){(uint32_t)i, each * (double)i,
						     each * (double)(i + 1), o->bystanders};
	}
	scene->stage = (struct pst_stage){o->seed,
		pst_grain_mix(o->seed + 0x7a4e * (uint64_t)o->take), o->people, (float)o->width,
		(float)o->height, scene->turns, count, scene->turns[count - 1].end_s};
	return 0;
}

int pst_synth_scene_create(const struct pst_synth_scene_options *options,
	struct pst_synth_scene **ret_scene, struct pst_error *error)
{
	const struct pst_synth_scene_options *o = options;
	int status = check_options(o, error);
	if (status < 0) {
		return status;
	}
	struct pst_synth_scene *scene = calloc(1, sizeof(*scene));
	if (!scene) {
		return pst_error_set(error, -ENOMEM, "synth: no memory for the scene");
	}
	scene->fps = o->fps;
	scene->backdrop = malloc((size_t)o->width * o->height * 3);
	if (!scene->backdrop || make_script(scene, o) < 0 ||
		cast_init(&scene->cast, o->seed, 0.24f * (float)o->height, CAST_MAX) < 0) {
		pst_synth_scene_destroy(&scene);
		return pst_error_set(error, -ENOMEM, "synth: no memory for a picture of %ux%u",
			o->width, o->height);
	}
	struct pst_picture backdrop = {
		scene->backdrop, (size_t)o->width * 3, (int)o->width, (int)o->height};
	pst_backdrop_paint(scene->stage.key, &backdrop);
	pst_noise_fill(&scene->noise, scene->stage.key);
	*ret_scene = scene;
	return 0;
}

void pst_synth_scene_destroy(struct pst_synth_scene **scene)
{
	if (*scene) {
		cast_finish(&(*scene)->cast);
		free((*scene)->backdrop);
		free((*scene)->turns);
		free(*scene);
		*scene = NULL;
	}
}

void pst_synth_scene_draw(
	struct pst_synth_scene *scene, uint64_t index, uint8_t *rgb, size_t stride)
{
	struct pst_picture picture = {
		rgb, stride, (int)scene->stage.width, (int)scene->stage.height};
	size_t row = (size_t)picture.width * 3;
	for (int y = 0; y < picture.height; y++) {
		memcpy(rgb + (size_t)y * stride, scene->backdrop + (size_t)y * row, row);
	}
	struct pst_actor actors[PST_SYNTH_FACES_MAX];
	size_t count = pst_stage_actors(&scene->stage, (double)index / scene->fps, actors);
	for (size_t i = 0; i < count; i++) {
		draw_actor(&scene->cast, &actors[i], &picture);
	}
	pst_noise_add(
		&scene->noise, pst_grain_mix(scene->stage.key + 11) + (index << 16), &picture);
}

static bool is_uncovered(
	const struct pst_synth_face *face, const struct pst_actor *front, uint64_t seed)
{
	for (int i = 0; i < PST_SYNTH_LANDMARK_COUNT; i++) {
		if (pst_actor_hides(front, seed, face->landmarks[i])) {
			return false;
		}
	}
	return true;
}

size_t pst_synth_scene_truth(const struct pst_synth_scene *scene, uint64_t index,
	struct pst_synth_face faces[PST_SYNTH_FACES_MAX])
{
	const struct pst_stage *stage = &scene->stage;
	struct pst_actor actors[PST_SYNTH_FACES_MAX];
	size_t count = pst_stage_actors(stage, (double)index / scene->fps, actors), written = 0;
	for (size_t i = count; i > 0; i--) {
		struct pst_synth_face *face = &faces[written];
		bool visible = pst_actor_face(
			&actors[i - 1], stage->seed, stage->width, stage->height, face);
		for (size_t front = i; front < count && visible; front++) {
			visible = is_uncovered(face, &actors[front], stage->seed);
		}
		written += visible;
	}
	return written;
}

uint64_t pst_synth_scene_frame_count(const struct pst_synth_scene *scene)
{
	uint64_t count = (uint64_t)(scene->stage.length_s * scene->fps + 0.5);
	return count > 0 ? count : 1;
}

const struct pst_synth_turn *pst_synth_scene_turns(
	const struct pst_synth_scene *scene, size_t *ret_count)
{
	*ret_count = scene->stage.turn_count;
	return scene->turns;
}

int pst_synth_draw_portrait(uint64_t seed, uint32_t identity, uint32_t variation, uint32_t width,
	uint32_t height, uint8_t *rgb, size_t stride, struct pst_synth_face *ret_face,
	struct pst_error *error)
{
	int status = check_size(width, height, error);
	if (status < 0) {
		return status;
	}
	if (identity >= PST_SYNTH_PEOPLE_MAX + PST_SYNTH_BYSTANDERS_MAX) {
		return pst_error_set(error, PST_E_CONFIG, "synth: identity %u: give 0 to %u",
			identity, PST_SYNTH_PEOPLE_MAX + PST_SYNTH_BYSTANDERS_MAX - 1);
	}
	struct pst_actor actor;
	pst_stage_portrait(seed, identity, variation, (float)width, (float)height, &actor);
	struct cast cast;
	struct pst_noise *noise = malloc(sizeof(*noise));
	if (!noise || cast_init(&cast, seed, 1.1f * actor.pose.scale, 1) < 0) {
		free(noise);
		return pst_error_set(
			error, -ENOMEM, "synth: no memory for a picture of %ux%u", width, height);
	}
	uint64_t key = pst_grain_mix(seed ^ ((uint64_t)variation << 40) ^ identity);
	struct pst_picture picture = {rgb, stride, (int)width, (int)height};
	pst_backdrop_paint_plain(key, &picture);
	draw_actor(&cast, &actor, &picture);
	pst_noise_fill(noise, key);
	pst_noise_add(noise, key, &picture);
	if (ret_face) {
		(void)pst_actor_face(&actor, seed, (float)width, (float)height, ret_face);
	}
	free(noise);
	cast_finish(&cast);
	return 0;
}
