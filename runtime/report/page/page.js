"use strict";
(() => {
const report = JSON.parse(document.getElementById("data").textContent);
const element = id => document.getElementById(id);
const percent = (fraction, digits = 2) => (100 * fraction).toFixed(digits);
const both = interval => percent(interval[0]) + " to " + percent(interval[1]);
/** An interval as far as there can be such accuracies; what runs out of an axis would not be drawn at all. */
const possible = interval => interval.map(fraction => Math.min(1, Math.max(0, fraction)));
const fileName = path => path.split("/").pop();

/** A new element with attributes and children; text is never markup. */
function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function escaped(text) {
  return String(text).replace(/[&<>"']/g, c => "&#" + c.charCodeAt(0) + ";");
}

function download(name, type, text) {
  const link = make("a", { download: name, href: URL.createObjectURL(new Blob([text], { type })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function csv(rows) {
  const field = value => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };
  return rows.map(row => row.map(field).join(",") + "\r\n").join("");
}

const asName = text => text.replace(/[^A-Za-z0-9.]+/g, "-").replace(/^-|-$/g, "");

// Light and dark

const dark = matchMedia("(prefers-color-scheme: dark)");
let theme = null; // the user's choice; null: the system's
try { theme = localStorage.getItem("cimulator-theme"); } catch { /* a page from disk may have no storage */ }
const isDark = () => theme ? theme === "dark" : dark.matches;

/** Told apart with any kind of sight (Okabe and Ito 2002), brighter on dark. */
const palettes = {
  light: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b07900", "#3d9bd1", "#6b6b6b"],
  dark: ["#56b4e9", "#f0883e", "#2fc796", "#e39cc4", "#e6b422", "#8ecdf2", "#b0b0b0"],
};
const colourOf = curve => palettes[isDark() ? "dark" : "light"][curve % 7];

function showTheme() {
  if (theme) document.documentElement.dataset.theme = theme;
  element("theme").textContent = isDark() ? "Light" : "Dark";
}

// Charts

const charts = []; // functions that draw them again

function colours() {
  const style = getComputedStyle(document.documentElement);
  const colour = name => style.getPropertyValue("--" + name).trim();
  return { text: colour("text"), muted: colour("muted"), line: colour("line"), surface: colour("surface") };
}

function band() {
  return document.querySelector("input[name=band]:checked").value;
}

function bandOf(result) {
  return possible(band() === "spread" ? [result.quantiles[0], result.quantiles[4]] : result[band()]);
}

function tooltipOf(study, index, name) {
  const result = study.results[index];
  const lines = Object.entries(result.options).map(([option, value]) => `${escaped(option)} <b>${escaped(value)}</b>`);
  return [...(lines.length ? lines : [escaped(name)]),
    `accuracy <b>${percent(result.mean)} %</b>, ${result.chips.toLocaleString("en")} chip${result.chips > 1 ? "s" : ""}`,
    `95 % over chips: ${both(possible(result.ci95))}`,
    `95 % over images: ${both(result.image_ci95)}`,
    `5 % to 95 % of chips: ${percent(result.quantiles[0])} to ${percent(result.quantiles[4])}`,
  ].join("<br>");
}

/** The shape of a band, or a whisker on a bar, in the chart's own units. */
function bandSeries(study, chart, curve, c) {
  const colour = colourOf(c);
  const points = curve.points.map(([x, result]) => [x, ...bandOf(study.results[result]).map(f => 100 * f)]);
  const base = { type: "custom", name: curve.name, silent: true, tooltip: { show: false }, animation: false, clip: true,
    data: points, encode: { x: 0, y: [1, 2] }, itemStyle: { color: colour } };
  if (chart.categories.length) {
    const count = chart.curves.length;
    return { ...base, z: 5, renderItem(parameters, api) {
      const [x, low] = api.coord([api.value(0), api.value(1)]);
      const high = api.coord([api.value(0), api.value(2)])[1];
      const width = api.size([1, 0])[0] * 0.8 / count;
      const middle = x + (c - (count - 1) / 2) * width;
      const half = Math.min(6, width / 4);
      const line = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 },
        style: { stroke: colours().text, lineWidth: 1.2 } });
      return { type: "group", children: [line(middle, low, middle, high), line(middle - half, low, middle + half, low),
        line(middle - half, high, middle + half, high)] };
    } };
  }
  return { ...base, z: 1, renderItem(parameters, api) {
    if (parameters.dataIndex > 0) return null;
    const upper = points.map(p => api.coord([p[0], p[2]]));
    const lower = points.map(p => api.coord([p[0], p[1]])).reverse();
    return { type: "polygon", shape: { points: [...upper, ...lower] }, style: { fill: colour, opacity: 0.2 } };
  } };
}

/** Bars from the accuracy without errors, and a line there. */
function referenceSeries(study, chart) {
  const count = chart.curves.length, reference = 100 * chart.reference;
  const series = chart.curves.map((curve, c) => ({
    type: "custom", name: curve.name, animation: false, z: 2, clip: true, itemStyle: { color: colourOf(c) },
    data: curve.points.map(([x, result]) => ({ value: [x, 100 * study.results[result].mean], result })),
    encode: { x: 0, y: 1 }, tooltip: { formatter: point => tooltipOf(study, point.data.result, curve.name) },
    renderItem(parameters, api) {
      const [x, y] = api.coord([api.value(0), api.value(1)]), from = api.coord([api.value(0), reference])[1];
      const width = api.size([1, 0])[0] * 0.8 / count;
      return { type: "rect", style: { fill: colourOf(c), opacity: 0.8 },
        shape: { x: x + (c - count / 2) * width, y: Math.min(y, from), width, height: Math.max(1, Math.abs(y - from)) } };
    } }));
  series.push({ type: "custom", name: "", silent: true, tooltip: { show: false }, animation: false, z: 6, data: [[0, reference]],
    renderItem(parameters, api) {
      const { x, width } = parameters.coordSys, y = api.coord([0, reference])[1];
      return { type: "group", children: [
        { type: "line", shape: { x1: x, y1: y, x2: x + width, y2: y }, style: { stroke: colours().text, lineWidth: 1, lineDash: [5, 4] } },
        { type: "text", x: x + width - 4, y: y - 4, style: { text: "without errors", fill: colours().text, backgroundColor: colours().surface, padding: [1, 3], fontSize: 11,
            align: "right", verticalAlign: "bottom" } }] };
    } });
  return series;
}

/** All there can be; near a reference, what there is. */
function rangeOf(study, chart) {
  if (chart.reference === null) return { min: 0, max: 100 };
  const highest = Math.max(...chart.curves.flatMap(curve => curve.points.map(([, result]) => bandOf(study.results[result])[1])));
  return { scale: true, ...(highest > 0.98 ? { max: 100 } : {}) };
}

function timeText(seconds) {
  const [name, unit] = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]].find(([, unit]) => seconds >= unit && seconds % unit === 0) ?? ["s", 1];
  return `${+(seconds / unit).toPrecision(3)} ${name}`;
}

/** Of times, those that were measured. */
function timeAxis(chart) {
  if (!chart.time) return {};
  const customValues = [...new Set(chart.curves.flatMap(curve => curve.points.map(([x]) => x)))].sort((a, b) => a - b);
  return { axisTick: { customValues }, axisLabel: { customValues, formatter: timeText, hideOverlap: true } };
}

function optionsOf(study, chart) {
  const { text, muted, line, surface } = colours();
  const isBars = chart.categories.length > 0;
  const axis = { axisLine: { lineStyle: { color: muted } }, axisLabel: { color: muted }, nameTextStyle: { color: muted },
    splitLine: { lineStyle: { color: line } } };
  const series = chart.reference === null ? [] : referenceSeries(study, chart);
  const time = timeAxis(chart);
  chart.curves.forEach((curve, c) => {
    if (chart.reference === null) series.push({
      type: isBars ? "bar" : "line", name: curve.name, animation: false, z: isBars ? 2 : 3, symbol: "circle", symbolSize: 7,
      data: curve.points.map(([x, result]) => ({ value: [x, 100 * study.results[result].mean], result })),
      itemStyle: { color: colourOf(c), opacity: isBars ? 0.8 : 1 }, lineStyle: { color: colourOf(c), width: 2 },
      barCategoryGap: "20%", barGap: "0%",
      tooltip: { formatter: point => tooltipOf(study, point.data.result, curve.name) },
    });
    series.push(bandSeries(study, chart, curve, c));
  });
  const names = chart.curves.map(curve => curve.name).filter(name => name);
  const legendRows = Math.min(4, Math.ceil(names.length / 2));
  const longestCategory = Math.max(0, ...chart.categories.map(name => Math.min(24, name.length)));
  const isTurned = isBars && chart.categories.length * (longestCategory + 1) * 7 > 400; // side by side they would overlap
  return {
    backgroundColor: "transparent", aria: { enabled: true, label: { description: chart.title } },
    title: { text: chart.title, left: 8, top: 4, textStyle: { color: text, fontSize: 14, fontWeight: 600,
      width: 440, overflow: "truncate" } },
    grid: { left: 56, right: 24, top: 44, bottom: 56 + 22 * legendRows + (isTurned ? 5 * longestCategory : 0) },
    legend: names.length ? { data: names, bottom: 4, type: "scroll", textStyle: { color: text }, pageTextStyle: { color: text },
      pageIconColor: muted, ...(legendRows > 1 ? { type: "plain" } : {}) } : undefined,
    tooltip: { trigger: "item", confine: true, backgroundColor: surface, borderColor: line, textStyle: { color: text, fontSize: 13 } },
    toolbox: { right: 8, top: 0, iconStyle: { borderColor: muted }, feature: {
      dataZoom: { title: { zoom: "Zoom: drag a box", back: "Back" } },
      restore: { title: "Whole chart" },
      saveAsImage: { type: "svg", title: "Download SVG", name: asName(chart.title), backgroundColor: isDark() ? "#14171c" : "#ffffff" },
      myCsv: { show: true, title: "Download CSV", icon: "path://M4 4h16v16H4zM4 9h16M4 14h16M12 4v16",
        onclick: () => download(asName(chart.title) + ".csv", "text/csv", chartCsv(study, chart)) },
    } },
    dataZoom: [{ type: "inside", xAxisIndex: 0, filterMode: "none" }],
    xAxis: { ...axis, type: isBars ? "category" : chart.logarithmic ? "log" : "value", data: isBars ? chart.categories : undefined,
      name: chart.x, nameLocation: "middle", nameGap: isTurned ? 22 + 5 * longestCategory : 30, scale: true, minInterval: chart.whole ? 1 : undefined,
      axisTick: time.axisTick, axisLabel: { color: muted, hideOverlap: !isBars, ...time.axisLabel, ...(isBars ? { interval: 0, rotate: isTurned ? 50 : 0, width: 150, overflow: "truncate" } : {}) },
      splitLine: { show: !isBars, lineStyle: { color: line } } },
    yAxis: { ...axis, type: "value", name: chart.y, nameLocation: "middle", nameGap: 38, ...rangeOf(study, chart) },
    series,
  };
}

function chartCsv(study, chart) {
  const rows = [["curve", chart.time ? chart.x + " (s)" : chart.x, "chips", "mean", "std", "ci95_low", "ci95_high", "image_ci95_low", "image_ci95_high",
    "quantile_0.05", "quantile_0.5", "quantile_0.95"]];
  for (const curve of chart.curves)
    for (const [x, index] of curve.points) {
      const r = study.results[index];
      rows.push([curve.name, chart.categories.length ? chart.categories[x] : x, r.chips, r.mean, r.std, ...r.ci95, ...r.image_ci95,
        r.quantiles[0], r.quantiles[2], r.quantiles[4]]);
    }
  return csv(rows);
}

function addChart(into, study, chart) {
  const place = make("div", { role: "img", "aria-label": chart.title });
  const box = make("div", { class: "chart" }, place);
  if (chart.left_out) box.append(make("p", {}, `${chart.left_out} more curves are in the table only.`));
  into.append(box);
  const drawn = echarts.init(place, null, { renderer: "svg" });
  new ResizeObserver(() => drawn.resize()).observe(place);
  charts.push(() => drawn.setOption(optionsOf(study, chart), { notMerge: true }));
}

function drawAll() {
  charts.forEach(draw => draw());
}

// Tables

/** Number where a text has one, so that 1/64 comes before 1/8 and 10 after 9. */
function sortKey(value) {
  if (typeof value === "number") return value;
  const match = /(^|[:=,@])([+-]?[\d.]+(?:e[+-]?\d+)?)(?:\/(\d+))?/.exec(value ?? "");
  return match ? Number(match[2]) / Number(match[3] ?? 1) : null;
}

function compare(a, b) {
  const [x, y] = [sortKey(a), sortKey(b)];
  if (x !== null && y !== null && x !== y) return x - y;
  if ((x === null) !== (y === null)) return x === null ? -1 : 1;
  return String(a ?? "").localeCompare(String(b ?? ""));
}

function columnsOf(study) {
  const number = (title, value, text, hint = "") => ({ title, value, text, hint, number: true });
  const columns = study.columns.map(name => ({ title: name, value: r => r.options[name] ?? "none", text: r => r.options[name] ?? "none" }));
  columns.push(
    number("chips", r => r.chips, r => r.chips.toLocaleString("en")),
    number("accuracy %", r => r.mean, r => percent(r.mean)),
    number("std", r => r.std ?? -1, r => r.std === null ? "" : percent(r.std), "between chips"),
    number("95 % over chips", r => r.ci95[0], r => r.chips > 1 ? both(possible(r.ci95)) : "", "of the mean"),
    number("95 % over images", r => r.image_ci95[0], r => both(r.image_ci95)),
    number("5 %", r => r.quantiles[0], r => r.chips > 1 ? percent(r.quantiles[0]) : "", "of chips at or below"),
    number("median", r => r.quantiles[2], r => percent(r.quantiles[2])),
    number("95 %", r => r.quantiles[4], r => r.chips > 1 ? percent(r.quantiles[4]) : "", "of chips at or below"),
    number(`yield ≥ ${+(100 * report.yield_above).toFixed(6)} %`, r => r.yield, r => percent(r.yield, 0) + " %", "share of chips; hover a value for its interval"));
  if (study.results.some(r => r.difference))
    columns.push(number("points more", r => r.difference ? r.difference.mean : 0,
      r => r.difference ? (r.difference.mean > 0 ? "+" : "") + percent(r.difference.mean) +
        (r.difference.ci95 ? ` (${both(r.difference.ci95)})` : "") : "", "than the point with the least error of its curve, or the network without errors, chip by chip"));
  return columns;
}

const describe = result => Object.entries(result.options).map(([name, value]) => `${name} ${value}`).join(", ") || "these settings";

function addHistogram(row, columns, result) {
  if (row.nextSibling?.classList.contains("detail")) { row.nextSibling.remove(); return; }
  if (!result.histogram) return;
  const place = make("div");
  row.after(make("tr", { class: "detail" }, make("td", { colspan: columns }, place)));
  const { text, muted, line, surface } = colours();
  const { edges, counts } = result.histogram;
  const drawn = echarts.init(place, null, { renderer: "svg" });
  drawn.setOption({ animation: false, title: { text: `Accuracy over ${result.chips.toLocaleString("en")} chips: ${describe(result)}`,
      textStyle: { color: text, fontSize: 13, fontWeight: 600 } },
    tooltip: { backgroundColor: surface, borderColor: line, textStyle: { color: text } },
    grid: { left: 48, right: 16, top: 36, bottom: 40 },
    xAxis: { type: "category", data: counts.map((_, i) => percent((edges[i] + edges[i + 1]) / 2)), name: "accuracy (%)", nameLocation: "middle",
      nameGap: 26, axisLabel: { color: muted }, nameTextStyle: { color: muted }, axisLine: { lineStyle: { color: muted } } },
    yAxis: { type: "value", name: "chips", minInterval: 1, axisLabel: { color: muted }, nameTextStyle: { color: muted }, splitLine: { lineStyle: { color: line } } },
    series: [{ type: "bar", data: counts, barCategoryGap: "4%", itemStyle: { color: colourOf(0) } }] });
}

const shownRows = 500; // more cost a browser too much

function addTable(into, study) {
  const columns = columnsOf(study);
  let sorted = null, descending = false, all = false, wanted = "";
  const head = make("tr");
  const body = make("tbody");
  const count = make("span", { class: "count" });
  const more = make("button", { type: "button", onclick: () => { all = true; fill(); } }, "Show all rows");
  columns.forEach((column, c) => head.append(make("th", {
    class: column.number ? "number" : "", tabindex: 0, title: column.hint ?? "", scope: "col",
    onclick: () => { descending = sorted === c ? !descending : false; sorted = c; fill(); },
    onkeydown: event => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); event.target.click(); } },
  }, column.title)));
  function fill() {
    let rows = study.results;
    if (wanted) rows = rows.filter(r => columns.some(column => column.text(r).toLowerCase().includes(wanted)));
    if (sorted !== null) {
      const value = columns[sorted].value;
      rows = [...rows].sort((a, b) => (descending ? -1 : 1) * compare(value(a), value(b)));
    }
    [...head.children].forEach((cell, c) => c === sorted ?
      cell.setAttribute("aria-sort", descending ? "descending" : "ascending") : cell.removeAttribute("aria-sort"));
    const shown = all ? rows : rows.slice(0, shownRows);
    body.replaceChildren(...shown.map(result => {
      const row = make("tr", { onclick: () => addHistogram(row, columns.length, result) });
      for (const column of columns) {
        const cell = make("td", { class: column.number ? "number" : "" }, column.text(result));
        if (column.title.startsWith("yield")) cell.title = "95 % over chips: " + both(result.yield_ci95);
        if (column.title === "points more" && result.difference) cell.title = "than " + describe(study.results[result.difference.baseline]);
        row.append(cell);
      }
      return row;
    }));
    count.textContent = `${shown.length.toLocaleString("en")} of ${study.results.length.toLocaleString("en")} points`;
    more.hidden = shown.length === rows.length;
  }
  const filter = make("input", { type: "search", placeholder: "Filter rows", "aria-label": "Filter rows",
    oninput: event => { wanted = event.target.value.toLowerCase(); fill(); } });
  const save = make("button", { type: "button", onclick: () => download(asName(fileName(study.model)) + ".csv", "text/csv", tableCsv(study)) }, "Download CSV");
  into.append(make("div", { class: "toolbar" }, filter, save, more, count),
    make("div", { class: "table" }, make("table", {}, make("thead", {}, head), body)));
  fill();
}

