/* The conversation: presses on messages, jumping to one of them, and the menu for corrections. */
(() => {
  const { warmline } = window;

  // One listener for all messages: whatever was pressed says what it does and on which message.
  warmline.act = (event, emit) => {
    const made = event.target.closest("[data-act]");
    if (!made) return;
    const on = made.dataset.on || made.closest("[data-message]")?.dataset.message || "";
    if (made.dataset.act === "jump") made.closest("details[open]")?.removeAttribute("open");
    if (made.dataset.act === "jump" && warmline.jump(on)) return;
    emit(made.dataset.act, on);
  };

  // Shows a message and puts the focus on it; false where it is not drawn (yet).
  warmline.jump = (id) => {
    const found = document.querySelector(`[data-testid="transcript"] [data-message="${CSS.escape(id)}"]`);
    if (!found) return false;
    found.closest("scroll-tail").stick = false;
    found.scrollIntoView({ block: "center" }); // at once: the first steps of a smooth scroll look like reading the end
    found.tabIndex = -1;
    found.focus({ preventScroll: true });
    found.classList.remove("found");
    void found.offsetWidth; // so that the mark is shown anew
    found.classList.add("found");
    return true;
  };

  // Waits for a message that the server is about to draw.
  warmline.jumpSoon = (id, tries = 40) => {
    if (!warmline.jump(id) && tries > 0) setTimeout(() => warmline.jumpSoon(id, tries - 1), 50);
  };

  // Puts a line below what is in the reply box, as if it was typed there.
  warmline.add = (id, conversation, line) => {
    const box = document.getElementById(id);
    if (!box || (box.dataset.conversation || "") !== conversation) return;
    box.value = box.value.trim() ? `${box.value.trimEnd()}\n${line}` : line;
    box.sent = null;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
  };

  // Keeps what is read where it is while earlier messages are put above it.
  warmline.keepPlace = () => {
    const tail = document.querySelector('[data-testid="transcript"]');
    const first = tail?.querySelector("[data-message]");
    if (!first) return;
    const was = first.getBoundingClientRect().top;
    const until = performance.now() + 3000;
    const watcher = new MutationObserver(() => {
      if (!first.isConnected || performance.now() > until) { watcher.disconnect(); return; }
      const moved = first.getBoundingClientRect().top - was;
      if (Math.abs(moved) > 1) { tail.scrollTop += moved; watcher.disconnect(); }
    });
    watcher.observe(tail, { childList: true, subtree: true });
  };

  // Keys inside the menu stay there; arrows go through the feelings.
  warmline.choose = (event) => {
    if (event.key === "Escape" || event.key === "Tab") return;
    event.stopPropagation();
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const group = event.target.closest('[role="radiogroup"]');
    if (!step || !group) return;
    event.preventDefault();
    const all = [...group.querySelectorAll('[role="radio"]')];
    const next = all[(all.indexOf(event.target.closest('[role="radio"]')) + step + all.length) % all.length];
    all.forEach((one) => { one.tabIndex = one === next ? 0 : -1; });
    next.focus();
  };

  // <zone-clock zone=Europe/Athens>: the time of day there, kept right.
  class ZoneClock extends HTMLElement {
    static observedAttributes = ["zone"];
    connectedCallback() { this.timer = setInterval(() => this.tick(), 5000); this.tick(); }
    disconnectedCallback() { clearInterval(this.timer); }
    attributeChangedCallback() { this.tick(); }
    tick() {
      const zone = this.getAttribute("zone");
      if (!zone) return;
      const now = new Date(Date.now() + (window.warmlineSkew || 0));
      const text = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" }).format(now);
      if (this.textContent !== text) this.textContent = text;
    }
  }
  customElements.define("zone-clock", ZoneClock);

  warmline.toMark = (id) => setTimeout(() =>
    document.querySelector(`[data-message="${id}"] [data-act="correct"]`)?.focus({ preventScroll: true }), 350);
})();
