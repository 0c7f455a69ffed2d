/* A message of the reader's own: its text as it was typed, and a form to change it. */

import { find, fitHeight, fromTemplate } from "./element.js";
import { VersionSwitch } from "./version-switch.js";

export class PromptView {
  /**
   * @param {import("./conversation.js").Prompt} message
   * @param {(message: import("./conversation.js").Prompt, text: string) => void} onEdit
   */
  constructor(message, onEdit) {
    this.message = message;
    this.element = fromTemplate("prompt-template");
    this.shown = find(".prompt__text", this.element);
    this.tools = find(".tools", this.element);
    this.form = /** @type {HTMLFormElement} */ (find(".prompt__edit", this.element));
    this.area = /** @type {HTMLTextAreaElement} */ (find("textarea", this.element));
    this.versions = new VersionSwitch(this.element);
    this.shown.textContent = message.text;
    this.area.addEventListener("input", () => fitHeight(this.area));
    this.area.addEventListener("keydown", (event) => this.#key(event));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.area.value.trim();
      if (text) onEdit(this.message, text);
    });
  }

  update() {}

  /** @param {boolean} isEditing */
  edit(isEditing) {
    this.form.hidden = !isEditing;
    this.shown.hidden = this.tools.hidden = isEditing;
    if (isEditing) {
      this.area.value = this.message.text;
      fitHeight(this.area);
      this.area.focus();
    } else {
      find("[data-do=edit]", this.tools).focus();
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.edit(false);
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.form.requestSubmit();
    }
  }
}
