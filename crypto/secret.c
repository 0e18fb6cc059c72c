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

void pst_secret_wipe(void *data, size_t size)
{
	sodium_memzero(data, size);
}

int pst_secret_compare(const void *a, const void *b, size_t size)
{
	return sodium_memcmp(a, b, size);
}
