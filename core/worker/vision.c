/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/vision.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "worker/align.h"
#include "worker/decode.h"
#include "worker/mask.h"
#include "worker/masked.h"
#include "worker/near.h"
#include "worker/pad.h"
#include "worker/quality.h"
#include "worker/view.h"

#define FAR 4.0F /* a box further outside than this many image sides is nonsense */

/* What is remembered, until the permit ends, of a frame that was searched as a whole: for
 * extraction from it. One that was searched near a box only has none. */
struct shot {
	bool known;
	bool whole; /* all of it was searched */
	struct pst_slot_frame slot;
	uint32_t count;
	struct pst_wire_face face[PST_FACES_MAX];
};

struct pst_vision {
	struct pst_guest *detector;
	struct pst_guest *pad;
	struct pst_guest *extractor;
	struct pst_slots_view slots;
	struct pst_decoder decoder;
	struct pst_picture input; /* for the detector */
	struct pst_picture near;  /* for a square of it */
	struct pst_quality_meter meter;
	struct pst_picture part; /* what chips are cut from */
	struct pst_view pad_view;
	struct pst_view view; /* for the extractor */
	struct pst_masked masked;
	struct pst_face found[PST_FACES_MAX];
	struct shot shot[PST_SLOTS_MAX];
	uint64_t frames;   /* taken from slots */
	uint64_t permit;   /* of the newest frame */
	uint64_t taken;	   /* frames under it */
	uint64_t extracts; /* under it */
};

static int call_detector(
	struct pst_vision *vision, const struct pst_image *image, struct pst_error *error)
{
	const struct pst_detector *calls = pst_guest_calls(vision->detector);
	int count;

	memset(vision->found, 0, sizeof(vision->found));
	count = calls->detect(
		pst_guest_self(vision->detector), image, vision->found, PST_FACES_MAX);
	if (count < 0) {
		return pst_error_set(error, PST_E_PLUGIN, "plugin %s: detection failed: %s",
			pst_guest_plugin(vision->detector)->id, pst_status_text(count));
	}
	if (count > PST_FACES_MAX) {
		return pst_error_set(error, PST_E_PLUGIN, "plugin %s: claims %d faces, room is %d",
			pst_guest_plugin(vision->detector)->id, count, PST_FACES_MAX);
	}
	return count;
}

/* @return the extractor's own status: bytes, or why there is no template */
static int call_extractor(
	struct pst_vision *vision, uint32_t role, uint8_t *bytes, struct pst_error *error)
{
	const struct pst_extractor *calls = pst_guest_calls(vision->extractor);
	const struct pst_wire_plugin *plugin = pst_guest_plugin(vision->extractor);
	int size = calls->extract(pst_guest_self(vision->extractor), &vision->view.picture.image,
		&vision->view.face, role, bytes, plugin->template_size);

	if (size == PST_E_NO_FACE || size == PST_E_POOR_QUALITY || size == PST_E_ELECTIVE) {
		return size;
	}
	if (size < 0) {
		return pst_error_set(error, PST_E_PLUGIN, "plugin %s: extraction failed: %s",
			plugin->id, pst_status_text(size));
	}
	if (size != (int)plugin->template_size) {
		return pst_error_set(error, PST_E_PLUGIN,
			"plugin %s: a template of %d bytes, its manifest says %u", plugin->id, size,
			plugin->template_size);
	}
	return size;
}

/* A quality plugin must bear a face in a black picture, as it must any. */
static int warm_up_meter(struct pst_vision *vision, const struct pst_wire_start *start,
	uint32_t width, uint32_t height, struct pst_error *error)
{
	struct pst_wire_face face = {.face = {.x = (float)start->width / 4,
					     .y = (float)start->height / 4,
					     .width = (float)start->width / 2,
					     .height = (float)start->height / 2,
					     .score = 1}};
	const struct pst_geometry geometry = {.scale_x = (float)start->width / (float)width,
		.scale_y = (float)start->height / (float)height};
	struct pst_image content = vision->input.image;

	content.width = width;
	content.height = height;
	pst_align_guess_landmarks(&face.face);
	return pst_quality_meter_measure(
		&vision->meter, &vision->decoder, &content, &geometry, &face, 1, error);
}

