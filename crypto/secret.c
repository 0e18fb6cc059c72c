/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "crypto/arena.h"

static struct arena keys = ARENA(64u << 20, 64u << 10);
static struct arena templates = ARENA(256u << 20, 256u << 10);

static int take(struct arena *arena, size_t size, void **ret)
{
	*ret = sodium_init() < 0 ? NULL : arena_take(arena, size);
	return *ret ? 0 : -ENOMEM;
}

int pst_secret_alloc(size_t size, void **ret)
{
	return take(&keys, size, ret);
}

int pst_secret_alloc_template(size_t size, void **ret)
{
	return take(&templates, size, ret);
}

void pst_secret_free(void **secret)
{
	static const char stray[] = "postern: memory was freed as a secret that is none\n";

	if (*secret) {
		struct arena *arena = arena_has(&keys, *secret)	       ? &keys
				      : arena_has(&templates, *secret) ? &templates
								       : NULL;
		if (!arena) {
			(void)!write(STDERR_FILENO, stray, strlen(stray));
			abort();
		}
		arena_give(arena, *secret);
	}
	*secret = NULL;
}

#if defined(__x86_64__)
__attribute__((noinline, target("avx512f"))) static void clear_upper_half(void)
{
	__asm__ volatile("vpxorq %%zmm16, %%zmm16, %%zmm16\n vpxorq %%zmm17, %%zmm17, %%zmm17\n"
			 "vpxorq %%zmm18, %%zmm18, %%zmm18\n vpxorq %%zmm19, %%zmm19, %%zmm19\n"
			 "vpxorq %%zmm20, %%zmm20, %%zmm20\n vpxorq %%zmm21, %%zmm21, %%zmm21\n"
			 "vpxorq %%zmm22, %%zmm22, %%zmm22\n vpxorq %%zmm23, %%zmm23, %%zmm23\n"
			 "vpxorq %%zmm24, %%zmm24, %%zmm24\n vpxorq %%zmm25, %%zmm25, %%zmm25\n"
			 "vpxorq %%zmm26, %%zmm26, %%zmm26\n vpxorq %%zmm27, %%zmm27, %%zmm27\n"
			 "vpxorq %%zmm28, %%zmm28, %%zmm28\n vpxorq %%zmm29, %%zmm29, %%zmm29\n"
			 "vpxorq %%zmm30, %%zmm30, %%zmm30\n vpxorq %%zmm31, %%zmm31, %%zmm31\n"
			 :
			 :
			 : "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23",
			 "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31");
}

#define LOWER_HALF                                                                                 \
	"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",   \
		"xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

void pst_secret_clear_registers(void)
{
	if (__builtin_cpu_supports("avx512f")) {
		clear_upper_half();
	}
	if (__builtin_cpu_supports("avx")) {
		__asm__ volatile("vzeroall" : : : LOWER_HALF);
		return;
	}
	__asm__ volatile("pxor %%xmm0, %%xmm0\n pxor %%xmm1, %%xmm1\n pxor %%xmm2, %%xmm2\n"
			 "pxor %%xmm3, %%xmm3\n pxor %%xmm4, %%xmm4\n pxor %%xmm5, %%xmm5\n"
			 "pxor %%xmm6, %%xmm6\n pxor %%xmm7, %%xmm7\n pxor %%xmm8, %%xmm8\n"
			 "pxor %%xmm9, %%xmm9\n pxor %%xmm10, %%xmm10\n pxor %%xmm11, %%xmm11\n"
			 "pxor %%xmm12, %%xmm12\n pxor %%xmm13, %%xmm13\n pxor %%xmm14, %%xmm14\n"
			 "pxor %%xmm15, %%xmm15\n"
			 :
			 :
			 : LOWER_HALF);
}
#else
void pst_secret_clear_registers(void)
{
}
#endif

struct pst_secret_usage pst_secret_usage(void)
{
	return (struct pst_secret_usage){.keys = keys.live,
		.keys_locked = keys.usable,
		.templates = templates.live,
		.templates_locked = templates.usable};
}

void pst_secret_wipe(void *data, size_t size)
{
	sodium_memzero(data, size);
	pst_secret_clear_registers();
}

int pst_secret_compare(const void *a, const void *b, size_t size)
{
	return sodium_memcmp(a, b, size);
}