function tableCsv(study) {
  const rows = [[...study.columns, "chips", "mean", "std", "ci95_low", "ci95_high", "image_ci95_low", "image_ci95_high", "quantile_0.05",
    "quantile_0.25", "quantile_0.5", "quantile_0.75", "quantile_0.95", `yield_above_${report.yield_above}`, "difference", "difference_ci95_low", "difference_ci95_high"]];
  for (const r of study.results)
    rows.push([...study.columns.map(name => r.options[name] ?? "none"), r.chips, r.mean, r.std, ...r.ci95, ...r.image_ci95, ...r.quantiles,
      r.yield, r.difference?.mean, ...(r.difference?.ci95 ?? [])]);
  return csv(rows);
}

// The page

function addStudy(study, index) {
  const section = make("section", { id: "study-" + index });
  const fact = (name, value, hint = "") => make("span", { title: hint }, name + " ", make("code", {}, value));
  const facts = make("p", { class: "facts" },
    fact("data", study.data, "SHA-256 " + study.data_sha256), fact("images", study.images.toLocaleString("en")),
    fact("seed", study.seed), fact("kernels", study.kernels, "version, precision, instruction set: they decide the last bits"),
    fact("network SHA-256", study.model_sha256.slice(0, 12) + "…", study.model_sha256));
  const settings = make("p", { class: "facts" });
  for (const [name, value] of Object.entries(study.settings)) settings.append(fact(name, value));
  section.append(make("h2", {}, fileName(study.model)), facts, settings);
  element("studies").append(section);
  const grid = make("div", { class: "charts" });
  section.append(grid);
  study.charts.forEach(chart => addChart(grid, study, chart));
  addTable(section, study);
  element("contents").append(make("a", { href: "#study-" + index }, `${fileName(study.model)} (${study.results.length})`));
}

