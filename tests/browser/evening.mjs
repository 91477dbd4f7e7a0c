// node evening.mjs LINK ROSTER.csv EXPORT.zip SHEET.csv FOLDER: an instructor's evening on the desk.
// Takes in a roster and an export, grades, marks, overrides, extends, regrades, publishes and exports;
// downloads go to FOLDER. Prints what was seen as JSON.
import { join } from "node:path";
import { require, withBrowser } from "./browser.mjs";

const [link, roster, zip, sheet, folder] = process.argv.slice(2);
const base = new URL(link).origin;
const HW = `${base}/a/hw`;

const axe = require("axe-core");

// The state of a page that is met only on the way.
async function judge(page, seen, name) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(() => window.axe.run());
  seen.violations.push(...found.violations.map((each) => `${name}: ${each.id}: ${each.nodes[0].html}`));
}

// The page brings itself up to date when grading ends, maybe while it is judged.
function overtaken(error) {
  if (!/context was destroyed|navigation/.test(error.message)) throw error;
}

const text = async (page) => (await page.innerText("main")).replace(/\s+/g, " ");

async function saved(page, click, name) {
  const [file] = await Promise.all([page.waitForEvent("download"), click()]);
  const path = join(folder, name);
  await file.saveAs(path);
  return path;
}

// Until the heading of the page for grading says so: the page brings itself up to date.
const standing = (page, said) => page.waitForFunction(
  (words) => document.querySelector("#now")?.textContent.includes(words), said, { timeout: 300_000 },
);

async function enrols(page, seen) {
  await page.goto(`${base}/people/roster`);
  await page.setInputFiles("#file", roster);
  await page.click("form.drop button");
  await page.waitForSelector("#confirm");
  await judge(page, seen, "roster");
  await page.click("#confirm");
  await page.waitForSelector(".notice");
  seen.people = await text(page);
}

async function imports(page, seen) {
  await page.goto(`${HW}/import`);
  await page.setInputFiles("#file", zip);
  await page.click("form.drop button");
  await page.waitForSelector("#confirm");
  seen.plan = await text(page);
  await judge(page, seen, "plan");
  await page.click("#confirm");
}

async function grades(page, seen) {
  await page.waitForSelector("#grade");
  await page.click("#grade");
  seen.ran = await page.waitForSelector("#stop").then(() => true);
  await judge(page, seen, "running").catch(overtaken);
  await standing(page, "Graded");
  seen.graded = await text(page);
}

async function marks(page, seen) {
  seen.marked = 0;
  await page.goto(`${HW}/marking/Work/1`);
  while (await page.$("form.marking")) {
    const unit = await page.getAttribute("form.marking", "data-unit");
    await page.fill("#points", "1.5");
    await page.press("#points", "Enter");
    await page.waitForFunction(
      (before) => document.querySelector("form.marking")?.dataset.unit !== before, unit,
    );
    seen.marked += 1;
  }
  await page.waitForFunction(() => !localStorage.length);
}

async function decides(page) {
  const bob = `${HW}/s/${encodeURIComponent("Bob Li_2")}`;
  await page.goto(bob);
  await page.click("summary:has-text('Override')");
  await page.selectOption("#place", "part|scale");
  await page.fill("#points", "1.5");
  await page.fill("#why", "The sign was in the sheet.");
  await page.click("form[action$='/override'] button");
  await page.goto(bob);
  await page.click("summary:has-text('more time')");
  await page.fill("#days", "2");
  await page.click("form[action$='/extend'] button");
  await page.waitForLoadState();
}

async function regrades(page, seen) {
  await page.goto(`${HW}/grading`);
  await page.click("#preview");
  await standing(page, "Previewed");
  seen.preview = await text(page);
  await judge(page, seen, "preview");
  await page.click("#accept");
  await standing(page, "is in force");
  seen.accepted = await text(page);
}

async function handsBack(page, seen) {
  await page.goto(`${HW}/hand-back`);
  await page.fill("#base-url", "https://uni.example/nets/");
  await page.click("form[action$='/publish'] button");
  await page.click("#publish-now");
  await page.waitForSelector(".notice");
  seen.published = await text(page);
  await page.goto(`${HW}/hand-back`);
  await page.selectOption("#to", "canvas");
  await page.setInputFiles("#sheet", sheet);
  await page.click("form[action$='/sheet'] button");
  await page.waitForSelector("#download");
  await judge(page, seen, "grades");
  seen.grades = await saved(page, () => page.click("#download"), "filled.csv");
  await page.goto(`${HW}/hand-back/feedback?to=canvas`);
  seen.feedback = await saved(page, () => page.click("#download"), "feedback.zip");
}

console.log(JSON.stringify(await withBrowser(async (browser) => {
  const page = await browser.newPage();
  const seen = { incidents: [], violations: [] };
  page.on("console", (message) => seen.incidents.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => seen.incidents.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => dialog.accept());
  page.on("request", (request) => {
    if (!request.url().startsWith(base)) seen.incidents.push(`request: ${request.url()}`);
  });
  await page.goto(link);
  await page.click("main button");
  await enrols(page, seen);
  await imports(page, seen);
  await grades(page, seen);
  await marks(page, seen);
  await decides(page);
  await regrades(page, seen);
  await handsBack(page, seen);
  return seen;
})));
