"use strict";
(() => {
  const table = document.getElementById("table");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const byText = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });

  const keyOf = (row, column) => {
    const cell = row.cells[column];
    if (cell.dataset.v === undefined) return cell.textContent.trim();
    return cell.dataset.v === "" ? null : Number(cell.dataset.v);
  };
  const compare = (a, b) => (typeof a === "string" ? byText.compare(a, b) : a - b);

  const sortBy = (column, direction) => {
    const sign = direction === "ascending" ? 1 : -1;
    const keyed = rows.map((row, at) => ({ row, at, key: keyOf(row, column) }));
    keyed.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || a.at - b.at;
      return sign * compare(a.key, b.key) || a.at - b.at;
    });
    body.append(...keyed.map((item) => item.row));
    heads.forEach((head, at) => {
      if (at === column) head.setAttribute("aria-sort", direction);
      else head.removeAttribute("aria-sort");
    });
  };

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const first = head.dataset.first || "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      sortBy(column, head.getAttribute("aria-sort") === first ? other : first);
    });
  });

  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const names = rows.map((row) => row.cells[0].textContent.trim().toLocaleLowerCase());
  const find = () => {
    const wanted = search.value.trim().toLocaleLowerCase();
    let n = 0;
    rows.forEach((row, at) => {
      row.hidden = !names[at].includes(wanted);
      n += !row.hidden;
    });
    shown.textContent = wanted ? shown.dataset.text.replace("{n}", n).replace("{total}", rows.length) : "";
  };
  search.closest("[hidden]").hidden = false;
  search.addEventListener("input", find);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { search.value = ""; find(); }
  });
  if (search.value) find();
})();
