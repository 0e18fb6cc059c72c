/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_BULLETIN_H
#define PST_CLI_BULLETIN_H

#include "config/lane.h"
#include "vault/inbox.h"

#define PST_CLI_VAULT_PUBLIC "vault.pub" /* of a lane's state directory: whom it seals for */

/** A lane's bulletin and inbox. Zeroed is a valid closed one. */
struct pst_cli_bulletin {
	struct pst_bulletin bulletin;
	struct pst_inbox *inbox; /* NULL: the lane has none */
};

/**
 * Opens the bulletin that a lane's configuration names, and the inbox of its state directory.
 *
 * The first bulletin's vault is noted in PST_CLI_VAULT_PUBLIC; one of another vault is refused
 * from then on. A bulletin past its time is no error: nothing is kept, and the lane refers.
 *
 * @param signer        the lane's key; borrowed while it is open
 * @param ret_bulletin  not moved while the inbox is open
 * @return 0; PST_E_CONFIG the configuration does not fit; PST_E_UNSAFE another vault's, another
 *         lane's, damaged; -errno
 */
int pst_cli_bulletin_open(struct pst_cli_bulletin *ret_bulletin,
	const struct pst_lane_config *config, const char *state, const struct pst_sign_key *signer,
	struct pst_error *error) PST_MUST_CHECK;

/** Prints on stderr when the bulletin has ended, or will within three days. */
void pst_cli_bulletin_notice(const struct pst_cli_bulletin *bulletin, const char *command);

void pst_cli_bulletin_close(struct pst_cli_bulletin *bulletin);

#endif
