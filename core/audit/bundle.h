/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_AUDIT_BUNDLE_H
#define PST_AUDIT_BUNDLE_H

#include "audit/entry.h"

/*
 * A bundle: entries of a log, byte for byte, with what it takes to verify them elsewhere. Little
 * endian:
 *
 *      0  magic 8, version 4, zero 4
 *     16  sequence of the first entry 8, how many 8, bytes of them 8, bytes of the head line 4,
 *         bytes of the log's header 4
 *     48  hash before the first entry 32
 *     80  of the MAC key in force before the first entry: epoch 4, zero 4, the epoch's first
 *         sequence 8, commitment 32 (zeroes: none)
 *    128  the log's header, the head line as in audit.head (none, where the bundle ends before it),
 *         the entries
 *
 * Nothing of the first 128 bytes is signed; a checkpoint in the bundle signs what they say.
 */
#define PST_AUDIT_BUNDLE_FIXED 128
#define PST_AUDIT_BUNDLE_START_MAX                                                                 \
	(PST_AUDIT_BUNDLE_FIXED + PST_AUDIT_HEADER_SIZE + PST_AUDIT_HEAD_LINE_MAX)
#define PST_AUDIT_HEAD_LINE_MAX 319

/** What stands in front of a bundle's entries. */
struct pst_audit_bundle {
	uint64_t first; /* sequence, from 1 */
	uint64_t count;
	uint64_t bytes;
	uint8_t before[PST_CHAIN_SIZE];
	uint32_t epoch;
	uint64_t epoch_first;
	uint8_t commitment[PST_MAC_COMMITMENT_SIZE];
	struct pst_audit_header header;
	char head[PST_AUDIT_HEAD_LINE_MAX + 1]; /* "" : none */
};

/** @return how many bytes */
size_t pst_audit_bundle_encode(
	const struct pst_audit_bundle *bundle, uint8_t ret_bytes[PST_AUDIT_BUNDLE_START_MAX]);

/** @return how many bytes stand before the entries, or PST_E_FORMAT */
int pst_audit_bundle_decode(
	const uint8_t *bytes, size_t size, struct pst_audit_bundle *ret_bundle) PST_MUST_CHECK;

/** @return whether bytes begin as a bundle does */
bool pst_audit_is_bundle(const uint8_t *bytes, size_t size);

#endif
