"""What `make release` publishes: the same bytes from the same commit, complete, and of one version."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

from release import archives, chart, debian, packages, plugin, run, sbom
from release.source import LeftOut, NotReady, Release, disagreeing, exported
from support.rendered import ROOT

EPOCH = 1_790_000_000
OLD = 1_000_000_000
PUBLISHED = ("operator", "charts", "manifests", "docs", "pyproject.toml", "LICENSE", "README.md", "Dockerfile")
UNTRACKED = shutil.ignore_patterns("__pycache__", "*.pyc")


def copied(into: Path) -> Path:
    into.mkdir(parents=True)
    for name in PUBLISHED:
        source = ROOT / name
        shutil.copytree(source, into / name, ignore=UNTRACKED) if source.is_dir() else shutil.copy(source, into)
    return into


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    work = tmp_path_factory.mktemp("release")
    into = work / "dist"
    into.mkdir()
    tree = copied(work / "tree")
    version = disagreed_with(tree)
    return Release(version, tree, into, "0" * 40, EPOCH, "https://git.example.com/wahealth")


def disagreed_with(tree: Path) -> str:
    version = str(yaml.safe_load((tree / "charts/wahealth/Chart.yaml").read_text())["version"])
    assert disagreeing(tree, version, draft=True) == []
    return version


def files(of: Callable[[Release], list[Path]], release: Release) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in of(release)}


@pytest.mark.parametrize("of", [packages.made, chart.packaged, chart.manifests])
def test_the_same_commit_gives_the_same_bytes(
    of: Callable[[Release], list[Path]], release: Release, tmp_path: Path
) -> None:
    """On another day, in another folder, whoever's files they are, and in whatever order they lie there."""
    again = copied(tmp_path / "elsewhere")
    for path in again.rglob("*"):
        os.utime(path, (OLD, OLD))
        path.chmod(0o755 if path.is_dir() else 0o600)
    into = tmp_path / "dist"
    into.mkdir()
    first = files(of, release)
    assert first
    assert files(of, replace(release, tree=again, into=into)) == first


