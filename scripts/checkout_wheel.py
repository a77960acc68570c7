"""Build backend of `uvx --from '.[workbench]' ocean-custom`: a wheel that leads to this folder.

None of it is copied, as the workbench runs the integration as it lies here. The interface is that
of https://peps.python.org/pep-0517.
"""

import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def build_wheel(
    wheel_directory: str, config_settings: object = None, metadata_directory: object = None
) -> str:
    """Write the wheel into a folder; its file's name."""
    del config_settings, metadata_directory
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    name = f"{project['name']}-{project['version']}"
    needed = [f"Requires-Dist: {one}" for one in project["dependencies"]]
    for extra, more in project["optional-dependencies"].items():
        needed.append(f"Provides-Extra: {extra}")
        needed += [f'Requires-Dist: {one} ; extra == "{extra}"' for one in more]
    named = [f"Name: {project['name']}", f"Version: {project['version']}"]
    files = {
        # First of all places: a distribution may have modules called alike.
        f"{project['name']}.pth": f"import sys; sys.path.insert(0, {str(ROOT)!r})\n",
        f"{name}.dist-info/METADATA": "\n".join(["Metadata-Version: 2.1", *named, *needed, ""]),
        f"{name}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{name}.dist-info/entry_points.txt": (
            "[console_scripts]\nocean-custom = workbench.__main__:command\n"
        ),
    }
    record = f"{name}.dist-info/RECORD"
    files[record] = "".join(f"{path},,\n" for path in [*files, record])
    with zipfile.ZipFile(Path(wheel_directory, f"{name}-py3-none-any.whl"), "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return f"{name}-py3-none-any.whl"


build_editable = build_wheel
