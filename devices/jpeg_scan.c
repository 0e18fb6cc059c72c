/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "devices/jpeg_scan.h"

#define RST0 0xd0
#define RST7 0xd7

/*
 * An entry of the tables `begin` and `middle`: how many bits all whole codes within the bits looked
 * at take with their extra bits, how many coefficients they stand for, and whether the last one
 * ends the block. A chain stops at the end of a block and once its extra bits reach beyond what was
 * looked at. 0: no whole code.
 */
#define CHAIN_BITS(entry) ((entry)&31u)
#define CHAIN_STEPS(entry) ((entry) >> 5 & 127u)
#define CHAIN_END 0x1000u

/* The bits at hand, the first one on top; below them the buffer is 0 or what comes next. */
struct bits {
	uint64_t buffer;
	unsigned count;
	bool dry; /* a marker or the end of the data is next */
	const uint8_t *at;
	const uint8_t *end;
};

uint8_t pst_jpeg_next_marker(const uint8_t *data, size_t size, size_t *at, size_t *skipped)
{
	size_t i = *at;

	*skipped = 0;
	while (i < size) {
		const uint8_t *mark = memchr(data + i, 0xff, size - i);
		size_t begin = mark ? (size_t)(mark - data) : size;

		*skipped += begin - i;
		i = begin;
		while (i < size && data[i] == 0xff) {
			i++;
		}
		if (i < size && data[i] != 0) {
			*at = i + 1;
			return data[i];
		}
		if (i < size) {
			*skipped += 2; /* a stuffed byte */
			i++;
		}
	}
	*at = size;
	return 0;
}

static bool make_lookup(struct pst_jpeg_lookup *lookup, const struct pst_jpeg_code *code)
{
	int32_t next = 0;
	int32_t value = 0;

	memset(lookup, 0, sizeof(*lookup));
	lookup->code = *code;
	for (int length = 1; length <= 16; length++) {
		int32_t count = code->counts[length];

		if (value + count > 256 || (count > 0 && next + count >= 1 << length)) {
			return false; /* more codes than fit; all ones is no code */
		}
		lookup->first_value[length] = value - next;
		lookup->last[length] = count > 0 ? next + count - 1 : -1;
		for (int32_t i = 0; i < count && length <= PST_JPEG_LOOK; i++) {
			int spare = PST_JPEG_LOOK - length;
			uint16_t one = (uint16_t)(length << 8 | code->values[value + i]);

			for (int32_t j = 0; j < 1 << spare; j++) {
				lookup->one[((next + i) << spare) + j] = one;
			}
		}
		value += count;
		next = (next + count) << 1;
	}
	return true;
}

/* Goes on behind `bits` of the bits looked at, after so many steps. */
static uint16_t chain(
	const struct pst_jpeg_lookup *ac, uint32_t look, unsigned bits, unsigned steps)
{
	const uint32_t mask = (1 << PST_JPEG_LOOK) - 1;

	while (bits < PST_JPEG_LOOK) {
		uint16_t one = ac->one[look << bits & mask];
		unsigned length = one >> 8;
		unsigned run = one >> 4 & 15;
		unsigned extra = one & 15;

		if (!one || bits + length > PST_JPEG_LOOK || steps + run > 62) {
			break;
		}
		bits += length + extra;
		if (extra == 0 && run != 15) {
			return (uint16_t)(bits | steps << 5 | CHAIN_END);
		}
		steps += run + 1;
	}
	return (uint16_t)(bits | steps << 5);
}

static bool has_large_values(const struct pst_jpeg_code *code)
{
	int count = 0;

	for (int length = 1; length <= 16; length++) {
		count += code->counts[length];
	}
	for (int i = 0; i < count; i++) {
		if (code->values[i] > 15) {
			return true;
		}
	}
	return false;
}

bool pst_jpeg_table_is(const struct pst_jpeg_table *table, const struct pst_jpeg_code *dc,
	const struct pst_jpeg_code *ac)
{
	return table->made && memcmp(&table->dc.code, dc, sizeof(*dc)) == 0 &&
	       memcmp(&table->ac.code, ac, sizeof(*ac)) == 0;
}

