// A headless Chromium with a profile of its own, that ends with the script.
import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// GRADER_BROWSER_DIR is the folder whose node_modules holds playwright-core and axe-core.
const home = process.env.GRADER_BROWSER_DIR || import.meta.dirname;
export const require = createRequire(join(home, "package.json"));
const { chromium } = require("playwright-core");

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export async function withBrowser(use) {
  const profile = mkdtempSync(join(tmpdir(), "chromium-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    headless: true,
    args: FLAGS,
  });
  try {
    return await use(browser);
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

// A page for one address after the other, which takes half the time of one for each: what is
// evaluated in it stays compiled. Notes what should not happen: errors, blocked content, requests
// elsewhere. `visit` gives the answer and the incidents of an address from then on.
export async function newTab(browser) {
  const page = await browser.newPage();
  let incidents = [];
  let home = "";
  page.on("console", (message) => incidents.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => incidents.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => { incidents.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => {
    if (!request.url().startsWith(home)) incidents.push(`request: ${request.url()}`);
  });
  const visit = async (url, from = url) => {
    incidents = [];
    home = from;
    return { answer: await page.goto(url), incidents };
  };
  return { page, visit };
}

// Opens a file in a page of its own.
export async function open(browser, path) {
  const { page, visit } = await newTab(browser);
  await show(page, { scheme: "light", width: 1280 });
  return { page, incidents: (await visit(`file://${path}`)).incidents };
}

export async function show(page, { scheme, width }) {
  await page.emulateMedia({ colorScheme: scheme });
  await page.setViewportSize({ width, height: 800 });
}
