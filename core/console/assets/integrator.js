// SPDX-License-Identifier: Apache-2.0
//
// The integrator's view: whether the camera, the workers and the books of a lane do as they should.

import {get, lanePath} from "/assets/api.js";
import {drawLatency, framesChart} from "/assets/chart.js";
import {
	begin,
	byId,
	element,
	followLanes,
	isAnotherRun,
	oncePerFrame,
	oneAtATime,
	setBadges,
	setFacts,
	setText,
} from "/assets/desk.js";
import {pictureView} from "/assets/picture.js";
import {NOTICES, SOURCES, grouped, outcomeWords, spanWords} from "/assets/words.js";

const ASK_MS = 1000;
const DRAW_MS = 250; // however many events come
const EVENTS_SHOWN = 60;

let lanes;
let chart;
let picture;
let status = null;
let policy = null;

function lane() {
	return lanes.name();
}

function figure(value, unit, digits = 1) {
	return value === null || value === undefined
		? "not known yet"
		: `${value.toFixed(digits)} ${unit}`;
}

function spread(times) {
	return times
		? `${times.p50.toFixed(1)} / ${times.p95.toFixed(1)} / ${figure(times.max, "ms")}`
		: "not known yet";
}

/* Counts by their causes; the sum first, then those that are not 0. */
function byCause(causes) {
	const sum = Object.values(causes).reduce((all, count) => all + count, 0);
	const some = Object.entries(causes)
		.filter(([, count]) => count > 0)
		.map(([cause, count]) => `${cause} ${grouped(count)}`);

	return some.length > 0 ? `${grouped(sum)}: ${some.join(", ")}` : "0";
}

function drawCamera(camera) {
	const identity = [
		["serial", "Serial", camera.serial],
		["port", "Port", camera.port],
	].filter(([, , text]) => text);

	setFacts(byId("camera"), [
		["name", "Name", camera.name],
		["driver", "Driver", camera.driver],
		...identity,
		[
			"state",
			"State",
			camera.away
				? `${SOURCES[camera.state]}: ${camera.away}`
				: (SOURCES[camera.state] ?? camera.state),
		],
		["format", "Format", `${camera.format} ${camera.width} × ${camera.height}`],
		[
			"rate",
			"Rate",
			`${figure(camera.fps, "fps", 2)}, asked ${figure(camera.fps_wanted, "fps", 2)}`,
		],
		["interval", "Interval", spread(camera.interval_ms)],
		["jitter", "Jitter", spread(camera.jitter_ms)],
		["lost", "Lost, by cause", byCause(camera.lost)],
		["passed-over", "Passed over", byCause(camera.passed_over)],
		["returns", "Away", `${camera.losses} times, back ${camera.returns}`],
	]);
}

function drawCounts(health) {
	const ends = Object.entries(health.encounters.outcomes).filter(([, count]) => count > 0);
	const {frames, permits} = health;

	setFacts(byId("counts"), [
		["seen", "Seen", grouped(frames.seen)],
		["leased", "Leased", grouped(frames.leased)],
		["withheld", "Withheld", grouped(frames.withheld)],
		["lost", "Lost", grouped(frames.lost)],
		["damaged", "Damaged", grouped(frames.damaged)],
		[
			"permits",
			"Permits",
			`${permits.granted} granted, ${permits.live ? "one lives" : "none lives"}`,
		],
		["encounters", "Encounters", grouped(health.encounters.total)],
	]);
	setFacts(
		byId("ends"),
		ends.map(([outcome, count]) => [
			outcome,
			outcomeWords(outcome).title,
			grouped(count),
		]),
	);
}

const VAULTS = {
	open: "Open",
	locked: "Locked",
	inbox: "Sealed for a vault elsewhere",
	none: "None",
};

function drawKeeping({vault, audit, uptime_ms: uptime, memory_bytes: memory}) {
	setFacts(byId("keeping"), [
		["vault", "Vault", VAULTS[vault.state] ?? vault.state],
		...(vault.records === null ? [] : [["records", "Records", grouped(vault.records)]]),
		["stored", "Sealed", `${vault.stored}${vault.last ? `, last ${vault.last}` : ""}`],
		...(vault.clock_held
			? [["clock", "Clock", "Held: the wall clock is not believed"]]
			: []),
		[
			"audit",
			"Audit log",
			audit.writable
				? `Entry ${audit.sequence}`
				: "Not writable: nothing is captured",
		],
		[
			"checkpoint",
			"Checkpoint",
			`At ${audit.checkpoint}, ${spanWords(audit.checkpoint_age_ms)} ago`,
		],
		["uptime", "Up", spanWords(uptime)],
		["memory", "Memory", `${grouped(memory / 1e6)} MB`],
	]);
}

const WORKER_TONES = {ready: "good", starting: "", waiting: "warn", quarantined: "bad"};

