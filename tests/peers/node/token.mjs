// Gets tokens with openid-client, which finds the endpoints by the server's RFC 8414 metadata: by a secret, or by an assertion.
// Argument: ISSUER. Says the public half of its key, then hears a client's id and secret and the id of the key's client, a line
// each, so that they are in no process list.
import { createInterface } from "node:readline";
import { exportJWK, generateKeyPair } from "jose";
import * as client from "openid-client";

const [issuer] = process.argv.slice(2);
const { publicKey, privateKey } = await generateKeyPair("ES256");
console.log(JSON.stringify({ jwk: await exportJWK(publicKey) }));

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const hear = async () => (await lines.next()).value;
const [id, secret, keyId] = [await hear(), await hear(), await hear()];
const options = { algorithm: "oauth2", execute: [client.allowInsecureRequests] };

for (const [name, who, authentication] of [
  ["client_secret_basic", id, client.ClientSecretBasic(secret)],
  ["client_secret_post", id, client.ClientSecretPost(secret)],
  ["private_key_jwt", keyId, client.PrivateKeyJwt({ key: privateKey })],
]) {
  const config = await client.discovery(new URL(issuer), who, undefined, authentication, options);
  const token = await client.clientCredentialsGrant(config, { scope: "outlets:read" });
  console.log(JSON.stringify({ name, type: token.token_type, scope: token.scope, token: token.access_token }));
}
