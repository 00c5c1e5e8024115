// Keeps the tiles current; without this script, the page is right when it is loaded.
"use strict";
const main = document.querySelector("main[data-stream]");
if (main) {
  const stream = new EventSource(main.dataset.stream);
  stream.addEventListener("tile", (event) => {
    const tile = JSON.parse(event.data);
    const item = document.getElementById(tile.id);
    if (!item) {
      // An outlet that was added since.
      location.reload();
      return;
    }
    item.dataset.state = tile.state;
    const set = (selector, text) => {
      const part = item.querySelector(selector);
      if (part.textContent !== text) part.textContent = text;
    };
    set("h3", tile.name);
    set(".sentence", tile.sentence);
    set(".power", tile.power);
    set(".energy", tile.energy);
  });
}
