/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_RANDOM_H
#define PST_CRYPTO_RANDOM_H

#include <stddef.h>

/** Fills a buffer from the kernel's generator: identifiers, never keys (those are secret.h's). */
void pst_random_bytes(void *data, size_t size);

#endif
