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
  // A form of the page's dialog: what was filled in goes to the server, nothing is posted.
  submit(event, emit) {
    event.preventDefault();
    emit(Object.fromEntries(new FormData(event.target)));
  },
  enterSubmits(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  },
  // Ready-made replies: a list under `/` at the beginning of a line. Its texts are set as text, never as HTML.
  key(event, emit) {
    const list = composer.list;
    if (list && list.box === event.target && !event.isComposing && event.keyCode !== 229) {
      const moves = { ArrowDown: 1, ArrowUp: -1 };
      if (event.key in moves) { event.preventDefault(); composer.move(moves[event.key]); return; }
      if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") {
        if (list.found.length) { event.preventDefault(); composer.take(list.found[list.at]); return; }
      }
      if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); composer.close(); composer.dismissed = composer.query(list.box)?.text; return; }
    }
    warmline.enter(event, emit);
  },
  // What stands between a `/` that begins a line and the cursor.
  query(box) {
    const before = box.value.slice(0, box.selectionStart);
    const start = before.lastIndexOf("\n") + 1;
    const line = before.slice(start);
    return /^\/[^\s/]*$/u.test(line) ? { start, end: box.selectionStart, text: line.slice(1).toLowerCase() } : null;
  },
  typed(box) {
    const asked = (box.dataset.conversation || "").startsWith("note:") ? null : composer.query(box);
    if (!asked || asked.text === composer.dismissed) { composer.close(); return; }
    composer.dismissed = undefined;
    if (!composer.list || composer.list.box !== box) {
      composer.close();
      composer.list = { box, all: null, found: [], at: 0 };
      box.dispatchEvent(new CustomEvent("canned"));
    }
    composer.draw();
  },
  offer(id, items) {
    const list = composer.list;
    if (!list || list.box.id !== id) return;
    list.all = items;
    composer.draw();
  },
  draw() {
    const list = composer.list, asked = list && composer.query(list.box);
    if (!list || !list.all) return;
    if (!asked) { composer.close(); return; }
    const begins = list.all.filter((item) => item.name.startsWith(asked.text));
    list.found = [...begins, ...list.all.filter((item) => !begins.includes(item) && (item.name.includes(asked.text) || item.text.toLowerCase().includes(asked.text)))];
    list.at = Math.min(list.at, Math.max(0, list.found.length - 1));
    list.frame?.remove();
    const frame = list.frame = document.createElement("div");
    frame.className = "canned-list";
    frame.id = `${list.box.id}-canned`;
    frame.setAttribute("role", "listbox");
    frame.setAttribute("aria-label", list.box.dataset.list || "");
    frame.dataset.testid = "canned";
    if (!list.found.length) {
      const none = frame.appendChild(document.createElement("p"));
      none.className = "quiet";
      none.textContent = list.box.dataset.none || "";
    }
    list.found.forEach((item, place) => {
      const row = frame.appendChild(document.createElement("div"));
      row.id = `${frame.id}-${place}`;
      row.className = "canned-row";
      row.setAttribute("role", "option");
      row.dataset.testid = "canned-row";
      const name = row.appendChild(document.createElement("b"));
      name.textContent = `/${item.name}`;
      const text = row.appendChild(document.createElement("span"));
      text.dir = "auto";
      for (const piece of item.text.split(/(\{[a-z]+\})/)) {
        const part = text.appendChild(document.createElement(/^\{[a-z]+\}$/.test(piece) ? "mark" : "span"));
        part.textContent = piece;
      }
      row.addEventListener("mousedown", (event) => { event.preventDefault(); composer.take(item); });
    });
    const around = list.box.getBoundingClientRect();
    frame.style.left = `${around.left}px`;
    frame.style.width = `${around.width}px`;
    frame.style.bottom = `${innerHeight - around.top + 6}px`;
    frame.style.maxHeight = `${Math.min(340, around.top - 12)}px`;
    document.body.appendChild(frame);
    list.box.setAttribute("aria-controls", frame.id);
    composer.move(0);
  },
  move(by) {
    const list = composer.list, rows = [...list.frame.querySelectorAll("[role=option]")];
    if (!rows.length) { list.box.removeAttribute("aria-activedescendant"); return; }
    list.at = (list.at + by + rows.length) % rows.length;
    rows.forEach((row, place) => row.setAttribute("aria-selected", String(place === list.at)));
    rows[list.at].scrollIntoView({ block: "nearest" });
    list.box.setAttribute("aria-activedescendant", rows[list.at].id);
  },
  take(item) {
    const { box } = composer.list, asked = composer.query(box);
    composer.close();
    if (asked) composer.put(box, item.text, asked.start, asked.end);
  },
  close() {
    const list = composer.list;
    composer.list = null;
    list?.frame?.remove();
    list?.box.removeAttribute("aria-activedescendant");
    list?.box.removeAttribute("aria-controls");
  },
  // As if it were typed, so that it can be undone and is saved as a draft. What is missing is selected.
  put(box, text, start, end) {
    box.focus();
    box.setRangeText(text, start, end, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
    composer.select(box.id, /\{[a-z]+\}/.exec(text)?.[0]);
  },
  insert(id, text) {
    const box = document.getElementById(id);
    if (!box || box.disabled) return;
    const before = box.value && !/\s$/.test(box.value) ? "\n" : "";
    composer.put(box, before + text, box.value.length, box.value.length);
  },
  select(id, what) {
    const box = document.getElementById(id), at = what ? box.value.indexOf(what) : -1;
    if (at < 0) return;
    box.focus();
    box.setSelectionRange(at, at + what.length);
  },
  choose(form, name, value) {
    const radio = form.querySelector(`input[name="${name}"][value="${value}"]`);
    if (radio) radio.checked = true;
  },
};

// A menu closes when something in it is chosen, and when one presses elsewhere or Escape.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.more[open]")) {
    if (!menu.contains(event.target) || event.target.closest(".more-list button")) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.more[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Alt+1, 2, 3: take a suggestion, also while writing.
document.addEventListener("keydown", (event) => {
  const place = event.altKey && !event.ctrlKey && !event.metaKey && /^Digit([1-3])$/.exec(event.code)?.[1];
  const suggestion = place && document.querySelector(`.suggestion[data-place="${place}"]`);
  if (suggestion) { event.preventDefault(); suggestion.click(); }
});
document.addEventListener("focusout", (event) => { if (composer.list?.box === event.target) composer.close(); });

// <closes-in at=ISO label=TEXT>: how long until then, in hours and minutes; `soon` in the last two hours.
customElements.define("closes-in", class extends HTMLElement {
  static observedAttributes = ["at", "label"];
  connectedCallback() { this.timer = setInterval(() => this.tick(), 1000); this.tick(); }
  disconnectedCallback() { clearInterval(this.timer); }
  attributeChangedCallback() { this.tick(); }
  tick() {
    const left = Math.floor((Date.parse(this.getAttribute("at")) - Date.now() - (window.warmlineSkew || 0)) / 60000);
    if (Number.isNaN(left)) { this.textContent = ""; return; }
    const minutes = Math.max(0, left);
    const text = (this.getAttribute("label") || "{time}").replace("{time}", `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`);
    if (this.textContent !== text) this.textContent = text;
    this.classList.toggle("soon", minutes < 120);
  }
});
