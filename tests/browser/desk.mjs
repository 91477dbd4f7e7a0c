// node desk.mjs ORIGIN TOKEN PATH...: each page of a desk as people have it, judged by axe-core, with
// the sizes of targets; whether the keyboard reaches everything, in order, and can be seen.
// In the dark and on paper only colours differ. A page is loaded once for each language.
// Prints JSON: one {page, view, violations, overflow, incidents, focus} for each view.
import { newTab, require, withBrowser } from "./browser.mjs";

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

async function judge({ page, visit }, origin, path, lang) {
  const joined = path.includes("?") ? "&" : "?";
  const looks = VIEWS.filter((view) => view.lang === lang);
  await show(page, looks[0]);
  const { answer, incidents } = await visit(`${origin}${path}${joined}lang=${lang}`, origin);
  if (answer.status() >= 400) incidents.push(`status ${answer.status()}`);
  const found = [];
  for (const view of looks) {
    await show(page, view);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    const focus = view.keyboard ? await walk(page) : [];
    found.push({ page: path, view: view.name, overflow, incidents, focus });
  }
  await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
  await page.evaluate(axe.source);
  for (const [n, view] of looks.entries()) {
    await show(page, view);
    found[n].violations = await violations(page, view);
  }
  return found;
}

async function show(page, view) {
  await page.emulateMedia({ colorScheme: view.scheme, media: view.media ?? "screen" });
  await page.setViewportSize({ width: view.width, height: 800 });
}

async function violations(page, view) {
  const found = await page.evaluate((options) => window.axe.run(document, options), {
    resultTypes: ["violations"],
    iframes: false,
    ...(view.only ? { runOnly: view.only } : { rules: { "target-size": { enabled: true } } }),
  });
  return found.violations.map(
    (v) => `${v.impact} ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`,
  );
}

const [origin, token, ...paths] = process.argv.slice(2);
const views = await withBrowser(async (browser) => {
  const every = [];
  await browser.addCookies([{ name: "grader-desk", value: token, url: origin }]);
  const tab = await newTab(browser);
  for (const path of paths) for (const lang of ["en", "zh"]) every.push(...(await judge(tab, origin, path, lang)));
  return every;
});
console.log(JSON.stringify(views));
