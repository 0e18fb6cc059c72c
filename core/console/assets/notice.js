// SPDX-License-Identifier: Apache-2.0
//
// Whether a person can really read an element now: the page is in front, frames are painted, and
// the element stands in the window with nothing over it. Anything that cannot be told counts as no.

const EVERY_MS = 500;
const FRAME_MS = 1000; // older than this, the last frame says nothing about now
const SHARE = 0.5;     // of the element, or of the window where the element is taller
const LEAST_PX = {width: 100, height: 16};

/** Calls beat() again and again while an element is really shown; from the first moment it is not, lapse(). */
export class Heartbeat {
	#element;
	#beat;
	#lapse;
	#intersects = false;
	#framed = -Infinity;
	#changed = 0;

	constructor(element, beat, lapse) {
		this.#element = element;
		this.#beat = beat;
		this.#lapse = lapse;
		new IntersectionObserver((entries) => {
			this.#intersects = entries.at(-1).isIntersecting;
			this.#check();
		}, {threshold: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]}).observe(element);
		for (const [target, name] of [[document, "visibilitychange"], [document, "freeze"],
			[window, "pagehide"], [window, "offline"]]) {
			target.addEventListener(name, () => {
				this.#framed = -Infinity; // not before the next frame
				this.#check();
			});
		}
		const frame = (now) => {
			this.#framed = now;
			requestAnimationFrame(frame);
		};

		requestAnimationFrame(frame);
		setInterval(() => this.#check(), EVERY_MS);
	}

	/** Another text stands in the element: it counts once a frame was painted with it. */
	changed() {
		this.#changed = performance.now();
	}

	#isInView() {
		const box = this.#element.getBoundingClientRect();
		const height = Math.min(box.bottom, innerHeight) - Math.max(box.top, 0);
		const width = Math.min(box.right, innerWidth) - Math.max(box.left, 0);

		return this.#intersects && width >= Math.max(box.width * 0.9, LEAST_PX.width) &&
			height >= Math.max(Math.min(box.height, innerHeight) * SHARE, LEAST_PX.height);
	}

	#isUncovered() {
		const box = this.#element.getBoundingClientRect();
		const middle = (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2;
		const there = document.elementFromPoint((box.left + box.right) / 2, middle);

		return this.#element.contains(there) &&
			this.#element.checkVisibility({checkOpacity: true, checkVisibilityCSS: true});
	}

	isShown() {
		return document.visibilityState === "visible" && !document.prerendering &&
			this.#isInView() && this.#framed > this.#changed &&
			performance.now() - this.#framed < FRAME_MS && this.#isUncovered();
	}

	#check() {
		if (this.isShown()) {
			this.#beat();
		} else {
			this.#lapse();
		}
	}
}
