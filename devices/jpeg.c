/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "devices/jpeg_scan.h"

#define COMPONENTS_MAX 3
#define SLOTS 4	     /* of quantisation and code tables */
#define SCANS_MAX 64 /* a progressive picture can ask for endless work */
#define KIND_DC 0
#define KIND_AC 1

enum marker {
	TEM = 0x01,
	SOF0 = 0xc0,
	SOF1 = 0xc1,
	SOF2 = 0xc2,
	DHT = 0xc4,
	SOF9 = 0xc9,
	SOF10 = 0xca,
	DAC = 0xcc,
	RST0 = 0xd0,
	RST7 = 0xd7,
	SOI = 0xd8,
	EOI = 0xd9,
	SOS = 0xda,
	DQT = 0xdb,
	DNL = 0xdc,
	DRI = 0xdd,
	APP0 = 0xe0,
	APP14 = 0xee,
	APP15 = 0xef,
	COM = 0xfe,
};

struct component {
	uint8_t id;
	uint8_t across; /* blocks in a unit */
	uint8_t down;
	uint8_t quantiser;
};

/* What one frame said of itself so far. */
struct picture {
	const uint8_t *data;
	size_t size;
	size_t at;
	uint32_t width; /* px, declared */
	uint32_t height;
	enum marker coding; /* 0: no frame header yet */
	struct component component[COMPONENTS_MAX];
	unsigned components;
	unsigned across; /* the largest */
	unsigned down;
	unsigned scanned; /* components, a bit each */
	bool quantiser[SLOTS];
	bool code[2][SLOTS];
	uint32_t interval;
	bool jfif;
	bool adobe;
	uint8_t transform;
	unsigned surplus; /* bytes left over at the end of the scan before */
};

/* One segment's content, behind its length. */
struct segment {
	const uint8_t *data;
	size_t size;
	bool proper; /* the length counts itself */
	bool fits;   /* the bytes are there */
};

struct pst_jpeg_check {
	enum pst_jpeg_depth depth;
	struct picture picture;
	struct pst_jpeg_report report;
	struct pst_jpeg_code code[2][SLOTS];
	struct pst_jpeg_table table[COMPONENTS_MAX];
};

/* ITU-T T.81 Annex K.3, tables K.3 to K.6: what Motion JPEG means where it sends none. */
static const struct pst_jpeg_code standard_codes[2][2] = {
	{{.counts = {0, 0, 1, 5, 1, 1, 1, 1, 1, 1},
		 .values = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
		{.counts = {0, 0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1},
			.values = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}}},
	{{.counts = {0, 0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125},
		 .values = {0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06,
			 0x13, 0x51, 0x61, 0x07, 0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xa1, 0x08,
			 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72,
			 0x82, 0x09, 0x0a, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x25, 0x26, 0x27, 0x28,
			 0x29, 0x2a, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45,
			 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59,
			 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75,
			 0x76, 0x77, 0x78, 0x79, 0x7a, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
			 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3,
			 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6,
			 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9,
			 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2,
			 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf1, 0xf2, 0xf3, 0xf4,
			 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa}},
		{.counts = {0, 0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119},
			.values = {0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12,
				0x41, 0x51, 0x07, 0x61, 0x71, 0x13, 0x22, 0x32, 0x81, 0x08, 0x14,
				0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33, 0x52, 0xf0, 0x15,
				0x62, 0x72, 0xd1, 0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25, 0xf1, 0x17,
				0x18, 0x19, 0x1a, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x35, 0x36, 0x37,
				0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a,
				0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65,
				0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78,
				0x79, 0x7a, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a,
				0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3,
				0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5,
				0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7,
				0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9,
				0xda, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf2,
				0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa}}},
};

int pst_jpeg_check_create(struct pst_jpeg_check **ret_check)
{
	struct pst_jpeg_check *check = calloc(1, sizeof(*check));

	if (!check) {
		return -ENOMEM;
	}
	*ret_check = check;
	return 0;
}

void pst_jpeg_check_destroy(struct pst_jpeg_check **check)
{
	free(*check);
	*check = NULL;
}

static uint32_t two_bytes(const uint8_t *data)
{
	return (uint32_t)data[0] << 8 | data[1];
}

/* A length below 2 is taken as an empty segment, as decoders do where they skip one. */
static struct segment take_segment(struct picture *picture)
{
	struct segment segment = {0};

	if (picture->size - picture->at < 2) {
		picture->at = picture->size;
		return segment;
	}
	uint32_t length = two_bytes(picture->data + picture->at);

	picture->at += 2;
	segment.proper = length >= 2;
	segment.size = length > 2 ? length - 2 : 0;
	segment.data = picture->data + picture->at;
	segment.fits = segment.size <= picture->size - picture->at;
	picture->at = segment.fits ? picture->at + segment.size : picture->size;
	return segment;
}

