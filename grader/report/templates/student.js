"use strict";
(() => {
  const all = [...document.querySelectorAll("details")];
  const toggle = document.getElementById("toggle");
  const inCards = all.filter((d) => d.closest(".check"));

  if (toggle && inCards.length) {
    const label = () => {
      const open = inCards.every((d) => d.open);
      toggle.textContent = open ? toggle.dataset.close : toggle.dataset.open;
      return open;
    };
    toggle.hidden = false;
    toggle.addEventListener("click", () => {
      const open = label();
      inCards.forEach((d) => { d.open = !open; });
      label();
    });
    inCards.forEach((d) => d.addEventListener("toggle", label));
    label();
  }

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all.filter((d) => !d.open && !d.classList.contains("passed-part"));
    opened.forEach((d) => { d.open = true; });
  });
  addEventListener("afterprint", () => {
    opened.forEach((d) => { d.open = false; });
    opened = [];
  });
})();
