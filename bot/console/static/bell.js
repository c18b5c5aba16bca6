/* <waiting-bell>: a sound and a desktop notification when somebody new waits. What is on is kept in this browser. */
(() => {
  const KEPT = "warmline-bell", RUNG = "warmline-rung", REMEMBERED = 120_000;
  const read = (key) => { try { return JSON.parse(localStorage.getItem(key)) || {}; } catch { return {}; } };
  const keep = (key, value) => { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* private window */ } };

  // A browser lets a page sound only after somebody has touched it.
  let audio = null;
  const wake = () => {
    try { audio ??= new AudioContext(); if (audio.state === "suspended") audio.resume(); } catch { audio = null; }
  };
  for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, wake, { capture: true, passive: true });

  const tone = (pitch, begin, length) => {
    const from = audio.currentTime + begin;
    const voice = audio.createOscillator(), loudness = audio.createGain();
    voice.type = "triangle";
    voice.frequency.value = pitch;
    loudness.gain.setValueAtTime(0.0001, from);
    loudness.gain.exponentialRampToValueAtTime(0.16, from + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.0001, from + length);
    voice.connect(loudness).connect(audio.destination);
    voice.start(from);
    voice.stop(from + length + 0.02);
  };
  const sound = (severe) => {
    const tones = severe ? [[988, 0, 0.14], [740, 0.16, 0.14], [988, 0.32, 0.14], [740, 0.48, 0.2]] : [[587, 0, 0.16], [784, 0.15, 0.26]];
    for (const each of tones) tone(...each);
  };

  // Of all tabs, one rings: the first that asks under the lock. Returns the ids that nobody has rung for in this way.
  const claim = async (way, ids) => {
    const take = () => {
      const now = Date.now();
      const rung = Object.fromEntries(Object.entries(read(RUNG)).filter(([, at]) => now - at < REMEMBERED));
      const mine = ids.filter((id) => !(`${way} ${id}` in rung));
      for (const id of mine) rung[`${way} ${id}`] = now;
      keep(RUNG, rung);
      return mine;
    };
    return navigator.locks ? navigator.locks.request("warmline-bell", take) : take();
  };

  const notify = (news, open) => {
    const notice = new Notification(news.title, { body: news.body, tag: `warmline-${news.ids[0]}`, silent: true });
    notice.onclick = () => { window.focus(); open(news.ids[0]); notice.close(); };
    setTimeout(() => notice.close(), 30_000);
  };

  customElements.define("waiting-bell", class extends HTMLElement {
    static observedAttributes = ["news", "says"];
    connectedCallback() { this.draw(); }
    attributeChangedCallback(name, before, now) {
      if (name === "news" && now && now !== before) this.ring(JSON.parse(now));
      if (name === "says" && this.isConnected) this.draw();
    }
    get on() { return { sound: true, notify: false, ...read(KEPT) }; }
    set(change) { keep(KEPT, { ...this.on, ...change }); this.draw(); }

    async ring(news) {
      const { sound: loud, notify: shown } = this.on;
      window.dispatchEvent(new CustomEvent("warmline-waiting", { detail: news }));
      if (loud && audio?.state === "running" && (await claim("sound", news.ids)).length) {
        sound(news.severe);
        document.documentElement.dataset.rung = String(Number(document.documentElement.dataset.rung || 0) + 1);
      }
      const may = shown && "Notification" in window && Notification.permission === "granted";
      if (may && !document.hasFocus() && (await claim("notice", news.ids)).length) {
        notify(news, (id) => this.dispatchEvent(new CustomEvent("wanted", { detail: id })));
      }
    }

    async toggleNotify() {
      if (this.on.notify) { this.set({ notify: false }); return; }
      const answer = "Notification" in window ? await Notification.requestPermission() : "denied";
      this.set({ notify: answer === "granted", refused: answer === "denied" });
    }

    draw() {
      const says = JSON.parse(this.getAttribute("says") || "{}");
      const row = (name, text, on, press) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "bell-switch";
        button.setAttribute("role", "switch");
        button.setAttribute("aria-checked", String(on));
        button.dataset.testid = `bell-${name}`;
        const sign = document.createElement("span");
        sign.className = "material-icons icon";
        sign.setAttribute("aria-hidden", "true");
        sign.setAttribute("translate", "no");
        sign.textContent = name === "sound" ? (on ? "volume_up" : "volume_off") : (on ? "notifications_active" : "notifications_off");
        const label = document.createElement("span");
        label.textContent = text;
        button.append(sign, label);
        button.addEventListener("click", press);
        return button;
      };
      const focused = this.querySelector(":focus")?.dataset.testid;
      const { sound: loud, notify: shown, refused } = this.on;
      const rows = [row("sound", says.sound, loud, () => { this.set({ sound: !loud }); if (!loud) { wake(); if (audio) sound(false); } })];
      if ("Notification" in window) rows.push(row("notify", says.notify, shown && Notification.permission === "granted", () => this.toggleNotify()));
      if (refused && Notification.permission === "denied") {
        const why = document.createElement("p");
        why.className = "quiet";
        why.setAttribute("role", "status");
        why.textContent = says.blocked;
        rows.push(why);
      }
      this.replaceChildren(...rows);
      if (focused) this.querySelector(`[data-testid="${focused}"]`)?.focus();
    }
  });
})();