static bool read_frame_header(struct picture *picture, const struct segment *segment)
{
	const uint8_t *data = segment->data;

	if (segment->size < 6 || data[0] != 8 || (data[5] != 1 && data[5] != COMPONENTS_MAX) ||
		segment->size != 6 + 3u * data[5]) {
		return false;
	}
	picture->components = data[5];
	for (unsigned i = 0; i < picture->components; i++) {
		const uint8_t *from = data + 6 + 3 * (size_t)i;
		struct component *component = &picture->component[i];

		*component = (struct component){from[0], from[1] >> 4, from[1] & 15, from[2]};
		if (component->across < 1 || component->across > 4 || component->down < 1 ||
			component->down > 4) {
			return false;
		}
		picture->across =
			component->across > picture->across ? component->across : picture->across;
		picture->down = component->down > picture->down ? component->down : picture->down;
	}
	for (unsigned i = 0; i < picture->components; i++) {
		if (picture->across % picture->component[i].across != 0 ||
			picture->down % picture->component[i].down != 0) {
			return false; /* a colour plane that no whole factor enlarges */
		}
	}
	return true;
}

static bool read_quantisers(struct picture *picture, const struct segment *segment)
{
	size_t i = 0;

	while (i < segment->size) {
		uint8_t what = segment->data[i];

		if ((what & 15) >= SLOTS) {
			return false;
		}
		picture->quantiser[what & 15] = true;
		i += 1 + (what >> 4 ? 128u : 64u);
	}
	return i == segment->size && segment->proper;
}

static bool read_codes(struct pst_jpeg_check *check, const struct segment *segment)
{
	size_t i = 0;

	while (segment->size - i > 16) {
		uint8_t what = segment->data[i];
		unsigned kind = what >> 4 & 1;
		unsigned slot = what & 0xef;
		size_t count = 0;

		if (slot >= SLOTS) {
			return false;
		}
		struct pst_jpeg_code *code = &check->code[kind][slot];

		*code = (struct pst_jpeg_code){0};
		memcpy(code->counts + 1, segment->data + i + 1, 16);
		for (int length = 1; length <= 16; length++) {
			count += code->counts[length];
		}
		i += 17;
		if (count > sizeof(code->values) || count > segment->size - i) {
			return false;
		}
		memcpy(code->values, segment->data + i, count);
		i += count;
		check->picture.code[kind][slot] = true;
		check->report.standard_codes = false;
	}
	return i == segment->size && segment->proper;
}

static void read_application(struct picture *picture, uint8_t marker, const struct segment *segment,
	enum pst_jpeg_finding *finding)
{
	const uint8_t *data = segment->data;

	if (marker == APP0 && segment->size >= 14 && memcmp(data, "JFIF", 5) == 0) {
		picture->jfif = true;
		if (data[5] != 1) {
			*finding = PST_JPEG_FINDING_BAD_MARKER; /* major version */
		}
	}
	if (marker == APP14 && segment->size >= 12 && memcmp(data, "Adobe", 5) == 0) {
		picture->adobe = true;
		picture->transform = data[11];
	}
}

static uint32_t parts(uint32_t length, uint32_t part)
{
	return (length + part - 1) / part;
}

/* Which components a scan holds, in order; they come in the frame header's order. */
static bool find_components(
	const struct picture *picture, const struct segment *segment, unsigned *found)
{
	unsigned count = segment->data[0];

	for (unsigned i = 0; i < count; i++) {
		unsigned j = i > 0 ? found[i - 1] + 1 : 0;

		while (j < picture->components &&
			picture->component[j].id != segment->data[1 + 2 * (size_t)i]) {
			j++;
		}
		if (j == picture->components) {
			return false;
		}
		found[i] = j;
	}
	return true;
}

static bool has_valid_spectrum(const struct picture *picture, const struct segment *segment)
{
	const uint8_t *data = segment->data + 1 + 2 * (size_t)segment->data[0];
	unsigned first = data[0];
	unsigned last = data[1];
	unsigned high = data[2] >> 4;
	unsigned low = data[2] & 15;

	if (picture->coding != SOF2 && picture->coding != SOF10) {
		return first == 0 && last == 63 && high == 0 && low == 0;
	}
	if (first == 0 ? last != 0 : last < first || last > 63 || segment->data[0] != 1) {
		return false;
	}
	return low <= 13 && (high == 0 || high == low + 1);
}

static const struct pst_jpeg_code *code_of(
	const struct pst_jpeg_check *check, unsigned kind, unsigned slot)
{
	if (slot < SLOTS && check->picture.code[kind][slot]) {
		return &check->code[kind][slot];
	}
	return slot < 2 ? &standard_codes[kind][slot] : NULL;
}

