// Runs before the first paint, so that a page in the saved theme never flashes in the other one.
(() => {
  try {
    const saved = localStorage.getItem("theme");
    if (saved === "light" || saved === "dark") document.documentElement.dataset.theme = saved;
  } catch {
    // Storage may be switched off; then the system decides.
  }
})();
