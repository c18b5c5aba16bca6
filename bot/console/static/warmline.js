/* Runs before the first paint: the theme, the time zone, and the few things only the browser can do. */
(() => {
  const root = document.documentElement;

  // Theme: the system's unless this browser was told otherwise.
  const kept = () => { try { return localStorage.getItem("warmline-theme"); } catch { return null; } };
  const system = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    const theme = kept() || (system.matches ? "dark" : "light");
    root.dataset.theme = theme;
    document.querySelectorAll("[data-theme-switch]").forEach((b) => b.setAttribute("aria-pressed", String(theme === "dark")));
  };
  paint();
  system.addEventListener("change", paint);
  addEventListener("storage", paint); // the demo page and the console in its frame switch together

  // In the demo's frame the page around it has the switches already.
  if (window.self !== window.top) root.dataset.framed = "";

  // Time zone: the server writes times, so it has to know; one reload, before anything is drawn.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const has = () => document.cookie.includes(`warmline_zone=${encodeURIComponent(zone)}`);
  if (!has()) {
    document.cookie = `warmline_zone=${encodeURIComponent(zone)};path=/;max-age=31536000;samesite=lax`;
    if (has()) location.reload();
  }

  const warmline = {
    switchTheme() {
      const dark = root.dataset.theme !== "dark";
      try { localStorage.setItem("warmline-theme", dark ? "dark" : "light"); } catch { /* private window: until reload */ }
      root.dataset.theme = dark ? "dark" : "light";
      paint();
    },
    language(code) {
      location.assign(`/language/${code}?next=${encodeURIComponent(location.pathname + location.search)}`);
    },
    grow(box) {
      box.style.height = "auto";
      box.style.height = `${Math.min(box.scrollHeight + 2, 220)}px`;
    },
    // Puts a conversation's draft into the box. The box itself is never rendered with a value: typing always wins.
    fill(id, conversation, text) {
      const box = document.getElementById(id);
      if (!box || (box.early && box.early !== conversation)) return;
      if (!box.dataset.conversation) window.socket?.on("disconnect", () => warmline.hold(box));
      const held = warmline.held(conversation), early = box.early ? box.value : "";
      box.dataset.conversation = conversation;
      box.value = (held ?? text) + early;
      box.sent = box.early = null;
      if (held || early) box.dispatchEvent(new Event("input"));
      warmline.grow(box);
      document.querySelector("file-tray")?.draw();
    },
    // A box is shown as another's before its draft comes. What is typed until then goes behind that draft, to nobody else.
    awaits(box) { return box.dataset.for !== box.dataset.conversation; },
    early(box) {
      if (!warmline.awaits(box) || box.early === box.dataset.for) return;
      box.early = box.dataset.for;
      box.value = "";
    },
    // While the server is away, what is typed stays in the browser: the page may be drawn anew when it is back.
    hold(box) {
      const away = window.socket && !window.socket.connected && box.value && !warmline.awaits(box);
      try {
        if (away) sessionStorage.setItem("warmline-held", JSON.stringify([box.dataset.conversation, box.value]));
        else sessionStorage.removeItem("warmline-held");
      } catch { /* private window */ }
    },
    held(conversation) {
      try {
        const [of, text] = JSON.parse(sessionStorage.getItem("warmline-held")) || [];
        if (of !== conversation) return null;
        sessionStorage.removeItem("warmline-held");
        return text;
      } catch { return null; }
    },
    // Sends what is in the box once, however often Enter is pressed before the server answers.
    send(box, emit) {
      if (!box || box.disabled || warmline.awaits(box) || document.querySelector("file-tray")?.send(box)) return;
      if (!box.value.trim() || box.sent === box.value) return;
      box.sent = box.value;
      emit(box.dataset.conversation || "", box.value);
    },
    settle(id, conversation, ok) {
      const box = document.getElementById(id);
      if (!box || (box.dataset.conversation || "") !== conversation) return;
      if (ok && box.sent !== null && box.value.startsWith(box.sent)) box.value = box.value.slice(box.sent.length);
      box.sent = null;
      warmline.hold(box);
      warmline.grow(box);
    },
    enter(event, emit) {
      if (event.key === "Escape") event.target.blur();
      // 229: a key that an input method (Chinese, Japanese, Korean) is still composing with
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      warmline.send(event.target, emit);
    },
    // Until the box has the other draft, which comes after the box is shown as the other's, what was typed would be lost.
    lock(part) {
      const box = part.closest(".composer").querySelector(".box");
      box.readOnly = true;
    },
    focus(id) {
      const box = document.getElementById(id);
      if (!box) return;
      box.readOnly = false;
      if (!box.disabled) box.focus();
    },
  };
  window.warmline = warmline;

  // <wait-clock since=ISO due=ISO>: how long since, ticking; `late` once `due` has passed. warmlineSkew corrects a wrong clock.
  // <wait-clock until=ISO>: how long until then, and `late` by how much after it.
  class WaitClock extends HTMLElement {
    static observedAttributes = ["since", "due", "until"];
    connectedCallback() { this.timer = setInterval(() => this.tick(), 1000); this.tick(); }
    disconnectedCallback() { clearInterval(this.timer); }
    attributeChangedCallback() { this.tick(); }
    tick() {
      const until = Date.parse(this.getAttribute("until"));
      const since = Number.isNaN(until) ? Date.parse(this.getAttribute("since")) : until;
      if (Number.isNaN(since)) { this.textContent = ""; return; }
      const now = Date.now() + (window.warmlineSkew || 0);
      const passed = Math.floor((now - since) / 1000);
      const seconds = Number.isNaN(until) ? Math.max(0, passed) : Math.abs(passed);
      const [m, s] = [Math.floor(seconds / 60), seconds % 60];
      const lang = document.documentElement.lang || "en";
      const unit = (n, name) => new Intl.NumberFormat(lang, { style: "unit", unit: name, unitDisplay: "narrow" }).format(n);
      const sign = Number.isNaN(until) ? "" : passed < 0 ? "−" : "+";
      const text = sign + (m < 60 ? `${m}:${String(s).padStart(2, "0")}`
        : m < 1440 ? `${unit(Math.floor(m / 60), "hour")} ${unit(m % 60, "minute")}`
        : unit(Math.floor(m / 1440), "day"));
      if (this.textContent !== text) this.textContent = text;
      const due = Number.isNaN(until) ? Date.parse(this.getAttribute("due")) : until;
      const late = !Number.isNaN(due) && now > due;
      if (late && !this.classList.contains("late")) this.title = this.getAttribute("late") || this.title;
      this.classList.toggle("late", late);
    }
  }
  customElements.define("wait-clock", WaitClock);

  // <scroll-tail of=ID>: stays at its end while content arrives, unless somebody reads further up; a new ID begins at the end.
  class ScrollTail extends HTMLElement {
    static observedAttributes = ["of"];
    connectedCallback() {
      this.stick = true;
      this.addEventListener("scroll", () => {
        // A scroll that comes with another size is the browser's, not the reader's.
        const size = `${this.scrollHeight}/${this.clientHeight}`;
        if (size !== this.seen) { this.seen = size; if (this.stick) this.end(); return; }
        this.stick = this.scrollHeight - this.scrollTop - this.clientHeight < 60;
        if (this.stick) this.parentElement?.classList.remove("has-new");
      }, { passive: true });
      this.watcher = new MutationObserver(() => this.follow());
      this.watcher.observe(this, { childList: true, subtree: true });
      this.sizer = new ResizeObserver(() => this.stick && this.end());
      this.sizer.observe(this);
      this.end();
    }
    disconnectedCallback() { this.watcher?.disconnect(); this.sizer?.disconnect(); }
    attributeChangedCallback() { this.stick = true; this.end(); }
    follow() {
      const count = this.querySelectorAll("[data-author]").length;
      if (this.stick) this.end();
      else if (this.count && count > this.count) this.parentElement?.classList.add("has-new");
      this.count = count;
    }
    end() {
      requestAnimationFrame(() => {
        if (!this.stick) return; // somebody jumped meanwhile
        this.scrollTop = this.scrollHeight;
        this.seen = `${this.scrollHeight}/${this.clientHeight}`;
      });
    }
  }
  customElements.define("scroll-tail", ScrollTail);

  addEventListener("DOMContentLoaded", () => { paint(); });
  // Buttons drawn later learn the theme too.
  new MutationObserver(() => document.querySelectorAll("[data-theme-switch]:not([aria-pressed])").length && paint())
    .observe(root, { childList: true, subtree: true });
})();
