// SPDX-License-Identifier: Apache-2.0
//
// The display that a traveler stands at. What it shows follows from the model below, which follows
// from the lane: nothing here decides about anybody.

import {get, getText, lanePath, listen, login, post} from "./api.js";
import {loadWords} from "./catalogue.js";
import {keepsList, keepsOfAll} from "./keeps.js";
import {Heartbeat} from "./notice.js";
import {showReceipt} from "./receipt.js";

const LANE = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const DISPLAY = `display-${crypto.randomUUID().slice(0, 8)}`;
const AGAIN_MS = 500;        // a no that did not get through is said again
const LOOK_MS = 2000;        // the lane's status is asked for, in case an event was lost
const SILENT_MS = 1500;      // so long a notice may be inactive before the page speaks of it
const EARLY_MS = 2 * 60000;  // a no said before anybody opened an encounter is for whoever stands there
const RECEIPT_TRIES = 5;

/* What each state shows: a drawing and buttons. Its texts are head-STATE and advice-STATE. */
const VIEWS = {
	loading: {drawing: "wait", buttons: []},
	waiting: {drawing: "read", buttons: ["go-on", "opt-out"]},
	choose: {drawing: "choose", buttons: ["go-on", "opt-out"]},
	refused: {drawing: "human", buttons: []},
	look: {drawing: "look", buttons: ["opt-out"]},
	captured: {drawing: "compare", buttons: ["opt-out"]},
	verified: {drawing: "done", buttons: ["opt-out"]},
	enrolled: {drawing: "done", buttons: ["opt-out"]},
	refer: {drawing: "human", buttons: []},
	"opted-out": {drawing: "human", buttons: ["take-receipt"]},
	withdrawn: {drawing: "human", buttons: ["take-receipt"]},
	early: {drawing: "human", buttons: ["done"]},
	away: {drawing: "away", buttons: []},
	second: {drawing: "away", buttons: []},
};
const LIVE = ["waiting", "choose", "refused", "look", "captured"]; // the notice has to be up
const BEFORE = ["loading", "waiting", "choose"];                  // what will happen is still ahead
const NO_SAYS = {waiting: "opt-out", choose: "opt-out", look: "stop", captured: "stop"};
const OUTCOME_STATES = {"verified": "verified", "enrolled": "enrolled",
	"refer-opted-out": "opted-out", "refer-withdrawn": "withdrawn"};

const model = {
	words: new Map(), // language -> Words
	language: "en",
	policy: null,     // the lane's answer to policy
	status: null,     // the lane's status
	explained: null,  // the lane's answer to explain, of who is there
	closed: null,     // the last encounter's end: {encounter, outcome, reason, receipt}
	receipt: null,    // {document, slip} of it
	linked: false,    // to the console
	away: false,      // the lane is
	secondSince: 0,   // since when another display shows the notice
	early: 0,         // when somebody opted out before an encounter was opened
	saidNo: 0,        // the encounter whose no is under way
	active: false,    // the lane counts the notice as current, by this display
	inactiveSince: 0,
	first: "en",      // the language to begin with
};
const byId = (id) => document.getElementById(id);
const root = document.documentElement;

function pause(ms) {
	return new Promise((wake) => {
		setTimeout(wake, ms);
	});
}

function words() {
	return model.words.get(model.language) ?? model.words.values().next().value;
}

function endState(outcome) {
	return OUTCOME_STATES[outcome] ?? "refer";
}

function personState(person) {
	switch (person.state) {
	case "opted-out":
	case "withdrawn":
	case "captured":
		return person.state;
	case "decided":
	case "expired":
	case "faulted":
		return endState(person.outcome);
	default:
		if (person.permit) {
			return "look";
		}
		return person.verdict === "refuse" ? "refused" : "choose";
	}
}

function stateNow() {
	const person = model.status?.encounter;

	if (!model.words.size) {
		return "loading";
	}
	if (!person && model.closed) {
		return endState(model.closed.outcome);
	}
	if (!model.linked || model.away) {
		return model.status || model.away ? "away" : "loading";
	}
	if (model.secondSince && performance.now() - model.secondSince > 2 * SILENT_MS) {
		return "second";
	}
	if (person) {
		return personState(person);
	}
	return model.early ? "early" : "waiting";
}

/* Before anything was captured it is a no; from then on what there is of the person is wiped as well. */
function whatNoDoes() {
	const person = model.status?.encounter;

	return person?.permit || ["captured", "decided"].includes(person?.state) ? "withdraw" : "decline";
}

function end() {
	return model.closed ?? model.status?.encounter ?? null;
}

function toHeadline() {
	byId("headline").focus({preventScroll: true});
	scrollTo(0, 0);
}

