/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/capture.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define START_TIMEOUT_MS 60000
#define CALL_TIMEOUT_MS 20000
#define TEMPLATES_FIRST 256u

static const char *const texts[] = {"",
#define TEXT(name, text) text,
	PST_FAILURE_MAP(TEXT)
#undef TEXT
};

const char *pst_failure_text(enum pst_failure failure)
{
	return failure < PST_FAILURE_COUNT ? texts[failure] : "";
}

struct capture {
	const struct pst_capture_config *config;
	struct pst_slots *slots; /* one, as large as the largest picture so far */
	struct pst_worker *worker;
	uint32_t width, height; /* px, that they were made for */
	uint64_t permit;	/* a new one for each picture */
	struct pst_samples *samples;
};

static void close_worker(struct capture *capture)
{
	pst_worker_destroy(&capture->worker);
	pst_slots_destroy(&capture->slots);
}

/* BGR24 is the widest of all formats, so that any other fits too. */
static int open_worker(
	struct capture *capture, const struct pst_frame *frame, struct pst_error *error)
{
	uint32_t width = frame->width > capture->width ? frame->width : capture->width;
	uint32_t height = frame->height > capture->height ? frame->height : capture->height;
	const struct pst_slots_config slots = {
		.format = PST_FRAME_FORMAT_BGR24, .width = width, .height = height, .count = 1};
	struct pst_worker_config worker = {
		.kind = PST_WORKER_VISION,
		.detector = capture->config->detector,
		.extractor = capture->config->extractor,
		.quality = capture->config->quality,
		.pad = capture->config->pad,
		.sandbox = capture->config->sandbox,
		.format = frame->format,
		.width = width,
		.height = height,
		.settings = capture->config->settings,
		.setting_count = capture->config->setting_count,
	};
	int status;

	close_worker(capture);
	status = pst_slots_create(&slots, &capture->slots, error);
	if (status == 0) {
		worker.slots = capture->slots;
		status = pst_worker_create(&worker, &capture->worker, error);
	}
	if (status == 0) {
		status = pst_worker_wait_ready(capture->worker, START_TIMEOUT_MS, error);
		pst_error_prefix(error, "plugins %s and %s", capture->config->detector->id,
			capture->config->extractor->id);
	}
	capture->width = width;
	capture->height = height;
	return status;
}

/* Events that nobody waits for: with them kept, a wait for an answer would not sleep. */
static void drain(struct pst_worker *worker)
{
	struct pst_worker_event event;

	while (pst_worker_receive(worker, &event) == 1) {
	}
}

/* A worker whose plugin died over a picture is started again for the next one. */
static int revive(struct capture *capture, struct pst_error *error)
{
	drain(capture->worker);
	return pst_worker_wait_ready(capture->worker, START_TIMEOUT_MS, error);
}

static enum pst_failure failure_of_status(int status)
{
	switch (status) {
	case PST_E_NO_FACE:
		return PST_FAILURE_NO_FACE;
	case PST_E_POOR_QUALITY:
		return PST_FAILURE_POOR_QUALITY;
	case PST_E_ELECTIVE:
		return PST_FAILURE_ELECTIVE;
	case PST_E_CORRUPT:
	case PST_E_FORMAT:
		return PST_FAILURE_UNREADABLE;
	default:
		return PST_FAILURE_FAULT;
	}
}

static enum pst_failure failure_of_quality(const struct pst_quality *quality)
{
	static const struct {
		uint32_t flag;
		enum pst_failure failure;
	} flags[] = {
		{PST_QUALITY_TOO_SMALL, PST_FAILURE_TOO_SMALL},
		{PST_QUALITY_TOO_DARK, PST_FAILURE_TOO_DARK},
		{PST_QUALITY_TOO_BRIGHT, PST_FAILURE_TOO_BRIGHT},
		{PST_QUALITY_TURNED, PST_FAILURE_TURNED},
		{PST_QUALITY_BLURRED, PST_FAILURE_BLURRED},
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (quality->flags & flags[i].flag) {
			return flags[i].failure;
		}
	}
	return PST_FAILURE_NONE;
}

static enum pst_failure pick_face(const struct capture *capture, const struct pst_wire_faces *faces,
	struct pst_face *ret_face, struct pst_sample *sample)
{
	const struct pst_wire_face *widest = NULL;

	sample->faces = faces->count;
	for (uint32_t i = 0; i < faces->count; i++) {
		if (!widest || faces->face[i].face.width > widest->face.width) {
			widest = &faces->face[i];
		}
	}
	if (!widest) {
		return PST_FAILURE_NO_FACE;
	}
	*ret_face = widest->face;
	sample->has_quality = true;
	sample->quality = widest->quality.overall;
	return widest->face.width < (float)capture->config->min_width
		       ? PST_FAILURE_TOO_SMALL
		       : failure_of_quality(&widest->quality);
}

