// SPDX-License-Identifier: Apache-2.0
//
// What the officer's and the integrator's pages share: building the page, logging in, the lanes at
// a glance and how old the data is that stands there.

import {Refused, get, listen, login, logout, token} from "/assets/api.js";
import {NOTICES, SOURCES, personWords, spanWords} from "/assets/words.js";

const ASK_MS = 1000;
const OLD_MS = 3500;
const LINKS = {
	live: "Live",
	silent: "Console silent",
	away: "Lane away",
	connecting: "Connecting",
};
const CLOCK_MS = 2000; // a status may be so much older than one that came before it

export function byId(id) {
	return document.getElementById(id);
}

/** Sets a text, and touches the page only if it is another one. */
export function setText(node, text) {
	if (node.textContent !== text) {
		node.textContent = text;
	}
}

/** Sets data-name likewise; null takes it away. */
export function setData(node, name, value) {
	if (value === null) {
		delete node.dataset[name];
	} else if (node.dataset[name] !== String(value)) {
		node.dataset[name] = value;
	}
}

/** An element with attributes and children; a child that is no node becomes text. */
export function element(tag, attributes = {}, ...children) {
	const node = document.createElement(tag);

	for (const [name, value] of Object.entries(attributes)) {
		node.setAttribute(name, value);
	}
	node.append(...children);
	return node;
}

/** Pairs of a word and what stands for it, as a definition list; [name, word, text]. */
export function setFacts(list, facts) {
	const key = JSON.stringify(facts);

	if (list.dataset.key === key) {
		return;
	}
	list.dataset.key = key;
	list.replaceChildren(
		...facts.map(([name, word, text]) =>
			element(
				"div",
				{"data-fact": name},
				element("dt", {}, word),
				element("dd", {}, text),
			),
		),
	);
}

/** Runs after the present work and before the page is drawn, however often it was asked for. */
export function oncePerFrame(draw) {
	let asked = false;

	return () => {
		if (!asked) {
			asked = true;
			requestAnimationFrame(() => {
				asked = false;
				draw();
			});
		}
	};
}

/** One request at a time; asked for meanwhile, it runs once more. Failures are the link's matter. */
export function oneAtATime(work) {
	let running = false;
	let again = false;

	return async () => {
		again = running;
		if (running) {
			return;
		}
		running = true;
		do {
			again = false;
			try {
				await work();
			} catch (error) {
				if (!(error instanceof Refused)) {
					throw error;
				}
			}
		} while (again);
		running = false;
	};
}

async function enter(role, secret) {
	const session = await login(secret);

	if (session.role !== role) {
		throw new Refused(
			`this token is the ${session.role}'s; this page takes the ${role}'s`,
			"unsafe",
			403,
		);
	}
}

/** Logs in, by a form if need be, and runs the page. */
export async function begin(role, run) {
	const form = byId("login-form");
	const field = byId("login-token");

	async function tried(secret) {
		try {
			await enter(role, secret);
		} catch (error) {
			byId("login").hidden = false;
			setText(byId("login-error"), secret ? error.message : "");
			setText(byId("link"), "Not logged in");
			field.focus();
			return;
		}
		field.value = "";
		byId("login").hidden = true;
		byId("desk").hidden = false;
		run();
	}
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		tried(field.value.trim());
	});
	byId("logout").addEventListener("click", async () => {
		try {
			await logout();
		} finally {
			location.replace(location.pathname);
		}
	});
	await tried(token());
}

/* Whether a lane is heard of: connected, and what it said is no older than a moment. */
function isHere(entry) {
	return entry.connected && entry.status !== null && entry.age_ms <= OLD_MS;
}

/* What stands beside a lane's name, in words and as a state for its colour. */
function glance(entry) {
	const status = entry.status;

	if (!isHere(entry)) {
		return {state: "away", words: "Lane away", more: ""};
	}
	const person = status.encounter;
	const notice = NOTICES[status.notice.state] ?? status.notice.state;
	const attention = status.notice.state !== "current" || status.source === "away";
	const more = status.source === "away" ? `${SOURCES.away} · ${notice}` : notice;

	if (!person) {
		return {state: attention ? "attention" : "free", words: "Nobody here", more};
	}
	return {
		state: attention ? "attention" : "here",
		words: `${person.number} · ${personWords(person)}`,
		more,
	};
}

function laneButton(name, index) {
	const parts = {
		name: element("span", {class: "lane-name"}, name),
		words: element("span", {class: "lane-words"}),
		more: element("span", {class: "lane-more"}),
	};
	const button = element(
		"button",
		{class: "lane", type: "button", "data-lane": name},
		parts.name,
		...(index < 9 ? [element("kbd", {"aria-hidden": "true"}, String(index + 1))] : []),
		parts.words,
		parts.more,
	);

	return {item: element("li", {}, button), button, parts};
}

