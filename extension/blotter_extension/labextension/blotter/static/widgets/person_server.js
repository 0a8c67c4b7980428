// Bytes go between browser and the person's own server; its routes are a short allow-list.
import { ProblemError, noAnswer } from "./channel.js";

let cached;
function config() {
  if (!cached) {
    const node = document.getElementById("jupyter-config-data");
    cached = node ? JSON.parse(node.textContent) : {};
  }
  return cached;
}

export const baseUrl = () => config().baseUrl || "/";
export const hubPrefix = () => config().hubPrefix || "";
export const routeUrl = (path) => `${baseUrl()}blotter/${path}`;

const cookie = (name) => document.cookie.split("; ").find((c) => c.startsWith(`${name}=`))?.slice(name.length + 1) || "";
/** JupyterHub refuses a cookie-authenticated fetch without it, GETs too. */
export const xsrf = () => ({ "X-XSRFToken": decodeURIComponent(cookie("_xsrf")) });

export async function problemOf(response) {
  try {
    const body = await response.json();
    return { title: "", status: response.status, code: "unknown", detail: body.message || response.statusText, diagnostics: "", ...body };
  } catch {
    return { title: response.statusText, status: response.status, code: "unknown",
      detail: `The server answered ${response.status} ${response.statusText}.`, diagnostics: "" };
  }
}

export async function get(path, { signal } = {}) {
  let response;
  try {
    response = await fetch(routeUrl(path), { headers: xsrf(), credentials: "same-origin", signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ProblemError(noAnswer("Your Blotter server did not answer."));
  }
  if (!response.ok) throw new ProblemError(await problemOf(response));
  return response;
}

/**
 * Send a file as the raw body, telling how far it is. `comm` is the widget that sends it. Returns {promise, cancel}.
 * XMLHttpRequest because fetch does not report upload progress.
 */
export function upload(path, file, comm, onprogress) {
  const request = new XMLHttpRequest();
  const promise = new Promise((resolve, reject) => {
    request.open("POST", routeUrl(path));
    for (const [name, value] of Object.entries(xsrf())) request.setRequestHeader(name, value);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    if (comm) request.setRequestHeader("X-Blotter-Comm", comm);
    request.upload.onprogress = (event) => onprogress(event.loaded, event.total);
    request.onerror = () => reject(new ProblemError(noAnswer("The connection was lost while sending.")));
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    request.onload = () => {
      let body = null;
      try { body = JSON.parse(request.responseText); } catch { /* told below */ }
      if (request.status >= 200 && request.status < 300 && body) resolve(body);
      else {
        reject(new ProblemError({ title: request.statusText, status: request.status, code: "unknown", diagnostics: "",
          detail: body?.detail || body?.message || `The server answered ${request.status} ${request.statusText}.`, ...body }));
      }
    };
    request.send(file);
  });
  return { promise, cancel: () => request.abort() };
}
