/* The dialog of settings. boot.js applies the choice between light and dark when the page opens. */

import { find, setText } from "./element.js";

const THEMES = ["auto", "light", "dark"];

export class Settings {
  /**
   * @param {import("./local-store.js").LocalStore} storage
   * @param {(system: string, temperature: number | null) => void} onChoose  temperature: null for the function's own
   */
  constructor(storage, onChoose) {
    this.storage = storage;
    this.dialog = /** @type {HTMLDialogElement} */ (find("#settings"));
    this.system = /** @type {HTMLTextAreaElement} */ (find("#system"));
    this.temperature = /** @type {HTMLInputElement} */ (find("#temperature"));
    this.ownSystem = "";
    this.before = { system: "", temperature: "", theme: "auto" };
    this.#setTheme(document.documentElement.dataset.theme ?? "auto");
    this.dialog.addEventListener("change", ({ target }) => {
      if (target instanceof HTMLInputElement && target.name === "theme") this.#setTheme(target.value);
    });
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close(); // outside of it
    });
    find("[data-do=default-system]", this.dialog).addEventListener("click", () => {
      this.system.value = this.ownSystem;
    });
    this.dialog.addEventListener("cancel", () => this.#discard());
    this.dialog.addEventListener("close", () => {
      const { value, valueAsNumber, validity } = this.temperature;
      onChoose(this.system.value, value && validity.valid ? valueAsNumber : null);
    });
  }

  /**
   * @param {import("./conversation.js").Conversation} conversation  the choices that are its own
   * @param {import("./chat.js").Config | null} config
   */
  open({ system, temperature }, config) {
    this.ownSystem = config?.system_prompt ?? "";
    find("#system-choice").hidden = !config?.system_prompt_editable;
    this.system.value = system ?? this.ownSystem;
    find("#temperature-choice").hidden = this.temperature.disabled = !config?.temperature_editable;
    this.temperature.value = temperature == null ? "" : String(temperature);
    this.temperature.placeholder = String(config?.temperature ?? "");
    this.before = { system: this.system.value, temperature: this.temperature.value, theme: document.documentElement.dataset.theme ?? "auto" };
    this.dialog.showModal();
    this.#showDurability();
  }

  /** Says whether the browser may delete what it keeps. */
  async #showDurability() {
    const isDurable = await navigator.storage?.persisted?.().catch(() => false);
    setText(find("#durability"), isDurable ? "" : "The browser may delete them when the disk is full, or after weeks without a visit.");
  }

  /** Asks the reader to confirm that all conversations are deleted. @param {number} count @param {() => void} onConfirm */
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

  /** After Escape, everything is as it was when the dialog was opened. */
  #discard() {
    this.system.value = this.before.system;
    this.temperature.value = this.before.temperature;
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
