/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/v4l2/sysfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"

#define USB_CLASS_VIDEO 0x0e
#define USB_VIDEO_CONTROL 0x01 /* subclass: one such interface in each camera */

#define ATTRIBUTE_MAX 4096 /* sysfs gives a page at most */

/* @return bytes of the character that begins here, 0 if it is none that can be printed */
static size_t character(const unsigned char *at, size_t left)
{
	size_t size = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
	uint32_t code;

	if (at[0] < 0x80) {
		return at[0] >= 0x20 && at[0] != 0x7f;
	}
	if (at[0] < 0xc2 || at[0] > 0xf4 || size > left) {
		return 0;
	}
	code = at[0] & (0x7f >> size);
	for (size_t i = 1; i < size; i++) {
		if ((at[i] & 0xc0) != 0x80) {
			return 0;
		}
		code = code << 6 | (at[i] & 0x3f);
	}
	if (code < 0xa0 || (size == 3 && code < 0x800) || (code >= 0xd800 && code < 0xe000) ||
		(size == 4 && (code < 0x10000 || code > 0x10ffff))) {
		return 0;
	}
	return size;
}

void pst_v4l2_text_clean(char *to, size_t size, const char *from, size_t length)
{
	size_t used = 0;

	for (size_t i = 0; i < length && from[i];) {
		size_t bytes = character((const unsigned char *)from + i, length - i);
		size_t taken = bytes ? bytes : 1;

		if (used + taken >= size) {
			break;
		}
		if (bytes) {
			memcpy(to + used, from + i, bytes);
		} else {
			to[used] = '?';
		}
		used += taken;
		i += taken;
	}
	to[used] = 0;
}

static ssize_t read_attribute(const char *folder, const char *name, char text[ATTRIBUTE_MAX])
{
	char path[PATH_MAX];

	if (pst_text_path(path, sizeof(path), folder, name) < 0) {
		return -ENAMETOOLONG;
	}
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0) {
		return -errno;
	}
	ssize_t size = pst_fd_read_full(fd, text, ATTRIBUTE_MAX - 1);

	pst_fd_close(&fd);
	if (size > 0 && text[size - 1] == '\n') {
		size--;
	}
	text[size < 0 ? 0 : size] = 0;
	return size;
}

void pst_v4l2_sysfs_text(const char *folder, const char *name, char *text, size_t size)
{
	char value[ATTRIBUTE_MAX] = "";
	ssize_t length = read_attribute(folder, name, value);

	pst_v4l2_text_clean(text, size, value, length > 0 ? (size_t)length : 0);
}

static uint32_t read_number(const char *folder, const char *name, int base)
{
	char text[ATTRIBUTE_MAX];

	return read_attribute(folder, name, text) > 0 ? (uint32_t)strtoul(text, NULL, base) : 0;
}

/* The path of the node in /dev, which udev may have named otherwise than the kernel's number. */
static void read_node(const char *folder, struct v4l2_identity *identity)
{
	char text[ATTRIBUTE_MAX];
	const char *name = strrchr(folder, '/') + 1;
	size_t length = strlen(name);

	if (read_attribute(folder, "uevent", text) > 0) {
		const char *line =
			strncmp(text, "DEVNAME=", 8) == 0 ? text - 1 : strstr(text, "\nDEVNAME=");

		if (line) {
			name = line + 9;
			length = strcspn(name, "\n");
		}
	}
	(void)snprintf(identity->node, sizeof(identity->node), "/dev/%.*s", (int)length, name);
}

static void read_usb(const char *folder, struct v4l2_identity *identity)
{
	identity->vendor = (uint16_t)read_number(folder, "idVendor", 16);
	identity->product = (uint16_t)read_number(folder, "idProduct", 16);
	identity->bus = read_number(folder, "busnum", 10);
	identity->mbit = read_number(folder, "speed", 10);
	pst_v4l2_sysfs_text(folder, "serial", identity->serial, sizeof(identity->serial));
	(void)snprintf(
		identity->port, sizeof(identity->port), "usb-%.100s", strrchr(folder, '/') + 1);
	(void)snprintf(identity->usb_path, sizeof(identity->usb_path), "%s", folder);
}

/* Up from the node: the USB interface that it belongs to, then the USB device. */
static void read_parents(char *folder, size_t root, struct v4l2_identity *identity)
{
	char text[ATTRIBUTE_MAX];
	char *slash;

	while ((slash = strrchr(folder, '/')) && (size_t)(slash - folder) > root) {
		*slash = 0;
		if (read_attribute(folder, "bInterfaceNumber", text) > 0) {
			const char *colon = strrchr(strrchr(folder, '/'), ':');

			(void)snprintf(identity->function, sizeof(identity->function), "%.10s",
				colon ? colon + 1 : "");
		}
		if (read_attribute(folder, "idVendor", text) > 0) {
			if (strlen(folder) < sizeof(identity->usb_path)) {
				read_usb(folder, identity);
			}
			return;
		}
	}
}

static int read_folder(const char *root, const char *link, struct v4l2_identity *ret_identity)
{
	struct v4l2_identity identity = {0};
	char folder[PATH_MAX];
	char base[PATH_MAX];
	char text[ATTRIBUTE_MAX];
	int end = 0;

	if (!realpath(link, folder) || !realpath(root, base)) {
		return -ENODEV;
	}
	if (!strstr(folder, "/video4linux/") || read_attribute(folder, "dev", text) <= 0 ||
		sscanf(text, "%u:%u%n", &identity.major, &identity.minor, &end) != 2 || text[end]) {
		return -ENODEV;
	}
	identity.index = read_number(folder, "index", 10);
	pst_v4l2_sysfs_text(folder, "name", identity.name, sizeof(identity.name));
	read_node(folder, &identity);
	read_parents(folder, strlen(base), &identity);
	*ret_identity = identity;
	return 0;
}

