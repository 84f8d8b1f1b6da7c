// Removing asks first; tags are written in a dialog of their own.
let chosen = null;
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { remove, tag, title, tags } = button.dataset;
  if (remove || tag) {
    chosen = remove || tag;
    const opened = element.querySelector(remove ? "dialog.removal" : "dialog.tagging");
    opened.querySelector(".title").textContent = title;
    if (tag) opened.querySelector("textarea").value = tags;
    opened.showModal();
    return;
  }
  const dialog = button.closest("dialog");
  if (!dialog) return;
  dialog.close();
  if (button.classList.contains("confirm") && chosen) {
    const written = dialog.querySelector("textarea");
    if (written) trigger("edit", { document: chosen, tags: written.value });
    else trigger("delete", { document: chosen });
  }
  chosen = null;
});
