"use strict";
// Keeps an open page as the monitor is: cards, counts and incidents by server-sent events, other
// pages by loading their parts anew. Filters the overview without asking the server.
(() => {
  const main = document.getElementById("main");
  const said = document.getElementById("said");
  const link = document.getElementById("link");
  const cards = new Map([...document.querySelectorAll(".card")].map((one) => [one.dataset.id, one]));

  // --- filter -------------------------------------------------------------------------------
  const field = document.getElementById("q");
  let state = new URLSearchParams(location.search).get("state") ?? "";

  const filter = () => {
    const wanted = field.value.trim().toLowerCase();
    let shown = 0;
    for (const card of cards.values()) {
      const hit = card.dataset.words.includes(wanted) && (!state || card.dataset.state === state);
      card.hidden = !hit;
      shown += hit;
    }
    for (const group of document.querySelectorAll(".group")) {
      group.hidden = !group.querySelector(".card:not([hidden])");
    }
    for (const one of document.querySelectorAll(".count-of")) {
      one.toggleAttribute("aria-current", one.dataset.state === state);
    }
    const partly = wanted || state;
    document.getElementById("shown").textContent =
      partly ? `${shown} of ${cards.size} endpoints` : "";
  };

  // Where not all are on the page the server finds those that are wanted.
  if (field && !location.search && !document.getElementById("more")) {
    field.addEventListener("input", filter);
    field.form.addEventListener("submit", (event) => event.preventDefault());
    document.getElementById("counts").addEventListener("click", (event) => {
      const chosen = event.target.closest(".count-of");
      if (!chosen) return;
      event.preventDefault();
      state = state === chosen.dataset.state ? "" : chosen.dataset.state;
      filter();
    });
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        field.focus();
      }
    });
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

  const put = (change) => {
    for (const [id, html] of Object.entries(change.cards)) {
      const card = cards.get(id);
      if (!card) continue;
      const focused = card.contains(document.activeElement);
      card.innerHTML = html;
      if (focused) card.querySelector("a").focus();
    }
    for (const [id, state] of Object.entries(change.states)) {
      const card = cards.get(id);
      if (!card || card.dataset.state === state) continue;
      card.classList.replace(card.dataset.state, state);
      card.dataset.state = state;
    }
    for (const [id, html] of Object.entries(change.parts)) {
      const part = document.getElementById(id);
      if (part && !part.contains(document.activeElement)) part.innerHTML = html;
    }
    const down = [...cards.values()].filter((one) => one.dataset.state === "down").length;
    if (!location.search) document.title = `${down ? `${down} down · ` : ""}ringback`;
    if (change.said) said.textContent = change.said;
    filter();
  };

  const putHead = (html) => {
    const head = document.querySelector('[data-part="head"]');
    if (html && !head.contains(document.activeElement)) head.innerHTML = html;
  };

  const changed = (change) => {
    if ("open-count" in change.parts) {
      document.getElementById("open-count").innerHTML = change.parts["open-count"];
    }
    if (change.config) renewAll();
    else if (main.dataset.page === "overview") {
      put(change);
    } else if (main.dataset.endpoint && change.endpoints.includes(main.dataset.endpoint)) {
      putHead(change.head);
      // What a well endpoint's page shows beside is of five minutes or longer.
      const is = change.states[main.dataset.endpoint];
      renewSoon(is !== main.dataset.state ? 1000 : is === "ok" ? 300000 : 10000);
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
