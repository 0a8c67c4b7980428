// Waits for the notebook server: the hub's progress events, and the page again when it is ready.
document.addEventListener("DOMContentLoaded", () => {
  const page = document.getElementById("pending");
  const bar = document.getElementById("progress");
  const text = document.getElementById("progress-text");
  const again = () => location.reload();
  const events = new EventSource(page.dataset.progressUrl);
  events.onmessage = (message) => {
    const event = JSON.parse(message.data);
    if (event.progress !== undefined) bar.value = event.progress;
    if (event.message) text.textContent = event.message;
    if (event.ready || event.failed) {
      events.close();
      again();
    }
  };
  events.onerror = () => {
    events.close();
    setTimeout(again, 2000);
  };
});
