"""`python -m tests.grafana.render.pictures ADDRESS FOLDER MINUTES [TO]`: every dashboard, dark and light, as Grafana's components draw it.

ADDRESS is where `vite preview` serves the page (see `pictures`), FOLDER takes the pictures, TO is where the time shown ends, in epoch
seconds: none, now.
"""

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.grafana.asked import FILES

WIDTH = 1600


def draw(page: Page, address: str, file: str, mode: str, minutes: str, to: str) -> bytes:
    """One picture. RuntimeError with what the page said where it could not be drawn."""
    page.goto(f"{address}/?file={file}&mode={mode}&minutes={minutes}&to={to}")
    page.wait_for_function("document.body.dataset.ready || document.body.dataset.failed", timeout=60_000)
    failed = page.evaluate("document.body.dataset.failed")
    if failed:
        raise RuntimeError(f"{file}: {failed}")
    page.set_viewport_size({"width": WIDTH, "height": int(page.evaluate("document.body.dataset.height"))})
    page.wait_for_timeout(500)
    return page.screenshot()


def main(address: str, folder: Path, minutes: str, to: str = "") -> None:
    """All of them."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": 1400})
        for path in FILES:
            for mode in ("dark", "light"):
                picture = draw(page, address, f"{path.parent.name}/{path.name}", mode, minutes, to)
                (folder / f"{path.stem}-{path.parent.name}-{mode}.png").write_bytes(picture)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
