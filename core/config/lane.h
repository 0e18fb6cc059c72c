/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_CONFIG_LANE_H
#define PST_CONFIG_LANE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * A lane file: one camera, one policy, its plugins and its limits.
 *
 *   pst_lane_config_init        the defaults
 *   pst_lane_config_load        LANE.yaml over them
 *   pst_lane_config_set         each option of the command line over those
 *   pst_lane_config_check       the whole: nothing missing, nothing contradicting
 *
 * Names of policy values (direction, purpose, ...) and of plugins are only checked to be names: who
 * has the policy and the plugins resolves them.
 */

#define PST_LANE_TEXT_SIZE 72	/* an id of at most 64 bytes */
#define PST_LANE_PATH_SIZE 1024 /* paths and source URIs */
#define PST_LANE_VALUE_SIZE 256
#define PST_LANE_OPTIONS_MAX 32

/* Values as in devices/device.h. */
enum pst_lane_pace {
	PST_LANE_PACE_UNSET = 0,
	PST_LANE_PACE_REAL = 1, /* real: a recording takes as long as it took */
	PST_LANE_PACE_MAX = 2,	/* max: as fast as it goes, time is the recording's own */
};

/** What the camera does while nobody has a permit. */
enum pst_lane_idle {
	PST_LANE_IDLE_UNSET = 0,
	PST_LANE_IDLE_STOPPED,	 /* stopped: does not stream at all */
	PST_LANE_IDLE_STREAMING, /* streaming: frames are returned unread */
};

/** Whether a second vision worker waits for the first one to die. */
enum pst_lane_spare {
	PST_LANE_SPARE_UNSET = 0,
	PST_LANE_SPARE_NONE, /* none: a replacement takes as long as a start */
	PST_LANE_SPARE_WARM, /* warm: loaded and locked down; costs its memory */
};

/** Whether somebody may look at a picture while there is a permit. */
enum pst_lane_picture {
	PST_LANE_PICTURE_UNSET = 0,
	PST_LANE_PICTURE_OFF,	 /* off: nobody */
	PST_LANE_PICTURE_MASKED, /* masked: with nobody to be seen but the person in the zone */
};

/** What an answer of the presentation attack detector is for. */
enum pst_lane_pad {
	PST_LANE_PAD_UNSET = 0, /* as required where there is a detector */
	PST_LANE_PAD_REQUIRED,	/* required: whatever is no pass refers the person to a human */
	PST_LANE_PAD_REPORTED,	/* reported: told in the events, decides nothing */
};

enum pst_lane_sandbox {
	PST_LANE_SANDBOX_UNSET = 0,
	PST_LANE_SANDBOX_STRICT, /* strict: refuses to start where the kernel cannot */
	PST_LANE_SANDBOX_OFF,	 /* off: must be asked for, is audited */
};

/** Which clock tells the day that policy rules are in force on. */
enum pst_lane_zone_kind {
	PST_LANE_TIME_ZONE_UNSET = 0,
	PST_LANE_TIME_ZONE_LOCAL, /* local: this machine's time zone */
	PST_LANE_TIME_ZONE_FIXED, /* UTC, +02:00, -05:00: offset_s */
	PST_LANE_TIME_ZONE_NAMED, /* America/New_York: zone_name, with its summer time */
};

/** One option handed to a plugin, unread: the plugin's manifest says what it may be. */
struct pst_lane_plugin_option {
	char plugin[PST_LANE_TEXT_SIZE];
	char name[PST_LANE_TEXT_SIZE];
	char value[PST_LANE_VALUE_SIZE];
};

/** Fractions of the picture, 0..1, from its upper left corner. */
struct pst_lane_zone {
	double x;
	double y;
	double width;
	double height;
};

/**
 * All of a lane's settings. Plain data: copied by assignment, nothing to free. In brackets: the key
 * of the file and its default; "required" has none.
 */
struct pst_lane_config {
	char name[PST_LANE_TEXT_SIZE]; /* [name: lane] an id */

	char source[PST_LANE_PATH_SIZE]; /* [source.uri, required] */
	enum pst_lane_pace pace;	 /* [source.pace: max] cameras are always real */
	enum pst_lane_idle idle;	 /* [source.idle: streaming] */

	char policy[PST_LANE_PATH_SIZE];       /* [policy.file, required] */
	char choices[PST_LANE_PATH_SIZE];      /* [policy.choices: ""] an operator's, signed */
	char operator_key[PST_LANE_PATH_SIZE]; /* [policy.operator: ""] who must have signed them */
	char direction[PST_LANE_TEXT_SIZE];    /* [policy.direction: entry] */
	char environment[PST_LANE_TEXT_SIZE];  /* [policy.environment: air] */
	char purpose[PST_LANE_TEXT_SIZE];      /* [policy.purpose: verify] */
	char mode[PST_LANE_TEXT_SIZE];	       /* [policy.mode: normal] */
	int32_t date; /* [policy.date: none] days since 1970; PST_LANE_DATE_TODAY: none */
	enum pst_lane_zone_kind time_zone;	 /* [policy.time-zone: local] */
	int32_t time_zone_offset_s;		 /* east of UTC, when FIXED; -14 h..14 h */
	char time_zone_name[PST_LANE_TEXT_SIZE]; /* when NAMED */

