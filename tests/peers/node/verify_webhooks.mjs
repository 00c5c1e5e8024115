// Verifies deliveries with npm standardwebhooks and svix: JSON on stdin {"secret", "deliveries": [{"headers", "body"}]}.
import { text } from "node:stream/consumers";
import * as standardwebhooks from "standardwebhooks";
import * as svix from "svix";

const given = JSON.parse(await text(process.stdin));
for (const [library, { Webhook, WebhookVerificationError }] of Object.entries({ standardwebhooks, svix })) {
  const webhook = new Webhook(given.secret);
  let good = 0;
  let refused = 0;
  for (const { headers, body } of given.deliveries) {
    webhook.verify(body, headers);
    good += 1;
    try {
      webhook.verify(`${body} `, headers);
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
      refused += 1;
    }
  }
  console.log(JSON.stringify({ library, good, tampered_refused: refused }));
}