function setText(element, text) {
	if (element.textContent !== text) { // a live region speaks of what changes only
		element.textContent = text;
	}
}

function adviceOf(state) {
	const say = words();
	const authority = model.explained?.authority;

	if (state === "refer") {
		const {outcome, reason} = end();
		const why = reason ? ` ${say.say("why", {reason: say.word("reason", reason)})}` : "";

		return `${say.word("outcome", outcome ?? "refer-fault")}${why} ${say.say("no-accusation")}`;
	}
	if (state === "choose" && authority === "offered") {
		return say.say("advice-choose-offered");
	}
	if (state === "look" && authority === "required-if-asked") {
		return `${say.say("advice-look")} ${say.say("advice-required")}`;
	}
	return say.say(`advice-${state}`);
}

function paintSay(state) {
	const person = model.status?.encounter;
	const counts = person && ["choose", "look", "refused"].includes(state);

	setText(byId("headline"), words().say(`head-${state}`));
	setText(byId("advice"), adviceOf(state));
	setText(byId("counts-as"), counts ? words().say("counts-as",
		{category: words().word("category", person.category)}) : "");
	byId("drawing").firstElementChild.setAttribute("href", `/assets/drawings.svg#${VIEWS[state].drawing}`);
}

function buttonsOf(state) {
	return model.closed && !model.status?.encounter ? ["done"] : VIEWS[state].buttons;
}

function paintButtons(state) {
	const shown = buttonsOf(state);
	const no = NO_SAYS[state] ?? "withdraw";
	const group = byId("choice");

	group.hidden = shown.length === 0;
	group.setAttribute("aria-label", words().say("choice"));
	for (const button of group.children) {
		button.hidden = !shown.includes(button.id);
	}
	byId("opt-out").dataset.does = whatNoDoes();
	for (const [id, key] of [["go-on", "go-on"], ["opt-out", no]]) {
		byId(id).querySelector("b").textContent = words().say(key);
		byId(id).querySelector("small").textContent = words().say(`${key}-more`);
	}
}

/* Of who is there what the rule says; of whom nothing is captured, that. */
function keepsNow() {
	const person = model.status?.encounter;

	if (person?.verdict === "refuse" && person.state !== "withdrawn") {
		return words().say("keeps-no-picture");
	}
	return person ? model.explained?.keeps : null;
}

function paintKeeps() {
	const keeps = keepsNow();
	const all = model.policy?.keeps ?? [];
	const key = JSON.stringify([model.language, keeps ?? all]);

	setText(byId("watching"), model.status?.pictures === "masked" ? words().say("watching") : "");
	if (byId("keeps").dataset.key === key) { // what a person opened stays open
		return;
	}
	byId("keeps").dataset.key = key;
	if (typeof keeps === "string") {
		byId("keeps").replaceChildren(keeps);
	} else {
		byId("keeps").replaceChildren(...keeps ? [keepsList(words(), keeps)]
			: keepsOfAll(words(), all));
	}
}

/* The texts of the policy, in the language chosen or, where it has none, in its own first one. */
function textsNow() {
	const texts = model.policy?.notice.texts ?? {};
	const language = model.language in texts ? model.language : Object.keys(texts)[0];

	return language ? {language, ...texts[language]} : null;
}

function paintNotice() {
	const texts = textsNow();

	if (!texts) {
		return;
	}
	for (const name of ["notice", "withdraw", "complain", "disclaimer"]) {
		const element = byId(`${name}-text`);

		element.lang = texts.language;
		element.dir = model.words.get(texts.language)?.dir ?? "auto";
		setText(element, texts[name]);
	}
	const shown = byId("notice-text").dataset;

	if (shown.version !== model.policy.notice.version || shown.language !== texts.language) {
		shown.version = model.policy.notice.version;
		shown.language = texts.language;
		heartbeat.changed();
	}
}

function paintReceipt() {
	byId("receipt").hidden = !model.receipt;
	if (model.receipt) {
		const path = `/api/${lanePath(LANE, "receipts", model.receipt.document.id)}`;

		showReceipt(words(), model.receipt, path, textsNow()?.complain);
	}
}

function paintNoticeState(state) {
	const cause = state === "second" ? "second" : model.linked && !model.away ? "hidden" : "away";
	const silent = performance.now() - model.inactiveSince > SILENT_MS;

	root.dataset.notice = model.active ? "active" : "inactive";
	byId("notice-state").hidden = model.active || !silent || !LIVE.includes(state);
	setText(byId("notice-state"), byId("notice-state").hidden ? "" : words().say(`inactive-${cause}`));
}

