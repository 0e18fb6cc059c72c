/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/channel.h"

static struct pst_wire_message message, back;
static uint8_t buffer[PST_WIRE_SIZE_MAX];

static void setup(void)
{
	memset(&message, 0, sizeof(message));
	memset(&back, 0, sizeof(back));
}

TestSuite(message, .init = setup);

static void fill_face(struct pst_face *face)
{
	*face = (struct pst_face){
		.x = -3.5F, .y = 2, .width = 50, .height = 60, .score = 0.9F, .has_landmarks = 1};
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		face->landmarks[i] = (struct pst_point){(float)i, 10.0F * (float)i};
	}
}

static void fill_start(struct pst_wire_start *start)
{
	start->version = PST_WIRE_VERSION;
	start->slot_count = 4;
	start->sandbox = PST_WIRE_SANDBOX_STRICT;
	start->slot_size = 4096;
	start->format = PST_FRAME_FORMAT_MJPEG;
	start->width = 640;
	start->height = 480;
	start->pictures = 1;
	start->plugin_count = PST_WIRE_PLUGINS_MAX;
	for (int i = 0; i < PST_WIRE_PLUGINS_MAX; i++) {
		static const enum pst_plugin_kind kinds[] = {PST_PLUGIN_DETECTOR,
			PST_PLUGIN_EXTRACTOR, PST_PLUGIN_QUALITY, PST_PLUGIN_PAD};
		struct pst_wire_plugin *p = &start->plugin[i];

		p->kind = kinds[i];
		p->abi = 1;
		strcpy(p->id, "some");
		strcpy(p->version, "1.0.0");
		memset(p->library, 'l', sizeof(p->library) - 1); /* the longest there is */
		memset(p->model, 'm', sizeof(p->model) - 1);
		memset(&p->library_stamp, 0xff, sizeof(p->library_stamp));
		memset(&p->model_stamp, 0xff, sizeof(p->model_stamp));
		if (p->kind == PST_PLUGIN_DETECTOR || p->kind == PST_PLUGIN_QUALITY) {
			p->input_format = PST_PIXELS_BGR24;
			p->input_size = 640;
			p->input_multiple = 32;
		} else {
			p->chip_format = PST_PIXELS_BGR24;
			p->chip_width = p->chip_height = 112;
		}
		p->template_size = 512;
		p->option_count = PST_WIRE_OPTIONS_MAX;
		for (int k = 0; k < PST_WIRE_OPTIONS_MAX; k++) {
			p->option[k].type = PST_WIRE_OPTION_FLOAT;
			memset(p->option[k].name, 'n', PST_WIRE_NAME_SIZE - 1);
			memset(p->option[k].value, 'v', PST_WIRE_VALUE_SIZE - 1);
		}
	}
}

/* Every measure there is, and from that a face that is blurred and too dark. */
static void fill_quality(struct pst_quality *quality)
{
	const char *problem = NULL;

	for (uint32_t i = 0; i < PST_MEASURES_MAX; i++) {
		quality->component[i] = (struct pst_quality_component){
			.measure = PST_MEASURE_UNIFIED_QUALITY_SCORE + i,
			.score = (float)i + 0.5F,
			.raw = (float)i};
	}
	quality->count = PST_MEASURES_MAX;
	cr_assert_eq(pst_quality_conclude(quality, &problem), 0, "%s", problem);
}

static void fill_finding(struct pst_pad_finding *finding)
{
	finding->answer = PST_PAD_UNCERTAIN;
	finding->score = 1;
	memset(finding->reason, 'r', sizeof(finding->reason) - 1);
}

static void give_input(struct pst_wire_plugin *plugin)
{
	plugin->input_format = PST_PIXELS_GREY8;
	plugin->input_size = 640;
	plugin->input_multiple = 1;
}

