/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/message.h"

#include <math.h>
#include <string.h>

#include "base/bytes.h"

#define HEADER_SIZE 8 /* type, size of the whole message */

/*
 * One walk over a message serves both directions: the same line puts a field and gets it, so the
 * two can't drift apart. Bounds hold in both; the first one broken ends the walk.
 */
struct codec {
	uint8_t *at; /* decoding never writes through it */
	const uint8_t *end;
	bool writing;
	bool bad;
};

static uint8_t *step(struct codec *c, size_t size)
{
	uint8_t *at = c->at;

	if (c->bad || (size_t)(c->end - c->at) < size) {
		c->bad = true;
		return NULL;
	}
	c->at += size;
	return at;
}

static void io_u32(struct codec *c, uint32_t *value, uint32_t low, uint32_t high)
{
	uint8_t *at = step(c, 4);

	if (!at) {
		return;
	}
	if (c->writing) {
		pst_bytes_put32(at, *value);
	} else {
		*value = pst_bytes_get32(at);
	}
	c->bad = *value < low || *value > high;
}

static void io_u64(struct codec *c, uint64_t *value)
{
	uint8_t *at = step(c, 8);

	if (!at) {
		return;
	}
	if (c->writing) {
		pst_bytes_put64(at, *value);
	} else {
		*value = pst_bytes_get64(at);
	}
}

static void io_i32(struct codec *c, int32_t *value)
{
	uint32_t bits = (uint32_t)*value;

	io_u32(c, &bits, 0, UINT32_MAX);
	*value = (int32_t)bits;
}

static void io_i64(struct codec *c, int64_t *value)
{
	uint64_t bits = (uint64_t)*value;

	io_u64(c, &bits);
	*value = (int64_t)bits;
}

static void io_float(struct codec *c, float *value)
{
	uint32_t bits;

	memcpy(&bits, value, sizeof(bits));
	io_u32(c, &bits, 0, UINT32_MAX);
	memcpy(value, &bits, sizeof(bits));
	c->bad = c->bad || !isfinite(*value);
}

static void io_blob(struct codec *c, uint8_t *bytes, uint32_t size)
{
	uint8_t *at = step(c, size);

	if (!at) {
		return;
	}
	if (c->writing) {
		memcpy(at, bytes, size);
	} else {
		memcpy(bytes, at, size);
	}
}

/* Length, then the bytes; no NUL travels, none may be inside. */
static void io_text(struct codec *c, char *text, size_t room)
{
	uint32_t length = c->writing ? (uint32_t)strnlen(text, room) : 0;

	io_u32(c, &length, 0, (uint32_t)room - 1);
	if (c->bad) {
		return;
	}
	io_blob(c, (uint8_t *)text, length);
	if (!c->writing && !c->bad) {
		text[length] = 0;
		c->bad = strlen(text) != length;
	}
}

static void io_point(struct codec *c, struct pst_point *point)
{
	io_float(c, &point->x);
	io_float(c, &point->y);
}

static void io_face(struct codec *c, struct pst_face *face)
{
	io_float(c, &face->x);
	io_float(c, &face->y);
	io_float(c, &face->width);
	io_float(c, &face->height);
	io_float(c, &face->score);
	io_u32(c, &face->has_landmarks, 0, 1);
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		io_point(c, &face->landmarks[i]);
	}
}

/* Overall and flags do not travel: they follow from the components, on both sides. */
static void io_quality(struct codec *c, struct pst_quality *quality)
{
	struct pst_quality concluded;

	io_u32(c, &quality->count, 0, PST_MEASURES_MAX);
	for (uint32_t i = 0; !c->bad && i < quality->count; i++) {
		io_u32(c, &quality->component[i].measure, 0, UINT32_MAX);
		io_i32(c, &quality->component[i].status);
		io_float(c, &quality->component[i].score);
		io_float(c, &quality->component[i].raw);
	}
	if (c->bad) {
		return;
	}
	concluded = *quality;
	c->bad = pst_quality_conclude(&concluded, NULL) < 0;
	if (c->writing) {
		c->bad = c->bad || concluded.overall != quality->overall ||
			 concluded.flags != quality->flags;
	} else {
		*quality = concluded;
	}
}

