"""What meets who changes the project: CI, hooks and the image call what the README says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib

import pytest
import yaml
from conftest import REPO_ROOT

PROJECT = tomllib.loads((REPO_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def read(name: str) -> str:
    return (REPO_ROOT / name).read_text(encoding="utf-8")


def test_public_ci_calls_the_same_script_on_each_python() -> None:
    jobs = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"]
    steps = [step.get("run") for step in jobs["test"]["steps"] if "run" in step]
    assert steps == [".ci/run"]
    pythons = jobs["test"]["strategy"]["matrix"]["python"]
    low, high = re.fullmatch(r">=3\.(\d+),<3\.(\d+)", PROJECT["requires-python"]).groups()
    assert pythons == [f"3.{minor}" for minor in range(int(low), int(high))]
    assert read(".ci/run").rstrip().endswith("exec make test")


def test_hooks_before_a_commit_fetch_nothing() -> None:
    (repository,) = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    assert repository["repo"] == "local"
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}
    for hook in repository["hooks"]:
        program, *rest = hook["entry"].split()
        assert program.startswith(".venv/bin/")
        files = [word for word in rest if word.startswith("tests/")]
        assert [name for name in files if not (REPO_ROOT / name).is_file()] == []


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_hooks_are_sound() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-config", ".pre-commit-config.yaml"],
        cwd=REPO_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_runs_the_two_commands() -> None:
    text = read("Dockerfile")
    assert 'CMD ["make", "lists"]' in text
    assert "make test" in text
    (python,) = re.findall(r"^FROM python:(3\.\d+)-slim$", text, re.MULTILINE)
    assert f'"{python}"' in read(".github/workflows/ci.yml")


def test_each_extra_has_its_lock_and_each_lock_its_packages() -> None:
    assert set(EXTRAS) == {"explore", "docs", "spark", "dev", "bench"}
    for name, needed in {"": PROJECT["dependencies"], **EXTRAS}.items():
        lock = read(f"requirements{f'-{name}' if name else ''}.lock")
        locked = set(re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==", lock, re.MULTILINE))
        wanted = {re.match(r"[\w.-]+", one)[0] for one in needed} - {"targeted-lists"}
        assert wanted - locked == set(), name
        assert "://" not in lock
        assert "--index-url" not in lock


def test_what_a_page_for_contributors_names_is_there() -> None:
    for page in ("CONTRIBUTING.md", "SECURITY.md"):
        for code in re.findall(r"`([\w./_-]+/[\w./_-]+)`", read(page)):
            path = REPO_ROOT / code.rstrip("/")
            made_by_users = re.search(r"NAME|^(data|state|exports|published|warehouse)/", code)
            assert made_by_users or code == ".venv/bin/pre-commit" or path.exists(), (page, code)
