#!/usr/bin/env python3
"""Looks up known vulnerabilities of every package in a lock file, its one argument.

Ends with 1 when there is one. Where no vulnerability service can be reached it says so and ends
with 0: a closed network is no fault of the code.
"""

import json
import subprocess
import sys
from pathlib import Path

CHOSEN = ("--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json")
# What pip-audit says of a closed network: its own words, and those of the requests library.
OFFLINE = ("network may be blocking", "Max retries exceeded", "Could not connect", "timed out")


def main(lock: str) -> int:
    """The exit code; what was found is printed."""
    audit = Path(sys.executable).with_name("pip-audit")
    done = subprocess.run(  # noqa: S603 (our own environment's tool, and no shell)
        [audit, "--requirement", lock, *CHOSEN], capture_output=True, text=True, check=False
    )
    if not done.stdout.strip():
        if any(words in done.stderr for words in OFFLINE):
            print("audit: nothing was checked, the vulnerability service cannot be reached")
            return 0
        print(done.stderr)
        return 1
    packages = json.loads(done.stdout)["dependencies"]
    checked = [package for package in packages if "skip_reason" not in package]
    if not checked:
        print("audit: nothing was checked, the package index knows no vulnerabilities (a mirror?)")
        return 0
    found = [(package, one) for package in checked for one in package["vulns"]]
    for package, one in found:
        fixed = ", ".join(one["fix_versions"]) or "no version yet"
        print(f"audit: {package['name']} {package['version']}: {one['id']}, fixed in {fixed}")
    print(
        f"audit: {len(found)} known vulnerabilities, {len(checked)} of {len(packages)} locked"
        " packages checked"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
