// SPDX-License-Identifier: Apache-2.0
//
// Two instruments drawn as SVG: frames each second over the last minutes, and a latency histogram.

import {byId, element, setText} from "/assets/desk.js";
import {grouped} from "/assets/words.js";

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 34;
const TOP = 8;

/* An element of a drawing; a class in place of colours, so that light and dark are the sheet's. */
function shape(tag, attributes, ...children) {
	const node = document.createElementNS(SVG, tag);

	for (const [name, value] of Object.entries(attributes)) {
		node.setAttribute(name, value);
	}
	node.append(...children);
	return node;
}

/* The next of 1, 2, 5, 10, 20, 50, ... */
function niceAbove(value) {
	const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));

	return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value);
}

/* The grid of a drawing: lines at 0, a half and the top, with their figures. */
function grid(size, top) {
	return [0, 0.5, 1].flatMap((part) => {
		const y = TOP + (1 - part) * size.height;

		return [
			shape("line", {
				class: "grid",
				x1: LEFT,
				x2: LEFT + size.width,
				y1: y,
				y2: y,
			}),
			shape(
				"text",
				{class: "tick tick-end", x: LEFT - 6, y: y + 4},
				String(top * part),
			),
		];
	});
}

const MINUTE_MS = 60000;
const MINUTES = 5;
const GAP_MS = 3500;
const FRAMES = {width: 596, height: 170};
const KINDS = ["leased", "withheld", "lost"]; // from the ground up; together: seen

/* The ticks under the chart: from so many minutes ago to now. */
function ticks(minutes) {
	return Array.from({length: minutes + 1}, (_, minute) => {
		const side = {0: "", [minutes]: " tick-end"}[minute] ?? " tick-middle";

		return shape(
			"text",
			{
				class: `tick${side}`,
				x: LEFT + (FRAMES.width * minute) / minutes,
				y: TOP + FRAMES.height + 20,
			},
			minute === minutes ? "now" : `-${minutes - minute} min`,
		);
	});
}

/* Frames of each kind in a second, and how high each reaches when they stand on each other. */
function ratesSince(last, frames, clock) {
	const seconds = last ? (clock - last.clock) / 1000 : 0;

	if (seconds <= 0 || seconds * 1000 > GAP_MS) {
		return null;
	}
	const rates = KINDS.map((kind) => Math.max(0, frames[kind] - last.frames[kind]) / seconds);
	const levels = [0];

	for (const rate of rates) {
		levels.push(levels.at(-1) + rate);
	}
	return {rates, levels, seen: levels.at(-1)};
}

/* Points between two gaps. */
function runsOf(points) {
	const found = [[]];

	for (const point of points) {
		if (point.known) {
			found.at(-1).push(point);
		} else {
			found.push([]);
		}
	}
	return found.filter((run) => run.length > 1);
}

function tellRates(known, mean) {
	const [leased, withheld, lost] = known
		? known.rates.map((rate) => rate.toFixed(1))
		: ["–", "–", "–"];

	setText(byId("rate-leased"), leased);
	setText(byId("rate-withheld"), withheld);
	setText(byId("rate-lost"), lost);
	setText(
		byId("frames-words"),
		known
			? `${known.seen.toFixed(1)} seen each second: ${leased} leased, ${withheld} withheld, ` +
					`${lost} lost. Mean of the time shown ${mean.toFixed(1)}.`
			: "Counting.",
	);
}

/**
 * Frames each second over a window that grows from one minute to five.
 *
 * @returns {{add(frames, clock_ms): void, clear(): void}}
 */
