/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_DEVICES_V4L2_DOCTOR_H
#define PST_DEVICES_V4L2_DOCTOR_H

#include "devices/v4l2/list.h"

#define PST_V4L2_FINDINGS_MAX 32

/** How bad a finding is. */
enum pst_v4l2_level {
	PST_V4L2_LEVEL_UNSET = 0,
	PST_V4L2_LEVEL_NOTE,	/* nothing is wrong yet */
	PST_V4L2_LEVEL_WARNING, /* it works, but worse than it could */
	PST_V4L2_LEVEL_FATAL,	/* the camera can't be used */
};

/**
 * What can be wrong with a camera. The names are for scripts and stay as they are.
 * X(value, name, level)
 */
#define PST_V4L2_CAUSE_MAP(X)                                                                      \
	X(NO_CAMERA, "no-camera", FATAL)                                                           \
	X(NO_DRIVER, "no-driver", FATAL)                                                           \
	X(NO_NODE, "no-node", FATAL)                                                               \
	X(NO_PERMISSION, "no-permission", FATAL)                                                   \
	X(NO_UDEV_RULE, "no-udev-rule", FATAL)                                                     \
	X(BUSY, "busy", FATAL)                                                                     \
	X(WEDGED, "wedged", FATAL)                                                                 \
	X(FAILED, "failed", FATAL)                                                                 \
	X(METADATA_NODE, "metadata-node", FATAL)                                                   \
	X(NOT_FOUND, "not-found", FATAL)                                                           \
	X(AMBIGUOUS, "ambiguous", FATAL)                                                           \
	X(MISMATCH, "identity-mismatch", FATAL)                                                    \
	X(NO_MODE, "no-mode", FATAL)                                                               \
	X(NO_BANDWIDTH, "no-bandwidth", FATAL)                                                     \
	X(NO_FRAMES, "no-frames", FATAL)                                                           \
	X(UNPLUGGED, "unplugged", FATAL)                                                           \
	X(BANDWIDTH, "bandwidth", WARNING)                                                         \
	X(SLOW_FORMAT, "slow-format", WARNING)                                                     \
	X(SLOW_LINK, "slow-link", WARNING)                                                         \
	X(LOW_LIGHT, "low-light", WARNING)                                                         \
	X(LOW_RATE, "low-rate", WARNING)                                                           \
	X(LOST_FRAMES, "lost-frames", WARNING)                                                     \
	X(DAMAGED_FRAMES, "damaged-frames", WARNING)                                               \
	X(BAD_STAMPS, "bad-stamps", NOTE)                                                          \
	X(TWINS, "twins", NOTE)                                                                    \
	X(NAMED_BY_NODE, "named-by-node", NOTE)

enum pst_v4l2_cause {
	PST_V4L2_CAUSE_UNSET = 0,
#define PST_V4L2_CAUSE_ENUM(value, name, level) PST_V4L2_CAUSE_##value,
	PST_V4L2_CAUSE_MAP(PST_V4L2_CAUSE_ENUM)
#undef PST_V4L2_CAUSE_ENUM
};

struct pst_v4l2_finding {
	enum pst_v4l2_cause cause;
	char camera[PST_DEVICE_TEXT_SIZE]; /* its node; "" of the machine */
	char text[400];			   /* what is wrong, where */
	char fix[400];			   /* what to do */
};

/** What a short stream showed; no byte of it was read. */
struct pst_v4l2_trial {
	double seconds; /* that it streamed; 0: it did not */
	enum pst_frame_format format;
	uint32_t width;			     /* px */
	uint32_t height;		     /* px */
	char choice[PST_DEVICE_CHOICE_SIZE]; /* why this mode */
	char given_up[64];		     /* the mode that the bus had no room for; "" */
	double asked_fps;		     /* agreed with the driver; 0 unknown */
	double seen_fps; /* of the camera's numbers, by its own time; 0: too few frames */
	struct pst_device_counts counts;
	int64_t exposure_ns;	   /* 0: the camera doesn't tell */
	bool may_slow;		   /* its automatic exposure may lower the rate */
	enum pst_device_away away; /* it ended early */
	bool no_room;		   /* and never began: the bus has no room for the mode */
	char error[400];	   /* then why */
};

/** The answer. Zeroed is a valid empty one. */
struct pst_v4l2_checkup {
	struct pst_v4l2_finding finding[PST_V4L2_FINDINGS_MAX];
	size_t findings;
	int cameras;			   /* that were looked at */
	int usable;			   /* of these */
	char camera[PST_DEVICE_TEXT_SIZE]; /* node of the one that the URI names */
	char name[PST_DEVICE_TEXT_SIZE];   /* and its name */
	struct pst_v4l2_trial trial;
};

/** Where the system's files are: "/sys" and "/proc", or a test's. */
struct pst_v4l2_place {
	const char *sys;
	const char *proc;
};

/**
 * Finds out what is wrong with the cameras of this machine, or with one of them.
 *
 * @param uri      of a camera: it is looked at alone, opened as the URI says and streamed; NULL:
 *                 all are looked at, none streams
 * @param seconds  of streaming; 0: it is opened and not streamed
 * @return 0, with findings or without; PST_E_CONFIG the URI is wrong; -errno; error filled
 * [any]
 */
int pst_v4l2_doctor(const char *uri, double seconds, struct pst_v4l2_checkup *ret_checkup,
	struct pst_error *error) PST_MUST_CHECK;

/** As pst_v4l2_doctor, of another backend. */
int pst_v4l2_doctor_on(const struct v4l2_backend *backend, const struct pst_v4l2_place *place,
	const char *uri, double seconds, struct pst_v4l2_checkup *ret_checkup,
	struct pst_error *error) PST_MUST_CHECK;

/** @return "busy", "low-light", ...; "unset" */
const char *pst_v4l2_cause_name(enum pst_v4l2_cause cause);

enum pst_v4l2_level pst_v4l2_cause_level(enum pst_v4l2_cause cause);

/** @return "note", "warning", "fatal"; "unset" */
const char *pst_v4l2_level_name(enum pst_v4l2_level level);

/** @return the level of the worst finding, UNSET without one */
enum pst_v4l2_level pst_v4l2_checkup_level(const struct pst_v4l2_checkup *checkup);

#endif
