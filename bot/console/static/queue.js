/* The queue's lines and what a search finds, drawn in the browser from one attribute of JSON; every text is set as text. */
(() => {
  const make = (kind, css, text, attributes = {}) => {
    const made = document.createElement(kind);
    if (css) made.className = css;
    if (text) made.textContent = text;
    for (const [name, value] of Object.entries(attributes)) if (value != null) made.setAttribute(name, value);
    return made;
  };
  const icon = (name, css = "") => make("span", `material-icons icon ${css}`.trim(), name, { "aria-hidden": "true", translate: "no" });

  // Today's time of day, else the date; of another year with it.
  const when = (iso) => {
    const moment = new Date(iso);
    if (Number.isNaN(moment.getTime())) return "";
    const now = new Date(Date.now() + (window.warmlineSkew || 0));
    const lang = document.documentElement.lang || "en";
    const form = moment.toDateString() === now.toDateString() ? { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }
      : moment.getFullYear() === now.getFullYear() ? { day: "numeric", month: "short" } : { dateStyle: "medium" };
    return new Intl.DateTimeFormat(lang, form).format(moment);
  };

  const heat = ({ level, label }) => {
    const mark = make("span", `heat heat-${level}`, "", { role: "img", "aria-label": label, title: label, "data-testid": "severity", "data-severity": level });
    for (let step = 1; step <= 5; step++) mark.append(make("i", step <= level ? "on" : ""));
    mark.append(make("span", "number", String(level), { "aria-hidden": "true" }));
    return mark;
  };

  const marks = (face) => {
    const line = make("span", "row-marks");
    if (face.severity) line.append(heat(face.severity));
    if (face.closing) {
      const soon = make("span", "fact-mark trouble", "", { title: face.closing.why, "data-testid": "closes-soon" });
      soon.append(icon("hourglass_bottom"), make("span", "", face.closing.soon));
      line.append(soon);
    }
    if (face.emotion) {
      const chip = make("span", `chip emotion emotion-${face.emotion.name}`, "", { "data-testid": "emotion", "data-emotion": face.emotion.name });
      chip.append(icon(face.emotion.icon), make("span", "", face.emotion.label));
      line.append(chip);
    }
    const channel = make("span", "fact-mark", "", { role: "img", "aria-label": face.channel.label, title: face.channel.label });
    channel.append(icon(face.channel.icon));
    line.append(channel);
    if (face.language) line.append(make("span", "fact-mark", face.language));
    if (face.target) {
      const { due, label, late } = face.target;
      line.append(make("wait-clock", "fact-mark target", "", { until: due, title: label, late, role: "timer", "data-testid": "target" }));
    }
    for (const name of (face.tags || []).slice(0, 3)) line.append(make("bdi", "row-tag", name, { title: name }));
    if (face.tags?.length > 3) line.append(make("span", "fact-mark", `+${face.tags.length - 3}`));
    return line;
  };

  const top = (face) => {
    const line = make("span", "row-top");
    line.append(make("bdi", "row-name", face.name, { dir: "auto" }));
    if (face.since) {
      line.append(make("wait-clock", "wait", "", { since: face.since, title: face.waits, due: face.due, late: face.late, "data-testid": "wait" }));
    } else if (face.at) {
      line.append(make("time", "wait quiet", when(face.at), { datetime: face.at }));
    }
    return line;
  };

  // An element that is drawn anew when an attribute of it changes, once for all that change together. Its button stays: it may have the focus.
  class Line extends HTMLElement {
    connectedCallback() { this.draw(); }
    attributeChangedCallback() {
      if (this.due || !this.isConnected) return;
      this.due = true;
      queueMicrotask(() => { this.due = false; this.draw(); });
    }
    draw() {
      if (!this.hasAttribute("face")) return;
      if (!this.button) {
        this.button = make("button", "entry", "", { type: "button", "data-testid": this.localName });
        this.append(this.button);
      }
      this.button.replaceChildren(...this.lines(JSON.parse(this.getAttribute("face"))));
    }
  }

  customElements.define("queue-row", class extends Line {
    static observedAttributes = ["face", "chosen", "unread", "mine", "followed"];
    lines(face) {
      const chosen = this.getAttribute("chosen") === "true";
      if (chosen && this.button.getAttribute("aria-current") === "false") this.scrollIntoView({ block: "nearest" });
      this.button.setAttribute("aria-current", String(chosen));
      const mine = this.getAttribute("mine") === "true";
      const first = top(face);
      const followed = this.getAttribute("followed");
      if (followed) {
        const mark = make("span", "fact-mark", "", { role: "img", "aria-label": followed, title: followed, "data-testid": "followed" });
        mark.append(icon("visibility"));
        first.append(mark);
      }
      const unread = this.getAttribute("unread");
      if (unread) {
        const label = this.getAttribute("unread-label");
        first.append(make("span", "unread", unread, { role: "img", "aria-label": label, title: label, "data-testid": "unread" }));
      }
      const lines = [first, marks(face)];
      if (face.why) {
        const why = make("span", "row-why", "", { "data-testid": "queue-why" });
        why.append(make("b", "", face.problem ? `${face.why.reason} · ${face.problem}` : face.why.reason));
        if (face.why.words) why.append(make("q", "clip", face.why.words, { dir: "auto" }));
        lines.push(why);
      }
      if (face.last) {
        const last = make("span", "row-last");
        if (face.last.ours) last.append(icon("reply", "quiet"));
        last.append(make("span", "clip", face.last.text, { dir: "auto" }));
        lines.push(last);
      }
      if (face.held) {
        const held = make("span", "row-why held", "", { "data-testid": "queue-held" });
        held.append(make("span", "clip", mine ? face.mine : face.held));
        if (mine && face.unanswered) held.append(make("span", "unanswered", face.unanswered));
        lines.push(held);
      }
      return lines;
    }
  });

  customElements.define("search-hit", class extends Line {
    static observedAttributes = ["face"];
    lines(face) {
      const said = make("span", "hit-text", "", { dir: "auto" });
      for (const [text, marked] of face.parts || []) said.append(make(marked ? "mark" : "span", "", text));
      const by = make("span", "row-why", "");
      by.append(make("b", "", face.by));
      return face.parts ? [top(face), by, said] : [top(face), marks(face), by];
    }
  });

  // <more-lines>: presses the button in it when it comes into sight.
  customElements.define("more-lines", class extends HTMLElement {
    connectedCallback() {
      this.watcher = new IntersectionObserver((seen) => {
        if (seen.some((entry) => entry.isIntersecting)) this.querySelector("button")?.click();
      }, { rootMargin: "300px" });
      this.watcher.observe(this);
    }
    disconnectedCallback() { this.watcher?.disconnect(); }
  });

  const chosen = (event, emit) => {
    const line = event.target.closest("[data-conversation]");
    if (line) emit(line.dataset.conversation, line.dataset.message || "");
  };

  // What is typed is told after a pause, and at once on Enter; Escape empties the box, and leaves it when it is empty.
  let pause;
  const typed = (event, emit) => {
    clearTimeout(pause);
    const box = event.target;
    pause = setTimeout(() => emit(box.value), event.isComposing ? 600 : 250);
  };
  const pressed = (event, emit) => {
    if (event.isComposing || event.keyCode === 229) return;
    const box = event.target;
    if (event.key === "Enter") { clearTimeout(pause); emit(box.value); }
    if (event.key !== "Escape") return;
    event.preventDefault();
    if (!box.value) { box.blur(); return; }
    clearTimeout(pause);
    box.value = "";
    emit("");
  };
  addEventListener("keydown", (event) => {
    if (event.key !== "/" && !(event.code === "Slash" && !event.shiftKey && event.key !== "?")) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    const box = document.getElementById("search");
    if (!box || box.dataset.slash !== "on" || box.offsetParent === null || document.querySelector(".q-dialog")) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
  const fill = (text) => {
    const box = document.getElementById("search");
    if (box) box.value = text;
  };
  window.warmlineQueue = { chosen, typed, pressed, fill };
})();
