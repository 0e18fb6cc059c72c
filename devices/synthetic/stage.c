/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/synthetic/stage.h"

#include "devices/synthetic/grain.h"
#include "devices/synthetic/head.h"

#define STANDING 0.215f /* px per decimetre, in picture heights, of the person in front */

static uint64_t turn_key(const struct pst_stage *stage, size_t turn, uint64_t what)
{
	return pst_grain_mix(stage->key ^ pst_grain_mix(((uint64_t)turn << 8) + what));
}

static struct pst_light make_light(uint64_t key, float moderate)
{
	struct pst_grain g = {key};
	float side = pst_grain_between(&g, -0.45f, 0.45f) * moderate;
	float above = pst_grain_between(&g, 0.30f, 0.60f);
	float length = sqrtf(side * side + above * above + 1);
	struct pst_light light = {.x = side / length, .y = -above / length, .z = 1 / length};
	light.ambient = pst_grain_between(&g, 0.22f, 0.40f);
	light.lamp = pst_grain_between(&g, 0.62f, 0.80f);
	float warm = pst_grain_between(&g, -0.035f, 0.035f);
	light.red = 1 + warm;
	light.green = 1;
	light.blue = 1 - warm;
	light.shine = pst_grain_between(&g, 0.15f, 0.6f);
	return light;
}

/* Small movements of someone who stands still, as people do. */
static void sway(struct pst_pose *pose, uint64_t key, double time_s, float amount)
{
	uint32_t k = (uint32_t)key;
	float t = (float)time_s;
	pose->yaw += 0.13f * amount * pst_grain_noise(k, t * 0.55f, 0.5f);
	pose->pitch += 0.07f * amount * pst_grain_noise(k + 1, t * 0.5f, 0.5f);
	pose->roll += 0.05f * amount * pst_grain_noise(k + 2, t * 0.45f, 0.5f);
	pose->x += 0.10f * pose->scale * amount * pst_grain_noise(k + 3, t * 0.6f, 0.5f);
	pose->y += 0.05f * pose->scale * amount * pst_grain_noise(k + 4, t * 0.6f, 0.5f);
}

static void walk(struct pst_pose *pose, float gone, float from_side, double time_s)
{
	float near = 1 - gone;
	pose->scale *= pst_mixf(0.62f, 1, near);
	pose->yaw -= 0.14f * from_side * pst_stepf(0, 0.3f, gone);
	float step = sinf((float)time_s * 11) * pst_stepf(0, 0.15f, gone);
	pose->y += 0.05f * pose->scale * step;
	pose->roll += 0.015f * step;
}

static void main_actor(
	const struct pst_stage *stage, size_t turn_index, double time_s, struct pst_actor *actor)
{
	const struct pst_synth_turn *turn = &stage->turns[turn_index];
	float length = (float)(turn->end_s - turn->start_s), at = (float)(time_s - turn->start_s);
	float walking = fminf(1.4f, 0.25f * length);
	float in = 1 - pst_stepf(0, walking, at), out = pst_stepf(length - walking, length, at);
	uint64_t key = turn_key(stage, turn_index, 0);
	float side = turn_index % 2 ? 1.0f : -1.0f;
	float full = STANDING * stage->height;
	struct pst_pose pose = {0.5f * stage->width, 0.46f * stage->height, full, 0, 0, 0};
	float beyond = 0.5f * stage->width + 1.7f * full;
	pose.x += side * beyond * in - side * beyond * out;
	if (in > 0) {
		walk(&pose, in, side, at);
	} else if (out > 0) {
		walk(&pose, out, side, at);
	}
	sway(&pose, key, time_s, 1);
	*actor = (struct pst_actor){turn->identity, true, pose, make_light(key + 1, 1)};
}

/* Bystanders belong to the scene, not to the script: the same few wait at the sides. */
static void bystander(
	const struct pst_stage *stage, uint32_t which, double time_s, struct pst_actor *actor)
{
	static const float places[PST_SYNTH_BYSTANDERS_MAX][2] = {
		{0.10f, 0.50f}, {0.90f, 0.46f}, {0.24f, 0.36f}, {0.77f, 0.34f}};
	uint64_t key = pst_grain_mix(stage->key * 7 + which + 1);
	float scale = STANDING * stage->height * places[which][1];
	struct pst_pose pose = {
		places[which][0] * stage->width, 0.40f * stage->height, scale, 0, 0, 0};
	pose.yaw = which % 2 ? -0.08f : 0.08f;
	sway(&pose, key, time_s, 1.3f);
	*actor = (struct pst_actor){
		stage->people + which, false, pose, make_light(turn_key(stage, 0, 50), 0.7f)};
}

