// A picture in the size of a slide, as a file.
import { save, savePng } from "./save.js";

export default function ({ data, parentElement }) {
  const said = parentElement.querySelector(".said");
  parentElement.querySelectorAll("button").forEach((button) => {
    button.onclick = async () => {
      const address = new URL(`${data.address}?${new URLSearchParams(data.query)}`, document.baseURI);
      const answer = await fetch(address).catch(() => null);
      const text = (await answer?.text()) ?? "";
      said.textContent = answer?.ok ? "" : `No picture: ${answer ? JSON.parse(text).error : "the server is away"}.`;
      if (!answer?.ok) return;
      if (button.dataset.kind === "png") savePng(text, `${data.name}.png`);
      else save(new Blob([text], { type: "image/svg+xml" }), `${data.name}.svg`);
    };
  });
}
