// More than the board has room for: it turns the pages.

export const TURN_MS = 12_000;

/**
 * Which of the items are shown. The first `pinned` are on every page, if that leaves room for others; `turn` counts the pages that were
 * turned. `{shown, page, pages}`, the page counted from 1.
 */
export function pageOf(items, size, pinned, turn) {
  if (items.length <= size) return { shown: items, page: 1, pages: 1 };
  const kept = pinned <= size / 2 ? items.slice(0, pinned) : [];
  const rest = items.slice(kept.length);
  const each = size - kept.length;
  const pages = Math.ceil(rest.length / each);
  const page = turn % pages;
  return { shown: [...kept, ...rest.slice(page * each, (page + 1) * each)], page: page + 1, pages };
}

/**
 * The grid for `count` cells of the given proportions in a box, all lengths in the same unit: as large as fits, between `least` and
 * `most` of the cell's height. `{columns, rows, height}`; columns × rows may be fewer than `count` where the least is too much.
 */
export function gridFor(count, box, { ratio, least, most, gap }) {
  let best = { columns: 1, rows: 1, height: 0 };
  for (let columns = 1; columns <= Math.max(count, 1); columns += 1) {
    const rows = Math.ceil(count / columns);
    const wide = ((box.width + gap) / columns - gap) / ratio;
    const height = Math.min(wide, (box.height + gap) / rows - gap, most);
    if (height >= best.height) best = { columns, rows, height };
  }
  if (best.height >= least) return best;
  const columns = Math.max(1, Math.floor((box.width + gap) / (least * ratio + gap)));
  return { columns, rows: Math.max(1, Math.floor((box.height + gap) / (least + gap))), height: least };
}

/**
 * The tiles for `count` queues in a box, all lengths in the same unit: the arrangement of which the tiles are largest, none smaller than
 * `width` × `height` where that can be had. `{columns, rows}`; columns × rows may be fewer than `count`. `asked`: so many columns, or null.
 */
export function tilesFor(count, box, { width, height, gap, ratio }, asked = null) {
  const rowsAtMost = Math.max(1, Math.floor((box.height + gap) / (height + gap)));
  if (asked !== null) return { columns: asked, rows: Math.min(Math.max(1, Math.ceil(count / asked)), rowsAtMost) };
  const columnsAtMost = Math.max(1, Math.floor((box.width + gap) / (width + gap)));
  let best = { columns: columnsAtMost, rows: rowsAtMost };
  let largest = 0;
  for (let columns = 1; columns <= Math.min(columnsAtMost, Math.max(count, 1)); columns += 1) {
    const rows = Math.max(1, Math.ceil(count / columns));
    if (rows > rowsAtMost) continue;
    const size = Math.min(((box.width + gap) / columns - gap) / ratio, (box.height + gap) / rows - gap);
    if (size > largest) {
      largest = size;
      best = { columns, rows };
    }
  }
  return best;
}
