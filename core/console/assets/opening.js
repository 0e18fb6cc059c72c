// SPDX-License-Identifier: Apache-2.0
//
// The form by which somebody steps up: category, how it is known, and what else the policy asks.

import {lanePath, post} from "/assets/api.js";
import {categoryField} from "/assets/category.js";
import {byId, element, setText} from "/assets/desk.js";
import {inputWords} from "/assets/words.js";

const SELECTS = {"age-band": "Age", direction: "Direction", environment: "Environment"};

/* One of the policy's inputs, what the lane or the policy takes by itself first. */
function offerSelect(axis, values, normal) {
	const select = byId(axis);
	const first = normal ? `As set: ${inputWords(axis, normal)}` : "Choose";

	select.required = !normal && values.length > 0;
	select.replaceChildren(
		element("option", {value: ""}, first),
		...values.map((value) => element("option", {value}, inputWords(axis, value))),
	);
	byId(`${axis}-field`).hidden = values.length < (normal ? 2 : 1);
}

function offerKnownBy(values) {
	byId("known-by").replaceChildren(
		...values.map((value) =>
			element(
				"label",
				{},
				element("input", {type: "radio", name: "known-by", value}),
				inputWords("known-by", value),
			),
		),
	);
}

function knownBy() {
	return document.querySelector("input[name=known-by]:checked");
}

/** The request that the form stands for, or what it still lacks: {lacks, focus}. */
function requestOf(category) {
	const request = {};

	if (!category.value()) {
		return {
			lacks: "Category: type a part of it, then Enter to take it.",
			focus: byId("category"),
		};
	}
	request.category = category.value();
	if (!knownBy()) {
		return {
			lacks: "Known by: say what tells the category.",
			focus: document.querySelector("input[name=known-by]"),
		};
	}
	request["known-by"] = knownBy().value;
	if (byId("born").value.trim()) {
		request.born = byId("born").value.trim();
	}
	for (const [axis, word] of Object.entries(SELECTS)) {
		const chosen = byId(axis);

		if (chosen.value) {
			request[axis] = chosen.value;
		} else if (chosen.required && !(axis === "age-band" && request.born)) {
			return {
				lacks: `${word}: choose; this lane has no setting of it.`,
				focus: chosen,
			};
		}
	}
	if (request.born && request["age-band"]) {
		return {
			lacks: "Age: give the band or the date of birth, not both.",
			focus: byId("born"),
		};
	}
	if (byId("subject").value.trim()) {
		request.subject = byId("subject").value.trim();
	}
	return {request};
}

/**
 * Runs the form.
 *
 * @param lane     () => name of the chosen lane
 * @param opened   called when the lane has opened the encounter
 * @param refused  called with what the lane said if it has not, and with "" before it is asked
 * @returns {{offer(policy): void}}
 */
export function openingForm(lane, opened, refused) {
	const form = byId("open-form");
	const category = categoryField(() => {
		(knownBy() ?? document.querySelector("input[name=known-by]"))?.focus();
	});

	function clear() {
		form.reset();
		category.clear();
		setText(byId("open-error"), "");
	}

	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		const {request, lacks, focus} = requestOf(category);

		setText(byId("open-error"), lacks ?? "");
		if (lacks) {
			focus?.focus();
			return;
		}
		refused("");
		try {
			await post(lanePath(lane(), "open"), request);
		} catch (error) {
			refused(`Not opened: ${error.message}`);
			return;
		}
		clear();
		opened();
	});
	return {
		offer(policy) {
			const axes = policy.axes;

			category.offer(axes.category);
			offerKnownBy(axes["known-by"]);
			for (const axis of Object.keys(SELECTS)) {
				offerSelect(axis, axes[axis], policy.defaults[axis]);
			}
			byId("born-field").hidden = !policy.ages;
			setText(byId("open-error"), "");
		},
	};
}
