// Removing asks first.
let chosen = null;
element.addEventListener("click", (event) => {
  const dialog = element.querySelector("dialog");
  const button = event.target.closest("button");
  if (!dialog || !button) return;
  if (button.dataset.remove) {
    chosen = button.dataset.remove;
    dialog.querySelector(".title").textContent = button.dataset.title;
    dialog.showModal();
    return;
  }
  dialog.close();
  if (button.classList.contains("confirm") && chosen) trigger("delete", { document: chosen });
  chosen = null;
});
