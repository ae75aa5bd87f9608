// Draws components by scripts that a browser keeps. What a run draws before a script has come is drawn then. Streamlit
// calls what a script returned only when its element goes: what the run before listened to ends before the next.
const drawn = new WeakMap();

const end = (element) => {
  drawn.get(element)?.stop?.();
  drawn.delete(element);
};

export async function show(script, component) {
  const element = component.parentElement;
  const module = await import(new URL(script, import.meta.url).href);
  end(element);
  const mine = { stop: module.default(component) };
  drawn.set(element, mine);
  return () => drawn.get(element) === mine && end(element);
}
