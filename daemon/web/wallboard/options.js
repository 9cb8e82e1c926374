// What the address asks of the board.

const BOARDS = ["tiles", "agents", "table"];
const SCALE = [50, 200];
const COLUMNS = [1, 8];

/**
 * `{board, queues, scale, columns, isMasked, isMute, root}` of an address's query. `queues`: names or topic keys in small letters, or
 * null: all. `columns`, `root`: null where nothing is asked. What cannot be understood counts as not said.
 */
export function optionsOf(search) {
  const asked = new URLSearchParams(search);
  const queues = (asked.get("queues") ?? "").split(",").map((each) => each.trim().toLowerCase()).filter(Boolean);
  return {
    board: BOARDS.includes(asked.get("board")) ? asked.get("board") : BOARDS[0],
    queues: queues.length === 0 ? null : new Set(queues),
    scale: numberOf(asked.get("scale"), SCALE) ?? 100,
    columns: numberOf(asked.get("cols"), COLUMNS),
    isMasked: asked.get("mask") === "1",
    isMute: asked.get("sound") === "0" || asked.get("mute") === "1",
    root: /^[\w-]+(\/[\w-]+)+$/.test(asked.get("root") ?? "") ? asked.get("root") : null,
  };
}

function numberOf(text, [least, most]) {
  if (!/^\d{1,3}$/.test(text ?? "")) return null;
  return Math.min(Math.max(Number(text), least), most);
}

/** The addresses of the boards, each with all else that was asked for. */
export function boardAddresses(search) {
  return BOARDS.map((board) => {
    const asked = new URLSearchParams(search);
    asked.set("board", board);
    return { board, address: `?${asked}` };
  });
}
