// node desk.mjs ORIGIN TOKEN PATH...: each page of a desk as people have it, judged by axe-core, with
// the sizes of targets; whether the keyboard reaches everything, in order, and can be seen.
// In the dark only colours differ.
// Prints JSON: one {page, view, violations, overflow, incidents, focus} for each view.
import { require, withBrowser } from "./browser.mjs";

const axe = require("axe-core");
const VIEWS = [
  { name: "wide", width: 1280, scheme: "light", lang: "en", keyboard: true },
  { name: "phone", width: 390, scheme: "light", lang: "zh" },
  { name: "dark", width: 390, scheme: "dark", lang: "en", only: ["color-contrast", "link-in-text-block"] },
  { name: "print", width: 800, scheme: "light", lang: "en", media: "print", only: ["color-contrast"] },
];

// What Tab reaches, against what is there to be reached; a group of radio buttons is one stop.
async function walk(page) {
  const wanted = await page.evaluate(() => {
    const all = document.querySelectorAll("a[href], button, input, select, textarea, summary, iframe, [tabindex]");
    const seen = new Set();
    return [...all].filter((e) => {
      if (e.tabIndex < 0 || e.disabled || e.type === "hidden" || !e.checkVisibility()) return false;
      const group = e.type === "radio" && e.name;
      if (group && seen.has(group)) return false;
      if (group) seen.add(group);
      return true;
    }).map((e, n) => { e.dataset.stop = n; return e.outerHTML.slice(0, 120); });
  });
  const problems = [];
  let last = await page.evaluate(() => Number(document.activeElement.dataset.stop ?? -1));
  for (let n = last + 1; n < Math.min(wanted.length, 60); n++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      const style = getComputedStyle(e);
      const shown = style.outlineStyle !== "none" || style.boxShadow !== "none" || e.tagName === "IFRAME";
      return { stop: Number(e.dataset.stop ?? -1), shown, radio: e.type === "radio", html: e.outerHTML.slice(0, 120) };
    });
    if (at.html.startsWith("<iframe")) break; // the keyboard is inside the report from here on
    if (at.radio) { last = Math.max(last, at.stop); continue; }
    if (at.stop !== last + 1) problems.push(`after ${wanted[last] ?? "the start"} comes ${at.html}`);
    if (!at.shown) problems.push(`cannot be seen to have the focus: ${at.html}`);
    last = at.stop;
  }
  return problems;
}

async function judge(browser, origin, path, view) {
  const page = await browser.newPage();
  const incidents = [];
  page.on("console", (message) => incidents.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => incidents.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(origin)) incidents.push(`request: ${request.url()}`);
  });
  await page.emulateMedia({ colorScheme: view.scheme, media: view.media ?? "screen" });
  await page.setViewportSize({ width: view.width, height: 800 });
  const joined = path.includes("?") ? "&" : "?";
  const answer = await page.goto(`${origin}${path}${joined}lang=${view.lang}`);
  if (answer.status() >= 400) incidents.push(`status ${answer.status()}`);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  const focus = view.keyboard ? await walk(page) : [];
  await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
  await page.evaluate(axe.source);
  const found = await page.evaluate((options) => window.axe.run(document, options), {
    resultTypes: ["violations"],
    iframes: false,
    ...(view.only ? { runOnly: view.only } : { rules: { "target-size": { enabled: true } } }),
  });
  await page.close();
  const violations = found.violations.map(
    (v) => `${v.impact} ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`,
  );
  return { page: path, view: view.name, violations, overflow, incidents, focus };
}

const [origin, token, ...paths] = process.argv.slice(2);
const views = await withBrowser(async (browser) => {
  const every = [];
  await browser.addCookies([{ name: "grader-desk", value: token, url: origin }]);
  for (const path of paths) for (const view of VIEWS) every.push(await judge(browser, origin, path, view));
  return every;
});
console.log(JSON.stringify(views));
