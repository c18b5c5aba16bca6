/* The reply box and what is around it: the few things only the browser can do. */
window.composer = {
  // A tag is named by Enter, or by choosing a suggestion (which has no letter of its own).
  named(event, emit) {
    if (event.key === "Escape") event.target.blur();
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    composer.name(event.target, emit);
  },
  chosen(event, emit) {
    if (event.inputType === "insertReplacementText" || !event.inputType) composer.name(event.target, emit);
  },
  name(field, emit) {
    const name = field.value.trim();
    field.value = "";
    if (name) emit(name);
  },
};
