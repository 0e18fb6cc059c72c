/* SPDX-License-Identifier: Apache-2.0 */
#include "evaluate/dataset.h"

#include "fixture.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct pst_dataset dataset;
static struct pst_error error;
static char folder[] = "/tmp/postern-dataset-XXXXXX";

static void setup(void)
{
	cr_assert_not_null(mkdtemp(folder));
}

static void teardown(void)
{
	char command[96];

	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	cr_assert_eq(system(command), 0);
	pst_dataset_finish(&dataset);
}

TestSuite(dataset, .init = setup, .fini = teardown);

static void put(const char *name)
{
	char path[128];

	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		(void)snprintf(path, sizeof(path), "%s/%.*s", folder, (int)(slash - name), name);
		(void)mkdir(path, 0700);
	}
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	cr_assert_not_null(file);
	(void)fclose(file);
}

Test(dataset, a_folder_per_person_in_order)
{
	put("p10/a.jpg");
	put("p2/b.JPG");
	put("p2/a.png");
	put("p2/clip.avi");
	put("p2/notes.txt");
	put("p2/.hidden.jpg");
	put("p2/deeper.jpg/x.jpg");
	put("readme.md");
	put(".git/x.jpg");
	cr_assert_eq(pst_dataset_scan(folder, "person", 2, &dataset, &error), 0, "%s", error.text);
	cr_assert_eq(dataset.people.count, 2);
	cr_assert_str_eq(dataset.people.at[0], "p2");
	cr_assert_eq(dataset.files, 4);
	cr_assert_str_eq(dataset.file[0].name, "p2/a.png");
	cr_assert_str_eq(dataset.file[1].name, "p2/b.JPG");
	cr_assert_str_eq(dataset.file[3].name, "p10/a.jpg");
	cr_assert_eq(dataset.file[3].subject, 1);
	cr_assert_eq(dataset.passed_over, 3);
}

Test(dataset, one_person_is_not_enough)
{
	put("p1/a.jpg");
	cr_assert_eq(pst_dataset_scan(folder, "person", 2, &dataset, &error), PST_E_CONFIG);
	cr_assert(strstr(error.text, "a folder per person with pictures is needed, at least 2"),
		"%s", error.text);
	cr_assert_eq(pst_dataset_scan(folder, "species", 1, &dataset, &error), 0);
	cr_assert_eq(dataset.people.count, 1);
}

static int read_pairs(const char *text)
{
	FILE *file = file_of(text);

	memset(&error, 0, sizeof(error));
	int status = pst_dataset_read_pairs(file, "p.csv", "/data", &dataset, &error);
	(void)fclose(file);
	return status;
}

Test(dataset, files_that_pairs_call_the_same_are_one_person)
{
	cr_assert_eq(read_pairs("a,b,same\nc,d,same\n/x/e,a,different\nb,c,different\nf,b,same\n"
				"g,/x/e,same\ng,h,1\n"),
		0, "%s", error.text);
	cr_assert_eq(dataset.files, 8);
	cr_assert_eq(dataset.pairs, 7);
	cr_assert_eq(dataset.people.count, 3);
	cr_assert_str_eq(dataset.file[0].path, "/data/a");
	cr_assert_str_eq(dataset.file[4].path, "/x/e");
	cr_assert_eq(dataset.file[0].subject, dataset.file[1].subject);
	cr_assert_eq(dataset.file[0].subject, dataset.file[5].subject, "a and f, by way of b");
	cr_assert_eq(dataset.file[4].subject, dataset.file[7].subject, "e and h, by way of g");
	cr_assert_neq(dataset.file[0].subject, dataset.file[2].subject);
	cr_assert_neq(dataset.file[0].subject, dataset.file[4].subject);
}

Test(dataset, pairs_that_are_wrong_have_their_line)
{
	static const char *const wrong[][2] = {
		{"a,b\n", "FILE,FILE,same"},
		{"a,b,same\na,a,same\n", "p.csv:2: a file with itself"},
		{"a,b,perhaps\n", "neither same"},
		{"a,,same\n", "without a name"},
		{"# none\n", "no pair"},
		{"a,b,same\nb,c,same\na,c,different\n", "different people by one line"},
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		cr_assert_eq(read_pairs(wrong[i][0]), PST_E_CONFIG, "%s", wrong[i][0]);
		cr_assert(strstr(error.text, wrong[i][1]), "'%s' lacks '%s'", error.text,
			wrong[i][1]);
	}
}
