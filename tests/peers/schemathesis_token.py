"""An access token for schemathesis, which runs for longer than one lives."""

import os

import requests
import schemathesis


@schemathesis.auth(refresh_interval=240)
class Token:
    def get(self, _case, _context):
        client = (os.environ["DENRO_CLIENT_ID"], os.environ["DENRO_CLIENT_SECRET"])
        asked = {"grant_type": "client_credentials"}
        answer = requests.post(os.environ["DENRO_TOKEN_URL"], data=asked, auth=client, timeout=30)
        answer.raise_for_status()
        return answer.json()["access_token"]

    def set(self, case, token, _context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
