// Residents and managers in a real Chromium, as they would: by sight, by keyboard, without scripts; and a stranger who tries.
import { createHmac } from "node:crypto";
import { DESK, browser, check, comesSlowly, facts, heading, look, outside, person, say, signIn, tabTo } from "./browser.mjs";
import { fault, labels, mails, month } from "./managing.mjs";

// A resident scans, signs in, is told what is wrong, starts, watches.
const outlet = facts.outlets[2];
const ichiro = await person("ja-JP");
await ichiro.goto(outlet.url);
await look(ichiro, "outlet-unknown-person");
await comesSlowly(undefined, "a label", outlet.url);
const policy = (await ichiro.request.get(outlet.url)).headers()["content-security-policy"];
check("no page frames ours", policy.includes("frame-ancestors 'none'") && !policy.includes("unsafe"));
await signIn(ichiro, facts.resident_links[0]);
await look(ichiro, "mine-before");
await ichiro.goto(outlet.url);
await look(ichiro, "outlet");
await ichiro.getByLabel("kWhを指定").check();
await ichiro.getByRole("button", { name: "次へ" }).click();
check("an amount is asked for in the form", await heading(ichiro), outlet.name);
check("which keeps what was chosen", await ichiro.getByLabel("kWhを指定").isChecked());
check("and is where one reads on", await ichiro.evaluate(() => document.activeElement.id), "amount");
await look(ichiro, "bad-amount");
await ichiro.getByLabel("2時間").check();
await ichiro.getByRole("button", { name: "次へ" }).click();
check("that it is another unit's is said", (await ichiro.getByRole("main").textContent()).includes("別の住戸"));
await look(ichiro, "confirm");
const unasked = await ichiro.request.post(`${outlet.url}/start`, { headers: { origin: facts.api }, form: { limit: "2h" } });
check("without consent to billing by kWh nothing starts", unasked.status(), 403);
await ichiro.getByRole("checkbox").check();
await ichiro.getByRole("button", { name: `充電を開始: ${outlet.name}` }).click();
await ichiro.waitForURL("**/charges/*");
const charge = ichiro.url();
await ichiro.evaluate(() => (window.same = true));
await ichiro.locator("#live .sentence", { hasText: "充電中" }).waitFor();
check("the page follows without being loaded again", await ichiro.evaluate(() => window.same));
await look(ichiro, "charge");
await ichiro.goto(`${outlet.url}/confirm?limit=2h`);
await ichiro.getByRole("button", { name: /充電を開始/ }).click();
await ichiro.waitForURL("**/charges/*");
check("started twice, it is one charge", ichiro.url(), charge);

// Another resident sees that the outlet is used, and not by whom; what is others' is not there.
const misaki = await person("en-US", { scheme: "dark" });
await signIn(misaki, facts.resident_links[1]);
await misaki.goto(outlet.url);
await look(misaki, "outlet-in-use");
check("nobody is named to neighbours", (await misaki.content()).includes("田中"), false);
for (const path of [charge, `${charge}/stop`, `${charge}/stream`]) {
  check(`${path.replace(charge, "")} of others is not there`, (await misaki.goto(path)).status(), 404);
}
check("nor are the manager's pages", (await misaki.goto(`${facts.api}/sites/${facts.site_id}`)).status(), 404);
await look(misaki, "not-there");
const own = { origin: facts.api };
check("nor can it be stopped", (await misaki.request.post(`${charge}/stop`, { headers: own })).status(), 404);

// A form of a foreign page does nothing, however its owner has signed in.
for (const headers of [{}, { origin: "https://evil.example" }, { origin: facts.api, "sec-fetch-site": "cross-site" }]) {
  check(`foreign form ${JSON.stringify(headers)}`, (await ichiro.request.post(`${charge}/stop`, { headers })).status(), 403);
}
await misaki.goto(`${facts.api}/sign-in?then=//evil.example/`);
check("no foreign page is gone on to", new URL(misaki.url()).origin, facts.api);
await misaki.goto(`${facts.api}/signed-in?code=x&state=y&iss=z`);
await look(misaki, "stale-sign-in");

// By keyboard alone, and without scripts: from the label to a charge.
const other = facts.outlets[3];
const keys = await person("en-US", { javaScriptEnabled: false, storageState: await misaki.context().storageState() });
await keys.goto(other.url);
await tabTo(keys, keys.getByRole("radio", { name: /Until the car is full/ }));
await keys.keyboard.press("ArrowDown");
await tabTo(keys, keys.getByRole("button", { name: "Go on" }));
await keys.keyboard.press("Enter");
await tabTo(keys, keys.getByRole("checkbox"));
await keys.keyboard.press("Space");
await tabTo(keys, keys.getByRole("button", { name: `Start charging at ${other.name}` }));
await keys.keyboard.press("Enter");
await keys.waitForURL("**/charges/*");
check("a charge is begun by keyboard, without scripts", (await keys.getByRole("main").textContent()).includes(other.name));

