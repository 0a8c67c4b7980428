// Module-federation container, written by hand: JupyterLab asks it for "./extension" and gets our plugins.
// Everything else is an ES module beside this file, so what an inspector reads is what the browser runs.
(() => {
  // Only a classic script knows its own address, and only while it is first run.
  const root = new URL(".", document.currentScript.src).href;
  let scope;

  // JupyterLab keeps one copy of each shared package; `get` gives a factory.
  const shared = async (name) => {
    const versions = Object.values(scope[name] || {});
    if (!versions.length) throw new Error(`JupyterLab does not share ${name}`);
    return (await (versions.find((v) => v.loaded) || versions[0]).get())();
  };

  // JupyterLab reconnects for ever and hides why a socket was closed. 4401 is our server's "session ended",
  // so we listen in before JupyterLab takes its reference to WebSocket (federated scripts run before its main module).
  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...given) {
      super(...given);
      this.addEventListener("close", (event) => {
        if (event.code === 4401) {
          window.dispatchEvent(new CustomEvent("blotter:session-ended", { detail: { why: event.reason } }));
        }
      });
    }
  };

  const modules = {
    "./extension": async () => {
      const { plugins } = await import(root + "plugin.js");
      const names = ["@jupyter-widgets/base", "@jupyterlab/notebook", "@lumino/widgets"];
      const [base, notebook, lumino] = await Promise.all(names.map(shared));
      const list = plugins({ base, notebook, lumino, root });
      return () => ({ __esModule: true, default: list });
    },
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB.blotter = { init: (given) => { scope = given; }, get: (name) => modules[name]() };
})();
