"""A mail server (PyPI aiosmtpd) over TLS for one user: CERTIFICATE KEY USER PASSWORD REFUSALS.

Says its port, and each mail that it takes; of the first REFUSALS mails it says that it cannot take them now."""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

certificate, key, user, password, refusals = sys.argv[1:]


def say(**said):
    print(json.dumps(said), flush=True)


class Mailbox:
    refusals = int(refusals)

    async def handle_DATA(self, server, session, envelope):
        if self.refusals > 0:
            self.refusals -= 1
            say(refused=True)
            return "451 Requested action aborted: try again later"
        message = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        subject, text = str(message["subject"]), message.get_content()
        say(mail={"from": str(message["from"]), "to": envelope.rcpt_tos, "subject": subject, "text": text})
        return "250 Message accepted for delivery"


def check(server, session, envelope, mechanism, shown):
    return AuthResult(success=(shown.login, shown.password) == (user.encode(), password.encode()))


async def serve():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    mailbox = Mailbox()
    # The connection is TLS from its first byte, which aiosmtpd's own rule about TLS does not see.
    new = lambda: SMTP(mailbox, authenticator=check, auth_required=True, auth_require_tls=False)
    server = await asyncio.get_running_loop().create_server(new, "127.0.0.1", 0, ssl=context)
    say(port=server.sockets[0].getsockname()[1])
    await server.serve_forever()


asyncio.run(serve())