int pst_v4l2_sysfs_read(
	const char *root, uint32_t major, uint32_t minor, struct v4l2_identity *ret_identity)
{
	char link[PATH_MAX];

	if (snprintf(link, sizeof(link), "%s/dev/char/%u:%u", root, major, minor) >=
		(int)sizeof(link)) {
		return -ENODEV;
	}
	return read_folder(root, link, ret_identity);
}

static int by_node(const void *a, const void *b)
{
	return strverscmp(
		((const struct v4l2_identity *)a)->node, ((const struct v4l2_identity *)b)->node);
}

static int add(struct v4l2_identity **list, int count, const struct v4l2_identity *identity)
{
	struct v4l2_identity *grown = realloc(*list, (size_t)(count + 1) * sizeof(*grown));

	if (!grown) {
		return -ENOMEM;
	}
	grown[count] = *identity;
	*list = grown;
	return count + 1;
}

int pst_v4l2_sysfs_list(const char *root, struct v4l2_identity **ret_list)
{
	struct v4l2_identity *list = NULL;
	struct v4l2_identity identity;
	char folder[PATH_MAX];
	char link[PATH_MAX];
	struct dirent *entry;
	int count = 0;

	*ret_list = NULL;
	if (pst_text_path(folder, sizeof(folder), root, "class/video4linux") < 0) {
		return 0;
	}
	DIR *dir = opendir(folder);

	while (count >= 0 && dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "video", 5) == 0 &&
			pst_text_path(link, sizeof(link), folder, entry->d_name) == 0 &&
			read_folder(root, link, &identity) == 0) {
			count = add(&list, count, &identity);
		}
	}
	if (dir) {
		(void)closedir(dir);
	}
	if (count < 0) {
		free(list);
		return count;
	}
	if (count > 0) {
		qsort(list, (size_t)count, sizeof(*list), by_node);
	}
	*ret_list = list;
	return count;
}

/* "driver" is a link to the driver's folder. */
static void read_driver(const char *interface, char *text, size_t size)
{
	char link[PATH_MAX];
	char target[PATH_MAX];
	ssize_t length = -1;

	text[0] = 0;
	if (pst_text_path(link, sizeof(link), interface, "driver") == 0) {
		length = readlink(link, target, sizeof(target) - 1);
	}
	if (length > 0) {
		target[length] = 0;
		const char *slash = strrchr(target, '/');

		pst_v4l2_text_clean(text, size, slash ? slash + 1 : target, PATH_MAX);
	}
}

/* Looks at the interfaces of a USB device. @return whether one is a camera's control */
static bool find_control(const char *device, const char *sysname, struct v4l2_usb_camera *camera)
{
	char interface[PATH_MAX];
	char nodes[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *dir = opendir(device);

	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, sysname, strlen(sysname)) != 0 ||
			pst_text_path(interface, sizeof(interface), device, entry->d_name) < 0 ||
			read_number(interface, "bInterfaceClass", 16) != USB_CLASS_VIDEO ||
			read_number(interface, "bInterfaceSubClass", 16) != USB_VIDEO_CONTROL) {
			continue;
		}
		found = true;
		if (!camera->driver[0]) {
			read_driver(interface, camera->driver, sizeof(camera->driver));
		}
		camera->has_node = camera->has_node || (pst_text_path(nodes, sizeof(nodes),
								interface, "video4linux") == 0 &&
							       access(nodes, F_OK) == 0);
	}
	if (dir) {
		(void)closedir(dir);
	}
	return found;
}

static uint32_t read_version(const char *device)
{
	char text[16];
	unsigned whole;
	unsigned part;

	pst_v4l2_sysfs_text(device, "version", text, sizeof(text));
	return sscanf(text, " %2u.%2x", &whole, &part) == 2 ? whole << 8 | part : 0;
}

size_t pst_v4l2_sysfs_usb(const char *root, struct v4l2_usb_camera *cameras, size_t cap)
{
	char folder[PATH_MAX];
	char device[PATH_MAX];
	struct dirent *entry;
	size_t count = 0;

	if (pst_text_path(folder, sizeof(folder), root, "bus/usb/devices") < 0) {
		return 0;
	}
	DIR *dir = opendir(folder);

	while (dir && count < cap && (entry = readdir(dir))) {
		struct v4l2_usb_camera *camera = &cameras[count];

		*camera = (struct v4l2_usb_camera){0};
		if (!isdigit((unsigned char)entry->d_name[0]) || strchr(entry->d_name, ':') ||
			pst_text_path(device, sizeof(device), folder, entry->d_name) < 0 ||
			!find_control(device, entry->d_name, camera)) {
			continue;
		}
		(void)snprintf(camera->port, sizeof(camera->port), "usb-%.100s", entry->d_name);
		pst_v4l2_sysfs_text(device, "product", camera->name, sizeof(camera->name));
		camera->vendor = (uint16_t)read_number(device, "idVendor", 16);
		camera->product = (uint16_t)read_number(device, "idProduct", 16);
		camera->mbit = read_number(device, "speed", 10);
		camera->usb = read_version(device);
		count++;
	}
	if (dir) {
		(void)closedir(dir);
	}
	return count;
}
