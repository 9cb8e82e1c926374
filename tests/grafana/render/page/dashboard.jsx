// A dashboard of ours drawn by Grafana's own components: ?file=ru/overview.json&mode=dark&minutes=60, of another day &to=1795952330
import { createTheme, dateTime, getDisplayProcessor, getDisplayValueAlignmentFactors, getFieldDisplayValues, ThemeContext, VizOrientation } from "@grafana/data";
import { BarGauge, BigValue, GlobalStyles, PanelChrome, TimeSeries, VizRepeater } from "@grafana/ui";
import { TableNG } from "@grafana/ui/unstable";
import "@fontsource/inter/400.css";
import "@fontsource/inter/500.css";
import { createRoot } from "react-dom/client";
import { framesOf } from "./data.js";

const asked = new URLSearchParams(location.search);
const mode = asked.get("mode") ?? "dark";
const range = 60 * +(asked.get("minutes") ?? 60);
const end = Math.floor(+(asked.get("to") || Date.now() / 1000));
const theme = createTheme({ colors: { mode } });
const WIDTH = 1600, MARGIN = 16, GAP = 8, ROW = 38, HEAD = 92;
const COLUMN = (WIDTH - 2 * MARGIN + GAP) / 24;
const timeRange = { from: dateTime((end - range) * 1000), to: dateTime(end * 1000), raw: { from: "", to: "" } };

const shown = (panel, frames) =>
  getFieldDisplayValues({
    fieldConfig: panel.fieldConfig, reduceOptions: panel.options.reduceOptions, replaceVariables: (text) => text, theme, data: frames, timeZone: "browser",
  });

function Stat({ panel, frames, width, height }) {
  const { colorMode, graphMode, justifyMode, textMode, wideLayout } = panel.options;
  return (
    <VizRepeater width={width} height={height} source={frames} orientation={VizOrientation.Auto} autoGrid={true} itemSpacing={3} minVizWidth={0} minVizHeight={0}
      getValues={() => shown(panel, frames)} renderCounter={0}
      renderValue={({ value, width: w, height: h, count }) => (
        <BigValue theme={theme} value={value.display} width={w} height={h} count={count} colorMode={colorMode} graphMode={graphMode}
          justifyMode={justifyMode} textMode={textMode} disableWideLayout={!wideLayout} />
      )} />
  );
}

function Bars({ panel, frames, width, height }) {
  const { displayMode, showUnfilled, valueMode, namePlacement, minVizHeight, maxVizHeight } = panel.options;
  return (
    <VizRepeater width={width} height={height} source={frames} orientation={VizOrientation.Horizontal} itemSpacing={10}
      getAlignmentFactors={getDisplayValueAlignmentFactors} minVizWidth={8} minVizHeight={minVizHeight} maxVizHeight={maxVizHeight}
      getValues={() => shown(panel, frames)} renderCounter={0}
      renderValue={({ value, alignmentFactors, orientation, width: w, height: h, count }) => (
        <BarGauge theme={theme} value={value.display} width={w} height={h} orientation={orientation} field={value.field}
          display={getDisplayProcessor({ field: { config: value.field, type: "number" }, theme })} alignmentFactors={alignmentFactors}
          text={panel.options.text} itemSpacing={10} lcdCellWidth={12} displayMode={displayMode} showUnfilled={showUnfilled} valueDisplayMode={valueMode} namePlacement={namePlacement}
          isOverflow={false} />
      )} />
  );
}

function Graph({ panel, frames, width, height }) {
  const colored = frames.map((frame, place) => ({
    ...frame,
    fields: frame.fields.map((field) => (field.type === "time" ? field : { ...field, state: { ...field.state, seriesIndex: place } })),
  }));
  return <TimeSeries frames={colored} width={width} height={height} timeRange={timeRange} timeZone="browser" legend={panel.options.legend} options={panel.options} />;
}

function Rows({ panel, frames, width, height }) {
  return <TableNG data={frames[0]} width={width} height={height} cellHeight={panel.options.cellHeight} sortBy={panel.options.sortBy} sortByBehavior="initial" />;
}

const KINDS = { stat: Stat, bargauge: Bars, timeseries: Graph, table: Rows };

function Empty({ panel }) {
  return <div style={{ display: "grid", placeItems: "center", height: "100%" }}>{panel.fieldConfig.defaults.noValue}</div>;
}

function Head({ dashboard }) {
  const pill = { border: `1px solid ${theme.colors.border.medium}`, borderRadius: 2, padding: "4px 8px", marginRight: 8, background: theme.colors.background.primary };
  return (
    <div style={{ position: "absolute", left: MARGIN, top: 10, width: WIDTH - 2 * MARGIN, color: theme.colors.text.primary, fontSize: 13 }}>
      <div style={{ fontSize: 18, marginBottom: 12 }}>{dashboard.title}</div>
      {dashboard.templating.list.filter((each) => each.hide === 0).map((each) => (
        <span key={each.name} style={pill}>
          <b style={{ color: theme.colors.text.secondary, marginRight: 6 }}>{each.label}</b>
          {each.current?.text?.toString() ?? "Prometheus"}
        </span>
      ))}
      <span style={{ float: "right" }}>
        {dashboard.links.map((each) => <span key={each.title} style={{ ...pill, marginRight: 0, marginLeft: 8 }}>{each.title}</span>)}
      </span>
    </div>
  );
}

async function drawn(panel) {
  const { x, y, w, h } = panel.gridPos;
  const place = { position: "absolute", left: MARGIN + x * COLUMN, top: HEAD + y * ROW, width: w * COLUMN - GAP, height: h * ROW - GAP };
  if (panel.type === "row") {
    return <div key={panel.id} style={{ ...place, color: theme.colors.text.primary, fontSize: 16, fontWeight: 500, paddingTop: 4 }}>⌄ {panel.title}</div>;
  }
  const frames = await framesOf(panel, range, end, place.width, theme);
  const Kind = KINDS[panel.type];
  const isEmpty = !frames.some((frame) => frame.length);
  return (
    <div key={panel.id} style={place}>
      <PanelChrome title={panel.title} description={panel.description} width={place.width} height={place.height}>
        {(width, height) => (isEmpty ? <Empty panel={panel} /> : <Kind panel={panel} frames={frames} width={width} height={height} />)}
      </PanelChrome>
    </div>
  );
}

/** Grafana brings its font, and by it measures what fits: names are cut where another is drawn than was measured. */
const fonts = () => Promise.all(["400", "500"].map((weight) => document.fonts.load(`${weight} 14px Inter`, "Aя")));

async function main() {
  await fonts();
  const dashboard = await (await fetch(`/${asked.get("file")}`)).json();
  const panels = await Promise.all(dashboard.panels.map(drawn));
  const height = HEAD + ROW * Math.max(...dashboard.panels.map(({ gridPos: { y, h } }) => y + h)) + MARGIN;
  document.body.style.background = theme.colors.background.canvas;
  createRoot(document.getElementById("root")).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div style={{ position: "relative", width: WIDTH, height, overflow: "hidden" }}><Head dashboard={dashboard} />{panels}</div>
    </ThemeContext.Provider>,
  );
  document.body.dataset.height = height;
  setTimeout(() => { document.body.dataset.ready = "1"; }, 1500);
}

main().catch((error) => { console.error(error); document.body.dataset.failed = `${error.message}\n${error.stack}`; });
