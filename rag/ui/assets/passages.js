// A click on a sentence shows the gaze on its words; a second one hides it. Selecting text is not a click.
element.addEventListener("click", (event) => {
  if (event.target.closest("button")) return; // a reference opens what it refers to
  const sentence = event.target.closest(".sentence");
  if (sentence && String(getSelection()) === "") sentence.classList.toggle("opened");
});
