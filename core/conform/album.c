/* SPDX-License-Identifier: Apache-2.0 */
#include "conform/album.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "devices/synthetic/scene.h"
#include "worker/align.h"
#include "worker/picture.h"

#define SEED 20
#define DRAWN_WIDTH 480u /* px */
#define DRAWN_HEIGHT 360u
#define USUAL_WIDTH 320u /* px, of whole pictures */
#define USUAL_HEIGHT 240u
#define NAME "the picture"

struct colour {
	float channel[3]; /* R, G, B: 0..255 */
};

static uint32_t round_up(uint32_t value, uint32_t multiple)
{
	return (value + multiple - 1) / multiple * multiple;
}

static void scale_face(struct pst_face *face, float x, float y)
{
	face->x *= x;
	face->width *= x;
	face->y *= y;
	face->height *= y;
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		face->landmarks[i].x *= x;
		face->landmarks[i].y *= y;
	}
}

/* Draws a person as a lane's source would. */
static int draw(struct pst_sheet *sheet, uint32_t person, struct pst_error *error)
{
	struct pst_synth_face truth = {0};
	int status;

	sheet->width = DRAWN_WIDTH;
	sheet->height = DRAWN_HEIGHT;
	sheet->rgb = malloc((size_t)DRAWN_WIDTH * DRAWN_HEIGHT * 3);
	if (!sheet->rgb) {
		return pst_error_set(error, -ENOMEM, "no memory for pictures");
	}
	status = pst_synth_draw_portrait(SEED, person, 0, DRAWN_WIDTH, DRAWN_HEIGHT, sheet->rgb,
		(size_t)DRAWN_WIDTH * 3, &truth, error);
	sheet->face = (struct pst_face){.x = truth.x,
		.y = truth.y,
		.width = truth.width,
		.height = truth.height,
		.score = 1,
		.has_landmarks = 1};
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		sheet->face.landmarks[i].x = truth.landmarks[i].x;
		sheet->face.landmarks[i].y = truth.landmarks[i].y;
	}
	return status;
}

/* Puts the chip that a worker would cut in place of the whole picture. */
static int cut(
	struct pst_sheet *sheet, const struct pst_wire_plugin *plugin, struct pst_error *error)
{
	const struct pst_geometry same = {.scale_x = 1, .scale_y = 1};
	const struct pst_image whole = {.size = sizeof(whole),
		.format = PST_PIXELS_RGB24,
		.width = sheet->width,
		.height = sheet->height,
		.stride = sheet->width * 3,
		.pixels = sheet->rgb};
	size_t size = (size_t)plugin->chip_width * plugin->chip_height * 3;
	struct pst_similarity to_chip;
	struct pst_picture chip = {0};
	uint8_t *rgb = malloc(size);
	int status = rgb ? pst_picture_shape(
				   &chip, PST_PIXELS_RGB24, plugin->chip_width, plugin->chip_height)
			 : -ENOMEM;

	if (status == 0) {
		status = pst_similarity_fit(
			sheet->face.landmarks, plugin->chip_landmark, PST_LANDMARK_COUNT, &to_chip);
	}
	if (status == 0) {
		struct pst_face face;

		pst_align_warp(&whole, &same, &to_chip, &chip);
		pst_align_face(&to_chip, &sheet->face, &face);
		memcpy(rgb, chip.scratch.data, size);
		free(sheet->rgb);
		sheet->rgb = rgb;
		sheet->face = face;
		sheet->width = plugin->chip_width;
		sheet->height = plugin->chip_height;
		rgb = NULL;
	}
	free(rgb);
	pst_picture_finish(&chip);
	return status == 0 ? 0 : pst_error_set(error, status, "a chip cannot be cut");
}

static void choose_sizes(struct pst_album *album, const struct pst_wire_plugin *plugin)
{
	uint32_t multiple = plugin->input_multiple, size = plugin->input_size;

	if (plugin->kind == PST_PLUGIN_EXTRACTOR || plugin->kind == PST_PLUGIN_PAD) {
		album->format = plugin->chip_format;
		album->width = album->full_width = plugin->chip_width;
		album->height = album->full_height = plugin->chip_height;
		return;
	}
	album->format = plugin->input_format;
	album->full_width = size;
	album->full_height = round_up(size * 3 / 4, multiple);
	album->width = size < USUAL_WIDTH ? size : round_up(USUAL_WIDTH, multiple);
	album->height = size < USUAL_WIDTH ? album->full_height : round_up(USUAL_HEIGHT, multiple);
}