/* What a detector lays out for a square of the picture it does before the first person comes. */
static int warm_up_near(
	struct pst_vision *vision, const struct pst_wire_start *start, struct pst_error *error)
{
	const struct pst_wire_plugin *plugin = pst_guest_plugin(vision->detector);
	const struct pst_wire_box box = {.width = 1, .height = 1};
	struct pst_square square;
	int status;

	if (!pst_near_plan(
		    plugin, &box, start->width, start->height, /* by_eighths= */ true, &square)) {
		return 0;
	}
	status = pst_picture_shape(&vision->near, plugin->input_format, square.px, square.px);
	if (status < 0) {
		return pst_error_set(error, status, "no memory for pictures");
	}
	status = call_detector(vision, &vision->near.image, error);
	return status < 0 ? status : 0;
}

static int warm_up_detection(
	struct pst_vision *vision, const struct pst_wire_start *start, struct pst_error *error)
{
	const struct pst_wire_plugin *plugin = pst_guest_plugin(vision->detector);
	uint32_t width, height;
	int status;

	pst_view_fit(plugin, start->width, start->height, &width, &height);
	status = pst_view_shape(plugin, width, height, &vision->input);
	if (status < 0) {
		return pst_error_set(error, status, "no memory for pictures");
	}
	status = call_detector(vision, &vision->input.image, error);
	if (status >= 0) {
		status = warm_up_near(vision, start, error);
	}
	return status < 0 ? status : warm_up_meter(vision, start, width, height, error);
}

static int warm_up_pad(
	struct pst_vision *vision, const struct pst_wire_start *start, struct pst_error *error)
{
	struct pst_wire_pad pad;

	if (vision->pad && pst_view_blank(&vision->pad_view, pst_guest_plugin(vision->pad),
				   start->width, start->height) < 0) {
		return pst_error_set(error, -ENOMEM, "no memory for chips");
	}
	return pst_pad_judge(vision->pad, &vision->pad_view, &pad, error);
}

static int warm_up_extractor(
	struct pst_vision *vision, const struct pst_wire_start *start, struct pst_error *error)
{
	const struct pst_wire_plugin *plugin = pst_guest_plugin(vision->extractor);
	uint8_t *bytes = calloc(1, PST_TEMPLATE_MAX);
	int status = pst_view_blank(&vision->view, plugin, start->width, start->height);

	if (!bytes || status < 0) {
		free(bytes);
		return pst_error_set(error, -ENOMEM, "no memory for chips");
	}
	status = call_extractor(vision, PST_ROLE_PROBE, bytes, error);
	free(bytes);
	return status == PST_E_PLUGIN ? status : 0;
}

static int warm_up(
	struct pst_vision *vision, const struct pst_wire_start *start, struct pst_error *error)
{
	int status = warm_up_detection(vision, start, error);

	if (status == 0) {
		status = warm_up_pad(vision, start, error);
	}
	if (status == 0 && vision->extractor) {
		status = warm_up_extractor(vision, start, error);
	}
	return status;
}

int pst_vision_create(const struct pst_wire_start *start, int slots_fd,
	const struct pst_vision_guests *guests, struct pst_vision **ret_vision,
	struct pst_error *error)
{
	struct pst_vision *vision = calloc(1, sizeof(*vision));
	int status;

