"""A decision of the gate without one of its facts is refused by the type checker, before anything runs."""

import re
from dataclasses import fields
from pathlib import Path

import mypy.api
import pytest

from omilink.linking.acts import Facts
from omilink.linking.rules import RULES

ROOT = Path(__file__).parents[1]


def test_the_type_checker_refuses_an_act_that_lacks_a_fact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, lacking = calls()
    snippet = tmp_path / "forgotten.py"
    parameters = ", ".join(f"{name}: Any" for name in sorted({name for act in acts() for name in facts_of(act)}))
    head = ["from typing import Any", "from omilink.linking import acts", f"def decide({parameters}) -> None:"]
    snippet.write_text("\n".join([*head, *whole, *lacking]))
    monkeypatch.setenv("MYPYPATH", str(ROOT / "src"))
    options = ["--strict", "--config-file=", f"--cache-dir={tmp_path}", "--follow-imports=silent"]
    said, errors, _ = mypy.api.run([*options, str(snippet)])
    refused = re.findall(r":(\d+): error: Missing named argument (.*?)  \[call-arg\]", said)
    first = len(head) + len(whole) + 1
    assert [(int(line), told) for line, told in refused] == list(enumerate(lacking.values(), first)), said + errors
    assert said.count("error:") == len(lacking)


def calls() -> tuple[list[str], dict[str, str]]:
    """A call of each act with all its facts; and those that lack a fact, with what is said of each."""
    whole: list[str] = []
    lacking: dict[str, str] = {}
    for act in acts():
        given = [f"{name}={name}" for name in facts_of(act)]
        whole.append(f"    acts.{act.__name__}({', '.join(given)})")
        for forgotten in facts_of(act):
            rest = ", ".join(one for one in given if not one.startswith(f"{forgotten}="))
            lacking[f"    acts.{act.__name__}({rest})"] = f'"{forgotten}" for "{act.__name__}"'
    return whole, lacking


def acts() -> list[type[Facts]]:
    """Every type whose facts have a table of rules."""
    found = [one for base in (Facts, *Facts.__subclasses__()) for one in base.__subclasses__() if hasattr(one, "act")]
    assert {act.act for act in found} == RULES.keys()
    return found


def facts_of(act: type[Facts]) -> list[str]:
    return [field.name for field in fields(act) if field.init]
