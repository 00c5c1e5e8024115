"""Verifies deliveries with PyPI standardwebhooks and svix: JSON on stdin {"secret", "deliveries": [{"headers", "body"}]}."""

import json
import sys

import standardwebhooks.webhooks
import svix.webhooks

LIBRARIES = {
    "standardwebhooks": standardwebhooks.webhooks,
    "svix": svix.webhooks,
}

given = json.load(sys.stdin)
for name, library in LIBRARIES.items():
    webhook = library.Webhook(given["secret"])
    good, refused = 0, 0
    for delivery in given["deliveries"]:
        webhook.verify(delivery["body"], delivery["headers"])
        good += 1
        try:
            webhook.verify(delivery["body"] + " ", delivery["headers"])
        except library.WebhookVerificationError:
            refused += 1
    print(json.dumps({"library": name, "good": good, "tampered_refused": refused}))
