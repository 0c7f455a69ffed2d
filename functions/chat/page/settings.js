/* The dialog of settings. boot.js applies the choice between light and dark when the page opens. */

import { find, setText } from "./element.js";

const THEMES = ["auto", "light", "dark"];

export class Settings {
  /**
   * @param {import("./local-store.js").LocalStore} storage
   * @param {(system: string) => void} onSystem
   */
  constructor(storage, onSystem) {
    this.storage = storage;
    this.dialog = /** @type {HTMLDialogElement} */ (find("#settings"));
    this.system = /** @type {HTMLTextAreaElement} */ (find("#system"));
    this.ownSystem = "";
    this.before = { system: "", theme: "auto" };
    this.#setTheme(document.documentElement.dataset.theme ?? "auto");
    this.dialog.addEventListener("change", ({ target }) => {
      if (target instanceof HTMLInputElement && target.name === "theme") this.#setTheme(target.value);
    });
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close(); // beside it
    });
    find("[data-do=default-system]", this.dialog).addEventListener("click", () => {
      this.system.value = this.ownSystem;
    });
    this.dialog.addEventListener("cancel", () => this.#discard());
    this.dialog.addEventListener("close", () => onSystem(this.system.value));
  }

  /**
   * @param {string | null} system  the conversation's own system prompt; null: the function's
   * @param {import("./chat.js").Config | null} config
   */
  open(system, config) {
    this.ownSystem = config?.system_prompt ?? "";
    find("#system-choice").hidden = !config?.system_prompt_editable;
    this.system.value = system ?? this.ownSystem;
    this.before = { system: this.system.value, theme: document.documentElement.dataset.theme ?? "auto" };
    this.dialog.showModal();
    this.#showDurability();
  }

  /** Says whether the browser may delete what it keeps. */
  async #showDurability() {
    const isDurable = await navigator.storage?.persisted?.().catch(() => false);
    setText(find("#durability"), isDurable ? "" : "The browser may delete them when its disk is full, or after weeks without a visit.");
  }

  /** Asks whether all conversations shall be deleted. @param {number} count @param {() => void} onConfirm */
  confirmDeletion(count, onConfirm) {
    const dialog = /** @type {HTMLDialogElement} */ (find("#confirm"));
    find("#confirm-title").textContent = count === 1 ? "Delete the only conversation?" : `Delete all ${count} conversations?`;
    dialog.returnValue = "";
    dialog.showModal();
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "yes") return;
      this.dialog.close();
      onConfirm();
    }, { once: true });
  }

  /** Escape: everything is as it was when the dialog was opened. */
  #discard() {
    this.system.value = this.before.system;
    this.#setTheme(this.before.theme);
  }

  /** @param {string} theme */
  #setTheme(theme) {
    const known = THEMES.includes(theme) ? theme : "auto";
    document.documentElement.dataset.theme = known;
    const radio = /** @type {HTMLInputElement} */ (find(`[name=theme][value=${known}]`, this.dialog));
    radio.checked = true;
    this.storage.set("chat:theme", known);
  }
}
