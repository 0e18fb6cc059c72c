/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONFIG_LANE_IMPL_H
#define PST_CONFIG_LANE_IMPL_H

#include "config/lane.h"

/* What lane.c and lane_keys.c share; nobody else includes this. */

#define LANE_MESSAGE_SIZE 384

/** One key of a lane file, what may stand there and where it goes. */
struct lane_key;

/** Every key that holds a single value, in the order of the file; ended by one without a name. */
const struct lane_key *lane_keys(void);
const struct lane_key *lane_key_next(const struct lane_key *key);
const struct lane_key *lane_key_find(const char *name);

/** @return "source.uri", ...; NULL for the end of the list */
const char *lane_key_name(const struct lane_key *key);

/** @return the default as a file would give it, or NULL: none */
const char *lane_key_default(const struct lane_key *key);

/**
 * Reads a value and puts it into the config.
 *
 * @param folder   what relative paths are taken from; NULL or "": they stay as they are
 * @param message  on refusal says why and what would be right, without naming the key
 * @return 0 or -EINVAL; then the config is unchanged
 */
int lane_key_set(const struct lane_key *key, struct pst_lane_config *config, const char *value,
	const char *folder, char message[LANE_MESSAGE_SIZE]) PST_MUST_CHECK;

/** As pst_lane_config_set_option, with the message alone. @return 0 or -EINVAL */
int lane_option_set(struct pst_lane_config *config, const char *plugin, const char *name,
	const char *value, char message[LANE_MESSAGE_SIZE]) PST_MUST_CHECK;

#endif
