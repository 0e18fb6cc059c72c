/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CLI_SETUP_H
#define PST_CLI_SETUP_H

#include "cli/bulletin.h"
#include "cli/key.h"
#include "control/server.h"
#include "pipeline/lane.h"

/** A plugin that is not the best, and why. Texts but the last are borrowed from the setup. */
struct pst_setup_fallback {
	const char *what; /* kind of the plugin */
	const char *wanted;
	const char *used;
	char why[512];
};

#define PST_SETUP_FALLBACKS_MAX 5 /* one for each kind of plugin */

/** Everything a lane borrows, opened from its configuration: the one place that names devices. */
struct pst_setup {
	struct pst_lane_config config;
	struct pst_cli_key key;
	struct pst_policy *policy;
	uint8_t policy_digest[32];
	struct pst_scenario scenario;
	const char **rules; /* NULL-terminated, for the scenario's names */
	struct pst_catalog *catalog;
	const struct pst_plugin *detector;
	const struct pst_plugin *quality;
	const struct pst_plugin *pad; /* NULL: the lane looks for no attacks */
	const struct pst_plugin *extractor;
	const struct pst_plugin *matcher;
	struct pst_setup_fallback fallback[PST_SETUP_FALLBACKS_MAX];
	size_t fallbacks;

	bool records; /* set by the caller: no plugins, and the key need not be a vault's */
	bool sealed;  /* the source was opened with the key */
	struct pst_device *device; /* may be set by the caller before pst_setup_open; owned */
	char state[PST_LANE_PATH_SIZE];
	char receipts[PST_LANE_PATH_SIZE];
	struct pst_vault *vault;
	struct pst_key_source vault_key;  /* that opened it; what it names is borrowed from key */
	struct pst_cli_bulletin bulletin; /* in place of a vault */
	struct pst_sign_key *lane_key;	  /* signs where there is no vault */
	const struct pst_sign_key *signer;
	struct pst_audit *audit;
	struct pst_events *events;
	struct pst_control *control; /* NULL: the lane has no control socket */
};

/** Options that every command with a lane takes, as entries of a getopt_long table. */
enum pst_setup_option {
	PST_SETUP_SET = 1000,
	PST_SETUP_SANDBOX,
	PST_SETUP_SOURCE,
	PST_SETUP_POLICY,
	PST_SETUP_STATE,
	PST_SETUP_GALLERY,
	PST_SETUP_DETECTOR,
	PST_SETUP_EXTRACTOR,
	PST_SETUP_MATCHER,
	PST_SETUP_QUALITY,
	PST_SETUP_PAD,
	PST_SETUP_CHOICES,
	PST_SETUP_OPERATOR,
	PST_SETUP_BULLETIN,
};

#define PST_SETUP_OPTIONS                                                                          \
	PST_CLI_KEY_OPTIONS("", PST_CLI_KEY), {"set", required_argument, NULL, PST_SETUP_SET},     \
		{"sandbox", required_argument, NULL, PST_SETUP_SANDBOX},                           \
		{"policy", required_argument, NULL, PST_SETUP_POLICY},                             \
		{"state", required_argument, NULL, PST_SETUP_STATE},                               \
		{"gallery", required_argument, NULL, PST_SETUP_GALLERY},                           \
		{"detector", required_argument, NULL, PST_SETUP_DETECTOR},                         \
		{"extractor", required_argument, NULL, PST_SETUP_EXTRACTOR},                       \
		{"quality", required_argument, NULL, PST_SETUP_QUALITY},                           \
		{"pad", required_argument, NULL, PST_SETUP_PAD},                                   \
		{"choices", required_argument, NULL, PST_SETUP_CHOICES},                           \
		{"operator", required_argument, NULL, PST_SETUP_OPERATOR},                         \
		{"bulletin", required_argument, NULL, PST_SETUP_BULLETIN},                         \
	{                                                                                          \
		"matcher", required_argument, NULL, PST_SETUP_MATCHER                              \
	}

/**
 * Takes one of those options, those that name a key among them.
 *
 * @param value  optarg; borrowed while the setup lives
 * @return 0; PST_E_USAGE or PST_E_CONFIG with the error filled
 */
int pst_setup_take(
	struct pst_setup *setup, int option, char *value, struct pst_error *error) PST_MUST_CHECK;

/** Takes the key that the lane's file names, where no option names one. */
void pst_setup_use_key(struct pst_setup *setup);

/** Fills in the defaults. */
void pst_setup_init(struct pst_setup *setup);

/**
 * Opens all that the configuration names, in an order in which what can be wrong is found before
 * anything is written.
 *
 * @param scenario  path, or NULL: nobody steps up
 * @return 0, or the status of what failed with the error filled
 */
int pst_setup_open(
	struct pst_setup *setup, const char *scenario, struct pst_error *error) PST_MUST_CHECK;

/**
 * Opens no more than the audit log of a state directory where a lane has run, for appending: state
 * and signer are set. Makes nothing.
 *
 * @return 0; PST_E_NOT_FOUND no lane has run there; PST_E_VAULT the vault's key is needed to sign;
 *         PST_E_UNSAFE a lane is running, or the log does not verify; with the error filled
 */
int pst_setup_open_log(struct pst_setup *setup, struct pst_error *error) PST_MUST_CHECK;

/** Prints on stderr what somebody should know before the first traveler. */
void pst_setup_notices(const struct pst_setup *setup, const char *command);

/** The lane's spec, borrowing from the setup; the caller adds closed and user. */
struct pst_lane_spec pst_setup_spec(struct pst_setup *setup);

/** Closes everything. @return 0, or why the audit log's last checkpoint could not be written */
int pst_setup_finish(struct pst_setup *setup);

#endif
