// SPDX-License-Identifier: Apache-2.0
//
// The catalogues of languages/*.json: what a display says, in the language that a person chose.

const UNITS = {s: "second", m: "minute", h: "hour", d: "day", w: "week", y: "year"};

export class Words {
	#texts;

	constructor(language, texts) {
		this.language = language;
		this.dir = texts["language-dir"];
		this.name = texts["language-name"];
		this.#texts = texts;
	}

	has(key) {
		return key in this.#texts;
	}

	/** The text of a key, {name} filled from values. */
	say(key, values = {}) {
		return this.#texts[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
	}

	/** The text of a word of a closed list; of a policy of the operator's own, the word itself. */
	word(list, word) {
		return this.has(`${list}-${word}`) ? this.say(`${list}-${word}`) : word;
	}

	/** How long a store keeps something: "12h", "14d", "0", "none", ... */
	period(keep) {
		const [, count, unit] = /^([1-9]\d*)([smhdwy])$/.exec(keep) ?? [];

		if (!unit) {
			return this.word("keep", keep);
		}
		return this.say("keep-for", {time: new Intl.NumberFormat(this.language,
			{style: "unit", unit: UNITS[unit], unitDisplay: "long"}).format(count)});
	}

	list(words) {
		return new Intl.ListFormat(this.language, {type: "conjunction"}).format(words);
	}

	either(words) {
		return new Intl.ListFormat(this.language, {type: "disjunction"}).format(words);
	}

	moment(text) {
		return new Intl.DateTimeFormat(this.language,
			{dateStyle: "long", timeStyle: "short"}).format(new Date(text));
	}
}

/** Loads the catalogues of languages, in their order; one that is missing is left out. */
export async function loadWords(languages) {
	const loaded = await Promise.all(languages.map(async (language) => {
		const reply = await fetch(`/assets/languages/${language}.json`);

		return reply.ok ? new Words(language, await reply.json()) : null;
	}));

	return new Map(loaded.filter(Boolean).map((words) => [words.language, words]));
}
