/* Keeps the composer above an on-screen keyboard that covers the page instead of making it smaller (Safari). */

/** Sets `--keyboard` for the style sheet: how many pixels of the page's lower end the keyboard covers. */
export function followKeyboard() {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const show = () => {
    // A page that is zoomed in is smaller than the window too, and has no keyboard.
    const coveredPx = viewport.scale > 1 ? 0 : Math.max(0, window.innerHeight - viewport.height - viewport.offsetTop);
    document.documentElement.style.setProperty("--keyboard", `${Math.round(coveredPx)}px`);
  };
  viewport.addEventListener("resize", show);
  viewport.addEventListener("scroll", show);
}
