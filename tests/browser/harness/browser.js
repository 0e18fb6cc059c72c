// SPDX-License-Identifier: Apache-2.0
'use strict';

const assert = require('node:assert/strict');
const { chromium } = require('playwright-core');
const { Program } = require('./program');

const GATE = { width: 1024, height: 600 }; // px, the smallest display of a gate
const PHONE = { width: 360, height: 740 };
const DESK = { width: 1280, height: 860 };

/**
 * Debian's chromium, without a window. Pages of its first context are really hidden when another
 * tab is in front or the window is minimised; those of further contexts always count as visible.
 */
class Browser extends Program {
	static async start(folder, name = 'browser') {
		const browser = new Browser(folder, name, 'chromium', ['--headless', '--no-sandbox',
			'--remote-debugging-port=0', `--user-data-dir=${folder}/${name}.profile`, '--no-first-run',
			'--disable-background-networking', '--disable-component-update', '--disable-sync',
			'--password-store=basic', '--force-color-profile=srgb', '--hide-scrollbars',
			'--font-render-hinting=none', `--window-size=${GATE.width},${GATE.height}`, 'about:blank']);
		const [, address] = await browser.wait_for(/DevTools listening on (\S+)/);
		browser.driver = await chromium.connectOverCDP(address, { noDefaults: true });
		browser.pages = [];
		return browser;
	}

	/**
	 * Opens a page in a context of its own, or in one that is there.
	 * @param options viewport, colorScheme, context and what else Playwright's newContext takes
	 */
	async open(url, { context, ...options } = {}) {
		const home = context ||
			await this.driver.newContext({ viewport: GATE, reducedMotion: 'reduce', ...options });
		const page = await home.newPage();
		page.setDefaultTimeout(15000);
		await this.watch(page, new URL(url).origin);
		await page.goto(url);
		return page;
	}

	/** Opens a page in the context where being hidden is real. */
	open_really(url) {
		return this.open(url, { context: this.driver.contexts()[0] });
	}

	/** Notes what no page of the console may do; `check` fails on it. */
	async watch(page, origin) {
		const wrong = [];
		this.pages.push({ page, wrong });
		page.on('request', (request) => {
			const url = new URL(request.url());
			if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== origin) {
				wrong.push(`request to elsewhere: ${request.url()}`);
			}
		});
		page.on('pageerror', (error) => wrong.push(`script: ${error.stack || error}`));
		page.on('console', (message) => {
			if (/content security policy/i.test(message.text())) {
				wrong.push(message.text());
			}
		});
		await page.exposeBinding('noteViolation', (_, text) => wrong.push(text));
		await page.addInitScript(() => {
			document.addEventListener('securitypolicyviolation', (event) => {
				window.noteViolation(`${event.violatedDirective}: ${event.blockedURI}`);
			});
		});
	}

	/** Closes all pages; fails if one of them did what it must not. */
	async close_pages() {
		const pages = this.pages.splice(0);
		const first = this.driver.contexts()[0];
		for (const { page } of pages) {
			if (page.context() === first) {
				await page.close();
			} else {
				await page.context().close();
			}
		}
		assert.deepEqual(pages.flatMap(({ wrong }) => wrong), []);
	}

	async close() {
		await this.driver.close();
		return this.end('SIGTERM');
	}
}

module.exports = { Browser, DESK, GATE, PHONE };
