/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/choices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/fd.h"

/* What is signed begins with this, so that the signature means nothing else. */
#define SIGNED_KIND "postern policy choices 1\n"

/* @return kind and text in one piece, which the caller frees; NULL: out of memory */
static uint8_t *signed_bytes(const void *text, size_t size, size_t *ret_size)
{
	size_t kind = strlen(SIGNED_KIND);
	uint8_t *bytes = malloc(kind + size);

	if (bytes) {
		memcpy(bytes, SIGNED_KIND, kind);
		memcpy(bytes + kind, text, size);
		*ret_size = kind + size;
	}
	return bytes;
}

int pst_cli_choices_sign(const struct pst_sign_key *key, const char *text, size_t size,
	uint8_t ret_signature[PST_SIGN_SIGNATURE_SIZE])
{
	size_t whole;
	uint8_t *bytes = signed_bytes(text, size, &whole);

	if (!bytes) {
		return -ENOMEM;
	}
	pst_sign(key, bytes, whole, ret_signature);
	free(bytes);
	return 0;
}

static int check_key(
	const struct pst_policy_choices *choices, const char *operator_key, struct pst_error *error)
{
	uint8_t key[PST_SIGN_PUBLIC_SIZE];
	int status;

	if (!operator_key || !operator_key[0]) {
		return 0;
	}
	status = pst_audit_read_public(operator_key, key, error);
	if (status < 0) {
		return status;
	}
	if (memcmp(key, choices->operator_key, sizeof(key)) != 0) {
		return pst_error_set(error, PST_E_UNSAFE,
			"%s: signed by another key than %s; have the operator choose anew",
			choices->name, operator_key);
	}
	return 0;
}

static int check_signature(
	const struct pst_policy_choices *choices, const uint8_t *data, struct pst_error *error)
{
	size_t size;
	uint8_t *bytes = signed_bytes(data, choices->signed_size, &size);
	int status;

	if (!bytes) {
		return pst_error_set(error, -ENOMEM, "out of memory");
	}
	status = pst_sign_verify(choices->operator_key, bytes, size, choices->signature);
	free(bytes);
	if (status < 0) {
		return pst_error_set(error, PST_E_UNSAFE,
			"%s: the signature does not hold: the file was changed after it was "
			"signed",
			choices->name);
	}
	return 0;
}

int pst_cli_choices_open(const char *path, const char *operator_key,
	struct pst_policy_choices **ret_choices, struct pst_error *error)
{
	struct pst_policy_choices *choices = NULL;
	uint8_t *data = NULL;
	size_t size = 0;
	int status = pst_fd_read_file(path, PST_POLICY_CHOICES_FILE_MAX, &data, &size, error);

	if (status >= 0) {
		status = pst_policy_choices_parse(path, data, size, &choices, error);
	}
	if (status >= 0) {
		status = check_key(choices, operator_key, error);
	}
	if (status >= 0) {
		status = check_signature(choices, data, error);
	}
	free(data);
	if (status < 0) {
		pst_policy_choices_destroy(&choices);
		return status;
	}
	*ret_choices = choices;
	return 0;
}

int pst_cli_policy_load(const struct pst_cli_policy_files *files, enum pst_cli_policy_use use,
	struct pst_policy **ret_policy, uint8_t ret_digest[PST_DIGEST_SIZE],
	struct pst_error *error)
{
	struct pst_policy_choices *choices = NULL;
	uint8_t *data = NULL;
	size_t size = 0;
	int status = pst_fd_read_file(files->policy, PST_POLICY_FILE_MAX, &data, &size, error);

	if (status < 0) {
		return status;
	}
	pst_digest_bytes(data, size, ret_digest);
	if (files->choices && files->choices[0]) {
		status = pst_cli_choices_open(files->choices, files->operator_key, &choices, error);
	}
	if (choices && memcmp(choices->policy_digest, ret_digest, PST_DIGEST_SIZE) != 0) {
		status = pst_error_set(error, PST_E_UNSAFE,
			"%s: made for another file than %s as it is now; choose anew",
			choices->name, files->policy);
	}
	if (status >= 0) {
		status = pst_policy_parse_chosen(files->policy, data, size, &choices,
			use == PST_CLI_POLICY_DECIDES, ret_policy, error);
	}
	pst_policy_choices_destroy(&choices);
	free(data);
	return status;
}
