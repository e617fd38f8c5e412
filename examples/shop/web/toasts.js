/** What happened just now, for a while. The place for them is a live region: it is read out. */

import { at, element, icon } from "./dom.js";

/** Long enough to read two lines twice. It stays while it is pointed at or has the focus. */
const SHOWN = 8000;

/** More at a time would hide the page. */
const MOST = 3;

export function toast({ title, note, icon: name, color }) {
  const dismissing = { type: "button", class: "plain", "aria-label": "Dismiss" };
  const close = element("button", dismissing, icon("close"));
  const shown = element(
    "div",
    { class: "toast", "data-color": color },
    icon(name),
    element(
      "div",
      {},
      element("p", { class: "toast-title" }, title),
      note && element("p", {}, note),
    ),
    close,
  );
  let timer;
  const begin = () => {
    clearTimeout(timer);
    timer = setTimeout(() => isHeld(shown) || shown.remove(), SHOWN);
  };
  // Whoever lets go of it has the whole time once more.
  for (const type of ["pointerleave", "focusout"]) shown.addEventListener(type, begin);
  close.addEventListener("click", () => {
    shown.remove();
    // Where the focus was there is nothing any more; what is being read stays where it is.
    at("main").focus({ preventScroll: true });
  });
  begin();
  const place = at("toasts");
  place.append(shown);
  const tooMany = [...place.children].slice(0, -MOST);
  for (const old of tooMany) if (!isHeld(old)) old.remove();
}

const isHeld = (toast) => toast.matches(":hover, :focus-within");
