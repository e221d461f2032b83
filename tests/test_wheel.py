"""What an installed omilink serves without a clone and without Node."""

import os
import subprocess
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "omilink"


def test_the_wheel_has_the_page_and_the_clients_modules(tmp_path: Path) -> None:
    environment = os.environ | {"UV_SYSTEM_CERTS": "true"}  # as script/setup: a company's own certificate counts
    build = [ROOT / ".tools/bin/uv", "build", "--quiet", "--wheel", "-o", tmp_path]
    subprocess.run(build, cwd=ROOT, env=environment, check=True)
    [wheel] = tmp_path.glob("*.whl")
    served = [file for folder in ("page", "web/static") for file in (PACKAGE / folder).iterdir()]
    assert {"index.html", "docs.html", "omilink.js"} <= {file.name for file in served}
    with zipfile.ZipFile(wheel) as archive:
        for file in served:
            assert archive.read(f"omilink/{file.relative_to(PACKAGE).as_posix()}") == file.read_bytes()
