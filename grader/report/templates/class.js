"use strict";
(() => {
  const table = document.getElementById("table");
  if (!table) return;
  const lang = document.documentElement.lang;
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const firstRows = [...body.rows];
  const rest = document.getElementById("rest");
  const size = firstRows.length;

  // The rows: those on the page, and those that wait as data until they are wanted.
  let words = {};
  const load = () => {
    const stored = rest ? JSON.parse(rest.textContent) : { rows: [] };
    words = stored;
    const there = firstRows.map((element) => ({ element, name: element.cells[0].textContent.trim() }));
    const waiting = stored.rows.map((data) => ({ data, name: data[0] }));
    const all = [...there, ...waiting];
    all.forEach((row, at) => { row.at = at; row.sought = row.name.toLocaleLowerCase(); });
    return all;
  };
  let loaded = null;
  const rows = () => (loaded ??= load());

  const make = (tag, className = "", text = "") => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  };
  const number = (value) => String(Math.round(value * 100) / 100);

  // What a narrow screen shows has its label with it: there is no heading above it there.
  const labels = heads.map((head) => (head.querySelector(".name") ?? head).textContent.trim());
  const labelled = (cell, shown, column) => {
    if (shown) cell.dataset.label = labels[column];
    return cell;
  };

  const cellOf = (value, column, levels, kind) => {
    const last = column === heads.length - 1;
    if (kind && last) {
      const cell = make("td", "kind");
      const style = ["absent", "internal"].includes(kind) ? kind : "error";
      cell.append(make("span", `tag ${style}`, kind === "absent" ? words.nothing : words.ungraded));
      return cell;
    }
    if (last) return make("td", "kind", value);
    if (Array.isArray(value)) {
      const style = value[0] ? "num" : "num dim";
      return labelled(make("td", style, value.length ? value.join(" / ") : words.absent), value[0] > 0, column);
    }
    const share = levels[column - 2];
    const isPart = share !== undefined;
    const isCount = !isPart && column > 1;
    const dim = value === null || (isCount && !value);
    const style = column === 1 && !dim ? "total" : dim ? "dim" : isPart && share !== "-" ? `h${share}` : "";
    const lost = isPart ? !dim && share !== "-" && share < 4 : isCount && !dim;
    return labelled(make("td", `num ${style}`, value === null ? "–" : number(value)), lost, column);
  };

  const elementOf = (row) => {
    if (row.element) return row.element;
    const [levels = "", late = 0, href = "", kind = ""] = row.data.slice(heads.length);
    const element = make("tr");
    const name = make("th", row.name.length <= 28 ? "nowrap" : "");
    name.scope = "row";
    const link = make("a", "", row.name);
    link.href = href || `instructor/${encodeURIComponent(row.name)}.html`;
    name.append(link);
    element.append(name);
    for (let column = 1; column < heads.length; column += 1)
      element.append(cellOf(row.data[column], column, levels, kind));
    if (late) element.cells[1].prepend(make("span", "tag", `${words.late} −${number(late)}`), " ");
    row.element = element;
    return element;
  };

  // What is shown: the rows in an order, of these the ones that were searched for, of these a page.
  let order = null;
  let found = null;
  let page = 0;
  const counted = (n) => n.toLocaleString(lang);
  const [pager, previous, next] = ["pager", "previous", "next"].map((id) => document.getElementById(id));
  const sayRange = (first, last, total) => {
    const range = document.getElementById("range");
    range.textContent = range.dataset.text
      .replace("{first}", counted(first)).replace("{last}", counted(last)).replace("{total}", counted(total));
  };
  const show = () => {
    body.replaceChildren(...found.slice(page * size, (page + 1) * size).map(elementOf));
    const last = Math.min(found.length, (page + 1) * size);
    if (!pager) return;
    sayRange(Math.min(found.length, page * size + 1), last, found.length);
    previous.disabled = page === 0;
    next.disabled = last === found.length;
  };

  const byText = new Intl.Collator(lang, { numeric: true, sensitivity: "base" });
  const keysOf = (column) => {
    if (column === 0) return (row) => row.at; // the page comes in the order of names
    const valueOf = (row) => {
      if (row.data) return Array.isArray(row.data[column]) ? (row.data[column][0] ?? null) : row.data[column];
      const cell = row.element.cells[column];
      if (cell.dataset.v === undefined) return cell.textContent.trim();
      return cell.dataset.v === "" ? null : Number(cell.dataset.v);
    };
    if (column < heads.length - 1) return valueOf;
    const texts = [...new Set(rows().map(valueOf))].sort(byText.compare);
    const rank = new Map(texts.map((text, at) => [text, at]));
    return (row) => rank.get(valueOf(row));
  };
  const sortBy = (column, direction) => {
    const sign = direction === "ascending" ? 1 : -1;
    const keyOf = keysOf(column);
    const keyed = rows().map((row) => ({ row, key: keyOf(row) }));
    keyed.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || a.row.at - b.row.at;
      return sign * (a.key - b.key) || a.row.at - b.row.at;
    });
    order = keyed.map((item) => item.row);
    heads.forEach((head, at) => {
      if (at === column) head.setAttribute("aria-sort", direction);
      else head.removeAttribute("aria-sort");
    });
    find();
  };

  heads.forEach((head, column) => {
    const button = make("button");
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
  const find = () => {
    const wanted = search.value.trim().toLocaleLowerCase();
    order ??= rows();
    found = wanted ? order.filter((row) => row.sought.includes(wanted)) : order;
    page = 0;
    show();
    shown.textContent = wanted
      ? shown.dataset.text.replace("{n}", counted(found.length)).replace("{total}", counted(order.length))
      : "";
  };
  search.closest("[hidden]").hidden = false;
  search.addEventListener("input", find);

  if (pager) {
    const turn = (step) => {
      if (!found) find();
      page += step;
      show();
      table.scrollIntoView();
    };
    previous.addEventListener("click", () => turn(-1));
    next.addEventListener("click", () => turn(1));
    previous.disabled = true;
    sayRange(1, size, Number(table.dataset.size));
    pager.hidden = false;
    document.getElementById("first").hidden = true;
  }
  if (search.value) find();
})();
