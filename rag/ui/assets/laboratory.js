// A press on a head or a token chooses it.
element.addEventListener("click", (event) => {
  const { layer, head, token } = event.target.closest("button")?.dataset ?? {};
  if (layer) trigger("select", { layer: Number(layer), head: Number(head) });
  else if (token) trigger("select", { token: Number(token) });
});
