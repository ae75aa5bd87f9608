const part = (tag, words, name, ...children) => {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = words;
  made.append(...children);
  return made;
};

function card(one, open) {
  const picture = part("div", "", "thumbnail");
  // The server's own drawing, made by an XML writer; everything else is set as text.
  picture.innerHTML = one.svg;
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", one.alt);
  const link = part("a", one.title, "title");
  link.href = one.href;
  const other = part("a", "Compare", "other");
  other.href = one.compare;
  const numbers = part("dl", "", "numbers");
  for (const [name, value] of one.numbers) {
    numbers.append(part("div", "", "number", part("dt", name, ""), part("dd", value, "")));
  }
  const head = part("div", "", "head", link, part("span", one.year, "year"));
  const foot = part("div", "", "foot", part("span", one.family, "family"), other);
  const made = part("article", "", "card", picture, head, part("p", one.introduced, "introduced"), numbers, foot);
  for (const [anchor, where] of [[link, "open"], [other, "compare"]]) {
    anchor.onclick = (event) => {
      // A new tab or window is the browser's business.
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      open(where, one.id);
    };
  }
  return made;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const frame = parentElement.querySelector(".gallery");
  if (frame.drawn === data.version) return;
  frame.drawn = data.version;
  parentElement.querySelector(".legend").replaceChildren(
    ...data.legend.map(([name, colour]) => part("span", "", "", part("span", "", `swatch ${colour}`), name)),
  );
  frame.replaceChildren(...data.cards.map((one) => card(one, (where, id) => setTriggerValue(where, id))));
}
