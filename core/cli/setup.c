/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/setup.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "cli/choices.h"
#include "cli/cli.h"
#include "cli/source.h"
#include "control/socket.h"
#include "pipeline/agree.h"

void pst_setup_init(struct pst_setup *setup)
{
	*setup = (struct pst_setup){.key = PST_CLI_KEY_INIT};
	pst_lane_config_init(&setup->config);
}

static int set_pair(struct pst_setup *setup, char *pair, struct pst_error *error)
{
	char *equals = strchr(pair, '=');

	if (!equals) {
		return pst_error_set(error, PST_E_USAGE, "--set needs KEY=VALUE, not '%s'", pair);
	}
	*equals = 0;
	int status = pst_lane_config_set(&setup->config, pair, equals + 1, error);
	*equals = '=';
	return status;
}

int pst_setup_take(struct pst_setup *setup, int option, char *value, struct pst_error *error)
{
	static const char *const keys[] = {"source.uri", "policy.file", "state", "match.gallery",
		"plugins.detector", "plugins.extractor", "plugins.matcher", "plugins.quality",
		"plugins.pad", "policy.choices", "policy.operator", "bulletin"};

	if (pst_cli_key_is_option(PST_CLI_KEY, option)) {
		return pst_cli_key_take(&setup->key, PST_CLI_KEY, option, value, error);
	}
	switch (option) {
	case PST_SETUP_SET:
		return set_pair(setup, value, error);
	case PST_SETUP_SANDBOX:
		return pst_lane_config_set(&setup->config, "sandbox", value, error);
	default:
		return pst_lane_config_set(
			&setup->config, keys[option - PST_SETUP_SOURCE], value, error);
	}
}

static int load_policy(const struct pst_setup *setup, struct pst_policy **ret_policy,
	uint8_t ret_digest[PST_POLICY_DIGEST_SIZE], struct pst_error *error)
{
	const struct pst_cli_policy_files files = {.policy = setup->config.policy,
		.choices = setup->config.choices,
		.operator_key = setup->config.operator_key};

	return pst_cli_policy_load(&files, PST_CLI_POLICY_DECIDES, ret_policy, ret_digest, error);
}

/* The port's time is the lane's; before anything here could start a thread. */
static int use_time_zone(const struct pst_lane_config *config, struct pst_error *error)
{
	if (config->time_zone != PST_LANE_TIME_ZONE_NAMED) {
		return 0;
	}
	int status = pst_clock_use_zone(config->time_zone_name);
	return status < 0 ? pst_error_set(error, status, "time zone: %s", pst_status_text(status))
			  : 0;
}

/* A value of the lane file that the policy does not know would refuse everybody; say so at once. */
static int check_value(const struct pst_setup *setup, const struct pst_policy *policy,
	enum pst_axis axis, const char *value, struct pst_error *error)
{
	const char *const *names = policy->values[axis];

