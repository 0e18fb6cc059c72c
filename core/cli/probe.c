/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/probe.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define RATE_HELD 0.95	/* of the rate agreed on: clocks of cameras are off by a little */
#define BIN_SHARE 0.1	/* of the median interval */
#define DARK_SHARE 1.05 /* of the interval: exposure is told in steps */
#define SAMPLES_MAX (1u << 22)

struct samples {
	double *at; /* owned */
	size_t count;
	size_t room;
};

struct pst_probe {
	struct samples interval_ms;
	struct samples age_ms;
	struct samples bytes;
	struct samples exposure_ms;
	uint64_t frames;
	uint64_t first_sequence;
	uint64_t last_sequence;
	int64_t first_ns;
	int64_t last_ns;
};

/* What goes beyond the room is left out: that is hours of frames. */
static int add(struct samples *samples, double value)
{
	if (samples->count == SAMPLES_MAX) {
		return 0;
	}
	if (samples->count == samples->room) {
		size_t room = samples->room ? 2 * samples->room : 1024;
		double *at = realloc(samples->at, room * sizeof(*at));

		if (!at) {
			return -ENOMEM;
		}
		samples->at = at;
		samples->room = room;
	}
	samples->at[samples->count++] = value;
	return 0;
}

int pst_probe_create(struct pst_probe **ret_probe)
{
	*ret_probe = calloc(1, sizeof(**ret_probe));
	return *ret_probe ? 0 : -ENOMEM;
}

void pst_probe_destroy(struct pst_probe **probe)
{
	if (*probe) {
		free((*probe)->interval_ms.at);
		free((*probe)->age_ms.at);
		free((*probe)->bytes.at);
		free((*probe)->exposure_ms.at);
		free(*probe);
		*probe = NULL;
	}
}

int pst_probe_frame(struct pst_probe *probe, const struct pst_frame *frame, int64_t now_ns)
{
	int status = 0;

	if (probe->frames == 0) {
		probe->first_sequence = frame->sequence;
		probe->first_ns = frame->captured_ns;
	} else if (frame->sequence == probe->last_sequence + 1) {
		status = add(&probe->interval_ms,
			(double)(frame->captured_ns - probe->last_ns) / PST_NS_PER_MS);
	}
	if (status == 0 && now_ns != 0) {
		status = add(&probe->age_ms, (double)(now_ns - frame->captured_ns) / PST_NS_PER_MS);
	}
	if (status == 0 && frame->format == PST_FRAME_FORMAT_MJPEG) {
		status = add(&probe->bytes, frame->plane[0].size);
	}
	probe->frames++;
	probe->last_sequence = frame->sequence;
	probe->last_ns = frame->captured_ns;
	return status;
}

int pst_probe_exposure(struct pst_probe *probe, int64_t exposure_ns)
{
	return add(&probe->exposure_ms, (double)exposure_ns / PST_NS_PER_MS);
}

double pst_probe_seconds(const struct pst_probe *probe)
{
	return (double)(probe->last_ns - probe->first_ns) / PST_NS_PER_S;
}

static int by_value(const void *left, const void *right)
{
	double a = *(const double *)left;
	double b = *(const double *)right;

	return (a > b) - (a < b);
}

/* The smallest sample that so many per cent are no larger than. */
static double nearest_rank(const double *sorted, size_t count, size_t percent)
{
	size_t rank = (count * percent + 99) / 100;

	return sorted[rank > 0 ? rank - 1 : 0];
}

static int spread(const struct samples *samples, struct pst_probe_spread *ret)
{
	size_t count = samples->count;
	double *sorted = malloc((count ? count : 1) * sizeof(*sorted));
	double sum = 0;
	double squares = 0;

	*ret = (struct pst_probe_spread){.count = count};
	if (!sorted) {
		return -ENOMEM;
	}
	if (count > 0) {
		memcpy(sorted, samples->at, count * sizeof(*sorted));
		qsort(sorted, count, sizeof(*sorted), by_value);
		for (size_t i = 0; i < count; i++) {
			sum += sorted[i];
		}
		ret->mean = sum / (double)count;
		for (size_t i = 0; i < count; i++) {
			squares += (sorted[i] - ret->mean) * (sorted[i] - ret->mean);
		}
		ret->deviation = sqrt(squares / (double)count);
		ret->least = sorted[0];
		ret->median = nearest_rank(sorted, count, 50);
		ret->p99 = nearest_rank(sorted, count, 99);
		ret->most = sorted[count - 1];
	}
	free(sorted);
	return 0;
}

