// A table whose rows can be picked; what is picked is shared with the diagram of the page.
import { listenTo } from "./follow.js";

export default function ({ data, parentElement, setTriggerValue }) {
  const frame = parentElement.querySelector(".rows");
  const state = (frame.state ??= {});
  state.trigger = (id) => setTriggerValue("clicked", id);
  if (!state.listening) listen(frame, state);
  window.addEventListener("explorer-picked", state.onPicked);
  if (state.rows !== data.rows) {
    draw(frame, state, data);
    state.rows = data.rows;
  }
  mark(frame, state, window.explorerPicked);
  const follow = (rows) => {
    draw(frame, state, { ...data, rows });
    state.rows = rows;
  };
  const end = data.follows ? listenTo(data.follows, follow) : () => {};
  return () => {
    end();
    window.removeEventListener("explorer-picked", state.onPicked);
  };
}

function listen(frame, state) {
  state.listening = true;
  state.onPicked = (event) => mark(frame, state, event.detail, true);
  frame.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-id]");
    if (row) choose(row, state);
  });
  frame.addEventListener("keydown", (event) => {
    const rows = [...frame.querySelectorAll("tr[data-id]")];
    const place = rows.indexOf(frame.querySelector("tr.picked"));
    const goals = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: rows.length - 1, Enter: place };
    if (!(event.key in goals) || !rows.length) return;
    event.preventDefault();
    const row = rows[Math.min(Math.max(goals[event.key], 0), rows.length - 1)];
    event.key === "Enter" ? choose(row, state) : tell(row.dataset.id);
  });
}

function choose(row, state) {
  tell(row.dataset.id);
  state.trigger(row.dataset.id);
}

function tell(id) {
  window.explorerPicked = id;
  window.dispatchEvent(new CustomEvent("explorer-picked", { detail: id }));
}

function mark(frame, state, id, follow = false) {
  const old = frame.querySelector("tr.picked");
  old?.classList.remove("picked");
  old?.setAttribute("aria-selected", "false");
  const row = id && frame.querySelector(`tr[data-id="${CSS.escape(id)}"]`);
  if (!row) return;
  row.classList.add("picked");
  row.setAttribute("aria-selected", "true");
  if (!follow) return;
  const [inner, outer] = [row.getBoundingClientRect(), frame.getBoundingClientRect()];
  if (inner.top < outer.top + 30 || inner.bottom > outer.bottom) frame.scrollTop += inner.top - outer.top - outer.height / 3;
}

// Where the rows are the same as before, only the cells that differ are written.
function draw(frame, state, data) {
  const same = state.rows?.length === data.rows.length && state.rows.every((row, place) => row.id === data.rows[place].id);
  if (!same || state.columns !== data.columns.map((column) => column.title).join("|")) return drawAll(frame, state, data);
  const lines = frame.querySelectorAll("tr[data-id]");
  data.rows.forEach((row, place) => {
    const old = state.rows[place];
    row.cells.forEach((text, column) => {
      if (text === old.cells[column] && row.marks[column] === old.marks[column]) return;
      fill(lines[place].cells[column], text, row.marks[column]);
    });
  });
}

function drawAll(frame, state, data) {
  state.columns = data.columns.map((column) => column.title).join("|");
  const table = document.createElement("table");
  table.setAttribute("aria-label", data.alt);
  const head = table.createTHead().insertRow();
  data.columns.forEach((column) => {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = column.title;
    if (column.number) cell.className = "number";
    if (column.help) cell.title = column.help;
    head.append(cell);
  });
  const body = table.createTBody();
  data.rows.forEach((row) => {
    const line = body.insertRow();
    line.dataset.id = row.id;
    line.setAttribute("aria-selected", "false");
    row.cells.forEach((text, column) => {
      const cell = line.insertCell();
      if (data.columns[column].number) cell.classList.add("number");
      fill(cell, text, row.marks[column]);
    });
  });
  frame.replaceChildren(table);
}

function fill(cell, text, mark) {
  cell.textContent = text;
  cell.classList.remove("grew", "shrank", "new");
  if (mark) cell.classList.add(mark);
}
