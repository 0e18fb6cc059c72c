/* SPDX-License-Identifier: Apache-2.0 */
#include "console/metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MS 1e-3
#define BOUND_SIZE 32

/* Figures that stand in a lane's health as they are. Rows of one name are one family. */
static const struct figure {
	const char *name;
	const char *type;
	const char *help;
	const char *path; /* keys with slashes between */
	const char *label;
	const char *value; /* of the label */
	double scale;
} figures[] = {
	{"postern_lane_uptime_seconds", "gauge", "Since the lane opened.", "uptime_ms", NULL, NULL,
		MS},
	{"postern_lane_memory_bytes", "gauge", "Resident memory of the lane and its workers.",
		"memory_bytes", NULL, NULL, 1},
	{"postern_frames_total", "counter",
		"Frames by fate: leased to a worker under a permit, withheld and never read, lost.",
		"frames/leased", "fate", "leased", 1},
	{"postern_frames_total", "", "", "frames/withheld", "fate", "withheld", 1},
	{"postern_frames_total", "", "", "frames/lost", "fate", "lost", 1},
	{"postern_frames_damaged_total", "counter", "Damaged frames, among the leased or the lost.",
		"frames/damaged", NULL, NULL, 1},
	{"postern_permits_total", "counter", "Permits granted.", "permits/granted", NULL, NULL, 1},
	{"postern_permit_live", "gauge", "1 while a permit lives.", "permits/live", NULL, NULL, 1},
	{"postern_camera_frames_per_second", "gauge", "As the frames came, over the last minute.",
		"camera/fps", NULL, NULL, 1},
	{"postern_camera_interval_seconds", "gauge",
		"From one frame to the next over the last minute; quantile 1 is the longest.",
		"camera/interval_ms/p50", "quantile", "0.5", MS},
	{"postern_camera_interval_seconds", "", "", "camera/interval_ms/p95", "quantile", "0.95",
		MS},
	{"postern_camera_interval_seconds", "", "", "camera/interval_ms/max", "quantile", "1", MS},
	{"postern_camera_jitter_seconds", "gauge",
		"How far intervals are from their median over the last minute.",
		"camera/jitter_ms/p50", "quantile", "0.5", MS},
	{"postern_camera_jitter_seconds", "", "", "camera/jitter_ms/p95", "quantile", "0.95", MS},
	{"postern_camera_jitter_seconds", "", "", "camera/jitter_ms/max", "quantile", "1", MS},
	{"postern_camera_frames_lost_total", "counter", "Frames that were lost, by cause.",
		"camera/lost/skipped", "cause", "skipped", 1},
	{"postern_camera_frames_lost_total", "", "", "camera/lost/flagged", "cause", "flagged", 1},
	{"postern_camera_frames_lost_total", "", "", "camera/lost/undersized", "cause",
		"undersized", 1},
	{"postern_camera_frames_lost_total", "", "", "camera/lost/torn", "cause", "torn", 1},
	{"postern_camera_losses_total", "counter", "Times the camera went away.", "camera/losses",
		NULL, NULL, 1},
	{"postern_camera_returns_total", "counter", "Times it came back.", "camera/returns", NULL,
		NULL, 1},
	{"postern_vault_sealed_total", "counter", "Templates sealed in this run.", "vault/stored",
		NULL, NULL, 1},
	{"postern_vault_records", "gauge", "Records in the vault.", "vault/records", NULL, NULL, 1},
	{"postern_audit_sequence", "gauge", "Position of the newest entry of the audit log.",
		"audit/sequence", NULL, NULL, 1},
	{"postern_audit_checkpoint_age_seconds", "gauge", "Since the newest signed checkpoint.",
		"audit/checkpoint_age_ms", NULL, NULL, MS},
	{"postern_audit_writable", "gauge", "0 captures nothing.", "audit/writable", NULL, NULL, 1},
};

/* Figures of each worker. */
static const struct figure of_workers[] = {
	{"postern_worker_deaths_total", "counter", "Times a worker died.", "deaths", NULL, NULL, 1},
	{"postern_worker_restarts_total", "counter", "Times a worker was started again after that.",
		"restarts", NULL, NULL, 1},
	{"postern_worker_quarantined", "gauge", "1: it stays down and everybody is referred.",
		"quarantined", NULL, NULL, 1},
	{"postern_worker_memory_bytes", "gauge", "Resident memory of the worker and its spare.",
		"memory_bytes", NULL, NULL, 1},
	{"postern_worker_answer_seconds", "gauge",
		"From a frame to the worker's answer, of the newest 256; quantile 1 is the "
		"longest.",
		"answer_ms/p50", "quantile", "0.5", MS},
	{"postern_worker_answer_seconds", "", "", "answer_ms/p95", "quantile", "0.95", MS},
	{"postern_worker_answer_seconds", "", "", "answer_ms/max", "quantile", "1", MS},
};

