// SPDX-License-Identifier: Apache-2.0
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Browser } = require('./browser');
const { Console } = require('./console');
const { Lane } = require('./lane');
const { OUTPUT } = require('./output');

/** What a test has: a folder, a browser, and lanes and consoles that end with it. */
class World {
	constructor(folder, browser) {
		this.folder = folder;
		this.browser = browser;
		this.started = [];
	}

	async lane(...options) {
		const lane = await Lane.start(this.folder, ...options);
		this.started.push(lane);
		return lane;
	}

	async console(lanes, options) {
		const server = await Console.start(this.folder, lanes, options);
		this.started.push(server);
		return server;
	}

	async end() {
		try {
			await this.browser.close_pages();
		} finally {
			await Promise.all(this.started.reverse().map((program) => program.end('SIGKILL')));
		}
	}
}

async function attempt(test, folder, browser) {
	fs.mkdirSync(folder);
	const world = new World(folder, browser);
	try {
		await test(world);
	} catch (error) {
		await Promise.all(browser.pages.map(({ page }, i) => page.screenshot(
			{ path: path.join(OUTPUT, `failed-${path.basename(folder)}-${i}.png`) }).catch(() => {})));
		for (const { name, how } of world.started.filter((program) => program.is_running === false)) {
			error.stack += `\n${name} had ended: ${how}`;
		}
		await world.end().catch(() => {});
		throw error;
	}
	await world.end();
}

/** Runs tests, an object of functions by title, in one browser and reports them as TAP. */
async function run(tests) {
	const root = fs.mkdtempSync(path.join(os.tmpdir(), 'postern-'));
	const wanted = process.argv[2] ? new RegExp(process.argv[2]) : /./;
	const chosen = Object.entries(tests).filter(([title]) => wanted.test(title));
	console.log(`1..${chosen.length}`);
	const browser = await Browser.start(root);
	let failed = 0;
	for (const [index, [title, test]] of chosen.entries()) {
		const begun = Date.now();
		try {
			await attempt(test, path.join(root, String(index + 1)), browser);
			console.log(`ok ${index + 1} - ${title}`);
		} catch (error) {
			failed++;
			console.log(`not ok ${index + 1} - ${title}`);
			console.log(`# ${(error.stack || String(error)).replaceAll('\n', '\n# ')}`);
		}
		console.log(`# ${((Date.now() - begun) / 1000).toFixed(1)} s`);
	}
	await browser.close();
	fs.rmSync(root, { recursive: true, force: true, maxRetries: 20 });
	process.exit(failed ? 1 : 0);
}

module.exports = { World, run };
