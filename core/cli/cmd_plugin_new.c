/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/plugin.h"
#include "cli/skeleton.h"
#include "host/manifest.h"

#define NAME "plugin new"

static const char help[] =
	"usage: postern plugin new DIR [OPTIONS]\n"
	"\n"
	"Writes a project of a plugin: source, manifest, meson.build and a test that runs the\n"
	"conformance kit. It builds as it is, against the installed headers.\n"
	"\n"
	"  --kind KIND  detector (default), extractor, matcher, quality or pad\n"
	"  --id ID      of the plugin (default: the name of DIR)\n"
	"  --help       this text\n"
	"\n"
	"DIR must not be there yet, or be empty. Either all is written or nothing.\n"
	"\n"
	"Exit status: 0 written; 2 usage, or a folder that cannot be made.\n";

/* What is to be written, and where it grows until it is whole. */
struct project {
	char folder[PATH_MAX];	 /* without a slash at the end */
	char part[PATH_MAX + 8]; /* beside it; renamed when all is there */
	char id[PST_MANIFEST_ID_SIZE];
	enum pst_plugin_kind kind;
};

/* The text with id and kind in their places. @return to be freed, or NULL */
static char *fill(const struct project *project, const char *text, size_t *ret_size)
{
	static const char id_mark[] = "@ID@", kind_mark[] = "@KIND@";
	char *filled = NULL;
	FILE *out = open_memstream(&filled, ret_size);

	while (out && *text) {
		if (strncmp(text, id_mark, strlen(id_mark)) == 0) {
			(void)fputs(project->id, out);
			text += strlen(id_mark);
		} else if (strncmp(text, kind_mark, strlen(kind_mark)) == 0) {
			(void)fputs(pst_plugin_kind_name(project->kind), out);
			text += strlen(kind_mark);
		} else {
			(void)fputc(*text++, out);
		}
	}
	if (out && fclose(out) != 0) {
		free(filled);
		return NULL;
	}
	return filled;
}

/* Where a file of the project grows. @return 0 or a status with the error filled */
static int place(const struct project *project, const struct pst_skeleton_file *file,
	char path[PATH_MAX], struct pst_error *error)
{
	size_t size;
	char *name = fill(project, file->name, &size);
	int status = name ? pst_text_path(path, PATH_MAX, project->part, name) : -ENOMEM;

	free(name);
	return status < 0
		       ? pst_error_set(error, status, "%s: %s", project->folder, strerror(-status))
		       : 0;
}

static int write_file(const struct project *project, const struct pst_skeleton_file *file,
	struct pst_error *error)
{
	char path[PATH_MAX];
	char *text = NULL;
	size_t size = 0;
	int fd = -1;
	int status = place(project, file, path, error);

	if (status < 0) {
		return status;
	}
	text = fill(project, file->text, &size);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file->mode);
	if (!text) {
		status = -ENOMEM;
	} else if (fd < 0) {
		status = -errno;
	} else {
		status = pst_fd_write_full(fd, text, size);
	}
	if (fd >= 0 && close(fd) < 0 && status == 0) {
		status = -errno;
	}
	free(text);
	return status < 0 ? pst_error_set(error, status, "%s: %s", path, strerror(-status)) : 0;
}

static bool is_for(const struct pst_skeleton_file *file, enum pst_plugin_kind kind)
{
	return file->kind == PST_PLUGIN_UNSET || file->kind == kind;
}

/* Takes back all that may have been written. */
static void remove_part(const struct project *project)
{
	struct pst_error ignored = {0};
	char path[PATH_MAX];

	for (const struct pst_skeleton_file *f = pst_skeleton_files; f->name; f++) {
		if (is_for(f, project->kind) && place(project, f, path, &ignored) == 0) {
			(void)unlink(path);
		}
	}
	if (pst_text_path(path, sizeof(path), project->part, "plugin") == 0) {
		(void)rmdir(path);
	}
	(void)rmdir(project->part);
}

static int write_part(const struct project *project, struct pst_error *error)
{
	char path[PATH_MAX];
	int status = pst_text_path(path, sizeof(path), project->part, "plugin");

	if (status == 0 && mkdir(path, 0777) < 0) {
		status = -errno;
	}
	if (status < 0) {
		return pst_error_set(error, status, "%s: %s", path, strerror(-status));
	}
	for (const struct pst_skeleton_file *f = pst_skeleton_files; f->name && status == 0; f++) {
		status = is_for(f, project->kind) ? write_file(project, f, error) : 0;
	}
	return status;
}

