// SPDX-License-Identifier: Apache-2.0
//
// A receipt on the display: in words, as a code, and to take along.

import {makeList} from "./keeps.js";

const byId = (id) => document.getElementById(id);

function rowsOf(words, receipt, complain) {
	const kept = receipt.kept.map(({store, until}) =>
		words.say("receipt-until", {store: words.word("store", store), time: words.moment(until)}));

	return [
		["receipt-id", receipt.id],
		["receipt-issued", words.moment(receipt.issued)],
		["receipt-lane", receipt.lane],
		["receipt-outcome", words.word("outcome", receipt.outcome)],
		["receipt-choice", words.word("choice", receipt.choice ?? "none")],
		...receipt.picture ? [["receipt-picture", words.say("receipt-picture-seen")]] : [],
		["receipt-kept", kept.length ? words.list(kept) : words.say("receipt-kept-nothing")],
		["complain-title", complain ?? receipt.complain],
	];
}

/**
 * Shows a receipt.
 *
 * @param words     of the language
 * @param receipt   {document, slip}
 * @param path      where the document is
 * @param complain  how to, in that language; without it the receipt's own text
 */
export function showReceipt(words, {document: receipt, slip}, path, complain) {
	const key = `${words.language} ${receipt.id}`;

	if (byId("receipt-text").dataset.key === key) { // what a person opened or marked stays so
		return;
	}
	byId("receipt-text").dataset.key = key;
	byId("receipt-text").replaceChildren(...makeList(rowsOf(words, receipt, complain)
		.map(([key, text]) => [words.say(key), text])).children);
	byId("receipt-slip").textContent = slip;
	byId("receipt-slip").setAttribute("aria-label", words.say("receipt-slip"));
	byId("receipt-code").alt = words.say("receipt-code");
	byId("receipt-code").src = `${path}.svg`;
	byId("save-receipt").href = path;
	byId("save-receipt").download = `receipt-${receipt.id}.json`;
}
