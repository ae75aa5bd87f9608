// What a keyboard and a screen reader need and a page does not have by itself: formulas that are wider than their place
// can be focused, and so scrolled.
export default function () {
  const look = () => {
    waiting = 0;
    document.querySelectorAll(".katex-display").forEach((one) => {
      if (one.scrollWidth > one.clientWidth) one.tabIndex = 0;
      else one.removeAttribute("tabindex");
    });
    // Streamlit gives the place to drop a file on a name, and a role that may have none.
    document.querySelectorAll("[data-testid=stFileUploaderDropzone]").forEach((one) => one.setAttribute("role", "group"));
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
