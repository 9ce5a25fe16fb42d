// Draws the figures of a page with plotly. Loaded on pages with charts only (components/_charts.html).
//
// Contract. Each <div class="plot" data-figure="ID"> names a <script type="application/json" id="ID"> (json_script):
//   {"id", "kind", "title", "subtitle", "data": [plotly traces], "layout": {plotly layout}, "narrow": {"data"?, "layout"?}}
//   - title and subtitle are printed by the page (components/_figure.html), never by plotly.
//   - Any string in data, layout or narrow may be a colour token: "var:student", "var:teacher", "var:ref", "var:band",
//     "var:within", "var:below", "var:open", "var:ink", "var:ink-2", "var:ink-3", "var:line", "var:line-ui", "var:bg"
//     (every colour of pedigree.css, section 1), or with an opacity: "var:student/0.16".
//   - layout.height is the height in px of the wide drawing. Names stand left as tick texts of the y axis (categories, or
//     tickvals with ticktext). Words at the right are annotations with xref "paper" and x >= 1.
//   - Below 560 px the figure is drawn anew: the names and the words at the right move above their rows. "narrow" adds to
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
      automargin: true, fixedrange: true, zeroline: false, ticks: "", gridcolor: "var:line", linecolor: "var:line-ui",
      zerolinecolor: "var:ink", tickfont: { color: "var:ink-2", size: 12 }, title: { font: { color: "var:ink-3", size: 12 } },
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
      out[axis] = merge(axisDefaults(), given);
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

  // Narrow screens get their own drawing: the name above its row, the words at the right above it too, no side margins.
  function narrowed(data, layout) {
    const names = rowNames(data, layout.yaxis);
    if (!names.length) return merge(layout, { margin: { l: 8, r: 8 } });
    const above = { yref: "y", yanchor: "bottom", yshift: 12, showarrow: false, xref: "paper" };
    const labels = names.map(({ y, text }) => ({
      ...above, x: 0, xanchor: "left", align: "left", y, text: String(text).replace(/<br>.*$/s, ""), font: { size: 12, weight: 600 },
    }));
    const rest = (layout.annotations || []).map((note) => {
      if (note.xref !== "paper" || !(note.x >= 1)) return note;
      return { ...note, ...above, x: 1, xanchor: "right", align: "right", xshift: 0, text: String(note.text).replace(/<br>.*$/s, "") };
    });
    return merge(layout, {
      height: Math.max(layout.height || 0, names.length * ROW + 72),
      margin: { l: 8, r: 8, t: Math.max(layout.margin.t, 24) },
      yaxis: { showticklabels: false, title: { text: "" } },
      annotations: [...labels, ...rest],
    });
  }

  function drawing(figure, width) {
    const narrow = width < NARROW;
    const data = (narrow && figure.narrow?.data) || figure.data || [];
    let layout = withDefaults(figure.layout || {});
    if (narrow) layout = merge(narrowed(data, layout), figure.narrow?.layout);
    return { data: resolve(data), layout: { ...resolve(layout), width, title: undefined } };
  }

  function fail(box, reason) {
    box.dataset.state = "failed";
    box.removeAttribute("role");
    box.removeAttribute("aria-label");
    box.textContent = `The chart could not be drawn (${reason}). The table beside it has the same numbers.`;
  }

  function draw(box) {
    const width = Math.floor(box.clientWidth);
    const figure = box.figure;
    if (!figure || width < 40) return;
    const { data, layout } = drawing(figure, width);
    box.drawnWidth = width;
    Plotly.react(box, data, layout, CONFIG).then(() => { box.dataset.state = "drawn"; }, (error) => fail(box, error.message));
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
