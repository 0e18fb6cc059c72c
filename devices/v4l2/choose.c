/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/choose.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFERRED_AREA (1280 * 720)
#define USUAL_FPS 30.0 /* more is heat, less is latency */
#define RATE_SLACK 0.002

/* Rates in between differ less to who waits in front of the camera than sizes do. */
static const double fast_steps[] = {25, 15, 10};

#define FAST_STEPS (sizeof(fast_steps) / sizeof(fast_steps[0]))

bool pst_v4l2_rate_is(double fps, double wanted)
{
	return fabs(fps - wanted) <= wanted * RATE_SLACK;
}

static size_t slowness(double fps)
{
	size_t step = 0;

	while (fps > 0 && step < FAST_STEPS && fps < fast_steps[step] * (1 - RATE_SLACK)) {
		step++;
	}
	return step;
}

static uint64_t area_of(const struct pst_v4l2_mode *mode)
{
	return (uint64_t)mode->width * mode->height;
}

static bool allows(const struct v4l2_want *want, const struct pst_v4l2_mode *mode)
{
	if (mode->format == PST_FRAME_FORMAT_UNSET ||
		(want->width && (mode->width != want->width || mode->height != want->height))) {
		return false;
	}
	if (want->converted) {
		return mode->converted && pst_v4l2_fourcc_named(mode->fourcc) == want->converted;
	}
	return !want->format || (mode->format == want->format && !mode->converted);
}

static int add(struct v4l2_choices *choices, const struct pst_v4l2_mode *mode, double fps)
{
	struct v4l2_candidate *grown =
		realloc(choices->at, (choices->count + 1) * sizeof(*choices->at));

	if (!grown) {
		return -ENOMEM;
	}
	choices->at = grown;
	/* A driver that doesn't tell its rates has the usual one, mostly. */
	double load = pst_v4l2_bandwidth_load(&choices->bandwidth, mode, fps > 0 ? fps : USUAL_FPS);

	grown[choices->count++] = (struct v4l2_candidate){.mode = mode,
		.fps = fps,
		.load = load,
		.need = pst_v4l2_bandwidth_need(&choices->bandwidth, load)};
	return 0;
}

/* The usual rate, or the end of the range nearest to it, and the slower steps. */
static int add_range(struct v4l2_choices *choices, const struct pst_v4l2_mode *mode, double wanted)
{
	double high = fmax(mode->fps[0], mode->fps[1]);
	double low = fmin(mode->fps[0], mode->fps[1]);
	int status = 0;

	if (wanted > 0) {
		bool inside = wanted >= low * (1 - RATE_SLACK) && wanted <= high * (1 + RATE_SLACK);

		return inside ? add(choices, mode, wanted) : 0;
	}
	status = add(choices, mode, fmax(low, fmin(high, USUAL_FPS)));
	for (size_t i = 1; status == 0 && i < FAST_STEPS; i++) {
		if (fast_steps[i] > low && fast_steps[i] < high) {
			status = add(choices, mode, fast_steps[i]);
		}
	}
	return status;
}

static int add_mode(struct v4l2_choices *choices, const struct pst_v4l2_mode *mode, double wanted)
{
	int status = 0;

	if (mode->any_rate) {
		return add_range(choices, mode, wanted);
	}
	for (uint32_t i = 0; status == 0 && i < mode->rates; i++) {
		if (wanted <= 0 || pst_v4l2_rate_is(mode->fps[i], wanted)) {
			status = add(choices, mode, mode->fps[i]);
		}
	}
	return mode->rates == 0 ? add(choices, mode, wanted) : status;
}

/* How well it fits on the bus: 0 leaving room for all, 1 for those who stream, 2 not. */
static int crowding(const struct v4l2_bandwidth *bandwidth, uint32_t need)
{
	uint64_t sum = (uint64_t)bandwidth->taken + need;

	if (bandwidth->budget == 0 || sum + bandwidth->kept <= bandwidth->budget) {
		return 0;
	}
	return sum <= bandwidth->budget ? 1 : 2;
}

