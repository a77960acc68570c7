"""Takes the screenshots of the catalog's page in docs/images, of a demo that it runs."""

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import sync_playwright

from workbench.sail import REPOSITORY
from workbench.scenario import demo

TICKET = "blueprint=helpdeskTicket&identifier=7"
SHOTS = {
    ("blueprints", "light"): "/",
    ("entities", "dark"): "/entities?blueprint=helpdeskTicket",
    ("entity", "light"): f"/entity?{TICKET}",
    ("entity", "dark"): f"/entity?{TICKET}",
    ("resyncs", "light"): "/resyncs",
    ("requests", "light"): "/requests",
    ("jq", "dark"): f"/jq?{TICKET}&program=.tags",
}


def main() -> None:
    """Write one PNG a view."""
    images = REPOSITORY / "docs" / "images"
    images.mkdir(exist_ok=True)
    found = [REPOSITORY / "scripts" / "find-chromium"]
    chromium = subprocess.run(found, capture_output=True, text=True, check=True)  # noqa: S603 (our own script)
    with (
        tempfile.TemporaryDirectory() as folder,
        demo(Path(folder)) as running,
        sync_playwright() as playwright,
    ):
        running.resync("first")
        running.change_source()
        running.resync("second")
        browser = playwright.chromium.launch(
            executable_path=chromium.stdout.strip(), args=["--no-sandbox"]
        )
        for (name, scheme), path in SHOTS.items():
            page = browser.new_page(
                base_url=running.installation.catalog_url,
                viewport={"width": 1200, "height": 720},
                color_scheme="dark" if scheme == "dark" else "light",
            )
            page.goto(path)
            if name == "jq":
                page.get_by_role("button", name="Run").click()
                page.get_by_role("region", name="Output 1").wait_for()
            page.screenshot(path=images / f"page-{name}-{scheme}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
