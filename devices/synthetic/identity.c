/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/synthetic/identity.h"

#include "devices/synthetic/grain.h"

/*
 * The traits that tell people apart most are not drawn independently: trait k of person n is
 * point n of a Weyl sequence, frac(offset_k + n * step_k), so that the first few people of a seed
 * already lie far apart. The steps are fractional parts of square roots of primes.
 */
enum trait {
	TRAIT_SKIN,
	TRAIT_MANLY,
	TRAIT_AGE,
	TRAIT_HAIR,
	TRAIT_HAIR_COLOUR,
	TRAIT_BEARD,
	TRAIT_GLASSES,
	TRAIT_FACE_WIDTH,
	TRAIT_FACE_LENGTH,
	TRAIT_NOSE_WIDTH,
	TRAIT_NOSE_LENGTH,
	TRAIT_EYES,
	TRAIT_EYE_SPACE,
	TRAIT_BROWS,
	TRAIT_LIPS,
	TRAIT_COUNT
};

static const float steps[TRAIT_COUNT] = {0.41421356f, 0.73205081f, 0.23606798f, 0.64575131f,
	0.31662479f, 0.60555128f, 0.12310563f, 0.35889894f, 0.79583152f, 0.38516481f, 0.56776436f,
	0.08276253f, 0.40312424f, 0.55743852f, 0.85565460f};

static float trait(uint64_t seed, uint32_t number, enum trait which)
{
	uint64_t offset = pst_grain_mix(seed * 31 + (uint64_t)which + 1);
	double at = (double)(offset >> 11) * 0x1p-53 + (double)number * (double)steps[which];
	return (float)(at - floor(at));
}

static const struct pst_colour skin_ramp[] = {{0.97f, 0.86f, 0.80f}, {0.93f, 0.77f, 0.67f},
	{0.87f, 0.68f, 0.55f}, {0.77f, 0.57f, 0.42f}, {0.62f, 0.43f, 0.30f}, {0.50f, 0.34f, 0.24f},
	{0.40f, 0.27f, 0.20f}};

static const struct pst_colour hair_ramp[] = {{0.08f, 0.07f, 0.07f}, {0.16f, 0.11f, 0.08f},
	{0.28f, 0.18f, 0.11f}, {0.45f, 0.25f, 0.12f}, {0.56f, 0.40f, 0.22f}, {0.80f, 0.66f, 0.42f}};

static const struct pst_colour iris_ramp[] = {{0.18f, 0.10f, 0.06f}, {0.30f, 0.18f, 0.08f},
	{0.42f, 0.34f, 0.16f}, {0.36f, 0.46f, 0.34f}, {0.38f, 0.52f, 0.64f}, {0.55f, 0.62f, 0.66f}};

static struct pst_colour ramp(const struct pst_colour *colours, size_t count, float at)
{
	float place = pst_clampf(at, 0, 0.9999f) * (float)(count - 1);
	size_t index = (size_t)place;
	return pst_colour_mix(colours[index], colours[index + 1], place - (float)index);
}

static void invent_skin(struct pst_identity *p, struct pst_grain *g, float tone)
{
	p->tone = tone;
	p->skin = ramp(skin_ramp, sizeof(skin_ramp) / sizeof(skin_ramp[0]), tone);
	float warm = pst_grain_normal(g) * 0.02f;
	p->skin.r = pst_clampf(p->skin.r + warm, 0, 1);
	p->skin.b = pst_clampf(p->skin.b - warm * 1.4f, 0, 1);
	p->blush = pst_grain_between(g, 0, 1) * (1.1f - tone);
	p->freckles = pst_grain_between(g, 0, 1) < 0.22f && tone < 0.6f
			      ? pst_grain_between(g, 0.4f, 1)
			      : 0;
	p->blotches = pst_grain_between(g, 0.3f, 1);
	p->grain_x = pst_grain_between(g, 8, 26);
	p->grain_y = pst_grain_between(g, 8, 26);
	p->grain_turn = pst_grain_between(g, 0, 3.14f);
	p->grain_deep = pst_grain_between(g, 0.02f, 0.05f);
	p->mark_count = (uint32_t)pst_grain_between(g, 0, PST_IDENTITY_MARKS_MAX);
	for (uint32_t i = 0; i < p->mark_count; i++) {
		p->marks[i] = (struct pst_identity_mark){
			pst_grain_between(g, -0.55f, 0.55f),
			pst_grain_between(g, -0.5f, 1.0f),
			pst_grain_between(g, 0.008f, 0.026f),
			pst_grain_between(g, 0.4f, 0.9f),
		};
	}
}

