// The time left of the session in the head of every page. Only keyboard and pointer keep it alive, not the page itself.
document.addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("time-left");
  if (!place) return;
  const TELL_MS = 20_000; // input is told at most this often
  const LOOK_MS = 15_000; // whether the session ended elsewhere
  const clock = place.querySelector("time");
  let endsAt = performance.now() + Number(place.dataset.seconds) * 1000;
  let told = performance.now(); // opening the page was input
  let asking = false;
  let isDue = false; // input while another question was on its way

  const leave = () => location.replace(place.dataset.signIn + encodeURIComponent(location.pathname + location.search));
  const ask = async (method) => {
    if (asking) {
      isDue ||= method === "POST";
      return;
    }
    asking = true;
    let isTaken = false;
    try {
      const answer = await fetch(place.dataset.address, {
        method,
        headers: { "X-XSRFToken": place.dataset.xsrf },
        credentials: "same-origin",
      });
      if (answer.status === 401 || answer.status === 403) return leave();
      if (answer.ok) {
        endsAt = performance.now() + (await answer.json()).left_s * 1000;
        isTaken = true;
      }
    } catch {
      // The hub does not answer: the time shown runs on, and it is asked again.
    } finally {
      asking = false;
    }
    if (method === "POST" && !isTaken) told = -TELL_MS; // nobody heard of the input: the next one is told at once
    if (isDue) {
      isDue = false;
      ask("POST");
    }
  };
  const input = () => {
    if (performance.now() - told < TELL_MS) return;
    told = performance.now();
    ask("POST");
  };
  for (const kind of ["keydown", "pointerdown", "wheel", "touchmove"]) {
    document.addEventListener(kind, (event) => event.isTrusted && input(), { passive: true });
  }
  const draw = () => {
    const left = Math.max(0, Math.round((endsAt - performance.now()) / 1000));
    clock.textContent = left >= 60 ? `${Math.floor(left / 60)} min` : `${left} s`;
    place.classList.toggle("soon", left < 120);
    if (left === 0) ask("GET");
  };
  draw();
  setInterval(draw, 1000);
  setInterval(() => ask("GET"), LOOK_MS);
});
