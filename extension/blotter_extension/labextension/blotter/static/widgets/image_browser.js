// ImageBrowser: what images there are. A small picture is drawn from the top tile of each pyramid.
import { h, button, replace } from "./dom.js";
import { Frame, statusChip, unreadable } from "./frame.js";
import { command, utc } from "./format.js";
import { copyButton } from "./copy_button.js";
import { Tiles, inTileUnits } from "./viewer/tiles.js";
import { shades, tilePicture } from "./viewer/paint_2d.js";

export function mount({ el, channel }) {
  const frame = new Frame(el, "Images", channel);
  const filter = h("input", { type: "search", placeholder: "Filter by id, study, file or person", "aria-label": "Filter" });
  const reload = async () => {
    try {
      await channel.ask("reload");
      frame.did("The list was read again");
    } catch (error) { frame.failed(error, { retry: reload, unknown: "Nothing was changed." }); }
  };
  frame.tools.append(filter, button("Refresh", reload));
  const pictures = new Map();
  const open = [];
  let view = {};
  const draw = () => {
    if (unreadable(frame, view, reload)) return;
    frame.describe({ version: `${view.images.length} image${view.images.length === 1 ? "" : "s"}` });
    if (!view.images.length) {
      frame.empty("There are no images yet.", h("span", {}, "Bring one in with ", h("code", {}, "ImportImage()"), "."));
      return;
    }
    const wanted = filter.value.trim().toLowerCase();
    const rows = view.images.filter((i) => `${i.image} ${i.title} ${i.channel} ${i.file_name} ${i.study} ${i.imported_by} ${i.status}`.toLowerCase().includes(wanted));
    replace(frame.body, h("div", { class: "bl-scroll", tabindex: "0", role: "region", "aria-label": "Images" }, h("table", { class: "bl-table" },
      h("thead", {}, h("tr", {}, ["Picture", "Image", "File", "Imported", "Open it with"].map((t) => h("th", { scope: "col" }, t)))),
      h("tbody", {}, rows.length ? rows.map((image) => row(frame, image, pictures, open))
        : h("tr", {}, h("td", { colspan: 5, class: "bl-hint" }, "No image fits the filter."))))));
  };
  filter.addEventListener("input", draw);
  channel.watch((given) => { view = given; draw(); });
  return () => open.forEach((tiles) => tiles.stop());
}

function row(frame, image, pictures, open) {
  const cell = command("ImageViewer", "image", image.image);
  return h("tr", { "data-image": image.image },
    h("td", {}, thumbnail(image, pictures, open)),
    h("th", { scope: "row" }, h("code", {}, image.image), h("div", {}, statusChip(image.status))),
    h("td", { class: "bl-text" }, image.title && h("div", {}, image.title, image.channel ? `, ${image.channel}` : ""), image.file_name, h("div", { class: "bl-hint" }, `${image.columns} × ${image.rows} px, ${image.bits}-bit, in ${image.study}`)),
    h("td", {}, image.imported_by, h("div", { class: "bl-hint" }, utc(image.imported_at)),
      h("div", { class: "bl-hint" }, image.analyses.length ? `analysed: ${image.analyses.join(", ")}` : "not analysed")),
    h("td", {}, h("div", { class: "bl-bar bl-open" }, h("code", { class: "bl-command" }, cell), copyButton(frame, cell))));
}

function thumbnail(image, pictures, open) {
  if (pictures.has(image.pixels_sha256)) return pictures.get(image.pixels_sha256);
  const canvas = h("canvas", { class: "bl-thumb", width: 192, height: 128, role: "img", "aria-label": `Small picture of ${image.image}` });
  pictures.set(image.pixels_sha256, canvas);
  const top = image.levels.length - 1;
  const table = shades(inTileUnits({ low: image.percentile_0_1, high: image.percentile_99_9, gamma: 1, inverted: true }, image));
  const context = canvas.getContext("2d");
  const scale = Math.min(192 / image.levels[top].columns, 128 / image.levels[top].rows);
  const [left, up] = [(192 - image.levels[top].columns * scale) / 2, (128 - image.levels[top].rows * scale) / 2];
  const tiles = new Tiles(image, {
    onload: (tile) => context.drawImage(tilePicture(tile, table), left + tile.column * image.tile_size * scale, up + tile.row * image.tile_size * scale, tile.width * scale, tile.height * scale),
    onerror: () => { context.font = "24px system-ui"; context.fillText("not loaded", 32, 72); },
  });
  open.push(tiles);
  const { row1, column1 } = tiles.range(top, 0, 0, image.columns, image.rows);
  for (let r = 0; r < row1; r += 1) for (let c = 0; c < column1; c += 1) tiles.want(top, r, c);
  return canvas;
}
