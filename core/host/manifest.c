/* SPDX-License-Identifier: Apache-2.0 */
#include "host/manifest.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "base/yaml.h"
#include "host/rules.h"
#include "postern/extractor.h"

#define FILE_MAX (64 * 1024)
#define INPUT_LEAST 32	  /* px */
#define INPUT_MOST 4096	  /* px */
#define MULTIPLE_MOST 256 /* px */
#define CHIP_LEAST 8	  /* px */
#define CHIP_MOST 1024	  /* px */

struct file_setting {
	char *name;
	char *value;
};

struct file_model {
	char *file;
	char *sha256;
	char *licence;
	char *home;
	char *contract;
	struct file_setting *options;
	uint32_t options_count;
};

struct file_option {
	char *name;
	uint32_t type;
	char *def;
	char *low;
	char *high;
	char *about;
};

struct file_input {
	uint32_t format;
	uint32_t size;
	uint32_t multiple;
};

struct file_chip {
	uint32_t format;
	uint32_t width;
	uint32_t height;
	float landmarks[PST_LANDMARK_COUNT][2];
};

struct file_template {
	uint32_t type;
	uint32_t dimension;
};

struct file_scores {
	float low;
	float high;
};

struct file {
	int32_t plugin;
	char *id;
	uint32_t kind;
	char *version;
	uint32_t abi;
	char *licence;
	char *summary;
	char *library;
	char *sha256;
	uint32_t threads;
	struct file_input *input;
	struct file_chip *chip;
	struct file_template *template_;
	char *contract;
	struct file_scores *scores;
	uint32_t *types;
	uint32_t types_count;
	uint32_t invariance; /* enum pst_invariance */
	struct file_model *models;
	uint32_t models_count;
	struct file_option *options;
	uint32_t options_count;
};

static const cyaml_strval_t kinds[] = {
	{"detector", PST_PLUGIN_DETECTOR},
	{"extractor", PST_PLUGIN_EXTRACTOR},
	{"matcher", PST_PLUGIN_MATCHER},
	{"quality", PST_PLUGIN_QUALITY},
	{"pad", PST_PLUGIN_PAD},
};

static const cyaml_strval_t pixels[] = {
	{"grey8", PST_PIXELS_GREY8},
	{"rgb24", PST_PIXELS_RGB24},
	{"bgr24", PST_PIXELS_BGR24},
};

static const cyaml_strval_t template_types[] = {
	{"float32", PST_TEMPLATE_TYPE_FLOAT32},
	{"uint8", PST_TEMPLATE_TYPE_UINT8},
	{"uint16", PST_TEMPLATE_TYPE_UINT16},
};

static const cyaml_strval_t invariances[] = {
	{"orthogonal", PST_INVARIANCE_ORTHOGONAL},
};

static const cyaml_strval_t option_types[] = {
	{"int", PST_OPTION_INT},
	{"float", PST_OPTION_FLOAT},
	{"text", PST_OPTION_TEXT},
};

#define TEXT(key, type, member, most)                                                              \
	CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, struct type, member, 1, most)
#define TEXT_OPTIONAL(key, type, member, most)                                                     \
	CYAML_FIELD_STRING_PTR(                                                                    \
		key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member, 0, most)
#define NUMBER(key, type, member) CYAML_FIELD_UINT(key, CYAML_FLAG_DEFAULT, struct type, member)
#define NAME(key, type, member, names)                                                             \
	CYAML_FIELD_ENUM(                                                                          \
		key, CYAML_FLAG_DEFAULT, struct type, member, names, CYAML_ARRAY_LEN(names))
#define PART(key, type, member, fields)                                                            \
	CYAML_FIELD_MAPPING_PTR(                                                                   \
		key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member, fields)
#define LIST(key, type, member, entry, most)                                                       \
	CYAML_FIELD_SEQUENCE(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct type, member,   \
		entry, 1, most)

static const cyaml_schema_field_t setting_fields[] = {
	TEXT("name", file_setting, name, 64),
	TEXT_OPTIONAL("value", file_setting, value, PST_MANIFEST_TEXT_SIZE - 1),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t setting_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_setting, setting_fields),
};

