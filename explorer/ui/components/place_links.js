// Links to the other pages carry what is shown now, for a new tab: a click in this one needs no more than the page.
// What they stand in is a landmark, for those who do not see it.
export default function ({ data }) {
  const row = document.querySelector(`.st-key-${data.within}`);
  row?.setAttribute("role", "navigation");
  row?.setAttribute("aria-label", "Pages");
  const fill = (event) => {
    const link = event.target.closest?.(`.st-key-${data.within} a[href]`);
    const place = link && data.places.find((one) => one.title === link.textContent.trim());
    if (place) link.search = place.here ? location.search : queryOf(place);
  };
  const queryOf = (place) => {
    const query = new URLSearchParams(place.shares ? location.search : "");
    if (place.shares) data.own.forEach((name) => query.delete(name));
    Object.entries(place.query).forEach(([name, value]) => query.set(name, value));
    return query.toString();
  };
  const events = ["pointerover", "focusin"];
  events.forEach((name) => document.addEventListener(name, fill));
  return () => events.forEach((name) => document.removeEventListener(name, fill));
}
