/* SPDX-License-Identifier: Apache-2.0 */
#include "console/tls.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "crypto/secret.h"

#define FILE_MAX (256u * 1024) /* a chain of certificates */

static int check_key(const char *path, struct pst_error *error)
{
	struct stat facts;

	if (stat(path, &facts) < 0) {
		return pst_error_set(error, -errno, "%s: %s", path, strerror(errno));
	}
	if (facts.st_mode & S_IRWXO) {
		return pst_error_set(error, PST_E_UNSAFE,
			"%s: anybody may read this key (mode %04o); chmod 600 it", path,
			(unsigned)facts.st_mode & 07777u);
	}
	return 0;
}

static int read_text(const char *path, char **ret_text, size_t *ret_size, struct pst_error *error)
{
	uint8_t *data = NULL;
	int status = pst_fd_read_file(path, FILE_MAX, &data, ret_size, error);

	*ret_text = (char *)data;
	return status;
}

int pst_tls_load(
	struct pst_tls *ret_tls, const char *cert, const char *key, struct pst_error *error)
{
	size_t cert_size;

	*ret_tls = (struct pst_tls){0};
	int status = check_key(key, error);
	if (status == 0) {
		status = read_text(cert, &ret_tls->cert, &cert_size, error);
	}
	if (status == 0) {
		status = read_text(key, &ret_tls->key, &ret_tls->key_size, error);
	}
	if (status < 0) {
		pst_tls_finish(ret_tls);
	}
	return status;
}

void pst_tls_finish(struct pst_tls *tls)
{
	if (tls->key) {
		pst_secret_wipe(tls->key, tls->key_size);
	}
	free(tls->key);
	free(tls->cert);
	*tls = (struct pst_tls){0};
}