// Without scripts: what is seen is right when it is loaded, and one can stop.
const state = await ichiro.context().storageState();
const plain = await person("ja-JP", { javaScriptEnabled: false, storageState: state });
await plain.goto(charge);
await plain.getByRole("link", { name: "充電を停止" }).click();
await look(ichiro, "charge-again");
// A neighbour who waits with the page open can start as soon as the outlet is free.
await misaki.goto(outlet.url);
check("nothing can be started where somebody charges", await misaki.getByRole("button", { name: "Go on" }).count(), 0);
await plain.getByRole("button", { name: "はい、停止します" }).click();
await misaki.getByRole("button", { name: "Go on" }).waitFor();
await ichiro.goto(charge);
await ichiro.getByRole("heading", { name: "ご利用明細" }).waitFor();
await look(ichiro, "receipt");
await ichiro.goto(`${facts.api}/my`);
await look(ichiro, "mine");
await ichiro.getByRole("link", { name: "あなたのデータ" }).click();
await look(ichiro, "my-data");
check("one's own charges can be taken along", (await ichiro.request.get(`${facts.api}/my/charges.csv`)).headers()["content-type"].startsWith("text/csv"));

// The manager: every page in both languages and schemes, by keyboard first.
const hanako = await person("ja-JP", { viewport: DESK });
await signIn(hanako, facts.manager_link);
await hanako.keyboard.press("Tab");
check("the first stop of the keyboard leads to the content", await hanako.evaluate(() => document.activeElement.className), "skip");
await hanako.keyboard.press("Enter");
check("and goes there", await hanako.evaluate(() => document.activeElement.id), "main");
const tabs = await hanako.locator("nav.tabs a").evaluateAll((links) => links.map((link) => link.href));
const night = await person("en-US", { scheme: "dark", storageState: await hanako.context().storageState() });
// The main circuit's figures come with the minute, to a page that is open.
await hanako.goto(tabs[0]);
await hanako.locator("#main-load", { hasText: /[1-9]\.\d kW \// }).waitFor({ timeout: 150_000 });
for (const [index, href] of tabs.entries()) {
  const name = `site-${index}-${href.split("/").slice(5).join("-") || "live"}`;
  await hanako.goto(href);
  await look(hanako, name);
  await night.goto(href);
  await look(night, `${name}-phone`);
}
const site = tabs[0];
for (const [viewer, name] of [[hanako, "outlet-figures"], [night, "outlet-figures-phone"]]) {
  await viewer.goto(site);
  await viewer.locator(".tile a", { hasText: "A-1" }).click();
  await look(viewer, name);
}
check("an outlet's day is drawn", await hanako.locator("svg.chart").count(), 1);
await comesSlowly(await hanako.context().storageState(), "the panels", site);
await labels(hanako, ichiro, site);
await month(hanako, site);
await mails(ichiro, hanako, site);
await fault(ichiro, hanako, site);

// What somebody types is text, wherever it is shown.
const MARKUP = '<img src=x onerror="window.caught=1">';
await hanako.goto(`${site}/settings`);
await hanako.getByLabel("建物名").fill(MARKUP);
await hanako.getByLabel(/単価/).fill("33");
await hanako.getByRole("button", { name: "保存" }).click();
await hanako.getByRole("status").waitFor();
for (const path of [...tabs, outlet.url, `${facts.api}/my`]) {
  await hanako.goto(path);
  check(`markup is text at ${path.split("/").slice(5).join("/")}`, await hanako.evaluate(() => window.caught ?? 0), 0);
}
await hanako.goto(`${site}/settings`);
check("what was typed is there", await hanako.getByLabel("建物名").inputValue(), MARKUP);
await hanako.getByLabel("建物名").fill("さくらコート");
await hanako.getByRole("button", { name: "保存" }).click();
await ichiro.goto(outlet.url);
check("the price is what the manager has set", (await ichiro.content()).includes("33 円/kWh"));

// Where the site asks whether one stands at the outlet, the display's six digits say so (OCPP 2.1 C25, reckoned here anew).
function digits(secret) {
  const slot = Buffer.alloc(8);
  slot.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac("sha256", secret).update(slot).digest();
  return Array.from({ length: 6 }, (_, at) => hash[((hash[31] & 15) + at) % 32] % 10).join("");
}
const watched = facts.outlets[6];
const cardOf = (name) => hanako.locator("section.card", { has: hanako.getByRole("heading", { name, exact: true }) });
await hanako.goto(`${site}/outlets`);
await cardOf(watched.name).locator("summary").click();
await cardOf(watched.name).getByRole("button", { name: "表示器の共有鍵を発行" }).click();
const secret = await hanako.locator("#secret").textContent();
await look(hanako, "presence-secret", { posted: true });
await hanako.goto(`${site}/settings`);
await hanako.getByLabel("コンセントの前にいることの確認").selectOption("pages");
await hanako.getByRole("button", { name: "保存" }).click();
await ichiro.goto(watched.url);
await look(ichiro, "outlet-presence");
for (const [typed, heading1] of [["000000", "ご確認ください"], [digits(secret), watched.name]]) {
  await ichiro.goto(`${watched.url}/confirm?limit=2h`);
  if (typed === "000000") await look(ichiro, "confirm-presence");
  await ichiro.getByLabel("表示器の6桁の番号").fill(typed === "000000" ? typed : digits(secret));
  await ichiro.getByRole("button", { name: /充電を開始/ }).click();
  await ichiro.waitForLoadState("load");
  check(`what starts with ${typed === "000000" ? "a wrong" : "the display's"} code`, await heading(ichiro), heading1);
}
await hanako.goto(`${site}/settings`);
await hanako.getByLabel("コンセントの前にいることの確認").selectOption("none");
await hanako.getByRole("button", { name: "保存" }).click();

// A fault is reported from the phone, and is an alarm.
await ichiro.goto(watched.url);
await ichiro.getByRole("link", { name: "不具合を報告" }).click();
await look(ichiro, "report");
await ichiro.getByLabel("破損している").check();
await ichiro.getByLabel(/詳しい状況/).fill("差込口の<b>ふた</b>が割れています");
await ichiro.getByRole("button", { name: "管理者に送信" }).click();
await look(ichiro, "reported", { posted: true });
await hanako.goto(`${site}/alarms`);
check("the manager reads it", (await hanako.getByRole("main").textContent()).includes("差込口の<b>ふた</b>が割れています"));
await look(hanako, "alarm-reported");

// Blocked, one is told so, and nothing starts.
await hanako.goto(`${site}/people`);
await hanako.getByRole("link", { name: "利用停止にする: 田中 一郎" }).click();
await look(hanako, "block-sure");
await hanako.getByRole("button", { name: "利用停止にする: 田中 一郎" }).click();
await hanako.getByRole("status").waitFor();
await ichiro.goto(outlet.url);
check("who is blocked reads so", (await ichiro.getByRole("main").textContent()).includes("現在ここでは充電できません"));
await look(ichiro, "blocked");
await hanako.getByRole("button", { name: "停止を解除: 田中 一郎" }).click();

// A new code: the old label leads nowhere, like any that never was.
await hanako.goto(`${site}/outlets`);
const card = hanako.locator("section.card", { has: hanako.getByRole("heading", { name: outlet.name }) });
await card.locator("summary").click();
await card.getByRole("link", { name: "番号を更新" }).click();
await look(hanako, "new-code-sure");
await hanako.getByRole("button", { name: "番号を更新" }).click();
await hanako.getByRole("status").waitFor();
await ichiro.goto(outlet.url);
const gone = await ichiro.getByRole("main").innerHTML();
await look(ichiro, "old-label");
await ichiro.goto(`${facts.api}/o/22222222`);
check("a code that was and one that never was look alike", await ichiro.getByRole("main").innerHTML(), gone);

// An invitation becomes a resident.
await hanako.goto(`${site}/people`);
await hanako.getByRole("link", { name: "招待する" }).click();
await hanako.getByLabel("住戸").fill("412");
await hanako.getByRole("main").getByRole("button").click();
const invitation = await hanako.getByRole("main").getByRole("link").first().getAttribute("href");
await hanako.getByRole("link", { name: "招待状を印刷する(PDF)" }).click();
check("the letter's unit is filled in", await hanako.getByLabel("住戸", { exact: true }).inputValue(), "412");
check("and its last day", /^20\d\d-\d\d-\d\d$/.test(await hanako.getByLabel("有効期限").inputValue()));
await look(hanako, "letter");
const newcomer = await person("en-US");
await newcomer.goto(invitation);
await newcomer.getByLabel("Your name").fill("Alex Sato");
await newcomer.getByLabel("E-mail address").fill("alex@example.jp");
await newcomer.getByLabel("New password").fill("correct horse battery staple");
await newcomer.getByRole("button", { name: "Accept the invitation" }).click();
await newcomer.waitForURL(`${facts.api}/my`);
await look(newcomer, "newcomer");
await hanako.goto(`${site}/people`);
check("and is among the residents", (await hanako.getByRole("main").textContent()).includes("Alex Sato"));

// Whoever deletes their data is signed out, here and at the auth-server, and among the residents no more.
await newcomer.goto(`${facts.api}/my/data`);
await newcomer.getByLabel("I know that this cannot be undone.").check();
await newcomer.getByRole("button", { name: "Delete my data" }).click();
await newcomer.waitForLoadState();
await hanako.reload();
check("nobody of that name is left", (await hanako.getByRole("main").textContent()).includes("Alex Sato"), false);
await newcomer.goto(`${facts.api}/my`);
check("after that", new URL(newcomer.url()).pathname, "/login");

await browser.close();
say({ outside });
say({ done: true });
