// SPDX-License-Identifier: Apache-2.0
//
// The live picture: off until asked for, gone with the permit, and nothing of it is kept.

import {Refused, get, lanePath} from "/assets/api.js";
import {byId, setText} from "/assets/desk.js";

const NEXT_MS = 400;
const OFF =
	"Off. It shows nobody but the person in the capture zone, and only under a permit. " +
	"Whoever looks is on the record: each permit's first look is an entry of the audit log.";
const NEVER = "This lane gives no picture: its key control.picture is off.";
const WAITING = "On, and on the record. There is no permit now, so there is nothing to see.";
const SHOWN = "On, and on the record: this look is an entry of the audit log.";

/**
 * Runs the panel of the live picture.
 *
 * @param lane  () => name of the chosen lane
 * @returns {{permit(live: boolean): void, lane(gives: boolean): void, off(): void}}
 */
export function pictureView(lane) {
	const button = byId("picture-button");
	const image = byId("picture");
	let given = true; // by the lane at all
	let on = false;
	let live = false;
	let asking = false;
	let count = 0;

	function wipe() {
		image.hidden = true;
		image.removeAttribute("src");
		asking = false;
	}

	function next() {
		if (!on || !live || document.hidden) {
			wipe();
			return;
		}
		asking = true;
		image.src = `/api/${lanePath(lane(), "picture")}?${count++}`;
	}

	image.addEventListener("load", () => {
		if (on && live) {
			image.hidden = false;
			setText(byId("picture-words"), SHOWN);
			setTimeout(next, NEXT_MS);
		} else {
			wipe();
		}
	});
	image.addEventListener("error", async () => {
		const shown = count;

		image.hidden = true;
		try {
			await get(lanePath(lane(), "picture"));
		} catch (error) {
			if (on && live && error instanceof Refused && error.status !== 200) {
				setText(byId("picture-words"), error.message);
			}
		}
		if (asking && shown === count) {
			setTimeout(next, 2 * NEXT_MS);
		}
	});

	function tell() {
		setText(byId("picture-words"), given ? (on ? WAITING : OFF) : NEVER);
	}

	function set(now) {
		on = now;
		button.setAttribute("aria-pressed", String(on));
		setText(button, on ? "Hide it" : "Show it");
		tell();
		wipe();
		next();
	}

	button.addEventListener("click", () => set(!on));
	document.addEventListener("visibilitychange", () => {
		if (document.hidden) {
			wipe();
		} else if (!asking) {
			next();
		}
	});
	return {
		permit(now) {
			if (now === live) {
				return;
			}
			live = now;
			if (!live) {
				wipe();
				tell();
			} else if (!asking) {
				next();
			}
		},
		lane(gives) {
			if (gives !== given) {
				given = gives;
				tell();
			}
		},
		off: () => set(false),
	};
}