int pst_album_open(
	struct pst_album *album, const struct pst_wire_plugin *plugin, struct pst_error *error)
{
	bool chips = plugin->kind == PST_PLUGIN_EXTRACTOR || plugin->kind == PST_PLUGIN_PAD;
	int status = 0;

	if (plugin->kind == PST_PLUGIN_MATCHER) {
		return 0;
	}
	choose_sizes(album, plugin);
	for (uint32_t i = 0; status == 0 && i < 2; i++) {
		struct pst_sheet *sheet = &album->sheet[i];

		status = draw(sheet, i, error);
		if (status == 0 && chips) {
			status = cut(sheet, plugin, error);
		}
		if (status == 0) {
			scale_face(&sheet->face, 1 / (float)sheet->width, 1 / (float)sheet->height);
		}
	}
	return status;
}

void pst_album_close(struct pst_album *album)
{
	free(album->sheet[0].rgb);
	free(album->sheet[1].rgb);
	*album = (struct pst_album){0};
}

struct pst_shape pst_album_shape(const struct pst_album *album, enum pst_content content)
{
	return (struct pst_shape){.content = content,
		.format = album->format,
		.width = album->width,
		.height = album->height};
}

/* Bilinear, u and v in parts of the sides; beyond the edge lies the edge. */
static struct colour sample(const struct pst_sheet *sheet, float u, float v)
{
	float x = fminf(fmaxf(u * (float)sheet->width - 0.5F, 0), (float)sheet->width - 1);
	float y = fminf(fmaxf(v * (float)sheet->height - 0.5F, 0), (float)sheet->height - 1);
	uint32_t x0 = (uint32_t)x, y0 = (uint32_t)y;
	uint32_t x1 = x0 + 1 < sheet->width ? x0 + 1 : x0;
	uint32_t y1 = y0 + 1 < sheet->height ? y0 + 1 : y0;
	float fx = x - (float)x0, fy = y - (float)y0;
	const uint8_t *top = sheet->rgb + (size_t)y0 * sheet->width * 3;
	const uint8_t *low = sheet->rgb + (size_t)y1 * sheet->width * 3;
	struct colour colour;

	for (uint32_t c = 0; c < 3; c++) {
		float above = (float)top[x0 * 3 + c] * (1 - fx) + (float)top[x1 * 3 + c] * fx;
		float below = (float)low[x0 * 3 + c] * (1 - fx) + (float)low[x1 * 3 + c] * fx;

		colour.channel[c] = above * (1 - fy) + below * fy;
	}
	return colour;
}

static struct colour blurred(const struct pst_sheet *sheet, float u, float v)
{
	struct colour sum = {{0}};

	for (int i = 0; i < 49; i++) {
		int column = i % 7 - 3, row = i / 7 - 3;
		struct colour colour = sample(sheet, u + (float)column / 70, v + (float)row / 70);

		for (int c = 0; c < 3; c++) {
			sum.channel[c] += colour.channel[c] / 49;
		}
	}
	return sum;
}

static struct colour even(float value)
{
	return (struct colour){{value, value, value}};
}

static float noise(uint32_t x, uint32_t y)
{
	uint32_t mixed = (x * 73856093U) ^ (y * 19349663U);

	mixed = (mixed ^ (mixed >> 13)) * 1274126177U;
	return (float)((mixed ^ (mixed >> 16)) & 255U);
}

static struct colour dark(struct colour colour)
{
	for (int c = 0; c < 3; c++) {
		colour.channel[c] /= 3;
	}
	return colour;
}

