// What managers do in a month: labels on the wall, the statement, its closing, and what is put right afterwards.
import { PHONE, check, facts, look, person, tabTo } from "./browser.mjs";

// A label from a print shop is bound beside its outlet, by phone, and checked.
export async function labels(manager, stranger, site) {
  await manager.goto(`${site}/outlets`);
  await manager.getByLabel("枚数(1〜500)").fill("2");
  await manager.getByRole("button", { name: "番号を作成" }).click();
  await manager.getByText("0 / 2").waitFor();
  await look(manager, "label-batches");
  const csv = await manager.getByRole("link", { name: "CSV(UTF-8)" }).getAttribute("href");
  const lines = (await (await manager.request.get(new URL(csv, site).href)).text()).trim().split("\r\n");
  const [code] = lines[1].split(",");
  const label = `${facts.api}/o/${code}`;
  await stranger.goto(label);
  const free = await stranger.getByRole("main").innerHTML();
  await stranger.goto(`${facts.api}/o/22222222`);
  check("a free label is unknown to others", await stranger.getByRole("main").innerHTML(), free);
  const phone = await person("ja-JP", { viewport: PHONE, storageState: await manager.context().storageState() });
  await phone.goto(label);
  await look(phone, "bind-label");
  await phone.getByRole("link", { name: "A-8" }).click();
  await look(phone, "bind-label-confirm");
  await phone.getByRole("button", { name: "結び付ける: A-8" }).click();
  await phone.getByRole("heading", { name: "ラベルの点検" }).waitFor();
  await phone.getByRole("button", { name: "正しい位置にあります: A-8" }).click();
  await phone.getByRole("status").filter({ hasText: "正しい" }).waitFor();
  await look(phone, "label-check");
  await manager.goto(`${site}/outlets`);
  const card = manager.locator("section.card", { has: manager.getByRole("heading", { name: "A-8", exact: true }) });
  check("the check is seen among the labels", (await card.textContent()).includes("正しい – "));
  check("and that the label is bound", (await manager.getByRole("main").textContent()).includes("1 / 2"));
}

// Last month: looked at as a draft, set out for the management company, closed by keyboard alone, taken along.
export async function month(manager, site) {
  await manager.goto(`${site}/statements`);
  const last = await manager.getByRole("row").nth(2).getByRole("link").getAttribute("href");
  const address = new URL(last, site).href;
  await manager.goto(address);
  await look(manager, "month-draft");
  const beside = await manager.locator("dl.card").last().textContent();
  check("the draft compares the main circuit with the outlets", beside.includes("主幹の電力量") && /\d kWh/.test(beside));
  await columns(manager, site);
  await manager.goto(address);
  await tabTo(manager, manager.getByRole("link", { name: "この月を確定する" }));
  await manager.keyboard.press("Enter");
  await manager.waitForURL("**/close*");
  await look(manager, "month-close");
  await tabTo(manager, manager.getByRole("button", { name: "確定する" }));
  await manager.keyboard.press("Enter");
  await manager.waitForURL((url) => !url.pathname.endsWith("/close"));
  check("the month is closed", (await manager.getByRole("main").textContent()).includes("照合値"));
  await look(manager, "month-closed");
  await downloads(manager, address);
  await correction(manager, site);
}

async function columns(manager, site) {
  await manager.goto(`${site}/statements/layout`);
  await look(manager, "month-columns");
  await manager.getByLabel("見出し: 住戸").fill("部屋番号");
  await manager.getByLabel("順番: 備考").fill("");
  await manager.getByRole("button", { name: "先頭の行を表示" }).click();
  await manager.getByRole("columnheader", { name: "部屋番号" }).waitFor();
  await look(manager, "month-columns-preview", { posted: true });
  await manager.getByRole("button", { name: "保存" }).click();
  await manager.getByRole("status").waitFor();
}

async function downloads(manager, address) {
  for (const charset of ["utf-8", "shift_jis"]) {
    const answer = await manager.request.get(`${address}.csv?charset=${charset}`);
    const [head] = new TextDecoder(charset).decode(await answer.body()).split("\r\n");
    check(`the month as CSV in ${charset}`, head.startsWith("区分,部屋番号,") && head.endsWith("合計(円)"));
  }
  for (const paper of [".pdf", "/notice.pdf?unit=203"]) {
    const answer = await manager.request.get(`${address}${paper}`);
    check(`the month as ${paper}`, (await answer.body()).subarray(0, 5).toString(), "%PDF-");
  }
}

// What is put right goes into the month after the closed one; without scripts.
async function correction(manager, site) {
  const storageState = await manager.context().storageState();
  const plain = await person("ja-JP", { javaScriptEnabled: false, storageState });
  await plain.goto(`${site}/statements`);
  await plain.getByRole("row").nth(1).getByRole("link").click();
  await plain.locator("summary", { hasText: "訂正を入力" }).click();
  await plain.getByLabel("住戸", { exact: true }).selectOption("203");
  await plain.getByLabel("金額(円)").fill("-500");
  await plain.getByLabel("理由").fill("先月の停電のおわび");
  await plain.getByRole("button", { name: "次へ" }).click();
  await plain.getByRole("button", { name: "追加する" }).click();
  const row = plain.getByRole("row").filter({ hasText: "先月の停電のおわび" });
  check("a correction is seen in the next month", /年\d+月.*−500/s.test(await row.textContent()));
  await plain.context().close();
}

