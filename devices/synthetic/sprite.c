/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/synthetic/sprite.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RUN 8		       /* pixels that are skipped or drawn together */
#define BLOCK PST_SPRITE_BLOCK /* texels; a run reaches over less than one and a half */
#define PIVOT_Z 0.25f	       /* the axis a head turns about, decimetres before its outline */

typedef uint8_t texel_bytes __attribute__((vector_size(8)));
typedef uint16_t texel_words __attribute__((vector_size(16)));

int pst_sprite_init(struct pst_sprite *sprite, const struct pst_canvas *canvas)
{
	*sprite = (struct pst_sprite){.left = canvas->left, .top = canvas->top};
	sprite->right = canvas->left + (float)canvas->width / canvas->scale;
	sprite->bottom = canvas->top + (float)canvas->height / canvas->scale;
	for (int i = 0; i < PST_SPRITE_LEVELS; i++) {
		struct pst_sprite_level *level = &sprite->levels[i];
		level->width = canvas->width >> i;
		level->height = canvas->height >> i;
		level->scale = canvas->scale / (float)(1 << i);
		level->texels = calloc(
			(size_t)level->width * (size_t)level->height, sizeof(*level->texels));
		level->columns = (level->width + BLOCK - 1) / BLOCK;
		level->rows = (level->height + BLOCK - 1) / BLOCK;
		level->blocks = calloc((size_t)level->columns, (size_t)level->rows);
		if (!level->texels || !level->blocks) {
			pst_sprite_finish(sprite);
			return -ENOMEM;
		}
	}
	return 0;
}

void pst_sprite_finish(struct pst_sprite *sprite)
{
	for (int i = 0; i < PST_SPRITE_LEVELS; i++) {
		free(sprite->levels[i].texels);
		free(sprite->levels[i].blocks);
	}
	*sprite = (struct pst_sprite){0};
}

static uint8_t to_byte(float value)
{
	return (uint8_t)pst_clampf(value * 255 + 0.5f, 0, 255);
}

static struct pst_texel bake_point(const struct pst_canvas *canvas, int i, int j, float deepest)
{
	const struct pst_canvas_point *at = pst_canvas_at(canvas, i, j);
	float half = 0.5f * canvas->scale;
	float dx = (at[1].z - at[-1].z) * half;
	float dy = (at[canvas->width].z - at[-canvas->width].z) * half;
	float steep = sqrtf(dx * dx + dy * dy);
	float limit = steep > 2.5f ? 2.5f / steep : 1;
	dx *= limit;
	dy *= limit;
	float length = 127 / sqrtf(1 + dx * dx + dy * dy);
	return (struct pst_texel){
		.r = to_byte(at->r * at->cover),
		.g = to_byte(at->g * at->cover),
		.b = to_byte(at->b * at->cover),
		.cover = to_byte(at->cover),
		.depth = to_byte(at->z / deepest),
		.nx = (uint8_t)(128 - dx * length),
		.ny = (uint8_t)(128 - dy * length),
		.nz = (uint8_t)(128 + length),
	};
}

static void halve(const struct pst_sprite_level *from, struct pst_sprite_level *to)
{
	for (int j = 0; j < to->height; j++) {
		for (int i = 0; i < to->width; i++) {
			const uint8_t *a =
				(const uint8_t *)&from->texels[2 * j * from->width + 2 * i];
			const uint8_t *b = a + (size_t)from->width * sizeof(struct pst_texel);
			uint8_t *out = (uint8_t *)&to->texels[j * to->width + i];
			for (size_t k = 0; k < sizeof(struct pst_texel); k++) {
				out[k] = (uint8_t)((a[k] + a[k + 8] + b[k] + b[k + 8] + 2) / 4);
			}
		}
	}
}

/* Marks each block that holds or borders on something covered. */
static void mark_blocks(struct pst_sprite_level *level)
{
	memset(level->blocks, 0, (size_t)level->columns * (size_t)level->rows);
	for (int y = 0; y < level->height; y++) {
		for (int x = 0; x < level->width; x++) {
			if (!level->texels[y * level->width + x].cover) {
				continue;
			}
			int column = x / BLOCK, row = y / BLOCK;
			for (int k = 0; k < 9; k++) {
				int i = column + k % 3 - 1, j = row + k / 3 - 1;
				if (i >= 0 && j >= 0 && i < level->columns && j < level->rows) {
					level->blocks[j * level->columns + i] = true;
				}
			}
		}
	}
}

void pst_sprite_bake(struct pst_sprite *sprite, const struct pst_canvas *canvas, float deepest)
{
	struct pst_sprite_level *full = &sprite->levels[0];
	sprite->deepest = deepest;
	for (int j = 1; j < full->height - 1; j++) {
		for (int i = 1; i < full->width - 1; i++) {
			full->texels[j * full->width + i] = bake_point(canvas, i, j, deepest);
		}
	}
	for (int i = 1; i < PST_SPRITE_LEVELS; i++) {
		halve(&sprite->levels[i - 1], &sprite->levels[i]);
	}
	for (int i = 0; i < PST_SPRITE_LEVELS; i++) {
		mark_blocks(&sprite->levels[i]);
	}
}

