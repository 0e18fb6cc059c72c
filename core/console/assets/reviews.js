// SPDX-License-Identifier: Apache-2.0
//
// The encounters that are over: how they ended, their receipts, and the officer's own decision.

import {Refused, get, getText, lanePath, post} from "/assets/api.js";
import {byId, element, setData, setText} from "/assets/desk.js";
import {
	DECISIONS,
	EVIDENCE,
	FACE_EVIDENCE,
	comparisonWords,
	inputWords,
	outcomeWords,
	reasonWords,
} from "/assets/words.js";

const KEPT = 12;
const LOOKED_UP = 8; // encounters before this page was opened
const COMPARED = ["verified", "refer-no-match"];
const OFFICER = /^(?=.*[0-9])[A-Z0-9-]{2,32}$/;

function box(type, name, value, words) {
	return element("label", {}, element("input", {type, name, value}), words);
}

function checked(name) {
	return [...document.querySelectorAll(`input[name=${name}]:checked`)].map(
		(input) => input.value,
	);
}

/* What the form still lacks, or null: {text, focus}. */
function lacking(officer, decision, evidence) {
	if (!OFFICER.test(officer)) {
		return {
			text: "Your role or post: capital letters, digits and dashes with at least one digit, as DESK-07.",
			focus: byId("review-officer"),
		};
	}
	if (!decision) {
		return {
			text: "Your decision: say what you did.",
			focus: document.querySelector("input[name=decision]"),
		};
	}
	if (evidence.every((each) => FACE_EVIDENCE.includes(each))) {
		return {
			text:
				evidence.length > 0
					? "A face alone decides nothing. Say what else your decision rests on: document, questions, manifest, record or a second officer."
					: "It rests on: say at least one thing.",
			focus: document.querySelector("input[name=evidence]"),
		};
	}
	return null;
}

/** How a closed encounter ended, in one line. */
function endWords(entry) {
	const outcome = outcomeWords(entry.outcome);
	const comparison =
		entry.match && COMPARED.includes(entry.outcome)
			? ` ${comparisonWords(entry.match)}.`
			: "";

	return `${reasonWords(entry.reason) || outcome.meaning}${comparison}`;
}

/* What the lane says of a closed encounter; null if it knows it no longer, or is away. */
async function explanation(lane, encounter) {
	try {
		return await get(`${lanePath(lane, "explain")}?encounter=${encounter}`);
	} catch (error) {
		if (error instanceof Refused) {
			return null;
		}
		throw error;
	}
}

/** A closed encounter as the lane explains it, in the form of its closing event. */
function entryOf(explained) {
	const compared = typeof explained.matched === "boolean" && explained.fmr;

	return {
		encounter: explained.encounter,
		category: explained.category,
		outcome: explained.outcome,
		reason: explained.reason,
		receipt: explained.receipt,
		review: explained.review,
		wall: explained.wall,
		match: compared ? {matched: explained.matched, fmr: explained.fmr} : null,
	};
}

/**
 * Runs the list and the form under it.
 *
 * @param lane  () => name of the chosen lane
 * @returns {{reset(): void, catchUp(count: number): Promise, closed(event): void,
 *            choose(encounter: number): void, focus(): void, receipt(): void}}
 */
