"""A small picture in the page: SVG made by `explorer.draw.svg`, coloured by the theme."""

from __future__ import annotations

from explorer.draw import colours
from explorer.ui.components.asset import component

_COLOURS = "\n".join(
    f".{name} {{ stroke: {colour}; fill: {colour}; }} text.{name} {{ fill: {colour}; }}"
    for name, colour in colours.PALETTE.items()
)

_CSS = f"""
.picture {{ overflow: auto; text-align: center; }}
svg {{ max-width: 100%; height: auto; }}
rect, circle, path, polygon, polyline, line, ellipse {{ fill-opacity: 0.18; stroke-width: 1.3; }}
{_COLOURS}
.solid {{ fill-opacity: 1; }}
.line {{ fill: none; }}
svg text {{ fill: var(--st-text-color); stroke: none; font-family: var(--st-font); font-size: 12px; }}
text.muted {{ opacity: 0.65; }}
text.title {{ font-weight: 600; }}
@media print {{ .picture {{ overflow: visible; }} .full svg {{ max-width: 100%; }} }}
@media (max-width: 640px) {{ .full svg {{ max-width: none; }} }}
"""

_JS = """
export default function ({ data, parentElement }) {
  const frame = parentElement.querySelector(".picture");
  frame.classList.toggle("full", data.full);
  frame.setAttribute("role", "img");
  frame.setAttribute("aria-label", data.alt);
  draw(frame, data.svg);
  // What is wider than its place is scrolled, by the keyboard too.
  const watch = new ResizeObserver(() => {
    if (frame.scrollWidth > frame.clientWidth) frame.tabIndex = 0;
    else frame.removeAttribute("tabindex");
  });
  watch.observe(frame);
  const follow = ({ detail }) => data.follows && draw(frame, detail.pictures[data.follows] ?? frame.drawn);
  window.addEventListener("explorer-live", follow);
  return () => {
    watch.disconnect();
    window.removeEventListener("explorer-live", follow);
  };
}

function draw(frame, svg) {
  if (frame.drawn === svg) return;
  frame.drawn = svg;
  frame.innerHTML = svg;
}
"""

_component = component("picture", html='<div class="picture"></div>', css=_CSS, js=_JS)


def show(svg: str, *, key: str, alt: str, shrinks: bool = True, follows: str = "") -> None:
    """Draws a picture.

    Args:
        svg: made by `explorer.draw.svg.document`.
        key: of the element.
        alt: what a screen reader says in its place.
        shrinks: whether it fits itself into a narrow screen; one whose words matter is scrolled instead.
        follows: which of the pictures of `explorer.ui.live` it becomes while a hand moves; none where empty.
    """
    _component(key=key, data={"svg": svg, "alt": alt, "full": not shrinks, "follows": follows})