	if (!vision) {
		return pst_error_set(error, -ENOMEM, "no memory");
	}
	vision->detector = guests->detector;
	vision->meter.guest = guests->quality;
	vision->pad = guests->pad;
	vision->extractor = guests->extractor;
	status = pst_decoder_init(&vision->decoder);
	if (status < 0) {
		(void)pst_error_set(error, status, "no memory for the decoder");
	}
	if (status == 0 && start->pictures &&
		pst_masked_init(&vision->masked, start->width, start->height) < 0) {
		status = pst_error_set(error, -ENOMEM, "no memory for masked pictures");
	}
	if (status == 0) {
		status = warm_up(vision, start, error);
	}
	if (status == 0) {
		status = pst_slots_view_open(
			&vision->slots, slots_fd, start->slot_count, start->slot_size, error);
	}
	if (status < 0) {
		pst_vision_destroy(&vision);
		return status;
	}
	*ret_vision = vision;
	return 0;
}

void pst_vision_destroy(struct pst_vision **vision)
{
	struct pst_vision *v = *vision;

	if (!v) {
		return;
	}
	pst_slots_view_close(&v->slots);
	pst_decoder_finish(&v->decoder);
	pst_picture_finish(&v->input);
	pst_picture_finish(&v->near);
	pst_quality_meter_finish(&v->meter);
	pst_picture_finish(&v->part);
	pst_view_finish(&v->pad_view);
	pst_view_finish(&v->view);
	pst_masked_finish(&v->masked);
	explicit_bzero(v, sizeof(*v));
	free(v);
	*vision = NULL;
}

static bool is_within(float value, float low, float high)
{
	return value >= low && value <= high; /* false for NaN */
}

static bool is_face_sane(const struct pst_face *face, float width, float height)
{
	if (!is_within(face->x, -FAR * width, FAR * width) ||
		!is_within(face->y, -FAR * height, FAR * height) ||
		!is_within(face->width, 0.5F, FAR * width) ||
		!is_within(face->height, 0.5F, FAR * height) || !is_within(face->score, 0, 1) ||
		face->has_landmarks > 1) {
		return false;
	}
	for (int i = 0; face->has_landmarks && i < PST_LANDMARK_COUNT; i++) {
		if (!is_within(face->landmarks[i].x, -FAR * width, FAR * width) ||
			!is_within(face->landmarks[i].y, -FAR * height, FAR * height)) {
			return false;
		}
	}
	return true;
}

static void face_to_full(const struct pst_geometry *geometry, struct pst_face *face)
{
	struct pst_point corner =
		pst_geometry_to_full(geometry, (struct pst_point){face->x, face->y});

	face->x = corner.x;
	face->y = corner.y;
	face->width *= geometry->scale_x;
	face->height *= geometry->scale_y;
	if (!face->has_landmarks) {
		pst_align_guess_landmarks(face);
		return;
	}
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		face->landmarks[i] = pst_geometry_to_full(geometry, face->landmarks[i]);
	}
}

