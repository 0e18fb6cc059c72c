/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_IMPL_H
#define PST_DEVICES_IMPL_H

#include "devices/device.h"

/** What a device implements; each call as its pst_device_* namesake says. */
struct pst_device_ops {
	int (*start)(struct pst_device *device, struct pst_error *error);
	void (*stop)(struct pst_device *device);
	int (*fd)(const struct pst_device *device);
	int (*next)(
		struct pst_device *device, struct pst_frame *ret_frame, struct pst_error *error);
	/* NULL: plane[] is valid from next on */
	int (*map)(struct pst_device *device, struct pst_frame *frame, struct pst_error *error);
	void (*release)(struct pst_device *device, struct pst_frame *frame);
	void (*destroy)(struct pst_device *device); /* stopped; frees the whole object */
	/* NULL: it never stalls */
	int (*check)(struct pst_device *device, struct pst_error *error);
	/* both NULL: it does not come back */
	int (*return_fd)(const struct pst_device *device);
	int (*come_back)(struct pst_device *device, struct pst_error *error);
};

/** Embedded as the first member of each device. */
struct pst_device {
	const struct pst_device_ops *ops;
	struct pst_device_info info;
	bool streaming; /* kept by pst_device_start and _stop */
	/* good, settling, and torn by map are kept by pst_device_next and _map, the rest by the
	 * device; so is away */
	struct pst_device_counts counts;
	enum pst_device_away away;
	int64_t seen_ns; /* kept by the device, see pst_device_seen_ns */
};

/** One "key=value" that a source URI may carry behind its '?'. */
struct pst_uri_option {
	const char *key;
	char *value; /* untouched when the key is absent */
	size_t size; /* room in value; 0: PST_DEVICE_TEXT_SIZE */
};

/**
 * Splits "scheme:path?key=value&key=value" into the path and the known options.
 *
 * Values are percent-decoded. An unknown, repeated or malformed key is refused by name. A URI
 * without the scheme is taken as a plain path.
 *
 * @param options  known keys, at most 64, ended by a NULL key
 * @param ret_path the part between scheme and '?', room for size bytes
 * @return 0; PST_E_CONFIG with the error filled (names the key and the known ones)
 */
int pst_uri_parse(const char *uri, const char *scheme, const struct pst_uri_option *options,
	char *ret_path, size_t size, struct pst_error *error) PST_MUST_CHECK;

/** Decodes "%41" to "A". @return 0; -EINVAL wrongly encoded, -ENAMETOOLONG */
int pst_uri_decode(const char *from, size_t length, char *to, size_t size) PST_MUST_CHECK;

/** Encodes what means something in a URI or to a shell. @return 0; -ENAMETOOLONG, to[0] = 0 */
int pst_uri_encode(const char *from, char *to, size_t size) PST_MUST_CHECK;

#endif
