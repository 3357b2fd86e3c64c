#!/usr/bin/env bash
# Helm 4.3.1: an upgrade or a rollback of which one object is refused goes on with all objects after it.
#
# Believed: what an admission policy refuses ends the upgrade there, so whoever guards the first object of a release (a
#           CustomResourceDefinition comes before whatever runs) guards all that comes after it.
# So it is: the refused object stays as it was, the objects after it are applied all the same, and in the end Helm says
#           that the upgrade has failed. (By its source a creation that is refused ends it at once; not run here.)
# What we do: a rollback to an older CRD is refused; docs/upgrading.md says that the older operator may run after that,
#           on the newer CRD, and which command completes the way back.
# Seen:     2026-11-29. Source: helm, pkg/kube/client.go, `update`: errors of an update are gathered.
set -euo pipefail
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
cat > go.mod <<'MODULE'
module finding

go 1.26.0

require helm.sh/helm/v4 v4.3.1
MODULE
cat > main.go <<'GO'
// Helm's own actions before a server that holds ConfigMaps, and that refuses to change those named "a" once it is told to.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart/common"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/kube"
	"helm.sh/helm/v4/pkg/storage"
	"helm.sh/helm/v4/pkg/storage/driver"
	"k8s.io/cli-runtime/pkg/genericclioptions"
)

var (
	pages = map[string]string{
		"/version": `{"major":"1","minor":"37","gitVersion":"v1.37.2"}`,
		"/api":     `{"kind":"APIVersions","versions":["v1"]}`,
		"/apis":    `{"kind":"APIGroupList","apiVersion":"v1","groups":[]}`,
		"/api/v1":  `{"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"configmaps","singularName":"","namespaced":true,"kind":"ConfigMap","verbs":["get","create","patch"]}]}`,
	}
	objects = map[string][]byte{}
	refuses bool
	seen    []string
)

func serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	no := func(code int, reason string) {
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"code":%d}`, reason, code)
	}
	name := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	switch {
	case pages[r.URL.Path] != "":
		fmt.Fprint(w, pages[r.URL.Path])
	case r.Method == http.MethodPatch && refuses && name == "a":
		seen = append(seen, name+" refused")
		no(http.StatusForbidden, "Forbidden")
	case r.Method == http.MethodPatch:
		seen = append(seen, name+" applied")
		objects[r.URL.Path], _ = io.ReadAll(r.Body)
		w.Write(objects[r.URL.Path])
	case objects[r.URL.Path] != nil:
		w.Write(objects[r.URL.Path])
	default:
		no(http.StatusNotFound, "NotFound")
	}
}

func main() {
	server := httptest.NewServer(http.HandlerFunc(serve))
	namespace := "default"
	getter := genericclioptions.NewConfigFlags(true)
	getter.APIServer, getter.Namespace = &server.URL, &namespace
	config := action.NewConfiguration(action.ConfigurationSetLogger(slog.DiscardHandler))
	config.RESTClientGetter = getter
	config.Releases = storage.Init(driver.NewMemory())
	config.KubeClient = kube.New(getter)
	config.Capabilities = common.DefaultCapabilities

	object := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {of: \"{{ .Values.of }}\"}\n"
	parts := chart.Chart{Metadata: &chart.Metadata{APIVersion: "v2", Name: "chart", Version: "1.0.0"}}
	for _, name := range []string{"a", "b"} {
		text := []byte(fmt.Sprintf(object, name))
		parts.Templates = append(parts.Templates, &common.File{Name: "templates/" + name + ".yaml", Data: text})
	}
	values := func(of string) map[string]any { return map[string]any{"of": of} }

	install := action.NewInstall(config)
	install.ReleaseName, install.Namespace, install.DisableOpenAPIValidation = "one", namespace, true
	install.WaitStrategy = kube.HookOnlyStrategy
	if _, err := install.Run(&parts, values("1")); err != nil {
		panic(err)
	}
	refuses, seen = true, nil
	upgrade := action.NewUpgrade(config)
	upgrade.Namespace, upgrade.DisableOpenAPIValidation = namespace, true
	upgrade.WaitStrategy = kube.HookOnlyStrategy
	_, failed := upgrade.Run("one", &parts, values("2"))
	report("upgrade", failed)
	rollback := action.NewRollback(config)
	rollback.Version, rollback.WaitStrategy = 1, kube.HookOnlyStrategy
	rollback.ServerSideApply = "auto"
	report("rollback", rollback.Run("one"))
}

func report(what string, failed error) {
	said, _ := json.Marshal(seen)
	fmt.Printf("%s: %s, failed: %t\n", what, said, failed != nil)
	seen = nil
}
GO
go mod tidy >&2
got=$(CGO_ENABLED=0 go run -trimpath .)
echo "$got"
[ "$got" = 'upgrade: ["a refused","b applied"], failed: true
rollback: ["a refused","b applied"], failed: true' ]
