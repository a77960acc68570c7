#!/usr/bin/env python3
"""Writes the bill of materials of an image, in CycloneDX JSON: sbom.py IMAGE FILE.

It lists what the image itself tells: Debian's packages of the base, Python, and the Python packages
with their licences. The same image gives the same file. Run it from the repository as a module:
python -m scripts.sbom port-ocean-custom:1.0.0 sbom.cdx.json
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from tests.container import Image, engine

# Runs in the image: what dpkg and the Python environment have installed.
INVENTORY = r"""
import importlib.metadata as metadata, json, platform, subprocess
listed = subprocess.run(
    ["dpkg-query", "-W", "-f", "${Package}\t${Version}\t${Architecture}\n"],
    capture_output=True, text=True, check=True).stdout
packages = {}
for one in metadata.distributions():
    said = one.metadata
    classified = [text.rpartition(" :: ")[2] for text in said.get_all("Classifier") or ()
                  if text.startswith("License :: ")]
    named = said.get("License-Expression") or said.get("License") or " and ".join(classified)
    packages[one.name] = [one.version, named.strip().partition("\n")[0]]
print(json.dumps({
    "python": platform.python_version(),
    "debian": [line.split("\t") for line in listed.splitlines()],
    "packages": packages}))
"""


def components(inventory: Mapping[str, Any]) -> Iterator[Component]:
    """The parts of the image."""
    python, debian, packages = (inventory[key] for key in ("python", "debian", "packages"))
    yield Component(
        name="python",
        version=python,
        type=ComponentType.APPLICATION,
        purl=PackageURL("generic", name="python", version=python),
        bom_ref=f"python@{python}",
    )
    for name, version, architecture in debian:
        purl = PackageURL("deb", "debian", name, version, {"arch": architecture})
        yield Component(name=name, version=version, purl=purl, bom_ref=str(purl))
    licences = LicenseFactory()
    for name, (version, licence) in sorted(packages.items()):
        purl = PackageURL("pypi", name=name.lower(), version=version)
        known = [licences.make_from_string(licence)] if licence else []
        yield Component(name=name, version=version, purl=purl, bom_ref=str(purl), licenses=known)


def main(name: str, file: str) -> int:
    """Write the file; 1 when there is nothing to start the image with."""
    by = engine()
    if by is None:
        print("an image is looked into with docker, or with buildah as root", file=sys.stderr)
        return 1
    with Image.opened(by, name) as image:
        inventory = json.loads(image.run("python", "-c", INVENTORY))
        said = {name.rpartition("image.")[2]: text for name, text in image.labels.items()}
    bom = Bom(components=components(inventory))
    bom.metadata.component = Component(
        name="port-ocean-custom",
        version=said["version"],
        type=ComponentType.CONTAINER,
        licenses=[LicenseFactory().make_from_string(said["licenses"])],
        bom_ref="port-ocean-custom",
    )
    bom.register_dependency(bom.metadata.component, bom.components)
    document = json.loads(JsonV1Dot6(bom).output_as_string())
    # Neither a number nor a time of its own: the same image, the same file.
    del document["serialNumber"]
    document["metadata"]["timestamp"] = said["created"]
    text = json.dumps(document, indent=1, sort_keys=True) + "\n"
    Path(file).write_text(text, encoding="utf-8")
    print(f"{file}: {len(document['components'])} components")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
