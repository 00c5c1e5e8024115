"""Verifies deliveries with PyPI standardwebhooks: JSON on stdin {"secret", "deliveries": [{"headers", "body"}]}."""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

given = json.load(sys.stdin)
webhook = Webhook(given["secret"])
good, refused = 0, 0
for delivery in given["deliveries"]:
    webhook.verify(delivery["body"], delivery["headers"])
    good += 1
    try:
        webhook.verify(delivery["body"] + " ", delivery["headers"])
    except WebhookVerificationError:
        refused += 1
print(json.dumps({"good": good, "tampered_refused": refused}))