static void invent_outline(struct pst_identity *p, struct pst_grain *g, float width, float length)
{
	float broad = pst_mixf(0.62f, 0.80f, width);
	p->cheek = broad;
	p->temple = broad * pst_grain_between(g, 0.94f, 1.05f);
	p->jaw = broad * pst_mixf(pst_grain_between(g, 0.70f, 0.86f),
				 pst_grain_between(g, 0.82f, 0.97f), p->manly);
	p->chin_width = pst_mixf(0.24f, 0.40f, pst_grain_between(g, 0, 0.6f) + 0.4f * p->manly);
	p->chin_y = pst_mixf(1.00f, 1.28f, length);
	p->crown_y = -pst_grain_between(g, 1.04f, 1.20f);
	p->chin_round = pst_grain_between(g, 4.5f, 10);
	p->ear_size = pst_grain_between(g, 0.85f, 1.2f) * (1 + 0.1f * p->age);
	p->ear_out = pst_grain_between(g, 0.05f, 0.15f);
	p->brow_ridge = pst_mixf(0.005f, 0.07f, 0.7f * p->manly + pst_grain_between(g, 0, 0.3f));
	p->socket = pst_grain_between(g, 0.10f, 0.17f);
	p->cheekbone = pst_grain_between(g, 0, 0.07f);
	p->hollow_cheek = pst_grain_between(g, 0, 0.08f) * (1 - 0.5f * width);
	p->chubby = pst_grain_between(g, 0, 0.09f) * width;
	p->chin_out = pst_grain_between(g, 0.02f, 0.10f);
	p->chin_cleft = pst_grain_between(g, 0, 1) < 0.2f ? pst_grain_between(g, 0.3f, 1) : 0;
}

static void invent_eyes(
	struct pst_identity *p, struct pst_grain *g, float shape, float space, float brows)
{
	p->eye_x = pst_mixf(0.275f, 0.365f, space) * (0.75f + 0.25f * p->cheek / 0.71f);
	p->eye_width = pst_grain_between(g, 0.125f, 0.170f);
	p->eye_open = pst_mixf(0.035f, 0.078f, shape) * (1 - 0.15f * p->age);
	p->eye_tilt = pst_grain_between(g, -0.10f, 0.22f);
	p->lid_fold = pst_grain_between(g, 0, 1);
	p->iris = pst_grain_between(g, 0.056f, 0.066f);
	p->bags = pst_clampf(pst_grain_between(g, -0.3f, 0.7f) + 0.6f * p->age, 0, 1);
	p->eye_paint =
		pst_grain_between(g, 0, 1) > 0.35f + p->manly ? pst_grain_between(g, 0.3f, 1) : 0;
	p->brow_y = -pst_mixf(0.30f, 0.18f, p->manly * 0.6f + pst_grain_between(g, 0, 0.4f));
	p->brow_width = pst_grain_between(g, 0.19f, 0.28f);
	p->brow_thick = pst_mixf(0.018f, 0.062f, brows) * pst_mixf(0.8f, 1.15f, p->manly);
	p->brow_arch = pst_grain_between(g, 0, 0.08f) * (1.2f - 0.6f * p->manly);
	p->brow_tilt = pst_grain_between(g, -0.18f, 0.22f);
	p->brow_dense = pst_grain_between(g, 0.55f, 1);
	p->brow_gap = pst_grain_between(g, 0.06f, 0.13f);
}