static void io_finding(struct codec *c, struct pst_pad_finding *finding)
{
	io_u32(c, &finding->answer, PST_PAD_UNSET, PST_PAD_UNCERTAIN);
	io_float(c, &finding->score);
	io_text(c, finding->reason, sizeof(finding->reason));
}

static void io_pad(struct codec *c, struct pst_wire_pad *pad)
{
	io_i32(c, &pad->status);
	if (c->bad || pad->status != 0) {
		if (!c->writing) {
			pad->result = (struct pst_pad_result){0};
		}
		return;
	}
	io_finding(c, &pad->result.impersonation);
	io_finding(c, &pad->result.evasion);
	c->bad = c->bad || pst_pad_check(&pad->result, NULL) < 0;
}

/* A detector and a quality plugin get whole pictures, a presentation attack detector a chip, an
 * extractor one or the other. */
static bool is_picture_said(const struct pst_wire_plugin *p)
{
	bool input = p->input_format && p->input_size && p->input_multiple;
	bool chip = p->chip_format && p->chip_width && p->chip_height;

	switch (p->kind) {
	case PST_PLUGIN_DETECTOR:
	case PST_PLUGIN_QUALITY:
		return input;
	case PST_PLUGIN_PAD:
		return chip;
	case PST_PLUGIN_EXTRACTOR:
		return input != chip;
	default:
		return true;
	}
}

static void io_stamp(struct codec *c, struct pst_stamp *stamp)
{
	io_u64(c, &stamp->device);
	io_u64(c, &stamp->inode);
	io_u64(c, &stamp->size);
	io_u64(c, &stamp->changed_ns);
}

static void io_plugin(struct codec *c, struct pst_wire_plugin *p)
{
	io_u32(c, &p->kind, PST_PLUGIN_DETECTOR, PST_PLUGIN_PAD);
	io_u32(c, &p->abi, 1, UINT16_MAX);
	io_text(c, p->id, sizeof(p->id));
	io_text(c, p->version, sizeof(p->version));
	io_text(c, p->library, sizeof(p->library));
	io_text(c, p->model, sizeof(p->model));
	io_stamp(c, &p->library_stamp);
	io_stamp(c, &p->model_stamp);
	io_u32(c, &p->input_format, 0, PST_PIXELS_BGR24);
	io_u32(c, &p->input_size, 0, PST_WIRE_INPUT_MAX);
	io_u32(c, &p->input_multiple, 0, PST_WIRE_INPUT_MAX);
	io_u32(c, &p->chip_format, 0, PST_PIXELS_BGR24);
	io_u32(c, &p->chip_width, 0, PST_WIRE_CHIP_MAX);
	io_u32(c, &p->chip_height, 0, PST_WIRE_CHIP_MAX);
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		io_point(c, &p->chip_landmark[i]);
	}
	io_u32(c, &p->template_size, 0, PST_TEMPLATE_MAX);
	io_float(c, &p->score_low);
	io_float(c, &p->score_high);
	io_u32(c, &p->option_count, 0, PST_WIRE_OPTIONS_MAX);
	for (uint32_t i = 0; !c->bad && i < p->option_count; i++) {
		io_u32(c, &p->option[i].type, PST_WIRE_OPTION_INT, PST_WIRE_OPTION_TYPES - 1);
		io_text(c, p->option[i].name, sizeof(p->option[i].name));
		io_text(c, p->option[i].value, sizeof(p->option[i].value));
	}
	c->bad = c->bad || !is_picture_said(p) ||
		 (p->kind == PST_PLUGIN_EXTRACTOR && !p->template_size);
}

static void io_start(struct codec *c, struct pst_wire_start *start)
{
	io_u32(c, &start->version, PST_WIRE_VERSION, PST_WIRE_VERSION);
	io_u32(c, &start->sandbox, PST_WIRE_SANDBOX_STRICT, PST_WIRE_SANDBOX_TYPES - 1);
	io_u32(c, &start->slot_count, 0, PST_SLOTS_MAX);
	io_u32(c, &start->slot_size, 0, INT32_MAX);
	io_u32(c, &start->format, 0, PST_FRAME_FORMAT_LAST);
	io_u32(c, &start->width, 0, PST_FRAME_SIDE_MAX);
	io_u32(c, &start->height, 0, PST_FRAME_SIDE_MAX);
	io_u32(c, &start->pictures, 0, 1);
	io_u32(c, &start->plugin_count, 1, PST_WIRE_PLUGINS_MAX);
	if (start->slot_count > 0) {
		c->bad = c->bad || !start->format || !start->width || !start->height ||
			 !start->slot_size;
	}
	for (uint32_t i = 0; !c->bad && i < start->plugin_count; i++) {
		io_plugin(c, &start->plugin[i]);
	}
}

