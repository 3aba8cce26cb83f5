"use strict";
// Says beneath a chart what is at the pointer, or where the arrow keys have led.
(() => {
  const say = (svg, column) => {
    svg.querySelector(".at.lit")?.classList.remove("lit");
    column?.classList.add("lit");
    const band = column && [...svg.querySelectorAll(".band")].find((one) => {
      const middle = +column.getAttribute("x") + column.getAttribute("width") / 2;
      const begin = +one.getAttribute("x");
      return begin <= middle && middle <= begin + +one.getAttribute("width");
    });
    const told = [column, band].filter(Boolean).map((one) => one.querySelector("title").textContent);
    svg.parentElement.querySelector(".readout").textContent = told.join(" · ");
  };
  const pointed = (event) => {
    const svg = event.target.closest?.(".plot svg");
    if (svg) say(svg, event.target.closest(".at"));
  };
  document.addEventListener("pointermove", pointed);
  document.addEventListener("pointerdown", pointed);
  document.addEventListener("keydown", (event) => {
    const svg = event.target.closest?.(".plot svg");
    const columns = svg ? [...svg.querySelectorAll(".at")] : [];
    if (!columns.length) return;
    const last = columns.length - 1;
    const now = columns.findIndex((one) => one.classList.contains("lit"));
    const to = { ArrowLeft: now < 0 ? last : Math.max(0, now - 1),
      ArrowRight: now < 0 ? last : Math.min(last, now + 1), Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    say(svg, columns[to]);
  });
})();
