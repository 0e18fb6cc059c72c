/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOSTILE_BASE_H
#define HOSTILE_BASE_H

/*
 * A correct plugin of each kind. Every file of plugins/ is one of them with one thing put wrong: a
 * call that does more than it should, or a field of the entry. HOSTILE_ID is its file's name.
 */
#include <stdbool.h>
#include <stdint.h>

#include "postern/detector.h"
#include "postern/extractor.h"
#include "postern/matcher.h"
#include "postern/pad.h"
#include "postern/quality.h"

#define BASE_DIMENSION 64 /* of its templates, float32; the matcher takes any */

struct base_entry {
	uint64_t key;
	float *vector; /* owned; at length 1 */
};

struct base {
	const struct pst_host *host;
	int64_t marked;	      /* option: it behaves but for pictures of grey squares */
	uint32_t calls;	      /* for those that count them */
	struct pst_face last; /* for those that remember */
	float kept[BASE_DIMENSION];

	struct base_entry *entry; /* the gallery, owned */
	uint32_t count;
	uint32_t dimension; /* of the templates in it */
	bool sealed;
};

/** What hostile plugins go after: it lies where a test that looks for it puts it. */
struct base_prey {
	char file[512];	  /* a person's, to be read */
	char socket[108]; /* of somebody who listens */
	char out[512];	  /* nothing is there, it could be written */
	int port;	  /* of 127.0.0.1, TCP and UDP; somebody may listen */
};

/** By where the library lies: .../HOME/PORT/ID/ID.so. Calls no kernel. */
void base_find_prey(struct base_prey *prey);

/** @return whether the plugin is to misbehave now: the picture shows something, and see marked */
bool base_is_bad(const struct base *base, const struct pst_image *image);

/** Luma of a pixel, whatever the format. */
uint8_t base_luma(const struct pst_image *image, uint32_t x, uint32_t y);

int base_init(void *self, const struct pst_host *host);
void base_finish(void *self);
int base_detect(void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap);
int base_extract(void *self, const struct pst_image *image, const struct pst_face *face,
	uint32_t role, uint8_t *bytes, uint32_t cap);
int base_assess(void *self, const struct pst_image *image, const struct pst_face *face, float scale,
	struct pst_quality_component *components, uint32_t cap);
int base_judge(void *self, const struct pst_image *image, const struct pst_face *face,
	struct pst_pad_result *ret_result);
int base_add(void *self, uint64_t key, const uint8_t *bytes, uint32_t size);
int base_remove(void *self, uint64_t key);
int base_seal(void *self);
int base_verify(void *self, const uint8_t *probe, uint32_t size, uint64_t key, float *ret_score);
int base_search(void *self, const uint8_t *probe, uint32_t size, struct pst_candidate *candidates,
	uint32_t cap);

/* The entry; what follows the calls takes the place of a field. */
#define HOSTILE_ENTRY(KIND, CALLS, ...)                                                            \
	PST_EXPORT const struct pst_plugin_entry pst_plugin_entry = {                              \
		.size = sizeof(pst_plugin_entry),                                                  \
		.abi_major = PST_ABI_MAJOR,                                                        \
		.abi_minor = PST_ABI_MINOR,                                                        \
		.kind = KIND,                                                                      \
		.id = HOSTILE_ID,                                                                  \
		.version = "1.0.0",                                                                \
		.instance_size = sizeof(struct base),                                              \
		.init = base_init,                                                                 \
		.finish = base_finish,                                                             \
		.calls = CALLS,                                                                    \
		##__VA_ARGS__}

#define HOSTILE_DETECTOR(DETECT, ...)                                                              \
	static const struct pst_detector calls = {.size = sizeof(calls), .detect = (DETECT)};      \
	HOSTILE_ENTRY(PST_PLUGIN_DETECTOR, &calls, ##__VA_ARGS__)

#define HOSTILE_EXTRACTOR(EXTRACT, ...)                                                            \
	static const struct pst_extractor calls = {.size = sizeof(calls), .extract = (EXTRACT)};   \
	HOSTILE_ENTRY(PST_PLUGIN_EXTRACTOR, &calls, ##__VA_ARGS__)

#define HOSTILE_QUALITY(ASSESS, ...)                                                               \
	static const struct pst_quality_calls calls = {.size = sizeof(calls), .assess = (ASSESS)}; \
	HOSTILE_ENTRY(PST_PLUGIN_QUALITY, &calls, ##__VA_ARGS__)

#define HOSTILE_PAD(JUDGE, ...)                                                                    \
	static const struct pst_pad_calls calls = {.size = sizeof(calls), .judge = (JUDGE)};       \
	HOSTILE_ENTRY(PST_PLUGIN_PAD, &calls, ##__VA_ARGS__)

/* What is given takes the place of a call. */
#define HOSTILE_MATCHER(...)                                                                       \
	static const struct pst_matcher calls = {.size = sizeof(calls),                            \
		.add = base_add,                                                                   \
		.remove = base_remove,                                                             \
		.seal = base_seal,                                                                 \
		.verify = base_verify,                                                             \
		.search = base_search,                                                             \
		##__VA_ARGS__};                                                                    \
	HOSTILE_ENTRY(PST_PLUGIN_MATCHER, &calls)

/* A detector that does something before it does its work. */
#define HOSTILE_AT_FRAME(ACT)                                                                      \
	static int detect(                                                                         \
		void *self, const struct pst_image *image, struct pst_face *faces, uint32_t cap)   \
	{                                                                                          \
		if (base_is_bad(self, image)) {                                                    \
			ACT(self);                                                                 \
		}                                                                                  \
		return base_detect(self, image, faces, cap);                                       \
	}                                                                                          \
	HOSTILE_DETECTOR(detect)

/* A detector that does something when it is made ready. */
#define HOSTILE_AT_INIT(ACT)                                                                       \
	static int init(void *self, const struct pst_host *host)                                   \
	{                                                                                          \
		ACT(self);                                                                         \
		return base_init(self, host);                                                      \
	}                                                                                          \
	HOSTILE_DETECTOR(base_detect, .init = init)

#endif
