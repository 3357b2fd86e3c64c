package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const object = `{"apiVersion":"wahealth.io/v1alpha1","kind":"WhatsAppClient","metadata":{"name":"x","generation":2}}`

func written(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTheLimitsOfArgoCDsLua(t *testing.T) {
	for _, c := range []struct{ name, script, status, message string }{
		{"numbers", `if obj.metadata.generation == 2 then return {status="Healthy"} end`, "Healthy", ""},
		{"base", `return {status="Healthy", message=tostring(1)}`, "Healthy", "1"},
		{"table", `local t = {}; table.insert(t, "Healthy"); return {status=t[1]}`, "Healthy", ""},
		{"no string", `return {status="Healthy", message=string.format("x")}`, "Unknown", "index a non-table object(nil)"},
		{"no os", `return {status="Healthy", message=os.date()}`, "Unknown", "index a non-table object(nil)"},
		{"joining nil", `return {status="Healthy", message="a" .. obj.status}`, "Unknown", "cannot perform concat"},
		{"no such status", `return {status="Fine"}`, "Unknown", "invalid health status"},
		{"nil", `return nil`, "None", "not counted"},
		{"empty", `return {}`, "None", "not counted"},
		{"not a table", `return "Healthy"`, "Unknown", "expect table"},
		{"for ever", `while true do end`, "Unknown", "context deadline exceeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := run(written(t, c.script), nil, strings.NewReader(object), &out); err != nil {
				t.Fatal(err)
			}
			var line Line
			if err := json.Unmarshal(out.Bytes(), &line); err != nil {
				t.Fatal(err)
			}
			if line.ArgoCD.Status != c.status || !strings.Contains(line.ArgoCD.Message, c.message) {
				t.Errorf("got %+v", *line.ArgoCD)
			}
		})
	}
}

func TestWhatIsBeingDeletedDoesNotReachTheScript(t *testing.T) {
	deleting := strings.Replace(object, `"name":"x"`, `"name":"x","deletionTimestamp":"2026-01-01T00:00:00Z"`, 1)
	var out bytes.Buffer
	if err := run(written(t, `return {status="Healthy"}`), nil, strings.NewReader(deleting), &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "Pending deletion") {
		t.Errorf("got %s", out.String())
	}
}

func TestWhatCannotBeReadIsRefused(t *testing.T) {
	script := written(t, `return {status="Healthy"}`)
	good := "[{apiVersion: wahealth.io/v1alpha1, kind: WhatsAppClient, current: 'true'}]"
	for name, c := range map[string]struct{ old, new, in, says string }{
		"a field that there is not":  {"current", "healthy", object, `unknown field "healthy"`},
		"an expression that is none": {"true", "status.", object, "failed to parse"},
		"expressions about others":   {"WhatsAppClient", "WhatsApp", object, "are not about"},
		"an object that is none":     {"", "", "{", "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			expressions := map[string]string{"x": written(t, strings.Replace(good, c.old, c.new, 1))}
			err := run(script, expressions, strings.NewReader(c.in), &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}