/* The tables of a component; those made for this scan already, a bit each, are left alone. */
static const struct pst_jpeg_table *table_of(
	struct pst_jpeg_check *check, uint8_t slots, unsigned *in_use)
{
	const struct pst_jpeg_code *dc = code_of(check, KIND_DC, slots >> 4);
	const struct pst_jpeg_code *ac = code_of(check, KIND_AC, slots & 15);
	unsigned i = 0;

	if (!dc || !ac) {
		return NULL;
	}
	while (i < COMPONENTS_MAX && !pst_jpeg_table_is(&check->table[i], dc, ac)) {
		i++;
	}
	if (i == COMPONENTS_MAX) {
		i = (unsigned)__builtin_ctz(~*in_use);
		pst_jpeg_table_make(&check->table[i], dc, ac);
	}
	*in_use |= 1u << i;
	return check->table[i].valid ? &check->table[i] : NULL;
}

static bool lay_out(struct pst_jpeg_check *check, const struct segment *segment,
	const unsigned *found, struct pst_jpeg_scan *scan)
{
	const struct picture *picture = &check->picture;
	unsigned count = segment->data[0];
	unsigned in_use = 0;

	for (unsigned i = 0; i < count; i++) {
		const struct component *component = &picture->component[found[i]];
		unsigned blocks = count > 1 ? component->across * component->down : 1;
		const struct pst_jpeg_table *table = NULL;

		if (component->quantiser >= SLOTS || !picture->quantiser[component->quantiser] ||
			scan->blocks + blocks > PST_JPEG_UNIT_BLOCKS_MAX) {
			return false;
		}
		if (picture->coding == SOF0 || picture->coding == SOF1) {
			table = table_of(check, segment->data[2 + 2 * (size_t)i], &in_use);
			if (!table) {
				return false;
			}
		}
		for (unsigned j = 0; j < blocks; j++, scan->blocks++) {
			scan->table[scan->blocks] = table;
		}
	}
	const struct component *only = &picture->component[found[0]];
	unsigned across = count > 1 ? 1 : only->across;
	unsigned down = count > 1 ? 1 : only->down;

	scan->units = parts(picture->width * across, 8 * picture->across) *
		      parts(picture->height * down, 8 * picture->down);
	scan->interval = picture->interval;
	return true;
}

static enum pst_jpeg_finding read_scan(struct pst_jpeg_check *check, const struct segment *segment)
{
	struct picture *picture = &check->picture;
	struct pst_jpeg_report *report = &check->report;
	struct pst_jpeg_scan scan = {0};
	unsigned found[COMPONENTS_MAX] = {0};
	unsigned count = segment->size > 0 ? segment->data[0] : 0;

	if (!picture->coding || count < 1 || count > picture->components ||
		segment->size != 4 + 2 * (size_t)count || report->scans == SCANS_MAX ||
		(picture->components == 3 && picture->adobe && !picture->jfif &&
			picture->transform > 1) ||
		!find_components(picture, segment, found) ||
		!has_valid_spectrum(picture, segment) || !lay_out(check, segment, found, &scan)) {
		return PST_JPEG_FINDING_BAD_MARKER;
	}
	bool sequential = picture->coding == SOF0 || picture->coding == SOF1;
	bool counted = sequential && check->depth == PST_JPEG_DEPTH_BLOCKS;
	uint32_t restarts = scan.interval ? (scan.units - 1) / scan.interval : 0;

	for (unsigned i = 0; i < count; i++) {
		picture->scanned |= 1u << found[i];
	}
	report->scans++;
	report->units = 0;
	report->units_due = scan.units;
	report->restarts = 0;
	report->counted = counted;
	if (counted) {
		enum pst_jpeg_finding finding = pst_jpeg_scan_count(
			&scan, picture->data, picture->size, &picture->at, report);

		picture->surplus = scan.surplus;
		return finding;
	}
	return pst_jpeg_scan_skip(picture->data, picture->size, restarts, &picture->at, report);
}

/* A segment that fits. */
static enum pst_jpeg_finding read_segment(
	struct pst_jpeg_check *check, uint8_t marker, const struct segment *segment)
{
	struct picture *picture = &check->picture;
	enum pst_jpeg_finding finding = PST_JPEG_FINDING_WHOLE;
	bool good = true;

