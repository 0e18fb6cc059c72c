/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bulletin.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"

#define SOON_S (3 * 86400)
#define ENROL "enrol"

static int note_vault(
	const char *path, const uint8_t key[PST_SIGN_PUBLIC_SIZE], struct pst_error *error)
{
	char text[2 * PST_SIGN_PUBLIC_SIZE + 2];

	pst_bytes_to_hex(key, PST_SIGN_PUBLIC_SIZE, text);
	text[sizeof(text) - 2] = '\n';
	return pst_fd_replace_file(path, text, sizeof(text) - 1, 0600, error);
}

/* A lane seals for one vault: whoever could change which would read what comes after. */
static int check_vault(
	const struct pst_bulletin *bulletin, const char *state, struct pst_error *error)
{
	char path[PST_LANE_PATH_SIZE + 16];
	uint8_t noted[PST_SIGN_PUBLIC_SIZE];

	if (pst_text_path(path, sizeof(path), state, PST_CLI_VAULT_PUBLIC) < 0) {
		return pst_error_set(error, PST_E_CONFIG, "%s: the name is too long", state);
	}
	if (access(path, F_OK) < 0) {
		return note_vault(path, bulletin->vault_key, error);
	}
	int status = pst_audit_read_public(path, noted, error);
	if (status == 0 && memcmp(noted, bulletin->vault_key, sizeof(noted)) != 0) {
		status = pst_error_set(error, PST_E_UNSAFE,
			"the bulletin is another vault's than this lane's; if that is meant, "
			"remove %s",
			path);
	}
	return status;
}

/* There is nobody to compare with: a gallery is for enrolling into, and then it is needed. */
static int check_gallery(const struct pst_bulletin *bulletin, const struct pst_lane_config *config,
	struct pst_error *error)
{
	bool enrols = strcmp(config->purpose, ENROL) == 0;

	if (!enrols && config->gallery[0]) {
		return pst_error_set(error, PST_E_CONFIG,
			"match.gallery: a lane with a bulletin can compare with nobody; leave it "
			"out");
	}
	if (enrols && !config->gallery[0]) {
		return pst_error_set(error, PST_E_CONFIG,
			"match.gallery: name the gallery that this lane enrols into");
	}
	if (enrols && !pst_bulletin_has_gallery(bulletin, config->gallery)) {
		return pst_error_set(error, PST_E_CONFIG,
			"match.gallery: the bulletin has no gallery '%s'; export it with "
			"--gallery %s",
			config->gallery, config->gallery);
	}
	return 0;
}

int pst_cli_bulletin_open(struct pst_cli_bulletin *ret_bulletin,
	const struct pst_lane_config *config, const char *state, const struct pst_sign_key *signer,
	struct pst_error *error)
{
	*ret_bulletin = (struct pst_cli_bulletin){0};
	int status = pst_bulletin_load(config->bulletin, &ret_bulletin->bulletin, error);

	if (status == 0) {
		status = check_gallery(&ret_bulletin->bulletin, config, error);
	}
	if (status == 0) {
		status = check_vault(&ret_bulletin->bulletin, state, error);
	}
	if (status == 0) {
		status = pst_inbox_open(
			&ret_bulletin->inbox, state, &ret_bulletin->bulletin, signer, NULL, error);
	}
	if (status == PST_E_FORMAT || status == PST_E_CORRUPT || status == PST_E_MISMATCH) {
		status = PST_E_UNSAFE;
		error->status = status;
	}
	if (status < 0) {
		pst_cli_bulletin_close(ret_bulletin);
	}
	return status;
}

void pst_cli_bulletin_notice(const struct pst_cli_bulletin *bulletin, const char *command)
{
	const int64_t now_s = pst_clock_wall_s();
	struct pst_error error = {0};
	char when[PST_CLOCK_TEXT_SIZE];

	if (!bulletin->inbox) {
		return;
	}
	if (pst_inbox_check(bulletin->inbox, now_s, &error) < 0) {
		(void)fprintf(stderr, "postern %s: nothing is kept: %s\n", command, error.text);
	} else if (bulletin->bulletin.valid_until_s - now_s < SOON_S) {
		pst_clock_format_s(bulletin->bulletin.valid_until_s, when);
		(void)fprintf(stderr,
			"postern %s: the bulletin ends at %s; nothing is kept from then on, bring "
			"a new one\n",
			command, when);
	}
}

void pst_cli_bulletin_close(struct pst_cli_bulletin *bulletin)
{
	pst_inbox_close(&bulletin->inbox);
	pst_bulletin_finish(&bulletin->bulletin);
}
