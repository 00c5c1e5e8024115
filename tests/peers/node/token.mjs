// Gets a token with openid-client, which finds the endpoints by the server's RFC 8414 metadata.
// Arguments: ISSUER CLIENT_ID. The secret is the first line of stdin, so that it is in no process list.
import { createInterface } from "node:readline";
import * as client from "openid-client";

const [issuer, id] = process.argv.slice(2);
const secret = (await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next()).value;
const options = { algorithm: "oauth2", execute: [client.allowInsecureRequests] };

for (const [name, authentication] of [
  ["client_secret_basic", client.ClientSecretBasic(secret)],
  ["client_secret_post", client.ClientSecretPost(secret)],
]) {
  const config = await client.discovery(new URL(issuer), id, undefined, authentication, options);
  const token = await client.clientCredentialsGrant(config, { scope: "outlets:read" });
  console.log(JSON.stringify({ name, type: token.token_type, scope: token.scope, token: token.access_token }));
}
