/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONSOLE_TLS_H
#define PST_CONSOLE_TLS_H

#include <stddef.h>

#include "base/error.h"

/* TLS 1.2 and 1.3, with forward secrecy and authenticated ciphers. */
#define PST_TLS_PRIORITIES                                                                         \
	"SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-CIPHER-ALL:+AES-256-GCM:"             \
	"+AES-128-GCM:+CHACHA20-POLY1305"

/** A certificate and its key, as text in PEM. All NULL: none. */
struct pst_tls {
	char *cert;
	char *key;
	size_t key_size;
};

/**
 * Reads both files.
 *
 * @return 0; PST_E_UNSAFE others may read the key; -errno; with the error filled
 */
int pst_tls_load(struct pst_tls *ret_tls, const char *cert, const char *key,
	struct pst_error *error) PST_MUST_CHECK;

/** Wipes the key and frees. Accepts a zeroed one. */
void pst_tls_finish(struct pst_tls *tls);

#endif