static void io_frame(struct codec *c, struct pst_slot_frame *frame)
{
	uint32_t format = frame->format;

	io_u32(c, &frame->slot, 0, PST_SLOTS_MAX - 1);
	io_u32(c, &format, PST_FRAME_FORMAT_MJPEG, PST_FRAME_FORMAT_LAST);
	frame->format = format;
	io_u32(c, &frame->width, 1, PST_FRAME_SIDE_MAX);
	io_u32(c, &frame->height, 1, PST_FRAME_SIDE_MAX);
	for (int i = 0; i < PST_FRAME_PLANES_MAX; i++) {
		io_u32(c, &frame->plane[i].offset, 0, INT32_MAX);
		io_u32(c, &frame->plane[i].stride, 0, INT32_MAX);
		io_u32(c, &frame->plane[i].size, 0, INT32_MAX);
	}
	io_u64(c, &frame->sequence);
	io_i64(c, &frame->captured_ns);
	io_u64(c, &frame->permit);
	c->bad = c->bad || frame->permit == 0;
}

static void io_search(struct codec *c, struct pst_wire_search *search)
{
	io_u32(c, &search->how, PST_WIRE_HOW_WHOLE, PST_WIRE_HOW_AGAIN);
	io_float(c, &search->near.x);
	io_float(c, &search->near.y);
	io_float(c, &search->near.width);
	io_float(c, &search->near.height);
	c->bad = c->bad || (search->how == PST_WIRE_HOW_NEAR &&
				   (search->near.width <= 0 || search->near.height <= 0));
}

static void io_extract(struct codec *c, struct pst_wire_extract *extract)
{
	io_u32(c, &extract->slot, 0, PST_SLOTS_MAX - 1);
	io_u32(c, &extract->role, PST_ROLE_ENROL, PST_ROLE_PROBE);
	io_u64(c, &extract->sequence);
	io_face(c, &extract->face);
	c->bad = c->bad || !extract->face.has_landmarks;
}

static void io_picture(struct codec *c, struct pst_wire_picture *picture)
{
	io_u32(c, &picture->slot, 0, PST_SLOTS_MAX - 1);
	io_u64(c, &picture->sequence);
	io_u32(c, &picture->has_face, 0, 1);
	if (!c->bad && picture->has_face) {
		io_face(c, &picture->face);
	} else if (!c->writing) {
		picture->face = (struct pst_face){0};
	}
}

static void io_query(struct codec *c, struct pst_wire_query *query, enum pst_wire_type type)
{
	uint32_t least = type == PST_WIRE_REMOVE ? 0 : 1;

	io_u64(c, &query->key);
	io_u32(c, &query->cap, type == PST_WIRE_SEARCH ? 1 : 0, PST_CANDIDATES_MAX);
	io_u32(c, &query->size, least, PST_TEMPLATE_MAX);
	if (!c->bad) {
		io_blob(c, query->bytes, query->size);
	}
}

static void io_batch(struct codec *c, struct pst_wire_batch *batch)
{
	io_u32(c, &batch->cap, 1, PST_CANDIDATES_MAX);
	io_u32(c, &batch->count, 1, PST_PROBES_MAX);
	io_u32(c, &batch->size, 1, PST_TEMPLATE_MAX);
	c->bad = c->bad || batch->count * batch->size > PST_WIRE_BATCH_BYTES ||
		 batch->count * batch->cap > PST_WIRE_BATCH_CANDIDATES;
	if (!c->bad) {
		io_blob(c, batch->bytes, batch->count * batch->size);
	}
}

static void io_adds(struct codec *c, struct pst_wire_adds *adds)
{
	io_u32(c, &adds->count, 1, PST_PROBES_MAX);
	io_u32(c, &adds->size, 1, PST_TEMPLATE_MAX);
	c->bad = c->bad || adds->count * adds->size > PST_WIRE_BATCH_BYTES;
	for (uint32_t i = 0; !c->bad && i < adds->count; i++) {
		io_u64(c, &adds->key[i]);
	}
	if (!c->bad) {
		io_blob(c, adds->bytes, adds->count * adds->size);
	}
}