static const cyaml_schema_field_t model_fields[] = {
	TEXT("file", file_model, file, PST_MANIFEST_TEXT_SIZE - 1),
	TEXT("sha256", file_model, sha256, 64),
	TEXT("licence", file_model, licence, 64),
	TEXT("home", file_model, home, PST_MANIFEST_TEXT_SIZE - 1),
	TEXT_OPTIONAL("contract", file_model, contract, 64),
	LIST("options", file_model, options, &setting_schema, PST_MANIFEST_OPTIONS_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t model_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_model, model_fields),
};

static const cyaml_schema_field_t option_fields[] = {
	TEXT("name", file_option, name, 64),
	NAME("type", file_option, type, option_types),
	CYAML_FIELD_STRING_PTR("default", CYAML_FLAG_POINTER, struct file_option, def, 0,
		PST_MANIFEST_TEXT_SIZE - 1),
	TEXT_OPTIONAL("low", file_option, low, 64),
	TEXT_OPTIONAL("high", file_option, high, 64),
	TEXT("about", file_option, about, PST_MANIFEST_TEXT_SIZE - 1),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t option_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_option, option_fields),
};

static const cyaml_schema_field_t input_fields[] = {
	NAME("format", file_input, format, pixels),
	NUMBER("size", file_input, size),
	NUMBER("multiple", file_input, multiple),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t coordinate_schema = {
	CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, float),
};

static const cyaml_schema_value_t point_schema = {
	CYAML_VALUE_SEQUENCE_FIXED(CYAML_FLAG_DEFAULT, float, &coordinate_schema, 2),
};

