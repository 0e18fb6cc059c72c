/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_WIRE_MESSAGE_H
#define PST_WIRE_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/stamp.h"
#include "frame/slots.h"
#include "postern/entry.h"
#include "wire/result.h"

/**
 * What a lane and its worker say to each other, over a SOCK_SEQPACKET pair: one message, one
 * packet, little-endian, fixed layout. START and READY carry the version; both sides come from one
 * build, so any other version is refused.
 *
 * Lane to worker                              worker to lane
 *   START   first, once                         READY, or FAULT and the end
 *   FRAME, EXTRACT, RESET      vision           FACES, TEMPLATE, RESET_DONE
 *   PICTURE                    vision           MASKED
 *   ADD, REMOVE, SEAL, VERIFY, SEARCH  match    MATCH
 *   ADD_BATCH                  match            MATCH, of the first that was not taken, or 0
 *   SEARCH_BATCH               match            MATCHES
 *   STOP                                        the end
 * Answers come in the order of the requests. FAULT may come in place of any, and is the last.
 */
#define PST_WIRE_VERSION 5
#define PST_WIRE_SIZE_MAX 98304 /* bytes of a message */
#define PST_WIRE_PLUGINS_MAX 4	/* one of each kind but the matcher */
#define PST_WIRE_OPTIONS_MAX 32
#define PST_WIRE_PATH_SIZE 4096
#define PST_WIRE_NAME_SIZE 65
#define PST_WIRE_VALUE_SIZE 256
#define PST_WIRE_INPUT_MAX 4096 /* px, longer side of a detector's picture */
#define PST_WIRE_CHIP_MAX 1024	/* px, side of a chip */

enum pst_wire_type {
	PST_WIRE_UNSET = 0,
	PST_WIRE_START,
	PST_WIRE_FRAME,
	PST_WIRE_EXTRACT,
	PST_WIRE_PICTURE,
	PST_WIRE_RESET,
	PST_WIRE_ADD,
	PST_WIRE_ADD_BATCH,
	PST_WIRE_REMOVE,
	PST_WIRE_SEAL,
	PST_WIRE_VERIFY,
	PST_WIRE_SEARCH,
	PST_WIRE_SEARCH_BATCH,
	PST_WIRE_STOP,
	PST_WIRE_READY, /* from here on worker to lane */
	PST_WIRE_FACES,
	PST_WIRE_TEMPLATE,
	PST_WIRE_MASKED,
	PST_WIRE_RESET_DONE,
	PST_WIRE_MATCH,
	PST_WIRE_MATCHES,
	PST_WIRE_FAULT,
	PST_WIRE_TYPES,
};

/** How a worker locks itself down, told with START. */
enum pst_wire_sandbox {
	PST_WIRE_SANDBOX_UNSET = 0,
	PST_WIRE_SANDBOX_STRICT,
	PST_WIRE_SANDBOX_OFF,
	PST_WIRE_SANDBOX_LEARN, /* what a plugin needs: calls outside the table are asked for and
				   told */
	PST_WIRE_SANDBOX_TYPES,
};

enum pst_wire_option_type {
	PST_WIRE_OPTION_UNSET = 0,
	PST_WIRE_OPTION_INT,
	PST_WIRE_OPTION_FLOAT,
	PST_WIRE_OPTION_TEXT,
	PST_WIRE_OPTION_TYPES,
};

struct pst_wire_option {
	uint32_t type; /* enum pst_wire_option_type */
	char name[PST_WIRE_NAME_SIZE];
	char value[PST_WIRE_VALUE_SIZE];
};

/** A plugin to load: what its manifest said, so that the worker can hold the library against it. */
struct pst_wire_plugin {
	uint32_t kind; /* enum pst_plugin_kind */
	uint32_t abi;  /* major */
	char id[PST_WIRE_NAME_SIZE];
	char version[PST_WIRE_NAME_SIZE];
	char library[PST_WIRE_PATH_SIZE]; /* canonical path */
	char model[PST_WIRE_PATH_SIZE];	  /* "" without one */
	struct pst_stamp library_stamp;	  /* the file that was verified; unset: any */
	struct pst_stamp model_stamp;	  /* likewise */
	uint32_t input_format;		  /* detector, quality, extractor without a chip */
	uint32_t input_size;		  /* px, longer side */
	uint32_t input_multiple;	  /* px */
	uint32_t chip_format;		  /* pad, extractor without an input */
	uint32_t chip_width;		  /* px */
	uint32_t chip_height;		  /* px */
	struct pst_point chip_landmark[PST_LANDMARK_COUNT];
	uint32_t template_size; /* extractor: bytes */
	float score_low;	/* matcher */
	float score_high;	/* matcher */
	uint32_t option_count;
	struct pst_wire_option option[PST_WIRE_OPTIONS_MAX];
};

