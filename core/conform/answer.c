/* SPDX-License-Identifier: Apache-2.0 */
#include "conform/answer.h"

#include <errno.h>
#include <string.h>

#include "conform/templates.h"
#include "conform/watch.h"
#include "postern/detector.h"
#include "postern/matcher.h"
#include "postern/pad.h"
#include "postern/quality.h"

#define GALLERY 12 /* keys of the usual work */
#define CANDIDATES 10
#define PROBES_FROM 1000 /* numbers of made-up templates */

static uint32_t entry_size(uint32_t kind)
{
	switch (kind) {
	case PST_PLUGIN_DETECTOR:
		return sizeof(struct pst_face);
	case PST_PLUGIN_QUALITY:
		return sizeof(struct pst_quality_component);
	case PST_PLUGIN_PAD:
		return sizeof(struct pst_pad_result);
	case PST_PLUGIN_MATCHER:
		return sizeof(struct pst_candidate);
	default:
		return 1;
	}
}

static uint32_t usual_room(const struct pst_wire_plugin *plugin)
{
	switch (plugin->kind) {
	case PST_PLUGIN_DETECTOR:
		return PST_FACES_MAX;
	case PST_PLUGIN_QUALITY:
		return PST_MEASURES_MAX;
	case PST_PLUGIN_EXTRACTOR:
		return plugin->template_size;
	case PST_PLUGIN_MATCHER:
		return CANDIDATES;
	default:
		return 1;
	}
}

static void keep(struct pst_answer *answer, const void *data, size_t size)
{
	if (answer->size + size <= sizeof(answer->bytes)) {
		memcpy(answer->bytes + answer->size, data, size);
		answer->size += (uint32_t)size;
	}
}

static void keep_face(struct pst_answer *answer, const struct pst_face *face)
{
	keep(answer, face, offsetof(struct pst_face, landmarks));
	if (face->has_landmarks) {
		keep(answer, face->landmarks, sizeof(face->landmarks));
	}
}

static void keep_component(struct pst_answer *answer, const struct pst_quality_component *component)
{
	keep(answer, component, offsetof(struct pst_quality_component, score));
	if (component->status == 0) {
		keep(answer, &component->score, sizeof(component->score));
		keep(answer, &component->raw, sizeof(component->raw));
	}
}

static void keep_finding(struct pst_answer *answer, const struct pst_pad_finding *finding)
{
	keep(answer, &finding->answer, sizeof(finding->answer));
	if (finding->answer != PST_PAD_UNSET) {
		keep(answer, &finding->score, sizeof(finding->score));
		keep(answer, finding->reason, strnlen(finding->reason, sizeof(finding->reason)));
	}
}

/* Keeps what the header gives a meaning; the rest of the buffer may hold anything. */
static void keep_entry(struct pst_answer *answer, uint32_t kind, const uint8_t *entry)
{
	if (kind == PST_PLUGIN_DETECTOR) {
		keep_face(answer, (const struct pst_face *)(const void *)entry);
	} else if (kind == PST_PLUGIN_QUALITY) {
		keep_component(answer, (const struct pst_quality_component *)(const void *)entry);
	} else if (kind == PST_PLUGIN_PAD) {
		const struct pst_pad_result *result = (const void *)entry;

		keep_finding(answer, &result->impersonation);
		keep_finding(answer, &result->evasion);
	} else if (kind == PST_PLUGIN_MATCHER) {
		keep(answer, entry, offsetof(struct pst_candidate, reserved));
	} else {
		keep(answer, entry, 1);
	}
}

static void take(struct pst_answer *answer, uint32_t kind, uint32_t room)
{
	uint32_t size = entry_size(kind), count = 0;

	answer->size = 0;
	answer->spilled = !pst_pages_are_intact(&answer->out);
	if (answer->status >= 0) {
		count = kind == PST_PLUGIN_PAD ? 1 : (uint32_t)answer->status;
	}
	for (uint32_t i = 0; i < count && i < room; i++) {
		keep_entry(answer, kind, answer->out.data + (size_t)i * size);
	}
}

static int call(struct pst_trial *trial, const struct pst_image *image,
	const struct pst_face *face, void *out, uint32_t room)
{
	const struct pst_detector *detector = trial->entry->calls;
	const struct pst_extractor *extractor = trial->entry->calls;
	const struct pst_quality_calls *quality = trial->entry->calls;
	const struct pst_pad_calls *pad = trial->entry->calls;

	switch (trial->plugin.kind) {
	case PST_PLUGIN_DETECTOR:
		return detector->detect(trial->self, image, out, room);
	case PST_PLUGIN_EXTRACTOR:
		return extractor->extract(trial->self, image, face, PST_ROLE_PROBE, out, room);
	case PST_PLUGIN_QUALITY:
		return quality->assess(trial->self, image, face, 1, out, room);
	default:
		return pad->judge(trial->self, image, face, out);
	}
}

