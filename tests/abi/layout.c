/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints what a compiled plugin depends on, on a 64-bit ABI: sizes and alignments of structs,
 * offsets and sizes of their fields, values.
 */
#include <stddef.h>
#include <stdio.h>

#include "postern/abi.h"
#include "postern/detector.h"
#include "postern/entry.h"
#include "postern/extractor.h"
#include "postern/face.h"
#include "postern/host.h"
#include "postern/image.h"
#include "postern/matcher.h"
#include "postern/pad.h"
#include "postern/quality.h"
#include "postern/status.h"

#define STRUCT(type)                                                                               \
	printf("struct %s %zu %zu\n", #type, sizeof(struct type), _Alignof(struct type))
#define FIELD(type, field)                                                                         \
	printf("  %s %zu %zu\n", #field, offsetof(struct type, field),                             \
		sizeof(((struct type *)NULL)->field))
#define VALUE(name) printf("%s %lld\n", #name, (long long)(name))

static void print_entry(void)
{
	STRUCT(pst_plugin_entry);
	FIELD(pst_plugin_entry, size);
	FIELD(pst_plugin_entry, abi_major);
	FIELD(pst_plugin_entry, abi_minor);
	FIELD(pst_plugin_entry, kind);
	FIELD(pst_plugin_entry, reserved);
	FIELD(pst_plugin_entry, id);
	FIELD(pst_plugin_entry, version);
	FIELD(pst_plugin_entry, instance_size);
	FIELD(pst_plugin_entry, init);
	FIELD(pst_plugin_entry, finish);
	FIELD(pst_plugin_entry, calls);
	STRUCT(pst_host);
	FIELD(pst_host, size);
	FIELD(pst_host, reserved);
	FIELD(pst_host, context);
	FIELD(pst_host, log);
	FIELD(pst_host, option_int);
	FIELD(pst_host, option_float);
	FIELD(pst_host, option_text);
	FIELD(pst_host, model_path);
	FIELD(pst_host, clock_ns);
	FIELD(pst_host, is_call_thread);
}

static void print_pictures(void)
{
	STRUCT(pst_image);
	FIELD(pst_image, size);
	FIELD(pst_image, format);
	FIELD(pst_image, width);
	FIELD(pst_image, height);
	FIELD(pst_image, stride);
	FIELD(pst_image, reserved);
	FIELD(pst_image, pixels);
	STRUCT(pst_point);
	FIELD(pst_point, x);
	FIELD(pst_point, y);
	STRUCT(pst_face);
	FIELD(pst_face, x);
	FIELD(pst_face, y);
	FIELD(pst_face, width);
	FIELD(pst_face, height);
	FIELD(pst_face, score);
	FIELD(pst_face, has_landmarks);
	FIELD(pst_face, landmarks);
}

static void print_kinds(void)
{
	STRUCT(pst_detector);
	FIELD(pst_detector, size);
	FIELD(pst_detector, reserved);
	FIELD(pst_detector, detect);
	STRUCT(pst_extractor);
	FIELD(pst_extractor, size);
	FIELD(pst_extractor, reserved);
	FIELD(pst_extractor, extract);
	STRUCT(pst_candidate);
	FIELD(pst_candidate, key);
	FIELD(pst_candidate, score);
	FIELD(pst_candidate, reserved);
	STRUCT(pst_matcher);
	FIELD(pst_matcher, size);
	FIELD(pst_matcher, reserved);
	FIELD(pst_matcher, add);
	FIELD(pst_matcher, remove);
	FIELD(pst_matcher, seal);
	FIELD(pst_matcher, verify);
	FIELD(pst_matcher, search);
	FIELD(pst_matcher, search_batch);
	STRUCT(pst_quality_component);
	FIELD(pst_quality_component, measure);
	FIELD(pst_quality_component, status);
	FIELD(pst_quality_component, score);
	FIELD(pst_quality_component, raw);
	STRUCT(pst_quality_calls);
	FIELD(pst_quality_calls, size);
	FIELD(pst_quality_calls, reserved);
	FIELD(pst_quality_calls, assess);
	STRUCT(pst_pad_finding);
	FIELD(pst_pad_finding, answer);
	FIELD(pst_pad_finding, score);
	FIELD(pst_pad_finding, reason);
	STRUCT(pst_pad_result);
	FIELD(pst_pad_result, impersonation);
	FIELD(pst_pad_result, evasion);
	STRUCT(pst_pad_calls);
	FIELD(pst_pad_calls, size);
	FIELD(pst_pad_calls, reserved);
	FIELD(pst_pad_calls, judge);
}

static void print_values(void)
{
	VALUE(PST_ABI_MAJOR);
	VALUE(PST_ABI_MINOR);
	VALUE(PST_FACES_MAX);
	VALUE(PST_TEMPLATE_MAX);
	VALUE(PST_CANDIDATES_MAX);
	VALUE(PST_PROBES_MAX);
	VALUE(PST_MEASURES_MAX);
	VALUE(PST_PAD_REASON_SIZE);
	VALUE(PST_PLUGIN_UNSET);
	VALUE(PST_PLUGIN_DETECTOR);
	VALUE(PST_PLUGIN_EXTRACTOR);
	VALUE(PST_PLUGIN_MATCHER);
	VALUE(PST_PLUGIN_QUALITY);
	VALUE(PST_PLUGIN_PAD);
	VALUE(PST_LOG_UNSET);
	VALUE(PST_LOG_ERROR);
	VALUE(PST_LOG_WARNING);
	VALUE(PST_LOG_INFO);
	VALUE(PST_LOG_DEBUG);
	VALUE(PST_PIXELS_UNSET);
	VALUE(PST_PIXELS_GREY8);
	VALUE(PST_PIXELS_RGB24);
	VALUE(PST_PIXELS_BGR24);
	VALUE(PST_LANDMARK_EYE_LEFT);
	VALUE(PST_LANDMARK_EYE_RIGHT);
	VALUE(PST_LANDMARK_NOSE);
	VALUE(PST_LANDMARK_MOUTH_LEFT);
	VALUE(PST_LANDMARK_MOUTH_RIGHT);
	VALUE(PST_LANDMARK_COUNT);
	VALUE(PST_ROLE_UNSET);
	VALUE(PST_ROLE_ENROL);
	VALUE(PST_ROLE_PROBE);
	VALUE(PST_PAD_UNSET);
	VALUE(PST_PAD_PASS);
	VALUE(PST_PAD_FAIL);
	VALUE(PST_PAD_UNCERTAIN);
	VALUE(PST_MEASURE_UNSET);
#define MEASURE(name, number, text) VALUE(name);
	PST_MEASURE_MAP(MEASURE)
#undef MEASURE
	VALUE(PST_OK);
#define STATUS(name, value, text) VALUE(name);
	PST_STATUS_MAP(STATUS)
#undef STATUS
}

int main(void)
{
	print_entry();
	print_pictures();
	print_kinds();
	print_values();
	return 0;
}
