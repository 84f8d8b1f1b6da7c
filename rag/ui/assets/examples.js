// An example question is asked as it is.
element.addEventListener("click", (event) => {
  const example = event.target.closest("[data-question]");
  if (example) trigger("select", { question: example.dataset.question });
});
