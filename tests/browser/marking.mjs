// node marking.mjs ADDRESS TOKEN ANSWERS: marks so many answers by keyboard alone, then undoes one,
// then goes on while the desk does not answer.
// Prints JSON: {marked, keys, milliseconds, ...}.
import { withBrowser } from "./browser.mjs";

const [address, token, wanted] = process.argv.slice(2);
const origin = new URL(address).origin;

const found = await withBrowser(async (browser) => {
  await browser.addCookies([
    { name: "grader-desk", value: token, url: origin, httpOnly: true, sameSite: "Strict" },
  ]);
  const page = await browser.newPage();
  const incidents = [];
  page.on("console", (message) => incidents.push(message.text()));
  page.on("pageerror", (error) => incidents.push(error.message));
  await page.goto(address);
  const shown = () => page.evaluate(() => document.querySelector("form.marking")?.dataset.unit ?? "");
  const waiting = () => page.evaluate(() => JSON.parse(localStorage.getItem(`desk-marks:${document.getElementById("unit").dataset.account}`) || "[]").length);
  const settled = () => page.waitForFunction(() => !localStorage.getItem(`desk-marks:${document.getElementById("unit").dataset.account}`));
  let keys = 0;
  const press = (key) => { keys += 1; return page.keyboard.press(key); };
  const seen = new Set();
  const mark = async (key) => {
    const here = await shown();
    seen.add(here);
    await press(key);
    await press("Enter");
    await page.waitForFunction((before) => document.querySelector("form.marking")?.dataset.unit !== before, here);
  };
  const times = [];
  for (let at = 0; at < Number(wanted); at++) {
    const begun = performance.now();
    await mark(String(1 + (at % 3)));
    times.push(performance.now() - begun);
  }
  const used = keys;
  await settled();
  times.sort((a, b) => a - b);
  const told = { marked: seen.size, keys: used, median: times[times.length >> 1], p95: times[Math.floor(0.95 * times.length)] };

  const before = [...seen].at(-1);
  await page.keyboard.press("u");
  await page.waitForFunction((code) => document.querySelector("form.marking")?.dataset.unit === code, before);
  const said = await page.evaluate(() => document.getElementById("queue").textContent);
  await mark("2");
  await settled();

  await page.keyboard.press("3");
  await page.keyboard.press("c");
  await page.keyboard.type("Why?");
  await page.reload();
  const draft = await page.evaluate(() => [document.querySelectorAll(".items :checked").length, document.getElementById("comment").value]);
  await page.keyboard.press("3");

  await browser.setOffline(true);
  const lost = await shown();
  await page.keyboard.press("1");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => !document.getElementById("queue").hidden);
  const kept = await waiting();
  await page.close();
  await browser.setOffline(false);
  const later = await browser.newPage();
  await later.goto(address);
  await later.waitForFunction(() => !localStorage.getItem(`desk-marks:${document.getElementById("unit").dataset.account}`));
  await later.keyboard.press("?");
  const help = await later.evaluate(() => document.querySelector("#keys").open);
  await later.keyboard.press("Escape");
  await later.keyboard.press("s");
  await later.waitForSelector(".around iframe");
  const sandbox = await later.evaluate(() => document.querySelector(".around iframe").getAttribute("sandbox"));
  return { ...told, said, draft, lost, kept, help, sandbox, incidents: incidents.filter((each) => !each.includes("ERR_INTERNET_DISCONNECTED")) };
});
console.log(JSON.stringify(found));