def test_the_wheel_has_the_program_and_nothing_else(release: Release) -> None:
    (wheel,) = (path for path in packages.made(release) if path.suffix == ".whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"wahealth", "wahealth_operator"}
    assert {"wahealth/cli.py", "wahealth/py.typed"} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_chart_is_of_the_commits_time_and_of_nobody(release: Release) -> None:
    (archive,) = chart.packaged(release)
    with tarfile.open(archive) as opened:
        assert {(one.mtime, one.uid, one.uname) for one in opened} == {(EPOCH, 0, "")}


def test_an_archive_is_the_same_whoever_makes_it_and_when(tmp_path: Path) -> None:
    one, another = tmp_path / "one.tar.gz", tmp_path / "another.tar.gz"
    archives.packed({"b": b"2", "a": b"1"}, one, EPOCH)
    archives.packed({"a": b"1", "b": b"2"}, another, EPOCH)
    assert one.read_bytes() == another.read_bytes()
    assert archives.unpacked(one) == {"a": b"1", "b": b"2"}
    again, twice = tmp_path / "again.tar", tmp_path / "twice.tar"
    archives.copied(one, again, EPOCH)
    archives.copied(again, twice, EPOCH)
    assert again.read_bytes() == twice.read_bytes()
    assert archives.unpacked(again) == archives.unpacked(one)


@pytest.mark.parametrize(
    ("file", "written", "instead", "said"),
    [
        ("pyproject.toml", '\nversion = "', '\nversion = "9', "pyproject.toml says 9"),
        ("charts/wahealth/Chart.yaml", "\nversion: ", "\nversion: 9", "version of charts/wahealth/Chart.yaml says 9"),
        ("charts/wahealth/Chart.yaml", "\nappVersion: ", "\nappVersion: 9", "appVersion of charts"),
        ("Dockerfile", "\nARG VERSION=", "\nARG VERSION=9", "Dockerfile says 9"),
        ("manifests/install.yaml", '"wahealth:', '"wahealth:9', "manifests/install.yaml says 9"),
    ],
)
def test_what_is_of_another_version_is_named(
    file: str, written: str, instead: str, said: str, release: Release, tmp_path: Path
) -> None:
    tree = copied(tmp_path / "tree")
    content = (tree / file).read_text()
    assert written in content
    (tree / file).write_text(content.replace(written, instead))
    (wrong,) = disagreeing(tree, release.version, draft=True)
    assert said in wrong


def test_a_changelog_that_is_not_finished_stops_all_but_a_draft(release: Release, tmp_path: Path) -> None:
    tree = copied(tmp_path / "tree")
    changelog = tree / "docs/changelog.md"
    for heading, said in (("(unreleased)", "write its date"), ("", "has no section")):
        changelog.write_text(f"# Changelog\n\n## {release.version} {heading}\n")
        assert said in "".join(disagreeing(tree, release.version, draft=False))
        assert disagreeing(tree, release.version, draft=True) == []
    changelog.write_text(f"# Changelog\n\n## {release.version} (2026-12-01)\n")
    assert disagreeing(tree, release.version, draft=False) == []


def test_a_version_that_is_none_is_told_how_to_name_one(release: Release) -> None:
    assert disagreeing(release.tree, "v1", draft=False) == ["'v1' is no version: name it as in VERSION=1.2.3"]


def repository(folder: Path) -> Path:
    copied(folder)
    for asked in (["init", "-q"], ["add", "."], ["commit", "-qm", "All"]):
        name = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", str(folder), *name, *asked], check=True, capture_output=True)
    return folder


def test_only_what_is_committed_is_released(release: Release, tmp_path: Path) -> None:
    of = repository(tmp_path / "repository")
    (of / "LICENSE").write_text("another")
    (of / "beside").write_text("of nobody's concern")
    with pytest.raises(NotReady, match="not everything is committed: LICENSE"):
        exported(of, release.version, tmp_path, tmp_path, home="", draft=False)
    draft = exported(of, release.version, tmp_path, tmp_path, home="", draft=True)
    assert (draft.tree / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    assert not (draft.tree / "beside").exists()
    assert len(draft.revision) == 40


def test_a_part_that_cannot_be_made_is_told_and_the_rest_is_there(
    release: Release, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert run.released(release, ["manifests", "image"]) == run.NOT_THERE
    assert "image: left out: buildah and debootstrap must be on PATH" in capsys.readouterr().err
    lines = [line.split("  ") for line in (release.into / run.SUMS).read_text().splitlines()]
    sums = {name: digest for digest, name in lines}
    assert sums.keys() == {path.name for path in release.into.iterdir()} - {run.SUMS}
    assert sums["crd.yaml"] == sha256((ROOT / "manifests/crd.yaml").read_bytes()).hexdigest()


STATUS = """\
Package: libstdc++6
Status: install ok installed
Architecture: amd64
Version: 1:12.2.0-14+deb12u1

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""
LAYERS: list[dict[str, bytes]] = [
    {"etc/os-release": b'ID=debian\nVERSION_ID="12"\n', debian.STATUS: b"Package: of-a-layer-below\n"},
    {debian.STATUS: STATUS.encode()},
]


def image(folder: Path, *environment: str) -> Path:
    """An OCI archive of these layers."""
    files: dict[str, bytes] = {}

    def kept(content: bytes) -> dict[str, object]:
        digest = sha256(content).hexdigest()
        files[f"blobs/sha256/{digest}"] = content
        return {"digest": f"sha256:{digest}", "size": len(content)}

    described = {"architecture": "amd64", "config": {"Env": list(environment)}}
    manifest = {"config": kept(json.dumps(described).encode()), "layers": [kept(layer(one, folder)) for one in LAYERS]}
    files["index.json"] = json.dumps({"manifests": [kept(json.dumps(manifest).encode())]}).encode()
    archive = folder / "wahealth-0.1.0-linux-amd64.oci.tar"
    with tarfile.open(archive, "w") as written:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            written.addfile(entry, io.BytesIO(content))
    return archive


def layer(files: dict[str, bytes], folder: Path) -> bytes:
    archives.packed(files, folder / "layer", EPOCH)
    return (folder / "layer").read_bytes()


def test_the_list_of_an_image_has_what_debian_and_python_add(release: Release, tmp_path: Path) -> None:
    of_wheel = tmp_path / "wahealth-0.1.0.cdx.json"
    program = {"bom-ref": "program", "name": "wahealth-operator"}
    of_wheel.write_text(json.dumps({"metadata": {"component": program}, "components": [{"bom-ref": "kopf"}]}))
    archive = image(tmp_path, "PATH=/bin", "PYTHON_VERSION=3.13.1")
    listed = json.loads(sbom.of_image(release, of_wheel, archive).read_text())
    assert [one["bom-ref"] for one in listed["components"]] == [
        "kopf",
        "program",
        "pkg:deb/debian/libstdc%2B%2B6@1%3A12.2.0-14%2Bdeb12u1?arch=amd64&distro=debian-12",
        "pkg:generic/python@3.13.1",
    ]
    about = listed["metadata"]["component"]
    assert (about["type"], about["version"]) == ("container", release.version)
    assert about["purl"] == f"pkg:oci/wahealth@{debian.opened(archive).digest.replace(':', '%3A')}?arch=amd64"
    assert listed["dependencies"][-1]["ref"] == about["bom-ref"]


def test_kubectls_plugin_is_described_as_krew_wants_it(release: Release) -> None:
    archive = release.into / f"kubectl-wa-{release.version}-linux-amd64.tar.gz"
    archive.write_bytes(b"an archive")
    described = plugin.manifest(release, archive)
    (platform,) = json.loads(json.dumps(described))["spec"]["platforms"]
    assert platform["selector"] == {"matchLabels": {"os": "linux", "arch": "amd64"}}
    assert platform["sha256"] == sha256(b"an archive").hexdigest()
    assert platform["uri"].endswith(f"/v{release.version}/{archive.name}")
    archive.unlink()


def test_a_project_without_the_plugin_leaves_it_out(release: Release, tmp_path: Path) -> None:
    tree = copied(tmp_path / "tree")
    (tree / "pyproject.toml").write_text("[project.scripts]\n")
    with pytest.raises(LeftOut, match="no program kubectl-wa"):
        plugin.made(replace(release, tree=tree, into=tmp_path))
