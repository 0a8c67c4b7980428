// Forms: a second click sends nothing twice; a password can be looked at before it is sent.
document.addEventListener("DOMContentLoaded", () => {
  for (const form of document.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "yes";
      const button = form.querySelector("button[type=submit]");
      button.setAttribute("aria-disabled", "true");
      button.textContent = button.dataset.busy ?? button.textContent;
    });
  }
  for (const button of document.querySelectorAll("button[data-reveals]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const field = document.getElementById(button.dataset.reveals);
      const hidden = field.type === "password";
      field.type = hidden ? "text" : "password";
      button.textContent = hidden ? "Hide" : "Show";
      button.setAttribute("aria-pressed", String(hidden));
      field.focus();
    });
  }
});
// A page shown from the browser's memory after going back may be old: it is asked for again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
