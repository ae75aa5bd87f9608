// The switches of a network: each says what it changes before it is turned. Keys 1 to 5 turn them.
export default function ({ data, parentElement, setTriggerValue }) {
  const list = parentElement.querySelector(".switches");
  list.turn = (id) => setTriggerValue("turned", { id, now: Date.now() });
  list.said = parentElement.querySelector(".said");
  draw(list, data.switches);
  const follow = ({ detail }) => detail.switches && draw(list, detail.switches);
  const key = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping()) return;
    const button = list.children[Number(event.key) - 1];
    if (/^[1-9]$/.test(event.key) && button) button.click();
  };
  window.addEventListener("explorer-live", follow);
  document.addEventListener("keydown", key);
  return () => {
    window.removeEventListener("explorer-live", follow);
    document.removeEventListener("keydown", key);
  };
}

/** Whether a key is meant for a field: those of the components are in shadows of their own. */
function isTyping() {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  return Boolean(focused?.closest("input, textarea, select, [contenteditable], [role=slider], [role=combobox]"));
}

function draw(list, switches) {
  if (list.children.length !== switches.length) list.replaceChildren(...switches.map((one, at) => button(list, at + 1)));
  switches.forEach((one, at) => paint(list, list.children[at], one));
}

function button(list, number) {
  const made = document.createElement("button");
  made.innerHTML = '<i aria-hidden="true"></i><b></b><span class="params"></span><span class="macs"></span>';
  made.setAttribute("role", "switch");
  made.setAttribute("aria-keyshortcuts", String(number));
  made.addEventListener("click", () => {
    if (made.getAttribute("aria-disabled") === "true") return;
    const on = made.getAttribute("aria-checked") !== "true";
    made.setAttribute("aria-checked", String(on)); // at once; the answer says what became of it
    made.isTurned = true;
    list.turn(made.id);
  });
  return made;
}

function paint(list, made, one) {
  made.id = one.id;
  made.title = one.help;
  made.setAttribute("aria-checked", String(one.on));
  made.setAttribute("aria-disabled", String(!one.can));
  made.querySelector("b").textContent = one.title;
  made.querySelector(".params").textContent = one.params;
  made.querySelector(".macs").textContent = one.macs;
  made.setAttribute("aria-label", `${one.title}. ${one.params} ${one.macs}`);
  if (made.isTurned) list.said.textContent = `${one.title} ${one.on ? "on" : "off"}: ${one.said}`;
  made.isTurned = false;
}