static void invent_nose_and_mouth(struct pst_identity *p, struct pst_grain *g, float nose_width,
	float nose_length, float lips)
{
	p->nose_y = pst_mixf(0.38f, 0.58f, nose_length) * (0.5f + 0.5f * p->chin_y / 1.13f);
	p->nose_out = pst_grain_between(g, 0.18f, 0.34f);
	p->nose_bridge = pst_grain_between(g, 0.055f, 0.10f) * pst_mixf(0.9f, 1.2f, nose_width);
	p->nose_tip = pst_mixf(0.070f, 0.125f, nose_width);
	p->nose_wing = pst_mixf(0.135f, 0.235f, nose_width);
	p->nose_hump = pst_grain_between(g, -0.05f, 0.07f);
	p->nose_turn = pst_grain_between(g, -0.03f, 0.05f);
	float room = p->chin_y - p->nose_y;
	p->mouth_y = p->nose_y + room * pst_grain_between(g, 0.34f, 0.43f);
	p->mouth_width = pst_grain_between(g, 0.20f, 0.33f);
	p->lip_upper = pst_mixf(0.026f, 0.105f, lips) * (1 - 0.3f * p->age);
	p->lip_lower = pst_mixf(0.040f, 0.130f, lips) * pst_grain_between(g, 0.85f, 1.15f) *
		       (1 - 0.2f * p->age);
	p->mouth_bend = pst_grain_between(g, -0.012f, 0.055f);
	p->cupid = pst_grain_between(g, 0, 1);
	p->lip_paint = pst_grain_between(g, 0, 1) > 0.45f + p->manly
			       ? pst_grain_between(g, 0.4f, 0.9f)
			       : 0;
	struct pst_colour paint = {pst_grain_between(g, 0.55f, 0.85f),
		pst_grain_between(g, 0.08f, 0.35f), pst_grain_between(g, 0.15f, 0.40f)};
	struct pst_colour plain = {p->skin.r * 0.90f, p->skin.g * 0.66f, p->skin.b * 0.68f};
	p->lip_colour = pst_colour_mix(plain, paint, p->lip_paint);
}

static enum pst_hair_style pick_hair(float at, bool manly)
{
	static const enum pst_hair_style strong[] = {PST_HAIR_SIDE_PART, PST_HAIR_BALD,
		PST_HAIR_FRINGE, PST_HAIR_CROP, PST_HAIR_AFRO, PST_HAIR_RECEDING, PST_HAIR_BUZZ,
		PST_HAIR_LONG, PST_HAIR_TIED};
	static const enum pst_hair_style soft[] = {PST_HAIR_LONG, PST_HAIR_LONG_FRINGE,
		PST_HAIR_TIED, PST_HAIR_BOB, PST_HAIR_SCARF, PST_HAIR_FRINGE, PST_HAIR_AFRO,
		PST_HAIR_SIDE_PART, PST_HAIR_CROP};
	return manly ? strong[(size_t)(at * 9) % 9] : soft[(size_t)(at * 9) % 9];
}

