"""Gets tokens with PyPI Authlib, asks about them, gives them back, and verifies them by the published keys with joserfc.

Argument: ISSUER. Says the public half of its key, then hears a client's id and secret and the id of the key's client, a line
each.
"""

import json
import os
import sys
import time

import requests
from authlib.integrations.requests_client import OAuth2Session, OAuthError
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata, get_well_known_url
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import ECKey, KeySet

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"


def say(**line):
    print(json.dumps(line), flush=True)


issuer = sys.argv[1]
key = ECKey.generate_key("P-256")
say(jwk=key.as_dict(private=False))
client_id, secret, key_client_id = (sys.stdin.readline().strip() for _ in range(3))

document = requests.get(get_well_known_url(issuer, external=True), timeout=10).json()
metadata = AuthorizationServerMetadata(document)
metadata.validate_issuer()
metadata.validate_token_endpoint()
metadata.validate_jwks_uri()


def session(name):
    if name != "private_key_jwt":
        return OAuth2Session(client_id, secret, scope="outlets:read", token_endpoint_auth_method=name)
    made = OAuth2Session(key_client_id, key, scope="outlets:read", token_endpoint_auth_method=name)
    # The audience is the issuer (RFC 7523bis), which Authlib takes in the place of the endpoint; made for one request.
    made.register_client_auth_method(PrivateKeyJWT(issuer, claims={"exp": int(time.time()) + 60}, alg="ES256"))
    return made


def introspect(token):
    asked = session("client_secret_basic").introspect_token(document["introspection_endpoint"], token)
    return asked.json()["active"]


def fetch(name):
    return session(name).fetch_token(document["token_endpoint"], grant_type="client_credentials")


for method in ["client_secret_basic", "client_secret_post", "private_key_jwt"]:
    token = fetch(method)
    asker = session(method)
    active = asker.introspect_token(document["introspection_endpoint"], token["access_token"]).json()["active"]
    say(name=method, type=token["token_type"], scope=token["scope"], token=token["access_token"], active=active)

token = fetch("client_secret_basic")["access_token"]
keys = KeySet.import_key_set(requests.get(document["jwks_uri"], timeout=10).json())
decoded = jwt.decode(token, keys, algorithms=["ES256"])
assert decoded.header["typ"] == "at+jwt", decoded.header
jwt.JWTClaimsRegistry(
    iss={"essential": True, "value": issuer},
    aud={"essential": True, "value": "urn:denro:event-server"},
    exp={"essential": True},
    sub={"essential": True},
    jti={"essential": True},
).validate(decoded.claims)
say(verified=decoded.claims)

head, payload, signature = token.split(".")
try:
    jwt.decode(f"{head}.{payload}.{signature[::-1]}", keys, algorithms=["ES256"])
except BadSignatureError as error:
    say(tampered=type(error).__name__)

session("client_secret_basic").revoke_token(document["revocation_endpoint"], token).raise_for_status()
say(revoked=introspect(token))

wrong = OAuth2Session(client_id, "x", token_endpoint_auth_method="client_secret_basic")
try:
    wrong.fetch_token(document["token_endpoint"], grant_type="client_credentials")
except OAuthError as error:
    say(wrong=error.error)