/* What the console saw of each lane. */
static const struct {
	const char *name;
	const char *help;
	size_t offset;
} of_links[] = {
#define OF_LINK(noun, text)                                                                        \
	{                                                                                          \
		"postern_console_lane_" #noun "_total", text,                                      \
			offsetof(struct pst_console_lane_counts, noun)                             \
	}
	OF_LINK(connects, "Connections to the lane's control socket."),
	OF_LINK(hang_ups, "Connections that ended."),
	OF_LINK(garbage, "Of these, because of what the lane sent."),
	OF_LINK(time_outs, "Of these, because the lane did not answer."),
	OF_LINK(requests, "Requests sent to the lane."),
	OF_LINK(events, "Events that the lane sent."),
	OF_LINK(lost, "Events that the lane could not send."),
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* What stands at a path, or NULL. */
static const json_t *find(const json_t *object, const char *path)
{
	while (object && *path) {
		size_t size = strcspn(path, "/");

		object = json_object_getn(object, path, size);
		path += size + (path[size] == '/');
	}
	return object;
}

/* @return the number; NAN for what is none */
static double number_of(const json_t *value)
{
	return json_is_number(value)	? json_number_value(value)
	       : json_is_boolean(value) ? json_boolean_value(value)
					: (double)NAN;
}

static const char *text_at(const json_t *object, const char *path)
{
	return json_string_value(find(object, path));
}

static bool says(const json_t *object, const char *path, const char *word)
{
	const char *text = text_at(object, path);

	return text && strcmp(text, word) == 0;
}

/* One figure of something that is there. @param key, of  a second label, or NULL */
static void put_figure(struct pst_exposition *to, const struct figure *figure, const json_t *from,
	const char *lane, const char *key, const char *of)
{
	double value = number_of(find(from, figure->path));

	if (!isnan(value)) {
		pst_exposition_sample(to, figure->name, "", value * figure->scale, "lane", lane,
			key ? key : "", key ? of : NULL, figure->label ? figure->label : "",
			figure->value, NULL);
	}
}

static size_t family_size(const struct figure *from, size_t left)
{
	size_t size = 1;

	while (size < left && strcmp(from[size].name, from->name) == 0) {
		size++;
	}
	return size;
}

static void put_figures(
	struct pst_exposition *to, const struct pst_metrics_lane *lanes, size_t count)
{
	for (size_t i = 0, size; i < COUNT(figures); i += size) {
		size = family_size(&figures[i], COUNT(figures) - i);
		pst_exposition_family(to, figures[i].name, figures[i].type, figures[i].help);
		for (size_t at = 0; at < count * size; at++) {
			put_figure(to, &figures[i + at % size], lanes[at / size].health,
				lanes[at / size].name, NULL, NULL);
		}
	}
}

static void put_worker_family(struct pst_exposition *to, const struct figure *family, size_t size,
	const struct pst_metrics_lane *lane)
{
	const json_t *workers = find(lane->health, "workers");

	for (size_t i = 0; i < json_array_size(workers) * size; i++) {
		const json_t *worker = json_array_get(workers, i / size);

		put_figure(to, &family[i % size], worker, lane->name, "worker",
			text_at(worker, "role"));
	}
}

static void put_workers(
	struct pst_exposition *to, const struct pst_metrics_lane *lanes, size_t count)
{
	pst_exposition_family(to, "postern_worker_ready", "gauge", "1 while the worker is ready.");
	for (size_t at = 0; at < count; at++) {
		const json_t *workers = find(lanes[at].health, "workers");

		for (size_t i = 0; i < json_array_size(workers); i++) {
			const json_t *worker = json_array_get(workers, i);

			pst_exposition_sample(to, "postern_worker_ready", "",
				says(worker, "state", "ready"), "lane", lanes[at].name, "worker",
				text_at(worker, "role"), NULL);
		}
	}
	for (size_t i = 0, size; i < COUNT(of_workers); i += size) {
		size = family_size(&of_workers[i], COUNT(of_workers) - i);
		pst_exposition_family(
			to, of_workers[i].name, of_workers[i].type, of_workers[i].help);
		for (size_t at = 0; at < count; at++) {
			put_worker_family(to, &of_workers[i], size, &lanes[at]);
		}
	}
}

static void put_outcomes(
	struct pst_exposition *to, const struct pst_metrics_lane *lanes, size_t count)
{
	const char *name = "postern_encounters_total";

	pst_exposition_family(to, name, "counter", "Encounters that ended, by outcome.");
	for (size_t at = 0; at < count; at++) {
		json_t *outcomes = (json_t *)find(lanes[at].health, "encounters/outcomes");
		const char *outcome;
		json_t *ended;

		json_object_foreach(outcomes, outcome, ended)
		{
			pst_exposition_sample(to, name, "", json_number_value(ended), "lane",
				lanes[at].name, "outcome", outcome, NULL);
		}
	}
}

static void put_histogram(
	struct pst_exposition *to, const char *name, const char *lane, const json_t *histogram)
{
	const json_t *bounds = find(histogram, "bounds_ms");
	const json_t *counts = find(histogram, "counts");
	double sum = 0;

	if (!json_is_array(counts) || json_array_size(counts) != json_array_size(bounds) + 1) {
		return;
	}
	for (size_t i = 0; i < json_array_size(counts); i++) {
		char bound[BOUND_SIZE] = "+Inf";

		sum += json_number_value(json_array_get(counts, i));
		if (i < json_array_size(bounds)) {
			(void)snprintf(bound, sizeof(bound), "%.6g",
				json_number_value(json_array_get(bounds, i)) * MS);
		}
		pst_exposition_sample(to, name, "_bucket", sum, "lane", lane, "le", bound, NULL);
	}
	pst_exposition_sample(to, name, "_sum", json_number_value(find(histogram, "sum_ms")) * MS,
		"lane", lane, NULL);
	pst_exposition_sample(to, name, "_count", sum, "lane", lane, NULL);
}

static void put_latency(
	struct pst_exposition *to, const struct pst_metrics_lane *lanes, size_t count)
{
	static const char *const kinds[][3] = {
		{"postern_frame_slot_seconds", "latency/slot",
			"From the capture of a leased frame until it is in its slot."},
		{"postern_frame_answer_seconds", "latency/answer",
			"From the capture of a leased frame to the worker's answer."},
	};

	for (size_t i = 0; i < COUNT(kinds); i++) {
		pst_exposition_family(to, kinds[i][0], "histogram", kinds[i][2]);
		for (size_t at = 0; at < count; at++) {
			put_histogram(to, kinds[i][0], lanes[at].name,
				find(lanes[at].health, kinds[i][1]));
		}
	}
}

static double is_up(const struct pst_metrics_lane *lane)
{
	return lane->here;
}

static double age_of(const struct pst_metrics_lane *lane)
{
	return lane->status ? (double)lane->age_ms * MS : (double)NAN;
}

static double is_notified(const struct pst_metrics_lane *lane)
{
	return lane->here ? says(lane->status, "notice/state", "current") : (double)NAN;
}

static double is_somebody_there(const struct pst_metrics_lane *lane)
{
	return lane->here ? json_is_object(find(lane->status, "encounter")) : (double)NAN;
}

static double is_streaming(const struct pst_metrics_lane *lane)
{
	return lane->here ? says(lane->status, "source", "streaming") : (double)NAN;
}

static double is_vault_open(const struct pst_metrics_lane *lane)
{
	return lane->health ? says(lane->health, "vault/state", "open") : (double)NAN;
}

static double listeners_of(const struct pst_metrics_lane *lane)
{
	return (double)lane->subscribers;
}

/* What has to be worked out. NAN: not known. */
static const struct {
	const char *name;
	const char *help;
	double (*value)(const struct pst_metrics_lane *lane);
} states[] = {
	{"postern_lane_up", "1 while the console hears of the lane.", is_up},
	{"postern_lane_status_age_seconds", "Since the lane last said how it is.", age_of},
	{"postern_notice_current", "1 while a display shows the notice.", is_notified},
	{"postern_encounter_open", "1 while somebody is there.", is_somebody_there},
	{"postern_camera_streaming", "1 while the camera streams.", is_streaming},
	{"postern_vault_open", "1 while the lane has its vault open.", is_vault_open},
	{"postern_console_subscribers", "Browsers that listen to the lane.", listeners_of},
};

static void put_states(
	struct pst_exposition *to, const struct pst_metrics_lane *lanes, size_t count)
{
	pst_exposition_family(to, "postern_lane_info", "gauge", "1; what the lane runs with.");
	for (size_t at = 0; at < count; at++) {
		if (lanes[at].status) {
			pst_exposition_sample(to, "postern_lane_info", "", 1, "lane",
				lanes[at].name, "version", text_at(lanes[at].status, "version"),
				"policy", text_at(lanes[at].status, "policy"), NULL);
		}
	}
	for (size_t i = 0; i < COUNT(states); i++) {
		pst_exposition_family(to, states[i].name, "gauge", states[i].help);
		for (size_t at = 0; at < count; at++) {
			double value = states[i].value(&lanes[at]);

			if (!isnan(value)) {
				pst_exposition_sample(to, states[i].name, "", value, "lane",
					lanes[at].name, NULL);
			}
		}
	}
}

static void put_links(struct pst_exposition *to, const struct pst_metrics_lane *lanes, size_t count)
{
	for (size_t i = 0; i < COUNT(of_links); i++) {
		pst_exposition_family(to, of_links[i].name, "counter", of_links[i].help);
		for (size_t at = 0; at < count; at++) {
			uint64_t value;

			memcpy(&value, (const char *)lanes[at].counts + of_links[i].offset,
				sizeof(value));
			pst_exposition_sample(to, of_links[i].name, "", (double)value, "lane",
				lanes[at].name, NULL);
		}
	}
}

void pst_metrics_write(
	struct pst_exposition *to, const struct pst_metrics_lane *lanes, size_t count)
{
	put_states(to, lanes, count);
	put_figures(to, lanes, count);
	put_outcomes(to, lanes, count);
	put_workers(to, lanes, count);
	put_latency(to, lanes, count);
	put_links(to, lanes, count);
}
