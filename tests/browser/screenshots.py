"""The console's pages as pictures, for docs/console.md: `make screenshots`. They are of a running node with real calls, after a few minutes of them."""
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from .browser import chromium
from .node import ConsoleEdge
from .stage import stage

FOLDER = Path(__file__).parents[2] / "docs" / "images" / "console"
COLOURS = 255                   # a page has few: a third of the bytes
TALLEST = 1500                  # pixels: of a longer page the beginning

CUSTOMER_PAGES = {
    "overview": "/trunks/acme", "availability": "/trunks/acme/availability", "primary": "/trunks/acme/primary", "secondary": "/trunks/acme/secondary",
    "advanced": "/trunks/globex/advanced", "calls": "/trunks/acme/calls", "timeline": "/trunks/acme/timeline?span=minutes",
}
OPERATOR_PAGES = {"trunks": "/trunks", "nodes": "/nodes", "cores": "/cores", "users": "/users", "audit": "/audit", "zones": "/trunks/globex/advanced",
                  "advanced-edit": "/trunks/globex/advanced/edit", "settings": "/trunks/acme/settings", "remove": "/trunks/acme/remove", "new-trunk": "/new-trunk",
                  "core": "/cores/pstn", "user": "/user/carol"}
DARK = ("availability", "timeline")
PHONE = ("overview", "timeline")


def shoot(page: Page, name: str) -> None:
    """Write one picture."""
    page.wait_for_load_state()
    if page.locator("[data-live]").count():
        expect(page.locator("[data-live-state]")).to_contain_text("Live")
    height = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
    taken = page.screenshot(full_page=True, clip={"x": 0, "y": 0, "width": page.viewport_size["width"], "height": height})
    with Image.open(io.BytesIO(taken)) as picture:
        with_palette(picture.convert("RGB")).save(FOLDER / f"{name}.png", optimize=True)


def with_palette(picture: Image.Image) -> Image.Image:
    """Return a picture in the colours it has most of, which stay exactly as they are; only the edges of letters are approximate."""
    counted = sorted(picture.getcolors(picture.width * picture.height) or [], reverse=True)[:COLOURS]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for _, colour in counted for part in colour])
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def walk(browser: Browser, edge: ConsoleEdge, name: str, pages: dict[str, str], suffix: str = "", **looks: object) -> None:
    """Sign in as somebody, and take a picture of each page."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 640}, **looks})
    page = context.new_page()
    edge.sign_in(page, name)
    for title, path in pages.items():
        page.goto(edge.url + path)
        shoot(page, title + suffix)
        if title == "timeline" and not suffix:
            page.get_by_role("link", name="Explain").first.click()
            shoot(page, "call")
    context.close()


def rename(browser: Browser, edge: ConsoleEdge) -> None:
    """Change something as a customer does, so that the audit log has it."""
    page = browser.new_page()
    edge.sign_in(page, "carol", "/trunks/acme/secondary")
    page.get_by_label("SIP label").fill("DR site")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    page.close()


def main() -> None:
    """Play, and take all pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, stage(Path(folder)) as played, chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 640})
        page.goto(played.edge.url)
        shoot(page, "sign-in")
        rename(browser, played.edge)
        walk(browser, played.edge, "carol", CUSTOMER_PAGES)
        walk(browser, played.edge, "carol", {name: CUSTOMER_PAGES[name] for name in DARK}, "-dark", color_scheme="dark")
        walk(browser, played.edge, "carol", {name: CUSTOMER_PAGES[name] for name in PHONE}, "-phone", viewport={"width": 360, "height": 740})
        walk(browser, played.edge, "ada", OPERATOR_PAGES)
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER}", file=sys.stderr)


if __name__ == "__main__":
    main()
