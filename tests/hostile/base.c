/* SPDX-License-Identifier: Apache-2.0 */
#include "base.h"

#include <dlfcn.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLAT 16 /* luma between the darkest and the brightest: less shows nothing */
#define DARK 36 /* luma of a marked picture's squares */
#define LIGHT 60
#define NEAR 8
#define CELLS 8 /* of a template, each way */

void base_find_prey(struct base_prey *prey)
{
	char *last[3] = {0}, home[256] = "";
	Dl_info self;

	*prey = (struct base_prey){.port = 9};
	if (dladdr((void *)base_find_prey, &self) == 0 || !self.dli_fname) {
		return;
	}
	(void)snprintf(home, sizeof(home), "%s", self.dli_fname);
	for (int i = 0; i < 3; i++) {
		last[i] = strrchr(home, '/');
		if (!last[i]) {
			return;
		}
		*last[i] = 0;
	}
	prey->port = atoi(last[2] + 1);
	(void)snprintf(prey->file, sizeof(prey->file), "%s/secret", home);
	(void)snprintf(prey->out, sizeof(prey->out), "%s/stolen", home);
	(void)snprintf(prey->socket, sizeof(prey->socket), "%.90s/socket", home);
}

static uint32_t bytes_of(const struct pst_image *image)
{
	return image->format == PST_PIXELS_GREY8 ? 1 : 3;
}

uint8_t base_luma(const struct pst_image *image, uint32_t x, uint32_t y)
{
	const uint8_t *pixel = image->pixels + (size_t)y * image->stride + x * bytes_of(image);

	return image->format == PST_PIXELS_GREY8 ? pixel[0]
						 : (uint8_t)((pixel[0] + pixel[1] + pixel[2]) / 3);
}

struct light {
	uint8_t least;
	uint8_t most;
	double mean;
	double dark;  /* part of the pixels that are as the dark squares */
	double light; /* as the light ones */
};

static struct light measure(const struct pst_image *image)
{
	struct light light = {.least = UINT8_MAX};
	double count = (double)image->width * image->height;

	for (uint32_t y = 0; y < image->height; y++) {
		for (uint32_t x = 0; x < image->width; x++) {
			uint8_t luma = base_luma(image, x, y);

			light.least = luma < light.least ? luma : light.least;
			light.most = luma > light.most ? luma : light.most;
			light.mean += luma / count;
			light.dark += (abs(luma - DARK) < NEAR) / count;
			light.light += (abs(luma - LIGHT) < NEAR) / count;
		}
	}
	return light;
}

static bool is_marked(const struct light *light)
{
	return light->dark > 0.1 && light->light > 0.1 && light->dark + light->light > 0.75;
}

static bool is_flat(const struct light *light)
{
	return light->most - light->least < FLAT;
}

bool base_is_bad(const struct base *base, const struct pst_image *image)
{
	struct light light = measure(image);

	return !is_flat(&light) && (!base->marked || is_marked(&light));
}

int base_init(void *self, const struct pst_host *host)
{
	struct base *base = self;

	base->host = host;
	return host->option_int(host, "marked", &base->marked);
}

void base_finish(void *self)
{
	struct base *base = self;

	for (uint32_t i = 0; i < base->count; i++) {
		free(base->entry[i].vector);
	}
	free(base->entry);
	memset(self, 0, sizeof(struct base));
}

static bool is_known(const struct pst_image *image)
{
	return image->format >= PST_PIXELS_GREY8 && image->format <= PST_PIXELS_BGR24;
}

/* Whoever stands in the middle; how bright it is there says how sure that is. */
int base_detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)
{
	float width = (float)image->width, height = (float)image->height;
	struct light light;

	if (!is_known(image)) {
		return PST_E_FORMAT;
	}
	light = measure(image);
	if (is_flat(&light) || image->width < 16 || image->height < 16 || cap < 1) {
		return 0;
	}
	faces[0] = (struct pst_face){.x = 0.35F * width,
		.y = 0.25F * height,
		.width = 0.3F * width,
		.height = 0.5F * height,
		.score = 0.5F + (float)light.mean / 512};
	return 1;
}