export function framesChart() {
	const areas = KINDS.map((kind) => shape("path", {class: `area area-${kind}`}));
	const lines = shape("g", {});
	const axis = shape("g", {});
	let points = []; // {at, known}; known is null where there is a gap
	let last = null; // {frames, clock}
	let top = 0;
	let minutes = 0;

	byId("frames-chart").append(axis, ...areas, lines);

	function scale(now) {
		const age = points.length > 0 ? now - points[0].at : 0;
		const wanted = Math.min(MINUTES, Math.max(1, Math.ceil(age / MINUTE_MS)));
		const most = niceAbove(
			Math.max(1, ...points.map((point) => point.known?.seen ?? 0)),
		);

		if (wanted !== minutes) {
			minutes = wanted;
			axis.replaceChildren(...ticks(minutes));
		}
		if (most !== top) {
			top = most;
			lines.replaceChildren(...grid(FRAMES, top));
		}
	}

	/* The area of one kind, between what stands below it and its own height. */
	function area(run, kind, now) {
		const x = (point) =>
			LEFT + FRAMES.width * (1 - (now - point.at) / (minutes * MINUTE_MS));
		const y = (point, level) =>
			TOP + FRAMES.height * (1 - point.known.levels[level] / top);
		const edge = (level) =>
			run.map((point) => `${x(point).toFixed(1)},${y(point, level).toFixed(1)}`);

		return `M${edge(kind + 1).join("L")}L${edge(kind).reverse().join("L")}Z`;
	}

	function draw(now) {
		const runs = runsOf(points);

		scale(now);
		for (const [kind, node] of areas.entries()) {
			node.setAttribute("d", runs.map((run) => area(run, kind, now)).join(""));
		}
	}

	return {
		add(frames, clock) {
			const now = performance.now();
			const known = ratesSince(last, frames, clock);

			if (last?.clock === clock) {
				return;
			}
			last = {frames, clock};
			points.push({at: now, known});
			points = points.filter((point) => now - point.at <= MINUTES * MINUTE_MS);
			draw(now);
			const all = points.filter((point) => point.known);

			tellRates(
				known,
				all.reduce((sum, point) => sum + point.known.seen, 0) / all.length,
			);
		},
		clear() {
			points = [];
			last = null;
			draw(performance.now());
			tellRates(null, 0);
		},
	};
}

const BARS = {width: 280, height: 140};

function boundWords(bounds, index) {
	return index < bounds.length ? `${bounds[index]} ms` : `over ${bounds.at(-1)} ms`;
}

/* The same under a bar: "500", "2k", "2k+". */
function shortBound(bounds, index) {
	const bound = bounds[Math.min(index, bounds.length - 1)];

	return `${bound < 1000 ? bound : `${bound / 1000}k`}${index < bounds.length ? "" : "+"}`;
}

/* The bucket in which the given part of all frames was done: "at most 20 ms". */
function quantileWords(histogram, part) {
	const all = histogram.counts.reduce((sum, count) => sum + count, 0);
	let sum = 0;
	const index = histogram.counts.findIndex((count) => (sum += count) >= all * part);

	return index < histogram.bounds_ms.length
		? `at most ${boundWords(histogram.bounds_ms, index)}`
		: boundWords(histogram.bounds_ms, index);
}

function bars(histogram, name, side, top) {
	const step = BARS.width / histogram.counts.length;

	return histogram.counts.map((count, index) => {
		const height = (BARS.height * count) / top;

		return shape("rect", {
			class: `bar-${name}`,
			x: LEFT + step * index + 2 + side * (step / 2 - 2),
			y: TOP + BARS.height - height,
			width: step / 2 - 2,
			height,
		});
	});
}

/** Draws the two histograms of a lane's health, or says that there are none. */
export function drawLatency(latency) {
	const chart = byId("latency-chart");
	const key = JSON.stringify(latency);

	if (chart.dataset.key === key) {
		return;
	}
	chart.dataset.key = key;
	const frames = latency ? latency.answer.counts.reduce((sum, count) => sum + count, 0) : 0;

	chart.toggleAttribute("hidden", frames === 0);
	if (frames === 0) {
		byId("latency-table").replaceChildren();
		setText(
			byId("latency-words"),
			latency
				? "No frame was leased yet."
				: "Not measured: a recording at full pace has no clock.",
		);
		return;
	}
	const {slot, answer} = latency;
	const bounds = slot.bounds_ms;
	const step = BARS.width / slot.counts.length;
	const top = niceAbove(Math.max(...slot.counts, ...answer.counts));

	chart.replaceChildren(
		...grid(BARS, top),
		...bars(slot, "slot", 0, top),
		...bars(answer, "answer", 1, top),
		...slot.counts.map((count, index) =>
			shape(
				"text",
				{
					class: "tick tick-small tick-middle",
					x: LEFT + step * (index + 0.5),
					y: TOP + BARS.height + 18,
				},
				shortBound(bounds, index),
			),
		),
	);
	setText(
		byId("latency-words"),
		`Of ${grouped(frames)} answers half came in ${quantileWords(answer, 0.5)}, 95 of 100 in ${quantileWords(answer, 0.95)}.`,
	);
	byId("latency-table").replaceChildren(
		...slot.counts.map((count, index) =>
			element(
				"tr",
				{},
				element("th", {scope: "row"}, boundWords(bounds, index)),
				element("td", {}, String(count)),
				element("td", {}, String(answer.counts[index])),
			),
		),
	);
}
