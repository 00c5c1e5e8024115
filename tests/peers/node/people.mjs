// A person in a real Chromium, and the client that they sign in to with openid-client: invitation, sign-in, tokens, sign-out.
// Arguments: ISSUER LINK [FOLDER]: an operator's link; where pictures are kept. Says its port, then hears id and secret of its client.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { mkdirSync } from "node:fs";
import axe from "axe-core";
import { createRemoteJWKSet, jwtVerify } from "jose";
import * as oauth from "oauth4webapi";
import * as client from "openid-client";
import { chromium } from "playwright-core";

const [issuer, link, folder] = process.argv.slice(2);
const say = (line) => console.log(JSON.stringify(line));
if (folder) mkdirSync(folder, { recursive: true });

// The client's own server: whatever comes back to it is kept.
const arrivals = [];
const server = createServer((request, response) => {
  if (!request.url.startsWith("/favicon")) arrivals.push(request.url);
  response.end("<!doctype html><title>client</title><p>arrived");
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const home = `http://127.0.0.1:${server.address().port}`;
say({ port: server.address().port });

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const hear = async () => (await lines.next()).value;
const [id, secret] = [await hear(), await hear()];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});
const EMAIL = "aiko@example.jp";
const PASSWORD = "correct horse battery staple";

async function person(locale, scheme = "light") {
  const context = await browser.newContext({ locale, colorScheme: scheme, viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  const outside = [];
  page.on("request", (request) => {
    const { origin } = new URL(request.url());
    if (origin !== issuer && origin !== home) outside.push(request.url());
  });
  // Pages that say what was wrong have a status that says so too.
  const isExpected = (text) => text.includes("the server responded with a status of 4");
  page.on("console", (message) => message.type() === "error" && !isExpected(message.text()) && outside.push(message.text()));
  return { context, page, outside };
}

// What axe finds is said with where it is; a picture is kept where somebody wants to look.
async function look({ page }, name) {
  await page.waitForLoadState("load");
  const locale = await page.evaluate(() => document.documentElement.lang);
  const found = await page.evaluate(async (source) => {
    // The page's policy lets no script in; the tool comes by the debugger.
    (0, eval)(source);
    const { violations } = await window.axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  }, axe.source).catch((error) => [`axe did not run: ${error}`]);
  const width = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  if (width[0] > width[1]) found.push(`wider than the phone: ${width}`);
  if (folder) await page.screenshot({ path: `${folder}/${name}-${locale}.png`, fullPage: true });
  say({ page: name, locale, found });
}

const config = await client.discovery(new URL(issuer), id, { id_token_signed_response_alg: "ES256" }, client.ClientSecretBasic(secret), {
  execute: [client.allowInsecureRequests],
});

// An operator accepts the invitation.
const aiko = await person("en-US");
await aiko.page.goto(link);
await look(aiko, "invitation");
await aiko.page.getByLabel("Your name").fill("山田 愛子");
await aiko.page.getByLabel("E-mail address").fill(EMAIL);
await aiko.page.getByLabel("New password").fill("password123");
await aiko.page.getByRole("button", { name: "Accept the invitation" }).click();
say({ alert: await aiko.page.getByRole("alert").textContent() });
await look(aiko, "invitation-weak");
await aiko.page.getByLabel("New password").fill(PASSWORD);
await aiko.page.getByRole("button", { name: "Accept the invitation" }).click();
say({ heading: await aiko.page.getByRole("heading", { level: 1 }).textContent() });
await look(aiko, "account");

// She adds a passkey, signs out, and comes back with it.
const device = await aiko.context.newCDPSession(aiko.page);
await device.send("WebAuthn.enable");
await device.send("WebAuthn.addVirtualAuthenticator", {
  options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
});
await aiko.page.getByRole("button", { name: "Add a passkey" }).click();
await aiko.page.getByRole("button", { name: /^Remove/ }).waitFor();
await look(aiko, "account-passkey");
await aiko.page.getByRole("button", { name: "Sign out" }).click();
await aiko.page.getByText("You are signed out.").waitFor();
await aiko.page.goto(`${issuer}/login`);
await look(aiko, "login-passkey");
await aiko.page.getByRole("button", { name: "Sign in with a passkey" }).click();
say({ passkey: await aiko.page.getByRole("heading", { level: 1, name: "Your account" }).textContent() });

// Another browser, in Japanese, comes from the client; by keyboard alone.
const phone = await person("ja-JP", "dark");
const verifier = client.randomPKCECodeVerifier();
const [state, nonce] = [client.randomState(), client.randomNonce()];
// The code, and whatever follows from it, is good for whoever holds this key.
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
const wish = await client.buildAuthorizationUrlWithPAR(config, {
  redirect_uri: `${home}/callback`,
  scope: "openid profile email offline_access outlets:read",
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
}, { DPoP });
await phone.page.goto(wish.href);
await look(phone, "login");
await phone.page.keyboard.type(EMAIL);
await phone.page.keyboard.press("Tab");
await phone.page.keyboard.type("wrong password");
await phone.page.keyboard.press("Enter");
await phone.page.getByRole("alert").waitFor();
await look(phone, "login-wrong");
await phone.page.getByLabel("パスワード").fill(PASSWORD);
await phone.page.keyboard.press("Enter");
await phone.page.getByRole("button", { name: "許可する" }).waitFor();
await look(phone, "consent");
await phone.page.getByRole("button", { name: "許可する" }).click();
await phone.page.waitForURL(`${home}/callback**`);

// openid-client takes the code; it checks state, iss, nonce, the id token and its key.
const back = new URL(arrivals.at(-1), home);
const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }, undefined, { DPoP });
const { sub } = tokens.claims();
const info = await client.fetchUserInfo(config, tokens.access_token, sub, { DPoP });
say({ userinfo: info, type: tokens.token_type });
const stolen = await client.fetchUserInfo(config, tokens.access_token, sub).catch((error) => error);
say({ stolen: stolen.cause[0].scheme });

