/* When to load the parts of the page that are not needed to show a conversation. */

import { find } from "./element.js";

/**
 * A function that loads a part at its first call, and returns the same part from then on. If loading fails, the page says so.
 * @template Part
 * @param {() => Promise<Part>} load
 * @returns {() => Promise<Part>}
 */
export function once(load) {
  /** @type {Promise<Part> | undefined} */
  let part;
  return () => {
    part ??= load();
    part.catch(() => (find("#broken").hidden = false));
    return part;
  };
}

/** @param {() => void} action */
export function whenIdle(action) {
  if ("requestIdleCallback" in window) requestIdleCallback(action, { timeout: 5_000 });
  else setTimeout(action, 1_000); // Safari
}