/* The whole picture is one face, with its landmarks where the extractor wants them. */
static struct pst_face chip_face(const struct capture *capture, const struct pst_frame *frame)
{
	const struct pst_manifest *manifest = capture->config->extractor->manifest;
	float x = (float)frame->width / (float)manifest->chip.width;
	float y = (float)frame->height / (float)manifest->chip.height;
	struct pst_face face = {.width = (float)frame->width,
		.height = (float)frame->height,
		.score = 1,
		.has_landmarks = 1};

	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		face.landmarks[i].x = manifest->chip.landmark[i].x * x;
		face.landmarks[i].y = manifest->chip.landmark[i].y * y;
	}
	return face;
}

static int keep_template(struct pst_samples *samples, const struct pst_wire_template *template,
	struct pst_sample *sample)
{
	uint32_t room = samples->template_room;

	if (samples->template_count == room) {
		/* Not realloc: what it leaves behind would not be wiped. */
		room = room ? 2 * room : TEMPLATES_FIRST;
		uint8_t *grown = calloc(room, samples->template_size);
		size_t used = (size_t)samples->template_count * samples->template_size;

		if (!grown) {
			return -ENOMEM;
		}
		if (samples->templates) {
			memcpy(grown, samples->templates, used);
			explicit_bzero(samples->templates, used);
		}
		free(samples->templates);
		samples->templates = grown;
		samples->template_room = room;
	}
	sample->template = samples->template_count++;
	memcpy(samples->templates + (size_t)sample->template * samples->template_size,
		template->bytes, samples->template_size);
	return 0;
}

/* What a call's status says of the picture; the worker is there for the next one after it. */
static int take_failure(
	struct capture *capture, int status, struct pst_sample *sample, struct pst_error *error)
{
	if (status == -ENOMEM) {
		return pst_error_set(error, status, "no memory for pictures");
	}
	sample->failure = failure_of_status(status);
	return sample->failure == PST_FAILURE_FAULT ? revive(capture, error) : 0;
}

/* It is asked before the extractor, and may have answered where that one refuses. */
static void keep_answers(const struct pst_wire_pad *pad, struct pst_sample *sample)
{
	const struct pst_pad_finding *const findings[PST_PAD_QUESTION_COUNT] = {
		[PST_PAD_QUESTION_IMPERSONATION] = &pad->result.impersonation,
		[PST_PAD_QUESTION_EVASION] = &pad->result.evasion,
	};

	if (pad->status == PST_E_NOT_IMPLEMENTED) {
		return;
	}
	sample->pad = pad->status == 0 ? PST_SAMPLE_PAD_JUDGED : PST_SAMPLE_PAD_UNDECIDED;
	for (int q = 0; q < PST_PAD_QUESTION_COUNT; q++) {
		sample->answer[q] =
			(struct pst_sample_answer){findings[q]->answer, findings[q]->score};
	}
}

static int look(struct capture *capture, const struct pst_slot_frame *slot,
	const struct pst_frame *frame, struct pst_sample *sample, struct pst_error *error)
{
	const struct pst_wire_template *template = NULL;
	const struct pst_wire_faces *faces;
	struct pst_error why = {0};
	struct pst_face face;
	int status = pst_worker_detect(capture->worker, slot, CALL_TIMEOUT_MS, &faces, &why);

	if (status < 0) {
		return take_failure(capture, status, sample, error);
	}
	if (capture->config->chips) {
		face = chip_face(capture, frame);
		sample->faces = 1;
	} else {
		sample->failure = pick_face(capture, faces, &face, sample);
		if (sample->failure != PST_FAILURE_NONE) {
			return 0;
		}
	}
	status = pst_worker_extract(
		capture->worker, slot, &face, PST_ROLE_PROBE, CALL_TIMEOUT_MS, &template, &why);
	if (template) {
		keep_answers(&template->pad, sample);
	}
	if (status < 0) {
		return take_failure(capture, status, sample, error);
	}
	assert(template);
	return keep_template(capture->samples, template, sample) < 0
		       ? pst_error_set(error, -ENOMEM, "no memory for templates")
		       : 0;
}

static int add_sample(struct pst_samples *samples, const struct pst_sample *sample)
{
	uint32_t n = samples->count;

	if ((n & (n - 1)) == 0) {
		struct pst_sample *at =
			reallocarray(samples->at, n ? 2 * (size_t)n : 1, sizeof(*at));

		if (!at) {
			return -ENOMEM;
		}
		samples->at = at;
	}
	samples->at[samples->count++] = *sample;
	return 0;
}

