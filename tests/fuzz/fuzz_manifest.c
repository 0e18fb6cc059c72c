/* SPDX-License-Identifier: Apache-2.0 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/calibration.h"
#include "host/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A manifest and a calibration, as they would lie in a plugin's folder. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pst_calibration calibration;
	struct pst_manifest *manifest = NULL;
	struct pst_error error = {0};
	char path[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size) {
		abort();
	}
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (pst_manifest_load(path, &manifest, &error) == 0) {
		pst_manifest_destroy(&manifest);
	} else if (error.status == 0 || strchr(error.text, '\n')) {
		abort();
	}
	error = (struct pst_error){0};
	if (pst_calibration_load(path, &calibration, &error) < 0 &&
		(error.status == 0 || strchr(error.text, '\n'))) {
		abort();
	}
	close(fd);
	return 0;
}