function paint() {
	if (!model.words.size) {
		return;
	}
	const state = stateNow();

	root.lang = model.language;
	root.dir = words().dir;
	root.dataset.state = state;
	root.dataset.receipt = model.receipt ? "shown" : "none";
	document.title = `${words().say(`head-${state}`)} · ${LANE}`;
	for (const element of document.querySelectorAll("[data-say]")) {
		setText(element, words().say(element.dataset.say));
	}
	setText(byId("step-compare"), words().word("step-compare", model.policy?.purpose ?? "verify"));
	byId("course").hidden = !BEFORE.includes(state);
	paintLanguages();
	paintNotice();
	paintKeeps();
	paintSay(state);
	paintButtons(state);
	paintReceipt();
	paintNoticeState(state);
}

function paintLanguages() {
	const bar = byId("languages");

	bar.setAttribute("aria-label", words().say("languages"));
	if (bar.children.length !== model.words.size) {
		bar.replaceChildren(...[...model.words.values()].map((one) => {
			const button = document.createElement("button");

			button.type = "button";
			button.className = "button";
			button.lang = one.language;
			button.dir = one.dir;
			button.dataset.language = one.language;
			button.textContent = one.name;
			button.addEventListener("click", () => choose(one.language));
			return button;
		}));
	}
	for (const button of bar.children) {
		button.setAttribute("aria-pressed", String(button.dataset.language === model.language));
	}
}

function choose(language) {
	model.language = language;
	sessionStorage.setItem("language", language);
	paint();
}

function setActive(active) {
	if (model.active && !active) {
		model.inactiveSince = performance.now();
	}
	model.active = active;
	paintNoticeState(root.dataset.state);
}

/* What went wrong, in words, and for whoever is asked to help the reason as the console gave it. */
function setProblem(key, error) {
	const problem = byId("problem");

	problem.hidden = !key;
	problem.textContent = key ? words().say(key) + (error ? ` (${error.message})` : "") : "";
}

/* Says no until it has got through: the notice was taken down with the press already, so that no
   picture can be taken meanwhile. */
async function sayNo(encounter) {
	const what = whatNoDoes();

	model.saidNo = encounter;
	setActive(false);
	while (model.saidNo === encounter && model.status?.encounter?.number === encounter) {
		try {
			const answer = await post(lanePath(LANE, what), {encounter});

			model.status.encounter = answer.encounter;
			model.saidNo = 0;
		} catch (error) {
			if (error.status === 409 && error.code !== "replayed") {
				model.saidNo = 0; // it is over already
			}
			setProblem(model.saidNo ? "problem-no" : null, error);
			await pause(AGAIN_MS);
			await look();
		}
	}
	model.saidNo = 0;
	setProblem(null);
	paint();
	toHeadline();
}

function optOut() {
	const person = model.status?.encounter;

	if (person) {
		sayNo(person.number);
		return;
	}
	model.early = Date.now();
	setActive(false);
	paint();
	toHeadline();
}

async function goOn() {
	const person = model.status?.encounter;

	if (!person) {
		setText(byId("advice"), words().say("advice-step-up"));
		toHeadline();
		return;
	}
	try {
		const answer = await post(lanePath(LANE, "consent"), {encounter: person.number});

		model.status.encounter = answer.encounter;
		setProblem(null);
	} catch (error) {
		setProblem("problem", error);
	}
	await look();
	toHeadline();
}

async function takeReceipt() {
	const person = model.status?.encounter;

	if (!person) {
		return;
	}
	try {
		await finish(await post(lanePath(LANE, "close"), {encounter: person.number}));
		setProblem(null);
	} catch (error) {
		setProblem("problem", error);
		await look();
	}
	toHeadline();
}

function startAgain() {
	model.closed = null;
	model.receipt = null;
	model.early = 0;
	setProblem(null);
	choose(model.first);
	toHeadline();
}

async function loadReceipt(id) {
	for (let i = 0; id && i < RECEIPT_TRIES && model.closed?.receipt === id; i++) {
		try {
			const path = lanePath(LANE, "receipts", id);
			const [answer, slip] = await Promise.all([get(path), getText(`${path}.txt`)]);

			if (model.closed?.receipt === id) {
				model.receipt = {document: answer.document ?? answer, slip};
			}
			return;
		} catch {
			await pause(AGAIN_MS);
		}
	}
}

/* An encounter is over: its end stays up, with the receipt, until the next one or until "done". */
async function finish(closed) {
	if (model.status?.encounter?.number === closed.encounter) {
		model.status.encounter = null;
	}
	if (model.closed?.encounter === closed.encounter) {
		return;
	}
	model.closed = closed;
	model.receipt = null;
	paint();
	await loadReceipt(closed.receipt);
	if (!model.receipt && model.closed === closed) {
		setProblem("problem-receipt");
	}
	paint();
}