struct pst_wire_start {
	uint32_t version;
	uint32_t sandbox;    /* enum pst_wire_sandbox */
	uint32_t slot_count; /* 0: a match worker */
	uint32_t slot_size;  /* bytes */
	uint32_t format;     /* enum pst_frame_format */
	uint32_t width;	     /* px */
	uint32_t height;     /* px */
	uint32_t pictures;   /* 1: PICTURE will be asked for; else it never is */
	uint32_t plugin_count;
	struct pst_wire_plugin plugin[PST_WIRE_PLUGINS_MAX];
};

struct pst_wire_extract {
	uint32_t slot;
	uint32_t role; /* enum pst_role */
	uint64_t sequence;
	struct pst_face face; /* full image space, with landmarks */
};

/** Of a frame whose faces were told, all of it searched. */
struct pst_wire_picture {
	uint32_t slot;
	uint32_t has_face; /* 0: nobody stays to be seen */
	uint64_t sequence;
	struct pst_face face; /* who does: as it was told; zeroed without */
};

/** ADD, REMOVE, VERIFY, SEARCH */
struct pst_wire_query {
	uint64_t key;
	uint32_t cap;  /* SEARCH: candidates wanted */
	uint32_t size; /* bytes of the template, 0 for REMOVE */
	uint8_t bytes[PST_TEMPLATE_MAX];
};

/** SEARCH_BATCH: count * size and count * cap within the bounds of result.h. */
struct pst_wire_batch {
	uint32_t cap;	/* candidates wanted of each probe */
	uint32_t count; /* probes */
	uint32_t size;	/* bytes of each */
	uint8_t bytes[PST_WIRE_BATCH_BYTES];
};

/** ADD_BATCH: count * size at most PST_WIRE_BATCH_BYTES. */
struct pst_wire_adds {
	uint32_t count; /* templates */
	uint32_t size;	/* bytes of each */
	uint64_t key[PST_PROBES_MAX];
	uint8_t bytes[PST_WIRE_BATCH_BYTES];
};

struct pst_wire_reset_done {
	uint64_t permit;
	uint64_t frames;   /* frames taken from slots since the start */
	uint64_t taken;	   /* of them, those under this permit */
	uint64_t extracts; /* extractions under this permit */
};

struct pst_wire_fault {
	int32_t status;
	char text[PST_WIRE_VALUE_SIZE];
};

struct pst_wire_message {
	enum pst_wire_type type;
	union {
		struct pst_wire_start start;
		struct {
			struct pst_slot_frame frame;
			struct pst_wire_search search;
		};
		struct pst_wire_extract extract;
		struct pst_wire_picture picture;
		uint64_t permit; /* RESET */
		struct pst_wire_query query;
		struct pst_wire_batch batch;
		struct pst_wire_adds adds;
		uint32_t version; /* READY */
		struct pst_wire_faces faces;
		struct pst_wire_template template_;
		struct pst_wire_masked masked;
		struct pst_wire_reset_done reset_done;
		struct pst_wire_match match;
		struct pst_wire_matches matches;
		struct pst_wire_fault fault;
	};
};

/**
 * Encodes a message.
 *
 * @param buffer  room for PST_WIRE_SIZE_MAX bytes
 * @return bytes written, or PST_E_CORRUPT: a field is out of its bounds
 */
int pst_wire_encode(const struct pst_wire_message *message, uint8_t *buffer) PST_MUST_CHECK;

/**
 * Decodes a message, every count, index, text and number checked: enums known, floats finite,
 * texts ended, nothing left over.
 *
 * @param ret_message  on error its content is void; only the fields of its type are written
 * @return 0, or PST_E_CORRUPT
 */
int pst_wire_decode(
	const uint8_t *data, size_t size, struct pst_wire_message *ret_message) PST_MUST_CHECK;

/** @return "start", "frame", ...; "unset" */
const char *pst_wire_type_name(enum pst_wire_type type);

#endif
