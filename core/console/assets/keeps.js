// SPDX-License-Identifier: Apache-2.0
//
// What is kept, and for how long, as lists that a person reads.

/** A list of [name, text]. */
export function makeList(rows) {
	const list = document.createElement("dl");

	for (const [name, text] of rows) {
		const term = document.createElement("dt");
		const value = document.createElement("dd");

		term.textContent = name;
		value.textContent = text;
		list.append(term, value);
	}
	return list;
}

/** How long the stores keep something of one person. */
export function keepsList(words, stores) {
	return makeList(stores.map(({store, keep}) =>
		[words.word("store", store), words.period(keep)]));
}

function makeDetails(title, ...content) {
	const box = document.createElement("details");
	const summary = document.createElement("summary");

	summary.textContent = title;
	box.append(summary, ...content);
	return box;
}

/**
 * Before it is known who stands there: all there is per store, and by category on demand. Categories
 * that are kept alike stand together.
 */
export function keepsOfAll(words, keeps) {
	const groups = new Map();
	const perStore = new Map();

	for (const {category, stores} of keeps) {
		const key = JSON.stringify(stores);

		groups.set(key, {stores, categories: [...groups.get(key)?.categories ?? [], category]});
		for (const {store, keep, seconds} of stores) {
			perStore.set(store, (perStore.get(store) ?? new Map()).set(seconds, keep));
		}
	}
	const all = makeList([...perStore].map(([store, periods]) =>
		[words.word("store", store), words.either([...periods].sort(([a], [b]) => a - b)
			.map(([seconds, keep]) => seconds ? words.period(keep) : words.say("keep-nothing")))]));

	if (groups.size < 2) {
		return [all];
	}
	return [all, makeDetails(words.say("keeps-whom"), ...[...groups.values()].flatMap((group) => {
		const whom = document.createElement("h3");

		whom.textContent = words.list(group.categories.map((c) => words.word("category", c)));
		return [whom, group.stores.length ? keepsList(words, group.stores) : words.say("keeps-no-picture")];
	}))];
}