/* @return < 0: a is better */
static int compare(const struct v4l2_bandwidth *bandwidth, const struct v4l2_candidate *a,
	const struct v4l2_candidate *b)
{
	uint64_t area_a = area_of(a->mode);
	uint64_t area_b = area_of(b->mode);
	int crowd = crowding(bandwidth, a->need) - crowding(bandwidth, b->need);

	if (a->mode->converted != b->mode->converted) {
		return a->mode->converted ? 1 : -1;
	}
	if (crowd != 0) {
		return crowd;
	}
	if (slowness(a->fps) != slowness(b->fps)) {
		return slowness(a->fps) < slowness(b->fps) ? -1 : 1;
	}
	if (area_a != area_b) {
		bool larger = area_a <= PREFERRED_AREA && area_b <= PREFERRED_AREA;

		return (area_a > area_b) == larger ? -1 : 1;
	}
	size_t rank_a = pst_v4l2_format_rank(a->mode->format);
	size_t rank_b = pst_v4l2_format_rank(b->mode->format);

	if (rank_a != rank_b) {
		return rank_a < rank_b ? -1 : 1;
	}
	double far_a = fabs(a->fps - USUAL_FPS);
	double far_b = fabs(b->fps - USUAL_FPS);

	return far_a < far_b ? -1 : far_a > far_b ? 1 : (a->mode > b->mode) - (a->mode < b->mode);
}

static int by_merit(const void *a, const void *b, void *bandwidth)
{
	return compare(bandwidth, a, b);
}

int pst_v4l2_choices_make(struct v4l2_choices *choices, const struct v4l2_want *want)
{
	int status = 0;

	free(choices->at);
	choices->at = NULL;
	choices->count = choices->next = 0;
	for (size_t i = 0; status == 0 && i < choices->modes.count; i++) {
		const struct pst_v4l2_mode *mode = &choices->modes.mode[i];

		if (allows(want, mode)) {
			status = add_mode(choices, mode, want->fps);
		}
	}
	if (choices->count > 0) {
		qsort_r(choices->at, choices->count, sizeof(*choices->at), by_merit,
			&choices->bandwidth);
	}
	return status;
}

void pst_v4l2_choices_finish(struct v4l2_choices *choices)
{
	free(choices->at);
	pst_v4l2_modes_finish(&choices->modes);
	*choices = (struct v4l2_choices){0};
}

void pst_v4l2_candidate_describe(const struct v4l2_candidate *candidate, char *text, size_t size)
{
	const struct pst_v4l2_mode *mode = candidate->mode;
	char rate[32] = "";

	if (candidate->fps > 0) {
		(void)snprintf(rate, sizeof(rate), " at %.4g", candidate->fps);
	}
	(void)snprintf(text, size, "%s %ux%u%s", mode->fourcc, mode->width, mode->height, rate);
}

/* How far a mode is from what was asked for; the format weighs least, for it is seen least. */
static double distance(const struct v4l2_want *want, const struct pst_v4l2_mode *mode, double fps)
{
	struct v4l2_want format_only = {.format = want->format, .converted = want->converted};
	double away = allows(&format_only, mode) ? 0 : 0.5;

	if (want->width) {
		away += fabs(log2((double)mode->width / want->width)) +
			fabs(log2((double)mode->height / want->height));
	}
	if (want->fps > 0 && fps > 0) {
		away += fabs(log2(fps / want->fps));
	}
	return away;
}

void pst_v4l2_choices_nearest(
	const struct v4l2_choices *choices, const struct v4l2_want *want, char *text, size_t size)
{
	struct v4l2_candidate best = {0};
	double least = INFINITY;

	for (size_t i = 0; i < choices->modes.count; i++) {
		const struct pst_v4l2_mode *mode = &choices->modes.mode[i];

		for (uint32_t k = 0; k < (mode->rates ? mode->rates : 1); k++) {
			double away = distance(want, mode, mode->fps[k]);

			if (mode->format != PST_FRAME_FORMAT_UNSET && away < least) {
				least = away;
				best = (struct v4l2_candidate){.mode = mode, .fps = mode->fps[k]};
			}
		}
	}
	text[0] = 0;
	if (best.mode) {
		pst_v4l2_candidate_describe(&best, text, size);
	}
}

struct writer {
	char *text;
	size_t size;
	size_t used;
};

