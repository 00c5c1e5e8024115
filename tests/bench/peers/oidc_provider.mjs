// panva's oidc-provider as a peer: client credentials with ES256 JWTs for one API, opaque tokens for the other, introspection.
// Says {"port", "login"} once it listens.

import { generateKeyPairSync, randomBytes } from 'node:crypto';
import Provider from 'oidc-provider';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const client_id = 'bench';
const client_secret = randomBytes(32).toString('hex');
const api = (accessTokenFormat) => ({
  scope: 'outlets:read sessions:write',
  audience: 'urn:denro:event-server',
  accessTokenTTL: 600,
  accessTokenFormat,
  jwt: { sign: { alg: 'ES256' } },
});

const provider = new Provider('http://127.0.0.1', {
  clients: [{
    client_id,
    client_secret,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    token_endpoint_auth_method: 'client_secret_basic',
    id_token_signed_response_alg: 'ES256',
  }],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }] },
  scopes: ['outlets:read', 'sessions:write'],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (ctx, resource) => api(resource.endsWith('jwt') ? 'jwt' : 'opaque'),
    },
  },
});

const server = provider.listen(0, '127.0.0.1', () => {
  const login = Buffer.from(`${client_id}:${client_secret}`).toString('base64');
  console.log(JSON.stringify({ port: server.address().port, login }));
});
server.keepAliveTimeout = 60_000;
