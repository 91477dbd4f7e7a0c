// node axe.mjs PAGE.html...: each page in light and dark, wide and phone, judged by axe-core.
// In the dark only colours differ. Of a long table the first rows are judged: the others are of the
// same kinds. A page is loaded once, since what its scripts do depends on neither.
// Prints JSON: one {page, scheme, width, violations, overflow, incidents} for each view.
import { newTab, require, show, withBrowser } from "./browser.mjs";

const axe = require("axe-core");
const ABOUT_COLOURS = ["color-contrast", "link-in-text-block"];
const LATER_ROWS = "tbody tr:nth-child(n + 61)";
const VIEWS = ["light", "dark"].flatMap((scheme) => [1280, 360].map((width) => ({ scheme, width })));

async function judge({ page, visit }, path) {
  await show(page, VIEWS[0]);
  const { incidents } = await visit(`file://${path}`);
  const views = [];
  for (const view of VIEWS) {
    await show(page, view);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    views.push({ page: path, ...view, overflow, incidents });
  }
  await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
  await page.evaluate((rows) => document.querySelectorAll(rows).forEach((r) => r.remove()), LATER_ROWS);
  await page.evaluate(axe.source);
  for (const view of views) {
    await show(page, view);
    view.violations = await violations(page, view.scheme);
  }
  return views;
}

async function violations(page, scheme) {
  const found = await page.evaluate((options) => window.axe.run(document, options), {
    resultTypes: ["violations"],
    ...(scheme === "dark" && { runOnly: ABOUT_COLOURS }),
  });
  return found.violations.map(
    (v) => `${v.impact} ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`,
  );
}

const views = await withBrowser(async (browser) => {
  const every = [];
  const tab = await newTab(browser);
  for (const path of process.argv.slice(2)) every.push(...(await judge(tab, path)));
  return every;
});
console.log(JSON.stringify(views));
