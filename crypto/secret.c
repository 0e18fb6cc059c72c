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
}

int pst_secret_compare(const void *a, const void *b, size_t size)
{
	return sodium_memcmp(a, b, size);
}
