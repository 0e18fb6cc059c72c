// SPDX-License-Identifier: Apache-2.0
//
// screenshots.js FOLDER: the pictures of docs/console.md, drawn anew; `ninja -C build screenshots`.
'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Browser, DESK, GATE, PHONE } = require('./harness/browser');
const { look } = require('./harness/checks');
const { CITIZEN, VISITOR, patient_policy, wait_for_state } = require('./harness/gate');
const { Lane, enrol } = require('./harness/lane');
const { reduce } = require('./harness/png');
const { World } = require('./harness/tap');
const { until } = require('./harness/until');

/** Somebody stands beside the traveler, and the permit lives on although both are seen well. */
const TAKES_LONG = ['--source', 'synth:?seed=8&person=0&take=1&bystanders=1&size=1280x720&fps=15',
	'--set', 'name=gate-8', '--set', 'control.picture=masked', '--set', 'capture.good-quality=100', '--set',
	'capture.stop-after=120s', '--set', 'capture.timeout=120s'];
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
	await page.click(`button[data-language=${language}]`);
	await until(`the page speaks ${language}`, () =>
		page.evaluate((tag) => document.documentElement.lang.startsWith(tag), language));
}

/** A lane at which people go on and opt out, and one at which a picture takes its time. */
async function start(world) {
	const gate_7 = await world.lane(...await enrol(world.folder), ...patient_policy(world.folder),
		'--set', 'name=gate-7');
	const gate_8 = await Lane.start(path.join(world.folder, 'gate-8'), ...TAKES_LONG);
	world.started.push(gate_8);
	return { gate_7, gate_8, server: await world.console({ 'gate-7': gate_7, 'gate-8': gate_8 }) };
}

/** One traveler opts out, seen from all sides; the next one goes on. */
async function shoot_encounters(world, lane, server) {
	const display = await world.browser.open(server.address('traveler', 'gate-7'));
	const officer = await world.browser.open(server.address('officer'), { viewport: DESK });
	await lane.wait_for_notice('current');
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
}

async function more_frames(lane, kind, count) {
	const before = (await lane.must('status')).frames[kind];
	await until(`${count} more frames are ${kind}`, async () =>
		(await lane.must('status')).frames[kind] >= before + count, 120);
}

/** The integrator's view, once its chart has something to show. */
async function shoot_health(world, lane, server) {
	await world.browser.open(server.address('traveler', 'gate-8'));
	const view = await world.browser.open(server.address('integrator'), { viewport: DESK });
	await lane.wait_for_notice('current');
	await view.click('[data-lane=gate-8]');
	await view.click('#picture-button');
	for (const round of [1, 2, 3]) {
		await more_frames(lane, 'withheld', 60);
		await lane.must('open', VISITOR);
		await more_frames(lane, 'leased', 60);
		if (round < 3) {
			await lane.close();
		}
	}
	await until('somebody is to be seen', async () => (await look(view))?.middle > 60);
	await keep(view, 'integrator', { fullPage: true });
}

async function main() {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'postern-'));
	const world = new World(folder, await Browser.start(folder));
	fs.mkdirSync(process.argv[2], { recursive: true });
	try {
		const { gate_7, gate_8, server } = await start(world);
		await shoot_encounters(world, gate_7, server);
		await shoot_health(world, gate_8, server);
	} finally {
		await world.end().catch(() => {});
		await world.browser.close();
		fs.rmSync(folder, { recursive: true, force: true, maxRetries: 20 });
	}
}

main();
