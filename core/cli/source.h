/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_SOURCE_H
#define PST_CLI_SOURCE_H

#include "cli/key.h"
#include "devices/device.h"

/**
 * Opens a source: v4l2:, synth:, file: or a plain path. A file may be a recording, a trace, or
 * either of them sealed.
 *
 * @param key         opens what is sealed; NULL: nothing sealed is opened
 * @param ret_sealed  whether the key was used; may be NULL
 * @return 0; PST_E_CONFIG the URI; PST_E_DEVICE; PST_E_VAULT it is sealed, and no key or another
 *         one was given; PST_E_NOT_IMPLEMENTED not in this build; error filled
 */
int pst_cli_source_open(struct pst_device **ret_device, const char *uri, enum pst_pace pace,
	struct pst_cli_key *key, bool *ret_sealed, struct pst_error *error) PST_MUST_CHECK;

#endif
