// Passkeys: asks the server for a challenge and the device for an answer, and sends the form with it.
"use strict";
const bytes = (text) => new TextEncoder().encode(text);
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

async function challenge(form) {
  const body = new URLSearchParams({ form_token: form.elements.form_token.value });
  const answer = await fetch("/passkey/challenge", { method: "POST", body });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return answer.json();
}

function send(form, fields) {
  for (const [name, value] of Object.entries(fields)) form.elements[name].value = value;
  form.submit();
}

async function signIn(form) {
  const { challenge: asked, rp } = await challenge(form);
  const publicKey = { challenge: bytes(asked), rpId: rp, userVerification: "required", allowCredentials: [] };
  const { id, response } = await navigator.credentials.get({ publicKey });
  send(form, {
    id,
    client_data: text(response.clientDataJSON),
    authenticator_data: text(response.authenticatorData),
    signature: text(response.signature),
  });
}

async function add(form) {
  const { challenge: asked, rp } = await challenge(form);
  const { person, name } = form.dataset;
  const publicKey = {
    challenge: bytes(asked),
    rp: { id: rp, name: "Denro" },
    user: { id: bytes(person), name, displayName: name },
    pubKeyCredParams: [{ type: "public-key", alg: -7 }],
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
    attestation: "none",
  };
  const { id, response } = await navigator.credentials.create({ publicKey });
  send(form, {
    id,
    client_data: text(response.clientDataJSON),
    authenticator_data: text(response.getAuthenticatorData()),
    public_key: text(response.getPublicKey()),
  });
}

for (const [id, act] of [["passkey-sign-in", signIn], ["passkey-add", add]]) {
  const form = document.getElementById(id);
  if (!form || !window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act(form).catch(() => {
      form.querySelector("[role=alert]").hidden = false;
    });
  });
}
