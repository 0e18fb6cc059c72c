/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/access.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUPS_MAX 256
#define GROUP_MAY_ALL (S_IRGRP | S_IWGRP)

static bool is_member(gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	int count = getgroups(GROUPS_MAX, groups);
	bool found = getegid() == gid;

	for (int i = 0; i < count; i++) {
		found = found || groups[i] == gid;
	}
	return found;
}

static bool is_listed(const struct passwd *user, gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX;
	bool found = false;

	if (getgrouplist(user->pw_name, user->pw_gid, groups, &count) < 0) {
		return false;
	}
	for (int i = 0; i < count; i++) {
		found = found || groups[i] == gid;
	}
	return found;
}

static bool in_container(void)
{
	return access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0 ||
	       access("/run/systemd/container", F_OK) == 0;
}

void pst_v4l2_access_read(const char *node, int status, struct v4l2_access *ret_access)
{
	struct v4l2_access facts = {.denied = status == -EPERM, .container = in_container()};
	const struct passwd *user = getpwuid(geteuid());
	struct stat at;

	(void)snprintf(facts.node, sizeof(facts.node), "%s", node);
	if (user) {
		(void)snprintf(facts.user, sizeof(facts.user), "%s", user->pw_name);
	}
	if (stat(node, &at) < 0) {
		facts.absent = true;
	} else {
		const struct group *group = getgrgid(at.st_gid);

		facts.gid = at.st_gid;
		facts.mode = at.st_mode & 07777;
		facts.member = is_member(at.st_gid);
		facts.listed = user && is_listed(user, at.st_gid);
		if (group) {
			(void)snprintf(facts.group, sizeof(facts.group), "%s", group->gr_name);
		}
	}
	*ret_access = facts;
}

static void advise_container(const struct v4l2_access *access, char *text, size_t size)
{
	if (access->absent || access->denied) {
		(void)snprintf(text, size,
			"the container was not given it: start it with --device %s", access->node);
		return;
	}
	(void)snprintf(text, size, "start the container with --device %s --group-add %u",
		access->node, access->gid);
}

bool pst_v4l2_access_lacks_rule(const struct v4l2_access *access)
{
	return !access->absent && !access->denied && !access->container &&
	       ((access->mode & GROUP_MAY_ALL) != GROUP_MAY_ALL || access->gid == 0);
}

void pst_v4l2_access_advise(const struct v4l2_access *access, char *text, size_t size)
{
	const char *user = access->user[0] ? access->user : "USER";

	if (access->container) {
		advise_container(access, text, size);
	} else if (access->absent) {
		(void)snprintf(text, size,
			"there is no such node in /dev; let udev make it: sudo udevadm trigger "
			"--subsystem-match=video4linux");
	} else if (pst_v4l2_access_lacks_rule(access)) {
		(void)snprintf(text, size,
			"no udev rule gives it to a group: echo 'SUBSYSTEM==\"video4linux\", "
			"GROUP=\"video\", MODE=\"0660\"' | sudo tee "
			"/etc/udev/rules.d/70-video.rules; sudo udevadm control --reload; sudo "
			"udevadm trigger --subsystem-match=video4linux");
	} else if (access->denied || access->member) {
		(void)snprintf(text, size,
			"not its permissions but a rule of the system denies it: DeviceAllow= of "
			"the service, AppArmor or SELinux");
	} else if (access->listed) {
		(void)snprintf(text, size,
			"%s is in the group %s, but this session is older than that: log out and "
			"in again",
			user, access->group);
	} else if (!access->group[0]) {
		(void)snprintf(text, size,
			"sudo groupadd -g %u video; sudo usermod -aG video %s; then log out and in "
			"again",
			access->gid, user);
	} else {
		(void)snprintf(text, size, "sudo usermod -aG %s %s; then log out and in again",
			access->group, user);
	}
}
