// The checks of tests/page.sh: what a reader does with the page, in light, dark, on a phone and in print.
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axe = readFileSync("node_modules/axe-core/axe.min.js", "utf8");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const VIEWS = {
  light: { viewport: { width: 1200, height: 900 }, colorScheme: "light" },
  dark: { viewport: { width: 1200, height: 900 }, colorScheme: "dark" },
  phone: { viewport: { width: 375, height: 800 }, colorScheme: "light" },
  print: { viewport: { width: 800, height: 1100 }, colorScheme: "light" },
};

// Opens a page, and fails on any error and any request but that for the page itself.
async function open(name, view = "light", options = {}) {
  const context = await browser.newContext({ ...VIEWS[view], ...options });
  const page = await context.newPage();
  const fail = (what) => { throw new Error(`${name}: ${what}`); };
  page.on("console", (message) => message.type() === "error" && fail(message.text()));
  page.on("pageerror", fail);
  page.on("request", (request) => request.url().endsWith(`${name}.html`) || fail(`loads ${request.url()}`));
  await page.goto(pathToFileURL(`${name}.html`).href);
  if (view === "print") {
    await page.emulateMedia({ media: "print" });
    await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  }
  return page;
}
const cards = (page) => page.locator("article").count();
const status = (page) => page.getByRole("status").textContent();

for (const name of ["repo", "clean", "twenty", "many"]) {
  for (const view of Object.keys(VIEWS)) {
    // Ten thousand printed articles take the checker minutes, and are like twenty.
    if (name === "many" && view === "print") continue;
    const page = await open(name, view);
    const isWide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    assert.equal(isWide, false, `${name}, ${view}: scrolls sideways`);
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/${name}-${view}.png` });
    await page.context().close();
    // The checker is a script of its own, which the page's policy would not run.
    const checked = await open(name, view, { bypassCSP: true });
    await checked.evaluate(() => [...document.querySelectorAll("article details")].slice(0, 6).forEach((node) => { node.open = true; }));
    await checked.addScriptTag({ content: axe });
    const { violations } = await checked.evaluate(() => globalThis.axe.run());
    assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes[0].html}`), [], `${name}, ${view}`);
    await checked.context().close();
  }
}

// A history: places, provenance, links, filters.
let page = await open("repo");
assert.match(await page.title(), /^tokensweep: 4 leaks in repo$/);
assert.equal(await cards(page), 3);
assert.equal(await page.locator("img").count(), 0, "a path is markup");
assert.match(await page.locator("article").last().textContent(), /gone from HEAD/, "what is gone comes last");
await page.getByLabel("In HEAD").selectOption("gone from HEAD");
assert.equal(await cards(page), 1);
assert.match(await page.locator("article").textContent(), /2023-02-01, Ann &amp; Lee/);
await page.getByText("and at 1 other place").click();
const link = page.locator("article a").first();
assert.match(await link.getAttribute("href"), /^https:\/\/github\.com\/octo\/x\/blob\/[0-9a-f]{40}\/copy%20of%20it\.env#L2$/);
await page.getByLabel("In HEAD").selectOption("");
await page.getByLabel("Search").fill("nowhere.sh bo");
assert.equal(await cards(page), 0, "every word must be there");
await page.getByLabel("Search").fill("deploy.sh BO");
assert.equal(await cards(page), 1);
await page.getByText("Evidence, what to do, accept").click();
await page.locator("article .bar").nth(1).waitFor();
await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
await page.getByRole("button", { name: "Copy fingerprint" }).click();
const copied = await page.evaluate(() => navigator.clipboard.readText());
assert.match(copied, /^[0-9a-f]{32}$/);
assert.match(await status(page), new RegExp(copied));
await page.keyboard.press("/");
await page.keyboard.press("Escape");
assert.equal(await cards(page), 3, "Escape clears the search");
await page.getByLabel("Group by").selectOption("author");
assert.deepEqual(await page.locator("section > h2").allTextContents(), ["When they came in and went: 2023-02 to 2024-06", "Bo <x@example.invalid>: 2", "Ann &amp; Lee <x@example.invalid>: 1"]);
await page.getByText("The numbers of each month").click();
await page.locator(".timeline-part tbody td").first().waitFor();
assert.deepEqual(await page.locator(".timeline-part tbody td").allTextContents().then((all) => all), ["2023-02", "0", "1", "0", "2024-06", "2", "0", "1"]);
await page.context().close();

// Ten thousand secrets. The time of the main thread does not depend on what else the machine does.
{
  const context = await browser.newContext(VIEWS.light);
  const session = await context.newCDPSession(await context.newPage());
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await context.pages()[0].goto(pathToFileURL("many.html").href);
  const { metrics } = await session.send("Performance.getMetrics");
  const busy = metrics.find(({ name }) => name === "TaskDuration").value;
  console.log(`10,000 secrets: ${Math.round(busy * 1000)} ms of processor time until they are shown`);
  await context.close();
}
page = await open("many");
// The list is shown, and the next frame could be drawn.
const interactive = await page.evaluate(() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(() => {
    const { domInteractive, loadEventEnd } = performance.getEntriesByType("navigation")[0];
    done([domInteractive, loadEventEnd].map(Math.round));
  }));
}));
const size = statSync("many.html").size;
console.log(`10,000 secrets: ${(size / 1e6).toFixed(1)} MB, interactive after ${interactive[0]} ms, loaded after ${interactive[1]} ms`);
assert.ok(size < 6e6, "a page of ten thousand secrets is for a mail");
assert.equal(await cards(page), 100);
await page.getByRole("button", { name: "Show 100 more" }).click();
assert.equal(await cards(page), 200);
await page.getByLabel("Search").fill("conf777.env");
assert.equal(await cards(page), 1);
assert.match(await status(page), /^1 secret of 10,000, 1 on the page$/);
await page.getByLabel("Search").fill("");
await page.getByLabel("Sort by").selectOption("path");
assert.match(await page.locator("article").first().textContent(), /many\/service0\/conf0\.env/);
await page.locator("h1").click();
await page.keyboard.press("j");
await page.keyboard.press("j");
await page.keyboard.press("k");
assert.equal(await page.evaluate(() => [...document.querySelectorAll("article")].indexOf(document.activeElement)), 0);
await page.context().close();

// Print has all secrets and no tools. Without scripts the first hundred are there.
page = await open("repo");
await page.emulateMedia({ media: "print" });
await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
assert.equal(await page.getByLabel("Search").isVisible(), false);
assert.equal(await page.getByText("Evidence, what to do, accept").first().isVisible(), false);
assert.equal(await page.getByText("and at 1 other place").isVisible(), true);
await page.context().close();
page = await open("many", "light", { javaScriptEnabled: false });
assert.equal(await cards(page), 100);
assert.match(await page.locator("main").textContent(), /9,900 more are shown where scripts are allowed to run/);
await browser.close();
console.log("the page holds");
