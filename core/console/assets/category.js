// SPDX-License-Identifier: Apache-2.0
//
// The category of whoever steps up, found by typing: a combobox whose list always stands open
// (ARIA authoring practices, editable combobox with list autocomplete).

import {byId, element} from "/assets/desk.js";
import {inputWords} from "/assets/words.js";

/* Whether each typed word begins a word of the category, by its name or its plain words. */
function fits(option, typed) {
	const words = `${option.words} ${option.value.replaceAll("-", " ")} ${option.value}`
		.toLowerCase()
		.split(/[\s,]+/);

	return typed
		.toLowerCase()
		.split(/\s+/)
		.every((part) => words.some((word) => word.startsWith(part)));
}

/**
 * Builds the list of categories under its field.
 *
 * @param taken  called when a category was taken by Enter or by a click
 * @returns {{offer(values: string[]): void, value(): ?string, clear(): void}}
 */
export function categoryField(taken) {
	const field = byId("category");
	const list = byId("category-list");
	let options = [];
	let visible = [];
	let active = -1;
	let value = null;

	function point(index) {
		active = index;
		for (const [each, option] of visible.entries()) {
			option.node.classList.toggle("active", each === active);
		}
		if (active < 0) {
			field.removeAttribute("aria-activedescendant");
			return;
		}
		field.setAttribute("aria-activedescendant", visible[active].node.id);
		visible[active].node.scrollIntoView({block: "nearest"});
	}

	function select(option) {
		value = option?.value ?? null;
		for (const each of options) {
			each.node.setAttribute("aria-selected", String(each === option));
		}
	}

	function filter() {
		const typed = field.value.trim();

		visible = options.filter(
			(option) => !typed || option.words === typed || fits(option, typed),
		);
		for (const option of options) {
			option.node.hidden = !visible.includes(option);
		}
		byId("category-none").hidden = visible.length > 0;
		point(typed && visible.length > 0 ? 0 : -1);
	}

	function take(option) {
		select(option);
		field.value = option.words;
		filter();
		point(-1);
		taken();
	}

	field.addEventListener("input", () => {
		select(null);
		filter();
	});
	field.addEventListener("keydown", (event) => {
		const step = {ArrowDown: 1, ArrowUp: -1}[event.key];

		if (step && visible.length > 0) {
			event.preventDefault();
			point(
				active < 0 && step < 0
					? visible.length - 1
					: (active + step + visible.length) % visible.length,
			);
		} else if (event.key === "Enter" && active >= 0) {
			event.preventDefault();
			take(visible[active]);
		} else if (event.key === "Escape" && field.value !== "") {
			event.stopPropagation();
			clear();
		}
	});
	list.addEventListener("mousedown", (event) => event.preventDefault());
	list.addEventListener("click", (event) => {
		const option = options.find((each) => each.node.contains(event.target));

		if (option) {
			take(option);
		}
	});

	function clear() {
		field.value = "";
		select(null);
		filter();
	}

	return {
		offer(values) {
			options = values.map((each) => ({
				value: each,
				words: inputWords("category", each),
				node: null,
			}));
			for (const [index, option] of options.entries()) {
				option.node = element(
					"li",
					{
						class: "choice",
						role: "option",
						id: `category-${index}`,
						"data-value": option.value,
						"aria-selected": "false",
					},
					option.words,
				);
			}
			list.replaceChildren(...options.map((option) => option.node));
			clear();
		},
		value: () => value,
		clear,
	};
}
