// Keeps pages current; without this script, they are right when they are loaded.
"use strict";
const main = document.querySelector("main[data-stream]");
const tell = () => {
  const status = document.querySelector("[data-tells]");
  const said = status && document.querySelector(status.dataset.tells);
  if (said && status.textContent !== said.textContent) status.textContent = said.textContent;
};
if (main) {
  const stream = new EventSource(main.dataset.stream);
  stream.addEventListener("part", (event) => {
    const { id, html } = JSON.parse(event.data);
    const part = document.getElementById(id);
    // What was added since.
    if (!part) return location.reload();
    part.innerHTML = html;
    tell();
  });
  // Refused: the page itself then says why.
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5_000);
  });
  stream.addEventListener("over", () => {
    stream.close();
    location.reload();
  });
}
const STALE_MS = 90_000;
const age = () => {
  for (const note of document.querySelectorAll("[data-stale]")) {
    const seen = document.querySelector(note.dataset.stale);
    note.hidden = !seen || Date.now() - Number(seen.dataset.at) < STALE_MS;
  }
};
setInterval(age, 5_000);
age();
// What was sent is not sent again by a second press.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => setTimeout(() => form.querySelector("button").setAttribute("aria-disabled", "true")));
  form.addEventListener("submit", (event) => form.querySelector("[aria-disabled]") && event.preventDefault());
}
