/* SPDX-License-Identifier: Apache-2.0 */
/* The file of an audit log's verification key. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/mac.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pst_mac_name name = {.log = {0xab}, .epoch = 1};
	struct pst_mac *mac = NULL;
	char path[64];
	int fd = memfd_create("seeds", MFD_CLOEXEC);

	if (fd < 0 || fchmod(fd, 0600) < 0 || write(fd, data, size) != (ssize_t)size) {
		abort();
	}
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	(void)!pst_mac_load(&mac, &name, path, NULL);
	pst_mac_close(&mac);
	(void)close(fd);
	return 0;
}