size_t pst_stage_actors(
	const struct pst_stage *stage, double time_s, struct pst_actor actors[PST_SYNTH_FACES_MAX])
{
	double in_run = fmod(time_s, stage->length_s);
	size_t low = 0, high = stage->turn_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (stage->turns[middle].end_s <= in_run) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	if (low == stage->turn_count || in_run < stage->turns[low].start_s) {
		return 0;
	}
	size_t count = 0;
	for (uint32_t i = stage->turns[low].bystanders; i > 0; i--) {
		bystander(stage, i - 1, in_run, &actors[count++]);
	}
	main_actor(stage, low, in_run, &actors[count++]);
	return count;
}

void pst_stage_portrait(uint64_t seed, uint32_t identity, uint32_t variation, float width,
	float height, struct pst_actor *actor)
{
	uint64_t key = pst_grain_mix(seed ^ pst_grain_mix(((uint64_t)identity << 32) + variation));
	float scale = 0.27f * fminf(height, width * 1.2f);
	struct pst_pose pose = {0.5f * width, 0.47f * height, scale, 0, 0, 0};
	sway(&pose, key, 0.5, 0.9f);
	*actor = (struct pst_actor){identity, true, pose, make_light(key + 1, 0.7f)};
}

static void project_landmarks(const struct pst_identity *p, const struct pst_pose *pose,
	struct pst_synth_point points[PST_SYNTH_LANDMARK_COUNT])
{
	const float corner = p->mouth_y - p->mouth_bend, tip = p->nose_y - 0.10f - p->nose_turn;
	const float at[PST_SYNTH_LANDMARK_COUNT][2] = {{-p->eye_x, 0}, {p->eye_x, 0}, {0, tip},
		{-p->mouth_width, corner}, {p->mouth_width, corner}};
	for (int i = 0; i < PST_SYNTH_LANDMARK_COUNT; i++) {
		float z = pst_head_depth_at(p, at[i][0], at[i][1]);
		pst_pose_project(pose, at[i][0], at[i][1], z, &points[i].x, &points[i].y);
	}
}

bool pst_actor_hides(const struct pst_actor *actor, uint64_t seed, struct pst_synth_point at)
{
	struct pst_identity p;
	pst_identity_invent(&p, seed, actor->identity);
	float x = fabsf(at.x - actor->pose.x) / actor->pose.scale;
	float y = (at.y - actor->pose.y) / actor->pose.scale;
	if (y > p.chin_y) {
		return x < 0.6f + 1.7f * pst_stepf(p.chin_y, p.chin_y + 0.9f, y);
	}
	return x < p.temple + 0.25f && y > p.crown_y - 0.25f;
}

bool pst_actor_face(const struct pst_actor *actor, uint64_t seed, float width, float height,
	struct pst_synth_face *face)
{
	struct pst_identity p;
	struct pst_synth_face f = {.identity = actor->identity, .is_main = actor->is_main};
	pst_identity_invent(&p, seed, actor->identity);
	project_landmarks(&p, &actor->pose, f.landmarks);
	for (int i = 0; i < PST_SYNTH_LANDMARK_COUNT; i++) {
		struct pst_synth_point at = f.landmarks[i];
		if (at.x < 0 || at.y < 0 || at.x >= width || at.y >= height) {
			return false;
		}
	}
	float x, top, bottom, half = p.cheek * actor->pose.scale;
	float forehead = fmaxf(p.hairline, -0.70f);
	pst_pose_project(&actor->pose, 0, forehead, 0.7f, &x, &top);
	pst_pose_project(&actor->pose, 0, p.chin_y, 0.5f, &x, &bottom);
	float left = fmaxf(0, x - half), right = fminf(width, x + half);
	top = fmaxf(0, top);
	bottom = fminf(height, bottom);
	f.x = left;
	f.y = top;
	f.width = right - left;
	f.height = bottom - top;
	float middle = 0.5f * (f.landmarks[0].x + f.landmarks[1].x);
	f.in_zone = f.is_main && middle > width / 3 && middle < width * 2 / 3 &&
		    bottom - top > 0.28f * height;
	*face = f;
	return true;
}
