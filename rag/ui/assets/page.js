// Runs once when the page has loaded.
() => {
  document.documentElement.lang = navigator.language.startsWith("ja") ? "ja" : "en";

  // Enter that ends a conversion of an input method must not send the question. Safari reports it after the end of the
  // composition, known only by key code 229, and may let a plain "keypress" follow.
  let converting = false;
  const guard = (event) => {
    if (event.key !== "Enter" || !(event.target instanceof HTMLTextAreaElement)) return;
    if (event.type === "keydown") converting = event.isComposing || event.keyCode === 229;
    if (converting || event.isComposing) event.stopImmediatePropagation();
  };
  for (const type of ["keydown", "keypress"]) window.addEventListener(type, guard, { capture: true });
}
