// SPDX-License-Identifier: Apache-2.0
//
// The way in: a token opens the page of its role, and takes the token along in the fragment.

import {get, login} from "/assets/api.js";

const field = document.getElementById("login-token");
const failure = document.getElementById("login-error");
const choice = document.getElementById("lane-choice");

function open(path, token) {
	location.assign(`${path}#${new URLSearchParams({token})}`);
}

function offerLanes(names, token) {
	document.getElementById("lane-buttons").replaceChildren(...names.map((name) => {
		const button = document.createElement("button");

		button.type = "button";
		button.className = "button";
		button.textContent = name;
		button.addEventListener("click", () => open(`/traveler/${encodeURIComponent(name)}`, token));
		return button;
	}));
	choice.hidden = false;
	choice.querySelector("button")?.focus();
}

async function enter(token) {
	const {role} = await login(token);

	if (role !== "traveler") {
		open(`/${role}`, token);
		return;
	}
	const {lanes} = await get("lanes");

	if (lanes.length === 1) {
		open(`/traveler/${encodeURIComponent(lanes[0].lane)}`, token);
	} else {
		offerLanes(lanes.map((each) => each.lane), token);
	}
}

document.getElementById("login-form").addEventListener("submit", async (event) => {
	event.preventDefault();
	failure.textContent = "";
	choice.hidden = true;
	try {
		await enter(field.value.trim());
	} catch (error) {
		failure.textContent = error.message;
		field.select();
	}
});
