// What residents meet when something is wrong, in a real Chromium: the panel is away, the breaker does not do what it is told.
import { DESK, browser, check, facts, look, outside, person, say, signIn } from "./browser.mjs";

const credentials = Buffer.from(`${facts.client_id}:${facts.client_secret}`).toString("base64");
const granted = await fetch(facts.token_endpoint, {
  method: "POST",
  headers: { authorization: `Basic ${credentials}` },
  body: new URLSearchParams({ grant_type: "client_credentials" }),
});
const { access_token: token } = await granted.json();

async function api(path, body, method = "POST") {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const once = method === "POST" ? { "idempotency-key": crypto.randomUUID() } : { "if-match": "*" };
  const sent = body ? { method, headers: { ...headers, ...once }, body: JSON.stringify(body) } : { headers };
  const answer = await fetch(`${facts.api}${path}`, sent);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? undefined : answer.json();
}
const { controller_id: controller } = await api(`/v1/outlets/${facts.outlets[0].id}`);
const atPanel = (what) => api(`/v1/sandbox/panels/${controller}/happenings`, { what });
const at = (outlet, what) => api(`/v1/sandbox/outlets/${outlet.id}/happenings`, { what });

async function becomes(outlet, state) {
  for (let looks = 0; looks < 300; looks += 1) {
    const now = await api(`/v1/outlets/${outlet.id}`);
    if (now.state === state) return;
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new Error(`${outlet.name} does not become ${state}`);
}
const text = (page) => page.getByRole("main").textContent();
const says = async (page, name, wanted) => check(name, (await text(page)).includes(wanted) || (await text(page)), true);

async function start(page, outlet) {
  await page.goto(`${outlet.url}/confirm?limit=2h`);
  const consent = page.getByRole("checkbox");
  if (await consent.count()) await consent.check();
  await page.getByRole("button", { name: new RegExp(`^(充電を開始|Start charging)`) }).click();
}

const [, , third, fourth, fifth, sixth] = facts.outlets;
const ichiro = await person("ja-JP");
await signIn(ichiro, facts.resident_links[0]);
const misaki = await person("en-US", { scheme: "dark" });
await signIn(misaki, facts.resident_links[1]);
const hanako = await person("ja-JP", { viewport: DESK });
await signIn(hanako, facts.manager_link);

// More than the building allows, and no consent.
for (const [limit, amount] of [["energy", "500"], ["money", "0"], ["energy", "a lot"]]) {
  await ichiro.goto(`${third.url}/confirm?limit=${limit}&amount=${encodeURIComponent(amount)}`);
  await says(ichiro, `${amount} of ${limit} is not possible`, "kWh、または1〜100,000円の整数");
}
await ichiro.goto(`${third.url}/confirm?limit=2h`);
await ichiro.locator("form:has([type=checkbox])").evaluate((form) => (form.noValidate = true));
await ichiro.getByRole("button", { name: /充電を開始/ }).click();
await says(ichiro, "without consent nothing starts", "同意がない場合");
await look(ichiro, "no-consent", { posted: true });

// Plugged in nowhere: the outlet is live, and it is said that the car has not answered.
await at(fourth, "unplug");
await start(misaki, fourth);
await misaki.waitForURL("**/charges/*");
await misaki.locator("#live .sentence", { hasText: "Power is on. Waiting" }).waitFor();
await look(misaki, "charge-waits-for-plug");

// The panel goes away while a charge runs: it is said that it stops on time, what is shown gets visibly old, nothing else starts.
await start(ichiro, third);
await ichiro.waitForURL("**/charges/*");
const charge = ichiro.url();
await ichiro.locator("#live .sentence", { hasText: "充電中" }).waitFor();
await atPanel("go_offline");
await becomes(third, "offline");
await ichiro.locator("#live .sentence", { hasText: "通電は予定時刻に自動停止します" }).waitFor();
await ichiro.clock.install({ time: Date.now() + 95_000 });
await ichiro.goto(charge);
await ichiro.locator("[data-stale]:visible", { hasText: "90秒以上更新がありません" }).waitFor();
await look(ichiro, "charge-stale");
await misaki.goto(fifth.url);
await says(misaki, "that it is offline is said on the card", "The panel is offline");
await look(misaki, "outlet-offline");
await start(misaki, fifth);
await says(misaki, "nothing starts there", "nothing can be started");
await look(misaki, "start-offline", { posted: true });
await atPanel("come_online");
await becomes(third, "charging");

// The contacts are welded: the stop is asked for and not confirmed, the manager is called, and nobody else can start.
await at(third, "weld");
const neighbour = await person("ja-JP", { storageState: await ichiro.context().storageState() });
await neighbour.goto(`${charge}/stop`);
await neighbour.getByRole("button", { name: "はい、停止します" }).click();
await becomes(third, "faulted");
await misaki.goto(third.url);
await says(misaki, "a breaker that does not open is said to be out of order", "out of order");
await look(misaki, "outlet-welded");
await hanako.goto(`${facts.api}/sites/${facts.site_id}/alarms`);
await says(hanako, "the manager is told", third.name);
await look(hanako, "alarm-welded");

// A breaker that trips opens by itself: out of order, and nothing starts.
await at(fifth, "trip");
await becomes(fifth, "faulted");
await start(ichiro, fifth);
await says(ichiro, "nothing starts at a tripped breaker", "故障中");
await look(ichiro, "start-faulted", { posted: true });

// Who has moved out starts nothing any more.
const { data: drivers } = await api("/v1/drivers");
const mover = drivers.find(({ name }) => name === "鈴木 美咲");
const daysAgo = (days) => new Date(Date.now() - days * 86_400_000).toISOString();
await api(`/v1/drivers/${mover.id}`, { valid_from: daysAgo(30), valid_until: daysAgo(1) }, "PATCH");
await misaki.goto(sixth.url);
await says(misaki, "who has moved out is told so", "You may not charge here");
check("and is offered nothing to start", await misaki.getByRole("button", { name: "Go on" }).count(), 0);
await look(misaki, "moved-out");

await browser.close();
say({ outside });
say({ done: true });
