/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "counter.h"
#include "options.h"

#define FILE_MAX (64 << 20)

enum {
	EXIT_DAMAGED = 1,
	EXIT_USAGE = 2,
	EXIT_SOURCE = 3,
};

static int fail(const struct pst_error *error)
{
	(void)fprintf(stderr, "usb-camera: %s\n", error->text);
	return error->status == PST_E_CONFIG ? EXIT_USAGE : EXIT_SOURCE;
}

static int read_files(const struct settings *settings, char **files, int count)
{
	int result = EXIT_SUCCESS;

	for (int i = 0; i < count; i++) {
		struct pst_error error = {0};
		uint8_t *data = NULL;
		size_t size = 0;
		uint32_t number = 0;
		char mark = 0;

		if (pst_fd_read_file(files[i], FILE_MAX, &data, &size, &error) < 0) {
			return fail(&error);
		}
		int status = counter_read(settings->modes.formats[0], settings->modes.sizes[0],
			data, size, &mark, &number, &error);

		if (status < 0) {
			(void)printf("%s: damaged: %s\n", files[i], error.text);
			result = EXIT_DAMAGED;
		} else {
			(void)printf("%s: frame %u of %c\n", files[i], number, mark);
		}
		free(data);
	}
	return result;
}

int main(int argc, char **argv)
{
	struct pst_error error = {0};
	static struct settings settings;

	switch (options_read(argc, argv, &settings, &error)) {
	case OPTIONS_HELP:
		options_help(stdout);
		return EXIT_SUCCESS;
	case OPTIONS_READ:
		return read_files(&settings, argv + optind, argc - optind);
	case OPTIONS_RUN:
		return camera_run(&settings, &error) < 0 ? fail(&error) : EXIT_SUCCESS;
	case OPTIONS_BAD:
		break;
	}
	return fail(&error);
}
