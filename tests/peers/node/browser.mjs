// A person in front of a real Chromium: what they see, what is wrong with it, and pictures of it.
// Arguments of whatever imports this: FACTS [FOLDER]: what the demo says of itself, as JSON; where pictures are kept.
import { mkdirSync } from "node:fs";
import axe from "axe-core";
import { chromium } from "playwright-core";

const [told, folder] = [process.argv[2], process.argv[3]];
export const facts = JSON.parse(told);
if (folder) mkdirSync(folder, { recursive: true });
export const say = (line) => console.log(JSON.stringify(line));
export const check = (name, saw, expected = true) => say({ check: name, saw, expected });
export const PHONE = { width: 390, height: 844 };
export const DESK = { width: 1200, height: 800 };
// What no page may do: ask others, or fail on the console.
export const outside = [];
const ours = new Set([facts.api, new URL(facts.token_endpoint).origin]);
// What people are told apart by, in the order in which they are shown in a picture's name.
const SCHEMES = ["light", "dark"];
const OTHER = { ja: "en", en: "ja" };

export const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});

export async function person(locale, { viewport = PHONE, scheme = "light", ...more } = {}) {
  const context = await browser.newContext({ locale, colorScheme: scheme, viewport, ...more });
  const page = await context.newPage();
  page.scheme = scheme;
  page.on("request", (request) => !ours.has(new URL(request.url()).origin) && outside.push(request.url()));
  const isExpected = (text) => text.includes("the server responded with a status of 4");
  page.on("console", (message) => message.type() === "error" && !isExpected(message.text()) && outside.push(message.text()));
  page.on("pageerror", (error) => outside.push(error.message));
  return page;
}

// What axe finds is said with where it is; pictures are kept where somebody wants to look. `posted`: the page answers a form,
// and cannot be asked for in the other language.
export async function look(page, name, { posted = false } = {}) {
  await page.waitForLoadState("load");
  const found = await page.evaluate(async (source) => {
    // The page's policy lets no script in; the tool comes by the debugger.
    (0, eval)(source);
    const { violations } = await window.axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  }, axe.source);
  const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  if (wide > seen) found.push(`wider than the window: ${wide}`);
  const locale = await page.evaluate(() => document.documentElement.lang);
  say({ page: name, locale, found });
  if (!folder) return;
  await keep(page, `${name}-${locale}`);
  if (posted) return;
  const here = page.url();
  await page.goto(inLanguage(here, OTHER[locale]));
  await keep(page, `${name}-${OTHER[locale]}`);
  await page.goto(inLanguage(here, locale));
}

async function keep(page, name) {
  for (const scheme of SCHEMES) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.screenshot({ path: `${folder}/${name}-${scheme}.png`, fullPage: true });
  }
  await page.emulateMedia({ colorScheme: page.scheme });
}

function inLanguage(address, language) {
  const url = new URL(address);
  url.searchParams.set("lang", language);
  return url.href;
}

export const heading = (page) => page.getByRole("heading", { level: 1 }).textContent();

export async function signIn(page, link) {
  await page.goto(link);
  await page.getByRole("main").getByRole("button").click();
  await page.waitForURL((url) => url.origin === facts.api && !url.pathname.startsWith("/sign"));
}

// Goes on with the Tab key until what was looked for is in focus.
export async function tabTo(page, wanted) {
  for (let stops = 0; stops < 80; stops += 1) {
    await page.keyboard.press("Tab");
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`the keyboard does not get to ${wanted}`);
}

// How a page comes over a slow 4G: when something is first seen, and how much was sent.
export async function comesSlowly(storageState, name, address) {
  const context = await browser.newContext({ viewport: PHONE, locale: "ja-JP", storageState });
  const page = await context.newPage();
  const debug = await context.newCDPSession(page);
  await debug.send("Network.enable");
  const [down, up] = [1.6e6 / 8, 750e3 / 8];
  await debug.send("Network.emulateNetworkConditions", { offline: false, latency: 400, downloadThroughput: down, uploadThroughput: up });
  let bytes = 0;
  debug.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.goto(address, { waitUntil: "load" });
  await page.waitForFunction(() => performance.getEntriesByName("first-contentful-paint").length > 0);
  const painted = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
  say({ slowly: name, first_paint_ms: Math.round(painted), bytes });
  check(`${name} is light`, bytes > 0 && bytes <= 100_000);
  await context.close();
}
