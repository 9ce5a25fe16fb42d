// Theme button, menus, keys, the report's rail and the bar that stays. Every page works without this file.
// Events are handled on the document, so content that htmx swaps in needs no set-up.
(() => {
  "use strict";
  const root = document.documentElement;

  function isDark() {
    if (root.dataset.theme) return root.dataset.theme === "dark";
    return matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function toggleTheme() {
    root.dataset.theme = isDark() ? "light" : "dark";
    try {
      localStorage.setItem("theme", root.dataset.theme);
    } catch {
      // Storage may be switched off; the choice then lasts for this page.
    }
    document.dispatchEvent(new CustomEvent("pedigree:theme"));
  }

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
  }

  // [data-copy="#id"]: copies the value of a field and says so on the button.
  async function copy(button) {
    const source = document.querySelector(button.dataset.copy);
    if (!source) return;
    const before = button.textContent;
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      button.textContent = "Copied";
    } catch {
      source.select?.();
      button.textContent = "Press Ctrl+C";
    }
    setTimeout(() => { button.textContent = before; }, 2000);
  }

  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details.menu"));
    if (event.target.closest("[data-theme-toggle]")) toggleTheme();
    const copier = event.target.closest("[data-copy]");
    if (copier) copy(copier);
    const choice = event.target.closest(".seg[role=group] button[aria-pressed]");
    if (choice) for (const each of choice.parentElement.children) each.setAttribute("aria-pressed", String(each === choice));
  });

  // Keys: / finds, j and k walk a list marked [data-walk], Escape closes menus.
  function walk(list, step) {
    const links = [...list.querySelectorAll("a")];
    const now = links.findIndex((link) => link.getAttribute("aria-current") === "true");
    const next = links[now + step];
    if (!next) return;
    next.scrollIntoView({ block: "nearest" });
    next.click();
    links[now]?.removeAttribute("aria-current");
    next.setAttribute("aria-current", "true");
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = document.querySelector("details.menu[open]");
      closeMenus(null);
      open?.querySelector("summary")?.focus();
      return;
    }
    const target = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || target.isContentEditable) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
    if (event.key === "/") {
      const box = document.querySelector("main input[type=search]");
      if (box) { event.preventDefault(); box.focus(); }
    }
    const list = document.querySelector("[data-walk]");
    if (list && event.key === "j") walk(list, 1);
    if (list && event.key === "k") walk(list, -1);
  });

  // A part that asks for itself comes anew every few seconds: what a person opened there stays open.
  const opened = new Set();
  document.addEventListener("toggle", (event) => {
    const { id, open } = event.target;
    if (!id || !event.target.matches("[hx-get] details")) return;
    if (open) opened.add(id);
    else opened.delete(id);
  }, true);
  document.addEventListener("htmx:load", (event) => {
    for (const part of event.detail.elt.querySelectorAll?.("details[id]") || []) if (opened.has(part.id)) part.open = true;
  });

  // The verdict's one-line bar shows once the verdict itself has left the screen.
  const bar = document.querySelector(".vbar");
  const verdict = document.querySelector("#verdict");
  if (bar && verdict) {
    const watch = new IntersectionObserver(([row]) => bar.classList.toggle("rest", row.isIntersecting), { rootMargin: "-96px 0px 0px 0px" });
    watch.observe(verdict);
  }

  // The rail marks the section being read.
  const rail = [...document.querySelectorAll(".rail a[href^='#']")];
  if (rail.length) {
    const seen = new IntersectionObserver((rows) => {
      for (const row of rows) {
        if (!row.isIntersecting) continue;
        for (const link of rail) {
          if (link.getAttribute("href") === "#" + row.target.id) link.setAttribute("aria-current", "true");
          else link.removeAttribute("aria-current");
        }
      }
    }, { rootMargin: "-112px 0px -70% 0px" });
    for (const link of rail) {
      const section = document.getElementById(link.getAttribute("href").slice(1));
      if (section) seen.observe(section);
    }
  }
})();