static void invent_hair(
	struct pst_identity *p, struct pst_grain *g, float style, float colour, float beard)
{
	p->hair = pick_hair(style, p->manly > 0.5f);
	p->hairline = -pst_grain_between(g, 0.50f, 0.78f);
	p->hair_volume = pst_grain_between(g, 0.3f, 1);
	p->hair_curl = pst_grain_between(g, 0, 1);
	p->hair_part = pst_grain_between(g, -0.4f, 0.4f);
	p->temple_recess = pst_grain_between(g, 0, 1) * pst_mixf(0.4f, 1, p->manly);
	p->hair_colour = ramp(hair_ramp, sizeof(hair_ramp) / sizeof(hair_ramp[0]), colour);
	p->brow_colour = pst_colour_scale(p->hair_colour, 0.75f);
	p->beard_colour = pst_colour_scale(p->hair_colour, pst_grain_between(g, 0.8f, 1.1f));
	float grey = pst_clampf((p->age - 0.55f) * 3 + pst_grain_between(g, -0.4f, 0.4f), 0, 1);
	struct pst_colour silver = {0.74f, 0.73f, 0.72f};
	p->hair_colour = pst_colour_mix(p->hair_colour, silver, grey);
	p->beard_colour = pst_colour_mix(p->beard_colour, silver, pst_clampf(grey * 1.1f, 0, 1));
	p->brow_colour = pst_colour_mix(p->brow_colour, silver, grey * 0.5f * (1 - p->tone));
	p->beard_colour = pst_colour_mix(p->beard_colour, p->skin, 0.3f * p->tone);
	if (p->hair == PST_HAIR_SCARF) {
		p->hair_colour = (struct pst_colour){pst_grain_between(g, 0.08f, 0.8f),
			pst_grain_between(g, 0.08f, 0.7f), pst_grain_between(g, 0.1f, 0.75f)};
	}
	if (p->manly > 0.5f) {
		p->beard = (enum pst_beard_style)(
			(unsigned)(beard * 2 * PST_BEARD_COUNT) % PST_BEARD_COUNT);
	}
	p->beard_dense = pst_grain_between(g, 0.65f, 1);
}

static void invent_glasses(struct pst_identity *p, struct pst_grain *g, float at)
{
	static const struct pst_colour colours[] = {{0.06f, 0.06f, 0.07f}, {0.30f, 0.17f, 0.09f},
		{0.70f, 0.60f, 0.35f}, {0.60f, 0.62f, 0.65f}, {0.45f, 0.08f, 0.12f},
		{0.10f, 0.16f, 0.36f}};
	if (at < 0.34f) {
		p->glasses = (enum pst_glasses_style)(1 + (unsigned)(at / 0.34f * 4) % 4);
	}
	p->glasses_colour = colours[(size_t)pst_grain_between(g, 0, 6) % 6];
	p->glasses_size = pst_grain_between(g, 0.88f, 1.15f);
	p->glasses_thick = pst_grain_between(g, 0.010f, 0.023f);
	p->glasses_colour = pst_colour_scale(p->glasses_colour, 1 - 0.7f * p->tone);
}

void pst_identity_invent(struct pst_identity *identity, uint64_t seed, uint32_t number)
{
	struct pst_identity *p = identity;
	*p = (struct pst_identity){0};
	struct pst_grain g = {pst_grain_mix(seed ^ pst_grain_mix((uint64_t)number + 0x5eed))};
	p->key = (uint32_t)pst_grain_mix(g.state + 77);
	p->manly = pst_stepf(0.15f, 0.85f, trait(seed, number, TRAIT_MANLY));
	p->age = trait(seed, number, TRAIT_AGE);
	invent_skin(p, &g, trait(seed, number, TRAIT_SKIN));
	invent_outline(p, &g, trait(seed, number, TRAIT_FACE_WIDTH),
		trait(seed, number, TRAIT_FACE_LENGTH));
	invent_eyes(p, &g, trait(seed, number, TRAIT_EYES), trait(seed, number, TRAIT_EYE_SPACE),
		trait(seed, number, TRAIT_BROWS));
	invent_nose_and_mouth(p, &g, trait(seed, number, TRAIT_NOSE_WIDTH),
		trait(seed, number, TRAIT_NOSE_LENGTH), trait(seed, number, TRAIT_LIPS));
	p->iris_colour = ramp(
		iris_ramp, sizeof(iris_ramp) / sizeof(iris_ramp[0]), pst_grain_between(&g, 0, 1));
	float hair_colour = trait(seed, number, TRAIT_HAIR_COLOUR) *
			    pst_mixf(1, 0.3f, trait(seed, number, TRAIT_SKIN));
	invent_hair(p, &g, trait(seed, number, TRAIT_HAIR), hair_colour,
		trait(seed, number, TRAIT_BEARD));
	invent_glasses(p, &g, trait(seed, number, TRAIT_GLASSES));
}