void pst_pose_project(
	const struct pst_pose *pose, float x, float y, float z, float *ret_x, float *ret_y)
{
	float u = x * cosf(pose->yaw) + (z - PIVOT_Z) * sinf(pose->yaw);
	float v = y * cosf(pose->pitch) + (z - PIVOT_Z) * sinf(pose->pitch);
	float c = cosf(pose->roll), s = sinf(pose->roll);
	*ret_x = pose->x + (u * c - v * s) * pose->scale;
	*ret_y = pose->y + (u * s + v * c) * pose->scale;
}

/* What light does to a surface, by how far it turns towards the lamp: tables for 0..255. */
struct shading {
	int x, y, z;	       /* direction of the lamp, 256 long */
	uint16_t gain[256][3]; /* 256 leaves the colour as it is */
	uint8_t gloss[256];
};

static void prepare_shading(
	struct shading *shading, const struct pst_light *light, const struct pst_pose *pose)
{
	float lx = light->x * cosf(pose->yaw) - light->z * sinf(pose->yaw);
	float lz = light->z * cosf(pose->yaw) + light->x * sinf(pose->yaw);
	shading->x = (int)lroundf(lx * 256);
	shading->y = (int)lroundf(light->y * 256);
	shading->z = (int)lroundf(lz * 256);
	for (int i = 0; i < 256; i++) {
		float facing = (float)(i - 128) / 127;
		float lit = pst_clampf((facing + 0.25f) / 1.25f, 0, 1);
		float level = powf(light->ambient + light->lamp * lit, 0.62f);
		shading->gain[i][0] = (uint16_t)(256 * level * light->red);
		shading->gain[i][1] = (uint16_t)(256 * level * light->green);
		shading->gain[i][2] = (uint16_t)(256 * level * light->blue);
		shading->gloss[i] =
			(uint8_t)(90 * light->shine * powf(pst_clampf(facing, 0, 1), 14));
	}
}

static void blend_texel(uint8_t *out, const uint8_t texel[8], const struct shading *shading)
{
	int facing = (texel[5] - 128) * shading->x + (texel[6] - 128) * shading->y +
		     (texel[7] - 128) * shading->z;
	int index = 128 + facing / 256;
	index = index < 0 ? 0 : index > 255 ? 255 : index;
	const uint16_t *gain = shading->gain[index];
	int cover = texel[3], gloss = shading->gloss[index];
	if (cover == 255) {
		for (int k = 0; k < 3; k++) {
			int value = (texel[k] * gain[k] >> 8) + gloss;
			out[k] = (uint8_t)(value > 255 ? 255 : value);
		}
		return;
	}
	for (int k = 0; k < 3; k++) {
		int under = out[k] * (255 - cover) + gloss * cover;
		int value = (texel[k] * gain[k] >> 8) + (under + 127) / 255;
		out[k] = (uint8_t)(value > 255 ? 255 : value);
	}
}

static void sample(const struct pst_sprite_level *level, float x, float y, uint8_t texel[8])
{
	int ix = (int)x, iy = (int)y;
	uint16_t wx = (uint16_t)((x - (float)ix) * 64), wy = (uint16_t)((y - (float)iy) * 64);
	const struct pst_texel *at = level->texels + (size_t)iy * (size_t)level->width + ix;
	texel_bytes a, b, c, d;
	memcpy(&a, at, 8);
	memcpy(&b, at + 1, 8);
	memcpy(&c, at + level->width, 8);
	memcpy(&d, at + level->width + 1, 8);
	texel_words top = __builtin_convertvector(a, texel_words) * (uint16_t)(64 - wx) +
			  __builtin_convertvector(b, texel_words) * wx;
	texel_words low = __builtin_convertvector(c, texel_words) * (uint16_t)(64 - wx) +
			  __builtin_convertvector(d, texel_words) * wx;
	texel_words all =
		(((top + 32) >> 6) * (uint16_t)(64 - wy) + ((low + 32) >> 6) * wy + 32) >> 6;
	texel_bytes bytes = __builtin_convertvector(all, texel_bytes);
	memcpy(texel, &bytes, 8);
}

/* How the picture's pixels map back onto one level of a sprite; lengths in its texels. */
struct mapping {
	const struct pst_sprite_level *level;
	float dx, dy;		/* from one pixel to the next in its row */
	float shift_x, shift_y; /* moved per step of depth */
	float limit_x, limit_y;
	bool turned;
};

/* Moves a point of the level to where the turned surface shows there, by its depth. */
static bool follow_depth(const struct mapping *map, float *x, float *y)
{
	const struct pst_sprite_level *level = map->level;
	float from_x = *x, from_y = *y;
	for (int pass = 0; pass < 2; pass++) {
		size_t at = (size_t)*y * (size_t)level->width + (size_t)*x;
		float depth = level->texels[at].depth;
		*x = from_x - depth * map->shift_x;
		*y = from_y - depth * map->shift_y;
		if (!(*x >= 0 && *y >= 0 && *x < map->limit_x && *y < map->limit_y)) {
			return false;
		}
	}
	return true;
}

