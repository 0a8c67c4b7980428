// The signing page's own script: tells the service about input, closes in time, says "signed" to the hub's pages.
"use strict";

const { origins, intent, seconds, signed } = document.body.dataset;

// Only that it happened, and only to the hub's origins; the widget reads the record again by itself.
if (signed && window.parent !== window) {
  for (const origin of origins.split(" ")) {
    window.parent.postMessage({ type: "blotter-signed", intent: signed }, origin);
  }
}

const form = document.getElementById("form");
if (form) {
  const PING_MS = 10000;
  const left = document.getElementById("left");
  const allowed = Number(seconds) * 1000;
  let last = performance.now();
  let told = last;

  const close = () => {
    form.reset();
    for (const part of form.elements) part.disabled = true;
    form.querySelector("button").textContent = "This page has closed";
    left.parentElement.textContent = "This page has closed, because there was no input. Start the signing again.";
    clearInterval(clock);
  };
  const clock = setInterval(() => {
    const rest = allowed - (performance.now() - last);
    if (rest <= 0) close();
    else left.value = Math.ceil(rest / 1000);
  }, 500);

  const input = () => {
    last = performance.now();
    if (last - told < PING_MS) return;
    told = last;
    fetch(`/sign/${intent}/input`, { method: "POST" }).catch(() => {});
  };
  for (const kind of ["keydown", "input", "pointerdown", "wheel"]) {
    window.addEventListener(kind, input, { passive: true });
  }

  form.addEventListener("submit", () => {
    clearInterval(clock);
    const button = form.querySelector("button");
    button.textContent = "Signing…";
    // After the form's values were taken; a second click would only be refused.
    setTimeout(() => { button.disabled = true; }, 0);
  });
}
