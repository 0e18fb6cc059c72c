/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_SECRET_H
#define PST_CRYPTO_SECRET_H

#include <stddef.h>
#include <stdint.h>

#define PST_SECRET_MUST_CHECK __attribute__((warn_unused_result))

/**
 * Memory for keys and opened templates: locked against swap, left out of core dumps, wiped in a
 * forked child, between guard pages.
 *
 * Unlike libsodium's allocator alone, a lock that the kernel refuses is a failure. Each one costs
 * whole pages; many small secrets belong into one allocation.
 *
 * @param size  bytes, 1 or more
 * @param ret   zeroed memory; the caller frees it with pst_secret_free()
 * @return 0
 *         -ENOMEM  no memory, or the memory cannot be locked (RLIMIT_MEMLOCK)
 */
int pst_secret_alloc(size_t size, void **ret) PST_SECRET_MUST_CHECK;

/** Wipes, frees and nulls. Accepts NULL. */
void pst_secret_free(void **secret);

/**
 * Clears the processor's vector registers: ciphers and copies leave parts of a secret in them, and
 * a core dump holds registers. On x86-64; elsewhere it does nothing.
 */
void pst_secret_clear_registers(void);

/** Overwrites memory in a way the compiler does not drop, and clears the vector registers. */
void pst_secret_wipe(void *data, size_t size);

/** Compares without a time that depends on where the difference is. @return 0 when equal */
int pst_secret_compare(const void *a, const void *b, size_t size) PST_SECRET_MUST_CHECK;

#endif
