"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const STEP = 100;
  const LEVELS = ["low", "medium", "high", "certain"];
  const STATUSES = ["open", "pre-existing", "accepted"];
  const text = (index) => (index === undefined ? "" : data.texts[index]);
  const collator = new Intl.Collator();

  // Builds an element. Every string becomes a text node, so no content of a scanned file is markup.
  const el = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "onclick") node.addEventListener("click", value);
      else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children.flat().filter((child) => child !== undefined && child !== "" && child !== false));
    return node;
  };
  const count = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;

  // What filters, sorting and grouping ask about a secret, computed once.
  const secrets = data.secrets.map((fields, order) => {
    const rule = data.rules[fields.r];
    const places = fields.p.map((place) => ({
      path: text(place.p), line: place.l, column: place.c, status: STATUSES[place.s || 0], note: text(place.n),
      commit: text(place.o), date: text(place.d), author: text(place.a), head: place.h, headPlace: text(place.e), refs: text(place.f), inside: text(place.g), paths: text(place.w),
      repository: text(place.r), went: text(place.t),
    }));
    const first = places[0];
    const dates = places.map((place) => place.date).filter(Boolean).sort((a, b) => Date.parse(a) - Date.parse(b));
    const heads = places.map((place) => place.head).filter((head) => head !== undefined);
    return {
      order, rule, places, fields, first,
      fingerprint: fields.f, masked: fields.m, level: LEVELS[fields.c], severity: fields.s, sure: text(fields.u),
      status: STATUSES.find((status) => places.some((place) => place.status === status)),
      head: heads.length === 0 ? "" : heads.some(Boolean) ? "at HEAD" : "gone from HEAD",
      folder: first.path.includes("/") ? first.path.slice(0, first.path.lastIndexOf("/")) : "(top)",
      author: first.author || "", repository: first.repository || "", commit: first.commit || "", date: dates[0] || "", went: first.went,
    };
  });
  const searchable = (secret) => secret.text ||= [
    secret.rule.id, secret.rule.title, secret.masked, secret.fingerprint, secret.level, secret.status,
    ...secret.places.flatMap((place) => [place.path, place.commit, place.author, place.refs, place.paths, place.note]),
    ...(secret.fields.e || []).map((evidence) => text(evidence[0]) + " " + text(evidence[2])),
  ].join("\n").toLowerCase();

  const FILTERS = [
    ["status", "Status", (s) => s.status], ["level", "Confidence", (s) => s.level], ["rule", "Kind", (s) => s.rule.title],
    ["head", "In HEAD", (s) => s.head], ["folder", "Folder", (s) => s.folder], ["author", "Author", (s) => s.author],
    ["repository", "Repository", (s) => s.repository],
  ];
  const SORTS = {
    "importance": (a, b) => a.order - b.order,
    "path": (a, b) => collator.compare(a.first.path, b.first.path) || a.first.line - b.first.line,
    "newest first": (a, b) => (Date.parse(b.date) || 0) - (Date.parse(a.date) || 0) || a.order - b.order,
    "oldest first": (a, b) => (Date.parse(a.date) || Infinity) - (Date.parse(b.date) || Infinity) || a.order - b.order,
    "most places": (a, b) => b.places.length - a.places.length || a.order - b.order,
  };
  const GROUPS = {
    "nothing": undefined, "kind": (s) => s.rule.title, "confidence": (s) => s.level, "folder": (s) => s.folder,
    "author": (s) => s.author || "(unknown)", "commit": (s) => s.commit.slice(0, 12) || "(none)",
    "repository": (s) => s.repository || "(none)",
  };

  const copy = async (button, value) => {
    try {
      await navigator.clipboard.writeText(value);
    } catch {
      // A page in a mail has no clipboard of its own.
      const area = el("textarea", {});
      area.value = value;
      button.after(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    announce(`copied: ${value}`);
  };
  const copyButton = (label, value) =>
    el("button", { type: "button", class: "copy", onclick: (event) => copy(event.currentTarget, value) }, label);

  const link = (template, values, label) => {
    if (!template) return el("code", {}, label);
    const address = template.replace(/\{(\w+)\}/g, (_, name) => String(values[name]).split("/").map(encodeURIComponent).join("/"));
    return el("a", { href: address, rel: "noreferrer" }, el("code", {}, label));
  };
  const placeNode = (place) => {
    const label = `${place.path}:${place.line}:${place.column}${place.inside && ` (${place.inside})`}`;
    const isWhole = place.commit && !place.path.includes("!");
    return link(isWhole && data.links && data.links.line, place, label);
  };
  const provenance = (place) => {
    const parts = [];
    if (place.commit) parts.push("commit ", link(data.links && data.links.commit, place, place.commit.slice(0, 12)));
    if (place.date) parts.push(`, ${place.date.slice(0, 10)}`);
    if (place.author) parts.push(`, ${place.author}`);
    if (place.head === true) parts.push(place.headPlace ? `; at HEAD in ${place.headPlace}` : "; at HEAD");
    if (place.head === false) parts.push(`; gone from HEAD${place.went && ` since ${place.went.slice(0, 10)}`}`);
    if (place.paths) parts.push(`; its paths: ${place.paths}`);
    if (place.refs) parts.push(`; reachable from ${place.refs}`);
    if (place.status !== "open") parts.push(`${parts.length ? "; " : ""}${place.status}${place.note ? `: ${place.note}` : ""}`);
    return parts;
  };
  const evidenceTable = (evidence) => {
    const most = Math.max(...evidence.map((one) => Math.abs(one[1])), 1);
    const rows = evidence.map(([name, weight, detail]) => {
      const bar = el("span", { class: weight < 0 ? "bar against" : "bar", "aria-hidden": "true" });
      bar.style.width = `${(Math.abs(weight) / most * 6).toFixed(2)}rem`;
      return el("tr", {}, el("td", {}, el("code", {}, text(name))), el("td", { class: "number" }, (weight > 0 ? "+" : "") + weight.toFixed(1)),
        el("td", {}, bar), el("td", {}, text(detail)));
    });
    return el("div", { class: "wide", tabindex: "0", role: "group", "aria-label": "evidence" }, el("table", {},
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "feature"), el("th", { scope: "col", class: "number" }, "weight"),
        el("th", { scope: "col" }, "for or against"), el("th", { scope: "col" }, "observation"))), el("tbody", {}, rows)));
  };
  const detailsOf = (label, fill, attributes = {}) => {
    const node = el("details", attributes, el("summary", {}, label));
    node.addEventListener("toggle", () => node.children.length === 1 && node.append(...fill()));
    return node;
  };
  const card = (secret) => {
    const { fields, first, rule, places } = secret;
    const lines = (fields.x || []).flatMap(([number, before, marked, after], index) =>
      [index ? "\n" : "", `${number} | ${before}`, marked === undefined ? "" : el("mark", {}, marked), after || ""]);
    const others = places.slice(1);
    const from = provenance(first);
    const accept = fields.k ? `tokensweep:allow(${rule.id}) REASON` : "tokensweep baseline update";
    return el("article", { class: secret.status === "open" ? secret.severity : "quiet", tabindex: "-1" },
      el("h3", {}, rule.title, " ", el("code", {}, secret.masked)),
      el("p", { class: "facts" }, el("span", { class: `badge ${secret.level}` }, secret.sure),
        secret.status !== "open" && el("span", { class: `badge ${secret.status}` }, secret.status),
        secret.head && el("span", { class: `badge ${secret.head === "at HEAD" ? "head" : "gone"}` }, secret.head)),
      el("p", {}, placeNode(first), from.length ? el("span", { class: "soft" }, " ", from) : ""),
      lines.length ? el("pre", {}, lines) : "",
      others.length ? detailsOf(`and at ${count(others.length, "other place")}`, () =>
        [el("ul", { class: "places" }, others.map((place) => el("li", {}, placeNode(place), el("span", { class: "soft" }, " ", provenance(place)))))]) : "",
      detailsOf("Evidence, what to do, accept", () => [
        fields.e && fields.e.length ? evidenceTable(fields.e) : "",
        el("p", {}, el("strong", {}, "What to do: "), rule.remediation),
        el("p", {}, "Fingerprint ", el("code", {}, secret.fingerprint), " ", copyButton("Copy fingerprint", secret.fingerprint)),
        el("p", {}, fields.k ? "To accept it, in a comment on its line: " : "To accept it: ", el("code", {}, accept), " ", copyButton("Copy", accept)),
      ].filter(Boolean), { class: "advice" }));
  };

  // The tools above the list.
  const main = document.querySelector("main");
  const list = el("div", {});
  const live = el("p", { role: "status", class: "soft" });
  const announce = (message) => { live.textContent = message; };
  const search = el("input", { type: "search", autocomplete: "off", spellcheck: "false" });
  const select = (label, values) => {
    const node = el("select", {}, values.map(([value, shown]) => el("option", { value }, shown)));
    tools.append(el("label", {}, label, node));
    node.addEventListener("change", () => show(STEP));
    return node;
  };
  const tools = el("form", { class: "tools", role: "search", "aria-label": "Findings" }, el("label", { class: "search" }, "Search", search));
  tools.addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", () => show(STEP));
  const filters = FILTERS.flatMap(([, label, valueOf]) => {
    const counts = new Map();
    for (const secret of secrets) counts.set(valueOf(secret), (counts.get(valueOf(secret)) || 0) + 1);
    if (counts.size < 2) return [];
    const values = [...counts].filter(([value]) => value).sort((a, b) => collator.compare(a[0], b[0]));
    const node = select(label, [["", "all"], ...values.map(([value, n]) => [value, `${value} (${n.toLocaleString("en")})`])]);
    return [(secret) => !node.value || valueOf(secret) === node.value];
  });
  const sort = select("Sort by", Object.keys(SORTS).map((name) => [name, name]));
  const group = select("Group by", Object.keys(GROUPS).map((name) => [name, name]));

  let shown = STEP;
  const more = (limit, label) => el("button", { type: "button", onclick: () => {
    const before = list.querySelectorAll("article").length;
    show(limit);
    list.querySelectorAll("article")[before]?.focus();
  } }, label);
  const show = (limit) => {
    shown = limit;
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = secrets.filter((secret) => filters.every((fits) => fits(secret)) && words.every((word) => searchable(secret).includes(word)));
    chosen.sort(SORTS[sort.value]);
    const keyOf = GROUPS[group.value];
    const groups = new Map();
    for (const secret of chosen) {
      const key = keyOf ? keyOf(secret) : "Secrets";
      groups.has(key) ? groups.get(key).push(secret) : groups.set(key, [secret]);
    }
    const nodes = [];
    let left = limit;
    for (const [key, members] of [...groups].sort((a, b) => (keyOf ? b[1].length - a[1].length : 0))) {
      if (left <= 0) break;
      nodes.push(el("section", {}, el("h2", {}, `${key}: ${members.length.toLocaleString("en")}`), members.slice(0, left).map(card)));
      left -= members.length;
    }
    if (chosen.length > limit) {
      nodes.push(el("p", {}, more(limit + STEP, `Show ${STEP} more`), " ", more(Infinity, `Show all ${chosen.length.toLocaleString("en")}`)));
    }
    list.replaceChildren(...nodes);
    announce(`${count(chosen.length, "secret")} of ${secrets.length.toLocaleString("en")}, ` +
      `${Math.min(limit, chosen.length).toLocaleString("en")} on the page`);
  };

  // Secrets by the month of the commit that brought them in, and by that of the commit that took them out of HEAD.
  const timeline = () => {
    const months = new Map();
    for (const secret of secrets) {
      const note = (date, kind) => {
        if (!date) return;
        const counts = months.get(date.slice(0, 7)) || { head: 0, gone: 0, went: 0 };
        counts[kind] += 1;
        months.set(date.slice(0, 7), counts);
      };
      note(secret.date, secret.head === "at HEAD" ? "head" : "gone");
      note(secret.went, "went");
    }
    if (months.size < 2) return [];
    const sorted = [...months].sort((a, b) => (a[0] < b[0] ? -1 : 1));
    const [from, to] = [sorted[0][0], sorted.at(-1)[0]];
    const number = (month) => Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7));
    const width = number(to) - number(from) + 1;
    const most = Math.max(...sorted.map(([, c]) => Math.max(c.head + c.gone, c.went)));
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const [name, value] of Object.entries({ viewBox: `0 0 ${width} 100`, preserveAspectRatio: "none", class: "timeline", role: "img",
      "aria-label": `Secrets by the months in which they came in and went, ${from} to ${to}; the table below has the numbers` })) svg.setAttribute(name, value);
    for (const [month, counts] of sorted) {
      let top = 100;
      // Left: what came in. Right: what went.
      for (const kind of ["head", "gone", "went"]) {
        if (kind === "went") top = 100;
        const height = counts[kind] / most * 98;
        if (!height) continue;
        const bar = document.createElementNS(svg.namespaceURI, "rect");
        for (const [name, value] of Object.entries({ x: number(month) - number(from) + (kind === "went" ? 0.6 : 0.1), y: top - height, width: kind === "went" ? 0.3 : 0.5, height, class: kind })) bar.setAttribute(name, value);
        top -= height;
        svg.append(bar);
      }
    }
    const table = detailsOf("The numbers of each month", () => [el("table", {},
      el("thead", {}, el("tr", {}, ["month", "came in, at HEAD", "came in, gone since", "went"].map((head) => el("th", { scope: "col" }, head)))),
      el("tbody", {}, sorted.map(([month, c]) => el("tr", {}, el("td", {}, month), el("td", { class: "number" }, c.head.toLocaleString("en")), el("td", { class: "number" }, c.gone.toLocaleString("en")), el("td", { class: "number" }, c.went.toLocaleString("en"))))))]);
    return [el("section", { class: "timeline-part" }, el("h2", {}, `When they came in and went: ${from} to ${to}`), el("p", { class: "soft" }, "Red: came in, and still at HEAD. Grey: came in, and gone since. Blue: went in that month."), svg, table)];
  };

  const step = (by) => {
    const cards = [...list.querySelectorAll("article")];
    const at = cards.indexOf(document.activeElement?.closest?.("article"));
    cards[Math.min(Math.max(at + by, 0), cards.length - 1)]?.focus();
  };
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches?.("input, select, textarea");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && event.target === search) { search.value = ""; show(STEP); search.blur(); }
    if (isTyping) return;
    const action = { "/": () => search.focus(), j: () => step(1), k: () => step(-1) }[event.key];
    if (action) { event.preventDefault(); action(); }
  });
  // A printed page has all that is chosen.
  window.addEventListener("beforeprint", () => show(Infinity));

  if (secrets.length) {
    main.replaceChildren(...timeline(), tools,
      el("p", { class: "keys soft" }, "Keys: / to search, j and k for the next and previous secret."), live, list);
    show(shown);
  }
})();
