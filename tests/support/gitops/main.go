// gitops-status reads Kubernetes objects, JSON one after the other, and prints one JSON line for each: what kstatus
// (Helm 4, Flux), Argo CD and Flux with expressions say of it: by their own code, or for Argo CD by argocd.go.
//
//	kubectl get wac -A -o json | jq -c '.items[]' | gitops-status --lua health.lua --flux NAME=EXPRESSIONS.yaml
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling/engine"
	"github.com/fluxcd/cli-utils/pkg/kstatus/polling/statusreaders"
	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// Verdict is what one tool says of one object.
type Verdict struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

// Line is what is printed for one object.
type Line struct {
	Kstatus *Verdict            `json:"kstatus"`
	ArgoCD  *Verdict            `json:"argocd"`
	Flux    map[string]*Verdict `json:"flux"` // by the name of the expressions
}

// Tools are set up once for all objects.
type Tools struct {
	script  string // Argo CD's
	kstatus engine.StatusReader
	flux    map[string]engine.StatusReader
}

func main() {
	script := flag.String("lua", "", "Argo CD's health.lua")
	expressions := map[string]string{}
	flag.Func("flux", "NAME=FILE with a list of Flux healthCheckExprs; may be repeated", func(text string) error {
		name, file, named := strings.Cut(text, "=")
		if !named {
			return errors.New("say NAME=FILE")
		}
		expressions[name] = file
		return nil
	})
	flag.Parse()
	if err := run(*script, expressions, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "gitops-status:", err)
		os.Exit(1)
	}
}

func run(script string, expressions map[string]string, in io.Reader, out io.Writer) error {
	tools, err := newTools(script, expressions)
	if err != nil {
		return err
	}
	objects, lines := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var text json.RawMessage
		if err := objects.Decode(&text); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(text); err != nil {
			return err
		}
		line, err := tools.judge(object)
		if err != nil {
			return fmt.Errorf("%s: %w", object.GetName(), err)
		}
		if err := lines.Encode(line); err != nil {
			return err
		}
	}
}

func newTools(script string, expressions map[string]string) (*Tools, error) {
	text, err := os.ReadFile(script)
	if err != nil {
		return nil, err
	}
	// The reader of Helm 4, and of Flux without expressions, for every kind that makes no pods.
	generic := statusreaders.NewGenericStatusReader(nil, status.Compute)
	tools := &Tools{string(text), generic, map[string]engine.StatusReader{}}
	for name, file := range expressions {
		if tools.flux[name], err = fluxReader(file); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return tools, nil
}

func fluxReader(file string) (engine.StatusReader, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var checks []kustomize.CustomHealthCheck
	if err := yaml.UnmarshalStrict(text, &checks); err != nil {
		return nil, err
	}
	reader, err := cel.NewStatusReader(checks)
	if err != nil {
		return nil, err
	}
	return reader(nil), nil
}

func (t *Tools) judge(object *unstructured.Unstructured) (*Line, error) {
	line := &Line{ArgoCD: argoHealth(object, t.script), Flux: map[string]*Verdict{}}
	var err error
	if line.Kstatus, err = read(t.kstatus, object); err != nil {
		return nil, err
	}
	for name, reader := range t.flux {
		if kind := object.GroupVersionKind().GroupKind(); !reader.Supports(kind) {
			return nil, fmt.Errorf("the expressions %s are not about %s", name, kind)
		}
		if line.Flux[name], err = read(reader, object); err != nil {
			return nil, err
		}
	}
	return line, nil
}

func read(reader engine.StatusReader, object *unstructured.Unstructured) (*Verdict, error) {
	found, err := reader.ReadStatusForObject(context.Background(), nil, object)
	if err != nil {
		return nil, err
	}
	if found.Error != nil {
		return &Verdict{found.Status.String(), found.Error.Error()}, nil
	}
	return &Verdict{found.Status.String(), found.Message}, nil
}
