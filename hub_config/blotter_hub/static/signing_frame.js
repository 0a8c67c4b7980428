// The signing page says only "done"; what happened is read from the records by the page that is loaded then.
document.addEventListener("DOMContentLoaded", () => {
  const frame = document.getElementById("signing");
  window.addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== frame.dataset.origin) return;
    if (event.data?.intent && event.data.intent !== frame.dataset.intent) return;
    location.replace(frame.dataset.after);
  });
});