static void __attribute__((format(printf, 2, 3)))
say(struct writer *writer, const char *format, ...)
{
	char part[160];
	va_list args;

	va_start(args, format);
	int length = vsnprintf(part, sizeof(part), format, args);
	va_end(args);
	if (length > 0 && (size_t)length < sizeof(part) &&
		writer->used + (size_t)length < writer->size) {
		memcpy(writer->text + writer->used, part, (size_t)length + 1);
		writer->used += (size_t)length;
	}
}

/* Why another candidate was not taken. */
enum reason {
	REASON_CROWDED,
	REASON_SLOW,
	REASON_FORMAT,
	REASON_LARGE,
};

/* Whether the same mode has a rate that is as fast as the taken one, and fits. */
static bool has_fast_rate(const struct v4l2_choices *choices, const struct v4l2_candidate *taken,
	const struct pst_v4l2_mode *mode)
{
	for (size_t i = 0; i < choices->count; i++) {
		const struct v4l2_candidate *other = &choices->at[i];

		if (other->mode == mode && slowness(other->fps) <= slowness(taken->fps) &&
			crowding(&choices->bandwidth, other->need) <=
				crowding(&choices->bandwidth, taken->need)) {
			return true;
		}
	}
	return false;
}

static bool has(const struct v4l2_choices *choices, const struct v4l2_candidate *taken,
	const struct v4l2_candidate *other, enum reason reason)
{
	uint64_t area = area_of(taken->mode);
	uint64_t other_area = area_of(other->mode);
	bool preferred = other_area <= PREFERRED_AREA;
	bool slow = slowness(other->fps) > slowness(taken->fps);
	bool crowded = crowding(&choices->bandwidth, other->need) >
		       crowding(&choices->bandwidth, taken->need);

	switch (reason) {
	case REASON_CROWDED:
		return crowded && !slow && preferred && other_area >= area;
	case REASON_SLOW:
		return slow && !crowded && preferred && other_area >= area &&
		       !has_fast_rate(choices, taken, other->mode);
	case REASON_FORMAT:
		return !slow && !crowded && other_area == area &&
		       other->mode->format != taken->mode->format;
	case REASON_LARGE:
		return !preferred && other_area > area;
	}
	return false;
}

static const struct v4l2_candidate *find(
	const struct v4l2_choices *choices, const struct v4l2_candidate *taken, enum reason reason)
{
	const struct v4l2_candidate *found = NULL;

	for (size_t i = 0; i < choices->count; i++) {
		const struct v4l2_candidate *other = &choices->at[i];

		if (other != taken && has(choices, taken, other, reason) &&
			(!found || other->load > found->load)) {
			found = other;
		}
	}
	return found;
}

void pst_v4l2_choices_explain(const struct v4l2_choices *choices, const struct v4l2_want *want,
	const struct v4l2_candidate *taken, char *text, size_t size)
{
	struct writer writer = {.text = text, .size = size};
	const struct v4l2_bandwidth *bandwidth = &choices->bandwidth;
	const struct v4l2_candidate *other;
	char mode[64];

	text[0] = 0;
	pst_v4l2_candidate_describe(taken, mode, sizeof(mode));
	say(&writer, "%s", mode);
	if (taken->mode->converted) {
		say(&writer, ", which libv4l converts");
	}
	if ((other = find(choices, taken, REASON_CROWDED))) {
		pst_v4l2_candidate_describe(other, mode, sizeof(mode));
		say(&writer, "; given up for bus %u: %s needs %u of %u bytes per microframe",
			bandwidth->bus, mode, other->need, bandwidth->budget);
		say(&writer, ", of which %u are taken and %u kept for cameras that stand still",
			bandwidth->taken, bandwidth->kept);
	}
	if ((other = find(choices, taken, REASON_SLOW))) {
		pst_v4l2_candidate_describe(other, mode, sizeof(mode));
		say(&writer, "; not %s: slower", mode);
	}
	if ((other = find(choices, taken, REASON_FORMAT))) {
		pst_v4l2_candidate_describe(other, mode, sizeof(mode));
		say(&writer, "; not %s: %s", mode,
			other->load > taken->load ? "more to move" : "worth less");
	}
	if (!want->width && (other = find(choices, taken, REASON_LARGE))) {
		say(&writer, "; more than 1280x720, here up to %ux%u, only when asked for",
			other->mode->width, other->mode->height);
	}
}
