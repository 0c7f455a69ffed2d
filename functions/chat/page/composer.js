/* The field in which the reader writes, with its buttons and the choice of a model. */

import { find, fitHeight } from "./element.js";

export class Composer {
  /**
   * @param {object} watcher
   * @param {(text: string) => void} watcher.onSend
   * @param {(text: string) => void} watcher.onInput  the text that is to be kept as a draft
   * @param {(reason: string) => void} watcher.onRefuse
   */
  constructor(watcher) {
    this.watcher = watcher;
    this.refusal = find("#refusal");
    this.form = /** @type {HTMLFormElement} */ (find("#composer"));
    this.area = /** @type {HTMLTextAreaElement} */ (find("#prompt"));
    this.send = find("#send");
    this.stop = find("#stop");
    this.isBusy = false;
    // A keyboard of glass has no Shift + Enter to hand: there, Enter starts a new line.
    this.entersByKey = !matchMedia("(pointer: coarse)").matches;
    find("#hint").hidden = !this.entersByKey;
    this.area.addEventListener("input", () => {
      watcher.onInput(this.text);
      this.#refresh();
    });
    this.area.addEventListener("keydown", (event) => this.#key(event));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    // A click beside the text is meant for it.
    this.form.addEventListener("click", ({ target }) => {
      if (target === this.form || target === find(".composer__row")) this.area.focus();
    });
  }

  get text() {
    return this.area.value;
  }

  set text(value) {
    this.area.value = value;
    this.#refresh();
  }

  /** @param {boolean} isBusy  an answer is coming: what is written now can be sent when it is there */
  setBusy(isBusy) {
    if (this.isBusy === isBusy) return;
    this.isBusy = isBusy;
    if (!isBusy && document.activeElement === this.stop) this.focus();
    this.stop.hidden = !isBusy;
    this.refusal.hidden = true;
    this.#refresh();
  }

  /** To be called when what had the focus has gone. */
  focus() {
    if (this.entersByKey) this.area.focus();
    else if (this.isBusy) this.stop.focus(); // the field would bring up the keyboard, which takes half of the screen
  }

  #submit() {
    const text = this.text.trim();
    if (!text) return;
    if (this.isBusy) {
      this.refusal.hidden = false;
      this.watcher.onRefuse(this.refusal.textContent ?? "");
      return;
    }
    this.text = "";
    this.watcher.onInput("");
    this.watcher.onSend(text);
    this.focus();
  }

  #refresh() {
    fitHeight(this.area);
    this.send.setAttribute("aria-disabled", String(this.isBusy || !this.text.trim()));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== "Enter" || event.isComposing) return;
    const isMeant = this.entersByKey ? !event.shiftKey : event.ctrlKey || event.metaKey;
    if (!isMeant) return;
    event.preventDefault();
    this.#submit();
  }
}

/** The choice of a model, if the function offers several. */
export class ModelChoice {
  /** @param {(model: string) => void} onChoose */
  constructor(onChoose) {
    this.select = /** @type {HTMLSelectElement} */ (find("#model"));
    this.select.addEventListener("change", () => onChoose(this.select.value));
  }

  /** @param {string[]} models */
  offer(models) {
    this.select.replaceChildren(...models.map((name) => new Option(name, name)));
    find("#model-choice").hidden = models.length < 2;
  }

  /** @param {string | null} model */
  show(model) {
    this.select.value = model ?? "";
  }
}
