/* When the parts of the page are loaded that a conversation does not need to be shown. */

import { find } from "./element.js";

/**
 * The same function, which loads once. If a part does not load, the page says so.
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
