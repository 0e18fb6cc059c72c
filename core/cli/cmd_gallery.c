/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/setup.h"

#define COMMAND "gallery"
#define LONGEST_NS (3600 * PST_NS_PER_S)

static const char help[] =
	"usage: postern gallery add --policy FILE --gallery NAME --subject S --category C\n"
	"                           --image FILE [OPTIONS]\n"
	"       postern gallery list [--gallery NAME] [OPTIONS]\n"
	"       postern gallery remove --gallery NAME [--subject S] [OPTIONS]\n"
	"\n"
	"Reference templates in the vault. 'add' goes through the gate like anybody else, with\n"
	"purpose enrol; 'remove' without --subject takes the whole gallery.\n"
	"\n"
	"  --state DIR        state directory of the vault\n"
	"  --key FILE         key of the vault; also --credential NAME, --passphrase,\n"
	"                     --passphrase-fd N\n"
	"  --policy FILE      policy file\n"
	"  --gallery NAME     gallery; made if missing\n"
	"  --subject S        whose template; only a keyed hash of it is kept\n"
	"  --category C       category of the person, as in the policy\n"
	"  --known-by K       how the category is known (default document)\n"
	"  --choice C         none, consent or decline (default none)\n"
	"  --image FILE       picture, or a recording\n"
	"  --seconds N        use the first N seconds of a recording (default all)\n"
	"  --detector ID, --extractor ID, --quality ID, --pad ID\n"
	"                     plugins (default: the best usable; no pad)\n"
	"  --sandbox off      plugins run with your rights instead of locked down\n"
	"  --set KEY=VALUE    any setting of a lane file\n"
	"  --json             JSON\n"
	"\n"
	"Exit status: 0 done; 1 not enrolled, or not there; 2 usage; 3 picture; 4 unsafe; 5\n"
	"vault.\n";

enum {
	OPTION_HELP = 256,
	OPTION_JSON,
	OPTION_SUBJECT,
	OPTION_CATEGORY,
	OPTION_KNOWN_BY,
	OPTION_CHOICE,
	OPTION_SECONDS,
};

static const struct option options[] = {
	PST_SETUP_OPTIONS,
	{"image", required_argument, NULL, PST_SETUP_SOURCE},
	{"help", no_argument, NULL, OPTION_HELP},
	{"json", no_argument, NULL, OPTION_JSON},
	{"subject", required_argument, NULL, OPTION_SUBJECT},
	{"category", required_argument, NULL, OPTION_CATEGORY},
	{"known-by", required_argument, NULL, OPTION_KNOWN_BY},
	{"choice", required_argument, NULL, OPTION_CHOICE},
	{"seconds", required_argument, NULL, OPTION_SECONDS},
	{0},
};

struct gallery {
	struct pst_setup setup;
	struct pst_scenario_encounter person;
	bool json;
	enum pst_outcome outcome;
	enum pst_capture_reason reason;
	char rule[PST_SCENARIO_TEXT_SIZE];
	json_t *items;
	uint64_t count;
};

static int take_text(char *to, size_t size, const char *name, struct pst_error *error)
{
	if (!pst_text_is_id(optarg) || pst_text_copy(to, size, optarg) < 0) {
		return pst_error_set(error, PST_E_USAGE,
			"--%s: '%s' is not an id: 1 to 64 of a-z A-Z 0-9 . _ -", name, optarg);
	}
	return 0;
}

static int take_choice(struct gallery *gallery, struct pst_error *error)
{
	static const char *const names[] = {"none", "decline", "consent", NULL};
	static const enum pst_scenario_choice choices[] = {
		PST_SCENARIO_CHOICE_NONE, PST_SCENARIO_CHOICE_DECLINE, PST_SCENARIO_CHOICE_CONSENT};
	int index = pst_text_index(names, optarg);

	if (index < 0) {
		return pst_error_set(error, PST_E_USAGE,
			"--choice: '%s' is none of none, consent and decline", optarg);
	}
	gallery->person.choice = choices[index];
	return 0;
}

static int take_option(struct gallery *gallery, int option, struct pst_error *error)
{
	struct pst_scenario_encounter *person = &gallery->person;
	int64_t seconds;

	switch (option) {
	case OPTION_JSON:
		gallery->json = true;
		return 0;
	case OPTION_SUBJECT:
		return take_text(person->subject, sizeof(person->subject), "subject", error);
	case OPTION_CATEGORY:
		return take_text(person->category, sizeof(person->category), "category", error);
	case OPTION_KNOWN_BY:
		return take_text(person->known_by, sizeof(person->known_by), "known-by", error);
	case OPTION_CHOICE:
		return take_choice(gallery, error);
	case OPTION_SECONDS:
		if (pst_text_parse_int(optarg, 1, LONGEST_NS / PST_NS_PER_S, &seconds) < 0) {
			return pst_error_set(error, PST_E_USAGE,
				"--seconds: '%s' is not a number from 1 to 3600", optarg);
		}
		person->for_ns = seconds * PST_NS_PER_S;
		return 0;
	default:
		return pst_setup_take(&gallery->setup, option, optarg, error);
	}
}

