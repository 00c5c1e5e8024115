// Gets a token with openid-client by a certificate (RFC 8705), and asks about it: the endpoints are the aliases of the server's
// metadata. Arguments: ISSUER CLIENT_ID CHAIN KEY SERVER_CERTIFICATE, the last three PEM files.
import { readFileSync } from "node:fs";
import { request } from "node:https";
import * as client from "openid-client";

const [issuer, id, ...files] = process.argv.slice(2);
const [cert, key, ca] = files.map((file) => readFileSync(file));

/** fetch, which shows the certificate wherever TLS asks for one. */
function withCertificate(url, options) {
  if (!url.startsWith("https:")) return fetch(url, options);
  const { method, body } = options;
  const headers = Object.fromEntries(new Headers(options.headers));
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, cert, key, ca }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => resolve(new Response(Buffer.concat(parts), { status: answer.statusCode, headers: answer.headers })));
    });
    sent.on("error", reject);
    sent.end(body?.toString());
  });
}

const config = await client.discovery(
  new URL(issuer),
  id,
  { use_mtls_endpoint_aliases: true },
  client.TlsClientAuth(),
  { algorithm: "oauth2", execute: [client.allowInsecureRequests], [client.customFetch]: withCertificate },
);
const token = await client.clientCredentialsGrant(config, { scope: "outlets:read" });
const told = await client.tokenIntrospection(config, token.access_token);
console.log(JSON.stringify({ type: token.token_type, token: token.access_token, told }));
