// SPDX-License-Identifier: Apache-2.0
//
// The officer's view: who is there, what the policy says of them and why, and what the officer does.

import {get, lanePath, post} from "/assets/api.js";
import {
	begin,
	byId,
	element,
	followLanes,
	isAnotherRun,
	oncePerFrame,
	oneAtATime,
	setBadges,
	setData,
	setFacts,
	setText,
} from "/assets/desk.js";
import {openingForm} from "/assets/opening.js";
import {reviews} from "/assets/reviews.js";
import {
	AUTHORITIES,
	CHOICES,
	NOTICES,
	SOURCES,
	SOURCE_STATUSES,
	VERDICTS,
	comparisonWords,
	inputWords,
	outcomeWords,
	personWords,
	reasonWords,
	spanWords,
	storeWords,
	verdictMeaning,
} from "/assets/words.js";

const AGAIN_MS = 1000;

let lanes;
let opening;
let past;
let policy = null;
let status = null; // of the chosen lane, as it last said
let explained = null; // its explanation of whoever is there
const owed = new Set(); // what people said and their lanes have not confirmed yet

function lane() {
	return lanes.name();
}

/* What a comparison came to, or null without one. Never a score, and nothing after a no. */
function comparisonOf(person, about) {
	const said = person.choice === "decline" || person.choice === "withdraw";

	return !said && typeof about.matched === "boolean" && about.fmr
		? comparisonWords(about)
		: null;
}

const READING = ["permitted", "captured"];

const STATE_MEANINGS = {
	opened: "The notice comes first. Nothing is captured before it.",
	noticed: "Waiting for the person, or for the time in which they may decline.",
	permitted: "Until the first usable picture. An opt-out ends it at once.",
	captured: "The frames are wiped already.",
};

function headWords(person) {
	if (person.outcome) {
		return outcomeWords(person.outcome);
	}
	if (person.verdict === "refuse") {
		return {
			title: personWords(person),
			tone: "plain",
			meaning: "The policy takes no picture of this person here; the rule says why.",
			next: ["Check the document by hand."],
		};
	}
	return {
		title: personWords(person),
		tone: READING.includes(person.state) ? "reading" : "plain",
		meaning: STATE_MEANINGS[person.state] ?? "",
		next: [],
	};
}

function drawHead(person, about) {
	const words = headWords(person);
	const list = byId("next-list");

	setText(
		byId("encounter-title"),
		`Encounter ${person.number} · ${inputWords("category", person.category)} · here for ${spanWords(person.age_ms)}`,
	);
	setText(byId("state-text"), words.title);
	setText(byId("state-meaning"), words.meaning);
	setText(byId("reason-text"), reasonWords(person.reason));
	setText(byId("comparison"), comparisonOf(person, about) ?? "");
	setData(document.querySelector(".head"), "tone", words.tone);
	byId("next").hidden = words.next.length === 0;
	if (list.dataset.key !== words.next.join("\n")) {
		list.dataset.key = words.next.join("\n");
		list.replaceChildren(...words.next.map((text) => element("li", {}, text)));
	}
}

function drawFacts(person, about) {
	const facts = [["category", "Category", inputWords("category", person.category)]];

	for (const [name, axis, word] of [
		["known_by", "known-by", "Known by"],
		["age_band", "age-band", "Age"],
		["direction", "direction", "Direction"],
		["environment", "environment", "Environment"],
	]) {
		if (about[name]) {
			facts.push([axis, word, inputWords(axis, about[name])]);
		}
	}
	facts.push(
		["choice", "Said", CHOICES[person.choice] ?? person.choice],
		[
			"permit",
			"Permit",
			person.permit ? "Live: the camera may read" : "None: frames stay unread",
		],
		[
			"comparison",
			"Comparison",
			comparisonOf(person, about) ?? (person.outcome ? "None" : "None yet"),
		],
	);
	setFacts(byId("facts"), facts);
	setFacts(
		byId("keeps"),
		(about.keeps ?? []).map(({store, words}) => [store, storeWords(store), words]),
	);
	byId("keeps-part").hidden = !about.keeps?.length;
}

function sourceItem(source) {
	return element(
		"li",
		{"data-source": source.id},
		element("p", {}, source.title ?? source.id),
		element("p", {class: "soft"}, source.citation ?? ""),
		element(
			"p",
			{class: "source-status", "data-status": source.status},
			SOURCE_STATUSES[source.status] ?? source.status ?? "",
		),
	);
}

