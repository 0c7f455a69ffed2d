/* A message of the reader: its text as it was typed, folded if it is long, and a form to change it. */

import { find, fitHeight, fromTemplate, grouped } from "./element.js";

const FOLDED = { characters: 1_500, lines: 15 };

export class PromptView {
  /**
   * @param {import("./conversation.js").Prompt} message
   * @param {(message: import("./conversation.js").Prompt, text: string) => void} onEdit
   * @param {() => void} onGrow  called when it has become higher
   */
  constructor(message, onEdit, onGrow) {
    this.onGrow = onGrow;
    this.message = message;
    this.element = fromTemplate("prompt-template");
    this.shown = find(".prompt__text", this.element);
    this.tools = find(".tools", this.element);
    this.form = /** @type {HTMLFormElement} */ (find(".prompt__edit", this.element));
    this.area = /** @type {HTMLTextAreaElement} */ (find("textarea", this.element));
    this.unfold = find("[data-do=unfold]", this.element);
    this.#fold(true);
    this.#showAttached();
    this.area.addEventListener("input", () => fitHeight(this.area));
    this.area.addEventListener("keydown", (event) => this.#key(event));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = this.area.value.trim();
      if (text || message.attachments?.length) onEdit(this.message, text);
    });
  }

  update() {}

  async #showAttached() {
    const { attachments } = this.message;
    if (!attachments?.length) return;
    const { showAttached } = await import("./attached.js");
    showAttached(find(".attached", this.element), attachments);
    this.onGrow();
  }

  /** Shows the whole text, or its beginning again. */
  toggleFold() {
    this.#fold(!this.isFolded);
  }

  /** @param {boolean} isFolded */
  #fold(isFolded) {
    const { text } = this.message;
    const beginning = text.split("\n", FOLDED.lines).join("\n").slice(0, FOLDED.characters);
    const isLong = text.length > beginning.length + FOLDED.characters / 4;
    this.isFolded = isFolded && isLong;
    this.shown.textContent = this.isFolded ? `${beginning.trimEnd()}…` : text;
    this.unfold.hidden = !isLong;
    this.unfold.setAttribute("aria-expanded", String(!this.isFolded));
    this.unfold.textContent = this.isFolded ? `Show all ${grouped(text.length)} characters` : "Show less";
  }

  /** @param {boolean} isEditing */
  edit(isEditing) {
    this.form.hidden = !isEditing;
    find(".prompt__bubble", this.element).hidden = this.tools.hidden = isEditing;
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