static const cyaml_schema_field_t chip_fields[] = {
	NAME("format", file_chip, format, pixels),
	NUMBER("width", file_chip, width),
	NUMBER("height", file_chip, height),
	CYAML_FIELD_SEQUENCE_FIXED("landmarks", CYAML_FLAG_DEFAULT, struct file_chip, landmarks,
		&point_schema, PST_LANDMARK_COUNT),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t template_fields[] = {
	NAME("type", file_template, type, template_types),
	NUMBER("dimension", file_template, dimension),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t score_fields[] = {
	CYAML_FIELD_FLOAT("low", CYAML_FLAG_DEFAULT, struct file_scores, low),
	CYAML_FIELD_FLOAT("high", CYAML_FLAG_DEFAULT, struct file_scores, high),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t type_schema = {
	CYAML_VALUE_ENUM(
		CYAML_FLAG_DEFAULT, uint32_t, template_types, CYAML_ARRAY_LEN(template_types)),
};

static const cyaml_schema_field_t file_fields[] = {
	CYAML_FIELD_INT("plugin", CYAML_FLAG_DEFAULT, struct file, plugin),
	TEXT("id", file, id, 64),
	NAME("kind", file, kind, kinds),
	TEXT("version", file, version, 64),
	NUMBER("abi", file, abi),
	TEXT("licence", file, licence, 64),
	TEXT("summary", file, summary, PST_MANIFEST_TEXT_SIZE - 1),
	TEXT("library", file, library, PST_MANIFEST_TEXT_SIZE - 1),
	TEXT("sha256", file, sha256, 64),
	NUMBER("threads", file, threads),
	PART("input", file, input, input_fields),
	PART("chip", file, chip, chip_fields),
	PART("template", file, template_, template_fields),
	TEXT_OPTIONAL("contract", file, contract, 64),
	PART("scores", file, scores, score_fields),
	LIST("types", file, types, &type_schema, CYAML_ARRAY_LEN(template_types)),
	CYAML_FIELD_ENUM("invariance", CYAML_FLAG_OPTIONAL, struct file, invariance, invariances,
		CYAML_ARRAY_LEN(invariances)),
	LIST("models", file, models, &model_schema, PST_MANIFEST_MODELS_MAX),
	LIST("options", file, options, &option_schema, PST_MANIFEST_OPTIONS_MAX),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t file_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields),
};

static const char *name_of(const cyaml_strval_t *names, size_t count, uint32_t value)
{
	for (size_t i = 0; i < count; i++) {
		if (names[i].val == value) {
			return names[i].str;
		}
	}
	return "unset";
}

const char *pst_template_type_name(enum pst_template_type type)
{
	return name_of(template_types, CYAML_ARRAY_LEN(template_types), type);
}

uint32_t pst_template_type_size(enum pst_template_type type)
{
	switch (type) {
	case PST_TEMPLATE_TYPE_FLOAT32:
		return 4;
	case PST_TEMPLATE_TYPE_UINT8:
		return 1;
	case PST_TEMPLATE_TYPE_UINT16:
		return 2;
	case PST_TEMPLATE_TYPE_UNSET:
		break;
	}
	return 0;
}

const char *pst_plugin_kind_name(enum pst_plugin_kind kind)
{
	return name_of(kinds, CYAML_ARRAY_LEN(kinds), kind);
}

const char *pst_pixels_name(enum pst_pixels format)
{
	return name_of(pixels, CYAML_ARRAY_LEN(pixels), format);
}

/* Everything a loader needs at hand: where it reads, what it fills. */
struct loader {
	const struct pst_yaml *yaml;
	const struct file *file;
	struct pst_manifest *to;
	struct pst_error *error;
};

/* The schema has bounded every text to its place. */
static void set_text(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from ? from : "");
}

static bool is_digest(const char *text)
{
	uint8_t digest[32];

	return pst_bytes_from_hex(text, digest, sizeof(digest)) == 0 &&
	       strpbrk(text, "ABCDEF") == NULL;
}

static bool is_file_name(const char *text)
{
	return text[0] != '.' && strchr(text, '/') == NULL;
}

static int load_identity(struct loader *l)
{
	const struct file *file = l->file;
	struct pst_manifest *to = l->to;

	if (file->plugin != 1) {
		return pst_yaml_fail(l->yaml, l->error, "plugin",
			"manifest format %d is not known; this postern reads 1", file->plugin);
	}
	if (!pst_text_is_id(file->id)) {
		return pst_yaml_fail(l->yaml, l->error, "id",
			"id '%s' may hold letters, digits, '-', '_' and '.' only", file->id);
	}
	if (!pst_text_is_id(file->version)) {
		return pst_yaml_fail(l->yaml, l->error, "version", "version '%s' is not like 1.0.0",
			file->version);
	}
	if (file->abi < 1 || file->abi > UINT16_MAX) {
		return pst_yaml_fail(
			l->yaml, l->error, "abi", "abi is the major version, %d", PST_ABI_MAJOR);
	}
	if (!is_file_name(file->library)) {
		return pst_yaml_fail(l->yaml, l->error, "library",
			"library '%s' must be the name of a file beside the manifest",
			file->library);
	}
	if (!is_digest(file->sha256)) {
		return pst_yaml_fail(
			l->yaml, l->error, "sha256", "sha256 must be 64 lower-case hex digits");
	}
	if (file->threads < 1 || file->threads > PST_MANIFEST_THREADS_MAX) {
		return pst_yaml_fail(l->yaml, l->error, "threads",
			"threads must be 1 to %d, not %u", PST_MANIFEST_THREADS_MAX, file->threads);
	}
	set_text(to->id, sizeof(to->id), file->id);
	set_text(to->version, sizeof(to->version), file->version);
	set_text(to->licence, sizeof(to->licence), file->licence);
	set_text(to->summary, sizeof(to->summary), file->summary);
	set_text(to->digest, sizeof(to->digest), file->sha256);
	set_text(to->contract, sizeof(to->contract), file->contract);
	to->kind = file->kind;
	to->abi = file->abi;
	to->threads = file->threads;
	return 0;
}

static int need_part(struct loader *l, const char *key, bool given, bool needed)
{
	if (given == needed) {
		return 0;
	}
	return pst_yaml_fail(l->yaml, l->error, given ? key : "",
		given ? "'%s' is not for a plugin of kind %s; remove it"
		      : "'%s' is missing; a plugin of kind %s must have it",
		key, pst_plugin_kind_name(l->to->kind));
}

static int load_input(struct loader *l)
{
	const struct file_input *input = l->file->input;
	bool is = l->to->kind == PST_PLUGIN_DETECTOR || l->to->kind == PST_PLUGIN_QUALITY;
	bool may = l->to->kind == PST_PLUGIN_EXTRACTOR;
	int status = may ? 0 : need_part(l, "input", input != NULL, is);

	if (status < 0 || !input) {
		return status;
	}
	if (input->size < INPUT_LEAST || input->size > INPUT_MOST) {
		return pst_yaml_fail(l->yaml, l->error, "input.size",
			"size must be %d to %d px, not %u", INPUT_LEAST, INPUT_MOST, input->size);
	}
	if (input->multiple < 1 || input->multiple > MULTIPLE_MOST ||
		input->size % input->multiple != 0) {
		return pst_yaml_fail(l->yaml, l->error, "input.multiple",
			"multiple must be 1 to %d px and divide size", MULTIPLE_MOST);
	}
	l->to->input.format = input->format;
	l->to->input.size = input->size;
	l->to->input.multiple = input->multiple;
	return 0;
}

static int load_chip(struct loader *l)
{
	const struct file_chip *chip = l->file->chip;
	bool is = l->to->kind == PST_PLUGIN_PAD;
	bool may = l->to->kind == PST_PLUGIN_EXTRACTOR;
	int status = may ? 0 : need_part(l, "chip", chip != NULL, is);
	float spread = 0;

	if (may && (chip != NULL) == (l->file->input != NULL)) {
		return pst_yaml_fail(l->yaml, l->error, chip ? "input" : "",
			"an extractor needs either 'chip', a face cut out and aligned, or 'input', "
			"the "
			"whole picture");
	}
	if (status < 0 || !chip) {
		return status;
	}
	if (chip->width < CHIP_LEAST || chip->width > CHIP_MOST || chip->height < CHIP_LEAST ||
		chip->height > CHIP_MOST) {
		return pst_yaml_fail(l->yaml, l->error, "chip.width",
			"a chip's sides must be %d to %d px, not %ux%u", CHIP_LEAST, CHIP_MOST,
			chip->width, chip->height);
	}
	l->to->chip.format = chip->format;
	l->to->chip.width = chip->width;
	l->to->chip.height = chip->height;
	for (int i = 0; i < PST_LANDMARK_COUNT; i++) {
		float x = chip->landmarks[i][0], y = chip->landmarks[i][1];

		if (!(x >= 0) || !(y >= 0) || !(x < (float)chip->width) ||
			!(y < (float)chip->height)) {
			return pst_yaml_fail(l->yaml, l->error, "chip.landmarks",
				"landmark %d lies outside the chip", i + 1);
		}
		spread += fabsf(x - chip->landmarks[0][0]) + fabsf(y - chip->landmarks[0][1]);
		l->to->chip.landmark[i] = (struct pst_point){x, y};
	}
	if (!(spread > 1)) {
		return pst_yaml_fail(
			l->yaml, l->error, "chip.landmarks", "the landmarks fall into one point");
	}
	return 0;
}

static int load_template(struct loader *l)
{
	const struct file_template *template_ = l->file->template_;
	bool is = l->to->kind == PST_PLUGIN_EXTRACTOR;
	int status = need_part(l, "template", template_ != NULL, is);
	uint32_t each;

	if (status < 0 || !is) {
		return status;
	}
	assert(template_);
	each = pst_template_type_size(template_->type);
	assert(each > 0);
	if (template_->dimension < 1 || template_->dimension > PST_TEMPLATE_MAX / each) {
		return pst_yaml_fail(l->yaml, l->error, "template.dimension",
			"dimension must be 1 to %u", PST_TEMPLATE_MAX / each);
	}
	l->to->template_.type = template_->type;
	l->to->template_.dimension = template_->dimension;
	l->to->template_.size = template_->dimension * each;
	return 0;
}

static int load_matcher(struct loader *l)
{
	const struct file_scores *scores = l->file->scores;
	bool is = l->to->kind == PST_PLUGIN_MATCHER;
	int status = need_part(l, "scores", scores != NULL, is);

	if (status == 0) {
		status = need_part(l, "types", l->file->types_count > 0, is);
	}
	if (status == 0 && !is) {
		status = need_part(l, "invariance", l->file->invariance != 0, false);
	}
	if (status < 0 || !is) {
		return status;
	}
	assert(scores);
	if (!isfinite(scores->low) || !isfinite(scores->high) || !(scores->low < scores->high)) {
		return pst_yaml_fail(
			l->yaml, l->error, "scores", "scores need a low below their high");
	}
	l->to->score_low = scores->low;
	l->to->score_high = scores->high;
	l->to->invariance = (enum pst_invariance)l->file->invariance;
	for (uint32_t i = 0; i < l->file->types_count; i++) {
		l->to->template_types |= 1U << l->file->types[i];
	}
	return 0;
}

static int load_options(struct loader *l)
{
	struct pst_manifest *to = l->to;

	for (uint32_t i = 0; i < l->file->options_count; i++) {
		const struct file_option *from = &l->file->options[i];
		struct pst_option *option = &to->option[i];
		struct pst_error reason = {0};
		char where[32];

		(void)snprintf(where, sizeof(where), "options[%u]", i);
		if (!pst_text_is_id(from->name)) {
			return pst_yaml_fail(
				l->yaml, l->error, where, "'%s' is no option name", from->name);
		}
		for (uint32_t k = 0; k < i; k++) {
			if (strcmp(to->option[k].name, from->name) == 0) {
				return pst_yaml_fail(l->yaml, l->error, where,
					"option '%s' is declared twice", from->name);
			}
		}
		if (from->type == PST_OPTION_TEXT && (from->low || from->high)) {
			return pst_yaml_fail(l->yaml, l->error, where,
				"option '%s' is a text and has no low or high", from->name);
		}
		option->type = from->type;
		set_text(option->name, sizeof(option->name), from->name);
		set_text(option->def, sizeof(option->def), from->def);
		set_text(option->low, sizeof(option->low), from->low);
		set_text(option->high, sizeof(option->high), from->high);
		set_text(option->about, sizeof(option->about), from->about);
		to->option_count = i + 1;
		if (pst_manifest_check_setting(to, option->name, option->def, &reason) < 0) {
			return pst_yaml_fail(
				l->yaml, l->error, where, "default: %.400s", reason.text);
		}
	}
	return 0;
}

static int load_presets(
	struct loader *l, const struct file_model *from, struct pst_model *model, const char *where)
{
	for (uint32_t i = 0; i < from->options_count; i++) {
		struct pst_setting *setting = &model->setting[i];
		struct pst_error reason = {0};

		set_text(setting->name, sizeof(setting->name), from->options[i].name);
		set_text(setting->value, sizeof(setting->value), from->options[i].value);
		if (pst_manifest_check_setting(l->to, setting->name, setting->value, &reason) < 0) {
			return pst_yaml_fail(l->yaml, l->error, where, "%.400s", reason.text);
		}
		for (uint32_t k = 0; k < i; k++) {
			if (strcmp(model->setting[k].name, setting->name) == 0) {
				return pst_yaml_fail(l->yaml, l->error, where,
					"option '%s' is set twice", setting->name);
			}
		}
	}
	model->setting_count = from->options_count;
	return 0;
}

static int load_models(struct loader *l)
{
	for (uint32_t i = 0; i < l->file->models_count; i++) {
		const struct file_model *from = &l->file->models[i];
		struct pst_model *model = &l->to->model[i];
		char where[32];
		int status;

		(void)snprintf(where, sizeof(where), "models[%u]", i);
		if (!is_file_name(from->file)) {
			return pst_yaml_fail(l->yaml, l->error, where,
				"model file '%s' must be a name without a folder", from->file);
		}
		if (!is_digest(from->sha256)) {
			return pst_yaml_fail(l->yaml, l->error, where,
				"sha256 of '%s' must be 64 lower-case hex digits", from->file);
		}
		set_text(model->file, sizeof(model->file), from->file);
		set_text(model->digest, sizeof(model->digest), from->sha256);
		set_text(model->licence, sizeof(model->licence), from->licence);
		set_text(model->home, sizeof(model->home), from->home);
		set_text(model->contract, sizeof(model->contract), from->contract);
		status = load_presets(l, from, model, where);
		if (status < 0) {
			return status;
		}
		l->to->model_count = i + 1;
	}
	return 0;
}

/* The library's canonical path, which must not lead out of the manifest's folder. */
static int locate(struct loader *l, const char *path)
{
	struct pst_manifest *to = l->to;
	char given[PATH_MAX];
	char *slash;
	size_t length;

	assert(to);
	if (!realpath(path, to->path)) {
		return pst_error_set(l->error, -errno, "%s: %s", path, strerror(errno));
	}
	set_text(to->folder, sizeof(to->folder), to->path);
	slash = strrchr(to->folder, '/');
	assert(slash);
	*slash = 0;
	length = strlen(to->folder);
	if (pst_text_path(given, sizeof(given), to->folder, l->file->library) < 0 ||
		!realpath(given, to->library)) {
		return pst_error_set(l->error, -errno, "%s: library %s: %s", path, l->file->library,
			strerror(errno));
	}
	if (strncmp(to->library, to->folder, length) != 0 || to->library[length] != '/') {
		return pst_error_set(l->error, PST_E_UNSAFE,
			"%s: library %s leads out of the plugin's folder, to %.300s", path,
			l->file->library, to->library);
	}
	return 0;
}

int pst_manifest_load(const char *path, struct pst_manifest **ret_manifest, struct pst_error *error)
{
	static int (*const steps[])(struct loader *) = {load_identity, load_input, load_chip,
		load_template, load_matcher, load_options, load_models};
	struct loader l = {.error = error};
	struct pst_yaml *yaml = NULL;
	int status = pst_yaml_open(&yaml, path, &file_schema, FILE_MAX, error);

	if (status < 0) {
		return status;
	}
	l.yaml = yaml;
	l.file = pst_yaml_data(yaml);
	l.to = calloc(1, sizeof(*l.to));
	if (!l.to) {
		status = pst_error_set(error, -ENOMEM, "%s: no memory", path);
	}
	for (size_t i = 0; status == 0 && i < CYAML_ARRAY_LEN(steps); i++) {
		status = steps[i](&l);
	}
	if (status == 0) {
		status = locate(&l, path);
	}
	if (status == 0) {
		status = pst_rules_check(l.to, error);
	}
	pst_yaml_close(&yaml);
	if (status < 0) {
		pst_manifest_destroy(&l.to);
		return status;
	}
	*ret_manifest = l.to;
	return 0;
}

void pst_manifest_destroy(struct pst_manifest **manifest)
{
	free(*manifest);
	*manifest = NULL;
}

static const struct pst_option *find_option(const struct pst_manifest *manifest, const char *name)
{
	for (uint32_t i = 0; i < manifest->option_count; i++) {
		if (strcmp(manifest->option[i].name, name) == 0) {
			return &manifest->option[i];
		}
	}
	return NULL;
}

static int no_such_option(
	const struct pst_manifest *manifest, const char *name, struct pst_error *error)
{
	const char *names[PST_MANIFEST_OPTIONS_MAX + 1] = {NULL};
	const char *nearest;

	for (uint32_t i = 0; i < manifest->option_count; i++) {
		names[i] = manifest->option[i].name;
	}
	nearest = pst_text_nearest(names, name);
	return pst_error_set(error, PST_E_CONFIG, "plugin %s has no option '%.64s'%s%s%s",
		manifest->id, name, nearest ? "; did you mean '" : "", nearest ? nearest : "",
		nearest ? "'?" : "");
}

static bool is_number(const char *text, bool whole, double *ret_value)
{
	char *end;
	int64_t integer;

	if (whole) {
		if (pst_text_parse_int(text, INT64_MIN, INT64_MAX, &integer) < 0) {
			return false;
		}
		*ret_value = (double)integer;
		return true;
	}
	if (*text == 0 || strspn(text, "0123456789+-.eE") != strlen(text)) {
		return false;
	}
	*ret_value = strtod(text, &end);
	return *end == 0 && isfinite(*ret_value);
}

int pst_manifest_check_setting(const struct pst_manifest *manifest, const char *name,
	const char *value, struct pst_error *error)
{
	const struct pst_option *option = find_option(manifest, name);
	bool whole;
	double number, limit;

	if (!option) {
		return no_such_option(manifest, name, error);
	}
	if (option->type == PST_OPTION_TEXT) {
		if (strlen(value) >= PST_MANIFEST_TEXT_SIZE || strpbrk(value, "\r\n")) {
			return pst_error_set(error, PST_E_CONFIG,
				"option %s.%s must be one line of at most %d bytes", manifest->id,
				name, PST_MANIFEST_TEXT_SIZE - 1);
		}
		return 0;
	}
	whole = option->type == PST_OPTION_INT;
	if (!is_number(value, whole, &number)) {
		return pst_error_set(error, PST_E_CONFIG, "option %s.%s needs a %s, not '%.64s'",
			manifest->id, name, whole ? "whole number" : "number", value);
	}
	if ((option->low[0] && (!is_number(option->low, whole, &limit) || number < limit)) ||
		(option->high[0] && (!is_number(option->high, whole, &limit) || number > limit))) {
		return pst_error_set(error, PST_E_CONFIG,
			"option %s.%s must be %s to %s, not %.64s", manifest->id, name,
			option->low[0] ? option->low : "anything",
			option->high[0] ? option->high : "anything", value);
	}
	return 0;
}
