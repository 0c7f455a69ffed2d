/* The list of keyboard shortcuts. */

import { element, find } from "./element.js";
import { IS_MAC, SHORTCUTS } from "./shortcuts.js";

const NAMES = /** @type {Record<string, string>} */ ({ Escape: "Esc" });
const WITH = IS_MAC ? { main: ["⌘"], letter: ["⌃", "⇧"], plain: [] } : { main: ["Ctrl"], letter: ["Alt"], plain: [] };

export class ShortcutsDialog {
  constructor() {
    const labels = [...new Set(SHORTCUTS.map(({ label }) => label))];
    const rows = labels.flatMap((label) => [element("dt", "", label), element("dd", "", ...keysOf(label))]);
    const title = element("h2", "", "Keyboard shortcuts");
    const done = element("button", "button button--main", "Done");
    title.id = "shortcuts-title";
    this.dialog = element("dialog", "settings shortcuts", title, element("dl", "shortcuts__list", ...rows), element("div", "settings__foot", done));
    this.dialog.setAttribute("aria-labelledby", title.id);
    done.addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("click", ({ target }) => target === this.dialog && this.dialog.close()); // outside of it
    document.body.append(this.dialog);
  }

  open() {
    const settings = /** @type {HTMLDialogElement} */ (find("#settings"));
    if (settings.open) settings.close();
    this.dialog.showModal();
  }
}

/** @param {string} label */
function keysOf(label) {
  return SHORTCUTS.filter((shortcut) => shortcut.label === label).flatMap(({ kind, key }, index) => {
    const keys = [...WITH[kind], NAMES[key] ?? key.toUpperCase()].map((name) => element("kbd", "", name));
    return index ? [" or ", ...keys] : keys;
  });
}
