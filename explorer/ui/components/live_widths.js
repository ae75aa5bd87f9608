// While a hand moves a width, the numbers and bars of the page follow by GET; the session hears of it on release.

/** Milliseconds in which the page's own slider has followed the hand. */
const PATIENCE = 250;

/**
 * Follows a hand: one request at a time, and of all that came meanwhile only the newest value.
 * @param {(value: string) => Promise<object | null>} ask
 * @param {(answer: object) => void} paint
 */
export function follower(ask, paint) {
  let waiting = null;
  let busy = false;
  return async (value) => {
    waiting = value;
    if (busy) return;
    busy = true;
    while (waiting !== null) {
      const asked = waiting;
      waiting = null;
      const answer = await ask(asked).catch(() => null);
      if (answer) paint(answer);
    }
    busy = false;
  };
}

/** The numbers and bars of a network with one value changed; null where there is no such network. */
async function numbers({ address, query, key }, value) {
  const changed = new URLSearchParams({ ...query, [key]: value });
  const answer = await fetch(new URL(`${address}?${changed}`, document.baseURI));
  return answer.ok ? answer.json() : null;
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector("span");
  const state = (root.state ??= listen());
  state.data = data;
  state.start();
  return state.stop;
}

function listen() {
  const state = { data: null, slider: null, told: "" };
  const follow = follower(
    (value) => numbers(state.asked, value),
    (answer) => window.dispatchEvent(new CustomEvent("explorer-live", { detail: answer })),
  );
  const look = () => {
    const slider = document.activeElement;
    const sliders = [...document.querySelectorAll(`.${state.data.within} input[type=range]`)];
    const place = sliders.indexOf(slider);
    if (place < 0 || (slider === state.slider && slider.value === state.told)) return;
    const isMoved = slider === state.slider;
    [state.slider, state.told] = [slider, slider.value];
    if (!isMoved) return;
    state.asked = { ...state.data, key: state.data.keys[place] };
    follow(slider.value);
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