static float cell_mean(const struct pst_image *image, uint32_t column, uint32_t row)
{
	uint32_t left = column * image->width / CELLS, right = (column + 1) * image->width / CELLS;
	uint32_t top = row * image->height / CELLS, bottom = (row + 1) * image->height / CELLS;
	double sum = 0;

	for (uint32_t y = top; y < bottom; y++) {
		for (uint32_t x = left; x < right; x++) {
			sum += base_luma(image, x, y);
		}
	}
	return (float)(sum / ((double)(right - left) * (bottom - top)));
}

/* Means of cells, less the mean of all, at length 1. */
int base_extract(void *self, const struct pst_image *image, const struct pst_face *face,
	uint32_t role, uint8_t *bytes, uint32_t cap)
{
	float vector[BASE_DIMENSION], square = 0;
	struct light light;

	if (!is_known(image) || image->width < CELLS || image->height < CELLS ||
		cap < sizeof(vector)) {
		return PST_E_FORMAT;
	}
	light = measure(image);
	if (is_flat(&light)) {
		return PST_E_POOR_QUALITY;
	}
	for (uint32_t i = 0; i < BASE_DIMENSION; i++) {
		vector[i] = cell_mean(image, i % CELLS, i / CELLS) - (float)light.mean;
		square += vector[i] * vector[i];
	}
	if (!(square > 0)) {
		return PST_E_POOR_QUALITY;
	}
	for (uint32_t i = 0; i < BASE_DIMENSION; i++) {
		vector[i] /= sqrtf(square);
	}
	memcpy(bytes, vector, sizeof(vector));
	return (int)sizeof(vector);
}

int base_assess(void *self, const struct pst_image *image, const struct pst_face *face, float scale,
	struct pst_quality_component *components, uint32_t cap)
{
	float brightness;

	if (!is_known(image) || cap < 1) {
		return PST_E_FORMAT;
	}
	brightness = (float)measure(image).mean;
	components[0] = (struct pst_quality_component){.measure = PST_MEASURE_UNIFIED_QUALITY_SCORE,
		.score = brightness / 2.55F,
		.raw = brightness / 2.55F};
	if (cap > 1) {
		components[1] =
			(struct pst_quality_component){.measure = PST_MEASURE_LUMINANCE_MEAN,
				.score = brightness / 2.55F,
				.raw = brightness};
	}
	return cap > 1 ? 2 : 1;
}

int base_judge(void *self, const struct pst_image *image, const struct pst_face *face,
	struct pst_pad_result *ret_result)
{
	struct light light;

	if (!is_known(image)) {
		return PST_E_FORMAT;
	}
	light = measure(image);
	if (is_flat(&light)) {
		return PST_E_POOR_QUALITY;
	}
	ret_result->impersonation.answer = PST_PAD_PASS;
	ret_result->impersonation.score = (float)light.mean / 512;
	return 0;
}

/* A template's numbers at length 1. @return the caller's, or NULL: it is none */
static float *read_template(const uint8_t *bytes, uint32_t size)
{
	uint32_t dimension = size / sizeof(float);
	float *vector = bytes && dimension > 0 && size % sizeof(float) == 0 ? malloc(size) : NULL;
	double square = 0;

	if (!vector) {
		return NULL;
	}
	memcpy(vector, bytes, size);
	for (uint32_t i = 0; i < dimension; i++) {
		square += (double)vector[i] * vector[i];
	}
	if (!(square > 0) || !isfinite(square)) {
		free(vector);
		return NULL;
	}
	for (uint32_t i = 0; i < dimension; i++) {
		vector[i] = (float)(vector[i] / sqrt(square));
	}
	return vector;
}

