// Gets tokens with openid-client, which finds the endpoints by the server's RFC 8414 metadata: by a secret, or by an assertion.
// Then a token that is bound to a key by DPoP, with which it calls the API; jose and oauth4webapi say whether all is as specified.
// Arguments: ISSUER API, an address to be read with the scope outlets:read. Says the public half of its key, then hears a client's id and secret and the id of the key's client, a line
// each, so that they are in no process list.
import { createInterface } from "node:readline";
import { calculateJwkThumbprint, createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify } from "jose";
import * as oauth from "oauth4webapi";
import * as client from "openid-client";

const [issuer, api] = process.argv.slice(2);
const say = (line) => console.log(JSON.stringify(line));
const { publicKey, privateKey } = await generateKeyPair("ES256");
say({ jwk: await exportJWK(publicKey) });

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
  const before = await client.tokenIntrospection(config, token.access_token);
  say({ name, type: token.token_type, scope: token.scope, token: token.access_token, active: before.active });
}

const config = await client.discovery(new URL(issuer), id, undefined, client.ClientSecretBasic(secret), options);
const given = await client.clientCredentialsGrant(config, { scope: "outlets:read" });
await client.tokenRevocation(config, given.access_token);
say({ revoked: (await client.tokenIntrospection(config, given.access_token)).active });

// The token is good for whoever holds the pair.
const pair = await client.randomDPoPKeyPair("ES256", { extractable: true });
const DPoP = client.getDPoPHandle(config, pair);
const bound = await client.clientCredentialsGrant(config, { scope: "outlets:read" }, { DPoP });
const jkt = await calculateJwkThumbprint(await exportJWK(pair.publicKey));
const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
const { payload } = await jwtVerify(bound.access_token, keys, { issuer, typ: "at+jwt", algorithms: ["ES256"] });
const told = await client.tokenIntrospection(config, bound.access_token);
say({ bound: bound.token_type, jkt: payload.cnf.jkt === jkt && told.cnf.jkt === jkt, told: told.token_type });

const call = (DPoP) => client.fetchProtectedResource(config, bound.access_token, new URL(api), "GET", undefined, undefined, { DPoP });
say({ called: [(await call(DPoP)).status, (await call(DPoP)).status] });

// oauth4webapi reads the challenges of what is refused.
const insecure = { [oauth.allowInsecureRequests]: true };
const challenge = async (DPoP) => {
  const request = oauth.protectedResourceRequest(bound.access_token, "GET", new URL(api), undefined, undefined, { ...insecure, DPoP });
  const { status, cause } = await request.catch((error) => error);
  return { status, scheme: cause[0].scheme, ...cause[0].parameters };
};
const thief = oauth.DPoP({ client_id: id }, await oauth.generateKeyPair("ES256"));
say({ refused: [await challenge(), await challenge(thief)] });

// Whoever proves two keys, or none, at the token endpoint is told so in the shape of RFC 6749.
const response = await fetch(`${issuer}/oauth2/token`, {
  method: "POST",
  headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}`, dpop: "abc" },
  body: new URLSearchParams({ grant_type: "client_credentials" }),
});
const as = await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), { ...insecure, algorithm: "oauth2" }));
const problem = await oauth.processClientCredentialsResponse(as, { client_id: id }, response).catch((error) => error);
say({ problem: problem.error, algorithms: as.dpop_signing_alg_values_supported });
