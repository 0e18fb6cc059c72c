/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_SECRET_H
#define PST_CRYPTO_SECRET_H

#include <stddef.h>
#include <stdint.h>

#define PST_SECRET_MUST_CHECK __attribute__((warn_unused_result))

#define PST_SECRET_ALIGNMENT 16
#define PST_SECRET_OVERHEAD 48 /* bytes of locked memory beside each secret */

/**
 * Memory for keys: locked against swap, left out of core dumps, wiped in a forked child.
 *
 * Keys and opened templates have a range of memory each, with a guard page before and behind it,
 * that grows in steps (64 KiB of keys, 256 KiB of templates) and does not shrink. A step that the
 * kernel does not lock is a failure, unlike in libsodium's allocator, which goes on with memory
 * that can be swapped. A secret costs its size rounded up to 16 bytes, and 48 more: 50 000 keys of
 * 32 bytes take 3.9 MiB, half of the usual limit of 8 MiB (ulimit -l). There is room for 64 MiB of
 * keys and 256 MiB of templates. Any thread.
 *
 * @param size  bytes, 1 or more
 * @param ret   zeroed memory, aligned to 16; the caller frees it with pst_secret_free()
 * @return 0
 *         -ENOMEM  no memory, or the memory cannot be locked (RLIMIT_MEMLOCK)
 */
int pst_secret_alloc(size_t size, void **ret) PST_SECRET_MUST_CHECK;

/** The same for an opened template. */
int pst_secret_alloc_template(size_t size, void **ret) PST_SECRET_MUST_CHECK;

/**
 * Wipes, frees and nulls. Accepts NULL, and memory that was a parent's before a fork.
 *
 * Freed twice, or written beyond its bounds: a line on stderr, and the program is aborted.
 */
void pst_secret_free(void **secret);

/** How many secrets there are, and how much memory is locked for them, in bytes. */
struct pst_secret_usage {
	size_t keys;
	size_t keys_locked;
	size_t templates;
	size_t templates_locked;
};

/** For tests: read while no other thread takes or frees secrets. */
struct pst_secret_usage pst_secret_usage(void);

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