function disputeItem(dispute) {
	return element(
		"li",
		{"data-dispute": dispute.id ?? ""},
		element("p", {}, element("strong", {}, `Disputed: ${dispute.question ?? ""}`)),
		element(
			"ol",
			{},
			...(dispute.readings ?? []).map((reading) => element("li", {}, reading)),
		),
		...(dispute.taken ? [element("p", {}, `Taken here: ${dispute.taken}.`)] : []),
	);
}

function drawRule(person, about) {
	const verdict = byId("verdict");
	const key = JSON.stringify([about.sources, about.disputes]);

	setText(verdict, VERDICTS[person.verdict] ?? person.verdict);
	setData(verdict, "verdict", person.verdict);
	setText(byId("verdict-meaning"), verdictMeaning(person.verdict));
	setText(
		byId("authority"),
		about.authority ? (AUTHORITIES[about.authority] ?? about.authority) : "",
	);
	setText(byId("rule-text"), about.rule_text ?? "");
	setText(byId("rule-id"), person.rule ?? "none");
	if (byId("sources").dataset.key !== key) {
		byId("sources").dataset.key = key;
		byId("sources").replaceChildren(...(about.sources ?? []).map(sourceItem));
		byId("disputes").replaceChildren(...(about.disputes ?? []).map(disputeItem));
	}
}

function drawEncounter(person) {
	const about = explained?.encounter === person.number ? explained : {};
	const section = byId("encounter");

	setData(section, "number", person.number);
	setData(section, "state", person.state);
	setData(section, "outcome", person.outcome);
	setData(section, "verdict", person.verdict);
	setData(section, "permit", person.permit ? "yes" : "no");
	byId("decline").setAttribute("aria-disabled", String(person.state === "opted-out"));
	byId("withdraw").setAttribute("aria-disabled", String(person.state === "withdrawn"));
	drawHead(person, about);
	drawFacts(person, about);
	drawRule(person, about);
}

function noteOf() {
	if (status.people !== "control") {
		return "This lane follows a scenario: people step up by it, and here they are watched and reviewed.";
	}
	if (status.source === "away") {
		return "The camera is away. Whoever would need it is referred at once: check documents by hand.";
	}
	if (status.notice.state !== "current") {
		return `No display shows notice ${status.notice.wanted}, so nobody is captured. Check documents by hand and have the display looked at.`;
	}
	return "";
}

const draw = oncePerFrame(() => {
	const person = status?.encounter ?? null;

	setText(byId("lane-title"), lane() ?? "No lane");
	byId("open-form").hidden = !status || person !== null || status.people !== "control";
	byId("encounter").hidden = person === null;
	if (!status) {
		setBadges(byId("lane-facts"), []);
		byId("lane-note").hidden = true;
		return;
	}
	setBadges(byId("lane-facts"), [
		[
			NOTICES[status.notice.state] ?? status.notice.state,
			status.notice.state === "current" ? "good" : "warn",
		],
		[SOURCES[status.source] ?? status.source, status.source === "away" ? "warn" : ""],
		[`Policy ${status.policy}`, ""],
	]);
	setText(byId("lane-note"), noteOf());
	byId("lane-note").hidden = byId("lane-note").textContent === "";
	if (person) {
		drawEncounter(person);
	}
});

/* The lane was started anew: its numbers begin again, and nobody of before is there. */
function anew() {
	status = null;
	policy = null;
	explained = null;
	past.reset();
}

/* Where an encounter stands; with another step there is something else to explain. */
function stepOf(about) {
	return JSON.stringify({...about?.encounter, age_ms: 0});
}

/* What a lane says of itself now; older words than those shown are passed over. */
function take(now, first) {
	if (status && first && isAnotherRun(status, now)) {
		anew();
	}
	if (status && now.t_ms < status.t_ms) {
		return;
	}
	if (!policy) {
		readPolicy();
	}
	if (!status) {
		past.catchUp(now.encounters - (now.encounter ? 1 : 0));
	}
	const before = status;

	status = now;
	if (now.encounter?.number !== before?.encounter?.number) {
		explained = null;
		if (before?.encounter) {
			tell(lane(), "");
		}
	}
	if (stepOf(now) !== stepOf(before)) {
		explain();
	}
	draw();
}