// Mails: a resident wishes one at the end of their charges, and takes that back; a manager those of all alarms.
export async function mails(resident, manager, site) {
  const mine = `${facts.api}/my`;
  await resident.goto(mine);
  await look(resident, "mine-no-mails");
  await resident.getByLabel("メールアドレス").fill("ichiro@example.jp");
  await resident.getByRole("button", { name: "メールを受け取る" }).click();
  await resident.goto(mine);
  check("the address is kept", (await resident.getByRole("main").textContent()).includes("送信先: ichiro@example.jp"));
  await look(resident, "mine-mails");
  await inEnglish(resident, mine, "mine-mails");
  await resident.getByRole("button", { name: "アドレスを削除してメールを停止" }).click();
  await resident.getByRole("button", { name: "メールを受け取る" }).waitFor();
  check("and gone when it is taken back", (await resident.content()).includes("ichiro@example.jp"), false);
  await manager.goto(`${site}/settings`);
  await manager.getByRole("link", { name: "アラームのメール" }).click();
  await look(manager, "alarm-mails");
  await manager.getByLabel("メールアドレス").fill("kanri@example.jp");
  await manager.getByLabel("対象のアラーム").selectOption("all");
  await manager.getByRole("button", { name: "保存" }).click();
  await manager.getByRole("status").waitFor();
  await manager.goto(`${site}/notices`);
  const kept = [await manager.getByLabel("メールアドレス").inputValue(), await manager.getByLabel("対象のアラーム").inputValue()];
  check("what a manager wishes is kept", kept.join(), "kanri@example.jp,all");
  await inEnglish(manager, `${site}/notices`, "alarm-mails");
}

// The same page as it is in English, in the dark.
async function inEnglish(page, address, name) {
  const storageState = await page.context().storageState();
  const english = await person("en-US", { scheme: "dark", storageState });
  await english.goto(`${address}?lang=en`);
  await look(english, `${name}-english`);
  await english.context().close();
}

// The outlet that has tripped: a resident reads whom to call; the fault is cleared when somebody has been at the panel, not before.
export async function fault(resident, manager, site) {
  const tripped = facts.outlets[5];
  await resident.goto(tripped.url);
  check("whom to call is said", (await resident.getByRole("main").textContent()).includes("お困りのときの連絡先: さくら管理 0120-000-000"));
  await look(resident, "outlet-tripped");
  await manager.goto(`${site}/alarms`);
  await look(manager, "alarm-tripped");
  await manager.getByRole("link", { name: `異常を解除 ${tripped.name}` }).click();
  await look(manager, "clear-fault");
  await clear(manager, tripped);
  check("a breaker that is tripped is not cleared", (await manager.getByRole("alert").textContent()).includes("受け付けませんでした"));
  await look(manager, "clear-fault-refused", { posted: true });
  await happen(tripped, { what: "reset_trip" });
  // Until the controller has seen the reset at its next look.
  while (new URL(manager.url()).pathname !== new URL(site).pathname) await clear(manager, tripped);
  await manager.locator(`#${tripped.id} .sentence`, { hasText: "空いています" }).waitFor();
  // The resident's page, still open, is loaded anew by itself.
  await resident.getByRole("button", { name: "次へ" }).waitFor();
  await manager.goto(`${site}/audit`);
  check("who has cleared it is told in words", (await manager.getByRole("main").textContent()).includes(`${tripped.name} の異常の解除を指示しました`));
  await manager.getByText("詳しく見る").first().click();
  await look(manager, "audit-open");
}

async function clear(manager, outlet) {
  await manager.getByLabel("原因を確認し、取り除きました。").check();
  await manager.getByRole("button", { name: `異常を解除する: ${outlet.name}` }).click();
  await manager.waitForLoadState("load");
}

// At the simulated panel, as an app backend has it happen.
async function happen(outlet, happening) {
  const basic = Buffer.from(`${facts.client_id}:${facts.client_secret}`).toString("base64");
  const form = new URLSearchParams({ grant_type: "client_credentials" });
  const granted = await fetch(facts.token_endpoint, { method: "POST", headers: { authorization: `Basic ${basic}` }, body: form });
  const { access_token } = await granted.json();
  const headers = { authorization: `Bearer ${access_token}`, "content-type": "application/json", "idempotency-key": `${outlet.id}-${happening.what}` };
  const body = JSON.stringify(happening);
  const answer = await fetch(`${facts.api}/v1/sandbox/outlets/${outlet.id}/happenings`, { method: "POST", headers, body });
  check(`${happening.what} happens`, answer.ok);
}