static int take_frame(struct capture *capture, struct pst_device *device, struct pst_frame *frame,
	struct pst_sample *sample, struct pst_error *error)
{
	struct pst_slot_frame slot;
	struct pst_error why = {0};
	int status = 0;

	if (pst_device_map(device, frame, &why) < 0) {
		sample->failure = PST_FAILURE_UNREADABLE;
		return 0;
	}
	if (!capture->worker || frame->width > capture->width || frame->height > capture->height) {
		status = open_worker(capture, frame, error);
	}
	if (status < 0) {
		return status;
	}
	if (pst_slots_put(capture->slots, 0, frame, ++capture->permit, &slot, &why) < 0) {
		sample->failure = PST_FAILURE_UNREADABLE;
		return 0;
	}
	drain(capture->worker);
	status = look(capture, &slot, frame, sample, error);
	pst_slots_wipe(capture->slots, 0);
	return status;
}

/* A frame, or why there is none, becomes a sample. */
static int take_next(struct capture *capture, struct pst_device *device, int next,
	struct pst_frame *frame, struct pst_sample *sample, struct pst_error *error)
{
	int status = 0;

	if (next == 1) {
		status = take_frame(capture, device, frame, sample, error);
		pst_device_release(device, frame);
	} else {
		sample->failure = PST_FAILURE_UNREADABLE;
	}
	if (status == 0 && add_sample(capture->samples, sample) < 0) {
		status = pst_error_set(error, -ENOMEM, "no memory for pictures");
	}
	return status;
}

/* Every so many-th frame, or the first alone. */
static int play(struct capture *capture, struct pst_device *device, const struct pst_sample *sample,
	struct pst_error *error)
{
	uint32_t every = capture->config->every, before = capture->samples->count;
	struct pst_error why = {0};
	bool more = true;
	int status = 0;

	for (int64_t number = 0; status == 0 && more; number++) {
		struct pst_sample one = *sample;
		struct pst_frame frame;
		int next = pst_device_next(device, &frame, &why);

		if (number > 0 && (next == PST_E_END || next == 0)) {
			break;
		}
		more = every > 0 && (next == 1 || next == PST_E_CORRUPT);
		if (every > 0 && number % every != 0 && more) {
			if (next == 1) {
				pst_device_release(device, &frame);
			}
			continue;
		}
		one.frame = number;
		status = take_next(capture, device, next, &frame, &one, error);
	}
	if (status == 0 && capture->samples->count == before + 1) {
		capture->samples->at[before].frame = -1;
	}
	return status;
}

static int take_file(struct capture *capture, const struct pst_dataset_file *file, uint32_t number,
	struct pst_error *error)
{
	struct pst_sample sample = {.file = number,
		.subject = file->subject,
		.frame = -1,
		.template = PST_SAMPLE_NO_TEMPLATE};
	struct pst_device *device = NULL;
	struct pst_error why = {0};
	int status = capture->config->open(capture->config->user, file->path, &device, &why);

	if (status == 0) {
		status = pst_device_start(device, &why);
	}
	if (status == -ENOMEM || status == -EMFILE) {
		status = pst_error_set(error, status, "%s", why.text);
	} else if (status < 0) {
		sample.failure = PST_FAILURE_UNREADABLE;
		status = add_sample(capture->samples, &sample);
	} else {
		status = play(capture, device, &sample, error);
		pst_error_prefix(error, "%s", file->name);
		pst_device_stop(device);
	}
	pst_device_close(&device);
	return status;
}

int pst_capture_run(const struct pst_capture_config *config, const struct pst_dataset *dataset,
	struct pst_samples *ret_samples, struct pst_error *error)
{
	struct pst_samples samples = {.template_size = config->extractor->manifest->template_.size};
	struct capture capture = {.config = config, .samples = &samples};
	int status = 0;

	for (uint32_t i = 0; status == 0 && i < dataset->files; i++) {
		status = take_file(&capture, &dataset->file[i], i, error);
		if (status == 0 && config->progress &&
			!config->progress(config->user, "pictures", i + 1, dataset->files)) {
			status = pst_error_set(error, -ECANCELED, "given up");
		}
	}
	close_worker(&capture);
	if (status < 0) {
		pst_samples_finish(&samples);
		return status;
	}
	*ret_samples = samples;
	return 0;
}

const uint8_t *pst_samples_template(const struct pst_samples *samples, uint32_t sample)
{
	uint32_t number = samples->at[sample].template;

	return number == PST_SAMPLE_NO_TEMPLATE
		       ? NULL
		       : samples->templates + (size_t)number * samples->template_size;
}

void pst_samples_finish(struct pst_samples *samples)
{
	if (samples->templates) {
		explicit_bzero(samples->templates,
			(size_t)samples->template_room * samples->template_size);
	}
	free(samples->templates);
	free(samples->at);
	*samples = (struct pst_samples){0};
}
