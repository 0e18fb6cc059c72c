/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PST_HOST_MANIFEST_H
#define PST_HOST_MANIFEST_H

#include <limits.h>
#include <stdint.h>

#include "base/error.h"
#include "postern/entry.h"
#include "postern/face.h"
#include "postern/image.h"

#define PST_MANIFEST_MODELS_MAX 8
#define PST_MANIFEST_OPTIONS_MAX 32
#define PST_MANIFEST_THREADS_MAX 16
#define PST_MANIFEST_ID_SIZE 65	   /* pst_text_is_id and a NUL */
#define PST_MANIFEST_TEXT_SIZE 256 /* summaries, option values */
#define PST_MANIFEST_DIGEST_TEXT 65

/** Number type of a template's elements. */
enum pst_template_type {
	PST_TEMPLATE_TYPE_UNSET = 0,
	PST_TEMPLATE_TYPE_FLOAT32,
	PST_TEMPLATE_TYPE_UINT8,
	PST_TEMPLATE_TYPE_UINT16,
};

/** What may be done to all templates alike without any score changing. */
enum pst_invariance {
	PST_INVARIANCE_UNSET = 0,  /* nothing is known */
	PST_INVARIANCE_ORTHOGONAL, /* multiplied by one orthogonal matrix, but for rounding */
};

enum pst_option_type {
	PST_OPTION_UNSET = 0,
	PST_OPTION_INT,
	PST_OPTION_FLOAT,
	PST_OPTION_TEXT,
};

/** An option's value: set by a model, by the operator, or the default. */
struct pst_setting {
	char name[PST_MANIFEST_ID_SIZE];
	char value[PST_MANIFEST_TEXT_SIZE];
};

/** An option that the plugin declares. */
struct pst_option {
	char name[PST_MANIFEST_ID_SIZE];
	enum pst_option_type type;
	char def[PST_MANIFEST_TEXT_SIZE];
	char low[PST_MANIFEST_ID_SIZE];	 /* numbers only; "" is no limit */
	char high[PST_MANIFEST_ID_SIZE]; /* numbers only; "" is no limit */
	char about[PST_MANIFEST_TEXT_SIZE];
};

/** A model file the plugin can work with, and the options it needs with it. */
struct pst_model {
	char file[PST_MANIFEST_TEXT_SIZE]; /* a name, no folder */
	char digest[PST_MANIFEST_DIGEST_TEXT];
	char licence[PST_MANIFEST_ID_SIZE];
	char home[PST_MANIFEST_TEXT_SIZE];
	char contract[PST_MANIFEST_ID_SIZE]; /* the id its templates must have, or "" */
	uint32_t setting_count;
	struct pst_setting setting[PST_MANIFEST_OPTIONS_MAX]; /* in file order */
};

/** What a plugin's manifest says, checked. */
struct pst_manifest {
	char path[PATH_MAX];   /* canonical path of the manifest */
	char folder[PATH_MAX]; /* its folder */
	char id[PST_MANIFEST_ID_SIZE];
	enum pst_plugin_kind kind;
	char version[PST_MANIFEST_ID_SIZE];
	uint32_t abi;
	char licence[PST_MANIFEST_ID_SIZE];
	char summary[PST_MANIFEST_TEXT_SIZE];
	char library[PATH_MAX]; /* canonical path, inside folder */
	char digest[PST_MANIFEST_DIGEST_TEXT];
	uint32_t threads; /* the calling one among them; the value of an int option `threads`, if
			     there is one, takes its place */

	struct {
		enum pst_pixels format;
		uint32_t size;	   /* px, longer side */
		uint32_t multiple; /* px */
	} input;		   /* detector, quality, extractor; format UNSET: none is given */
	struct {
		enum pst_pixels format;
		uint32_t width;	 /* px */
		uint32_t height; /* px */
		struct pst_point landmark[PST_LANDMARK_COUNT];
	} chip; /* pad, extractor; format UNSET: none is given */
	struct {
		enum pst_template_type type;
		uint32_t dimension;
		uint32_t size;		     /* bytes */
	} template_;			     /* extractor */
	char contract[PST_MANIFEST_ID_SIZE]; /* extractor without models: as of a model */
	float score_low;		     /* matcher */
	float score_high;		     /* matcher */
	uint32_t template_types;	     /* matcher: mask of 1 << enum pst_template_type */
	enum pst_invariance invariance;	     /* matcher */

	uint32_t model_count;
	struct pst_model model[PST_MANIFEST_MODELS_MAX];
	uint32_t option_count;
	struct pst_option option[PST_MANIFEST_OPTIONS_MAX];
};

/**
 * Reads and checks a manifest; looks at no other file but that the library lies in the folder.
 *
 * @param ret_manifest  on success the caller's, malloc'ed: pst_manifest_destroy
 * @return 0; PST_E_CONFIG a field is missing, unknown or wrong; PST_E_UNSAFE the library lies
 *         outside the manifest's folder; -errno. The error names file and field.
 */
int pst_manifest_load(const char *path, struct pst_manifest **ret_manifest,
	struct pst_error *error) PST_MUST_CHECK;

void pst_manifest_destroy(struct pst_manifest **manifest);

/**
 * Checks a value for one of the manifest's options: that it is declared, of its type, in range.
 *
 * @return 0, or PST_E_CONFIG with the error naming option, value and what would be right
 */
int pst_manifest_check_setting(const struct pst_manifest *manifest, const char *name,
	const char *value, struct pst_error *error) PST_MUST_CHECK;

/** @return "float32", ...; "unset" */
const char *pst_template_type_name(enum pst_template_type type);
/** @return bytes of one element, 0 for unset */
uint32_t pst_template_type_size(enum pst_template_type type);
/** @return "detector", "extractor", ...; "unset" */
const char *pst_plugin_kind_name(enum pst_plugin_kind kind);
/** @return "grey8", "rgb24", "bgr24"; "unset" */
const char *pst_pixels_name(enum pst_pixels pixels);

#endif