void pst_jpeg_table_make(struct pst_jpeg_table *table, const struct pst_jpeg_code *dc,
	const struct pst_jpeg_code *ac)
{
	bool good = make_lookup(&table->dc, dc);

	table->valid = make_lookup(&table->ac, ac) && good && !has_large_values(dc);
	table->made = true;
	for (uint32_t look = 0; table->valid && look < 1 << PST_JPEG_LOOK; look++) {
		uint16_t one = table->dc.one[look];

		table->middle[look] = chain(&table->ac, look, 0, 0);
		table->begin[look] = one ? chain(&table->ac, look, (one >> 8) + (one & 15u), 1) : 0;
	}
}

static struct bits refill_slowly(struct bits in)
{
	while (in.count < 56) {
		const uint8_t *next = in.at;

		if (next == in.end) {
			in.dry = true;
			break;
		}
		if (*next == 0xff) {
			do {
				next++;
			} while (next < in.end && *next == 0xff);
			if (next == in.end || *next != 0) {
				in.dry = true;
				break;
			}
			in.buffer |= 0xffULL << (56 - in.count);
		} else {
			in.buffer |= (uint64_t)*next << (56 - in.count);
		}
		in.at = next + 1;
		in.count += 8;
	}
	return in;
}

/* At least 56 bits are at hand then, or all that are left. */
static inline struct bits refill(struct bits in)
{
	const uint64_t ones = 0x0101010101010101u;
	uint64_t next;

	if (in.end - in.at >= 8) {
		memcpy(&next, in.at, sizeof(next));
		if (!((~next - ones) & next & ones << 7)) { /* no byte of them is 0xff */
			unsigned bytes = (63 - in.count) / 8;

			in.buffer |= __builtin_bswap64(next) >> in.count;
			in.at += bytes;
			in.count += 8 * bytes;
			return in;
		}
	}
	return refill_slowly(in);
}

static uint32_t long_code(const struct pst_jpeg_lookup *lookup, uint64_t buffer)
{
	for (int length = PST_JPEG_LOOK + 1; length <= 16; length++) {
		int32_t code = (int32_t)(buffer >> (64 - length));

		if (code <= lookup->last[length]) {
			return (uint32_t)length << 8 |
			       lookup->code.values[(lookup->first_value[length] + code) & 255];
		}
	}
	return 0;
}

static inline uint32_t peek(const struct pst_jpeg_lookup *lookup, const struct bits *in)
{
	uint32_t one = lookup->one[in->buffer >> (64 - PST_JPEG_LOOK)];

	return one ? one : long_code(lookup, in->buffer);
}

/* Why the bits did not do: what stands where they end. */
static enum pst_jpeg_finding ended(const struct bits *in)
{
	const uint8_t *next = in->at;

	while (next < in->end && *next == 0xff) {
		next++;
	}
	if (next == in->end) {
		return PST_JPEG_FINDING_TRUNCATED;
	}
	return *next >= RST0 && *next <= RST7 ? PST_JPEG_FINDING_RESTART_ORDER
					      : PST_JPEG_FINDING_TOO_FEW_BLOCKS;
}

/* A code was asked for and is none, or needs more bits than there are. */
static enum pst_jpeg_finding no_code(const struct bits *in, uint32_t one)
{
	return !one && (!in->dry || in->count >= 16) ? PST_JPEG_FINDING_BAD_CODE : ended(in);
}

#define TAKE(in, n)                                                                                \
	do {                                                                                       \
		(in).buffer <<= (n);                                                               \
		(in).count -= (n);                                                                 \
	} while (0)

/* One code of a block that no chain tells, at coefficient *k; 0 begins it, 64 ends it. */
static enum pst_jpeg_finding count_code(
	struct bits *in, const struct pst_jpeg_table *table, unsigned *k)
{
	uint32_t one = peek(*k == 0 ? &table->dc : &table->ac, in);
	unsigned take = (one >> 8) + (one & 15);
	unsigned run = one >> 4 & 15;

	if (!one || take > in->count) {
		return no_code(in, one);
	}
	TAKE(*in, take);
	if (*k == 0) {
		*k = 1;
	} else if ((one & 15) == 0 && run != 15) {
		*k = 64;
	} else {
		*k += run + 1;
		if (*k > 64 && (one & 15) != 0) {
			return PST_JPEG_FINDING_BAD_CODE;
		}
	}
	return PST_JPEG_FINDING_WHOLE;
}