function workerRow(worker) {
	const answers = worker.answer_ms
		? `${worker.answer_ms.p50.toFixed(1)} / ${worker.answer_ms.p95.toFixed(1)}`
		: "none yet";

	return element(
		"tr",
		{"data-worker": worker.role, "data-state": worker.state},
		element("th", {scope: "row"}, worker.role),
		element(
			"td",
			{},
			element(
				"span",
				{class: `badge badge-${WORKER_TONES[worker.state] || "plain"}`},
				worker.state,
			),
		),
		element("td", {}, worker.plugins.join(", ")),
		element("td", {}, String(worker.deaths)),
		element("td", {}, String(worker.restarts)),
		element("td", {}, String(worker.renewals)),
		element("td", {}, worker.spare),
		element("td", {}, answers),
		element("td", {}, grouped(worker.memory_bytes / 1e6)),
	);
}

function drawWorkers(workers) {
	const body = byId("workers");
	const key = JSON.stringify(workers);

	if (body.dataset.key !== key) {
		body.dataset.key = key;
		body.replaceChildren(...workers.map(workerRow));
	}
}

function drawPolicy() {
	const about = policy
		? [
				[
					"policy",
					"Policy",
					`${policy.policy.id}, version ${policy.policy.version}`,
				],
				["title", "Title", policy.policy.title],
				["date", "Rules of", policy.policy.date],
				["purpose", "Purpose", policy.purpose],
				["sha256", "SHA-256", policy.policy.sha256],
				["until", "Notice until", policy.notice.until ?? "no end stated"],
				[
					"languages",
					"Languages",
					Object.keys(policy.notice.texts).join(", "),
				],
			]
		: [];
	const notice = status
		? [
				[
					"notice",
					"Notice",
					NOTICES[status.notice.state] ?? status.notice.state,
				],
				["wanted", "Wanted", status.notice.wanted],
				["display", "Display", status.notice.display ?? "none"],
			]
		: [];

	setFacts(byId("policy"), [...notice, ...about]);
}

const draw = oncePerFrame(() => {
	setText(byId("lane-title"), lane() ?? "No lane");
	if (!status) {
		setBadges(byId("lane-facts"), []);
		return;
	}
	setBadges(byId("lane-facts"), [
		[
			NOTICES[status.notice.state] ?? status.notice.state,
			status.notice.state === "current" ? "good" : "warn",
		],
		[SOURCES[status.source] ?? status.source, status.source === "away" ? "warn" : ""],
		[`postern ${status.version}`, ""],
	]);
	drawPolicy();
});

function drawHealth(health) {
	chart.add(health.frames, health.uptime_ms);
	drawCamera(health.camera);
	drawLatency(health.latency);
	drawCounts(health);
	drawKeeping(health);
	drawWorkers(health.workers);
	picture.permit(health.permits.live);
}

const askHealth = oneAtATime(async () => {
	const asked = lane();

	if (!asked) {
		return;
	}
	try {
		const health = await get(lanePath(asked, "health"));

		if (asked === lane()) {
			setText(byId("lane-error"), "");
			drawHealth(health);
		}
	} catch (error) {
		setText(byId("lane-error"), error.message);
	}
});

const readPolicy = oneAtATime(async () => {
	const asked = lane();
	const answer = await get(lanePath(asked, "policy"));

	if (asked === lane()) {
		policy = answer;
		draw();
	}
});

/* An event in one line: its plain fields, as they are called. */
function eventWords(event) {
	return Object.entries(event)
		.filter(
			([name, value]) =>
				!["v", "seq", "t_ms", "wall", "lane", "kind"].includes(name) &&
				value !== null &&
				typeof value !== "object",
		)
		.map(([name, value]) => `${name.replaceAll("_", " ")} ${value}`)
		.join(" · ");
}

const fresh = []; // events that are not in the page yet
let drawing = null; // the timer that draws them

function drawEvents() {
	const list = byId("events");

	drawing = null;
	list.prepend(
		...fresh
			.splice(0)
			.slice(-EVENTS_SHOWN)
			.reverse()
			.map(([kind, event]) =>
				element(
					"li",
					{"data-kind": kind},
					element(
						"span",
						{class: "event-time"},
						event.wall ? event.wall.slice(11, 23) : "",
					),
					element("span", {class: "event-kind"}, kind),
					element("span", {}, eventWords(event)),
				),
			),
	);
	while (list.childElementCount > EVENTS_SHOWN) {
		list.lastElementChild.remove();
	}
}

function run() {
	chart = framesChart();
	picture = pictureView(lane);
	lanes = followLanes({
		chosen() {
			status = null;
			policy = null;
			chart.clear();
			picture.off();
			picture.permit(false);
			fresh.length = 0;
			byId("events").replaceChildren();
			draw();
			askHealth();
		},
		status(now) {
			if (!policy || isAnotherRun(status, now)) {
				readPolicy();
			}
			status = now;
			picture.lane(now.pictures !== "off");
			draw();
		},
		event(kind, event) {
			if (kind === "policy.changed") {
				readPolicy();
			} else if (kind === "permit.granted" || kind === "permit.revoked") {
				picture.permit(kind === "permit.granted");
			}
			fresh.push([kind, event]);
			drawing ??= setTimeout(drawEvents, DRAW_MS);
		},
	});
	setInterval(() => {
		if (!document.hidden) {
			askHealth();
		}
	}, ASK_MS);
}

begin("integrator", run);