static void fill_picture(struct pst_wire_picture *picture)
{
	*picture = (struct pst_wire_picture){.slot = 15, .has_face = 1, .sequence = UINT64_MAX};
	fill_face(&picture->face);
}

static void fill_masked(struct pst_wire_masked *masked)
{
	*masked = (struct pst_wire_masked){.sequence = 9,
		.permit = 3,
		.slot = 1,
		.took_us = 4,
		.width = PST_WIRE_PICTURE_SIDE,
		.height = PST_WIRE_PICTURE_SIDE,
		.size = PST_WIRE_PICTURE_BYTES};
	memset(masked->bytes, 0xef, PST_WIRE_PICTURE_BYTES);
}

/* A valid message of the type, every field of its largest extent. */
static void fill(enum pst_wire_type type)
{
	memset(&message, 0, sizeof(message));
	message.type = type;
	switch ((int)type) {
	case PST_WIRE_START:
		fill_start(&message.start);
		break;
	case PST_WIRE_FRAME:
		message.frame = (struct pst_slot_frame){.slot = 3,
			.format = PST_FRAME_FORMAT_NV12,
			.width = 2,
			.height = 2,
			.plane = {{0, 2, 4}, {4, 2, 2}},
			.sequence = 1u << 31,
			.captured_ns = -5,
			.permit = UINT64_MAX};
		message.search = (struct pst_wire_search){
			.how = PST_WIRE_HOW_NEAR, .near = {-3, 4, 20.5F, 0.5F}};
		break;
	case PST_WIRE_EXTRACT:
		message.extract =
			(struct pst_wire_extract){.slot = 1, .role = PST_ROLE_ENROL, .sequence = 9};
		fill_face(&message.extract.face);
		break;
	case PST_WIRE_PICTURE:
		fill_picture(&message.picture);
		break;
	case PST_WIRE_MASKED:
		fill_masked(&message.masked);
		break;
	case PST_WIRE_RESET:
		message.permit = 12;
		break;
	case PST_WIRE_ADD:
	case PST_WIRE_VERIFY:
	case PST_WIRE_SEARCH:
		message.query.key = 5;
		message.query.cap = 10;
		message.query.size = PST_TEMPLATE_MAX;
		memset(message.query.bytes, 0xab, PST_TEMPLATE_MAX);
		break;
	case PST_WIRE_READY:
		message.version = PST_WIRE_VERSION;
		break;
	case PST_WIRE_FACES:
		message.faces = (struct pst_wire_faces){.sequence = 4,
			.permit = 2,
			.slot = 1,
			.how = PST_WIRE_HOW_WHOLE,
			.decode_us = 3,
			.count = PST_FACES_MAX};
		for (int i = 0; i < PST_FACES_MAX; i++) {
			fill_face(&message.faces.face[i].face);
			fill_quality(&message.faces.face[i].quality);
		}
		break;
	case PST_WIRE_TEMPLATE:
		message.template_.size = PST_TEMPLATE_MAX;
		message.template_.sequence = 77;
		fill_quality(&message.template_.quality);
		fill_finding(&message.template_.pad.result.impersonation);
		fill_finding(&message.template_.pad.result.evasion);
		memset(message.template_.bytes, 0xcd, PST_TEMPLATE_MAX);
		break;
	case PST_WIRE_MATCH:
		message.match.status = 100;
		message.match.count = PST_CANDIDATES_MAX;
		message.match.candidate[99] = (struct pst_candidate){.key = 8, .score = -0.5F};
		break;
	case PST_WIRE_ADD_BATCH:
		message.adds.count = PST_PROBES_MAX;
		message.adds.size = PST_WIRE_BATCH_BYTES / PST_PROBES_MAX;
		message.adds.key[PST_PROBES_MAX - 1] = UINT64_MAX;
		memset(message.adds.bytes, 0xba, PST_WIRE_BATCH_BYTES);
		break;
	case PST_WIRE_SEARCH_BATCH:
		message.batch.cap = 16;
		message.batch.count = PST_PROBES_MAX;
		message.batch.size = PST_WIRE_BATCH_BYTES / PST_PROBES_MAX;
		memset(message.batch.bytes, 0xef, PST_WIRE_BATCH_BYTES);
		break;
	case PST_WIRE_MATCHES:
		message.matches.count = PST_PROBES_MAX;
		message.matches.cap = PST_WIRE_BATCH_CANDIDATES / PST_PROBES_MAX;
		for (uint32_t i = 0; i < PST_PROBES_MAX; i++) {
			message.matches.found[i] = message.matches.cap;
		}
		message.matches.candidate[PST_WIRE_BATCH_CANDIDATES - 1] =
			(struct pst_candidate){.key = 9, .score = 0.25F};
		break;
	case PST_WIRE_FAULT:
		message.fault.status = PST_E_PLUGIN;
		memset(message.fault.text, 't', sizeof(message.fault.text) - 1);
		break;
	default:
		break;
	}
}

