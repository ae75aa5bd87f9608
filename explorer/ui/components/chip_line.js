// What was edited, as chips that can be taken back, and what it is compared with.
export default function ({ data, parentElement, setTriggerValue }) {
  const line = parentElement.querySelector(".line");
  const focused = parentElement.activeElement ?? line.getRootNode().activeElement;
  const place = [...line.querySelectorAll("button")].indexOf(focused);
  const isChoosing = focused?.localName === "select";
  const title = document.createElement("strong");
  title.textContent = data.title;
  const words = document.createElement("span");
  const isEdited = data.chips.length > 0;
  if (!isEdited) words.textContent = "as it was published: nothing is edited";
  else if (!data.against) words.textContent = "against the original";
  const chips = data.chips.map((text) => {
    const chip = document.createElement("button");
    chip.className = "chip";
    chip.append(text, cross());
    chip.setAttribute("aria-label", `Take back: ${text}`);
    chip.addEventListener("click", () => setTriggerValue("removed", text));
    return chip;
  });
  const reset = document.createElement("button");
  reset.textContent = "Reset";
  reset.addEventListener("click", () => setTriggerValue("reset", true));
  const against = data.against ? [choice(data.against, setTriggerValue)] : [];
  line.replaceChildren(title, ...chips, words, ...against, ...(isEdited ? [reset] : []));
  if (isChoosing) line.querySelector("select")?.focus();
  else if (place >= 0) [...line.querySelectorAll("button")].at(Math.min(place, data.chips.length))?.focus();
}

function choice({ value, titles }, setTriggerValue) {
  const label = document.createElement("label");
  const select = document.createElement("select");
  for (const [text, title] of titles) select.append(new Option(title, text, false, text === value));
  select.addEventListener("change", () => setTriggerValue("against", select.value));
  label.append("against", select);
  return label;
}

function cross() {
  const mark = document.createElement("i");
  mark.textContent = "×";
  mark.setAttribute("aria-hidden", "true");
  return mark;
}
