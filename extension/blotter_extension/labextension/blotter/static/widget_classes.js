// Model and views of module "blotter". A view's name picks a module from this fixed table: nothing that
// a kernel sends can name code to run.
import { Channel } from "./widgets/channel.js";

const MODULES = {
  AcquireImageView: "acquire_image.js",
  BandTableView: "band_table.js",
  ImageBrowserView: "image_browser.js",
  ImportImageView: "import_image.js",
  ImageViewerView: "image_viewer.js",
  ResultView: "result.js",
  ReviewTrailView: "review_trail.js",
  RunProtocolView: "run_protocol.js",
  SignView: "sign.js",
  ImageLogView: "image_log.js",
  ExportPdfView: "export_pdf.js",
  StudiesView: "studies.js",
  StudyView: "study.js",
};

export function widgetExports(base, root, protocol) {
  class BlotterModel extends base.DOMWidgetModel {
    defaults() {
      return {
        ...super.defaults(),
        _model_name: "BlotterModel",
        _model_module: "blotter",
        _model_module_version: protocol,
        _view_module: "blotter",
        _view_module_version: protocol,
        view: {},
      };
    }
  }

  const views = {};
  for (const [name, file] of Object.entries(MODULES)) {
    views[name] = class extends base.DOMWidgetView {
      render() {
        super.render();
        this.el.classList.add("blotter");
        this.el.textContent = "Loading…";
        this.unmount = () => {};
        this.mounted = import(`${root}widgets/${file}`).then(({ mount }) => {
          this.el.textContent = "";
          const channel = new Channel(this.model);
          const stop = mount({ el: this.el, channel });
          this.unmount = () => { stop?.(); channel.close(); };
        }).catch((error) => {
          this.el.textContent = `This widget could not be loaded (${error.message}). Reload the page.`;
        });
      }

      remove() {
        this.unmount?.();
        return super.remove();
      }
    };
  }
  return { BlotterModel, ...views };
}
