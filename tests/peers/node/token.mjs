// Gets tokens with openid-client, which finds the endpoints by the server's RFC 8414 metadata: by a secret, or by an assertion.
// Arguments: ISSUER CLIENT_ID KEY_CLIENT_ID. Lines of stdin, so that they are in no process list: the secret; the other
// client's private key as JWK.
import { createInterface } from "node:readline";
import { importJWK } from "jose";
import * as client from "openid-client";

const [issuer, id, keyId] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const secret = (await lines.next()).value;
const key = await importJWK(JSON.parse((await lines.next()).value), "ES256");
const options = { algorithm: "oauth2", execute: [client.allowInsecureRequests] };

for (const [name, who, authentication] of [
  ["client_secret_basic", id, client.ClientSecretBasic(secret)],
  ["client_secret_post", id, client.ClientSecretPost(secret)],
  ["private_key_jwt", keyId, client.PrivateKeyJwt({ key })],
]) {
  const config = await client.discovery(new URL(issuer), who, undefined, authentication, options);
  const token = await client.clientCredentialsGrant(config, { scope: "outlets:read" });
  console.log(JSON.stringify({ name, type: token.token_type, scope: token.scope, token: token.access_token }));
}