/* Blocks of up to `units` units; fewer where the finding isn't WHOLE. */
static enum pst_jpeg_finding count_units(
	const struct pst_jpeg_scan *scan, struct bits *bits, uint32_t units, uint32_t *counted)
{
	struct bits in = *bits;
	unsigned blocks = scan->blocks;
	enum pst_jpeg_finding finding = PST_JPEG_FINDING_WHOLE;

	for (; units > 0; units--, ++*counted) {
		for (unsigned i = 0; i < blocks; i++) {
			const struct pst_jpeg_table *table = scan->table[i];
			const uint16_t *chains = table->begin;
			unsigned k = 0;

			do {
				if (in.count < 32) {
					in = refill(in);
				}
				uint32_t entry = chains[in.buffer >> (64 - PST_JPEG_LOOK)];
				unsigned take = CHAIN_BITS(entry);

				if (entry && k + CHAIN_STEPS(entry) < 64 && take <= in.count) {
					TAKE(in, take);
					k += CHAIN_STEPS(entry);
					if (entry & CHAIN_END) {
						break;
					}
				} else {
					*bits = in;
					finding = count_code(bits, table, &k);
					if (finding != PST_JPEG_FINDING_WHOLE) {
						return finding;
					}
					in = *bits;
				}
				chains = table->middle;
			} while (k < 64);
		}
	}
	*bits = in;
	return finding;
}

static enum pst_jpeg_finding restart(struct bits *in, const uint8_t *data, uint32_t number)
{
	size_t at = (size_t)(in->at - data);
	size_t size = (size_t)(in->end - data);
	size_t skipped;
	uint8_t marker = pst_jpeg_next_marker(data, size, &at, &skipped);

	if (!marker) {
		return PST_JPEG_FINDING_TRUNCATED;
	}
	if (marker < RST0 || marker > RST7) {
		return PST_JPEG_FINDING_TOO_FEW_BLOCKS;
	}
	if (marker != RST0 + (number & 7) || skipped > 0 || in->count >= 8) {
		return PST_JPEG_FINDING_RESTART_ORDER;
	}
	*in = (struct bits){.at = data + at, .end = in->end};
	return PST_JPEG_FINDING_WHOLE;
}

enum pst_jpeg_finding pst_jpeg_scan_count(struct pst_jpeg_scan *scan, const uint8_t *data,
	size_t size, size_t *at, struct pst_jpeg_report *report)
{
	enum pst_jpeg_finding finding = PST_JPEG_FINDING_WHOLE;
	struct bits in = {.at = data + *at, .end = data + size};

	while (report->units < scan->units && finding == PST_JPEG_FINDING_WHOLE) {
		uint32_t units = scan->units - report->units;

		if (scan->interval && report->units > 0) {
			finding = restart(&in, data, report->restarts);
			if (finding != PST_JPEG_FINDING_WHOLE) {
				break;
			}
			report->restarts++;
		}
		if (scan->interval && units > scan->interval) {
			units = scan->interval;
		}
		finding = count_units(scan, &in, units, &report->units);
	}
	scan->surplus = in.count / 8;
	*at = (size_t)(in.at - data);
	return finding;
}

enum pst_jpeg_finding pst_jpeg_scan_skip(const uint8_t *data, size_t size, uint32_t restarts,
	size_t *at, struct pst_jpeg_report *report)
{
	for (;;) {
		const uint8_t *mark = *at < size ? memchr(data + *at, 0xff, size - *at) : NULL;
		size_t next = mark ? (size_t)(mark - data) : size;

		*at = next;
		while (next < size && data[next] == 0xff) {
			next++;
		}
		if (next >= size) {
			*at = size;
			return PST_JPEG_FINDING_TRUNCATED;
		}
		bool due = report->restarts < restarts;

		if (data[next] != 0 && (!due || data[next] < RST0 || data[next] > RST7)) {
			return due ? PST_JPEG_FINDING_TOO_FEW_BLOCKS : PST_JPEG_FINDING_WHOLE;
		}
		if (data[next] != 0) {
			if (data[next] != RST0 + (report->restarts & 7)) {
				return PST_JPEG_FINDING_RESTART_ORDER;
			}
			report->restarts++;
		}
		*at = next + 1;
	}
}
