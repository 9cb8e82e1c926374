"""Is all text on the page to be seen: nothing to scroll, nothing cut but a name by an ellipsis, nothing over something else?"""

import asyncio

from playwright.async_api import Page

from tests.wallboard.browser import WITHIN_MS

# Of a text its letters are measured, not the line that they stand in.
_FAULTS = """() => {
  const found = [], seen = [];
  const { scrollWidth, scrollHeight } = document.documentElement;
  if (scrollWidth > innerWidth || scrollHeight > innerHeight) found.push(`scrolls ${scrollWidth}x${scrollHeight}`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.textContent.trim() || parent.localName === "noscript" || !parent.checkVisibility({ opacityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const line = range.getBoundingClientRect();
    if (line.width === 0) continue;
    const size = parseFloat(getComputedStyle(parent).fontSize);
    const air = line.height > 1.6 * size ? 0 : Math.max(0, (line.height - size) / 2);
    const ink = { left: line.left, right: line.right, top: line.top + air, bottom: line.bottom - air };
    const what = `${parent.closest("[id]")?.id} ${parent.className || parent.localName} "${node.textContent.slice(0, 30)}"`;
    if (size < 10.4) found.push(`${size} px: ${what}`);
    const isWhole = parent.closest(".box :is(.who, .word), .cells .word, .legend, .share, .value, .note, thead, dt, #agents-free .whose") !== null;
    // Of `pause: reason` and `nobody: queue` the end may be cut as a name may, never the word before it.
    const named = parent.closest(".cells .word, .whose") === null ? -1 : node.textContent.indexOf(": ");
    if (named >= 0) range.setEnd(node, named + 1);
    const word = range.getBoundingClientRect();
    if (parent.closest("h3")?.scrollHeight > parent.closest("h3")?.clientHeight + 1) found.push(`cut below: ${what}`);
    let hasEllipsis = false;
    for (let each = parent; each !== document.documentElement; each = each.parentElement) {
      const style = getComputedStyle(each);
      if (style.overflowX === "visible") continue;
      const box = each.getBoundingClientRect();
      hasEllipsis ||= style.textOverflow === "ellipsis";
      const whole = named >= 0 ? word : ink;
      if ((!hasEllipsis && (ink.right > box.right + 1 || ink.left < box.left - 1)) || (isWhole && (whole.right > box.right + 1 || whole.left < box.left - 1))) found.push(`cut at the side: ${what}`);
      if (ink.bottom > box.bottom + 1.5 || ink.top < box.top - 1.5) found.push(`cut above or below: ${what}`);
      ink.right = Math.min(ink.right, box.right);
      ink.left = Math.max(ink.left, box.left);
    }
    if (ink.right > innerWidth + 1 || ink.bottom > innerHeight + 1 || ink.left < -1 || ink.top < -1) found.push(`outside: ${what}`);
    for (const other of seen) {
      const wide = Math.min(ink.right, other.ink.right) - Math.max(ink.left, other.ink.left);
      const high = Math.min(ink.bottom, other.ink.bottom) - Math.max(ink.top, other.ink.top);
      if (wide > 2 && high > 2) found.push(`${what} over ${other.what}`);
    }
    seen.push({ ink, what });
  }
  return found;
}"""


async def is_seen_whole(page: Page) -> None:
    """Wait until it is: a board arranges itself anew within a moment when the screen's size changes."""
    faults: list[str] = []
    try:
        async with asyncio.timeout(WITHIN_MS / 1000):
            while faults := await page.evaluate(_FAULTS):
                await page.evaluate("new Promise((drawn) => requestAnimationFrame(drawn))")
    except TimeoutError:
        raise AssertionError("\n".join([str(page.viewport_size), *faults])) from None
