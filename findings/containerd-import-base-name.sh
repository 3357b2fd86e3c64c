#!/usr/bin/env bash
# containerd 2.4.2: `ctr images import --base-name` of an archive whose reference is NAME:TAG imports nothing, exit code 0.
#
# Believed: with --base-name docker.io/library/demo an OCI archive that buildah or skopeo wrote as `demo:1` becomes
#           docker.io/library/demo:1, which is what kubelet asks for where a manifest says `image: demo:1`.
# So it is: `demo:1` counts as a full reference, for it has a colon, and is dropped without a word because it does not
#           begin with the base name. Without --base-name the image is called `demo:1`, which kubelet never asks for, as
#           the CRI completes names. Either way ctr ends with 0, and the pod with ErrImagePull.
# What we do: make release writes the reference in full, docker.io/library/wahealth:VERSION, and no flag is needed.
# Seen:     2026-11-29. Source: containerd/containerd, core/transfer/image/imagestore.go, and core/images/archive/reference.go.
# Needs root; builds containerd, which takes some minutes.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "${running:-}" 2>/dev/null || true; wait; chmod -R u+w "$work"; rm -rf "$work"' EXIT
programs=${CONTAINERD:-$work/bin}  # a folder with containerd and ctr
if [ -z "${CONTAINERD:-}" ]; then
  GOPATH="$work/go" GOBIN="$work/bin" GOFLAGS=-modcacherw CGO_ENABLED=0 go install \
    github.com/containerd/containerd/v2/cmd/{containerd,ctr}@v2.4.2 2> "$work/built" || { cat "$work/built"; exit 2; }
fi
python3 - "$work" <<'PYTHON'
import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path

work, blobs = Path(sys.argv[1]), {}


def kept(content, kind):
    digest = hashlib.sha256(content).hexdigest()
    blobs[f"blobs/sha256/{digest}"] = content
    return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": f"sha256:{digest}", "size": len(content)}


layer = io.BytesIO()
tarfile.open(fileobj=layer, mode="w").close()
layer = layer.getvalue()
rootfs = {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]}
config = kept(json.dumps({"architecture": "amd64", "os": "linux", "config": {}, "rootfs": rootfs}).encode(), "config.v1+json")
content = {"schemaVersion": 2, "config": config, "layers": [kept(layer, "layer.v1.tar")]}
manifest = kept(json.dumps(content).encode(), "manifest.v1+json")
for name, reference in (("name", "demo:1"), ("tag", "1"), ("full", "docker.io/library/demo:1")):
    listed = {**manifest, "annotations": {"org.opencontainers.image.ref.name": reference}}
    files = {**blobs, "oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [listed]}).encode()
    with tarfile.open(work / f"{name}.tar", "w") as archive:
        for path, data in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
PYTHON
cat > "$work/containerd.toml" <<TOML
version = 3
root = "$work/root"
state = "$work/state"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.runtime", "io.containerd.cri.v1.images"]
[grpc]
  address = "$work/socket"
[ttrpc]
  address = "$work/socket.ttrpc"
TOML
"$programs/containerd" -c "$work/containerd.toml" > "$work/log" 2>&1 &
running=$!
ctr() { "$programs/ctr" -a "$work/socket" "$@"; }
for _ in $(seq 300); do ctr version > "$work/version" 2>&1 && break; sleep 0.2; done
of() {  # a namespace of its own, how, the archive: what is there afterwards, and the exit code
  local namespace=$1 archive=$2 code=0
  shift 2
  ctr -n "$namespace" images import --no-unpack "$@" "$work/$archive.tar" > "$work/said" 2>&1 || code=$?
  echo "$(ctr -n "$namespace" images ls -q | tr '\n' ' ')$code"
}
with=$(of one name --base-name docker.io/library/demo)
without=$(of two name)
tag=$(of three tag --base-name docker.io/library/demo)
full=$(of four full)
echo "with --base-name: ${with}; without: ${without}; a tag alone, with it: ${tag}; in full, without: ${full}"
[ "$with" = 0 ] && [ "$without" = "demo:1 0" ] && [ "$tag" = "docker.io/library/demo:1 0" ] && [ "$full" = "$tag" ]
