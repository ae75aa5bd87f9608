// The one node that a page looks at, told to every diagram and table of it at once, where the server knows better than
// a click: a link, a step back.
export function tell(id) {
  if (window.explorerTold === id) return;
  window.explorerTold = window.explorerPicked = id;
  window.dispatchEvent(new CustomEvent("explorer-picked", { detail: id }));
}
