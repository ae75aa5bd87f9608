// Formulas that are wider than their place can be scrolled: by the keyboard too, once they can be focused.
export default function () {
  const look = () => {
    waiting = 0;
    document.querySelectorAll(".katex-display").forEach((one) => {
      if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
      else one.removeAttribute("tabindex");
    });
  };
  let waiting = 0;
  const later = () => (waiting ||= requestAnimationFrame(look));
  const changes = new MutationObserver(later);
  changes.observe(document.body, { childList: true, subtree: true });
  window.addEventListener("resize", later);
  later();
  return () => {
    changes.disconnect();
    window.removeEventListener("resize", later);
    cancelAnimationFrame(waiting);
  };
}
