/* Which version of a message is shown, and the buttons that show another one. */

import { find } from "./element.js";

export class VersionSwitch {
  /** @param {HTMLElement} message */
  constructor(message) {
    this.element = find(".versions", message);
  }

  get isNeeded() {
    return !this.element.hidden;
  }

  /** @param {number} number  from 1 @param {number} count */
  show(number, count) {
    this.element.hidden = count < 2;
    find(".versions__count", this.element).textContent = `${number}/${count}`;
    const [before, after] = /** @type {NodeListOf<HTMLButtonElement>} */ (this.element.querySelectorAll("button"));
    before.disabled = number === 1;
    after.disabled = number === count;
  }

  /** Focuses a button again after it was pressed, or the other one at the end. @param {string} pressed */
  focus(pressed) {
    const same = /** @type {HTMLButtonElement} */ (find(`[data-do="${pressed}"]`, this.element));
    const target = same.disabled ? find("button:enabled", this.element) : same;
    target.focus();
  }
}
