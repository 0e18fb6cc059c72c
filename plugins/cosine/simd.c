/* SPDX-License-Identifier: Apache-2.0 */
#include "simd.h"

#include <string.h>

const struct simd *const simd_paths[] = {
#if defined(__x86_64__)
	&simd_avx512_vnni,
	&simd_avx512,
	&simd_avx2,
#elif defined(__aarch64__)
	&simd_neon_dotprod,
	&simd_neon,
#endif
	&simd_portable,
	NULL,
};

const struct simd *simd_choose(const char *name)
{
	for (const struct simd *const *path = simd_paths; *path; path++) {
		bool is_wanted = strcmp(name, "auto") == 0 || strcmp(name, (*path)->name) == 0;

		if (is_wanted && (*path)->is_here()) {
			return *path;
		}
	}
	return NULL;
}