element("title").textContent = report.title;
document.title = report.title + " – Cimulator";
const chips = report.studies.reduce((sum, s) => sum + s.results.reduce((n, r) => n + r.chips, 0), 0);
const points = report.studies.reduce((sum, s) => sum + s.results.length, 0);
const seconds = report.studies.reduce((sum, s) => sum + s.results.reduce((n, r) => n + r.seconds, 0), 0);
element("subtitle").textContent = `${points.toLocaleString("en")} points, ${chips.toLocaleString("en")} chips` +
  (seconds >= 1 ? `, ${seconds < 120 ? seconds.toFixed(0) + " s" : (seconds / 60).toFixed(0) + " min"} of computing` : "");
if (report.running !== null) {
  element("running").hidden = false;
  element("running").textContent = "Still running: " + report.running + ". This page loads itself anew.";
}
if (!report.studies.length) element("studies").append(make("p", {}, "No chip is finished yet."));
report.studies.forEach(addStudy);
element("contents").hidden = report.studies.length < 2;
element("bands").hidden = !report.studies.some(s => s.charts.length);
element("colophon").textContent = `Written by cim ${report.version} on ${new Date(1000 * report.written).toISOString().slice(0, 16).replace("T", " ")} UTC; ` +
  `schema of the store: version ${report.schema}. Charts by Apache ECharts ${echarts.version} (Apache License 2.0), inside this page: it needs no network.`;
showTheme();
drawAll();
element("theme").addEventListener("click", () => {
  theme = isDark() ? "light" : "dark";
  try { localStorage.setItem("cimulator-theme", theme); } catch { /* it holds until the page is closed */ }
  showTheme();
  drawAll();
});
dark.addEventListener("change", () => { showTheme(); drawAll(); });
document.querySelectorAll("input[name=band]").forEach(input => input.addEventListener("change", drawAll));
document.documentElement.dataset.ready = "true";
})();
