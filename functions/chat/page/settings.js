/* The dialog of settings, and the choice between light and dark. */

import { find } from "./element.js";

const THEMES = ["auto", "light", "dark"];

export class Settings {
  /**
   * @param {Pick<Storage, "getItem" | "setItem">} storage
   * @param {(system: string) => void} onSystem
   */
  constructor(storage, onSystem) {
    this.storage = storage;
    this.dialog = /** @type {HTMLDialogElement} */ (find("#settings"));
    this.system = /** @type {HTMLTextAreaElement} */ (find("#system"));
    this.ownSystem = "";
    this.#setTheme(storage.getItem("chat:theme") ?? "auto");
    this.dialog.addEventListener("change", ({ target }) => {
      if (target instanceof HTMLInputElement && target.name === "theme") this.#setTheme(target.value);
    });
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close(); // beside it
    });
    find("[data-do=default-system]", this.dialog).addEventListener("click", () => {
      this.system.value = this.ownSystem;
    });
    this.dialog.addEventListener("close", () => onSystem(this.system.value));
  }

  /** Offers the system prompt for editing. @param {string} ownSystem  the function's */
  offerSystem(ownSystem) {
    this.ownSystem = ownSystem;
    find("#system-choice").hidden = false;
  }

  /** @param {string} system */
  open(system) {
    this.system.value = system;
    this.dialog.showModal();
  }

  /** @param {string} theme */
  #setTheme(theme) {
    const known = THEMES.includes(theme) ? theme : "auto";
    document.documentElement.dataset.theme = known;
    const radio = /** @type {HTMLInputElement} */ (find(`[name=theme][value=${known}]`, this.dialog));
    radio.checked = true;
    try {
      this.storage.setItem("chat:theme", known);
    } catch {
      // a full store: the choice holds until the page is left
    }
  }
}