Test(message, round_trip_of_every_type_at_full_extent)
{
	for (int type = PST_WIRE_UNSET + 1; type < PST_WIRE_TYPES; type++) {
		int size;

		fill((enum pst_wire_type)type);
		size = pst_wire_encode(&message, buffer);
		cr_assert_gt(size, 0, "%s", pst_wire_type_name((enum pst_wire_type)type));
		memset(&back, 0, sizeof(back));
		cr_assert_eq(pst_wire_decode(buffer, (size_t)size, &back), 0, "%s",
			pst_wire_type_name((enum pst_wire_type)type));
		cr_assert_eq(memcmp(&message, &back, sizeof(back)), 0, "%s",
			pst_wire_type_name((enum pst_wire_type)type));
	}
}

Test(message, no_prefix_and_no_longer_one_decodes)
{
	for (int type = PST_WIRE_UNSET + 1; type < PST_WIRE_TYPES; type++) {
		int size;

		fill((enum pst_wire_type)type);
		if (type == PST_WIRE_START) {
			message.start.plugin[0].option_count = 1;
			message.start.plugin[1].option_count = 1;
		}
		size = pst_wire_encode(&message, buffer);
		cr_assert_lt(size, PST_WIRE_SIZE_MAX);
		for (int cut = 0; cut<size; cut += size> 2000 ? 97 : 1) {
			cr_assert_eq(pst_wire_decode(buffer, (size_t)cut, &back), PST_E_CORRUPT);
		}
		buffer[size] = 0;
		cr_assert_eq(pst_wire_decode(buffer, (size_t)size + 1, &back), PST_E_CORRUPT);
		/* A size that lies in the header as well. */
		buffer[4] = (uint8_t)(size + 1);
		buffer[5] = (uint8_t)((size + 1) >> 8);
		cr_assert_eq(pst_wire_decode(buffer, (size_t)size + 1, &back), PST_E_CORRUPT);
	}
}

Test(message, unknown_types_are_refused)
{
	const uint32_t types[] = {PST_WIRE_UNSET, PST_WIRE_TYPES, 0x80000001u, UINT32_MAX};

	for (size_t i = 0; i < 4; i++) {
		uint8_t raw[8] = {0, 0, 0, 0, 8, 0, 0, 0};

		memcpy(raw, &types[i], 4);
		cr_assert_eq(pst_wire_decode(raw, sizeof(raw), &back), PST_E_CORRUPT);
	}
	message.type = PST_WIRE_UNSET;
	cr_assert_eq(pst_wire_encode(&message, buffer), PST_E_CORRUPT);
}

