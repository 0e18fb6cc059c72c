/* SPDX-License-Identifier: Apache-2.0 */
#include "host/models.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/text.h"
#include "crypto/digest.h"

static const char *const system_folders[] = {
	PST_DATA_DIR "/models",
	"/usr/share/opencv4/haarcascades",
	"/usr/share/opencv4/lbpcascades",
	"/usr/share/opencv4",
};
#define SYSTEM_FOLDERS (sizeof(system_folders) / sizeof(system_folders[0]))

int pst_models_verify(
	const char *path, const char *digest, struct pst_stamp *ret_stamp, struct pst_error *error)
{
	struct pst_stamp before = {0}, after = {0};
	uint8_t bytes[PST_DIGEST_SIZE];
	char text[2 * PST_DIGEST_SIZE + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int status;

	if (fd < 0) {
		return pst_error_set(error, -errno, "%s: %s", path, strerror(errno));
	}
	status = pst_stamp_take(fd, &before);
	if (status == 0) {
		status = pst_digest_fd(fd, bytes);
	}
	if (status == 0) {
		status = pst_stamp_take(fd, &after);
	}
	pst_fd_close(&fd);
	if (status < 0) {
		return pst_error_set(error, status, "%s: %s", path, strerror(-status));
	}
	pst_bytes_to_hex(bytes, sizeof(bytes), text);
	if (strcmp(text, digest) != 0) {
		return pst_error_set(error, PST_E_MISMATCH,
			"%s is another file than the manifest names: its SHA-256 is %.16s..., not "
			"%.16s...",
			path, text, digest);
	}
	if (!pst_stamp_is_equal(&before, &after)) {
		return pst_error_set(error, PST_E_MISMATCH, "%s changes while it is read", path);
	}
	*ret_stamp = after;
	return 0;
}

/* Copies the index-th folder of a list separated by colons. @return whether there is one */
static bool nth_folder(const char *list, int index, char *folder, size_t size)
{
	while (list && index-- > 0) {
		list = strchr(list, ':');
		list = list ? list + 1 : NULL;
	}
	if (!list) {
		return false;
	}
	(void)snprintf(folder, size, "%.*s", (int)strcspn(list, ":"), list);
	return true;
}

/* All folders in order. @return whether there is an index-th one; "" is to be passed over */
static bool model_folder(int index, char *folder, size_t size)
{
	const char *list = getenv("POSTERN_MODELS");
	const char *data = getenv("XDG_DATA_HOME");
	const char *home = getenv("HOME");
	int listed = 0;

	folder[0] = 0;
	if (list && *list) {
		if (nth_folder(list, index, folder, size)) {
			return true;
		}
		for (listed = 1; *list; list++) {
			listed += *list == ':';
		}
	}
	index -= listed;
	if (index == 0) {
		if (data && *data) {
			(void)snprintf(folder, size, "%s/postern/models", data);
		} else if (home && *home) {
			(void)snprintf(folder, size, "%s/.local/share/postern/models", home);
		}
		return true;
	}
	assert(index > 0);
	if (index - 1 >= (int)SYSTEM_FOLDERS) {
		return false;
	}
	(void)snprintf(folder, size, "%s", system_folders[index - 1]);
	return true;
}

/* @return 0 the model is there; -ENOENT; PST_E_MISMATCH there is another file of that name */
static int find_model(const struct pst_model *model, char path[PATH_MAX],
	struct pst_stamp *ret_stamp, struct pst_error *error)
{
	char folder[PATH_MAX];
	int found = -ENOENT;

	for (int i = 0; model_folder(i, folder, sizeof(folder)); i++) {
		int status;

		if (!folder[0] || pst_text_path(path, PATH_MAX, folder, model->file) < 0 ||
			access(path, F_OK) < 0) {
			continue;
		}
		status = pst_models_verify(path, model->digest, ret_stamp, error);
		if (status == 0) {
			return 0;
		}
		found = status;
	}
	return found;
}

int pst_models_choose(const struct pst_manifest *manifest, char ret_path[PATH_MAX],
	struct pst_stamp *ret_stamp, struct pst_error *error)
{
	struct pst_error wrong = {0};
	struct pst_stamp stamp = {0};

	ret_path[0] = 0;
	if (manifest->model_count == 0) {
		return -1;
	}
	for (uint32_t i = 0; i < manifest->model_count; i++) {
		char path[PATH_MAX];
		struct pst_error ignored = {0};

		if (find_model(&manifest->model[i], path, &stamp,
			    wrong.status ? &ignored : &wrong) == 0) {
			if (!realpath(path, ret_path)) {
				return pst_error_set(
					error, -errno, "%s: %s", path, strerror(errno));
			}
			if (ret_stamp) {
				*ret_stamp = stamp;
			}
			return (int)i;
		}
	}
	if (wrong.status) {
		return pst_error_set(error, PST_E_NOT_FOUND, "%.480s", wrong.text);
	}
	return pst_error_set(error, PST_E_NOT_FOUND,
		"model %.100s is in no model folder; get it from %.180s and name its folder in "
		"POSTERN_MODELS",
		manifest->model[0].file, manifest->model[0].home);
}
