#!/usr/bin/env bash
# kustomize 5.8.1: a reference that names a kind gets the hashed name of another kind.
#
# Believed: where one field may name a Secret or a ConfigMap, and says which in a `kind` beside it, a nameReference for
#           each of the two kinds follows the one that is named.
# So it is: nameReference looks at the name alone. With a Secret and a ConfigMap of one name, the reference with
#           `kind: Secret` is given the ConfigMap's hashed name, which no Secret has; nothing is said.
# What we do: manifests/gitops says to give them different names.
# Seen:     2026-11-28. Source: kubernetes-sigs/kustomize, api/internal/accumulator/namereferencetransformer.go.
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
GOPATH="$work/go" GOBIN="$work/bin" GOFLAGS=-modcacherw go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.1 2> "$work/built" || { cat "$work/built"; exit 2; }
cd "$work"
cat > resource.yaml <<'YAML'
apiVersion: example.com/v1
kind: Widget
metadata: {name: one}
spec: {caRef: {kind: Secret, name: ca}}
YAML
cat > names.yaml <<'YAML'
nameReference:
- {kind: Secret, version: v1, fieldSpecs: [{group: example.com, kind: Widget, path: spec/caRef/name}]}
- {kind: ConfigMap, version: v1, fieldSpecs: [{group: example.com, kind: Widget, path: spec/caRef/name}]}
YAML
cat > kustomization.yaml <<'YAML'
resources: [resource.yaml]
configurations: [names.yaml]
secretGenerator: [{name: ca, literals: [ca.crt=of-the-secret]}]
configMapGenerator: [{name: ca, literals: [ca.crt=of-the-config-map]}]
YAML
bin/kustomize build . > out.yaml
named() {  # of the object of this kind
  awk -v RS='---\n' -v kind="kind: $1\n" 'index($0, kind)' out.yaml | awk '$1 == "name:" {print $2; exit}'
}
asked=$(awk '/caRef:/ {found = 1} found && $1 == "name:" {print $2; exit}' out.yaml)
echo "the Secret is $(named Secret), the ConfigMap is $(named ConfigMap); the reference with kind: Secret says $asked"
[ "$asked" = "$(named ConfigMap)" ] && [ "$asked" != "$(named Secret)" ]
