"""Releases, rehearsed on a made-up tree and on a copy of the house."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import trees
from made_up import method, published
from wire import Wire, answer

import release
from codegen import files

ROOT = Path(__file__).parents[1]
PACKAGES = ["tc_core", "tc_odd", "tc_testing"]


@pytest.fixture(autouse=True)
def git_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep git off the caller's settings, and off the repository whose hook may have called."""
    for name in os.environ:
        if name.startswith(("GIT_", "UV_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Somebody")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "somebody@example.com")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A committed tree of one made-up service for Taskcluster 1.2.3, ready to be released."""
    tree = trees.make(tmp_path / "tree", published(method()))
    document(tree, "thing")
    for name in ("pyproject.toml", "CHANGELOG.md", ".gitignore"):
        shutil.copy(ROOT / name, tree / name)
    for name in ("tc-core", "tc-testing"):
        (tree / "packages" / name / "README.md").write_text(f"# {name}\n")
    fragment(tree, "The first one.")
    git(tree, "init", "--quiet", "--initial-branch=main")
    commit(tree)
    return tree


def document(tree: Path, name: str) -> None:
    words = f'[methods.{name}]\nsummary = "Return it."\n'
    (tree / "codegen" / "docs" / "odd.toml").write_text(words)
    files.write(tree)


def fragment(tree: Path, text: str) -> None:
    (tree / "changelog.d").mkdir(exist_ok=True)
    (tree / "changelog.d" / "+made-up.feature.md").write_text(f"{text}\n")


def git(tree: Path, *arguments: str) -> str:
    command = ["git", "-C", str(tree), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def commit(tree: Path) -> None:
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", "a change")


def state(tree: Path) -> tuple[str, ...]:
    """Return all that a release could leave behind."""
    questions = ("status --porcelain", "rev-parse HEAD", "tag --list", "worktree list")
    return tuple(git(tree, *question.split()) for question in questions)


def run(tree: Path, *arguments: str) -> int:
    return release.main(["--root", str(tree), *arguments])


def test_a_release_is_committed_and_tagged(tree: Path) -> None:
    assert run(tree, "1.2.3") == 0
    assert git(tree, "log", "--format=%s").splitlines() == [
        "Go on with 1.2.3.post1.dev0",
        "Release 1.2.3",
        "a change",
    ]
    assert git(tree, "describe", "HEAD^") == "v1.2.3\n"
    assert git(tree, "status", "--porcelain") == ""
    assert len(git(tree, "worktree", "list").splitlines()) == 1


def test_what_is_tagged_carries_the_version_throughout(tree: Path) -> None:
    assert run(tree, "1.2.3") == 0
    git(tree, "checkout", "--quiet", "v1.2.3")
    assert (tree / "VERSION").read_text() == "1.2.3\n"
    assert '"tc-core==1.2.3"' in (tree / "packages" / "tc-odd" / "pyproject.toml").read_text()
    assert '"1.2.3"' in (tree / "packages" / "tc-core" / "src" / "tc_core" / "_version.py").read_text()
    assert trees.run(tree, "check") == 0


def test_the_changelog_is_made_of_the_fragments(tree: Path) -> None:
    assert run(tree, "1.2.3") == 0
    assert list((tree / "changelog.d").glob("*")) == []
    fragment(tree, "The second one.")
    commit(tree)
    assert run(tree, "1.2.3.post1") == 0
    changelog = (tree / "CHANGELOG.md").read_text()
    assert changelog.startswith("# Changelog\n")
    headings = [line.split(" (")[0] for line in changelog.splitlines() if line.startswith("## ")]
    assert headings == ["## 1.2.3.post1", "## 1.2.3"]
    assert (
        changelog.index("The second one.") < changelog.index("## 1.2.3 (") < changelog.index("The first one.")
    )


def test_development_goes_on_after_what_was_released(tree: Path) -> None:
    assert run(tree, "1.2.3") == 0
    assert (tree / "VERSION").read_text() == "1.2.3.post1.dev0\n"
    assert trees.run(tree, "check") == 0
    assert release.following("1.2.3.post1") == "1.2.3.post2.dev0"


def test_a_dry_run_shows_a_release_and_leaves_nothing_behind(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state(tree)
    capsys.readouterr()
    assert run(tree, "1.2.3", "--dry-run") == 0
    shown = capsys.readouterr().out
    assert "The first one." in shown
    for name in PACKAGES:
        assert f"{name}-1.2.3-py3-none-any.whl\n{name}-1.2.3.tar.gz\n" in shown
    assert state(tree) == before


def test_a_dry_run_on_a_copy_of_the_house(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if missing := list(files.undocumented(ROOT)):
        pytest.skip(f"not to be released while codegen/docs has no words for {missing}")
    for name in git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (ROOT / name).is_file():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / name)
    fragment(tmp_path, "Something made up.")
    files.write(tmp_path)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path)
    before = state(tmp_path)
    version = f"{files.base_version((ROOT / 'VERSION').read_text().strip())}.post999"
    assert run(tmp_path, version, "--dry-run") == 0
    shown = capsys.readouterr().out
    assert "Something made up." in shown
    for package in (ROOT / "packages").glob("*/pyproject.toml"):
        name = package.parent.name.replace("-", "_")
        assert f"{name}-{version}-py3-none-any.whl\n{name}-{version}.tar.gz\n" in shown
    assert state(tmp_path) == before


def test_a_release_that_fails_on_the_way_leaves_nothing_behind(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "packages" / "tc-testing" / "README.md").unlink()
    commit(tree)
    before = state(tree)
    assert run(tree, "1.2.3") == 1
    assert "hatchling build" in capsys.readouterr().err
    assert state(tree) == before


def test_it_goes_to_an_index_when_told_to_and_not_otherwise(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_PUBLISH_TOKEN", "a-token")
    with Wire(*[answer(200)] * 2 * len(PACKAGES)) as index:
        monkeypatch.setenv("UV_PUBLISH_URL", index.url)
        assert run(tree, "1.2.3") == 0
        assert index.requests == []
        fragment(tree, "Something else.")
        commit(tree)
        assert run(tree, "1.2.3.post1", "--upload", f"{index.url}/upload/") == 0
        assert {(request.verb, request.target) for request in index.requests} == {("POST", "/upload/")}
        bodies = b"".join(request.body for request in index.requests)
    for name in PACKAGES:
        for ending in ("-py3-none-any.whl", ".tar.gz"):
            assert f'filename="{name}-1.2.3.post1{ending}"'.encode() in bodies


def test_credentials_in_an_address_are_refused_and_not_shown(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run(tree, "1.2.3", "--upload", "https://somebody:a-password@packages.example.com/")
    error = capsys.readouterr().err
    assert "UV_PUBLISH_TOKEN" in error
    assert "a-password" not in error


# Refused ------------------------------------------------------------------------------------------------------


def refused(tree: Path, capsys: pytest.CaptureFixture[str], version: str = "1.2.3") -> str:
    """See to it that a release is refused and changes nothing; return the reasons."""
    before = state(tree)
    capsys.readouterr()
    assert run(tree, version) == 1
    assert state(tree) == before
    return capsys.readouterr().err


@pytest.mark.parametrize("version", ["1.2.4", "1.2", "1.2.3.4", "1.2.4.post1"])
def test_a_version_that_is_not_taskclusters(
    tree: Path, capsys: pytest.CaptureFixture[str], version: str
) -> None:
    assert refused(tree, capsys, version).startswith(f"release: {version} is n")


@pytest.mark.parametrize(
    "version", ["1.2.3.dev1", "1.2.3.post0", "1.2.3rc1", "v1.2.3", "01.2.3", "1.2.3.post1.dev0", "1.2.3\n"]
)
def test_a_version_that_is_none_of_a_release(
    tree: Path, capsys: pytest.CaptureFixture[str], version: str
) -> None:
    assert "is no version of a release" in refused(tree, capsys, version)


def test_a_version_that_was_released(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tree, "1.2.3") == 0
    fragment(tree, "Something else.")
    commit(tree)
    reasons = refused(tree, capsys)
    assert "1.2.3 does not come after 1.2.3.post1.dev0" in reasons
    assert "the tag v1.2.3 exists" in reasons


@pytest.mark.parametrize("name", ["VERSION", "a new file"])
def test_a_dirty_tree(tree: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    (tree / name).write_text("1.2.3.dev1\n")
    assert "not committed" in refused(tree, capsys)


def test_no_fragment(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "changelog.d" / "+made-up.feature.md").rename(tree / "changelog.d" / "README.md")
    commit(tree)
    assert "changelog.d holds no fragment" in refused(tree, capsys)


def test_a_fragment_of_an_unknown_type(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "changelog.d" / "+other.feat.md").write_text("It would be passed over.\n")
    commit(tree)
    assert "+other.feat.md" in refused(tree, capsys)


def test_stale_generated_code(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client = "packages/tc-odd/src/tc_odd/_generated/client.py"
    (tree / client).write_text("")
    commit(tree)
    assert f"stale: {client};" in refused(tree, capsys)


def test_methods_without_docs(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document(tree, "no_longer_there")
    commit(tree)
    assert "no words for odd.thing" in refused(tree, capsys)


def test_all_reasons_are_told_at_once(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tree / "changelog.d" / "+made-up.feature.md").unlink()
    (tree / "packages" / "tc-odd" / "README.md").unlink()
    assert len(refused(tree, capsys, "1.2.4").splitlines()) == 4
