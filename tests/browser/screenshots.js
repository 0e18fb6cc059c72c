// SPDX-License-Identifier: Apache-2.0
//
// screenshots.js FOLDER: the pictures of docs/console.md, drawn anew; `ninja -C build screenshots`.
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Browser, DESK, GATE, PHONE } = require('./harness/browser');
const { CITIZEN, VISITOR, gate, patient_policy, wait_for_state } = require('./harness/gate');
const { enrol } = require('./harness/lane');
const { reduce } = require('./harness/png');
const { World } = require('./harness/tap');
const { until } = require('./harness/until');

const BESIDE = ['--source', 'synth:?seed=8&people=1&take=1&bystanders=1&size=1280x720&fps=15'];
const LARGEST = 120 << 10; // bytes

async function keep(page, name, options = {}) {
	await page.mouse.move(0, 0);
	const png = reduce(await page.screenshot(options));
	if (png.length > LARGEST) {
		throw new Error(`${name}.png has ${png.length} bytes, more than ${LARGEST}`);
	}
	fs.writeFileSync(path.join(process.argv[2], `${name}.png`), png);
	console.log(`${name}.png: ${png.length} bytes`);
}

async function speak(page, language) {
	await page.click(`[data-language=${language}]`);
	await until(`the page speaks ${language}`, () =>
		page.evaluate((tag) => document.documentElement.lang.startsWith(tag), language));
}

/** One traveler opts out, seen from all sides; the next one goes on. */
async function shoot(world) {
	const { lane, server, display } = await gate(world, {
		lane_options: [...await enrol(world.folder), ...patient_policy(world.folder), ...BESIDE,
			'--set', 'control.picture=masked'],
	});
	const open = (role) => world.browser.open(server.address(role), { viewport: DESK });
	const [officer, integrator] = [await open('officer'), await open('integrator')];
	await officer.waitForSelector('#category-list [role=option]');

	await lane.must('open', CITIZEN);
	await wait_for_state(display, 'choose');
	await keep(display, 'traveler');
	await speak(display, 'ar');
	await keep(display, 'traveler-arabic');
	await display.setViewportSize(PHONE);
	await speak(display, 'zh');
	await keep(display, 'traveler-phone');
	await display.setViewportSize(GATE);
	await speak(display, 'en');

	await display.click('#opt-out');
	await wait_for_state(display, 'opted-out');
	await officer.waitForSelector('#encounter[data-state=opted-out]');
	await keep(officer, 'officer-opted-out');
	await display.click('#take-receipt');
	await display.waitForFunction(() => document.querySelector('#receipt-code').naturalWidth > 0);
	await keep(display, 'traveler-opted-out');
	await display.click('#done');

	await lane.must('open', { ...VISITOR, subject: 'S001' });
	await wait_for_state(display, 'verified');
	await officer.waitForSelector('#encounter[data-outcome=verified]');
	await keep(officer, 'officer');
	await lane.close();
	await watch(lane, integrator);
}

/** The integrator's view, once its chart has something to show. */
async function watch(lane, integrator) {
	await integrator.click('#picture-button');
	for (let i = 0; i < 6; i++) {
		await lane.must('open', VISITOR);
		await until('a picture was taken', async () =>
			(await lane.must('status')).encounter.outcome !== null, 60);
		await lane.close();
	}
	await lane.must('open', VISITOR);
	await integrator.waitForSelector('#picture:visible');
	await keep(integrator, 'integrator', { fullPage: true });
	await lane.close();
}

async function main() {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'postern-'));
	const world = new World(folder, await Browser.start(folder));
	fs.mkdirSync(process.argv[2], { recursive: true });
	try {
		await shoot(world);
	} finally {
		await world.end().catch(() => {});
		await world.browser.close();
		fs.rmSync(folder, { recursive: true, force: true });
	}
}

main();