const explain = oneAtATime(async () => {
	const asked = lane();
	const number = status?.encounter?.number;

	if (!number) {
		return;
	}
	const answer = await get(`${lanePath(asked, "explain")}?encounter=${number}`);

	if (asked === lane() && number === status?.encounter?.number) {
		explained = answer;
		draw();
	}
});

const refresh = oneAtATime(async () => {
	const asked = lane();
	const now = await get(lanePath(asked, "status"));

	if (asked === lane()) {
		take(now, false);
	}
});

const readPolicy = oneAtATime(async () => {
	const asked = lane();
	const answer = await get(lanePath(asked, "policy"));

	if (asked === lane()) {
		policy = answer;
		opening.offer(policy);
	}
});

function tell(name, text) {
	if (name === lane()) {
		setText(byId("action-error"), text);
	}
}

const UNCONFIRMED =
	"Not confirmed by the lane yet; it is said again each second. " +
	"The person has said no: check the document by hand.";

/* Says it once. @returns whether it has to be said again */
async function isUnconfirmed(name, what, number) {
	try {
		await post(lanePath(name, what), number ? {encounter: number} : {});
		tell(name, "");
	} catch (error) {
		const unconfirmed = error.status === 0 || error.status >= 500;

		tell(name, unconfirmed ? UNCONFIRMED : error.message);
		return unconfirmed;
	}
	return false;
}

/* A no is said once and holds: what the lane did not confirm is said again until it does. */
async function say(what) {
	const name = lane();
	const number = status?.encounter?.number;
	const debt = `${name} ${what} ${number}`;

	if (!name || owed.has(debt)) {
		return;
	}
	owed.add(debt);
	tell(name, "");
	while (await isUnconfirmed(name, what, number)) {
		await new Promise((wake) => {
			setTimeout(wake, AGAIN_MS);
		});
	}
	owed.delete(debt);
	refresh();
}

async function close() {
	const number = status?.encounter?.number;

	setText(byId("action-error"), "");
	if (!number) {
		return;
	}
	try {
		await post(lanePath(lane(), "close"), {encounter: number});
	} catch (error) {
		setText(byId("action-error"), `Not closed: ${error.message}`);
		return;
	}
	await past.catchUp(number);
	past.choose(number);
	byId("now").focus({preventScroll: true});
	await refresh();
}

function isTyping(target) {
	return target.matches("input:not([type=radio], [type=checkbox]), select, textarea");
}

const KEYS = {
	o: () => say("decline"),
	w: () => say("withdraw"),
	c: close,
	n: () => (byId("open-form").hidden ? byId("now") : byId("category")).focus(),
	r: () => past.focus(),
	p: () => past.receipt(),
	"?": () => byId("keys").showModal(),
};

function pressed(event) {
	if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) {
		return;
	}
	if (event.key === "F8") {
		event.preventDefault();
		say("decline");
		return;
	}
	if (event.key === "Escape" && isTyping(event.target) && event.target.value === "") {
		event.target.blur();
		return;
	}
	const key = event.key.toLowerCase();

	if (
		!byId("keys-on").checked ||
		isTyping(event.target) ||
		(document.querySelector("dialog[open]") && key !== "o")
	) {
		return;
	}
	if (KEYS[key]) {
		event.preventDefault();
		KEYS[key]();
	} else if (/^[1-9]$/.test(key)) {
		lanes.choose(Number(key) - 1);
	}
}

function run() {
	opening = openingForm(lane, refresh, (text) => tell(lane(), text));
	past = reviews(lane);
	lanes = followLanes({
		chosen() {
			anew();
			draw();
		},
		status: take,
		event(kind, event) {
			if (kind === "encounter.closed") {
				past.closed(event);
			} else if (kind === "policy.changed") {
				readPolicy();
			}
		},
	});
	byId("decline").addEventListener("click", () => say("decline"));
	byId("withdraw").addEventListener("click", () => say("withdraw"));
	byId("close").addEventListener("click", close);
	byId("keys-button").addEventListener("click", KEYS["?"]);
	byId("keys-close").addEventListener("click", () => byId("keys").close());
	document.addEventListener("keydown", pressed);
}

begin("officer", run);
