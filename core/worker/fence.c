/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/fence.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Rights that newer kernels know: what the header of Debian 12 (Linux 6.1, version 2) lacks. The
 * numbers are the kernel's interface, Documentation/userspace-api/landlock.rst.
 */
#define FS_TRUNCATE (1ULL << 14)  /* version 3 */
#define FS_IOCTL_DEV (1ULL << 15) /* version 5 */
#define NET_TCP 3ULL		  /* version 4: bind, connect */
#define SCOPES 3ULL		  /* version 6: abstract sockets, signals */
#define FS_FIRST ((1ULL << 13) - 1)

#define READ LANDLOCK_ACCESS_FS_READ_FILE
#define CODE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE)
#define TREE (CODE | LANDLOCK_ACCESS_FS_READ_DIR)

/* struct landlock_ruleset_attr as of version 6; older kernels take the front of it. */
struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

/* Where the loader finds libraries, and its list of them. */
static const struct place {
	const char *path;
	uint64_t access;
} system_places[] = {
	{"/lib", TREE},
	{"/lib64", TREE},
	{"/usr/lib", TREE},
	{"/usr/lib64", TREE},
	{"/usr/local/lib", TREE},
	{"/etc/ld.so.cache", READ},
};

static int make_ruleset(int *ret_fd, struct pst_error *error)
{
	int version =
		(int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset set = {.fs = FS_FIRST};
	size_t size = sizeof(set.fs);

	if (version < 1) {
		return pst_error_set(error, PST_E_UNSAFE,
			"sandbox: this kernel has no Landlock, or it is not switched on "
			"(CONFIG_SECURITY_LANDLOCK, and landlock in the boot parameter lsm=); with "
			"plugins that you trust, --sandbox off");
	}
	set.fs |= version >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0;
	set.fs |= version >= 3 ? FS_TRUNCATE : 0;
	set.fs |= version >= 5 ? FS_IOCTL_DEV : 0;
	if (version >= 4) {
		set.net = NET_TCP;
		size = sizeof(set.fs) + sizeof(set.net);
	}
	if (version >= 6) {
		set.scoped = SCOPES;
		size = sizeof(set);
	}
	*ret_fd = (int)syscall(SYS_landlock_create_ruleset, &set, size, 0);
	return *ret_fd >= 0 ? 0
			    : pst_error_set(error, PST_E_UNSAFE, "sandbox: Landlock: %s",
				      strerror(errno));
}

/* @return 0 or -errno */
static int open_way(int ruleset, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = access};
	struct stat about;
	int status = 0;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0) {
		return -errno;
	}
	if (fstat(rule.parent_fd, &about) == 0 && !S_ISDIR(about.st_mode)) {
		rule.allowed_access &= CODE;
	}
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0) {
		status = -errno;
	}
	(void)close(rule.parent_fd);
	return status;
}

static int open_ways(int ruleset, const struct pst_sandbox_file *files, uint32_t file_count,
	struct pst_error *error)
{
	for (size_t i = 0; i < sizeof(system_places) / sizeof(system_places[0]); i++) {
		int status = open_way(ruleset, system_places[i].path, system_places[i].access);

		if (status < 0 && status != -ENOENT) {
			return pst_error_set(error, PST_E_UNSAFE, "sandbox: Landlock: %s: %s",
				system_places[i].path, strerror(-status));
		}
	}
	for (uint32_t i = 0; i < file_count; i++) {
		int status = open_way(ruleset, files[i].path, files[i].code ? CODE : READ);

		if (status < 0) {
			return pst_error_set(error, PST_E_CONFIG, "sandbox: %s: %s", files[i].path,
				strerror(-status));
		}
	}
	return 0;
}

int pst_fence_raise(
	const struct pst_sandbox_file *files, uint32_t file_count, struct pst_error *error)
{
	int ruleset = -1;
	int status = make_ruleset(&ruleset, error);

	if (status == 0) {
		status = open_ways(ruleset, files, file_count, error);
	}
	if (status == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0) {
		status = pst_error_set(
			error, PST_E_UNSAFE, "sandbox: Landlock: %s", strerror(errno));
	}
	if (ruleset >= 0) {
		(void)close(ruleset);
	}
	return status;
}
