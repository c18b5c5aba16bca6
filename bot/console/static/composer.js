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
    if (!event.isComposing && event.keyCode !== 229 && composer.edits(event)) return;
    warmline.enter(event, emit);
  },
  // Arrow up in an empty box takes what was sent last into it; Escape leaves that as it was.
  edits(event) {
    const { target: box, key } = event, of = box.dataset.conversation || "";
    const does = key === "ArrowUp" && !box.value && !of.includes(":") ? "editlast" : key === "Escape" && of.startsWith("edit:") ? "leave" : "";
    if (!does) return false;
    event.preventDefault();
    event.stopPropagation();
    box.dispatchEvent(new CustomEvent(does));
    return true;
  },
  // What stands between a `/` that begins a line and the cursor.
  query(box) {
    const before = box.value.slice(0, box.selectionStart);
    const start = before.lastIndexOf("\n") + 1;
    const line = before.slice(start);
    return /^\/[^\s/]*$/u.test(line) ? { start, end: box.selectionStart, text: line.slice(1).toLowerCase() } : null;
  },
  typed(box) {
    const asked = (box.dataset.conversation || "").includes(":") ? null : composer.query(box);
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
  pick() { document.querySelector("file-tray")?.pick(); },
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

// <file-tray data-max=BYTES>: files to be sent with what is written, kept for each conversation until they went out.
customElements.define("file-tray", class extends HTMLElement {
  kept = new Map();
  connectedCallback() {
    this.input = document.createElement("input");
    Object.assign(this.input, { type: "file", multiple: true, hidden: true });
    this.input.dataset.testid = "file-input";
    this.input.addEventListener("change", () => { this.add([...this.input.files]); this.input.value = ""; });
    this.list = document.createElement("ul");
    this.list.setAttribute("aria-label", this.dataset.list || "");
    this.problem = document.createElement("p");
    this.problem.className = "problem";
    this.problem.dataset.testid = "file-problem";
    this.problem.setAttribute("role", "alert");
    this.append(this.input, this.list, this.problem);
    this.draw();
  }
  get box() { return document.querySelector(".composer .box"); }
  get open() { return Number(this.dataset.max || 0) > 0 && this.box && !this.box.disabled; }
  get here() { return this.box?.dataset.conversation || ""; }
  of(conversation) {
    if (!this.kept.has(conversation)) this.kept.set(conversation, { files: [], problem: "", busy: false });
    return this.kept.get(conversation);
  }
  say(text, facts) { return (this.dataset[text] || "").replace(/\{(name|limit)\}/g, (_, fact) => facts[fact]); }
  pick() { if (this.open) this.input.click(); }
  add(files) {
    if (!this.open || !files.length) return;
    const tray = this.of(this.here);
    tray.problem = "";
    for (const file of files) {
      const max = Number(file.type.startsWith("image/") ? this.dataset.maxPicture : this.dataset.max);
      if (file.size > max) tray.problem = this.say("big", { name: file.name, limit: Math.floor(max / 1048576) });
      else tray.files.push({ file, seen: file.type.startsWith("image/") ? URL.createObjectURL(file) : "" });
    }
    this.draw();
    this.box.focus();
  }
  remove(tray, one) {
    if (one.seen) URL.revokeObjectURL(one.seen);
    tray.files = tray.files.filter((other) => other !== one);
    tray.problem = "";
  }
  draw() {
    if (!this.list) return;
    const tray = this.kept.get(this.here);
    const shown = tray && this.open ? tray.files : [];
    this.problem.textContent = tray && this.open ? tray.problem : "";
    this.list.replaceChildren(...shown.map((one) => this.row(tray, one)));
  }
  row(tray, one) {
    const row = document.createElement("li"), { file } = one;
    row.dataset.testid = "file-row";
    if (one.seen) {
      const image = row.appendChild(document.createElement("img"));
      image.src = one.seen;
      image.alt = "";
    } else {
      const sign = row.appendChild(document.createElement("span"));
      sign.className = "material-icons icon";
      sign.setAttribute("aria-hidden", "true");
      sign.textContent = "description";
    }
    const name = row.appendChild(document.createElement("bdi"));
    name.textContent = name.title = file.name;
    const size = row.appendChild(document.createElement("span"));
    size.className = "quiet";
    size.textContent = file.size >= 1048576 ? `${(file.size / 1048576).toFixed(1)} MB` : `${Math.max(1, Math.floor(file.size / 1024))} kB`;
    if (one.bar) { row.append(one.bar); return row; }
    const off = row.appendChild(document.createElement("button"));
    off.type = "button";
    off.className = "file-off";
    off.dataset.testid = "file-off";
    off.setAttribute("aria-label", this.say("remove", { name: file.name }));
    off.innerHTML = '<span class="material-icons icon" aria-hidden="true">close</span>';
    off.addEventListener("click", () => { this.remove(tray, one); this.draw(); this.box.focus(); });
    return row;
  }
  // True where files are waiting to go: they take the text with them, the first of them first.
  send(box) {
    const conversation = this.here, tray = this.kept.get(conversation);
    if (!this.open || !tray?.files.length) return false;
    if (!tray.busy) this.sendAll(box, conversation, tray);
    return true;
  }
  async sendAll(box, conversation, tray) {
    tray.busy = true;
    tray.problem = "";
    while (tray.files.length && !tray.problem) {
      const [one] = tray.files, text = this.here === conversation ? box.value : "";
      tray.problem = await this.post(conversation, one, text);
      if (tray.problem) break;
      this.remove(tray, one);
      if (!text) continue;
      box.dispatchEvent(new CustomEvent("went", { detail: conversation }));
      if (this.here !== conversation || !box.value.startsWith(text)) continue;
      box.value = box.value.slice(text.length);
      box.dispatchEvent(new Event("input", { bubbles: true }));
    }
    tray.busy = false;
    this.draw();
  }
  // Resolves to what went wrong, or to nothing.
  post(conversation, one, text) {
    return new Promise((settle) => {
      const form = new FormData(), request = new XMLHttpRequest();
      form.append("text", text);
      form.append("file", one.file);
      one.bar = document.createElement("progress");
      one.bar.setAttribute("aria-label", this.say("sending", { name: one.file.name }));
      this.draw();
      request.upload.onprogress = (event) => { if (event.lengthComputable && one.bar) { one.bar.max = event.total; one.bar.value = event.loaded; } };
      request.onloadend = () => {
        one.bar = null;
        settle(request.status === 200 ? "" : request.response?.problem || this.say("failed", { name: one.file.name }));
      };
      request.responseType = "json";
      request.open("POST", `/console/chats/${conversation}/files`);
      request.send(form);
    });
  }
});

// Files that are pasted or dropped onto the chat. A file dropped anywhere else must not make the browser leave the page.
document.addEventListener("paste", (event) => {
  const tray = document.querySelector("file-tray"), { files, types } = event.clipboardData || {};
  if (!tray?.open || !files?.length || types.includes("text/plain") || event.target !== tray.box) return;
  event.preventDefault();
  tray.add([...files]);
});
const overChat = (event) => event.dataTransfer?.types.includes("Files") && document.querySelector("file-tray") && event.target.closest?.("#chat");
document.addEventListener("dragover", (event) => {
  if (!event.dataTransfer?.types.includes("Files") || !document.querySelector("file-tray")) return;
  event.preventDefault();
  const chat = overChat(event), { open } = document.querySelector("file-tray");
  event.dataTransfer.dropEffect = chat && open ? "copy" : "none";
  document.querySelector("#chat")?.classList.toggle("dropping", Boolean(chat && open));
});
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.querySelector("#chat")?.classList.remove("dropping"); });
document.addEventListener("drop", (event) => {
  if (!event.dataTransfer?.types.includes("Files") || !document.querySelector("file-tray")) return;
  event.preventDefault();
  document.querySelector("#chat")?.classList.remove("dropping");
  if (overChat(event)) document.querySelector("file-tray").add([...event.dataTransfer.files]);
});