/* @return an exit status, or -1 to go on */
static int parse(struct gallery *gallery, int argc, char **argv)
{
	struct pst_error error = {0};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":", options, NULL)) >= 0) {
		if (option == OPTION_HELP) {
			(void)fputs(help, stdout);
			return PST_EXIT_OK;
		}
		if (option == '?' || option == ':') {
			return pst_cli_bad_option(COMMAND, option, argv);
		}
		if (take_option(gallery, option, &error) < 0) {
			return pst_cli_fail(COMMAND, &error);
		}
	}
	if (argc == optind) {
		return pst_cli_usage(COMMAND, "one of add, list and remove is needed");
	}
	if (argc - optind > 1) {
		return pst_cli_usage(COMMAND, "'%s' is one word too many", argv[optind + 1]);
	}
	return -1;
}

static void take_outcome(void *user, const struct pst_lane_closed *line)
{
	struct gallery *gallery = user;

	gallery->outcome = line->closed->outcome;
	gallery->reason = line->closed->reason;
	(void)snprintf(gallery->rule, sizeof(gallery->rule), "%s", line->closed->rule);
}

/* The person stands there before the picture does: an offer has had its time to be declined. */
static void place_person(struct gallery *gallery)
{
	struct pst_scenario_encounter *person = &gallery->person;

	person->notice = PST_SCENARIO_NOTICE_CURRENT;
	person->at_ns = -gallery->setup.policy->choice_window_ns;
	person->choice_ns = person->at_ns;
	person->for_ns = (person->for_ns ? person->for_ns : LONGEST_NS) - person->at_ns;
}

static int check_add(const struct gallery *gallery, struct pst_error *error)
{
	if (!gallery->person.subject[0] || !gallery->person.category[0] ||
		!gallery->setup.config.gallery[0]) {
		return pst_error_set(error, PST_E_USAGE,
			"add needs --policy, --gallery, --subject, --category and --image");
	}
	return 0;
}

static int check_category(const struct gallery *gallery, struct pst_error *error)
{
	const char *const *names = gallery->setup.policy->values[PST_AXIS_CATEGORY];
	const char *category = gallery->person.category;

	if (pst_text_index(names, category) >= 0) {
		return 0;
	}
	const char *nearest = pst_text_nearest(names, category);
	return pst_error_set(error, PST_E_CONFIG, "--category: the policy has no '%s'%s%s%s",
		category, nearest ? "; did you mean '" : "", nearest ? nearest : "",
		nearest ? "'?" : "");
}

static int enrol(struct gallery *gallery, struct pst_error *error)
{
	struct pst_setup *setup = &gallery->setup;
	struct pst_scenario one = {.encounters = &gallery->person, .count = 1};
	struct pst_lane_summary summary;
	struct pst_lane *lane = NULL;
	int status = check_add(gallery, error);

	if (status == 0) {
		status = pst_setup_open(setup, NULL, error);
	}
	if (status == 0) {
		status = check_category(gallery, error);
	}
	if (status == 0) {
		struct pst_lane_spec spec = pst_setup_spec(setup);

		pst_setup_notices(setup, COMMAND);
		place_person(gallery);
		spec.scenario = &one;
		spec.closed = take_outcome;
		spec.user = gallery;
		status = pst_lane_create(&lane, &spec, error);
	}
	if (status == 0) {
		status = pst_lane_run(lane, &summary, error);
	}
	pst_lane_destroy(&lane);
	return status;
}

static int add(struct gallery *gallery, struct pst_error *error)
{
	int status = pst_lane_config_set(&gallery->setup.config, "policy.purpose", "enrol", error);

	if (status == 0) {
		status = pst_lane_config_set(&gallery->setup.config, "source.pace", "max", error);
	}
	if (status == 0) {
		status = enrol(gallery, error);
	}
	if (status < 0) {
		return pst_cli_fail(COMMAND, error);
	}
	bool enrolled = gallery->outcome == PST_OUTCOME_ENROLLED;
	bool uncaptured = gallery->outcome == PST_OUTCOME_REFER_NOT_CAPTURED;
	const char *reason = uncaptured ? pst_capture_reason_name(gallery->reason) : "";
	if (gallery->json) {
		pst_cli_print_json(json_pack("{s:s, s:s, s:s, s:o}", "gallery",
			gallery->setup.config.gallery, "outcome",
			pst_outcome_name(gallery->outcome), "rule", gallery->rule, "reason",
			uncaptured ? json_string(reason) : json_null()));
	} else {
		(void)printf("%s%s%s (rule %s)\n", pst_outcome_name(gallery->outcome),
			uncaptured ? " " : "", reason, gallery->rule);
	}
	return enrolled ? PST_EXIT_OK : PST_EXIT_NO;
}

