/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/secret.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <sodium.h>

/* sodium_malloc() puts the end of the memory at a page's end: a size that is no multiple of this
 * would leave the start unaligned for a struct. */
#define ALIGNMENT 16u

/* A child that forks gets zeroes instead of keys. */
static int wipe_on_fork(void *secret, size_t size)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = (uintptr_t)secret & ~(page - 1);
	uintptr_t end = ((uintptr_t)secret + size + page - 1) & ~(page - 1);

	return madvise((void *)start, end - start, MADV_WIPEONFORK);
}

int pst_secret_alloc(size_t size, void **ret)
{
	*ret = NULL;
	if (size == 0 || size > SIZE_MAX - ALIGNMENT || sodium_init() < 0) {
		return -ENOMEM;
	}
	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	void *secret = sodium_malloc(size);
	if (!secret) {
		return -ENOMEM;
	}
	if (sodium_mlock(secret, size) != 0 || wipe_on_fork(secret, size) != 0) {
		sodium_free(secret);
		return -ENOMEM;
	}
	sodium_memzero(secret, size);
	*ret = secret;
	return 0;
}

void pst_secret_free(void **secret)
{
	sodium_free(*secret);
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

void pst_secret_wipe(void *data, size_t size)
{
	sodium_memzero(data, size);
	pst_secret_clear_registers();
}

int pst_secret_compare(const void *a, const void *b, size_t size)
{
	return sodium_memcmp(a, b, size);
}
