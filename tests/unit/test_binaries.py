"""Where the programs come from: what the machine has, the cache, a verified download, a build; and the reasons."""

from __future__ import annotations

import fcntl
import hashlib
import http.server
import io
import json
import re
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from wahealth.playground.cluster import binaries
from wahealth.playground.cluster.binaries import BinariesMissing, cached, provide
from wahealth.playground.cluster.download import Downloader, DownloadFailed
from wahealth.playground.cluster.programs import Download, GoModule, Program, programs
from wahealth.playground.cluster.versions import DEFAULT, RELEASES, UnknownVersion, chosen
from wahealth.playground.environment import until

CONTENT = b"#!/bin/sh\necho v1.34.4\n"
SUM = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def releases(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder, and the address under which a web server shows it."""
    folder = tmp_path / "releases"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with an empty cache and an empty PATH."""
    (tmp_path / "path").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    return tmp_path


def download_from(address: str, sums: str = "program.sha256", member: str | None = None) -> Download:
    file = "program.tar.gz" if member else "program"
    return Download(f"{address}/{file}", f"{address}/{sums}", member)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch, releases: tuple[Path, str]) -> Program:
    """A program of its own in the table, to be had from the local server."""
    module = GoModule("example.test/none", "v0.0.1")
    row = Program("program", "1.34.4", "--version", download_from(releases[1]), module, 1)
    monkeypatch.setitem(programs(), "program", row)
    return row


def publish(folder: Path, sum_: str = SUM) -> None:
    (folder / "program").write_bytes(CONTENT)
    (folder / "program.sha256").write_text(sum_)