static int open_vault(struct gallery *gallery, struct pst_error *error)
{
	struct pst_setup *setup = &gallery->setup;
	struct pst_key_source source;
	int status = pst_cli_state_dir(setup->config.state[0] ? setup->config.state : NULL,
		setup->state, sizeof(setup->state), error);

	if (status == 0) {
		status = pst_cli_key_source(&setup->key, /* twice= */ false, &source, error);
	}
	if (status == 0) {
		status = pst_vault_open_timed(&setup->vault, setup->state, &source,
			&pst_vault_times_here, pst_clock_wall_s(), error);
	}
	if (status == PST_E_NOT_FOUND) {
		status = PST_E_VAULT;
		error->status = status;
	}
	return status;
}

static int list_item(void *user, const struct pst_vault_item *item)
{
	struct gallery *gallery = user;
	char record[2 * PST_VAULT_ID_SIZE + 1];
	char expires[PST_CLOCK_TEXT_SIZE];
	const char *wanted = gallery->setup.config.gallery;

	if (item->state == PST_VAULT_STATE_DAMAGED || !item->gallery ||
		(wanted[0] && strcmp(wanted, item->gallery) != 0)) {
		return 0;
	}
	gallery->count++;
	pst_bytes_to_hex(item->record, sizeof(item->record), record);
	pst_clock_format_s(item->expires_s, expires);
	if (gallery->json) {
		return json_array_append_new(gallery->items,
			json_pack("{s:s, s:s, s:s, s:s, s:s}", "record", record, "gallery",
				item->gallery, "category", item->category, "class", item->retention,
				"expires", expires));
	}
	if (gallery->count == 1) {
		(void)printf("%-32s  %-16s %-22s %-18s %s\n", "record", "gallery", "category",
			"class", "expires");
	}
	(void)printf("%-32s  %-16s %-22s %-18s %s\n", record, item->gallery, item->category,
		item->retention, expires);
	return 0;
}

static int list(struct gallery *gallery, struct pst_error *error)
{
	int status = open_vault(gallery, error);

	gallery->items = json_array();
	if (status == 0) {
		status = pst_vault_list(
			gallery->setup.vault, NULL, pst_clock_wall_s(), list_item, gallery, error);
	}
	if (status < 0) {
		json_decref(gallery->items);
		return pst_cli_fail(COMMAND, error);
	}
	if (gallery->json) {
		pst_cli_print_json(gallery->items);
		return PST_EXIT_OK;
	}
	json_decref(gallery->items);
	if (gallery->count == 0) {
		(void)puts("no references");
	}
	return PST_EXIT_OK;
}

static int take_away(struct gallery *gallery, struct pst_error *error)
{
	const char *subject = gallery->person.subject[0] ? gallery->person.subject : NULL;
	int status = gallery->setup.config.gallery[0]
			     ? open_vault(gallery, error)
			     : pst_error_set(error, PST_E_USAGE, "remove needs --gallery");

	if (status == 0) {
		status = pst_vault_gallery_remove(gallery->setup.vault,
			gallery->setup.config.gallery, subject, pst_clock_wall_s(), error);
	}
	if (status < 0) {
		return pst_cli_fail(COMMAND, error);
	}
	if (gallery->json) {
		pst_cli_print_json(json_pack("{s:i}", "removed", status));
	} else {
		(void)printf("%d removed\n", status);
	}
	return PST_EXIT_OK;
}

int cmd_gallery(int argc, char **argv)
{
	static const char *const verbs[] = {"add", "list", "remove", NULL};
	static int (*const calls[])(struct gallery *, struct pst_error *) = {add, list, take_away};
	struct gallery gallery = {.outcome = PST_OUTCOME_UNSET};
	struct pst_error error = {0};

	pst_setup_init(&gallery.setup);
	(void)snprintf(gallery.person.known_by, sizeof(gallery.person.known_by), "document");
	int status = parse(&gallery, argc, argv);
	if (status >= 0) {
		return status;
	}
	int verb = pst_text_index(verbs, argv[optind]);
	status = verb < 0
			 ? pst_cli_usage(COMMAND, "unknown '%s': add, list or remove", argv[optind])
			 : calls[verb](&gallery, &error);
	(void)pst_setup_finish(&gallery.setup);
	return status;
}
