// A diagram: zoom, pan, fit, keyboard, export; what is picked is shared with the tables of the page.
import { listenTo } from "./follow.js";
import { save, savePng } from "./save.js";

const ZOOM = 1.25;

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".diagram");
  const frame = root.querySelector(".frame-of-diagram");
  const state = (root.state ??= { scale: 0 });
  state.trigger = (id) => setTriggerValue("clicked", id);
  state.homes = data.homes;
  state.name = data.name;
  state.least = data.least;
  const isElsewhere = state.focus !== data.focus;
  state.focus = data.focus;
  if (!state.listening) listen(root, frame, state);
  window.addEventListener("explorer-picked", state.onPicked);
  frame.style.height = `${data.height}px`;
  if (state.svg !== data.svg) {
    state.svg = data.svg;
    frame.innerHTML = data.svg;
    frame.setAttribute("aria-label", data.alt);
    state.isZoomed ? resize(frame, state) : fit(frame, state); // a zoom of one's own stays
    if (isElsewhere) show(frame, state);
  }
  mark(frame, state, window.explorerPicked);
  const end = data.follows ? listenTo(data.follows, (part) => follow(frame, state, part)) : () => {};
  return () => {
    end();
    window.removeEventListener("explorer-picked", state.onPicked);
  };
}

/** Draws what a hand makes of it, as it was zoomed and scrolled. */
function follow(frame, state, { svg, homes }) {
  if (state.svg === svg) return;
  Object.assign(state, { svg, homes });
  frame.innerHTML = svg;
  resize(frame, state);
  mark(frame, state, window.explorerPicked);
}

function listen(root, frame, state) {
  state.listening = true;
  state.onPicked = (event) => mark(frame, state, event.detail, true);
  frame.addEventListener("click", (event) => {
    if (state.dragged) return;
    const box = event.target.closest(".box, .frame");
    if (box) choose(box, state);
  });
  frame.addEventListener("keydown", (event) => onKey(event, frame, state));
  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(frame, state, event.deltaY < 0 ? ZOOM : 1 / ZOOM);
  }, { passive: false });
  pan(frame, state);
  const actions = {
    in: () => zoom(frame, state, ZOOM),
    out: () => zoom(frame, state, 1 / ZOOM),
    fit: () => fit(frame, state),
    svg: () => save(new Blob([standalone(frame)], { type: "image/svg+xml" }), `${state.name}.svg`),
    png: () => savePng(standalone(frame), `${state.name}.png`),
  };
  root.querySelector(".tools").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) actions[button.dataset.action]();
  });
}

function choose(box, state) {
  // A module is unfolded or folded: what is picked stays.
  if (!box.matches(".module, .frame")) tell(box.id);
  state.trigger(box.id);
}

function tell(id) {
  window.explorerPicked = id;
  window.dispatchEvent(new CustomEvent("explorer-picked", { detail: id }));
}

function mark(frame, state, id, follow = false) {
  frame.querySelector(".picked")?.classList.remove("picked");
  const home = id && (state.homes[id] ?? id);
  const box = home && frame.querySelector(`[id="${CSS.escape(home)}"]`);
  if (!box) return;
  box.classList.add("picked");
  if (follow) into(frame, box);
}

function into(frame, box) {
  const [inner, outer] = [box.getBoundingClientRect(), frame.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) frame.scrollTop += inner.top - outer.top - outer.height / 3;
  if (inner.left < outer.left || inner.right > outer.right) frame.scrollLeft += inner.left - outer.left - outer.width / 3;
}

function onKey(event, frame, state) {
  // The browser's own, such as its zoom.
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const boxes = [...frame.querySelectorAll(".box")];
  const place = boxes.findIndex((box) => box.classList.contains("picked"));
  const moves = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  const zooms = { "+": ZOOM, "=": ZOOM, "-": 1 / ZOOM };
  if (event.key in moves && boxes.length) {
    tell(boxes[Math.min(Math.max(place + moves[event.key], 0), boxes.length - 1)].id);
  } else if (event.key === "Enter" && place >= 0) {
    choose(boxes[place], state);
  } else if (event.key in zooms) {
    zoom(frame, state, zooms[event.key]);
  } else if (event.key === "0") {
    fit(frame, state);
  } else {
    return;
  }
  event.preventDefault();
}

function natural(frame) {
  const box = frame.querySelector("svg").viewBox.baseVal;
  return [box.width, box.height];
}

function fit(frame, state) {
  state.isZoomed = false;
  if (frame.clientWidth < 32) {  // not on the screen yet
    if (frame.isConnected) requestAnimationFrame(() => fit(frame, state));
    return;
  }
  const [width, height] = natural(frame);
  const whole = Math.min((frame.clientWidth - 16) / width, (frame.clientHeight - 16) / height);
  // Its type does not shrink: where there is no room, the picture scrolls.
  state.scale = Math.min(1.25 * state.least, Math.max(whole, state.least));
  resize(frame, state);
  show(frame, state);
}

/** Scrolls to the module that is asked for, or to the middle of the first row. */
function show(frame, state) {
  const box = state.focus && frame.querySelector(`[id="${CSS.escape(state.focus)}"]`);
  if (!box) {
    frame.scrollLeft = (frame.scrollWidth - frame.clientWidth) / 2;
    return;
  }
  const [inner, outer] = [box.getBoundingClientRect(), frame.getBoundingClientRect()];
  frame.scrollTop += inner.top - outer.top - 8;
  frame.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
}

function resize(frame, state) {
  const svg = frame.querySelector("svg");
  const [width, height] = natural(frame);
  svg.setAttribute("width", width * state.scale);
  svg.setAttribute("height", height * state.scale);
}

function zoom(frame, state, factor) {
  state.isZoomed = true;
  const [x, y] = [frame.scrollLeft + frame.clientWidth / 2, frame.scrollTop + frame.clientHeight / 2];
  const before = state.scale;
  state.scale = Math.min(4, Math.max(0.1, before * factor));
  resize(frame, state);
  frame.scrollLeft = (x * state.scale) / before - frame.clientWidth / 2;
  frame.scrollTop = (y * state.scale) / before - frame.clientHeight / 2;
}

function pan(frame, state) {
  let from = null;
  frame.addEventListener("pointerdown", (event) => {
    state.dragged = false;
    if (event.pointerType === "mouse") from = [event.clientX, event.clientY, frame.scrollLeft, frame.scrollTop];
  });
  frame.addEventListener("pointermove", (event) => {
    if (!from || !event.buttons) return;
    const [dx, dy] = [event.clientX - from[0], event.clientY - from[1]];
    if (Math.abs(dx) + Math.abs(dy) > 4) state.dragged = true;
    frame.scrollLeft = from[2] - dx;
    frame.scrollTop = from[3] - dy;
  });
  frame.addEventListener("pointerup", () => { from = null; });
}

// The picture with its colours written into it, so that it looks the same outside of the page.
function standalone(frame) {
  const svg = frame.querySelector("svg");
  const copy = svg.cloneNode(true);
  const [width, height] = natural(frame);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  const kept = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "font-family", "font-size"];
  const [originals, copies] = [svg.querySelectorAll("*"), copy.querySelectorAll("*")];
  originals.forEach((element, place) => {
    const style = getComputedStyle(element);
    kept.forEach((name) => copies[place].setAttribute(name, style.getPropertyValue(name)));
  });
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  ground.setAttribute("width", "100%");
  ground.setAttribute("height", "100%");
  ground.setAttribute("fill", getComputedStyle(frame).getPropertyValue("--st-background-color"));
  copy.prepend(ground);
  return new XMLSerializer().serializeToString(copy);
}
