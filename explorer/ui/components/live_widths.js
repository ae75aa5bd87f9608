// While a hand moves a width, the numbers and bars of the page follow by GET; the session hears of it on release.
import { ask, follower, spread, wanted } from "./follow.js";

/** Milliseconds in which the page's own slider has followed the hand. */
const PATIENCE = 250;

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector("span");
  const state = (root.state ??= listen());
  state.data = data;
  state.start();
  return state.stop;
}

function listen() {
  const state = { data: null, slider: null, told: "" };
  const follow = follower((query) => {
    const { address, baseline } = state.data;
    return ask(address, { effects: "1", ...wanted(), ...(baseline ? { baseline } : {}), ...query });
  }, spread);
  const look = () => {
    const slider = document.activeElement;
    const sliders = [...document.querySelectorAll(`.${state.data.within} input[type=range]`)];
    const place = sliders.indexOf(slider);
    if (place < 0 || (slider === state.slider && slider.value === state.told)) return;
    const isMoved = slider === state.slider;
    [state.slider, state.told] = [slider, slider.value];
    if (!isMoved) return;
    follow({ ...state.data.query, [state.data.keys[place]]: slider.value });
  };
  // The page's own slider moves some frames after the hand.
  let until = 0;
  let watching = false;
  const watch = () => {
    look();
    watching = performance.now() < until;
    if (watching) requestAnimationFrame(watch);
  };
  const soon = (event) => {
    if (event.type === "pointermove" && !event.buttons) return;
    until = performance.now() + PATIENCE;
    if (!watching) requestAnimationFrame(watch);
    watching = true;
  };
  const events = ["pointerdown", "pointermove", "keydown"];
  state.start = () => events.forEach((name) => document.addEventListener(name, soon, true));
  state.stop = () => events.forEach((name) => document.removeEventListener(name, soon, true));
  return state;
}
