// node axe.mjs PAGE.html...: each page in light and dark, wide and phone, judged by axe-core.
// In the dark only colours differ. Of a long table the first rows are judged: the others are of the
// same kinds.
// Prints JSON: one {page, scheme, width, violations, overflow, incidents} for each view.
import { open, require, withBrowser } from "./browser.mjs";

const axe = require("axe-core");
const ABOUT_COLOURS = ["color-contrast", "link-in-text-block"];
const LATER_ROWS = "tbody tr:nth-child(n + 61)";

async function judge(browser, path, scheme, width) {
  const { page, incidents } = await open(browser, path, { scheme, width });
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
  await page.evaluate((rows) => document.querySelectorAll(rows).forEach((r) => r.remove()), LATER_ROWS);
  await page.evaluate(axe.source);
  const found = await page.evaluate((options) => window.axe.run(document, options), {
    resultTypes: ["violations"],
    ...(scheme === "dark" && { runOnly: ABOUT_COLOURS }),
  });
  await page.close();
  const violations = found.violations.map(
    (v) => `${v.impact} ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`,
  );
  return { page: path, scheme, width, violations, overflow, incidents };
}

const views = await withBrowser(async (browser) => {
  const every = [];
  for (const path of process.argv.slice(2))
    for (const scheme of ["light", "dark"])
      for (const width of [1280, 360]) every.push(await judge(browser, path, scheme, width));
  return every;
});
console.log(JSON.stringify(views));
