// Filters the cards of the index page by category and by words in caption, family or id.
"use strict";
(() => {
  const cards = [...document.querySelectorAll("#cards > li")];
  const choices = [...document.querySelectorAll("button.choice")];
  const search = document.getElementById("search");
  let category = "";

  function apply() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const card of cards) {
      const fits = (!category || card.dataset.category === category) &&
        words.every((word) => card.dataset.words.includes(word));
      card.hidden = !fits;
      shown += fits;
    }
    document.getElementById("count").textContent =
      shown === cards.length ? "" : `${shown} of ${cards.length} clips`;
  }

  for (const choice of choices) {
    choice.addEventListener("click", () => {
      category = choice.dataset.category;
      for (const other of choices) other.setAttribute("aria-pressed", other === choice);
      apply();
    });
  }
  search.addEventListener("input", apply);
  apply();
})();
