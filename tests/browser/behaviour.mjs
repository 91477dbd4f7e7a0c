// node behaviour.mjs CLASS.html STUDENT.html: sorts and searches the class table with mouse and
// keyboard, opens the details of the student page. Prints what was seen as JSON.
import { readFileSync } from "node:fs";
import { open, withBrowser } from "./browser.mjs";

const [classPath, studentPath] = process.argv.slice(2);

const column = (page, at) => page.$$eval(
  "#table tbody tr:not([hidden])",
  (rows, i) => rows.map((row) => row.cells[i].textContent.trim()),
  at,
);
const sorted = (page) => page.$$eval(
  "#table thead th",
  (heads) => heads.map((head) => head.getAttribute("aria-sort")),
);

async function classPage(browser) {
  const { page, incidents } = await open(browser, classPath);
  const seen = { names: await column(page, 0), initial: await sorted(page) };
  const heads = page.locator("#table thead th button");
  await heads.nth(1).click();
  seen.byScore = await column(page, 1);
  seen.byScoreMark = await sorted(page);
  await heads.nth(1).press("Enter");
  seen.byScoreUp = await column(page, 1);
  await heads.nth(2).press("Space");
  seen.byPart = await column(page, 2);
  await heads.nth(0).click();
  seen.byName = await column(page, 0);
  await page.fill("#search", "HOPPER");
  seen.found = await column(page, 0);
  seen.status = await page.textContent("#shown");
  await page.press("#search", "Escape");
  seen.all = (await column(page, 0)).length;
  await page.close();
  return { ...seen, incidents };
}

async function studentPage(browser) {
  const { page, incidents } = await open(browser, studentPath);
  const open_ = () => page.$$eval(".check details", (all) => all.filter((d) => d.open).length);
  const seen = { closed: await open_() };
  await page.click("#toggle");
  seen.opened = await open_();
  seen.details = await page.locator(".check details").count();
  await page.click("#toggle");
  seen.closedAgain = await open_();
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  seen.printed = await open_();
  await page.emulateMedia({ media: "print" });
  seen.passedOnPaper = await page.$$eval(".passed-part .brief", (all) => all
    .filter((row) => row.checkVisibility())
    .map((row) => row.querySelector(".note") !== null));
  await page.emulateMedia({ media: "screen" });
  await page.fill("#ask-text", "Mine is right, & yours?\n");
  await page.selectOption("#ask-about", { index: 1 });
  seen.mail = await page.getAttribute("#ask-mail", "href");
  const saved = page.waitForEvent("download");
  await page.click("#ask-save");
  const file = await saved;
  seen.savedAs = file.suggestedFilename();
  seen.saved = readFileSync(await file.path(), "utf-8");
  await page.close();
  return { ...seen, incidents };
}

console.log(JSON.stringify(await withBrowser(async (browser) => ({
  class: await classPage(browser),
  student: await studentPage(browser),
}))));
