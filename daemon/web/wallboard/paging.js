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