async function takeStatus(status) {
	const before = model.status?.encounter;
	const person = status.encounter;

	model.status = status;
	model.away = false;
	if (person && person.number !== before?.number) {
		model.closed = null;
		model.receipt = null;
		model.explained = null;
		setProblem(null);
	}
	if (before && before.number !== person?.number) {
		await lookBack(before.number);
	}
	paint();
	if (person && model.early) {
		const saidNow = Date.now() - model.early < EARLY_MS;

		model.early = 0;
		if (saidNow) {
			sayNo(person.number);
		}
	}
}

/* Somebody left while this page was not told how it ended. */
async function lookBack(encounter) {
	if (model.closed?.encounter === encounter) {
		return;
	}
	try {
		const ended = await get(`${lanePath(LANE, "explain")}?encounter=${encounter}`);

		if (!model.status?.encounter && ended.outcome) {
			await finish({encounter, outcome: ended.outcome, reason: ended.reason, receipt: ended.receipt});
		}
	} catch {
		/* the lane was started anew and knows nothing of it */
	}
}

async function explain() {
	const person = model.status?.encounter;

	if (person) {
		try {
			model.explained = await get(`${lanePath(LANE, "explain")}?encounter=${person.number}`);
		} catch {
			model.explained = null;
		}
	}
}

let looking = null;

/* The lane's status, and the decision of who is there. */
function look() {
	looking ??= (async () => {
		try {
			const status = await get(lanePath(LANE, "status"));

			model.linked = true;
			await takeStatus(status);
			await explain();
		} catch (error) {
			model.linked = error.code !== "away" || error.status !== 0;
			model.away = error.status === 503;
		} finally {
			looking = null;
		}
		paint();
	})();
	return looking;
}

async function loadPolicy() {
	try {
		model.policy = await get(lanePath(LANE, "policy"));
	} catch {
		model.policy = null;
	}
	paint();
}

function onEvent(kind, data) {
	switch (kind) {
	case "connected":
		model.linked = true;
		loadPolicy();
		break;
	case "disconnected":
		model.linked = false;
		setActive(false);
		paint();
		break;
	case "away":
		model.away = true;
		setActive(false);
		paint();
		break;
	case "status":
		takeStatus(data).then(explain).then(paint);
		break;
	case "encounter.closed":
		finish(data);
		break;
	default:
		look();
	}
}

let beating = false;

/* What counts is what stands on the page: its version, its language. */
async function beat() {
	const {version, language} = byId("notice-text").dataset;

	if (beating || !version || model.early || model.saidNo) {
		return;
	}
	beating = true;
	try {
		const answer = await post(lanePath(LANE, "notice"), {display: DISPLAY, version, language});

		model.linked = true;
		model.secondSince = 0;
		setActive(answer.notice === "current" && !model.early && !model.saidNo);
		if (answer.wanted !== version) {
			await loadPolicy();
		}
	} catch (error) {
		model.secondSince = error.code === "no" ? model.secondSince || performance.now() : 0;
		model.linked = error.status !== 0;
		setActive(false);
		paint();
	} finally {
		beating = false;
	}
}

const heartbeat = new Heartbeat(byId("notice-text"), beat, () => setActive(false));

/* For buttons beside the display, which are keys to the page. */
function onKey(event) {
	for (const button of byId("choice").children) {
		if (button.ariaKeyShortcuts === event.key && !button.hidden && !event.repeat) {
			event.preventDefault();
			button.click();
		}
	}
}

async function start() {
	byId("lane").textContent = LANE;
	addEventListener("keydown", onKey);
	addEventListener("beforeprint", () => {
		byId("receipt-slip").parentElement.open = true;
	});
	for (const [id, act] of [["go-on", goOn], ["opt-out", optOut], ["take-receipt", takeReceipt],
		["done", startAgain], ["print-receipt", () => print()],
		["skip", toHeadline]]) {
		byId(id).addEventListener("click", act);
	}
	const languages = await logInAtLast();

	if (languages) {
		await show(languages);
	}
}

/* @returns the languages; null: the address has no token, or a wrong one, which no waiting mends */
async function logInAtLast() {
	for (;;) {
		try {
			return (await login()).languages;
		} catch (error) {
			setText(byId("headline"), error.message);
			if (error.status === 401) {
				return null;
			}
			await pause(LOOK_MS);
		}
	}
}

async function show(languages) {
	model.words = await loadWords(languages);
	[model.first] = model.words.keys();
	model.language = model.first;
	if (model.words.has(sessionStorage.getItem("language"))) {
		model.language = sessionStorage.getItem("language");
	}
	model.inactiveSince = performance.now();
	paint();
	listen(lanePath(LANE, "events"), onEvent);
	setInterval(look, LOOK_MS);
}

start();
