/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/dataset.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/text.h"
#include "evaluate/csv.h"

static bool is_visual(const char *name)
{
	static const char *const endings[] = {
		".jpg", ".jpeg", ".png", ".avi", ".mp4", ".mkv", ".mov", ".webm", ".y4m", ".mjpeg"};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && i < sizeof(endings) / sizeof(endings[0]); i++) {
		if (strcasecmp(dot, endings[i]) == 0) {
			return true;
		}
	}
	return false;
}

static int no_memory(struct pst_error *error)
{
	return pst_error_set(error, -ENOMEM, "no memory for the list of files");
}

/* @param skip  bytes of the path before the name as the user knows it */
static int add_file(struct pst_dataset *dataset, const char *path, size_t skip, uint32_t subject,
	struct pst_error *error)
{
	uint32_t n = dataset->files;

	if (n == PST_DATASET_FILES_MAX) {
		return pst_error_set(
			error, PST_E_CONFIG, "more than %u files", PST_DATASET_FILES_MAX);
	}
	if ((n & (n - 1)) == 0) {
		struct pst_dataset_file *file =
			reallocarray(dataset->file, n ? 2 * (size_t)n : 1, sizeof(*file));

		if (!file) {
			return no_memory(error);
		}
		dataset->file = file;
	}
	char *copy = strdup(path);

	if (!copy) {
		return no_memory(error);
	}
	dataset->file[dataset->files++] = (struct pst_dataset_file){copy, copy + skip, subject};
	return 0;
}

static int keep_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void free_names(struct dirent **names, int count)
{
	for (int i = 0; i < count; i++) {
		free(names[i]);
	}
	free(names);
}

static bool is_folder(const char *path)
{
	struct stat at;

	return stat(path, &at) == 0 && S_ISDIR(at.st_mode);
}

static int scan_person(struct pst_dataset *dataset, const char *folder, size_t skip,
	const char *person, struct pst_error *error)
{
	struct dirent **names = NULL;
	int count = scandir(folder, &names, keep_visible, versionsort);
	int status = 0;
	uint32_t subject;

	if (count < 0) {
		return pst_error_set(
			error, -errno, "%s: can't be read: %s", folder, strerror(errno));
	}
	if (count > 0 && pst_names_put(&dataset->people, person, &subject) < 0) {
		status = no_memory(error);
	}
	for (int i = 0; status == 0 && i < count; i++) {
		char path[PATH_MAX];

		if (pst_text_path(path, sizeof(path), folder, names[i]->d_name) < 0) {
			status = pst_error_set(error, -ENAMETOOLONG, "%s/%s: path too long", folder,
				names[i]->d_name);
		} else if (!is_visual(path) || is_folder(path)) {
			dataset->passed_over++;
		} else {
			status = add_file(dataset, path, skip, subject, error);
		}
	}
	free_names(names, count);
	return status;
}

int pst_dataset_scan(const char *folder, const char *what, uint32_t least,
	struct pst_dataset *ret_dataset, struct pst_error *error)
{
	struct pst_dataset dataset = {0};
	struct dirent **names = NULL;
	size_t skip = strlen(folder);
	int count = scandir(folder, &names, keep_visible, versionsort);
	int status = 0;

	if (count < 0) {
		return pst_error_set(
			error, -errno, "%s: can't be read: %s", folder, strerror(errno));
	}
	skip += skip > 0 && folder[skip - 1] != '/';
	for (int i = 0; status == 0 && i < count; i++) {
		char path[PATH_MAX];

		if (pst_text_path(path, sizeof(path), folder, names[i]->d_name) < 0) {
			status = pst_error_set(error, -ENAMETOOLONG, "%s: path too long", folder);
		} else if (is_folder(path)) {
			status = scan_person(&dataset, path, skip, names[i]->d_name, error);
		} else {
			dataset.passed_over++;
		}
	}
	free_names(names, count);
	if (status == 0 && (dataset.people.count < least || dataset.files == 0)) {
		status = pst_error_set(error, PST_E_CONFIG,
			"%s: a folder per %s with pictures is needed, at least %u; there are %u",
			folder, what, least, dataset.people.count);
	}
	if (status < 0) {
		pst_dataset_finish(&dataset);
		return status;
	}
	*ret_dataset = dataset;
	return 0;
}

struct pair_reading {
	struct pst_csv csv;
	struct pst_dataset *dataset;
	const char *folder;
	struct pst_names files;
};

static int put_file(
	struct pair_reading *r, unsigned field, uint32_t *ret_file, struct pst_error *error)
{
	const char *name = r->csv.field[field];
	char path[PATH_MAX];
	int status;

	if (!name[0]) {
		return pst_csv_fail(&r->csv, error, "a file without a name");
	}
	if (pst_names_put(&r->files, name, ret_file) < 0) {
		return no_memory(error);
	}
	if (*ret_file < r->dataset->files) {
		return 0;
	}
	status = name[0] == '/' ? pst_text_copy(path, sizeof(path), name)
				: pst_text_path(path, sizeof(path), r->folder, name);
	if (status < 0) {
		return pst_csv_fail(&r->csv, error, "'%.64s': path too long", name);
	}
	return add_file(r->dataset, path, strlen(path) - strlen(name), *ret_file, error);
}

