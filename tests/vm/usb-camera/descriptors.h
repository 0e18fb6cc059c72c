/* SPDX-License-Identifier: Apache-2.0 */
#ifndef USB_CAMERA_DESCRIPTORS_H
#define USB_CAMERA_DESCRIPTORS_H

#include "format.h"

#define CONFIG_MAX 8192
#define ALTS_MAX 4
#define STRING_MAX 254 /* bytes of a string descriptor */
#define IN_ENDPOINT 0x81
#define BULK_PACKETS 32	  /* of one payload on a bulk endpoint, as many as uvcvideo takes at once */
#define CLOCK_HZ 48000000 /* of the camera's own clock */

/* Entities of the control interface. */
#define UNIT_CAMERA 1
#define UNIT_PROCESSING 2
#define UNIT_OUTPUT 3

/** Who the camera says it is. */
struct identity {
	char name[64];
	char serial[64]; /* "": none at all */
	uint16_t vendor, product;
};

/** How it is wired. */
struct wiring {
	bool bulk;
	bool super; /* SuperSpeed */
};

struct descriptors {
	struct wiring wiring;
	uint8_t device[18];
	uint8_t bos[22]; /* SuperSpeed only */
	uint8_t config[CONFIG_MAX];
	size_t config_size;
	uint32_t alt_payload[ALTS_MAX +
			     1]; /* bytes per microframe of each alternate setting; [0] 0 */
	unsigned alt_count;	 /* with a stream; 0 for bulk */
};

/** Writes all descriptors of the camera. */
void descriptors_build(struct descriptors *descriptors, const struct identity *identity,
	const struct modes *modes, const struct wiring *wiring);

/**
 * @param index  0: the languages; 1: manufacturer; 2: name; 3: serial number
 * @return bytes written, 0 if there is no such string
 */
size_t descriptors_string(const struct identity *identity, unsigned index, uint8_t to[STRING_MAX]);

/** @return the largest payload the wiring carries, bytes with its header */
uint32_t descriptors_payload_max(const struct descriptors *descriptors);

#endif