static int write_project(struct project *project, struct pst_error *error)
{
	mode_t mask = umask(0);
	int status;

	(void)umask(mask);
	(void)snprintf(project->part, sizeof(project->part), "%s.XXXXXX", project->folder);
	if (!mkdtemp(project->part) || chmod(project->part, 0777 & ~mask) < 0) {
		return pst_error_set(error, -errno, "%s: %s", project->folder, strerror(errno));
	}
	status = write_part(project, error);
	/* Takes the place of an empty folder, and of nothing else. */
	if (status == 0 && rename(project->part, project->folder) < 0) {
		status = errno == ENOTEMPTY || errno == EEXIST
				 ? pst_error_set(error, -errno,
					   "%s is there already and not empty; name another folder",
					   project->folder)
				 : pst_error_set(error, -errno, "%s: %s", project->folder,
					   strerror(errno));
	}
	if (status < 0) {
		remove_part(project);
	}
	return status;
}

static bool read_kind(const char *text, enum pst_plugin_kind *ret_kind)
{
	for (enum pst_plugin_kind kind = PST_PLUGIN_DETECTOR; kind <= PST_PLUGIN_PAD; kind++) {
		if (strcmp(pst_plugin_kind_name(kind), text) == 0) {
			*ret_kind = kind;
			return true;
		}
	}
	return false;
}

/* @return PST_EXIT_OK, -1 help was given, or PST_EXIT_USAGE */
static int read_options(int argc, char **argv, struct project *project, const char **ret_id)
{
	static const struct option options[] = {
		{"kind", required_argument, NULL, 'k'},
		{"id", required_argument, NULL, 'i'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	opterr = 0;
	optind = 1;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
		switch (option) {
		case 'h':
			(void)fputs(help, stdout);
			return -1;
		case 'i':
			*ret_id = optarg;
			break;
		case 'k':
			if (!read_kind(optarg, &project->kind)) {
				return pst_cli_usage(NAME,
					"--kind is detector, extractor, matcher, quality or pad, "
					"not '%s'",
					optarg);
			}
			break;
		default:
			return pst_cli_bad_option(NAME, option, argv);
		}
	}
	if (optind == argc) {
		return pst_cli_usage(NAME, "where to? no folder is named");
	}
	if (argc - optind > 1) {
		return pst_cli_usage(NAME, "'%s' is one word too many", argv[optind + 1]);
	}
	return PST_EXIT_OK;
}

/* The folder without slashes at its end, and the id: what was given, or the folder's last name. */
static int name_project(
	struct project *project, const char *folder, const char *id, struct pst_error *error)
{
	size_t length = strlen(folder);
	const char *slash;

	while (length > 1 && folder[length - 1] == '/') {
		length--;
	}
	if (length == 0 || length + sizeof(".XXXXXX") > sizeof(project->folder)) {
		return pst_error_set(
			error, PST_E_USAGE, "'%.200s' cannot be a folder's name", folder);
	}
	(void)snprintf(project->folder, sizeof(project->folder), "%.*s", (int)length, folder);
	slash = strrchr(project->folder, '/');
	if (!id) {
		id = slash ? slash + 1 : project->folder;
	}
	if (!pst_text_is_id(id)) {
		return pst_error_set(error, PST_E_USAGE,
			"'%.80s' is no id: 1 to 64 letters, digits, '-', '_' and '.', beginning "
			"with a letter or a digit; give one with --id",
			id);
	}
	return pst_text_copy(project->id, sizeof(project->id), id);
}

int cmd_plugin_new(int argc, char **argv)
{
	struct project project = {.kind = PST_PLUGIN_DETECTOR};
	struct pst_error error = {0};
	const char *id = NULL;
	int result = read_options(argc, argv, &project, &id);
	int status;

	if (result != PST_EXIT_OK) {
		return result < 0 ? PST_EXIT_OK : result;
	}
	status = name_project(&project, argv[optind], id, &error);
	if (status == 0) {
		status = write_project(&project, &error);
	}
	if (status < 0) {
		(void)pst_cli_fail(NAME, &error);
		return PST_EXIT_USAGE;
	}
	(void)printf("%s: %s plugin '%s'; next: cd %s && meson setup build && ninja -C build\n",
		project.folder, pst_plugin_kind_name(project.kind), project.id, project.folder);
	return PST_EXIT_OK;
}
