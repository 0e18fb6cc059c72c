// SPDX-License-Identifier: Apache-2.0
//
// The way in: a token opens the page of its role, and takes the token along in the fragment.

import {get, login, token} from "/assets/api.js";

const field = document.getElementById("login-token");
const failure = document.getElementById("login-error");
const choice = document.getElementById("lane-choice");

function open(path, secret) {
	location.assign(`${path}#${new URLSearchParams({token: secret})}`);
}

function offerLanes(names, secret) {
	document.getElementById("lane-buttons").replaceChildren(
		...names.map((name) => {
			const button = document.createElement("button");

			button.type = "button";
			button.className = "button";
			button.textContent = name;
			button.addEventListener("click", () =>
				open(`/traveler/${encodeURIComponent(name)}`, secret),
			);
			return button;
		}),
	);
	choice.hidden = false;
	choice.querySelector("button")?.focus();
}

async function enter(secret) {
	const {role} = await login(secret);

	if (role !== "traveler") {
		open(`/${role}`, secret);
		return;
	}
	const {lanes} = await get("lanes");

	if (lanes.length === 1) {
		open(`/traveler/${encodeURIComponent(lanes[0].lane)}`, secret);
	} else {
		offerLanes(
			lanes.map((each) => each.lane),
			secret,
		);
	}
}

async function tried(secret) {
	failure.textContent = "";
	choice.hidden = true;
	try {
		await enter(secret);
	} catch (error) {
		failure.textContent = error.message;
		field.select();
	}
}

document.getElementById("login-form").addEventListener("submit", (event) => {
	event.preventDefault();
	tried(field.value.trim());
});
if (token()) {
	tried(token());
}
