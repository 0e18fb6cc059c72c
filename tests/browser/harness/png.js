// SPDX-License-Identifier: Apache-2.0
'use strict';

const zlib = require('node:zlib');

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');

function* chunks(png) {
	for (let at = SIGNATURE.length; at < png.length;) {
		const size = png.readUInt32BE(at);
		yield [png.toString('latin1', at + 4, at + 8), png.subarray(at + 8, at + 8 + size)];
		at += 12 + size;
	}
}

/** What a filter of PNG (ISO/IEC 15948, 9.2) adds to a byte. */
function predict(filter, left, up, corner) {
	if (filter < 3) {
		return [0, left, up][filter];
	}
	if (filter === 3) {
		return (left + up) >> 1;
	}
	const [a, b, c] = [up - corner, left - corner, left + up - 2 * corner].map(Math.abs);
	return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** The pixels of a picture of 8 bits a channel, as numbers 0xrrggbb. */
function decode(png) {
	let header;
	const data = [];
	for (const [kind, bytes] of chunks(png)) {
		header = kind === 'IHDR' ? bytes : header;
		if (kind === 'IDAT') {
			data.push(bytes);
		}
	}
	const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
	const step = header[9] === 2 ? 3 : 4;
	const raw = zlib.inflateSync(Buffer.concat(data));
	const stride = width * step;
	let above = Buffer.alloc(stride);
	const pixels = new Uint32Array(width * height);
	for (let y = 0; y < height; y++) {
		const row = raw.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1));
		for (let i = 0; i < stride; i++) {
			row[i] += predict(raw[y * (stride + 1)], row[i - step] || 0, above[i], above[i - step] || 0);
		}
		for (let x = 0; x < width; x++) {
			pixels[y * width + x] = row.readUIntBE(x * step, 3);
		}
		above = row;
	}
	return { width, height, pixels };
}

function distance(one, other) {
	return [16, 8, 0].reduce((sum, shift) =>
		sum + (((one >> shift) & 255) - ((other >> shift) & 255)) ** 2, 0);
}

/** Of colours that are alike in their upper bits the mean, most pixels first. */
function means_of(counts) {
	const groups = new Map();
	for (const [colour, count] of counts) {
		const sums = groups.get(colour & 0xf0f0f0) || [0, 0, 0, 0];
		[16, 8, 0].forEach((shift, i) => { sums[i] += ((colour >> shift) & 255) * count; });
		sums[3] += count;
		groups.set(colour & 0xf0f0f0, sums);
	}
	return [...groups.values()].sort((a, b) => b[3] - a[3]).map(([red, green, blue, count]) =>
		Math.round(red / count) << 16 | Math.round(green / count) << 8 | Math.round(blue / count));
}

/** The commonest 128 colours, 128 means of all others, and of each colour the nearest of these. */
function palette_of(pixels) {
	const counts = new Map();
	for (const colour of pixels) {
		counts.set(colour, (counts.get(colour) || 0) + 1);
	}
	const sorted = [...counts].sort((a, b) => b[1] - a[1]);
	const common = [...sorted.slice(0, 128).map(([colour]) => colour),
		...means_of(sorted.slice(128)).slice(0, 128)];
	const nearest = new Map();
	for (const colour of counts.keys()) {
		let best = 0;
		for (let i = 1; i < common.length; i++) {
			if (distance(colour, common[i]) < distance(colour, common[best])) {
				best = i;
			}
		}
		nearest.set(colour, best);
	}
	return { common, nearest };
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
	for (let k = 0; k < 8; k++) {
		n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
	}
	return n >>> 0;
});

function chunk(kind, bytes) {
	const body = Buffer.concat([Buffer.from(kind, 'latin1'), bytes]);
	let crc = 0xffffffff;
	for (const byte of body) {
		crc = TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
	}
	const ends = [Buffer.alloc(4), Buffer.alloc(4)];
	ends[0].writeUInt32BE(bytes.length);
	ends[1].writeUInt32BE((crc ^ 0xffffffff) >>> 0);
	return Buffer.concat([ends[0], body, ends[1]]);
}

/** The same picture in at most 256 colours: a third of the bytes for what is mostly text. */
function reduce(png) {
	const { width, height, pixels } = decode(png);
	const { common, nearest } = palette_of(pixels);
	const header = Buffer.alloc(13);
	header.writeUInt32BE(width, 0);
	header.writeUInt32BE(height, 4);
	header.set([8, 3], 8);
	const colours = Buffer.alloc(common.length * 3);
	common.forEach((colour, index) => colours.writeUIntBE(colour, index * 3, 3));
	const rows = Buffer.alloc((width + 1) * height);
	for (let y = 0; y < height; y++) {
		for (let x = 0; x < width; x++) {
			rows[y * (width + 1) + 1 + x] = nearest.get(pixels[y * width + x]);
		}
	}
	return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('PLTE', colours),
		chunk('IDAT', zlib.deflateSync(rows, { level: 9, memLevel: 9 })),
		chunk('IEND', Buffer.alloc(0))]);
}

module.exports = { reduce };
