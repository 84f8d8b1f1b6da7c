// The button shows the page of the source, and hides it again.
element.addEventListener("click", (event) => {
  const button = event.target.closest("button.original");
  if (button) trigger("select", { open: button.getAttribute("aria-expanded") === "false" });
});
