// Choosing an answer shows its evidence; a new one scrolls into view.
element.addEventListener("click", (event) => {
  const reply = event.target.closest("[data-turn]");
  if (reply) trigger("select", { turn: Number(reply.dataset.turn) });
});
watch("value", () => {
  const last = element.querySelector(".turn:last-child");
  const list = element.querySelector(".turns");
  if (list && last) list.scrollTop = list.scrollHeight;
});