/* Draws up to RUN pixels; x and y, on the level, belong to the first and grow by dx and dy. */
static void draw_run(const struct mapping *map, const struct shading *shading, uint8_t *out,
	int count, float x, float y)
{
	for (int i = 0; i < count; i++, out += 3, x += map->dx, y += map->dy) {
		float at_x = x, at_y = y;
		if (!(x >= 0 && y >= 0 && x < map->limit_x && y < map->limit_y)) {
			continue;
		}
		if (map->turned && !follow_depth(map, &at_x, &at_y)) {
			continue;
		}
		uint8_t texel[8];
		sample(map->level, at_x, at_y, texel);
		if (texel[3] > 0) {
			blend_texel(out, texel, shading);
		}
	}
}

/* Whether anything is drawn near a point of the level: in its block or one beside it. */
static bool is_near_cover(const struct pst_sprite_level *level, float x, float y)
{
	int column = (int)floorf(x / BLOCK), row = (int)floorf(y / BLOCK);
	if (column < 0 || row < 0 || column >= level->columns || row >= level->rows) {
		return x > -2 * RUN && y > -2 * RUN && column <= level->columns &&
		       row <= level->rows;
	}
	return level->blocks[row * level->columns + column];
}

static void draw_row(const struct mapping *map, const struct shading *shading, uint8_t *out,
	int count, float x, float y)
{
	for (int i = 0; i < count; i += RUN) {
		float half = 0.5f * RUN;
		if (is_near_cover(map->level, x + half * map->dx, y + half * map->dy)) {
			draw_run(map, shading, out, count - i < RUN ? count - i : RUN, x, y);
		}
		out += (size_t)3 * RUN;
		x += RUN * map->dx;
		y += RUN * map->dy;
	}
}

/* The rows and columns that the turned sprite can reach. */
static struct pst_canvas_area reach(const struct pst_sprite *sprite, const struct pst_pose *pose,
	const struct pst_picture *picture)
{
	float x0 = 1e9f, y0 = 1e9f, x1 = -1e9f, y1 = -1e9f;
	for (int corner = 0; corner < 8; corner++) {
		float x, y;
		pst_pose_project(pose, corner & 1 ? sprite->left : sprite->right,
			corner & 2 ? sprite->top : sprite->bottom, corner & 4 ? sprite->deepest : 0,
			&x, &y);
		x0 = fminf(x0, x);
		y0 = fminf(y0, y);
		x1 = fmaxf(x1, x);
		y1 = fmaxf(y1, y);
	}
	return (struct pst_canvas_area){
		(int)pst_clampf(floorf(x0), 0, (float)picture->width),
		(int)pst_clampf(floorf(y0), 0, (float)picture->height),
		(int)pst_clampf(ceilf(x1), 0, (float)picture->width),
		(int)pst_clampf(ceilf(y1), 0, (float)picture->height),
	};
}

static const struct pst_sprite_level *level_for(const struct pst_sprite *sprite, float scale)
{
	int index = 0;
	while (index + 1 < PST_SPRITE_LEVELS && sprite->levels[index].scale > 1.6f * scale) {
		index++;
	}
	return &sprite->levels[index];
}

void pst_sprite_draw(const struct pst_sprite *sprite, const struct pst_pose *pose,
	const struct pst_light *light, const struct pst_picture *picture)
{
	const struct pst_sprite_level *level = level_for(sprite, pose->scale);
	struct shading shading;
	prepare_shading(&shading, light, pose);
	float c = cosf(pose->roll) / pose->scale, s = sinf(pose->roll) / pose->scale;
	float stretch_x = level->scale / cosf(pose->yaw),
	      stretch_y = level->scale / cosf(pose->pitch);
	float step = sprite->deepest / 255;
	struct mapping map = {
		.level = level,
		.dx = c * stretch_x,
		.dy = -s * stretch_y,
		.shift_x = sinf(pose->yaw) * step * stretch_x,
		.shift_y = sinf(pose->pitch) * step * stretch_y,
		.limit_x = (float)(level->width - 2),
		.limit_y = (float)(level->height - 2),
	};
	map.turned = map.shift_x != 0 || map.shift_y != 0;
	float base_x = PIVOT_Z * sinf(pose->yaw), base_y = PIVOT_Z * sinf(pose->pitch);
	struct pst_canvas_area area = reach(sprite, pose, picture);
	for (int j = area.y0; j < area.y1; j++) {
		float dx = (float)area.x0 + 0.5f - pose->x, dy = (float)j + 0.5f - pose->y;
		float u = dx * c + dy * s + base_x, v = dy * c - dx * s + base_y;
		draw_row(&map, &shading,
			picture->rgb + (size_t)j * picture->stride + (size_t)area.x0 * 3,
			area.x1 - area.x0, u * stretch_x - sprite->left * level->scale - 0.5f,
			v * stretch_y - sprite->top * level->scale - 0.5f);
	}
}
