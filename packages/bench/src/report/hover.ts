/** Runs in the page: tells the point of a drawing that the pointer is nearest to. No names from a result go in here. */
export const HOVER_SCRIPT = `"use strict";
const tip = document.getElementById("tip");
for (const svg of document.querySelectorAll("svg[data-points]")) {
  const points = JSON.parse(svg.dataset.points);
  svg.addEventListener("pointerleave", () => { tip.hidden = true; });
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const scale = svg.viewBox.baseVal.width / box.width;
    const x = (event.clientX - box.left) * scale, y = (event.clientY - box.top) * scale;
    let best, distance = 900;
    for (const point of points) {
      const away = (point[0] - x) ** 2 + (point[1] - y) ** 2;
      if (away < distance) { best = point; distance = away; }
    }
    tip.hidden = best === undefined;
    if (best === undefined) return;
    tip.textContent = best[2];
    tip.style.top = Math.max(4, event.clientY - 34) + "px";
    tip.style.left = Math.max(4, Math.min(event.clientX + 10, innerWidth - tip.offsetWidth - 4)) + "px";
  });
}`;