static void io_faces(struct codec *c, struct pst_wire_faces *faces)
{
	io_u64(c, &faces->sequence);
	io_u64(c, &faces->permit);
	io_u32(c, &faces->slot, 0, PST_SLOTS_MAX - 1);
	io_i32(c, &faces->status);
	io_u32(c, &faces->how, PST_WIRE_HOW_WHOLE, PST_WIRE_HOW_NEAR);
	io_u32(c, &faces->decode_us, 0, UINT32_MAX);
	io_u32(c, &faces->detect_us, 0, UINT32_MAX);
	io_u32(c, &faces->quality_us, 0, UINT32_MAX);
	io_u32(c, &faces->count, 0,
		faces->status < 0		  ? 0
		: faces->how == PST_WIRE_HOW_NEAR ? 1
						  : PST_FACES_MAX);
	for (uint32_t i = 0; !c->bad && i < faces->count; i++) {
		io_face(c, &faces->face[i].face);
		io_quality(c, &faces->face[i].quality);
		c->bad =
			c->bad || faces->face[i].face.width <= 0 || faces->face[i].face.height <= 0;
	}
}

static void io_template(struct codec *c, struct pst_wire_template *t)
{
	io_u64(c, &t->sequence);
	io_u64(c, &t->permit);
	io_u32(c, &t->slot, 0, PST_SLOTS_MAX - 1);
	io_i32(c, &t->status);
	io_u32(c, &t->align_us, 0, UINT32_MAX);
	io_u32(c, &t->pad_us, 0, UINT32_MAX);
	io_u32(c, &t->extract_us, 0, UINT32_MAX);
	io_quality(c, &t->quality);
	io_pad(c, &t->pad);
	io_u32(c, &t->size, t->status < 0 ? 0 : 1, t->status < 0 ? 0 : PST_TEMPLATE_MAX);
	if (!c->bad) {
		io_blob(c, t->bytes, t->size);
	}
}

static void io_masked(struct codec *c, struct pst_wire_masked *masked)
{
	io_u64(c, &masked->sequence);
	io_u64(c, &masked->permit);
	io_u32(c, &masked->slot, 0, PST_SLOTS_MAX - 1);
	io_i32(c, &masked->status);
	io_u32(c, &masked->took_us, 0, UINT32_MAX);
	bool made = masked->status == 0;

	io_u32(c, &masked->width, made ? 1 : 0, made ? PST_WIRE_PICTURE_SIDE : 0);
	io_u32(c, &masked->height, made ? 1 : 0, made ? PST_WIRE_PICTURE_SIDE : 0);
	io_u32(c, &masked->size, made ? 4 : 0, made ? PST_WIRE_PICTURE_BYTES : 0);
	c->bad = c->bad || masked->status > 0;
	if (!c->bad) {
		io_blob(c, masked->bytes, masked->size);
	}
}

static void io_candidate(struct codec *c, struct pst_candidate *candidate)
{
	io_u64(c, &candidate->key);
	io_float(c, &candidate->score);
}

static void io_match(struct codec *c, struct pst_wire_match *match)
{
	io_i32(c, &match->status);
	io_u32(c, &match->search_us, 0, UINT32_MAX);
	io_float(c, &match->score);
	io_u32(c, &match->count, 0, PST_CANDIDATES_MAX);
	for (uint32_t i = 0; !c->bad && i < match->count; i++) {
		io_candidate(c, &match->candidate[i]);
	}
}

static void io_matches(struct codec *c, struct pst_wire_matches *matches)
{
	io_i32(c, &matches->status);
	io_u32(c, &matches->search_us, 0, UINT32_MAX);
	io_u32(c, &matches->count, 0, matches->status < 0 ? 0 : PST_PROBES_MAX);
	io_u32(c, &matches->cap, 1, PST_CANDIDATES_MAX);
	c->bad = c->bad || matches->count * matches->cap > PST_WIRE_BATCH_CANDIDATES;
	for (uint32_t i = 0; !c->bad && i < matches->count; i++) {
		io_u32(c, &matches->found[i], 0, matches->cap);
		for (uint32_t k = 0; !c->bad && k < matches->found[i]; k++) {
			io_candidate(c, &matches->candidate[i * matches->cap + k]);
		}
	}
}