// jose verifies both tokens by the published keys.
const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
const access = await jwtVerify(tokens.access_token, keys, { issuer, typ: "at+jwt", algorithms: ["ES256"] });
const identity = await jwtVerify(tokens.id_token, keys, { issuer, audience: id, algorithms: ["ES256"] });
say({ jose: access.payload.sub === sub && identity.payload.nonce === nonce });

// oauth4webapi processes an introspection as strictly as its specification.
const as = await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), { [oauth.allowInsecureRequests]: true }));
const asked = await oauth.introspectionRequest(as, { client_id: id }, oauth.ClientSecretBasic(secret), tokens.access_token, { [oauth.allowInsecureRequests]: true });
say({ active: (await oauth.processIntrospectionResponse(as, { client_id: id }, asked)).active });

// Refresh, introspection, revocation.
const fresh = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
const freshInfo = await client.fetchUserInfo(config, fresh.access_token, sub, { DPoP });
say({ fresh: fresh.token_type, same: freshInfo.sub === sub });
say({ refreshed: fresh.refresh_token !== tokens.refresh_token, scope: fresh.scope });
await client.tokenRevocation(config, fresh.access_token);
say({ revoked: (await client.tokenIntrospection(config, fresh.access_token)).active });
const reuse = await client.refreshTokenGrant(config, tokens.refresh_token).catch((error) => error);
say({ reuse: reuse.error });

// The client sends the person to sign out.
const leave = client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: `${home}/bye`, state: "s" });
await phone.page.goto(leave.href);
await phone.page.waitForURL(`${home}/bye?state=s`);
await phone.page.goto(`${issuer}/account`);
say({ after: new URL(phone.page.url()).pathname });

// The operator invites a resident; the link is read and the page looked at.
await aiko.page.getByRole("link", { name: "Invite somebody" }).click();
await aiko.page.getByLabel("Site").fill("site_a");
await aiko.page.getByLabel("Unit").fill("203");
await aiko.page.getByRole("button", { name: "Make an invitation" }).click();
await look(aiko, "invite");
const invitation = await aiko.page.locator("a[href*='/invitation?code=']").getAttribute("href");
const ken = await person("ja-JP");
await ken.page.goto(invitation);
await look(ken, "invitation");
await ken.page.getByLabel("お名前").fill("佐藤 健");
await ken.page.getByLabel("メールアドレス").fill("ken@example.jp");
await ken.page.getByLabel("新しいパスワード").fill("ながいあいことばだよ2026");
await ken.page.getByRole("button", { name: "招待を受ける" }).click();
await ken.page.getByText("203").waitFor();
await look(ken, "account");
await ken.page.goto(invitation);
await look(ken, "invitation-used");
await ken.page.goto(`${issuer}/oauth2/logout`);
await look(ken, "logout");
await ken.page.getByRole("button", { name: "ログアウト" }).click();
await ken.page.getByText("ログアウトしました。").waitFor();

say({ outside: [...aiko.outside, ...phone.outside, ...ken.outside] });
await browser.close();
server.close();
say({ done: true });
