/** What the flame graph's page does in a browser: zoom, find, keys. Without it the graph is there, and the table. */
export const FLAME_SCRIPT = `"use strict";
const flames = document.getElementById("flames");
if (flames) {
  const about = document.getElementById("about");
  const found = document.getElementById("found");
  const find = document.getElementById("find");
  const reset = document.getElementById("reset");
  const root = flames.firstElementChild;
  const calls = [...flames.querySelectorAll(".call")];
  const callsIn = (call) => [...(call.querySelector(":scope > .below")?.children ?? [])];
  const callOf = (node) => node.closest(".call");
  const isShown = (call) => call && !call.closest(".aside");

  const tell = (call) => { about.textContent = call.getAttribute("aria-label"); };
  const go = (call) => {
    if (!call || call === flames || !isShown(call)) return;
    for (const other of flames.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
    call.tabIndex = 0;
    call.focus();
  };
  const zoom = (call) => {
    for (const other of calls) other.classList.remove("aside", "alone", "above");
    for (let at = call; at !== root; at = callOf(at.parentElement)) {
      at.classList.add("alone");
      if (at !== call) at.classList.add("above");
      for (const other of at.parentElement.children) if (other !== at) other.classList.add("aside");
    }
    reset.hidden = call === root;
    go(call);
  };
  const search = () => {
    const text = find.value.trim().toLowerCase();
    let us = 0;
    let count = 0;
    for (const call of calls) {
      const fits = text !== "" && call !== root && call.getAttribute("aria-label").toLowerCase().includes(text);
      call.classList.toggle("found", fits);
      if (!fits) continue;
      count++;
      if (!call.parentElement.closest(".found")) us += Number(call.dataset.us);
    }
    const share = (100 * us / Number(flames.dataset.us)).toFixed(1);
    found.textContent = text === "" ? "" : count + (count === 1 ? " call, " : " calls, ") + share + " % of the CPU time";
  };

  flames.addEventListener("click", (event) => { const call = callOf(event.target); if (call) zoom(call); });
  flames.addEventListener("mouseover", (event) => { const call = callOf(event.target); if (call) tell(call); });
  flames.addEventListener("focusin", (event) => tell(event.target));
  flames.addEventListener("keydown", (event) => {
    const call = callOf(event.target);
    if (!call) return;
    const keys = {
      ArrowDown: () => go(callsIn(call)[0]),
      ArrowUp: () => go(call === root ? root : callOf(call.parentElement)),
      ArrowRight: () => go(call.nextElementSibling),
      ArrowLeft: () => go(call.previousElementSibling),
      Home: () => go(root),
      Enter: () => zoom(call),
      Escape: () => zoom(root),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  find.addEventListener("input", search);
  reset.addEventListener("click", () => zoom(root));
}
`;
