// The picture of a module, painted from boxes and ribbons that come by GET. A hand on the edge of a box changes its
// width: all of the page follows, and the session hears of it on release.
import { ask, follower, spread, wanted } from "./follow.js";
import { save, savePng } from "./save.js";
import { tell } from "./tell.js";

const SVG = "http://www.w3.org/2000/svg";
/** Milliseconds without a key after which the session hears of a width. */
const SETTLED = 400;
/** Milliseconds between two looks at what every switch would change, which is most of the work, and of rest before one. */
const EFFECTS = 600;
const REST = 120;
/** How far a key moves a width. */
const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 8, PageDown: -8 };

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".module-picture");
  const view = (root.view ??= new ModulePicture(root));
  view.show(data, setTriggerValue);
  window.addEventListener("explorer-picked", view.onPicked);
  window.addEventListener("explorer-live", view.onLive);
  return () => {
    Object.keys(picturePart(wanted())).forEach((name) => delete wanted()[name]);
    window.removeEventListener("explorer-picked", view.onPicked);
    window.removeEventListener("explorer-live", view.onLive);
  };
}

class ModulePicture {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    root.innerHTML = INSIDE;
    this.frame = root.querySelector(".paper");
    this.svg = this.frame.querySelector("svg");
    this.strip = root.querySelector(".strip");
    this.number = root.querySelector("input[type=number]");
    this.message = root.querySelector(".no-picture");
    this.layers = layersOf(this.svg, ["ribbons", "boxes", "texts", "handles"]);
    this.found = root.querySelector("input[type=search]");
    this.columns = layersOf(this.strip.querySelector("svg"), ["boxes", "texts"]);
    this.effectsAt = 0;
    this.drawnWidth = 0;
    this.follow = follower(
      (query) => {
        const isDue = performance.now() - this.effectsAt > EFFECTS;
        if (isDue) this.effectsAt = performance.now();
        const asked = { ...wanted(), ...this.asked(query, this.data.inHand) };
        return ask(this.data.address, { ...asked, ...(isDue ? { effects: "1" } : {}) });
      },
      (answer, query) => {
        spread(answer, query);
        clearTimeout(this.effectsTimer);
        if (!answer.switches) this.effectsTimer = setTimeout(() => this.rest(), REST);
      },
    );
    this.onPicked = (event) => this.mark(event.detail);
    this.onLive = (event) => {
      const { query, ...answer } = event.detail;
      this.query = query;
      this.paint(answer);
    };
    this.listen();
    new ResizeObserver(() => {
      if (this.data && Math.abs(this.root.clientWidth - this.drawnWidth) > 12) this.draw(this.query);
    }).observe(this.root);
  }

  /** What the session shows now. */
  show(data, trigger) {
    const shown = (query, { area, at, baseline, columns, layout }) => {
      return JSON.stringify([query, area, at, baseline, columns, layout]);
    };
    const isNew = !this.data || shown(data.query, data) !== shown(this.query, this.data);
    this.data = data;
    this.trigger = trigger;
    this.root.dataset.ground = ground(this.root);
    this.frame.setAttribute("aria-label", data.alt);
    for (const name of ["area", "layout"]) {
      this.root.querySelectorAll(`[data-${name}]`).forEach((button) => {
        button.setAttribute("aria-pressed", String(button.dataset[name] === data[name]));
      });
    }
    this.root.querySelector(".of-layout").hidden = !data.layouts.length;
    this.root.querySelectorAll("[data-layout]").forEach((button) => {
      button.hidden = !data.layouts.length;
      button.disabled = !data.layouts.includes(button.dataset.layout);
      button.title = button.disabled ? "its layers are no chains side by side" : "";
    });
    const isFlow = data.layout === "flow";
    this.frame.hidden = !isFlow;
    this.root.querySelector(".of-flow").hidden = !isFlow;
    this.root.querySelectorAll(".of-strip").forEach((label) => { label.hidden = !data.strip; });
    this.root.querySelector("[data-columns]").value = data.columns;
    if (isNew) {
      clearTimeout(this.effectsTimer); // of a network that is shown no more
      this.draw(data.query);
    }
    if (this.root.clientWidth >= 32) Object.assign(wanted(), picturePart(this.asked({})));
    tell(data.node);
    this.mark(window.explorerPicked);
  }

  /** The query of a network with that of its picture. */
  asked(query, baseline = this.data.baseline) {
    const share = this.data.strip ? 0.46 : 0.52;
    const high = Math.round(Math.max(320, Math.min(share * window.innerHeight, 620)));
    const wide = Math.max(this.root.clientWidth, 200);
    const narrow = wide < 640;
    const size = `${wide}x${narrow ? Math.max(high, 520) : high}`;
    const { area, at, type, strip, columns, layout } = this.data;
    const asked = { ...query, area, type: String(type) };
    if (layout === "flow") asked.picture = size;
    if (at) asked.at = at;
    if (baseline) asked.baseline = baseline;
    if (strip) Object.assign(asked, { strip: String(wide), columns });
    return asked;
  }

  /** Draws a network that is not under a hand. */
  async draw(query, baseline) {
    this.query = query;
    if (this.root.clientWidth < 32) return; // not on the screen yet: the observer calls again
    this.drawnWidth = this.root.clientWidth;
    const asked = this.asked(query, baseline);
    Object.assign(wanted(), picturePart(asked));
    const answer = await ask(this.data.address, asked).catch(() => null);
    if (answer && query === this.query) this.paint(answer);
  }

  paint({ flow, strip }) {
    if (strip) this.paintStrip(strip);
    this.message.hidden = Boolean(flow);
    this.svg.toggleAttribute("hidden", !flow);
    if (!flow) return;
    const [width, height, ribbons, boxes, texts, handles, type] = flow;
    resize(this.svg, width, height, type);
    sync(this.layers.ribbons, ribbons, "path", (path, [, line]) => path.setAttribute("d", line));
    sync(this.layers.boxes, boxes, "rect", paintBox);
    sync(this.layers.texts, texts, "text", paintText);
    sync(this.layers.handles, handles, "g", (handle, values) => this.paintHandle(handle, values));
    this.mark(window.explorerPicked);
  }

  paintStrip([width, height, , boxes, texts, , type]) {
    this.strip.hidden = false;
    resize(this.strip.querySelector("svg"), width, height, type);
    sync(this.columns.boxes, boxes, "rect", (rect, box) => {
      paintBox(rect, box);
      if (!box[0].startsWith("column ")) return;
      const isOpen = box[5] === "opened";
      const said = { role: "button", tabindex: 0, "aria-label": box[6], "aria-pressed": isOpen };
      Object.entries(said).forEach(([name, text]) => rect.setAttribute(name, text));
      if (isOpen && this.shownAt !== box[6]) {
        this.shownAt = box[6];
        this.strip.scrollLeft = box[1] - this.strip.clientWidth / 2;
      }
    });
    sync(this.columns.texts, texts, "text", paintText);
    const names = boxes.filter(([id]) => id.startsWith("column ")).map((box) => box[6]);
    const list = this.root.querySelector("datalist");
    if (list.children.length !== names.length || list.firstChild?.value !== names[0]) {
      list.replaceChildren(...names.map((name) => new Option(name)));
    }
  }

  paintHandle(handle, [id, x, y, key, title, value, least, most, perPixel]) {
    if (!handle.firstChild) {
      for (const [name, width, height] of [["target", 26, 34], ["grip", 9, 22]]) {
        const rect = handle.appendChild(document.createElementNS(SVG, "rect"));
        const place = { class: name, x: -width / 2, y: -height / 2, width, height, rx: 4 };
        Object.entries(place).forEach(([attribute, number]) => rect.setAttribute(attribute, number));
      }
    }
    const said = {
      class: "handle", role: "slider", tabindex: 0, "aria-label": title, "aria-valuenow": value, "aria-valuemin": least,
      "aria-valuemax": most, "aria-valuetext": `${value} filters`, transform: `translate(${x} ${y})`,
    };
    Object.entries(said).forEach(([name, text]) => handle.setAttribute(name, text));
    handle.width = { id, x, y, key, value, least, most, perPixel };
  }

  /** A width under a hand: everything follows. */
  move(width, value) {
    const kept = Math.min(Math.max(Math.round(value), width.least), Math.max(width.most, width.value));
    if (kept === this.moved?.value && width.key === this.moved.key) return;
    this.moved = { key: width.key, value: kept };
    this.query = { ...this.data.query, [width.key]: String(kept) };
    this.follow(this.query);
  }

  /** The hand rests: what the switches would change is due. */
  rest() {
    this.effectsAt = 0;
    this.follow(this.query);
  }

  /** The session hears of a width. */
  release() {
    clearTimeout(this.timer);
    if (!this.moved) return;
    this.trigger("edited", this.moved);
    this.moved = null;
  }

  mark(id) {
    this.layers.boxes.querySelectorAll(".picked").forEach((box) => box.classList.remove("picked"));
    if (!id) return;
    const inside = this.data.at ? `${this.data.at}.` : "";
    id = id.startsWith(inside) ? id.slice(inside.length) : "";
    for (const box of this.layers.boxes.children) {
      if (box.dataset.layer && (box.dataset.id === id || id.startsWith(`${box.dataset.id}_`))) box.classList.add("picked");
    }
  }

  pick(name) {
    const id = this.data.at ? `${this.data.at}.${name}` : name;
    window.explorerPicked = id;
    window.dispatchEvent(new CustomEvent("explorer-picked", { detail: id }));
    this.trigger("clicked", id);
  }

  listen() {
    this.svg.addEventListener("click", (event) => {
      const box = event.target.closest("[data-layer]");
      if (box?.dataset.layer) this.pick(box.dataset.layer);
    });
    this.strip.addEventListener("click", (event) => {
      const box = event.target.closest("[data-layer]");
      if (box) this.trigger("opened", box.dataset.layer);
    });
    this.strip.addEventListener("keydown", (event) => this.onStripKey(event));
    this.svg.addEventListener("pointerdown", (event) => this.onPointer(event));
    this.svg.addEventListener("keydown", (event) => this.onKey(event));
    this.svg.addEventListener("dblclick", (event) => {
      const handle = event.target.closest(".handle");
      if (handle) this.open(handle, String(handle.width.value));
    });
    this.number.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.close(true);
      if (event.key === "Escape") this.close(false);
    });
    this.number.addEventListener("blur", () => this.close(true));
    this.root.querySelectorAll("[data-area]").forEach((button) => {
      button.addEventListener("click", () => {
        this.trigger("area", button.dataset.area);
        this.show({ ...this.data, area: button.dataset.area }, this.trigger);
      });
    });
    this.root.querySelectorAll("[data-layout]").forEach((button) => {
      button.addEventListener("click", () => this.trigger("layout", button.dataset.layout));
    });
    this.root.querySelector("[data-columns]").addEventListener("change", (event) => {
      this.trigger("columns", event.target.value);
      this.show({ ...this.data, columns: event.target.value }, this.trigger);
    });
    this.found.addEventListener("change", () => this.find(this.found.value.trim().toLowerCase()));
    this.root.querySelectorAll("[data-save]").forEach((button) => {
      button.addEventListener("click", () => this.save(button.dataset.save));
    });
  }

  /** Opens the first module whose name has the words in it, the whole name before a part. */
  find(words) {
    const columns = [...this.columns.boxes.querySelectorAll("[role=button]")];
    const name = (column) => column.getAttribute("aria-label").toLowerCase();
    const match = words && (columns.find((one) => name(one) === words) ?? columns.find((one) => name(one).includes(words)));
    this.found.setCustomValidity(words && !match ? "no module of this name" : "");
    this.found.reportValidity();
    if (match) this.trigger("opened", match.dataset.layer);
  }

  onStripKey(event) {
    const box = event.target.closest("[role=button]");
    if (!box) return;
    const columns = [...this.columns.boxes.querySelectorAll("[role=button]")];
    const next = columns[columns.indexOf(box) + ({ ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? 0)];
    if (event.key === "Enter" || event.key === " ") this.trigger("opened", box.dataset.layer);
    else if (next && next !== box) next.focus();
    else return;
    event.preventDefault();
  }

  onPointer(event) {
    const handle = event.target.closest(".handle");
    if (!handle || event.button) return;
    event.preventDefault();
    handle.focus();
    const width = { ...handle.width };
    const start = event.clientX;
    handle.setPointerCapture(event.pointerId);
    this.root.classList.add("dragging");
    const move = (moved) => this.move(width, width.value + (moved.clientX - start) * width.perPixel);
    const end = () => {
      handle.removeEventListener("pointermove", move);
      this.root.classList.remove("dragging");
      this.release();
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", end, { once: true });
  }

  onKey(event) {
    const handle = event.target.closest(".handle");
    if (!handle || event.ctrlKey || event.metaKey || event.altKey) return;
    const width = handle.width;
    const now = this.moved?.key === width.key ? this.moved.value : width.value;
    if (event.key in STEPS) this.move(width, now + STEPS[event.key]);
    else if (event.key === "Home") this.move(width, width.least);
    else if (event.key === "End") this.move(width, width.most);
    else if (event.key === "Enter") this.open(handle, String(width.value));
    else if (/^\d$/.test(event.key)) this.open(handle, event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.release(), SETTLED);
  }

  /** A field for the number, at the handle. */
  open(handle, text) {
    const { x, y } = handle.width;
    this.editing = handle;
    this.number.hidden = false;
    this.number.style.left = `${x + 12}px`;
    this.number.style.top = `${y - 16}px`;
    this.number.setAttribute("aria-label", handle.getAttribute("aria-label"));
    this.number.value = text;
    this.number.focus();
  }

  close(isKept) {
    if (this.number.hidden) return;
    const { key, value } = this.editing.width;
    this.number.hidden = true;
    this.editing.focus();
    // What is wrong with a number is said by the session, in a sentence.
    if (isKept && this.number.value !== "" && Number(this.number.value) !== value) {
      this.trigger("edited", { key, value: this.number.value });
    }
  }

  async save(kind) {
    const query = { ...this.asked(this.query), picture: "1280x720", ground: this.root.dataset.ground };
    const address = new URL(`${this.data.address}/picture.svg?${new URLSearchParams(query)}`, document.baseURI);
    const answer = await fetch(address);
    if (!answer.ok) return;
    const text = await answer.text();
    if (kind === "png") return savePng(text, `${this.data.name}.png`);
    save(new Blob([text], { type: "image/svg+xml" }), `${this.data.name}.svg`);
  }
}

/** What of a query is about the picture, so that whatever follows a hand asks for it as well. */
function picturePart({ picture, area, type, at, strip, columns }) {
  return Object.fromEntries(Object.entries({ picture, area, type, at, strip, columns }).filter(([, text]) => text));
}

function layersOf(svg, names) {
  return Object.fromEntries(names.map((name) => {
    const layer = svg.appendChild(document.createElementNS(SVG, "g"));
    layer.setAttribute("class", name);
    return [name, layer];
  }));
}

function resize(svg, width, height, type) {
  svg.style.setProperty("--type", `${type}px`);
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
}

/** What stays is moved, what comes and goes is added and removed. */
function sync(parent, items, tag, paint) {
  const there = new Map([...parent.children].map((element) => [element.dataset.id, element]));
  for (const item of items) {
    let element = there.get(item[0]);
    if (!element) {
      element = parent.appendChild(document.createElementNS(SVG, tag));
      element.dataset.id = item[0];
    }
    there.delete(item[0]);
    paint(element, item);
  }
  there.forEach((element) => element.remove());
}

function paintBox(rect, [, x, y, width, height, style, layer, changed]) {
  const picked = rect.classList.contains("picked") ? " picked" : "";
  rect.setAttribute("class", `box ${style}${changed ? " changed" : ""}${picked}`);
  rect.dataset.layer = layer;
  const place = { x, y, width, height, rx: Math.min(3, height / 2) };
  Object.entries(place).forEach(([name, value]) => rect.setAttribute(name, value));
}

function paintText(text, [, x, y, anchor, pieces]) {
  text.setAttribute("x", x);
  text.setAttribute("y", y);
  text.setAttribute("text-anchor", anchor);
  text.replaceChildren(...pieces.map(([words, style]) => {
    const piece = document.createElementNS(SVG, "tspan");
    piece.setAttribute("class", style);
    piece.textContent = words;
    return piece;
  }));
}

/** Whether the theme is light or dark. */
function ground(element) {
  const colour = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = colour || "#ffffff";
  const light = parseInt(canvas.fillStyle.slice(1, 3), 16);
  return light < 128 ? "dark" : "light";
}
