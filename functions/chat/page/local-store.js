/* `localStorage` and `sessionStorage`, or a store that forgets where the browser keeps its own from the page. */

/**
 * @typedef {object} LocalStore
 * @property {(key: string) => string | null} get
 * @property {(key: string, value: string | null) => boolean} set  null removes; false if it is not stored
 */

/** @param {"localStorage" | "sessionStorage"} name @returns {LocalStore} */
export function localStore(name) {
  /** @type {Map<string, string | null>} */
  const unsaved = new Map();
  return {
    get: (key) => {
      const kept = unsaved.get(key);
      if (kept !== undefined) return kept;
      try {
        return window[name].getItem(key);
      } catch {
        return null;
      }
    },
    set: (key, value) => {
      unsaved.set(key, value);
      try {
        if (value === null) window[name].removeItem(key);
        else window[name].setItem(key, value);
        if (window[name].getItem(key) !== value) return false;
      } catch {
        return false;
      }
      unsaved.delete(key);
      return true;
    },
  };
}