/* Around the median, a tenth of it each; only what lies between the shortest and the longest. */
static void fill_bins(const struct samples *samples, const struct pst_probe_spread *spread,
	struct pst_probe_bins *bins)
{
	double width = spread->median * BIN_SHARE;
	double from = spread->median - width * PST_PROBE_BINS / 2;

	*bins = (struct pst_probe_bins){0};
	if (spread->count == 0 || spread->median <= 0) {
		return;
	}
	from += width / 2; /* so that the median is in the middle of a bin */
	while (from + width <= spread->least) {
		from += width;
	}
	bins->from_ms = from;
	bins->width_ms = width;
	for (size_t i = 0; i < samples->count; i++) {
		double place = floor((samples->at[i] - from) / width);

		if (place < 0) {
			bins->below++;
		} else if (place >= PST_PROBE_BINS) {
			bins->above++;
		} else {
			unsigned bin = (unsigned)place;

			bins->at[bin]++;
			bins->bins = bin + 1 > bins->bins ? bin + 1 : bins->bins;
		}
	}
}

static void fill_course(
	const struct samples *samples, double seconds, struct pst_probe_course *course)
{
	size_t count = samples->count;

	course->points = count < PST_PROBE_COURSE_MAX ? (unsigned)count : PST_PROBE_COURSE_MAX;
	course->seconds = seconds;
	memset(course->at, 0, sizeof(course->at));
	for (size_t i = 0; i < count; i++) {
		size_t point = i * course->points / count;

		if ((float)samples->at[i] > course->at[point]) {
			course->at[point] = (float)samples->at[i];
		}
	}
}

static unsigned find_problems(const struct pst_probe_summary *summary, uint64_t frames)
{
	const struct pst_device_counts *counts = &summary->counts;
	double fps = summary->info.fps;
	unsigned problems = 0;

	if (counts->lost > 0) {
		problems |= PST_PROBE_PROBLEM_LOST;
	}
	if (counts->flagged + counts->undersized + counts->torn > 0) {
		problems |= PST_PROBE_PROBLEM_DAMAGED;
	}
	if (frames == 0) {
		problems |= PST_PROBE_PROBLEM_NOTHING;
	}
	if (summary->failure[0]) {
		problems |= PST_PROBE_PROBLEM_FAILED;
	}
	if (summary->info.live && fps > 0 && summary->made_rate > 0 &&
		summary->made_rate < fps * RATE_HELD) {
		problems |= PST_PROBE_PROBLEM_SLOW;
		if (summary->may_slow || summary->exposure_ms.most > 1000 / fps * DARK_SHARE) {
			problems |= PST_PROBE_PROBLEM_DARK;
		}
	}
	return problems;
}

int pst_probe_summarize(
	const struct pst_probe *probe, int64_t cpu_ns, struct pst_probe_summary *summary)
{
	double seconds = pst_probe_seconds(probe);
	int status = spread(&probe->interval_ms, &summary->interval_ms);

	if (status == 0) {
		status = spread(&probe->age_ms, &summary->age_ms);
	}
	if (status == 0) {
		status = spread(&probe->bytes, &summary->bytes);
	}
	if (status == 0) {
		status = spread(&probe->exposure_ms, &summary->exposure_ms);
	}
	if (status < 0) {
		return status;
	}
	summary->seconds = seconds;
	summary->rate = seconds > 0 ? (double)(probe->frames - 1) / seconds : 0;
	summary->made_rate =
		seconds > 0 ? (double)(probe->last_sequence - probe->first_sequence) / seconds : 0;
	fill_bins(&probe->interval_ms, &summary->interval_ms, &summary->bins);
	fill_course(&probe->interval_ms, seconds, &summary->intervals);
	fill_course(&probe->bytes, seconds, &summary->sizes);
	summary->cpu_us = probe->frames ? (double)cpu_ns / 1e3 / (double)probe->frames : 0;
	summary->cpu_share =
		summary->info.live && seconds > 0 ? (double)cpu_ns / PST_NS_PER_S / seconds : 0;
	summary->problems = find_problems(summary, probe->frames);
	return 0;
}