static int put_pair(struct pair_reading *r, struct pst_error *error)
{
	struct pst_dataset *dataset = r->dataset;
	uint32_t n = dataset->pairs;
	struct pst_dataset_pair pair = {0};
	int same;

	if (r->csv.fields != 3) {
		return pst_csv_fail(
			&r->csv, error, "a line is FILE,FILE,same or FILE,FILE,different");
	}
	same = pst_csv_same(&r->csv, 2, error);
	if (same < 0) {
		return same;
	}
	pair.same = same;
	for (unsigned i = 0; i < 2; i++) {
		int status = put_file(r, i, i ? &pair.probe : &pair.reference, error);

		if (status < 0) {
			return status;
		}
	}
	if (pair.reference == pair.probe) {
		return pst_csv_fail(&r->csv, error, "a file with itself shows nothing");
	}
	if (n == PST_DATASET_PAIRS_MAX) {
		return pst_csv_fail(&r->csv, error, "more than %u pairs", PST_DATASET_PAIRS_MAX);
	}
	if ((n & (n - 1)) == 0) {
		struct pst_dataset_pair *list =
			reallocarray(dataset->pair, n ? 2 * (size_t)n : 1, sizeof(*list));

		if (!list) {
			return no_memory(error);
		}
		dataset->pair = list;
	}
	dataset->pair[dataset->pairs++] = pair;
	return 0;
}

/* The file that stands for all of one subject; ways there are shortened. */
static uint32_t root_of(struct pst_dataset *dataset, uint32_t file)
{
	while (dataset->file[file].subject != file) {
		uint32_t next = dataset->file[file].subject;

		dataset->file[file].subject = dataset->file[next].subject;
		file = next;
	}
	return file;
}

static int number_people(struct pst_dataset *dataset, struct pst_error *error)
{
	uint32_t *number = malloc(dataset->files * sizeof(*number));
	int status = number ? 0 : no_memory(error);

	for (uint32_t i = 0; status == 0 && i < dataset->files; i++) {
		char text[16];

		if (root_of(dataset, i) != i) {
			continue;
		}
		(void)snprintf(text, sizeof(text), "%u", dataset->people.count + 1);
		if (pst_names_put(&dataset->people, text, &number[i]) < 0) {
			status = no_memory(error);
		}
	}
	for (uint32_t i = 0; status == 0 && i < dataset->files; i++) {
		uint32_t root = root_of(dataset, i);

		/* The way from here to its root is one step; nobody's way leads by here. */
		dataset->file[i].subject = root;
	}
	for (uint32_t i = 0; status == 0 && i < dataset->files; i++) {
		dataset->file[i].subject = number[dataset->file[i].subject];
	}
	free(number);
	return status;
}

/* Whose each file is: what lines call the same is one subject. */
static int find_people(struct pair_reading *r, struct pst_error *error)
{
	struct pst_dataset *dataset = r->dataset;

	for (uint32_t i = 0; i < dataset->pairs; i++) {
		const struct pst_dataset_pair *pair = &dataset->pair[i];

		if (pair->same) {
			dataset->file[root_of(dataset, pair->probe)].subject =
				root_of(dataset, pair->reference);
		}
	}
	for (uint32_t i = 0; i < dataset->pairs; i++) {
		const struct pst_dataset_pair *pair = &dataset->pair[i];

		if (!pair->same &&
			root_of(dataset, pair->probe) == root_of(dataset, pair->reference)) {
			return pst_error_set(error, PST_E_CONFIG,
				"%s: '%.100s' and '%.100s' are called different people by one "
				"line and the same by others",
				r->csv.name, dataset->file[pair->reference].name,
				dataset->file[pair->probe].name);
		}
	}
	return number_people(dataset, error);
}

int pst_dataset_read_pairs(FILE *file, const char *name, const char *folder,
	struct pst_dataset *ret_dataset, struct pst_error *error)
{
	struct pst_dataset dataset = {0};
	struct pair_reading r = {.dataset = &dataset, .folder = folder};
	int status;

	pst_csv_init(&r.csv, file, name);
	while ((status = pst_csv_next(&r.csv, error)) == 1) {
		status = put_pair(&r, error);
		if (status < 0) {
			break;
		}
	}
	if (status == 0 && dataset.pairs == 0) {
		status = pst_csv_fail(&r.csv, error, "no pair is named");
	}
	if (status == 0) {
		status = find_people(&r, error);
	}
	pst_csv_finish(&r.csv);
	pst_names_finish(&r.files);
	if (status < 0) {
		pst_dataset_finish(&dataset);
		return status;
	}
	*ret_dataset = dataset;
	return 0;
}

void pst_dataset_finish(struct pst_dataset *dataset)
{
	for (uint32_t i = 0; i < dataset->files; i++) {
		free(dataset->file[i].path);
	}
	free(dataset->file);
	free(dataset->pair);
	pst_names_finish(&dataset->people);
	*dataset = (struct pst_dataset){0};
}
