/* A line that says what was done, with a way back, for a while. */

import { find } from "./element.js";

const SHOWN_MS = 10_000;

export class Toast {
  constructor() {
    this.element = find("#toast");
    /** @type {() => void} */
    this.undo = () => {};
    find("#toast-undo").addEventListener("click", () => {
      this.#hide();
      this.undo();
    });
  }

  /** @param {string} text @param {() => void} undo */
  show(text, undo) {
    clearTimeout(this.timer);
    find("#toast-text").textContent = text;
    this.undo = undo;
    this.element.hidden = false;
    this.timer = setTimeout(() => this.#hide(), SHOWN_MS);
  }

  #hide() {
    clearTimeout(this.timer);
    this.element.hidden = true;
  }
}