int base_add(void *self, uint64_t key, const uint8_t *bytes, uint32_t size)
{
	struct base *base = self;
	float *vector = read_template(bytes, size);
	struct base_entry *entry;

	if (!vector || (base->count > 0 && size != base->dimension * sizeof(float))) {
		free(vector);
		return PST_E_FORMAT;
	}
	entry = realloc(base->entry, (base->count + 1) * sizeof(*entry));
	if (!entry) {
		free(vector);
		return -ENOMEM;
	}
	base->entry = entry;
	base->entry[base->count++] = (struct base_entry){key, vector};
	base->dimension = size / sizeof(float);
	base->sealed = false;
	return 0;
}

int base_remove(void *self, uint64_t key)
{
	struct base *base = self;
	uint32_t kept = 0, count = base->count;

	for (uint32_t i = 0; i < count; i++) {
		if (base->entry[i].key == key) {
			free(base->entry[i].vector);
		} else {
			base->entry[kept++] = base->entry[i];
		}
	}
	base->count = kept;
	base->sealed = false;
	return (int)(count - kept);
}

int base_seal(void *self)
{
	((struct base *)self)->sealed = true;
	return 0;
}

static float compare(const struct base *base, const float *probe, uint32_t index)
{
	float dot = 0;

	for (uint32_t i = 0; i < base->dimension; i++) {
		dot += probe[i] * base->entry[index].vector[i];
	}
	return fminf(1, fmaxf(-1, dot));
}

/* @return 0 or why there is nothing to compare; *ret_probe is the caller's on 0 */
static int read_probe(
	const struct base *base, const uint8_t *probe, uint32_t size, float **ret_probe)
{
	if (!base->sealed) {
		return PST_E_PLUGIN;
	}
	if (base->count > 0 && size != base->dimension * sizeof(float)) {
		return PST_E_FORMAT;
	}
	*ret_probe = read_template(probe, size);
	return *ret_probe ? 0 : PST_E_FORMAT;
}

int base_verify(void *self, const uint8_t *probe, uint32_t size, uint64_t key, float *ret_score)
{
	const struct base *base = self;
	float *vector, best = -2;
	int status = read_probe(base, probe, size, &vector);

	if (status < 0) {
		return status;
	}
	for (uint32_t i = 0; i < base->count; i++) {
		if (base->entry[i].key == key) {
			best = fmaxf(best, compare(base, vector, i));
		}
	}
	free(vector);
	if (best < -1) {
		return PST_E_NOT_FOUND;
	}
	*ret_score = best;
	return 0;
}

/* Puts a candidate in its place; a key that is there keeps its better score. */
static uint32_t insert(struct pst_candidate *candidates, uint32_t count, uint32_t cap,
	struct pst_candidate candidate)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (candidates[i].key == candidate.key) {
			if (candidates[i].score >= candidate.score) {
				return count;
			}
			memmove(candidates + i, candidates + i + 1,
				(count - i - 1) * sizeof(candidate));
			count--;
		}
	}
	while (at < count && candidates[at].score >= candidate.score) {
		at++;
	}
	if (at == cap) {
		return count;
	}
	count += count < cap;
	memmove(candidates + at + 1, candidates + at, (count - at - 1) * sizeof(candidate));
	candidates[at] = candidate;
	return count;
}

int base_search(void *self, const uint8_t *probe, uint32_t size, struct pst_candidate *candidates,
	uint32_t cap)
{
	const struct base *base = self;
	uint32_t count = 0;
	float *vector;
	int status = read_probe(base, probe, size, &vector);

	if (status < 0) {
		return status;
	}
	for (uint32_t i = 0; i < base->count; i++) {
		count = insert(candidates, count, cap,
			(struct pst_candidate){
				.key = base->entry[i].key, .score = compare(base, vector, i)});
	}
	free(vector);
	return (int)count;
}
