// What follows a hand, by GET.

/**
 * Follows a hand: one request at a time, and of all that came meanwhile only the newest value.
 * @template T
 * @param {(value: T) => Promise<object | null>} ask
 * @param {(answer: object, value: T) => void} paint
 */
export function follower(ask, paint) {
  let waiting = null;
  let busy = false;
  return async (value) => {
    waiting = { value };
    if (busy) return;
    busy = true;
    while (waiting !== null) {
      const asked = waiting.value;
      waiting = null;
      const answer = await ask(asked).catch(() => null);
      if (answer) paint(answer, asked);
    }
    busy = false;
  };
}

/**
 * What the server says of a network; null where there is no such network.
 * @param {string} address beside that of the page
 * @param {Record<string, string>} query of the network, and of what is asked beside it
 */
export async function ask(address, query) {
  const answer = await fetch(new URL(`${address}?${new URLSearchParams(query)}`, document.baseURI));
  return answer.ok ? answer.json() : null;
}

/**
 * What the elements of a page want to hear of a network beside its numbers, by the names of the server's answer.
 * @returns {Record<string, string>} to be asked with it
 */
export function wanted() {
  return (window.explorerWanted ??= {});
}

/**
 * Draws an element anew while a hand moves.
 * @param {string} name what of the server's answer it is drawn from
 * @param {(part: object) => void} paint
 * @returns {() => void} what ends it
 */
export function listenTo(name, paint) {
  const follow = ({ detail }) => detail[name] && paint(detail[name]);
  wanted()[name] = "1";
  window.addEventListener("explorer-live", follow);
  return () => {
    delete wanted()[name];
    window.removeEventListener("explorer-live", follow);
  };
}

/** Tells all of the page what a network is while a hand moves. */
export function spread(answer, query) {
  window.dispatchEvent(new CustomEvent("explorer-live", { detail: { ...answer, query } }));
}