static void io_body(struct codec *c, struct pst_wire_message *m)
{
	switch (m->type) {
	case PST_WIRE_START:
		io_start(c, &m->start);
		break;
	case PST_WIRE_FRAME:
		io_frame(c, &m->frame);
		io_search(c, &m->search);
		break;
	case PST_WIRE_EXTRACT:
		io_extract(c, &m->extract);
		break;
	case PST_WIRE_PICTURE:
		io_picture(c, &m->picture);
		break;
	case PST_WIRE_RESET:
		io_u64(c, &m->permit);
		break;
	case PST_WIRE_ADD:
	case PST_WIRE_REMOVE:
	case PST_WIRE_VERIFY:
	case PST_WIRE_SEARCH:
		io_query(c, &m->query, m->type);
		break;
	case PST_WIRE_ADD_BATCH:
		io_adds(c, &m->adds);
		break;
	case PST_WIRE_SEARCH_BATCH:
		io_batch(c, &m->batch);
		break;
	case PST_WIRE_SEAL:
	case PST_WIRE_STOP:
		break;
	case PST_WIRE_READY:
		io_u32(c, &m->version, PST_WIRE_VERSION, PST_WIRE_VERSION);
		break;
	case PST_WIRE_FACES:
		io_faces(c, &m->faces);
		break;
	case PST_WIRE_TEMPLATE:
		io_template(c, &m->template_);
		break;
	case PST_WIRE_MASKED:
		io_masked(c, &m->masked);
		break;
	case PST_WIRE_RESET_DONE:
		io_u64(c, &m->reset_done.permit);
		io_u64(c, &m->reset_done.frames);
		io_u64(c, &m->reset_done.taken);
		io_u64(c, &m->reset_done.extracts);
		break;
	case PST_WIRE_MATCH:
		io_match(c, &m->match);
		break;
	case PST_WIRE_MATCHES:
		io_matches(c, &m->matches);
		break;
	case PST_WIRE_FAULT:
		io_i32(c, &m->fault.status);
		io_text(c, m->fault.text, sizeof(m->fault.text));
		c->bad = c->bad || m->fault.status >= 0;
		break;
	case PST_WIRE_UNSET:
	case PST_WIRE_TYPES:
		c->bad = true;
		break;
	}
}

int pst_wire_encode(const struct pst_wire_message *message, uint8_t *buffer)
{
	struct codec c = {
		.at = buffer + HEADER_SIZE,
		.end = buffer + PST_WIRE_SIZE_MAX,
		.writing = true,
	};

	/* Writing leaves the message as it is; the walk is shared with reading. */
	io_body(&c, (struct pst_wire_message *)(uintptr_t)message);
	if (c.bad) {
		return PST_E_CORRUPT;
	}
	pst_bytes_put32(buffer, message->type);
	pst_bytes_put32(buffer + 4, (uint32_t)(c.at - buffer));
	return (int)(c.at - buffer);
}

int pst_wire_decode(const uint8_t *data, size_t size, struct pst_wire_message *ret_message)
{
	struct codec c = {.at = (uint8_t *)(uintptr_t)data, .end = data + size};
	uint32_t type = 0, whole = 0;

	io_u32(&c, &type, PST_WIRE_UNSET + 1, PST_WIRE_TYPES - 1);
	io_u32(&c, &whole, HEADER_SIZE, PST_WIRE_SIZE_MAX);
	if (c.bad || whole != size) {
		return PST_E_CORRUPT;
	}
	ret_message->type = type;
	io_body(&c, ret_message);
	if (c.bad || c.at != c.end) {
		ret_message->type = PST_WIRE_UNSET;
		return PST_E_CORRUPT;
	}
	return 0;
}

const char *pst_wire_type_name(enum pst_wire_type type)
{
	static const char *const names[PST_WIRE_TYPES] = {"unset", "start", "frame", "extract",
		"picture", "reset", "add", "add-batch", "remove", "seal", "verify", "search",
		"search-batch", "stop", "ready", "faces", "template", "masked", "reset-done",
		"match", "matches", "fault"};

	return type < PST_WIRE_TYPES ? names[type] : names[PST_WIRE_UNSET];
}