static uint32_t us_since(int64_t *mark_ns)
{
	int64_t now = pst_clock_mono_ns();
	int64_t us = (now - *mark_ns) / 1000;

	*mark_ns = now;
	return us < 0 ? 0 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

/* A face as the detector gave it, in full image space; PST_E_PLUGIN for nonsense. */
static int take_face(const struct pst_vision *vision, const struct pst_face *found,
	const struct pst_image *content, const struct pst_geometry *geometry,
	struct pst_face *ret_face, struct pst_error *error)
{
	*ret_face = *found;
	if (!is_face_sane(found, (float)content->width, (float)content->height)) {
		return pst_error_set(error, PST_E_PLUGIN,
			"plugin %s: face %u has a box, score or landmark out of bounds",
			pst_guest_plugin(vision->detector)->id, (uint32_t)(found - vision->found));
	}
	face_to_full(geometry, ret_face);
	return 0;
}

/* Adds the time since the mark, which moves on. */
static void add_time(uint32_t *us, int64_t *mark_ns)
{
	uint32_t more = us_since(mark_ns);

	*us = more > UINT32_MAX - *us ? UINT32_MAX : *us + more;
}

static int measure(struct pst_vision *vision, const struct pst_image *content,
	const struct pst_geometry *geometry, struct pst_wire_faces *faces, int64_t *mark,
	struct pst_error *error)
{
	int status = pst_quality_meter_measure(&vision->meter, &vision->decoder, content, geometry,
		faces->face, faces->count, error);

	add_time(&faces->quality_us, mark);
	return status;
}

/* A damaged picture is an answer, want of memory is none. */
static int settle_decoding(struct pst_wire_faces *faces, int status, struct pst_error *error)
{
	faces->status = status;
	return status == -ENOMEM ? pst_error_set(error, status, "no memory") : 0;
}

/* @return 0, also for a picture that cannot be decoded: its status is in the faces then */
static int search_whole(struct pst_vision *vision, const struct pst_frame *frame,
	struct pst_wire_faces *faces, int64_t *mark, struct pst_error *error)
{
	const struct pst_wire_plugin *plugin = pst_guest_plugin(vision->detector);
	struct pst_geometry geometry = {0};
	struct pst_image content;
	uint32_t width, height;
	int count, status;

	faces->how = PST_WIRE_HOW_WHOLE;
	pst_view_fit(plugin, frame->width, frame->height, &width, &height);
	status = pst_view_shape(plugin, width, height, &vision->input);
	if (status == 0) {
		status = pst_decode(&vision->decoder, frame, width, height, false, &vision->input);
	}
	add_time(&faces->decode_us, mark);
	if (status < 0) {
		return settle_decoding(faces, status, error);
	}
	count = call_detector(vision, &vision->input.image, error);
	add_time(&faces->detect_us, mark);
	content = vision->input.image; /* without the padding */
	content.width = width;
	content.height = height;
	geometry.scale_x = (float)frame->width / (float)width;
	geometry.scale_y = (float)frame->height / (float)height;
	status = count < 0 ? count : 0;
	for (int i = 0; status == 0 && i < count; i++) {
		status = take_face(vision, &vision->found[i], &content, &geometry,
			&faces->face[i].face, error);
	}
	if (status < 0) {
		return status;
	}
	faces->count = (uint32_t)count;
	return measure(vision, &content, &geometry, faces, mark, error);
}

/* @return 1 the face is there, or the picture is damaged; 0 all of the frame must be searched */
static int search_near(struct pst_vision *vision, const struct pst_frame *frame,
	const struct pst_wire_box *box, struct pst_wire_faces *faces, int64_t *mark,
	struct pst_error *error)
{
	const struct pst_wire_plugin *plugin = pst_guest_plugin(vision->detector);
	struct pst_face full[PST_FACES_MAX];
	const struct pst_face *same;
	struct pst_geometry geometry;
	struct pst_square square;
	struct pst_image content;
	int count, status;

	if (!pst_near_plan(plugin, box, frame->width, frame->height,
		    frame->format == PST_FRAME_FORMAT_MJPEG, &square)) {
		return 0;
	}
	faces->how = PST_WIRE_HOW_NEAR;
	status = pst_decode_square(&vision->decoder, frame, &square, plugin->input_format,
		&vision->near, &content, &geometry);
	add_time(&faces->decode_us, mark);
	if (status < 0) {
		status = settle_decoding(faces, status, error);
		return status < 0 ? status : 1;
	}
	count = call_detector(vision, &content, error);
	add_time(&faces->detect_us, mark);
	status = count < 0 ? count : 0;
	for (int i = 0; status == 0 && i < count; i++) {
		status = take_face(vision, &vision->found[i], &content, &geometry, &full[i], error);
	}
	if (status < 0) {
		return status;
	}
	same = pst_near_same(full, (uint32_t)count, box);
	if (!same) {
		return 0;
	}
	faces->face[0].face = *same;
	faces->count = 1;
	status = measure(vision, &content, &geometry, faces, mark, error);
	return status < 0 ? status : 1;
}

static void remember(struct pst_vision *vision, const struct pst_slot_frame *slot,
	const struct pst_wire_faces *faces)
{
	struct shot *shot = &vision->shot[slot->slot];

	shot->known = true;
	shot->whole = faces->how == PST_WIRE_HOW_WHOLE;
	shot->slot = *slot;
	shot->count = faces->count;
	memcpy(shot->face, faces->face, faces->count * sizeof(faces->face[0]));
}

/* Counted here, before a plugin is called: no plugin can change what is said of it. */
static void count_frame(struct pst_vision *vision, uint64_t permit)
{
	if (permit != vision->permit) {
		vision->permit = permit;
		vision->taken = 0;
		vision->extracts = 0;
	}
	vision->frames++;
	vision->taken++;
}

int pst_vision_detect(struct pst_vision *vision, const struct pst_slot_frame *slot,
	const struct pst_wire_search *search, struct pst_wire_faces *ret_faces,
	struct pst_error *error)
{
	int64_t mark = pst_clock_mono_ns();
	struct pst_error reason = {0};
	struct pst_frame frame;
	int found = 0, status;

	ret_faces->sequence = slot->sequence;
	ret_faces->permit = slot->permit;
	ret_faces->slot = slot->slot;
	ret_faces->how = PST_WIRE_HOW_WHOLE;
	ret_faces->decode_us = 0;
	ret_faces->detect_us = 0;
	ret_faces->quality_us = 0;
	ret_faces->count = 0;
	if (search->how != PST_WIRE_HOW_AGAIN) {
		count_frame(vision, slot->permit);
	}
	vision->shot[slot->slot].known = false;
	status = pst_slots_view_frame(&vision->slots, slot, &frame, &reason);
	ret_faces->status = status;
	if (status < 0) {
		return settle_decoding(ret_faces, status, error);
	}
	if (search->how == PST_WIRE_HOW_NEAR) {
		found = search_near(vision, &frame, &search->near, ret_faces, &mark, error);
	}
	status = found == 0 ? search_whole(vision, &frame, ret_faces, &mark, error) : found;
	if (status >= 0 && ret_faces->status == 0 && ret_faces->how == PST_WIRE_HOW_WHOLE) {
		remember(vision, slot, ret_faces);
	}
	return status < 0 ? status : 0;
}

/* @return index of a face that was told; shot->count: there is none */
static uint32_t find_face(const struct shot *shot, const struct pst_face *face)
{
	uint32_t i = 0;

	/* the very bytes that were sent */
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
	while (i < shot->count && memcmp(&shot->face[i].face, face, sizeof(*face)) != 0) {
		i++;
	}
	return i;
}

static struct pst_quality quality_of(const struct shot *shot, const struct pst_face *face)
{
	uint32_t i = find_face(shot, face);

	return i < shot->count ? shot->face[i].quality : (struct pst_quality){0};
}

/* Fills what the two plugins will see. */
static int show(
	struct pst_vision *vision, const struct pst_slot_frame *slot, const struct pst_face *face)
{
	struct pst_error reason = {0};
	struct pst_frame frame;
	int status = pst_slots_view_frame(&vision->slots, slot, &frame, &reason);

	if (status == 0 && vision->pad) {
		status = pst_view_fill(&vision->pad_view, pst_guest_plugin(vision->pad),
			&vision->decoder, &vision->part, &frame, face);
	}
	if (status == 0) {
		status = pst_view_fill(&vision->view, pst_guest_plugin(vision->extractor),
			&vision->decoder, &vision->part, &frame, face);
	}
	return status;
}

int pst_vision_extract(struct pst_vision *vision, const struct pst_wire_extract *request,
	struct pst_wire_template *ret_template, struct pst_error *error)
{
	const struct shot *shot = &vision->shot[request->slot];
	int64_t mark = pst_clock_mono_ns();
	int status;

	ret_template->sequence = request->sequence;
	ret_template->permit = shot->known ? shot->slot.permit : 0;
	ret_template->slot = request->slot;
	ret_template->align_us = 0;
	ret_template->pad_us = 0;
	ret_template->extract_us = 0;
	ret_template->pad = (struct pst_wire_pad){.status = PST_E_NOT_IMPLEMENTED};
	ret_template->size = 0;
	ret_template->quality = quality_of(shot, &request->face);
	if (!vision->extractor) {
		ret_template->status = PST_E_NOT_IMPLEMENTED;
		return 0;
	}
	if (!shot->known || shot->slot.sequence != request->sequence) {
		ret_template->status = PST_E_NOT_FOUND;
		return 0;
	}
	vision->extracts++;
	status = show(vision, &shot->slot, &request->face);
	ret_template->align_us = us_since(&mark);
	ret_template->status = status;
	if (status < 0) {
		return status == -ENOMEM ? pst_error_set(error, status, "no memory") : 0;
	}
	status = pst_pad_judge(vision->pad, &vision->pad_view, &ret_template->pad, error);
	ret_template->pad_us = us_since(&mark);
	if (status < 0) {
		return status;
	}
	status = call_extractor(vision, request->role, ret_template->bytes, error);
	ret_template->extract_us = us_since(&mark);
	if (status == PST_E_PLUGIN) {
		return status;
	}
	ret_template->status = status < 0 ? status : 0;
	ret_template->size = status < 0 ? 0 : (uint32_t)status;
	return 0;
}

/* Who is seen was among the faces, and all of the frame was searched for others. */
static int mask(struct pst_vision *vision, const struct pst_wire_picture *request,
	struct pst_wire_masked *masked)
{
	const struct shot *shot = &vision->shot[request->slot];
	uint32_t subject = request->has_face ? find_face(shot, &request->face) : PST_MASK_NOBODY;
	struct pst_error reason = {0};
	struct pst_frame frame;

	if (!shot->known || !shot->whole || shot->slot.sequence != request->sequence ||
		subject == shot->count) {
		return PST_E_NOT_FOUND;
	}
	if (shot->count == PST_FACES_MAX) {
		subject = PST_MASK_NOBODY; /* there may be more of them than could be told */
	}
	int status = pst_slots_view_frame(&vision->slots, &shot->slot, &frame, &reason);

	return status < 0 ? status
			  : pst_masked_make(&vision->masked, &vision->decoder, &frame, shot->face,
				    shot->count, subject, masked);
}

int pst_vision_mask(struct pst_vision *vision, const struct pst_wire_picture *request,
	struct pst_wire_masked *ret_masked, struct pst_error *error)
{
	const struct shot *shot = &vision->shot[request->slot];
	int64_t mark = pst_clock_mono_ns();

	if (!vision->masked.writer) {
		return pst_error_set(error, PST_E_CORRUPT, "no picture was to be asked for");
	}
	ret_masked->sequence = request->sequence;
	ret_masked->permit = shot->known ? shot->slot.permit : 0;
	ret_masked->slot = request->slot;
	ret_masked->width = 0;
	ret_masked->height = 0;
	ret_masked->size = 0;
	ret_masked->status = mask(vision, request, ret_masked);
	ret_masked->took_us = us_since(&mark);
	return ret_masked->status == -ENOMEM ? pst_error_set(error, -ENOMEM, "no memory") : 0;
}

void pst_vision_reset(
	struct pst_vision *vision, uint64_t permit, struct pst_wire_reset_done *ret_done)
{
	pst_decoder_wipe(&vision->decoder);
	pst_picture_wipe(&vision->input);
	pst_picture_wipe(&vision->near);
	pst_quality_meter_wipe(&vision->meter);
	pst_picture_wipe(&vision->part);
	pst_view_wipe(&vision->pad_view);
	pst_view_wipe(&vision->view);
	pst_masked_wipe(&vision->masked);
	explicit_bzero(vision->found, sizeof(vision->found));
	explicit_bzero(vision->shot, sizeof(vision->shot));
	*ret_done = (struct pst_wire_reset_done){.permit = permit, .frames = vision->frames};
	if (permit == vision->permit) {
		ret_done->taken = vision->taken;
		ret_done->extracts = vision->extracts;
	}
}
