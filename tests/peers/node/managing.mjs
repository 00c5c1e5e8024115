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
  await plain.getByLabel("住戸(空欄: 住戸なし)").fill("203");
  await plain.getByLabel("金額(円)").fill("-500");
  await plain.getByLabel("理由").fill("先月の停電のおわび");
  await plain.getByRole("button", { name: "追加する" }).click();
  const row = plain.getByRole("row").filter({ hasText: "先月の停電のおわび" });
  check("a correction is seen in the next month", (await row.textContent()).includes("-500"));
  await plain.context().close();
}
