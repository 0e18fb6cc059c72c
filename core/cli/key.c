/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "crypto/secret.h"

#define PASSPHRASE_MAX 1024 /* bytes, with the newline */

static int take_fd(struct pst_cli_key *key, const char *value, struct pst_error *error)
{
	int64_t fd;

	if (pst_text_parse_int(value, 0, INT_MAX, &fd) < 0) {
		return pst_error_set(
			error, PST_E_USAGE, "--passphrase-fd: '%s' is not a descriptor", value);
	}
	key->fd = (int)fd;
	return 0;
}

bool pst_cli_key_is_option(enum pst_cli_key_option base, int option)
{
	return option >= (int)base && option < (int)base + PST_CLI_KEY_WAYS;
}

int pst_cli_key_take(struct pst_cli_key *key, enum pst_cli_key_option base, int option,
	const char *value, struct pst_error *error)
{
	switch ((enum pst_cli_key_way)(option - (int)base)) {
	case PST_CLI_KEY_FILE:
		key->file = value;
		return 0;
	case PST_CLI_KEY_CREDENTIAL:
		key->credential = value;
		return 0;
	case PST_CLI_KEY_PASSPHRASE:
		key->ask = true;
		return 0;
	case PST_CLI_KEY_PASSPHRASE_FD:
	case PST_CLI_KEY_WAYS:
	default:
		return take_fd(key, value, error);
	}
}

enum pst_key_source_kind pst_cli_key_kind(const struct pst_cli_key *key)
{
	if (key->file) {
		return PST_KEY_SOURCE_FILE;
	}
	if (key->credential) {
		return PST_KEY_SOURCE_CREDENTIAL;
	}
	return key->ask || key->fd >= 0 ? PST_KEY_SOURCE_PASSPHRASE : PST_KEY_SOURCE_UNSET;
}

int pst_cli_key_make_file(const struct pst_cli_key *key, struct pst_error *error)
{
	int status = key->file ? pst_keyring_make_key_file(key->file) : -EEXIST;

	if (status == -EEXIST) {
		return 0;
	}
	return status < 0
		       ? pst_error_set(error, status, "%s: %s", key->file, pst_status_text(status))
		       : 1;
}

static int count_given(const struct pst_cli_key *key)
{
	return (key->file != NULL) + (key->credential != NULL) + key->ask + (key->fd >= 0);
}

bool pst_cli_key_is_given(const struct pst_cli_key *key)
{
	return count_given(key) > 0;
}

/* Reads a line without its newline, byte by byte: nothing beyond it is taken. */
static int read_line(int fd, char *line, size_t size)
{
	size_t used = 0;

	for (;;) {
		char c;
		ssize_t n = read(fd, &c, 1);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0) {
			return -errno;
		}
		if (n == 0 || c == '\n') {
			line[used] = 0;
			return (int)used;
		}
		if (used + 1 >= size) {
			return -ENAMETOOLONG;
		}
		line[used++] = c;
	}
}

static int ask(int tty, const char *prompt, char *line, size_t size)
{
	struct termios before;
	int status = pst_fd_write_full(tty, prompt, strlen(prompt));

	if (status < 0 || tcgetattr(tty, &before) < 0) {
		return -ENOTTY;
	}
	struct termios silent = before;
	silent.c_lflag &= (tcflag_t)~ECHO;
	(void)tcsetattr(tty, TCSAFLUSH, &silent);
	status = read_line(tty, line, size);
	(void)tcsetattr(tty, TCSAFLUSH, &before);
	return pst_fd_write_full(tty, "\n", 1) < 0 ? -EIO : status;
}

static int ask_terminal(struct pst_cli_key *key, bool twice, struct pst_error *error)
{
	char *again = key->passphrase + PASSPHRASE_MAX;
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);

	if (tty < 0) {
		return pst_error_set(error, PST_E_VAULT,
			"no terminal to ask for the passphrase: use --passphrase-fd N or --key "
			"FILE");
	}
	int size = ask(
		tty, twice ? "new passphrase: " : "passphrase: ", key->passphrase, PASSPHRASE_MAX);
	if (size >= 0 && twice) {
		(void)ask(tty, "the same again: ", again, PASSPHRASE_MAX);
		if (strcmp(key->passphrase, again) != 0) {
			size = pst_error_set(error, PST_E_VAULT, "the passphrases differ");
		}
	}
	pst_fd_close(&tty);
	return size;
}

static int read_passphrase(struct pst_cli_key *key, bool twice, struct pst_error *error)
{
	int size = pst_secret_alloc(2 * PASSPHRASE_MAX, (void **)&key->passphrase);

	if (size == 0) {
		size = key->fd >= 0 ? read_line(key->fd, key->passphrase, PASSPHRASE_MAX)
				    : ask_terminal(key, twice, error);
	}
	if (size < 0) {
		return pst_error_set(
			error, PST_E_VAULT, "no passphrase read: %s", pst_status_text(size));
	}
	return size;
}

int pst_cli_key_source(struct pst_cli_key *key, bool twice, struct pst_key_source *ret_source,
	struct pst_error *error)
{
	if (count_given(key) != 1) {
		return pst_error_set(error, PST_E_USAGE,
			"one of --key FILE, --credential NAME, --passphrase and --passphrase-fd N "
			"is needed");
	}
	if (key->credential) {
		*ret_source = (struct pst_key_source){
			.kind = PST_KEY_SOURCE_CREDENTIAL, .credential = key->credential};
		return 0;
	}
	if (key->file) {
		*ret_source =
			(struct pst_key_source){.kind = PST_KEY_SOURCE_FILE, .path = key->file};
		return 0;
	}
	if (!key->passphrase) {
		int size = read_passphrase(key, twice, error);

		if (size < 0) {
			return PST_E_VAULT;
		}
		key->passphrase_size = (size_t)size;
	}
	*ret_source = (struct pst_key_source){.kind = PST_KEY_SOURCE_PASSPHRASE,
		.passphrase = key->passphrase,
		.passphrase_size = key->passphrase_size};
	return 0;
}

int pst_cli_lane_key_open(const char *state, struct pst_sign_key **ret_key, struct pst_error *error)
{
	char path[PATH_MAX];
	const char *reason = "cannot be made";

	*ret_key = NULL;
	if (pst_text_path(path, sizeof(path), state, PST_CLI_LANE_KEY) < 0) {
		return pst_error_set(error, -ENAMETOOLONG, "%s: the name is too long", state);
	}
	int status = pst_fd_make_dirs(state, error);
	if (status < 0) {
		return status;
	}
	status = pst_keyring_make_key_file(path);
	if (status == 0 || status == -EEXIST) {
		status = pst_keyring_open_signer(ret_key, path, &reason);
	}
	return status < 0 ? pst_error_set(error, status, "%s: %s", path, reason) : 0;
}

void pst_cli_key_finish(struct pst_cli_key *key)
{
	pst_secret_free((void **)&key->passphrase);
}
