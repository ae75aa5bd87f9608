// What was edited, as chips that can be taken back.
export default function ({ data, parentElement, setTriggerValue }) {
  const line = parentElement.querySelector(".line");
  const focused = parentElement.activeElement ?? line.getRootNode().activeElement;
  const place = [...line.querySelectorAll("button")].indexOf(focused);
  const title = document.createElement("strong");
  title.textContent = data.title;
  const words = document.createElement("span");
  words.textContent = data.chips.length ? "against the original" : "as it was published: nothing is edited";
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
  line.replaceChildren(title, ...chips, words, ...(data.chips.length ? [reset] : []));
  if (place >= 0) [...line.querySelectorAll("button")].at(Math.min(place, data.chips.length))?.focus();
}

function cross() {
  const mark = document.createElement("i");
  mark.textContent = "×";
  mark.setAttribute("aria-hidden", "true");
  return mark;
}
