/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_AUDIT_H
#define PST_CLI_AUDIT_H

#include <stdbool.h>

/**
 * Recomputes the account of frames of a log that verifies, and prints it.
 *
 * @param state  the state directory
 * @return an enum pst_exit: NO the account does not hold
 */
int pst_cli_audit_ledger(const char *state, bool json);

#endif
