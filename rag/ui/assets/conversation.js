// Choosing an answer shows its evidence; a new one scrolls into view.
element.addEventListener("click", (event) => {
  const reply = event.target.closest("[data-turn]");
  if (!reply) return;
  trigger("select", { turn: Number(reply.dataset.turn) });
  // On a narrow page the evidence lies far below.
  if (matchMedia("(max-width: 899px)").matches) document.querySelector(".evidence").scrollIntoView({ behavior: "smooth" });
});
watch("value", () => {
  const list = element.querySelector(".turns");
  if (list) list.scrollTop = list.scrollHeight;
});