#define REFUSED(type_, change)                                                                     \
	do {                                                                                       \
		fill(type_);                                                                       \
		change;                                                                            \
		cr_assert_eq(pst_wire_encode(&message, buffer), PST_E_CORRUPT, "%s", #change);     \
	} while (0)

Test(message, bounds_hold_for_the_sender_too)
{
	REFUSED(PST_WIRE_START, message.start.version = PST_WIRE_VERSION + 1);
	REFUSED(PST_WIRE_START, message.start.sandbox = PST_WIRE_SANDBOX_UNSET);
	REFUSED(PST_WIRE_START, message.start.sandbox = PST_WIRE_SANDBOX_TYPES);
	REFUSED(PST_WIRE_START, message.start.slot_count = PST_SLOTS_MAX + 1);
	REFUSED(PST_WIRE_START, message.start.plugin_count = 0);
	REFUSED(PST_WIRE_START, message.start.plugin_count = PST_WIRE_PLUGINS_MAX + 1);
	REFUSED(PST_WIRE_START, message.start.plugin[1].option_count = PST_WIRE_OPTIONS_MAX + 1);
	REFUSED(PST_WIRE_START, message.start.plugin[0].kind = PST_PLUGIN_PAD + 1);
	REFUSED(PST_WIRE_START, message.start.plugin[0].input_size = 0);
	REFUSED(PST_WIRE_START, message.start.plugin[1].chip_format = PST_PIXELS_UNSET);
	REFUSED(PST_WIRE_START, message.start.plugin[2].input_multiple = 0);
	REFUSED(PST_WIRE_START, message.start.plugin[3].chip_width = 0);
	REFUSED(PST_WIRE_START, give_input(&message.start.plugin[1]));
	REFUSED(PST_WIRE_START, message.start.plugin[1].chip_landmark[2].x = NAN);
	REFUSED(PST_WIRE_START, message.start.plugin[1].template_size = PST_TEMPLATE_MAX + 1);
	REFUSED(PST_WIRE_START, memset(message.start.plugin[0].id, 'x', PST_WIRE_NAME_SIZE));
	REFUSED(PST_WIRE_FRAME, message.frame.slot = PST_SLOTS_MAX);
	REFUSED(PST_WIRE_FRAME, message.frame.permit = 0);
	REFUSED(PST_WIRE_FRAME, message.frame.width = 0);
	REFUSED(PST_WIRE_FRAME, message.frame.plane[0].offset = UINT32_MAX);
	REFUSED(PST_WIRE_FRAME, message.search.how = PST_WIRE_HOW_UNSET);
	REFUSED(PST_WIRE_FRAME, message.search.how = PST_WIRE_HOWS);
	REFUSED(PST_WIRE_FRAME, message.search.near.x = NAN);
	REFUSED(PST_WIRE_FRAME, message.search.near.width = 0);
	REFUSED(PST_WIRE_FRAME, message.search.near.height = -1);
	REFUSED(PST_WIRE_EXTRACT, message.extract.role = PST_ROLE_UNSET);
	REFUSED(PST_WIRE_EXTRACT, message.extract.face.has_landmarks = 0);
	REFUSED(PST_WIRE_EXTRACT, message.extract.face.x = INFINITY);
	REFUSED(PST_WIRE_ADD, message.query.size = PST_TEMPLATE_MAX + 1);
	REFUSED(PST_WIRE_ADD, message.query.size = 0);
	REFUSED(PST_WIRE_SEARCH, message.query.cap = 0);
	REFUSED(PST_WIRE_SEARCH, message.query.cap = PST_CANDIDATES_MAX + 1);
	REFUSED(PST_WIRE_FACES, message.faces.count = PST_FACES_MAX + 1);
	REFUSED(PST_WIRE_FACES, message.faces.status = PST_E_CORRUPT);
	REFUSED(PST_WIRE_FACES, message.faces.how = PST_WIRE_HOW_NEAR); /* more faces than one */
	REFUSED(PST_WIRE_FACES, message.faces.how = PST_WIRE_HOW_AGAIN);
	REFUSED(PST_WIRE_FACES, message.faces.face[63].face.width = 0);
	REFUSED(PST_WIRE_FACES, message.faces.face[1].face.score = NAN);
	REFUSED(PST_WIRE_FACES, message.faces.face[1].quality.overall = 101);
	REFUSED(PST_WIRE_FACES, message.faces.face[1].quality.flags = 0);
	REFUSED(PST_WIRE_FACES, message.faces.face[1].quality.count = PST_MEASURES_MAX + 1);
	REFUSED(PST_WIRE_FACES, message.faces.face[1].quality.component[3].score = NAN);
	REFUSED(PST_WIRE_FACES, message.faces.face[1].quality.component[3].score = 101);
	REFUSED(PST_WIRE_FACES, message.faces.face[1].quality.component[3].measure = 0);
	REFUSED(PST_WIRE_START, message.start.pictures = 2);
	REFUSED(PST_WIRE_PICTURE, message.picture.slot = PST_SLOTS_MAX);
	REFUSED(PST_WIRE_PICTURE, message.picture.has_face = 2);
	REFUSED(PST_WIRE_PICTURE, message.picture.face.width = NAN);
	REFUSED(PST_WIRE_MASKED, message.masked.slot = PST_SLOTS_MAX);
	REFUSED(PST_WIRE_MASKED, message.masked.width = 0);
	REFUSED(PST_WIRE_MASKED, message.masked.width = PST_WIRE_PICTURE_SIDE + 1);
	REFUSED(PST_WIRE_MASKED, message.masked.height = PST_WIRE_PICTURE_SIDE + 1);
	REFUSED(PST_WIRE_MASKED, message.masked.size = PST_WIRE_PICTURE_BYTES + 1);
	REFUSED(PST_WIRE_MASKED, message.masked.size = 3);
	REFUSED(PST_WIRE_MASKED, message.masked.status = 1);
	REFUSED(PST_WIRE_MASKED, message.masked.status = PST_E_CORRUPT);
	REFUSED(PST_WIRE_TEMPLATE, message.template_.pad.result.evasion.answer = 4);
	REFUSED(PST_WIRE_TEMPLATE, message.template_.pad.result.evasion.score = NAN);
	REFUSED(PST_WIRE_TEMPLATE, message.template_.pad.result.evasion.score = 1.5F);
	REFUSED(PST_WIRE_TEMPLATE, message.template_.pad.result.impersonation.reason[3] = '\n');
	REFUSED(PST_WIRE_TEMPLATE, memset(message.template_.pad.result.impersonation.reason, 'x',
					   PST_PAD_REASON_SIZE));
	REFUSED(PST_WIRE_TEMPLATE, message.template_.status = PST_E_NO_FACE);
	REFUSED(PST_WIRE_TEMPLATE, message.template_.size = 0);
	REFUSED(PST_WIRE_MATCH, message.match.count = PST_CANDIDATES_MAX + 1);
	REFUSED(PST_WIRE_MATCH, message.match.candidate[3].score = -INFINITY);
	REFUSED(PST_WIRE_ADD_BATCH, message.adds.count = 0);
	REFUSED(PST_WIRE_ADD_BATCH, message.adds.count = PST_PROBES_MAX + 1);
	REFUSED(PST_WIRE_ADD_BATCH, message.adds.size = 0);
	REFUSED(PST_WIRE_ADD_BATCH, message.adds.size++);
	REFUSED(PST_WIRE_ADD_BATCH, message.adds.size = PST_TEMPLATE_MAX + 1);
	REFUSED(PST_WIRE_SEARCH_BATCH, message.batch.cap = 0);
	REFUSED(PST_WIRE_SEARCH_BATCH, message.batch.cap = 17);
	REFUSED(PST_WIRE_SEARCH_BATCH, message.batch.count = 0);
	REFUSED(PST_WIRE_SEARCH_BATCH, message.batch.count = PST_PROBES_MAX + 1);
	REFUSED(PST_WIRE_SEARCH_BATCH, message.batch.size = 0);
	REFUSED(PST_WIRE_SEARCH_BATCH, message.batch.size++);
	REFUSED(PST_WIRE_SEARCH_BATCH, message.batch.size = PST_TEMPLATE_MAX + 1);
	REFUSED(PST_WIRE_MATCHES, message.matches.count = PST_PROBES_MAX + 1);
	REFUSED(PST_WIRE_MATCHES, message.matches.cap = 0);
	REFUSED(PST_WIRE_MATCHES, message.matches.cap++);
	REFUSED(PST_WIRE_MATCHES, message.matches.found[7] = 17);
	REFUSED(PST_WIRE_MATCHES, message.matches.status = PST_E_FORMAT);
	REFUSED(PST_WIRE_MATCHES, message.matches.candidate[99].score = NAN);
	REFUSED(PST_WIRE_FAULT, message.fault.status = 0);
	REFUSED(PST_WIRE_READY, message.version = 0);
}

Test(message, every_flipped_bit_is_decoded_in_bounds_or_refused)
{
	fill(PST_WIRE_FACES);
	message.faces.count = 2;
	int size = pst_wire_encode(&message, buffer);

	for (int bit = 0; bit < size * 8; bit++) {
		buffer[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		if (pst_wire_decode(buffer, (size_t)size, &back) == 0 &&
			back.type == PST_WIRE_FACES) {
			cr_assert_leq(back.faces.count, PST_FACES_MAX);
			for (uint32_t i = 0; i < back.faces.count; i++) {
				cr_assert(isfinite(back.faces.face[i].face.x));
				cr_assert_gt(back.faces.face[i].face.width, 0);
			}
		}
		buffer[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
}

Test(message, texts_hold_no_nul_inside)
{
	fill(PST_WIRE_FAULT);
	strcpy(message.fault.text, "abcdef");
	int size = pst_wire_encode(&message, buffer);

	buffer[size - 3] = 0;
	cr_assert_eq(pst_wire_decode(buffer, (size_t)size, &back), PST_E_CORRUPT);
}

Test(channel, one_message_is_one_packet)
{
	struct pst_wire_channel one, two;
	int pair[2];

	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	cr_assert_eq(pst_wire_channel_init(&one, pair[0]), 0);
	cr_assert_eq(pst_wire_channel_init(&two, pair[1]), 0);
	cr_assert_eq(pst_wire_receive(&two, &back, MSG_DONTWAIT), -EAGAIN);
	fill(PST_WIRE_RESET);
	cr_assert_eq(pst_wire_send(&one, &message, 0), 0);
	fill(PST_WIRE_VERIFY);
	cr_assert_eq(pst_wire_send(&one, &message, 0), 0);
	for (int i = 0; i < 100; i++) {
		cr_assert_neq(one.buffer[1000 + i], 0xab, "a template stays in the send buffer");
	}
	cr_assert_eq(pst_wire_receive(&two, &back, 0), 1);
	cr_assert_eq(back.type, PST_WIRE_RESET);
	cr_assert_eq(back.permit, 12);
	cr_assert_eq(pst_wire_receive(&two, &back, 0), 1);
	cr_assert_eq(back.type, PST_WIRE_VERIFY);
	cr_assert_eq(back.query.bytes[PST_TEMPLATE_MAX - 1], 0xab);
	cr_assert_neq(two.buffer[1000], 0xab, "a template stays in the receive buffer");
	cr_assert_eq(write(pair[0], "nonsense", 8), 8);
	cr_assert_eq(pst_wire_receive(&two, &back, 0), PST_E_CORRUPT);
	close(pair[0]);
	cr_assert_eq(pst_wire_receive(&two, &back, 0), 0);
	cr_assert_eq(pst_wire_send(&two, &message, 0), -EPIPE);
	pst_wire_channel_finish(&one);
	pst_wire_channel_finish(&two);
	close(pair[1]);
}
