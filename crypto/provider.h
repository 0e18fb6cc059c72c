/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CRYPTO_PROVIDER_H
#define PST_CRYPTO_PROVIDER_H

#include <stddef.h>
#include <stdint.h>

/*
 * A provider keeps a key where no program can read it (a PKCS#11 token, a TPM) and wraps and
 * unwraps under it. What it is given is 32 random bytes that stand for one slot of one keyring; the
 * root is wrapped under these, by the keyring. A provider never sees the root, a record or a
 * template, and what it answers is checked: a wrong answer opens nothing.
 *
 *   token key  --unwraps the slot's blob-->  slot secret  --unwraps the slot-->  root
 *
 * The wrap must be authenticated (AES-GCM, or AES key wrap) under a key that only the holder of the
 * token can use. One that anybody can make with a public key (RSA-OAEP) is not enough: who can
 * write the keyring file could slip in a root of his own.
 */

#define PST_PROVIDER_SECRET_SIZE 32 /* bytes */
#define PST_PROVIDER_BLOB_MAX 208   /* bytes of a wrapped secret and of what names its key */
#define PST_PROVIDER_NAME_SIZE 32   /* bytes with the NUL */

struct pst_provider {
	const char *name; /* an id, stored in the slot: "pkcs11" */

	/**
	 * Wraps a slot's secret under the key that the caller has chosen.
	 *
	 * @param secret      locked memory, borrowed
	 * @param bound       what the wrap is bound to (associated data), 32 bytes
	 * @param ret_blob    room for PST_PROVIDER_BLOB_MAX bytes: all that unwrap needs to find
	 *                    the key again; no secret
	 * @param ret_reason  on failure a sentence that lives as long as the provider
	 * @return size of the blob; PST_E_NOT_FOUND no such token or key; PST_E_VAULT the token
	 *         refused (PIN); -errno
	 * [control]
	 */
	int (*wrap)(void *user, const uint8_t *secret, const uint8_t *bound, uint8_t *ret_blob,
		const char **ret_reason);

	/**
	 * Unwraps it again.
	 *
	 * @param ret_secret  locked memory, PST_PROVIDER_SECRET_SIZE bytes
	 * @return 0; PST_E_NOT_FOUND the token or its key is not there; PST_E_VAULT refused (PIN,
	 *         or not this key's); -errno
	 * [control]
	 */
	int (*unwrap)(void *user, const uint8_t *blob, size_t size, const uint8_t *bound,
		uint8_t *ret_secret, const char **ret_reason);

	void *user;
};

#endif
