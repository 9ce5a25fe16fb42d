// Draws the figures of a page with plotly. Loaded on pages with charts only (components/_charts.html).
//
// Contract. Each <div class="plot" data-figure="ID"> names a <script type="application/json" id="ID"> (json_script):
//   {"id", "kind", "title", "subtitle", "data": [plotly traces], "layout": {plotly layout}, "narrow": {"data"?, "layout"?}}
//   - title and subtitle are printed by the page (components/_figure.html), never by plotly.
//   - Any string in data, layout or narrow may be a colour token: "var:student", "var:teacher", "var:ref", "var:band",
//     "var:within", "var:below", "var:open", "var:ink", "var:ink-2", "var:ink-3", "var:line", "var:line-ui", "var:bg"
//     (every colour of pedigree.css, section 1), or with an opacity: "var:student/0.16".
//   - layout.height is the height in px of the wide drawing. Rows are named by the tick texts of the y axis (categories,
//     or tickvals with ticktext); a second line after "<br>" is printed in grey. Words at the right are annotations with
//     xref "paper" and x >= 1. The margins for both are measured here.
//   - Below 560 px the figure is drawn anew: the names and the words at the right stand above their rows. "narrow" adds to
//     that drawing (layout keys are merged, data replaces the traces); it is needed only where this is not enough.
//   - No pseudo-HTML ("<b>", "<span>") except "<br>" in texts: plotly would set style attributes for it, which the policy
//     refuses. Use font.weight. Texts, names and categories are escaped here: "<" is drawn as "<". A hovertemplate is not
//     (it needs "<extra></extra>"): it refers to names by %{text}, %{y} or %{customdata} and never spells them out.
//   - Heatmaps, images and gl traces are not in use: plotly gives them style attributes, gl is not in this bundle.
//
// Content security policy. Works under "script-src 'self'; style-src 'self'; img-src 'self' data:" with nothing logged,
// because (1) charts.css is linked with id="plotly.js-style-global" class="no-inline-styles", so plotly injects no <style>;
// (2) everything else that plotly styles goes through the CSSOM, which the policy allows; (3) the bundle evaluates no code.
(() => {
  "use strict";
  const NARROW = 560;
  const ROW = 60;
  const CONFIG = { displayModeBar: false, displaylogo: false, responsive: false, scrollZoom: false, doubleClick: false, showTips: false };
  const probe = document.createElement("span");
  probe.hidden = true;

  // A custom property holds the text "light-dark(...)"; only a used property gives the colour of the theme.
  function colour(token) {
    const [name, opacity] = token.split("/");
    probe.style.color = `var(--${name})`;
    const found = getComputedStyle(probe).color;
    if (!opacity) return found;
    const [r, g, b] = found.match(/[\d.]+/g);
    return `rgba(${r}, ${g}, ${b}, ${opacity})`;
  }

  function resolve(value) {
    if (typeof value === "string") return value.startsWith("var:") ? colour(value.slice(4)) : value;
    if (Array.isArray(value)) return value.map(resolve);
    if (value && typeof value === "object") {
      const out = {};
      for (const [key, item] of Object.entries(value)) out[key] = TEXT_KEYS.has(key) ? escape(item) : resolve(item);
      return out;
    }
    return value;
  }

  // Texts may hold names from vendors: no tag but <br> survives, so no link, no style.
  const TEXT_KEYS = new Set(["text", "hovertext", "ticktext", "customdata", "name", "x", "y", "tickvals", "categoryarray"]);
  function escape(value) {
    if (Array.isArray(value)) return value.map(escape);
    if (value && typeof value === "object") return resolve(value);
    if (typeof value !== "string") return value;
    return value.split(/<br\s*\/?>/i).map((part) => part.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")).join("<br>");
  }

  function merge(base, extra) {
    const out = { ...base };
    for (const [key, value] of Object.entries(extra || {})) {
      const plain = value && typeof value === "object" && !Array.isArray(value);
      out[key] = plain && out[key] && typeof out[key] === "object" ? merge(out[key], value) : value;
    }
    return out;
  }

  function axisDefaults() {
    return {
      automargin: true, fixedrange: true, zeroline: false, ticks: "", gridcolor: "var:line", zerolinecolor: "var:ink",
      tickfont: { color: "var:ink-2", size: 12 }, title: { font: { color: "var:ink-3", size: 12 }, standoff: 8 },
    };
  }

  function layoutDefaults() {
    const family = getComputedStyle(document.body).fontFamily;
    return {
      autosize: false, showlegend: false, dragmode: false, hovermode: "closest",
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family, size: 12, color: "var:ink" },
      margin: { l: 8, r: 8, t: 12, b: 40, pad: 4 },
      hoverlabel: { bgcolor: "var:surface", bordercolor: "var:line-2", align: "left", font: { family, size: 12, color: "var:ink" } },
      colorway: ["var:student", "var:teacher", "var:ref", "var:open", "var:within"],
    };
  }

  function withDefaults(layout) {
    const out = merge(layoutDefaults(), layout);
    const axes = new Set(["xaxis", "yaxis", ...Object.keys(out).filter((key) => /^[xy]axis\d*$/.test(key))]);
    for (const axis of axes) {
      const given = typeof out[axis]?.title === "string" ? { ...out[axis], title: { text: out[axis].title } } : out[axis];
      out[axis] = merge(axis.startsWith("x") ? { ...axisDefaults(), linecolor: "var:line-ui" } : axisDefaults(), given);
    }
    return out;
  }

  // The names of the rows and where they stand on the y axis; empty for a chart whose y axis carries numbers.
  function rowNames(data, axis) {
    if (axis.ticktext && axis.tickvals) return axis.ticktext.map((text, i) => ({ y: axis.tickvals[i], text }));
    if (axis.categoryarray) return axis.categoryarray.map((text) => ({ y: text, text }));
    const first = data.find((trace) => Array.isArray(trace.y) && typeof trace.y[0] === "string");
    return first ? [...new Set(data.flatMap((trace) => (Array.isArray(trace.y) ? trace.y : [])))].map((text) => ({ y: text, text })) : [];
  }

  const pen = document.createElement("canvas").getContext("2d");
  function widthOf(text, font) {
    pen.font = `${font.weight || 400} ${font.size || 12}px ${getComputedStyle(document.body).fontFamily}`;
    return pen.measureText(text).width;
  }

  function cut(text, font, room) {
    let short = text;
    while (short.length > 1 && widthOf(short, font) > room) short = short.slice(0, -2).trimEnd() + "…";
    return short;
  }

  function wrap(text, font, room) {
    const lines = [""];
    for (const word of String(text || "").split(" ")) {
      const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
      if (lines.at(-1) && widthOf(longer, font) > room) lines.push(word); else lines[lines.length - 1] = longer;
    }
    return lines.join("<br>");
  }

  const NAME = { size: 12, weight: 600, color: "var:ink" };
  const SUB = { size: 11, weight: 400, color: "var:ink-3" };
  const lines = (text) => String(text).split(/<br\s*\/?>/i);
  const isRight = (note) => note.xref === "paper" && note.x >= 1;
  const widest = (texts, font) => Math.ceil(Math.max(0, ...texts.map((text) => widthOf(text, font))));

  // Wide: the name stands left of its row, its second line in grey below it, and the words at the right have room.
  function beside(names, layout, width) {
    const room = Math.min(0.4 * width, Math.max(...names.map(({ text }) => widest(lines(text), NAME)))) + 1;
    const right = (layout.annotations || []).filter(isRight);
    const label = { xref: "paper", x: 0, xanchor: "left", xshift: -room - 20, borderpad: 0, yref: "y", yanchor: "middle", align: "left", showarrow: false };
    const labels = names.flatMap(({ y, text }) => {
      const [first, second] = lines(text);
      const name = { ...label, y, text: cut(first, NAME, room), font: NAME, yshift: second ? 8 : 0 };
      return second ? [name, { ...label, y, text: cut(second, SUB, room), font: SUB, yshift: -8 }] : [name];
    });
    const free = right.length ? 24 + widest(right.flatMap((note) => lines(note.text)), NAME) : 0;
    return { margin: { l: room + 20, r: Math.max(layout.margin.r, free) }, annotations: [...labels, ...(layout.annotations || [])] };
  }

  // Narrow: the name above its row and the words at the right above it too, so the marks have the whole width.
  function above(names, layout, width) {
    const note = { xref: "paper", yref: "y", yanchor: "bottom", yshift: 11, borderpad: 0, showarrow: false };
    const labels = names.map(({ y, text }) => ({ ...note, x: 0, xanchor: "left", xshift: -8, y, text: cut(lines(text)[0], NAME, 0.62 * width), font: NAME }));
    const rest = (layout.annotations || []).map((each) => (isRight(each) ? { ...each, ...note, x: 1, xanchor: "right", xshift: 0, text: lines(each.text)[0] } : each));
    return {
      height: Math.max(layout.height || 0, names.length * ROW + 72),
      margin: { l: 8, r: 8, t: Math.max(layout.margin.t, 28) },
      annotations: [...labels, ...rest],
    };
  }

  // Half a row of air above the first and below the last row, whatever the marks of the figure need.
  function rowRange(names, axis) {
    if (axis.range) return axis.range;
    const places = names.map(({ y }, i) => (typeof y === "number" ? y : i));
    const ends = [Math.min(...places) - 0.6, Math.max(...places) + 0.6];
    return axis.autorange === "reversed" ? ends.reverse() : ends;
  }

  function arranged(data, layout, width) {
    const names = rowNames(data, layout.yaxis);
    const title = layout.xaxis.title.text && { xaxis: { title: { text: wrap(layout.xaxis.title.text, { size: 12 }, 0.8 * width) } } };
    const base = merge(layout, title);
    if (!names.length) return base;
    const placed = width < NARROW ? above(names, base, width) : beside(names, base, width);
    return merge(merge(base, placed), {
      yaxis: { range: rowRange(names, layout.yaxis), autorange: false, showticklabels: false, automargin: false, showgrid: false, title: { text: "" } },
    });
  }

  function drawing(figure, width) {
    const narrow = width < NARROW ? figure.narrow : undefined;
    const data = narrow?.data || figure.data || [];
    const layout = merge(arranged(data, withDefaults(figure.layout || {}), width), narrow?.layout);
    return { data: resolve(data), layout: { ...resolve(layout), width, title: undefined } };
  }

  function fail(box, reason) {
    boxes.delete(box);
    resized.unobserve(box);
    box.dataset.state = "failed";
    box.removeAttribute("role");
    box.removeAttribute("aria-label");
    box.textContent = `The chart could not be drawn (${reason}). The table beside it has the same numbers.`;
  }

  // 1.5 MB of plotly come when the first chart is shown: not for a page whose charts stay folded in <details>.
  const address = document.currentScript.dataset.plotly;
  let loading;
  function plotly() {
    loading ??= new Promise((done, refused) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = () => done(window.Plotly);
      script.onerror = () => refused(new Error("plotly did not load"));
      document.head.append(script);
    });
    return loading;
  }

  async function draw(box) {
    const width = Math.floor(box.clientWidth);
    if (width < 40 || !box.checkVisibility()) return;
    box.drawnWidth = width;
    try {
      const library = await plotly();
      const { data, layout } = drawing(box.figure, width);
      await library.react(box, data, layout, CONFIG);
      box.dataset.state = "drawn";
    } catch (error) {
      fail(box, error.message);
    }
  }

  const boxes = new Set();
  function redraw() {
    for (const box of boxes) if (box.isConnected) draw(box); else boxes.delete(box);
  }

  const resized = new ResizeObserver((rows) => {
    for (const { target } of rows) {
      if (Math.floor(target.clientWidth) !== target.drawnWidth) requestAnimationFrame(() => draw(target));
    }
  });

  function start(scope) {
    for (const box of scope.querySelectorAll(".plot[data-figure]")) {
      if (boxes.has(box)) continue;
      const source = document.getElementById(box.dataset.figure);
      if (!source) { fail(box, `no data with the id ${box.dataset.figure}`); continue; }
      try {
        box.figure = JSON.parse(source.textContent);
      } catch (error) {
        fail(box, error.message);
        continue;
      }
      boxes.add(box);
      draw(box);
      resized.observe(box);
    }
  }

  document.body.append(probe);
  start(document);
  document.addEventListener("htmx:load", (event) => start(event.detail.elt));
  document.addEventListener("toggle", (event) => { for (const box of event.target.querySelectorAll(".plot")) if (boxes.has(box)) draw(box); }, true);
  document.addEventListener("pedigree:theme", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

  // Paper is white whatever the theme of the screen.
  let screenTheme;
  addEventListener("beforeprint", () => { screenTheme = document.documentElement.dataset.theme; document.documentElement.dataset.theme = "light"; redraw(); });
  addEventListener("afterprint", () => {
    if (screenTheme) document.documentElement.dataset.theme = screenTheme; else delete document.documentElement.dataset.theme;
    redraw();
  });
})();
