// A click on a sentence shows the gaze on its words; a second one hides it. Selecting text is not a click.
element.addEventListener("click", (event) => {
  const sentence = event.target.closest(".sentence");
  if (sentence && String(getSelection()) === "") sentence.classList.toggle("opened");
});
