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

// Opens a file and notes what should not happen: errors, blocked content, requests elsewhere.
export async function open(browser, path) {
  const page = await browser.newPage();
  const incidents = [];
  page.on("console", (message) => incidents.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => incidents.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => { incidents.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => {
    if (request.url() !== `file://${path}`) incidents.push(`request: ${request.url()}`);
  });
  await show(page, { scheme: "light", width: 1280 });
  await page.goto(`file://${path}`);
  return { page, incidents };
}

export async function show(page, { scheme, width }) {
  await page.emulateMedia({ colorScheme: scheme });
  await page.setViewportSize({ width, height: 800 });
}
