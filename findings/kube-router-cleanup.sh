#!/usr/bin/env bash
# kube-router 2.1.0: --cleanup-config says that all is cleaned, leaves the firewall's rules where they are, and crashes.
#
# Believed: `kube-router --cleanup-config` removes its rules of iptables and its sets, as its user guide says, so a node
#           is as before once the DaemonSet is gone.
# So it is: it prints "Successfully cleaned the NetworkPolicyController configurations", while chains and sets stay as
#           they were, and then ends by a nil pointer with exit code 2. Policies go on being enforced that nobody
#           changes any more: new pods may be cut off.
# Why:      the controllers that are asked to clean up are made without their handlers of iptables and ipset; the first
#           one loops over none of them, the second calls one.
# What we do: the test of the NetworkPolicy empties the three chains that lead to the rules (tests/e2e).
# Seen:     2026-11-29. Source: cloudnativelabs/kube-router, pkg/cmd/kube-router.go, CleanupConfigAndExit.
# Needs root, iptables and ipset; builds kube-router, which takes some minutes. All of it in a network of its own.
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
router=${KUBE_ROUTER:-$work/bin/kube-router}
if [ -z "${KUBE_ROUTER:-}" ]; then
  GOPATH="$work/go" GOBIN="$work/bin" GOFLAGS=-modcacherw CGO_ENABLED=0 \
    go install github.com/cloudnativelabs/kube-router/v2/cmd/kube-router@v2.1.0 2> "$work/built" || { cat "$work/built"; exit 2; }
fi
cat > "$work/inside" <<'INSIDE'
set -euo pipefail
ip link set lo up
iptables -N KUBE-ROUTER-INPUT
iptables -A INPUT -j KUBE-ROUTER-INPUT
ipset create KUBE-DST-LEFT hash:ip
code=0
"$1" --cleanup-config > "$2" 2>&1 || code=$?
echo "says: $(grep -c 'Successfully cleaned the NetworkPolicyController' "$2")," \
  "rules left: $(iptables-save | grep -c -e '-j KUBE-ROUTER-INPUT')," \
  "sets left: $(ipset list -n | grep -c KUBE-DST-LEFT), exit code $code, $(grep -o 'nil pointer' "$2")"
INSIDE
seen=$(unshare --net bash "$work/inside" "$router" "$work/said")
echo "$seen"
[ "$seen" = "says: 1, rules left: 1, sets left: 1, exit code 2, nil pointer" ]
