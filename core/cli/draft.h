/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_DRAFT_H
#define PST_CLI_DRAFT_H

#include "cli/key.h"
#include "crypto/digest.h"
#include "crypto/stream.h"
#include "devices/bytes.h"

/**
 * A new file in the making, sealed or plain: it stands beside its place under another name (mode
 * 0600) until it is whole, and never takes the place of a file that is there.
 */
struct pst_cli_draft {
	const char *path; /* where it will be; borrowed */
	char temp[4096];  /* where it is; "": nothing is there */
	int fd;
	struct pst_stream_writer *sealed; /* NULL: plain */
	struct pst_error error;		  /* of the first write that failed; status 0: none */
};

#define PST_CLI_DRAFT_INIT ((struct pst_cli_draft){.fd = -1})

/**
 * Begins the file.
 *
 * @param path  borrowed until discard
 * @param key   NULL: plain
 * @return 0; -EEXIST there is one already; -errno; PST_E_VAULT, PST_E_USAGE the key; error filled
 */
int pst_cli_draft_open(struct pst_cli_draft *draft, const char *path, struct pst_cli_key *key,
	struct pst_error *error) PST_MUST_CHECK;

/** @return where the file's bytes are to be written; borrows the draft */
struct pst_output pst_cli_draft_output(struct pst_cli_draft *draft);

/**
 * Ends the file, durably; it still stands beside its place.
 *
 * @param ret_digest  SHA-256 of it, as it lies on the disk
 * @return 0; -errno of this or of an earlier write, error filled: discard it
 */
int pst_cli_draft_finish(struct pst_cli_draft *draft, uint8_t ret_digest[PST_DIGEST_SIZE],
	struct pst_error *error) PST_MUST_CHECK;

/** Puts the finished file in its place. @return 0; -EEXIST, -errno with the error filled */
int pst_cli_draft_place(struct pst_cli_draft *draft, struct pst_error *error) PST_MUST_CHECK;

/** Removes what is not in its place, closes. Accepts a fresh one, and one that was published. */
void pst_cli_draft_discard(struct pst_cli_draft *draft);

#endif