static struct colour paint(
	const struct pst_album *album, const struct pst_shape *shape, uint32_t x, uint32_t y)
{
	const struct pst_sheet *sheet = &album->sheet[shape->content == PST_CONTENT_OTHER];
	float u = ((float)x + 0.5F) / (float)shape->width;
	float v = ((float)y + 0.5F) / (float)shape->height;

	switch (shape->content) {
	case PST_CONTENT_BLACK:
		return even(0);
	case PST_CONTENT_GREY:
		return even(128);
	case PST_CONTENT_WHITE:
		return even(255);
	case PST_CONTENT_NOISE:
		return (struct colour){{noise(x, y), noise(x + 7919, y), noise(x, y + 7919)}};
	case PST_CONTENT_STRIPES:
		return even((x + y) % 2 ? 255 : 0);
	case PST_CONTENT_ROTATED_90:
		return sample(sheet, v, 1 - u);
	case PST_CONTENT_ROTATED_180:
		return sample(sheet, 1 - u, 1 - v);
	case PST_CONTENT_MIRRORED:
		return sample(sheet, 1 - u, v);
	case PST_CONTENT_SEVERAL:
		return sample(sheet, 2 * u - floorf(2 * u), 2 * v - floorf(2 * v));
	case PST_CONTENT_BLURRED:
		return blurred(sheet, u, v);
	case PST_CONTENT_DARK:
		return dark(sample(sheet, u, v));
	case PST_CONTENT_FACE:
	case PST_CONTENT_OTHER:
	default:
		return sample(sheet, u, v);
	}
}

/* Where a point of the sheet comes to lie, both in parts of the sides. */
static struct pst_point place(enum pst_content content, struct pst_point at)
{
	switch (content) {
	case PST_CONTENT_ROTATED_90:
		return (struct pst_point){1 - at.y, at.x};
	case PST_CONTENT_ROTATED_180:
		return (struct pst_point){1 - at.x, 1 - at.y};
	case PST_CONTENT_MIRRORED:
		return (struct pst_point){1 - at.x, at.y};
	case PST_CONTENT_SEVERAL:
		return (struct pst_point){at.x / 2, at.y / 2};
	default:
		return at;
	}
}

static struct pst_face place_face(const struct pst_album *album, const struct pst_shape *shape)
{
	struct pst_face face = album->sheet[shape->content == PST_CONTENT_OTHER].face;
	struct pst_point low = place(shape->content, (struct pst_point){face.x, face.y});
	struct pst_point high = place(
		shape->content, (struct pst_point){face.x + face.width, face.y + face.height});

	face.x = fminf(low.x, high.x);
	face.y = fminf(low.y, high.y);
	face.width = fabsf(high.x - low.x);
	face.height = fabsf(high.y - low.y);
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		face.landmarks[i] = place(shape->content, face.landmarks[i]);
	}
	scale_face(&face, (float)shape->width, (float)shape->height);
	return face;
}

static void put_pixel(uint8_t *to, uint32_t format, const struct colour *colour)
{
	const float *c = colour->channel;

	if (format == PST_PIXELS_GREY8) {
		to[0] = (uint8_t)lrintf(0.299F * c[0] + 0.587F * c[1] + 0.114F * c[2]);
		return;
	}
	for (int i = 0; i < 3; i++) {
		to[i] = (uint8_t)lrintf(c[format == PST_PIXELS_BGR24 ? 2 - i : i]);
	}
}

int pst_view_open(
	struct pst_view *view, const struct pst_album *album, const struct pst_shape *shape)
{
	uint32_t bytes = pst_pixels_bytes(shape->format) == 1 ? 1 : 3;
	uint32_t stride = shape->width * bytes + shape->gap;
	size_t size = (size_t)stride * shape->height + shape->shift;

	if (pst_pages_open(&view->pages, NAME, size, 1, shape->guard, shape->gap_fill) < 0) {
		return -ENOMEM;
	}
	view->image = (struct pst_image){.size = sizeof(view->image),
		.format = shape->format,
		.width = shape->width,
		.height = shape->height,
		.stride = stride,
		.pixels = view->pages.data + shape->shift};
	for (uint32_t y = 0; y < shape->height; y++) {
		uint8_t *row = view->pages.data + shape->shift + (size_t)y * stride;

		for (uint32_t x = 0; x < shape->width; x++) {
			struct colour colour = paint(album, shape, x, y);

			put_pixel(row + (size_t)x * bytes, shape->format, &colour);
		}
	}
	view->face = place_face(album, shape);
	if (shape->locked) {
		pst_pages_lock(&view->pages, true);
	}
	return 0;
}

void pst_view_close(struct pst_view *view)
{
	pst_pages_close(&view->pages);
}
