// node paging.mjs CLASS.html NAME [SHOT]: turns pages of a class too large for one, searches for
// NAME and sorts, with the milliseconds that each took until the next frame. Prints JSON; takes
// screenshots to SHOT-*.png if that is given.
import { open, withBrowser } from "./browser.mjs";

const [classPath, name, shot] = process.argv.slice(2);

const state = (page) => page.evaluate(() => ({
  names: [...document.querySelectorAll("#table tbody th")].map((cell) => cell.textContent),
  scores: [...document.querySelectorAll("#table tbody tr")].map((row) => row.cells[1].textContent),
  hrefs: [...document.querySelectorAll("#table tbody a")].map((link) => link.getAttribute("href")),
  notebooks: [...document.querySelectorAll("#table tbody tr")].map((row) => row.cells[row.cells.length - 2].textContent),
  range: document.getElementById("range").textContent,
  status: document.getElementById("shown").textContent,
  previous: document.getElementById("previous").disabled,
  next: document.getElementById("next").disabled,
}));

// Milliseconds of an act in the page, until what it changed was laid out.
const timed = (page, act, value) => page.evaluate(async ([source, given]) => {
  const start = performance.now();
  new Function("value", source)(given);
  document.body.getBoundingClientRect();
  return Math.round(performance.now() - start);
}, [act, value]);

const search = `
  const field = document.getElementById("search");
  field.value = value;
  field.dispatchEvent(new Event("input"));`;
const click = "document.querySelector(value).click();";

const seen = await withBrowser(async (browser) => {
  const { page, incidents } = await open(browser, classPath);
  const loaded = await page.evaluate(() => Math.round(performance.timing.loadEventEnd - performance.timing.navigationStart));
  const told = { first: await state(page) };
  const milliseconds = { loaded };
  if (shot) await page.screenshot({ path: `${shot}-first.png`, fullPage: true });
  await page.click("#next");
  told.second = await state(page);
  await page.click("#previous");
  told.back = await state(page);
  await page.fill("#search", name);
  told.found = await state(page);
  if (shot) await page.locator("section.flush").screenshot({ path: `${shot}-found.png` });
  await page.fill("#search", "");
  await page.locator("#table thead th button").nth(1).click();
  told.byScore = await state(page);
  await page.locator("#table thead th:nth-last-child(2) button").click();
  told.byNotebooks = await state(page);
  told.afterwards = await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  await page.reload();
  const driver = await page.context().newCDPSession(page);
  await driver.send("Page.setBypassCSP", { enabled: true }); // for the timing functions alone
  await page.reload();
  milliseconds.firstSearch = await timed(page, search, name);
  milliseconds.search = await timed(page, search, name.slice(0, 3));
  milliseconds.clear = await timed(page, search, "");
  milliseconds.sort = await timed(page, click, "#table thead th:nth-child(2) button");
  milliseconds.sortByText = await timed(page, click, "#table thead th:last-child button");
  milliseconds.next = await timed(page, click, "#next");
  await page.close();
  return { ...told, milliseconds, incidents };
});
console.log(JSON.stringify(seen));
