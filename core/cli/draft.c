/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

static int refuse(const char *path, int status, struct pst_error *error)
{
	if (status == -EEXIST) {
		return pst_error_set(error, status,
			"%s: there already; nothing is overwritten, choose another name", path);
	}
	/* A limit on files is a full disk to whoever meets it. */
	return pst_error_set(error, status == -EFBIG ? -ENOSPC : status, "%s: can't be written: %s",
		path, pst_status_text(status));
}

static int begin_sealed(
	struct pst_cli_draft *draft, struct pst_cli_key *key, struct pst_error *error)
{
	struct pst_key_source source;
	const char *reason = "";
	int status = pst_cli_key_source(key, /* twice= */ true, &source, error);

	if (status < 0) {
		return status;
	}
	status = pst_stream_writer_open(&draft->sealed, draft->fd, &source, &reason);
	return status < 0 ? pst_error_set(error, PST_E_VAULT, "%s: %s",
				    key->file ? key->file : draft->path, reason)
			  : 0;
}

int pst_cli_draft_open(struct pst_cli_draft *draft, const char *path, struct pst_cli_key *key,
	struct pst_error *error)
{
	struct stat at;

	*draft = PST_CLI_DRAFT_INIT;
	draft->path = path;
	if (lstat(path, &at) == 0) {
		return refuse(path, -EEXIST, error);
	}
	if (snprintf(draft->temp, sizeof(draft->temp), "%s.part-XXXXXX", path) >=
		(int)sizeof(draft->temp)) {
		draft->temp[0] = 0;
		return refuse(path, -ENAMETOOLONG, error);
	}
	draft->fd = mkostemp(draft->temp, O_CLOEXEC);
	if (draft->fd < 0) {
		int status = -errno;

		draft->temp[0] = 0;
		return refuse(path, status, error);
	}
	return key ? begin_sealed(draft, key, error) : 0;
}

static int draft_write(void *user, const void *data, size_t size, struct pst_error *error)
{
	struct pst_cli_draft *draft = user;

	if (draft->error.status == 0) {
		int status = draft->sealed ? pst_stream_write(draft->sealed, data, size)
					   : pst_fd_write_full(draft->fd, data, size);

		if (status < 0) {
			(void)refuse(draft->path, status, &draft->error);
		}
	}
	return draft->error.status
		       ? pst_error_set(error, draft->error.status, "%s", draft->error.text)
		       : 0;
}

struct pst_output pst_cli_draft_output(struct pst_cli_draft *draft)
{
	return (struct pst_output){.write = draft_write, .user = draft};
}

/* A name that somebody else took in the meantime is theirs. */
static int move_in_place(struct pst_cli_draft *draft)
{
	if (renameat2(AT_FDCWD, draft->temp, AT_FDCWD, draft->path, RENAME_NOREPLACE) == 0) {
		return 0;
	}
	if (errno != EINVAL && errno != ENOSYS) {
		return -errno;
	}
	/* A file system that can't promise it. */
	if (link(draft->temp, draft->path) < 0) {
		return -errno;
	}
	(void)unlink(draft->temp);
	return 0;
}

static int sync_folder(const char *path)
{
	char copy[4096];

	if (pst_text_copy(copy, sizeof(copy), path) < 0) {
		return -ENAMETOOLONG;
	}
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status = fd < 0 || fsync(fd) < 0 ? -errno : 0;

	pst_fd_close(&fd);
	return status;
}

int pst_cli_draft_finish(
	struct pst_cli_draft *draft, uint8_t ret_digest[PST_DIGEST_SIZE], struct pst_error *error)
{
	int status = draft->error.status;

	if (status == 0 && draft->sealed) {
		status = pst_stream_finish(draft->sealed);
	}
	if (status == 0 && fsync(draft->fd) < 0) {
		status = -errno;
	}
	if (status == 0) {
		status = pst_digest_fd(draft->fd, ret_digest);
	}
	return status < 0 ? refuse(draft->path, status, error) : 0;
}

int pst_cli_draft_place(struct pst_cli_draft *draft, struct pst_error *error)
{
	int status = move_in_place(draft);

	if (status == 0) {
		draft->temp[0] = 0;
		status = sync_folder(draft->path);
	}
	return status < 0 ? refuse(draft->path, status, error) : 0;
}

void pst_cli_draft_discard(struct pst_cli_draft *draft)
{
	pst_stream_writer_close(&draft->sealed);
	pst_fd_close(&draft->fd);
	if (draft->temp[0]) {
		(void)unlink(draft->temp);
		draft->temp[0] = 0;
	}
}
