"""Downloads one version of uv from PyPI with nothing but the standard library: get_uv.py VERSION FOLDER.

Debian's python3 comes without venv and pip, so neither is assumed. The wheel's SHA-256 is checked against the index.
"""

import hashlib
import io
import os
import platform
import re
import sys
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

INDEX = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/uv/"

# (system, machine) -> what the wheel's name must contain; the first that the index has is taken
PLATFORMS = {
    ("Linux", "x86_64"): ("manylinux_2_17_x86_64", "musllinux_1_1_x86_64"),
    ("Linux", "aarch64"): ("manylinux_2_17_aarch64", "musllinux_1_1_aarch64"),
    ("Linux", "armv7l"): ("manylinux_2_17_armv7l", "musllinux_1_1_armv7l"),
    ("Darwin", "arm64"): ("macosx_11_0_arm64",),
    ("Darwin", "x86_64"): ("macosx_10_12_x86_64",),
}


def main(version: str, folder: str) -> None:
    wheel = download(*find(version))
    target = Path(folder) / "uv"
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        program = next(name for name in archive.namelist() if name.endswith("scripts/uv"))
        target.write_bytes(archive.read(program))
    target.chmod(0o755)


def find(version: str) -> tuple[str, str]:
    """The address and the SHA-256 of the wheel for this machine."""
    machine = (platform.system(), platform.machine())
    tags = PLATFORMS.get(machine, ())
    if "musl" in platform.libc_ver()[0] or Path("/etc/alpine-release").exists():
        tags = tuple(reversed(tags))
    with urllib.request.urlopen(INDEX, timeout=60) as answer:
        links = re.findall(r'href="([^"#]+)#sha256=([0-9a-f]{64})"', answer.read().decode())
    for tag in tags:
        for href, digest in links:
            if f"/uv-{version}-" in href and tag in href:
                return urllib.parse.urljoin(INDEX, href), digest
    raise SystemExit(f"{INDEX} has no uv {version} for {machine}. Put a uv {version} of your own at .tools/bin/uv.")


def download(address: str, digest: str) -> bytes:
    with urllib.request.urlopen(address, timeout=300) as answer:
        content: bytes = answer.read()
    if hashlib.sha256(content).hexdigest() != digest:
        raise SystemExit(f"{address} arrived damaged: its SHA-256 is not {digest}. Try again.")
    return content


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except OSError as error:
        raise SystemExit(
            f"uv could not be downloaded from {INDEX}: {error}. Check the network and the proxy."
        ) from None
