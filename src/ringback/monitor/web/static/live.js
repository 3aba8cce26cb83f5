"use strict";
// Keeps an open page as the monitor is: cards, counts and incidents by server-sent events, other
// pages by loading their parts anew. Filters the overview.
(() => {
  const element = (id) => document.getElementById(id);
  const [main, said, link] = ["main", "said", "link"].map(element);
  const MAX_CARDS = 400; // of many endpoints
  let cards = new Map();

  // --- filter -------------------------------------------------------------------------------
  // It stands in the address. Where not all endpoints are on the page the server finds those that
  // are wanted.
  const form = element("filter");
  const large = "large" in main.dataset;

  const wanted = () => Object.fromEntries([...new FormData(form)].filter(([, value]) => value.trim()));

  const matches = (card, { q = "", state, group, label }) =>
    card.dataset.words.includes(q.trim().toLowerCase())
    && (!state || card.dataset.state === state)
    && (!group || (card.dataset.group ?? "-") === group)
    && (!label || (card.dataset.labels ?? "").split("\n").includes(label));

  const isShown = (card, asked = wanted()) => matches(card, asked)
    && (!large || card.dataset.state !== "ok" || Object.keys(asked).length > 0);

  const filter = () => {
    const asked = wanted();
    const some = Object.keys(asked).length > 0;
    let found = 0;
    for (const [id, card] of cards) {
      const hit = isShown(card, asked) && !(large && found >= MAX_CARDS);
      card.hidden = !hit;
      found += hit;
      if (large && !hit) {
        card.remove();
        cards.delete(id);
      }
    }
    for (const group of document.querySelectorAll(".group")) {
      group.hidden = !group.querySelector(".card:not([hidden])");
    }
    for (const one of document.querySelectorAll(".count-of")) {
      if (one.dataset.state === asked.state) one.setAttribute("aria-current", "true");
      else one.removeAttribute("aria-current");
    }
    if (large) return;
    element("shown").hidden = !some;
    element("none").hidden = found > 0;
    const total = element("endpoints").dataset.total;
    const label = asked.label ? ` with ${asked.label}` : "";
    element("shown").firstElementChild.textContent = `${found} of ${total} endpoints${label}`;
  };

  const index = () => {
    cards = new Map([...document.querySelectorAll(".card[data-id]")].map((one) => [one.dataset.id, one]));
  };

  let asking = 0;
  const find = async () => {
    const turn = ++asking;
    const response = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!response.ok || response.redirected || turn !== asking) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const found = page.getElementById("endpoints");
    if (!found || turn !== asking || element("endpoints").contains(document.activeElement)) return;
    element("endpoints").replaceWith(document.adoptNode(found));
    index();
    filter();
  };

  let typed = null;
  const search = () => {
    const query = new URLSearchParams(wanted());
    history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
    filter();
    if (!large) return;
    clearTimeout(typed);
    typed = setTimeout(() => find().catch(() => {}), 200);
  };

  if (form) {
    index();
    form.addEventListener("input", search);
    form.addEventListener("submit", (event) => { event.preventDefault(); search(); });
    main.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      const chosen = event.target.closest(".count-of, a[data-filter]");
      if (!chosen) return;
      event.preventDefault();
      if (chosen.matches(".count-of")) {
        const { state } = chosen.dataset;
        element("state").value = element("state").value === state ? "" : state;
      } else {
        const query = new URL(chosen.href).searchParams;
        for (const field of form.querySelectorAll("[name]")) field.value = query.get(field.name) ?? "";
        main.focus({ preventScroll: true });
        scrollTo({ top: 0 });
      }
      search();
    });
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        element("q").focus();
      }
    });
    // What is shown of many follows what moves; what else is counted there, now and then.
    if (large) setInterval(() => { if (location.search) find().catch(() => {}); }, 30000);
  }

  // --- times --------------------------------------------------------------------------------
  const span = (seconds) => {
    if (seconds >= 172800) return `${Math.round(seconds / 86400)} d`;
    if (seconds >= 7200) return `${Math.round(seconds / 3600)} h`;
    if (seconds >= 120) return `${Math.round(seconds / 60)} min`;
    return `${Math.round(seconds)} s`;
  };
  let skew = 0;
  const tick = () => {
    for (const one of document.querySelectorAll("time[data-ago], time[data-for]")) {
      const away = (Date.now() - skew - Date.parse(one.dateTime)) / 1000;
      const text = "for" in one.dataset ? span(Math.max(0, away))
        : Math.abs(away) < 1 ? "now" : away > 0 ? `${span(away)} ago` : `in ${span(-away)}`;
      if (one.textContent !== text) one.textContent = text;
    }
  };
  setInterval(tick, 5000);

  // --- live ---------------------------------------------------------------------------------
  const busy = () => !!document.activeElement?.closest("form:not(#filter)");

  const renew = async () => {
    const response = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!response.ok || response.redirected) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const part of document.querySelectorAll("[data-part]")) {
      const other = page.querySelector(`[data-part="${part.dataset.part}"]`);
      if (!other || part.contains(document.activeElement)) continue;
      const open = [...part.querySelectorAll("details")].map((one) => one.open);
      part.innerHTML = other.innerHTML;
      part.querySelectorAll("details").forEach((one, at) => { one.open = open[at] ?? one.open; });
    }
    document.title = page.title;
  };

  let waiting = null;
  let due = 0;
  let last = Date.now();
  const renewSoon = (least) => {
    const at = last + least;
    if (waiting && due <= at) return;
    clearTimeout(waiting);
    due = at;
    waiting = setTimeout(() => {
      waiting = null;
      last = Date.now();
      renew().catch(() => {});
    }, Math.max(0, at - Date.now()));
  };

  const cardOf = (html) => {
    const made = document.createElement("template");
    made.innerHTML = html.trim();
    return made.content.firstElementChild;
  };

  const put = (change) => {
    for (const [id, html] of Object.entries(change.cards)) {
      const made = cardOf(html);
      const card = cards.get(id);
      if (card) {
        const focused = card.contains(document.activeElement);
        card.replaceWith(made);
        if (focused) made.querySelector("a").focus();
      } else if (isShown(made)) {
        document.querySelector(".grid").prepend(made); // of many it was not on the page yet
      } else continue;
      cards.set(id, made);
    }
    for (const [id, html] of Object.entries(change.parts)) {
      const part = element(id);
      const links = [...part?.querySelectorAll("a") ?? []];
      const focused = links.indexOf(document.activeElement);
      if (part) part.innerHTML = html;
      if (focused >= 0) part.querySelectorAll("a")[focused]?.focus();
    }
    if (change.said) said.textContent = change.said;
    if (!form) return;
    const down = document.querySelector('.count-of.down strong').textContent;
    document.title = `${down === "0" ? "" : `${down} down · `}ringback`;
    filter();
  };

  const putHead = (html) => {
    const head = document.querySelector('[data-part="head"]');
    if (html && !head.contains(document.activeElement)) head.innerHTML = html;
  };

  // A check on top of the newest; of several that come at once the last is told, the others are not.
  const putRow = (html) => {
    const rows = document.querySelector("[data-rows]");
    if (!html || !rows) return;
    const made = document.createElement("tbody");
    made.innerHTML = html;
    const at = (row) => row?.querySelector("time")?.dateTime;
    if (at(made) === at(rows)) return;
    rows.prepend(...made.children);
    while (rows.children.length > 12) rows.lastElementChild.remove();
    const good = !!rows.querySelector("tr .state.ok")?.closest("tr:first-child");
    const strip = document.querySelector(".strip");
    const cell = document.createElement("i");
    cell.className = good ? "good" : "bad";
    strip?.append(cell);
    while (strip?.children.length > 60) strip.firstElementChild.remove();
  };

  const changed = (change) => {
    if ("open-count" in change.parts) {
      element("open-count").innerHTML = change.parts["open-count"];
    }
    if (change.config) renewAll();
    else if (main.dataset.page === "overview") {
      put(change);
    } else if (main.dataset.endpoint && change.endpoints.includes(main.dataset.endpoint)) {
      putHead(change.head);
      putRow(change.row);
      // What a well endpoint's page shows beside is of five minutes or longer, unless it is new.
      const isNew = document.querySelector("[data-rows]")?.children.length < 12;
      const is = change.states[main.dataset.endpoint];
      renewSoon(is !== main.dataset.state ? 1000 : is === "ok" && !isNew ? 300000 : 10000);
      main.dataset.state = is;
    } else if (main.dataset.incident && change.incidents.length) {
      const own = main.dataset.incident;
      if (own === "*" || change.incidents.includes(own)) renewSoon(1000);
    }
  };
  const renewAll = () => { if (!busy()) location.reload(); };

  if ("live" in document.body.dataset && main.matches("[data-page],[data-endpoint],[data-incident]")) {
    const own = "page" in main.dataset ? "" : `?endpoint=${encodeURIComponent(main.dataset.endpoint ?? "")}`;
    const stream = new EventSource(`/live${own}`);
    stream.addEventListener("now", (event) => { skew = Date.now() - event.data * 1000; tick(); });
    stream.addEventListener("change", (event) => changed(JSON.parse(event.data)));
    stream.addEventListener("reload", renewAll);
    let lost = false;
    stream.onopen = () => {
      link.hidden = true;
      document.body.dataset.live = "on";
      if (lost) renewAll();
      lost = false;
    };
    stream.onerror = () => { link.hidden = false; lost = true; document.body.dataset.live = "lost"; };
  }
})();