	switch ((enum marker)marker) {
	case SOF0:
	case SOF1:
	case SOF2:
	case SOF9:
	case SOF10:
		good = !picture->coding && read_frame_header(picture, segment);
		picture->coding = (enum marker)marker;
		if (good && (two_bytes(segment->data + 1) != picture->height ||
				    two_bytes(segment->data + 3) != picture->width)) {
			finding = PST_JPEG_FINDING_WRONG_SIZE;
		}
		break;
	case DHT:
		good = read_codes(check, segment);
		break;
	case DQT:
		good = read_quantisers(picture, segment);
		break;
	case DRI:
		good = segment->size == 2;
		picture->interval = good ? two_bytes(segment->data) : 0;
		break;
	case SOS:
		return read_scan(check, segment);
	case DAC:
	case DNL:
	case COM:
		break;
	default:
		good = marker >= APP0 && marker <= APP15;
		read_application(picture, marker, segment, &finding);
	}
	return good ? finding : PST_JPEG_FINDING_BAD_MARKER;
}

/* All of a picture that has one scan is there: nothing but the end marker is still wanted. */
static bool is_complete(const struct pst_jpeg_check *check)
{
	const struct picture *picture = &check->picture;

	return check->report.counted && check->report.scans == 1 &&
	       picture->scanned == (1u << picture->components) - 1;
}

static enum pst_jpeg_finding find_end(struct picture *picture, size_t *filling)
{
	const uint8_t end[2] = {0xff, EOI};
	const uint8_t *found =
		memmem(picture->data + picture->at, picture->size - picture->at, end, sizeof(end));

	if (!found) {
		picture->at = picture->size;
		return PST_JPEG_FINDING_TRUNCATED;
	}
	*filling = (size_t)(found - picture->data) - picture->at + picture->surplus;
	picture->at = (size_t)(found - picture->data) + sizeof(end);
	return PST_JPEG_FINDING_WHOLE;
}

static enum pst_jpeg_finding look_through(struct pst_jpeg_check *check)
{
	struct picture *picture = &check->picture;
	enum pst_jpeg_finding cut = PST_JPEG_FINDING_NO_SCAN;

	for (;;) {
		size_t skipped;
		uint8_t marker =
			pst_jpeg_next_marker(picture->data, picture->size, &picture->at, &skipped);

		if (!marker) {
			return cut;
		}
		if (marker == EOI) {
			bool all = picture->scanned == (1u << picture->components) - 1;

			return cut == PST_JPEG_FINDING_NO_SCAN ? cut
			       : all			       ? PST_JPEG_FINDING_WHOLE
							       : PST_JPEG_FINDING_TOO_FEW_BLOCKS;
		}
		if (skipped + picture->surplus > 0) {
			return PST_JPEG_FINDING_BAD_MARKER;
		}
		if (marker == TEM || (marker >= RST0 && marker <= RST7)) {
			continue;
		}
		struct segment segment = take_segment(picture);

		if (!segment.fits) {
			return cut;
		}
		enum pst_jpeg_finding finding = read_segment(check, marker, &segment);

		if (finding != PST_JPEG_FINDING_WHOLE) {
			return finding;
		}
		if (marker == SOS) {
			if (is_complete(check)) {
				return find_end(picture, &check->report.filling);
			}
			cut = PST_JPEG_FINDING_TRUNCATED;
		}
	}
}

enum pst_jpeg_finding pst_jpeg_check(struct pst_jpeg_check *check, const uint8_t *data, size_t size,
	uint32_t width, uint32_t height, enum pst_jpeg_depth depth, struct pst_jpeg_report *report)
{
	struct picture *picture = &check->picture;
	enum pst_jpeg_finding finding = PST_JPEG_FINDING_NOT_A_JPEG;

	check->depth = depth;
	check->report = (struct pst_jpeg_report){.standard_codes = true};
	*picture = (struct picture){.data = data, .size = size, .width = width, .height = height};
	if (size >= 2 && data[0] == 0xff && data[1] == SOI) {
		picture->at = 2;
		finding = look_through(check);
	}
	check->report.finding = finding;
	check->report.offset = picture->at;
	check->report.padding = finding == PST_JPEG_FINDING_WHOLE ? size - picture->at : 0;
	picture->data = NULL;
	if (report) {
		*report = check->report;
	}
	return finding;
}

static const struct {
	const char *name;
	const char *text;
} findings[] = {[PST_JPEG_FINDING_UNSET] = {"unset", "unset"},
#define NAMES(name, text, sentence) [PST_JPEG_FINDING_##name] = {text, sentence},
	PST_JPEG_FINDING_MAP(NAMES)
#undef NAMES
};

const char *pst_jpeg_finding_name(enum pst_jpeg_finding finding)
{
	return findings[finding < PST_JPEG_FINDING_COUNT ? finding : 0].name;
}

const char *pst_jpeg_finding_text(enum pst_jpeg_finding finding)
{
	return findings[finding < PST_JPEG_FINDING_COUNT ? finding : 0].text;
}