/**
 * The lanes at a glance, and the one that is chosen, followed by its events.
 *
 * @param on  {chosen(name), status(status, first), event(kind, event)}: of the chosen lane only; first
 *            when the lane is heard of again, which may then be another run of it
 * @returns {{name(): ?string, choose(index: number): void}}
 */
export function followLanes(on) {
	const list = byId("lanes");
	let shown = new Map();
	let chosen = null;
	let stop = null;
	let heard = performance.now();
	let connected = null; // whether the chosen lane is heard of; null: not known yet
	let since = performance.now();

	function stateOfLink(now) {
		if (now - heard > OLD_MS) {
			return "silent";
		}
		return connected === null ? "connecting" : connected ? "live" : "away";
	}

	/* The age is for the eyes: an alert that counts would be read out each second. */
	function tellLink() {
		const now = performance.now();
		const state = stateOfLink(now);

		setData(byId("link"), "state", state);
		setText(byId("link"), LINKS[state]);
		setData(
			document.body,
			"live",
			state === "away" || state === "silent" ? "no" : "yes",
		);
		byId("old").hidden = state === "live" || state === "connecting";
		setText(
			byId("old-words"),
			`${LINKS[state]}. What stands here is old; treat the lane as closed and check by hand.`,
		);
		setText(byId("old-age"), spanWords(now - (state === "silent" ? heard : since)));
	}

	function tellConnected(now) {
		if (now !== connected) {
			connected = now;
			since = performance.now();
		}
		tellLink();
	}

	function showGlance(entry) {
		const lane = shown.get(entry.lane);
		const now = glance(entry);

		setData(lane.button, "state", now.state);
		setText(lane.parts.words, now.words);
		setText(lane.parts.more, now.more);
	}

	function heardEvent(kind, event) {
		if (kind === "status") {
			heard = performance.now();
			tellConnected(true);
			showGlance({lane: chosen, connected: true, age_ms: 0, status: event});
			on.status(event, true);
		} else if (kind === "away") {
			tellConnected(false);
		} else if (kind !== "connected" && kind !== "disconnected") {
			on.event(kind, event);
		}
	}

	function choose(name) {
		if (name === chosen) {
			return;
		}
		stop?.();
		chosen = name;
		connected = null;
		for (const [each, lane] of shown) {
			lane.button.setAttribute("aria-current", String(each === name));
		}
		on.chosen(name);
		stop = listen(`lanes/${encodeURIComponent(name)}/events`, (kind, event) => {
			if (name === chosen) {
				heardEvent(kind, event);
			}
		});
	}

	function show(entries) {
		const names = entries.map((entry) => entry.lane);

		if (names.join("\n") !== [...shown.keys()].join("\n")) {
			shown = new Map(
				names.map((name, index) => [name, laneButton(name, index)]),
			);
			list.replaceChildren(...[...shown.values()].map((lane) => lane.item));
			for (const [name, lane] of shown) {
				lane.button.addEventListener("click", () => choose(name));
				lane.button.setAttribute("aria-current", String(name === chosen));
			}
		}
		entries.forEach(showGlance);
	}

	async function poll() {
		const {lanes} = await get("lanes");

		heard = performance.now();
		show(lanes);
		if (!chosen && lanes.length > 0) {
			choose(lanes[0].lane);
		}
		const mine = lanes.find((entry) => entry.lane === chosen);

		if (mine) {
			if (isHere(mine)) {
				on.status(mine.status, false);
			}
			tellConnected(isHere(mine));
		}
	}

	const asking = oneAtATime(poll);

	setInterval(() => {
		if (!document.hidden) {
			asking();
			tellLink();
		}
	}, ASK_MS);
	document.addEventListener("visibilitychange", () => {
		if (!document.hidden) {
			heard = performance.now();
			asking();
		}
	});
	asking();
	return {
		name: () => chosen,
		choose: (index) => {
			const name = [...shown.keys()][index];

			if (name) {
				choose(name);
			}
		},
	};
}

/** Whether a lane was started anew between two of its statuses: its numbers begin again. */
export function isAnotherRun(before, now) {
	return now.encounters < before.encounters || now.t_ms + CLOCK_MS < before.t_ms;
}

/** Fills a line of short facts: [text, tone]; tone is "", "good", "warn" or "bad". */
export function setBadges(list, badges) {
	const key = JSON.stringify(badges);

	if (list.dataset.key !== key) {
		list.dataset.key = key;
		list.replaceChildren(
			...badges.map(([text, tone]) =>
				element(
					"li",
					{class: tone ? `badge badge-${tone}` : "badge"},
					text,
				),
			),
		);
	}
}
