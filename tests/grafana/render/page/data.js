// What Grafana's Prometheus data source makes of an answer, and what fields and transformations do to it, by Grafana's own code.
import {
  applyFieldOverrides, cacheFieldDisplayNames, FieldType, Registry, standardTransformers, standardTransformersRegistry, toDataFrame, transformDataFrame,
} from "@grafana/data";
import { firstValueFrom } from "rxjs";

standardTransformersRegistry.setInit(() =>
  [...new Map(Object.values(standardTransformers).map((each) => [each.id, each])).values()].map((transformation) => ({
    id: transformation.id, name: transformation.name, transformation: async () => transformation, editor: () => null, description: "",
  })));

const PLAIN = ["displayName", "unit", "decimals", "min", "max", "noValue", "color", "thresholds", "mappings", "links"];
const CUSTOM = [
  "drawStyle", "lineInterpolation", "lineWidth", "lineStyle", "fillOpacity", "gradientMode", "showPoints", "spanNulls", "stacking",
  "axisSoftMin", "axisSoftMax", "barAlignment", "align", "cellOptions", "inspect", "width", "minWidth",
];
const property = (path, isCustom) => ({
  id: isCustom ? `custom.${path}` : path, path, name: path, isCustom, process: (value) => value, shouldApply: () => true,
  editor: () => null, override: () => null, settings: {},
});
const registry = new Registry(() => [...PLAIN.map((path) => property(path, false)), ...CUSTOM.map((path) => property(path, true))]);

export function stepOf(panel, range, width) {
  const least = { "5m": 300, "15m": 900 }[panel.interval] ?? 5;
  return Math.max(least, Math.ceil(range / width / 5) * 5);
}

function filled(expr, step, range) {
  const values = { __interval_ms: 1000 * step, __rate_interval_ms: 1000 * Math.max(4 * 5, step + 5), __rate_interval: `${Math.max(4 * 5, step + 5)}s`, __interval: `${step}s`, __range: `${range}s` };
  return expr.replace(/\$\{?(\w+)\}?/g, (_, name) => values[name] ?? ".*");
}

async function asked(path, parameters) {
  const answer = await (await fetch(`/prom/api/v1/${path}?` + new URLSearchParams(parameters))).json();
  if (answer.status !== "success") throw new Error(`${answer.error}: ${parameters.query}`);
  return answer.data.result;
}

const legend = (target, labels) =>
  target.legendFormat === "__auto" ? undefined : target.legendFormat.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name) => labels[name] ?? "");

function series(target, labels, values) {
  const named = legend(target, labels);
  return toDataFrame({
    refId: target.refId,
    name: named,
    fields: [
      { name: "Time", type: FieldType.time, values: values.map((each) => each[0] * 1000), config: {} },
      { name: "Value", type: FieldType.number, labels, values: values.map((each) => each[1]), config: named ? { displayNameFromDS: named } : {} },
    ],
  });
}

function rowsOf(target, found, several) {
  const names = [...new Set(found.flatMap((each) => Object.keys(each.metric)))];
  return toDataFrame({
    refId: target.refId,
    fields: [
      { name: "Time", type: FieldType.time, values: found.map((each) => each.value[0] * 1000), config: {} },
      ...names.map((name) => ({ name, type: FieldType.string, values: found.map((each) => each.metric[name] ?? ""), config: {} })),
      { name: several ? `Value #${target.refId}` : "Value", type: FieldType.number, values: found.map((each) => +each.value[1]), config: {} },
    ],
  });
}

async function ask(target, step, range, end, several) {
  const query = filled(target.expr, step, range);
  if (target.instant) {
    const found = await asked("query", { query, time: end });
    if (target.format === "table") return [rowsOf(target, found, several)];
    return found.map((each) => series(target, each.metric, [[each.value[0], +each.value[1]]]));
  }
  const last = Math.floor(end / step) * step, first = Math.floor((end - range) / step) * step;
  const found = await asked("query_range", { query, start: first, end: last, step });
  return found.map((each) => {
    const known = new Map(each.values.map(([at, value]) => [at, +value]));
    const values = [];
    for (let at = first; at <= last; at += step) values.push([at, known.has(at) ? known.get(at) : null]);
    return series(target, each.metric, values);
  });
}

/** The frames of a panel, ready to be drawn. */
export async function framesOf(panel, range, end, width, theme) {
  const step = stepOf(panel, range, width);
  const several = panel.targets.length > 1;
  let frames = (await Promise.all(panel.targets.map((target) => ask(target, step, range, end, several)))).flat();
  if (panel.transformations) frames = await firstValueFrom(transformDataFrame(panel.transformations, frames));
  const dressed = applyFieldOverrides({
    data: frames, fieldConfig: panel.fieldConfig, theme, timeZone: "browser", replaceVariables: (text) => text, fieldConfigRegistry: registry,
  });
  cacheFieldDisplayNames(dressed);
  return dressed;
}
