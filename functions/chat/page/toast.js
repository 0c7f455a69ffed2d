/* A line that says what was done, and offers to undo it for a while. It stays while the reader points at it. */

import { find } from "./element.js";

const SHOWN_MS = 15_000;

export class Toast {
  constructor() {
    this.element = find("#toast");
    /** @type {() => void} */
    this.undo = () => {};
    /** @type {() => void} */
    this.expire = () => {};
    find("#toast-undo").addEventListener("click", () => {
      this.hide();
      this.undo();
    });
    for (const name of ["pointerenter", "focusin"]) this.element.addEventListener(name, () => clearTimeout(this.timer));
    for (const name of ["pointerleave", "focusout"]) this.element.addEventListener(name, () => this.#wait());
  }

  /** @param {string} text @param {() => void} undo @param {() => void} expire  called once it is too late to undo */
  show(text, undo, expire) {
    find("#toast-text").textContent = text;
    this.undo = undo;
    this.expire = expire;
    this.element.hidden = false;
    this.#wait();
  }

  hide() {
    clearTimeout(this.timer);
    this.element.hidden = true;
  }

  #wait() {
    clearTimeout(this.timer);
    if (this.element.hidden) return;
    this.timer = setTimeout(() => {
      this.hide();
      this.expire();
    }, SHOWN_MS);
  }
}