	char detector[PST_LANE_TEXT_SIZE];  /* [plugins.detector: "", the best there is] */
	char quality[PST_LANE_TEXT_SIZE];   /* [plugins.quality: facequal] */
	char pad[PST_LANE_TEXT_SIZE];	    /* [plugins.pad: ""] "": nobody looks for attacks */
	char extractor[PST_LANE_TEXT_SIZE]; /* [plugins.extractor: "", the best there is] */
	char matcher[PST_LANE_TEXT_SIZE];   /* [plugins.matcher: cosine] */
	struct pst_lane_plugin_option options[PST_LANE_OPTIONS_MAX]; /* [plugins.options] */
	size_t option_count;

	struct pst_lane_zone zone; /* [zone: x 0.33, y 0, width 0.34, height 1]
				    * the capture zone: the middle third */

	uint32_t min_face_px;  /* [capture.min-face: 60] width of the face box, 20..2000 px */
	uint32_t good_quality; /* [capture.good-quality: 60] 0..100; stop early at this one */
	int64_t timeout_ns;    /* [capture.timeout: 20s] from permit to giving up, 1s..10min */
	uint32_t follow;       /* [capture.follow: 30] frames in a row that are searched near the
				* person alone, 0..300; 0: each is searched in full */
	uint32_t max_frames;   /* [capture.frames: 18000] most of one person, 1..100000 */
	int64_t stop_after_ns; /* [capture.stop-after: 1s] take the best shot so long after the
				* first usable one, however good it is; 0..timeout */

	enum pst_lane_pad pad_impersonation; /* [pad.impersonation: required] needs plugins.pad */
	enum pst_lane_pad pad_evasion;	     /* [pad.evasion: required] needs plugins.pad */

	double fmr;			  /* [match.fmr: 1e-3] 1e-7..0.1 */
	char gallery[PST_LANE_TEXT_SIZE]; /* [match.gallery: ""] "": there is none to match with */
	uint32_t rank;			  /* [match.rank: 1] 1..50, the last rank that counts */

	char control[PST_LANE_PATH_SIZE];	/* [control.socket: ""] "": none; "auto": in the
						 * state directory */
	char control_group[PST_LANE_TEXT_SIZE]; /* [control.group: ""] whose members may use it */
	int64_t notice_timeout_ns;     /* [control.notice-timeout: 2s] for how long a display's
					* heartbeat holds, 200ms..60s */
	enum pst_lane_picture picture; /* [control.picture: off] needs control.socket */
	int64_t longest_ns; /* [control.longest: 300s] an encounter lasts no longer, 5s..1h */

	char state[PST_LANE_PATH_SIZE];	     /* [state: ""] "": the user's state directory */
	char key[PST_LANE_PATH_SIZE];	     /* [key: ""] "": no vault is opened */
	char credential[PST_LANE_TEXT_SIZE]; /* [credential: ""] of systemd, instead of key */
	char bulletin[PST_LANE_PATH_SIZE];   /* [bulletin: ""] of a vault elsewhere: the lane seals
					      * for it and reads nothing; excludes key */
	int64_t vault_idle_ns; /* [vault.idle: 0s] without an encounter for so long: the vault's
				* keys leave the memory; 0: they stay; up to 24h */
	char events[PST_LANE_PATH_SIZE]; /* [events: ""] "": none; "-": standard output */
	enum pst_lane_spare spare;	 /* [spare: warm] */
	enum pst_lane_sandbox sandbox;	 /* [sandbox: strict] */
};

#define PST_LANE_DATE_TODAY INT32_MIN

/** Fills in every default. What is required stays empty. */
void pst_lane_config_init(struct pst_lane_config *config);

/**
 * Reads a lane file over what stands in the config; keys that it does not give stay as they are.
 * Relative paths in it, file sources too, are taken from the file's folder.
 *
 * @return 0
 *         PST_E_CONFIG  not a valid lane file; the error begins "FILE:LINE:COL: "
 *         -errno        cannot be read
 * On error: the config is unchanged.
 */
int pst_lane_config_load(
	struct pst_lane_config *config, const char *path, struct pst_error *error) PST_MUST_CHECK;

/** As pst_lane_config_load, from memory. @param name  what errors and paths take it to be */
int pst_lane_config_parse(struct pst_lane_config *config, const char *name, const void *text,
	size_t size, struct pst_error *error) PST_MUST_CHECK;

/**
 * Sets one value as a lane file would, for options of the command line: "source.uri",
 * "capture.timeout". Relative paths stay as they are.
 *
 * @return 0; PST_E_CONFIG with the error filled ("capture.timeout: '20' is not a duration; ...")
 */
int pst_lane_config_set(struct pst_lane_config *config, const char *key, const char *value,
	struct pst_error *error) PST_MUST_CHECK;

/** Adds an option for a plugin, or replaces it. @return 0; PST_E_CONFIG with the error filled */
int pst_lane_config_set_option(struct pst_lane_config *config, const char *plugin, const char *name,
	const char *value, struct pst_error *error) PST_MUST_CHECK;

/**
 * Checks what no single value shows: the required ones are there, the zone lies in the picture, the
 * limits agree.
 *
 * @return 0; PST_E_CONFIG with the error filled (names the key and what to do)
 */
int pst_lane_config_check(
	const struct pst_lane_config *config, struct pst_error *error) PST_MUST_CHECK;

/**
 * @return the day that policy rules are looked up for: the fixed date, or wall_s in the time zone;
 *         a named one must be this process's local time, see pst_clock_use_zone()
 */
int32_t pst_lane_config_day(const struct pst_lane_config *config, int64_t wall_s);

#endif