export function reviews(lane) {
	const entries = new Map(); // encounter -> entry, newest last
	let chosen = null;

	byId("review-decisions").replaceChildren(
		...Object.entries(DECISIONS).map(([value, words]) =>
			box("radio", "decision", value, words),
		),
	);
	byId("review-evidence").replaceChildren(
		...Object.entries(EVIDENCE)
			.filter(([value]) => !FACE_EVIDENCE.includes(value))
			.map(([value, words]) => box("checkbox", "evidence", value, words)),
	);
	byId("review-faces").replaceChildren(
		...FACE_EVIDENCE.map((value) =>
			box("checkbox", "evidence", value, EVIDENCE[value]),
		),
	);

	function itemOf(entry) {
		const at = entry.wall
			? new Date(entry.wall).toLocaleTimeString([], {timeStyle: "short"})
			: "";
		const more = [
			inputWords("category", entry.category),
			entry.review ? "reviewed" : "",
			at,
		];
		const button = element(
			"button",
			{
				class: "past-item",
				type: "button",
				"data-encounter": entry.encounter,
				"data-outcome": entry.outcome,
				"aria-pressed": String(entry.encounter === chosen),
			},
			element("span", {class: "number soft"}, String(entry.encounter)),
			element("span", {class: "past-outcome"}, outcomeWords(entry.outcome).title),
			element("span", {class: "past-more"}, more.filter(Boolean).join(" · ")),
		);

		button.addEventListener("click", () => choose(entry.encounter));
		return element("li", {}, button);
	}

	function draw() {
		const newest = [...entries.values()]
			.sort((a, b) => b.encounter - a.encounter)
			.slice(0, KEPT);
		const focused = document.activeElement?.dataset?.encounter;

		byId("past-none").hidden = newest.length > 0;
		byId("past-list").replaceChildren(...newest.map(itemOf));
		if (focused) {
			byId("past-list").querySelector(`[data-encounter="${focused}"]`)?.focus();
		}
	}

	function drawChosen() {
		const entry = entries.get(chosen);

		byId("review").hidden = !entry;
		if (!entry) {
			return;
		}
		setText(
			byId("review-title"),
			`${entry.encounter} · ${outcomeWords(entry.outcome).title}`,
		);
		setText(byId("review-words"), endWords(entry));
		setData(byId("review"), "encounter", entry.encounter);
		byId("receipt-button").disabled = !entry.receipt;
		setText(
			byId("review-done"),
			entry.review
				? `Reviewed: ${(DECISIONS[entry.review.decision] ?? entry.review.decision).toLowerCase()}, by ${entry.review.officer}.`
				: "",
		);
	}

	function keep(entry) {
		entries.set(entry.encounter, {...entries.get(entry.encounter), ...entry});
		if (entries.size > 4 * KEPT) {
			entries.delete(Math.min(...entries.keys()));
		}
	}

	function choose(encounter) {
		if (encounter !== chosen) {
			const officer = byId("review-officer").value;

			chosen = encounter;
			byId("review-form").reset();
			byId("review-officer").value = officer;
			setText(byId("review-error"), "");
		}
		draw();
		drawChosen();
	}

	async function record(entry, officer, decision, evidence) {
		try {
			const done = await post(lanePath(lane(), "review"), {
				encounter: entry.encounter,
				officer,
				decision,
				evidence,
			});

			keep({
				encounter: entry.encounter,
				review: {officer, decision, evidence, sequence: done.review},
			});
			draw();
			drawChosen();
			setText(
				byId("review-done"),
				`Recorded, entry ${done.review} of the audit log.`,
			);
		} catch (error) {
			setText(byId("review-error"), `Not recorded: ${error.message}`);
		}
	}

	byId("review-officer").addEventListener("input", (event) => {
		const at = event.target.selectionStart;

		event.target.value = event.target.value.toUpperCase();
		event.target.setSelectionRange(at, at);
	});
	byId("review-form").addEventListener("submit", (event) => {
		event.preventDefault();
		const officer = byId("review-officer").value.trim();
		const [decision] = checked("decision");
		const evidence = checked("evidence");
		const lacks = lacking(officer, decision, evidence);

		setText(byId("review-done"), "");
		setText(byId("review-error"), lacks?.text ?? "");
		if (lacks) {
			lacks.focus.focus();
		} else {
			record(entries.get(chosen), officer, decision, evidence);
		}
	});

	async function receipt() {
		const id = entries.get(chosen)?.receipt;

		if (!id) {
			return;
		}
		setText(byId("receipt-text"), "");
		setText(byId("receipt-error"), "");
		byId("receipt-code").alt = `QR code of receipt ${id}`;
		byId("receipt-code").src = `/api/${lanePath(lane(), "receipts", `${id}.svg`)}`;
		byId("receipt").showModal();
		try {
			setText(
				byId("receipt-text"),
				await getText(lanePath(lane(), "receipts", `${id}.txt`)),
			);
		} catch (error) {
			setText(byId("receipt-error"), error.message);
		}
	}

	byId("receipt-button").addEventListener("click", receipt);
	byId("receipt-print").addEventListener("click", () => print());
	byId("receipt-close").addEventListener("click", () => byId("receipt").close());
	byId("receipt").addEventListener("close", () =>
		byId("receipt-code").removeAttribute("src"),
	);

	return {
		reset() {
			entries.clear();
			choose(null);
		},
		/* Those that closed before this page looked: up to count, newest first. */
		async catchUp(count) {
			const from = lane();

			for (
				let encounter = count;
				encounter > 0 && encounter > count - LOOKED_UP;
				encounter--
			) {
				const explained = entries.has(encounter)
					? null
					: await explanation(from, encounter);

				if (from !== lane()) {
					return;
				}
				if (explained) {
					keep(entryOf(explained));
				}
			}
			draw();
		},
		closed(event) {
			keep({
				encounter: event.encounter,
				category: event.category,
				outcome: event.outcome,
				reason: event.reason,
				receipt: event.receipt,
				match: event.match,
				wall: event.wall,
			});
			draw();
			if (event.encounter === chosen) {
				drawChosen();
			}
		},
		choose,
		focus() {
			if (chosen === null && entries.size > 0) {
				choose(Math.max(...entries.keys()));
			}
			if (chosen !== null) {
				byId("review-officer").focus();
			}
		},
		receipt() {
			if (chosen === null && entries.size > 0) {
				choose(Math.max(...entries.keys()));
			}
			receipt();
		},
	};
}
