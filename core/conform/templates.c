/* SPDX-License-Identifier: Apache-2.0 */
#include "conform/templates.h"

#include <string.h>

#include "conform/watch.h"
#include "postern/matcher.h"

/* As manifests number them. */
enum { FLOAT32 = 1, UINT8 = 2, UINT16 = 3 };

static const uint32_t dimensions[] = {128, 512, 64, 256, 1024, 32, 192, 96, 100, 160, 200, 384, 768,
	2048, 4096, 16, 8, 4, 2, 1, 8192, 6608};

static uint64_t mix(uint64_t key)
{
	key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9ULL;
	key = (key ^ (key >> 27)) * 0x94d049bb133111ebULL;
	return key ^ (key >> 31);
}

void pst_template_make(const struct pst_template_shape *shape, uint64_t number, uint8_t *ret_bytes)
{
	for (uint32_t i = 0; i < shape->dimension; i++) {
		uint64_t chance = mix((number + 1) * 0x9e3779b97f4a7c15ULL + i);
		/* The sum of four even chances is bell-shaped enough. */
		float value = ((float)(chance & 0xffff) + (float)(chance >> 16 & 0xffff) +
				      (float)(chance >> 32 & 0xffff) + (float)(chance >> 48)) /
				      65536.0F -
			      2;
		uint16_t whole = (uint16_t)chance;

		if (shape->element == 4) {
			memcpy(ret_bytes + (size_t)i * 4, &value, 4);
		} else {
			memcpy(ret_bytes + (size_t)i * shape->element, &whole, shape->element);
		}
	}
}

static bool is_taken(struct pst_trial *trial, const struct pst_template_shape *shape)
{
	const struct pst_matcher *calls = trial->entry->calls;
	static uint8_t bytes[PST_TEMPLATE_MAX];
	bool taken;

	if (pst_template_size(shape) > PST_TEMPLATE_MAX) {
		return false;
	}
	pst_template_make(shape, 1, bytes);
	pst_watch_enter(PST_WATCH_FRAME);
	taken = calls->add(trial->self, 1, bytes, pst_template_size(shape)) == 0;
	if (taken) {
		(void)calls->remove(trial->self, 1);
	}
	pst_watch_leave();
	return taken;
}

bool pst_template_find(
	struct pst_trial *trial, uint32_t types, struct pst_template_shape *ret_shape)
{
	static const struct {
		uint32_t type;
		uint32_t element;
	} elements[] = {{FLOAT32, 4}, {UINT8, 1}, {UINT16, 2}};

	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
		for (size_t k = 0; (types & (1U << elements[i].type)) != 0 &&
				   k < sizeof(dimensions) / sizeof(dimensions[0]);
			k++) {
			*ret_shape = (struct pst_template_shape){
				elements[i].element, dimensions[k]};
			if (is_taken(trial, ret_shape)) {
				return true;
			}
		}
	}
	*ret_shape = (struct pst_template_shape){0};
	return false;
}