def executable(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_a_download_is_verified_kept_and_used_again(bare: Path, releases: tuple[Path, str], known: Program) -> None:
    publish(releases[0])
    said: list[str] = []
    assert provide(["program"], say=said.append)["program"].read_bytes() == CONTENT
    (line,) = [line for line in said if "downloaded in" in line]
    assert re.fullmatch(r"program 1\.34\.4: downloaded in \d+ s", line)
    said.clear()
    (releases[0] / "program").unlink()
    assert provide(["program"], say=said.append) == {"program": cached(known)}
    assert said == []


def test_a_wrong_checksum_leaves_nothing_in_the_cache(bare: Path, releases: tuple[Path, str], known: Program) -> None:
    publish(releases[0], "0" * 64)
    with pytest.raises(BinariesMissing, match="another checksum"):
        provide(["program"], say=print)
    assert not list((bare / "cache").rglob("program*"))


def test_what_a_killed_process_left_half_written_is_swept(
    bare: Path, releases: tuple[Path, str], known: Program
) -> None:
    half = cached(known).with_suffix(".partial")
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    publish(releases[0])
    provide(["program"], say=print)
    assert not half.exists()
    assert cached(known).read_bytes() == CONTENT


def test_when_nothing_works_each_way_is_named_with_its_reason(bare: Path, known: Program) -> None:
    with pytest.raises(BinariesMissing) as raised:
        provide(["program"], say=print)
    text = str(raised.value)
    for words in ("KUBEBUILDER_ASSETS is not set; not on PATH", "cache:", "HTTP 404", "no go on PATH", "install Go"):
        assert words in text


def test_the_assets_folder_comes_first(bare: Path, known: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(bare / "assets"))
    (bare / "assets").mkdir()
    executable(bare / "assets" / "program", "echo v0.0.0")
    assert provide(["program"], say=print) == {"program": bare / "assets" / "program"}


@pytest.mark.parametrize(("version", "taken"), [("Kubernetes v1.34.9", True), ("Kubernetes v1.29.1", False)])
def test_on_path_the_minor_version_counts(
    bare: Path, releases: tuple[Path, str], known: Program, version: str, taken: bool
) -> None:
    publish(releases[0])
    on_path = executable(bare / "path" / "program", f"echo {version}")
    assert (provide(["program"], say=print)["program"] == on_path) is taken


def test_why_one_on_path_was_not_taken(bare: Path, known: Program) -> None:
    executable(bare / "path" / "program", "echo Kubernetes v1.29.1")
    with pytest.raises(BinariesMissing, match=r"path/program is of version v1\.29\.1, not 1\.34"):
        provide(["program"], say=print)


def test_a_member_of_an_archive_and_a_line_of_many_sums(releases: tuple[Path, str], tmp_path: Path) -> None:
    folder, address = releases
    with tarfile.open(folder / "program.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("release/program")
        info.size = len(CONTENT)
        archive.addfile(info, io.BytesIO(CONTENT))
    sum_ = hashlib.sha256((folder / "program.tar.gz").read_bytes()).hexdigest()
    (folder / "SHA256SUMS").write_text(f"{'0' * 64}  other.tar.gz\n{sum_}  program.tar.gz\n")
    Downloader().fetch(download_from(address, "SHA256SUMS", "release/program"), tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == CONTENT
    assert (tmp_path / "out").stat().st_mode & 0o111


def test_a_host_that_cannot_be_reached_is_asked_once(tmp_path: Path) -> None:
    downloader = Downloader()
    of_kwok = programs()["kwok"].download
    assert of_kwok is not None
    nowhere = replace(of_kwok, sums="http://127.0.0.1:9/sums")
    for _ in range(2):
        with pytest.raises(DownloadFailed, match=r"127\.0\.0\.1:9 cannot be reached"):
            downloader.fetch(nowhere, tmp_path / "out")


@pytest.fixture
def of_each_release(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, Program]]:
    """The table when KUBERNETES is set to that."""

    def table(version: str) -> dict[str, Program]:
        monkeypatch.setenv("KUBERNETES", version)
        return programs.__wrapped__()

    return table


@pytest.mark.parametrize("version", RELEASES)
def test_one_variable_chooses_all_that_belongs_together(
    of_each_release: Callable[[str], dict[str, Program]], version: str
) -> None:
    table, release = of_each_release(version), RELEASES[version]
    of_kubernetes = {p.version for p in table.values() if p.module.package.startswith("k8s.io/kubernetes/")}
    assert of_kubernetes == {release.kubernetes}
    assert binaries.cached(table["etcd"]).parts[-2:] == (release.etcd, "etcd")
    assert {table["containerd"].version, table["ctr"].version} == {release.containerd}


@pytest.mark.parametrize("written", [None, "", DEFAULT])
def test_the_newest_is_what_nobody_has_to_ask_for(monkeypatch: pytest.MonkeyPatch, written: str | None) -> None:
    monkeypatch.delenv("KUBERNETES", raising=False)
    if written is not None:
        monkeypatch.setenv("KUBERNETES", written)
    assert chosen().minor == DEFAULT == max(RELEASES, key=lambda minor: int(minor.split(".")[1]))


def test_a_version_without_a_row_is_refused_with_those_that_have_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES", "1.29")
    with pytest.raises(UnknownVersion, match=r"KUBERNETES=1\.29 is not supported; choose one of: 1\.37, 1\.36"):
        chosen()


@pytest.mark.parametrize(("version", "taken"), [("1.33.7", True), ("1.35.0", True), ("1.32.9", False)])
def test_kubectl_may_be_a_minor_version_off(
    bare: Path, known: Program, monkeypatch: pytest.MonkeyPatch, version: str, taken: bool
) -> None:
    monkeypatch.setitem(programs(), "program", replace(known, skew=1))
    on_path = executable(bare / "path" / "program", f"echo Client Version: v{version}")
    if taken:
        assert provide(["program"], say=print) == {"program": on_path}
    else:
        with pytest.raises(BinariesMissing, match=r"is of version v1\.32\.9, not 1\.34 ±1"):
            provide(["program"], say=print)


@pytest.mark.parametrize(("version", "taken"), [("1.34.0", True), ("2.1.7", True), ("1.33.9", False)])
def test_of_some_any_newer_one_will_do(
    bare: Path, known: Program, monkeypatch: pytest.MonkeyPatch, version: str, taken: bool
) -> None:
    monkeypatch.setitem(programs(), "program", replace(known, oldest=(1, 34)))
    on_path = executable(bare / "path" / "program", f"echo program, version {version}")
    if taken:
        assert provide(["program"], say=print) == {"program": on_path}
    else:
        with pytest.raises(BinariesMissing, match=r"is of version 1\.33\.9, not 1\.34 or newer"):
            provide(["program"], say=print)


def test_what_has_no_release_is_built_at_once(bare: Path, known: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(programs(), "program", replace(known, download=None))
    with pytest.raises(BinariesMissing, match="it has no release to download"):
        provide(["program"], say=print)


def test_where_a_release_has_no_file_of_sums_the_digest_that_github_tells_counts(
    releases: tuple[Path, str], tmp_path: Path
) -> None:
    folder, address = releases
    (folder / "program").write_bytes(CONTENT)
    (folder / "release").write_text(json.dumps({"assets": [{"name": "program", "digest": f"sha256:{SUM}"}]}))
    download = Download(f"{address}/program", f"{address}/release", form="github")
    Downloader().fetch(download, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == CONTENT
    (folder / "release").write_text(json.dumps({"assets": [{"name": "program", "digest": None}]}))
    with pytest.raises(DownloadFailed, match="has no checksum of program"):
        Downloader().fetch(download, tmp_path / "again")


def test_a_mirror_stands_in_for_an_origin(
    releases: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(releases[0])
    monkeypatch.setenv("WAHEALTH_KUBERNETES_RELEASES", releases[1])
    Downloader().fetch(download_from("https://dl.k8s.io"), tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == CONTENT


def test_an_archive_without_the_program_leaves_nothing(releases: tuple[Path, str], tmp_path: Path) -> None:
    folder, address = releases
    with tarfile.open(folder / "program.tar.gz", "w:gz"):
        pass
    (folder / "sum").write_text(hashlib.sha256((folder / "program.tar.gz").read_bytes()).hexdigest())
    with pytest.raises(DownloadFailed, match="the archive has no release/program"):
        Downloader().fetch(download_from(address, "sum", "release/program"), tmp_path / "out")
    assert list(tmp_path.glob("out*")) == []


def test_who_waits_for_the_cache_says_so_once(bare: Path, releases: tuple[Path, str], known: Program) -> None:
    publish(releases[0])
    binaries.cache().mkdir(parents=True)
    said: list[str] = []
    with (binaries.cache() / "lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        waiting = threading.Thread(target=provide, args=(["program"],), kwargs={"say": said.append})
        waiting.start()
        until(lambda: said, "a word that it waits", 90)
        assert not cached(known).exists()
    waiting.join(90)
    assert [line for line in said if "waiting" in line] == ["another process is filling the cache; waiting for it"]
    assert cached(known).read_bytes() == CONTENT


# As far as a build is concerned: `go -C FOLDER` with `get …`, `build … -o FILE PACKAGE` or `version -m FILE`.
GO_THAT_BUILDS = """case "$3" in
  build) shift 7; echo built > "$1";;
  version) printf '\\tpath\\texample.test/none\\n\\tdep\\texample.test/none\\tVERSION\\th1:x=\\n';;
esac"""
GO_THAT_HANGS = 'echo $$ > "$HANGS"; exec sleep 600'
FILLER = """
import sys
from dataclasses import replace
from wahealth.playground.cluster import binaries
from wahealth.playground.cluster.programs import Download, programs
nowhere = Download("http://127.0.0.1:9/program", "http://127.0.0.1:9/sum")
programs()["kwok"] = replace(programs()["kwok"], download=nowhere)
binaries.provide(["kwok"], say=print)
"""


def test_without_a_download_it_is_built(bare: Path, known: Program) -> None:
    executable(bare / "path" / "go", GO_THAT_BUILDS.replace("VERSION", "v0.0.1"))
    said: list[str] = []
    assert provide(["program"], say=said.append)["program"].read_text() == "built\n"
    assert any("building it, about 1 min the first time" in line for line in said)


def test_what_was_built_is_what_was_asked_for(bare: Path, known: Program) -> None:
    """`go mod tidy` raises a version that another module finds too old, in silence."""
    executable(bare / "path" / "go", GO_THAT_BUILDS.replace("VERSION", "v0.0.2"))
    with pytest.raises(BinariesMissing, match=r"example\.test/none v0\.0\.1 was asked for, and v0\.0\.2 was built"):
        provide(["program"], say=print)
    assert not cached(known).exists()


def test_a_killed_build_leaves_no_compiler_and_nothing_to_be_taken_for_a_module(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{bare / 'path'}:/usr/bin:/bin")
    monkeypatch.setenv("HANGS", str(bare / "pid"))
    executable(bare / "path" / "go", GO_THAT_HANGS)
    with subprocess.Popen([sys.executable, "-c", FILLER], stdout=subprocess.DEVNULL) as filler:
        compiler = int(until(lambda: (bare / "pid").exists() and (bare / "pid").read_text().strip(), "go", 90))
        filler.kill()
    until(lambda: not Path(f"/proc/{compiler}/cmdline").exists(), "the end of go", 90)
    assert not [folder for folder in (binaries.cache() / "build").iterdir() if folder.suffix != ".partial"]