	if (pst_text_index(names, value) >= 0) {
		return 0;
	}
	const char *nearest = pst_text_nearest(names, value);
	return pst_error_set(error, PST_E_CONFIG, "%s: the policy has no %s '%s'%s%s%s",
		setup->config.policy, pst_axis_names[axis], value,
		nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static int check_values(
	const struct pst_setup *setup, const struct pst_policy *policy, struct pst_error *error)
{
	const struct {
		enum pst_axis axis;
		const char *value;
	} values[] = {
		{PST_AXIS_DIRECTION, setup->config.direction},
		{PST_AXIS_ENVIRONMENT, setup->config.environment},
		{PST_AXIS_MODE, setup->config.mode},
		{PST_AXIS_PURPOSE, setup->config.purpose},
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		int status = check_value(setup, policy, values[i].axis, values[i].value, error);

		if (status < 0) {
			return status;
		}
	}
	return 0;
}

static int read_policy(void *user, struct pst_policy **ret_policy,
	uint8_t ret_digest[PST_POLICY_DIGEST_SIZE], struct pst_error *error)
{
	const struct pst_setup *setup = user;
	int status = load_policy(setup, ret_policy, ret_digest, error);

	if (status == 0) {
		status = check_values(setup, *ret_policy, error);
	}
	if (status < 0) {
		pst_policy_destroy(ret_policy);
	}
	return status;
}

static int load_scenario(struct pst_setup *setup, const char *path, struct pst_error *error)
{
	const struct pst_policy *policy = setup->policy;

	setup->rules = calloc(policy->rule_count + 1u, sizeof(*setup->rules));
	if (!setup->rules) {
		return pst_error_set(error, -ENOMEM, "out of memory");
	}
	for (uint16_t i = 0; i < policy->rule_count; i++) {
		setup->rules[i] = policy->rules[i].id;
	}
	const struct pst_scenario_names names = {
		.categories = policy->values[PST_AXIS_CATEGORY],
		.known_by = policy->values[PST_AXIS_KNOWN_BY],
		.age_bands = policy->values[PST_AXIS_AGE_BAND],
		.directions = policy->values[PST_AXIS_DIRECTION],
		.environments = policy->values[PST_AXIS_ENVIRONMENT],
		.outcomes = pst_outcome_names + 1,
		.verdicts = pst_verdict_names,
		.rules = setup->rules,
		.without_ages = !policy->ages,
	};
	return pst_scenario_load(&setup->scenario, path, &names, error);
}

/*
 * A plugin by its id, or without one the best usable of several that came with this postern; says
 * so when that is not the first. No other plugin runs without being named.
 */
static int choose(struct pst_setup *setup, enum pst_plugin_kind kind, const char *id,
	const char *const *ids, const struct pst_plugin **ret_plugin, struct pst_error *error)
{
	struct pst_error why = {0};

	if ((id[0] ? pst_catalog_find(setup->catalog, kind, id, ret_plugin, &why)
		   : pst_catalog_find_own(setup->catalog, kind, ids[0], ret_plugin, &why)) == 0) {
		return 0;
	}
	*ret_plugin = id[0] ? NULL : pst_catalog_prefer(setup->catalog, kind, ids);
	if (!*ret_plugin) {
		return pst_error_set(error, PST_E_CONFIG, "%s", why.text);
	}
	struct pst_setup_fallback *fallback = &setup->fallback[setup->fallbacks++];
	fallback->what = pst_plugin_kind_name(kind);
	fallback->wanted = ids[0];
	fallback->used = (*ret_plugin)->id;
	(void)snprintf(fallback->why, sizeof(fallback->why), "%s", why.text);
	return 0;
}

/* An option for a plugin that the lane does not run would be lost without a word. */
static int check_options(const struct pst_setup *setup, struct pst_error *error)
{
	const char *const ids[] = {setup->detector->id, setup->extractor->id, setup->matcher->id,
		setup->quality->id, setup->pad ? setup->pad->id : NULL, NULL};

	for (size_t i = 0; i < setup->config.option_count; i++) {
		const struct pst_lane_plugin_option *option = &setup->config.options[i];

		if (pst_text_index(ids, option->plugin) < 0) {
			return pst_error_set(error, PST_E_CONFIG,
				"plugins.options: %s of plugin '%s', but the lane runs %s, %s, "
				"%s%s%s "
				"and %s",
				option->name, option->plugin, ids[0], ids[1], ids[2],
				ids[4] ? ", " : "", ids[4] ? ids[4] : "", ids[3]);
		}
	}
	return 0;
}

static int choose_plugins(struct pst_setup *setup, struct pst_error *error)
{
	static const char *const detectors[] = {"yunet", "cascade", NULL};
	static const char *const extractors[] = {"arcface", "lbph", NULL};
	static const char *const matchers[] = {"cosine", NULL};
	static const char *const qualities[] = {"facequal", NULL};
	static const char *const pads[] = {"", NULL};
	const struct pst_lane_config *config = &setup->config;
	int status = pst_catalog_load(&setup->catalog, error);

	if (status == 0) {
		status = choose(setup, PST_PLUGIN_DETECTOR, config->detector, detectors,
			&setup->detector, error);
	}
	if (status == 0) {
		status = choose(setup, PST_PLUGIN_EXTRACTOR, config->extractor, extractors,
			&setup->extractor, error);
	}
	if (status == 0) {
		status = choose(setup, PST_PLUGIN_MATCHER, config->matcher, matchers,
			&setup->matcher, error);
	}
	if (status == 0) {
		status = choose(setup, PST_PLUGIN_QUALITY, config->quality, qualities,
			&setup->quality, error);
	}
	if (status == 0 && config->pad[0]) {
		status = choose(setup, PST_PLUGIN_PAD, config->pad, pads, &setup->pad, error);
	}
	if (status == 0) {
		status = pst_catalog_check_pair(setup->extractor, setup->matcher, error);
	}
	return status < 0 ? status : check_options(setup, error);
}

/* The key that signs a lane's log where no vault is opened. */
static int load_lane_key(struct pst_setup *setup, struct pst_error *error)
{
	int status = pst_cli_lane_key_open(setup->state, &setup->lane_key, error);

	setup->signer = setup->lane_key;
	return status;
}

/* No vault and no key of one is in such a lane: it only seals. */
static int open_bulletin(struct pst_setup *setup, struct pst_error *error)
{
	if (pst_cli_key_is_given(&setup->key)) {
		return pst_error_set(error, PST_E_CONFIG,
			"bulletin: a lane that seals for a vault elsewhere holds no key; leave "
			"key, --key and --passphrase out");
	}
	if (setup->records) {
		return pst_error_set(error, PST_E_CONFIG,
			"bulletin: what is recorded is no template; leave it out");
	}
	int status = load_lane_key(setup, error);
	return status < 0 ? status
			  : pst_cli_bulletin_open(&setup->bulletin, &setup->config, setup->state,
				    setup->lane_key, error);
}

/* The key may be for what is sealed alone: then there need be no vault. */
static int open_vault(struct pst_setup *setup, struct pst_error *error)
{
	struct pst_key_source *source = &setup->vault_key;

	if (setup->config.bulletin[0]) {
		return open_bulletin(setup, error);
	}
	if (!pst_cli_key_is_given(&setup->key)) {
		if (setup->config.gallery[0]) {
			return pst_error_set(error, PST_E_VAULT,
				"gallery '%s' needs the vault's key: --key FILE, --credential NAME "
				"or "
				"--passphrase",
				setup->config.gallery);
		}
		return load_lane_key(setup, error);
	}
	int status = pst_cli_key_source(&setup->key, /* twice= */ false, source, error);
	if (status == 0 && setup->config.vault_idle_ns > 0 &&
		source->kind == PST_KEY_SOURCE_PASSPHRASE) {
		status = pst_error_set(error, PST_E_CONFIG,
			"vault.idle needs a key file or a credential: a passphrase cannot be asked "
			"for again");
	}
	if (status == 0) {
		status = pst_vault_open_timed(&setup->vault, setup->state, source,
			&pst_vault_times_here, pst_clock_wall_s(), error);
	}
	if (status == PST_E_NOT_FOUND && (setup->sealed || setup->records) &&
		!setup->config.gallery[0]) {
		*error = (struct pst_error){0};
		return load_lane_key(setup, error);
	}
	if (status == PST_E_NOT_FOUND) {
		status = PST_E_VAULT;
		error->status = status;
	}
	setup->signer = status == 0 ? pst_vault_signer(setup->vault) : NULL;
	return status;
}

static int open_log(struct pst_setup *setup, struct pst_error *error)
{
	int status = open_vault(setup, error);

	if (status < 0) {
		return status;
	}
	status = pst_audit_open(&setup->audit, setup->state, setup->signer, error);
	if (status == 0 && setup->vault) {
		status = pst_agree(setup->vault, setup->audit, error);
	}
	if (status < 0) {
		error->status = PST_E_UNSAFE;
		return PST_E_UNSAFE;
	}
	return 0;
}

static bool stands(const struct pst_setup *setup, const char *name)
{
	char path[PST_LANE_PATH_SIZE + 16];

	return pst_text_path(path, sizeof(path), setup->state, name) == 0 &&
	       access(path, F_OK) == 0;
}

int pst_setup_open_log(struct pst_setup *setup, struct pst_error *error)
{
	int status = pst_cli_state_dir(setup->config.state[0] ? setup->config.state : NULL,
		setup->state, sizeof(setup->state), error);

	if (status == 0 && !stands(setup, PST_AUDIT_LOG)) {
		status = pst_error_set(error, PST_E_NOT_FOUND,
			"%s: no audit log; no lane has run there", setup->state);
	}
	if (status == 0 && !pst_cli_key_is_given(&setup->key) && !stands(setup, PST_CLI_LANE_KEY)) {
		status = pst_error_set(error, PST_E_VAULT,
			"%s: the vault's key signs this log: --key FILE, --credential NAME or "
			"--passphrase",
			setup->state);
	}
	return status < 0 ? status : open_log(setup, error);
}

static int open_state(struct pst_setup *setup, struct pst_error *error)
{
	int status = pst_cli_state_dir(setup->config.state[0] ? setup->config.state : NULL,
		setup->state, sizeof(setup->state), error);

	if (status == 0 && pst_text_path(setup->receipts, sizeof(setup->receipts), setup->state,
				   "receipts") < 0) {
		status = pst_error_set(
			error, PST_E_CONFIG, "%s: the name is too long", setup->state);
	}
	if (status == 0) {
		status = open_log(setup, error);
	}
	return status < 0 ? status : pst_fd_make_dirs(setup->receipts, error);
}

static int find_group(const char *name, gid_t *ret_group, struct pst_error *error)
{
	*ret_group = PST_CONTROL_NO_GROUP;
	if (!name[0]) {
		return 0;
	}
	const struct group *group = getgrnam(name);
	if (!group) {
		return pst_error_set(
			error, PST_E_CONFIG, "control.group: this machine has no group '%s'", name);
	}
	*ret_group = group->gr_gid;
	return 0;
}

static int open_control(struct pst_setup *setup, struct pst_error *error)
{
	const struct pst_lane_config *config = &setup->config;
	char path[PST_LANE_PATH_SIZE + 16];
	gid_t group;

	if (!config->control[0]) {
		return 0;
	}
	int status = strcmp(config->control, "auto") == 0
			     ? pst_text_path(path, sizeof(path), setup->state, PST_CONTROL_SOCKET)
			     : pst_text_copy(path, sizeof(path), config->control);
	if (status == 0) {
		status = find_group(config->control_group, &group, error);
	}
	if (status == 0) {
		status = pst_control_create(&setup->control, path, group, error);
	}
	return status;
}

static int open_source(struct pst_setup *setup, struct pst_error *error)
{
	const struct pst_lane_config *config = &setup->config;

	return pst_cli_source_open(&setup->device, config->source,
		config->pace == PST_LANE_PACE_MAX ? PST_PACE_MAX : PST_PACE_REAL, &setup->key,
		&setup->sealed, error);
}

void pst_setup_use_key(struct pst_setup *setup)
{
	const struct pst_lane_config *config = &setup->config;

	if (!pst_cli_key_is_given(&setup->key)) {
		setup->key.file = config->key[0] ? config->key : NULL;
		setup->key.credential = config->credential[0] ? config->credential : NULL;
	}
}

int pst_setup_open(struct pst_setup *setup, const char *scenario, struct pst_error *error)
{
	const struct pst_lane_config *config = &setup->config;
	int status = pst_lane_config_check(config, error);

	pst_setup_use_key(setup);
	if (status == 0) {
		status = use_time_zone(config, error);
	}
	if (status == 0) {
		status = read_policy(setup, &setup->policy, setup->policy_digest, error);
	}
	if (status == 0 && scenario) {
		status = load_scenario(setup, scenario, error);
	}
	if (status == 0 && !setup->records) {
		status = choose_plugins(setup, error);
	}
	if (status == 0 && !setup->device) {
		status = open_source(setup, error);
	}
	if (status == 0) {
		status = open_state(setup, error);
	}
	if (status == 0) {
		status = pst_events_open(&setup->events, config->events[0] ? config->events : NULL,
			config->name, error);
	}
	if (status == 0) {
		status = open_control(setup, error);
	}
	if (status == 0 && setup->control) {
		pst_events_listen(setup->events, pst_control_tell, setup->control);
	}
	for (size_t i = 0; status == 0 && i < setup->fallbacks; i++) {
		const struct pst_setup_fallback *fallback = &setup->fallback[i];

		pst_events_fallback(setup->events, 0, fallback->what, fallback->wanted,
			fallback->used, fallback->why);
	}

	return status;
}

void pst_setup_notices(const struct pst_setup *setup, const char *command)
{
	if (setup->fallbacks > 0) {
		(void)fprintf(stderr, "postern %s: falling back to %s and %s: %s\n", command,
			setup->detector->id, setup->extractor->id, setup->fallback[0].why);
	}
	pst_cli_bulletin_notice(&setup->bulletin, command);
}

struct pst_lane_spec pst_setup_spec(struct pst_setup *setup)
{
	return (struct pst_lane_spec){.config = &setup->config,
		.scenario = setup->scenario.count ? &setup->scenario : NULL,
		.policy = setup->policy,
		.detector = setup->detector,
		.quality = setup->quality,
		.pad = setup->pad,
		.extractor = setup->extractor,
		.matcher = setup->matcher,
		.device = setup->device,
		.vault = setup->vault,
		.vault_key = setup->vault ? &setup->vault_key : NULL,
		.inbox = setup->bulletin.inbox,
		.audit = setup->audit,
		.signer = setup->signer,
		.events = setup->events,
		.driver = setup->control ? pst_control_driver(setup->control) : NULL,
		.receipts = setup->receipts,
		.policy_digest = setup->policy_digest,
		.read_policy = read_policy,
		.policy_user = setup,
		.version = PST_VERSION};
}

int pst_setup_finish(struct pst_setup *setup)
{
	int status = pst_audit_close(&setup->audit);

	pst_events_close(&setup->events);
	pst_control_destroy(&setup->control);
	pst_cli_bulletin_close(&setup->bulletin);
	pst_sign_key_close(&setup->lane_key);
	pst_vault_close(&setup->vault);
	pst_device_close(&setup->device);
	pst_catalog_destroy(&setup->catalog);
	pst_scenario_finish(&setup->scenario);
	free(setup->rules);
	pst_policy_destroy(&setup->policy);
	pst_cli_key_finish(&setup->key);
	return status;
}