int pst_see(struct pst_trial *trial, const struct pst_image *image, const struct pst_face *face,
	uint8_t fill, uint32_t room, struct pst_answer *ret_answer)
{
	uint32_t kind = trial->plugin.kind;

	room = room ? room : usual_room(&trial->plugin);
	/* The pad's result is zeroed by its host: that is a promise, too. */
	if (pst_pages_open(&ret_answer->out, "the room for the answer",
		    (size_t)room * entry_size(kind), kind == PST_PLUGIN_EXTRACTOR ? 1 : 4,
		    ret_answer->guard, kind == PST_PLUGIN_PAD ? 0 : fill) < 0) {
		return -ENOMEM;
	}
	pst_watch_enter(PST_WATCH_FRAME);
	ret_answer->status = call(trial, image, face, ret_answer->out.data, room);
	pst_watch_leave();
	take(ret_answer, kind, room);
	return 0;
}

int pst_see_content(struct pst_exam *exam, struct pst_trial *trial, enum pst_content content,
	uint8_t fill, struct pst_answer *ret_answer)
{
	struct pst_shape shape = pst_album_shape(&exam->album, content);
	struct pst_view view = {0};
	int status = pst_view_open(&view, &exam->album, &shape);

	if (status == 0) {
		status = pst_see(
			trial, &view.image, &view.face, fill, PST_ROOM_USUAL, ret_answer);
	}
	pst_view_close(&view);
	return status;
}

static int fill_gallery(struct pst_exam *exam, struct pst_trial *trial)
{
	const struct pst_matcher *calls = trial->entry->calls;
	static uint8_t bytes[PST_TEMPLATE_MAX];
	struct pst_template_shape *shape = &exam->shape;
	int status = 0;

	if (shape->dimension == 0 &&
		!pst_template_find(trial, exam->plan.template_types, shape)) {
		return PST_E_FORMAT;
	}
	for (uint64_t i = 0; i < GALLERY && status == 0; i++) {
		pst_template_make(shape, i, bytes);
		pst_watch_enter(PST_WATCH_FRAME);
		status = calls->add(trial->self, 7 * i + 1, bytes, pst_template_size(shape));
		pst_watch_leave();
	}
	if (status == 0) {
		pst_watch_enter(PST_WATCH_FRAME);
		status = calls->seal(trial->self);
		pst_watch_leave();
	}
	trial->is_filled = status == 0;
	return status == 0 ? 0 : PST_E_FORMAT;
}

static int search(struct pst_exam *exam, struct pst_trial *trial, uint32_t input, uint8_t fill,
	struct pst_answer *ret_answer)
{
	const struct pst_matcher *calls = trial->entry->calls;
	static uint8_t probe[PST_TEMPLATE_MAX];
	int status = trial->is_filled ? 0 : fill_gallery(exam, trial);

	if (status < 0) {
		return status;
	}
	if (pst_pages_open(&ret_answer->out, "the room for candidates",
		    CANDIDATES * sizeof(struct pst_candidate), 8, ret_answer->guard, fill) < 0) {
		return -ENOMEM;
	}
	pst_template_make(&exam->shape, PROBES_FROM + input, probe);
	pst_watch_enter(PST_WATCH_FRAME);
	ret_answer->status = calls->search(trial->self, probe, pst_template_size(&exam->shape),
		(struct pst_candidate *)(void *)ret_answer->out.data, CANDIDATES);
	pst_watch_leave();
	take(ret_answer, PST_PLUGIN_MATCHER, CANDIDATES);
	return 0;
}

int pst_work(struct pst_exam *exam, struct pst_trial *trial, uint32_t input, uint8_t fill,
	struct pst_answer *ret_answer)
{
	if (trial->plugin.kind == PST_PLUGIN_MATCHER) {
		return search(exam, trial, input, fill, ret_answer);
	}
	return pst_see_content(exam, trial,
		input % 2 == 0 ? PST_CONTENT_FACE : PST_CONTENT_OTHER, fill, ret_answer);
}

bool pst_answers_equal(const struct pst_answer *left, const struct pst_answer *right)
{
	return left->status == right->status && left->size == right->size &&
	       memcmp(left->bytes, right->bytes, left->size) == 0;
}

bool pst_status_is_answer(uint32_t kind, int status)
{
	if (status >= 0) {
		return kind != PST_PLUGIN_PAD || status == 0;
	}
	return ((kind == PST_PLUGIN_EXTRACTOR || kind == PST_PLUGIN_PAD) &&
		       (status == PST_E_NO_FACE || status == PST_E_POOR_QUALITY)) ||
	       (kind == PST_PLUGIN_EXTRACTOR && status == PST_E_ELECTIVE);
}

bool pst_status_is_listed(uint32_t kind, int status)
{
	return pst_status_is_answer(kind, status) || status == PST_E_FORMAT ||
	       status == -ENOMEM || status == PST_E_PLUGIN;
}

void pst_answer_close(struct pst_answer *answer)
{
	pst_pages_close(&answer->out);
}
