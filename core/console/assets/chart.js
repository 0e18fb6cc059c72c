// SPDX-License-Identifier: Apache-2.0
//
// Two instruments drawn as SVG: frames each second over the last minutes, and a latency histogram.

import {byId, element, setText} from "/assets/desk.js";

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

const SPAN_MS = 300000;
const GAP_MS = 3500;
const FRAMES = {width: 596, height: 170};
const KINDS = ["leased", "withheld", "lost"]; // from the ground up; together: seen

/**
 * The last minutes of frames each second.
 *
 * @returns {{add(frames, clock_ms): void, clear(): void}}
 */
export function framesChart() {
	const chart = byId("frames-chart");
	const areas = KINDS.map((kind) => shape("path", {class: `area area-${kind}`}));
	const lines = shape("g", {});
	let points = []; // {at, rates} or {at, rates: null} where nothing is known
	let last = null; // {frames, clock}
	let top = 0;

	for (let minute = 0; minute <= 5; minute++) {
		const x = LEFT + (FRAMES.width * minute) / 5;

		chart.append(
			shape(
				"text",
				{
					class:
						minute === 5
							? "tick tick-end"
							: minute === 0
								? "tick"
								: "tick tick-middle",
					x,
					y: TOP + FRAMES.height + 20,
				},
				minute === 5 ? "now" : `-${5 - minute} min`,
			),
		);
	}
	chart.append(...areas, lines);

	function path(run, from, now, scale) {
		const x = (point) =>
			(LEFT + FRAMES.width * (1 - (now - point.at) / SPAN_MS)).toFixed(1);
		const y = (rates, count) =>
			(
				TOP +
				FRAMES.height -
				scale *
					KINDS.slice(0, count).reduce(
						(sum, kind) => sum + rates[kind],
						0,
					)
			).toFixed(1);
		const upper = run.map((point) => `${x(point)},${y(point.rates, from + 1)}`);
		const lower = run.map((point) => `${x(point)},${y(point.rates, from)}`).reverse();

		return `M${upper.join("L")}L${lower.join("L")}Z`;
	}

	/* Points between two gaps. */
	function runs() {
		const found = [[]];

		for (const point of points) {
			if (point.rates) {
				found.at(-1).push(point);
			} else {
				found.push([]);
			}
		}
		return found.filter((run) => run.length > 1);
	}

	function draw(now) {
		const most = Math.max(
			1,
			...points.map((point) => (point.rates ? point.rates.seen : 0)),
		);
		const whole = runs();

		if (niceAbove(most) !== top) {
			top = niceAbove(most);
			lines.replaceChildren(...grid(FRAMES, top));
		}
		for (const [index, area] of areas.entries()) {
			area.setAttribute(
				"d",
				whole
					.map((run) => path(run, index, now, FRAMES.height / top))
					.join(""),
			);
		}
	}

	function tell(rates) {
		const known = points.filter((point) => point.rates);
		const mean =
			known.reduce((sum, point) => sum + point.rates.seen, 0) /
			Math.max(1, known.length);

		for (const kind of KINDS) {
			setText(byId(`rate-${kind}`), rates ? rates[kind].toFixed(1) : "–");
		}
		setText(
			byId("frames-words"),
			rates
				? `${rates.seen.toFixed(1)} seen each second: ${rates.leased.toFixed(1)} leased, ${rates.withheld.toFixed(1)} withheld, ${rates.lost.toFixed(1)} lost. Mean of the time shown ${mean.toFixed(1)}.`
				: "Counting.",
		);
	}

	function ratesSince(frames, clock) {
		const seconds = last ? (clock - last.clock) / 1000 : 0;

		if (seconds <= 0 || seconds * 1000 > GAP_MS) {
			return null;
		}
		return Object.fromEntries(
			["seen", ...KINDS].map((kind) => [
				kind,
				Math.max(0, frames[kind] - last.frames[kind]) / seconds,
			]),
		);
	}

	return {
		add(frames, clock) {
			const now = performance.now();
			const rates = ratesSince(frames, clock);

			if (last?.clock === clock) {
				return;
			}
			last = {frames, clock};
			points.push({at: now, rates});
			points = points.filter((point) => now - point.at <= SPAN_MS);
			draw(now);
			tell(rates);
		},
		clear() {
			points = [];
			last = null;
			draw(performance.now());
			tell(null);
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

	if (frames === 0) {
		chart.replaceChildren();
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
		`${frames} frames. Half of the answers came in ${quantileWords(answer, 0.5)}, 95 of 100 in ${quantileWords(answer, 0.95)}.`,
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
