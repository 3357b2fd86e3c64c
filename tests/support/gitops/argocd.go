package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	luajson "layeh.com/gopher-json"
)

var argoStatuses = []string{"Unknown", "Progressing", "Suspended", "Healthy", "Degraded", "Missing"}

// argoHealth is Argo CD's GetResourceHealth (gitops-engine/pkg/health) with the VM of its util/lua, set up again here:
// neither is to be had as a library of its own. What is being deleted never reaches the script.
func argoHealth(object *unstructured.Unstructured, script string) *Verdict {
	hook := slices.Contains(object.GetFinalizers(), "argocd.argoproj.io/hook-finalizer")
	if object.GetDeletionTimestamp() != nil && !hook {
		return &Verdict{"Progressing", "Pending deletion"}
	}
	verdict, err := runScript(object, script)
	switch {
	case err != nil:
		return &Verdict{"Unknown", err.Error()}
	case verdict == nil:
		return &Verdict{"None", "the script returned nothing: the object has no health and is not counted"}
	case !slices.Contains(argoStatuses, verdict.Status):
		return &Verdict{"Unknown", "Lua returned an invalid health status"}
	}
	return verdict
}

func runScript(object *unstructured.Unstructured, script string) (*Verdict, error) {
	vm, err := newVM()
	if err != nil {
		return nil, err
	}
	defer vm.Close()
	second, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	vm.SetContext(second)
	vm.SetGlobal("obj", toLua(vm, object.Object))
	if err := vm.DoString(script); err != nil {
		var failed *lua.ApiError
		if errors.As(err, &failed) {
			failed.StackTrace = ""
		}
		return nil, err
	}
	return returned(vm.Get(-1))
}

// newVM is as for a script in argocd-cm without useOpenLibs: package, base and table, neither string nor math. Argo CD
// also lets a script load os for the time, which is left out: a health that depends on the clock is not wanted.
func newVM() (*lua.LState, error) {
	vm := lua.NewState(lua.Options{SkipOpenLibs: true})
	for _, library := range []struct {
		name string
		open lua.LGFunction
	}{{lua.LoadLibName, lua.OpenPackage}, {lua.BaseLibName, lua.OpenBase}, {lua.TabLibName, lua.OpenTable}} {
		open := lua.P{Fn: vm.NewFunction(library.open), Protect: true}
		if err := vm.CallByParam(open, lua.LString(library.name)); err != nil {
			vm.Close()
			return nil, err
		}
	}
	return vm, nil
}

func returned(value lua.LValue) (*Verdict, error) {
	if value.Type() == lua.LTNil {
		return nil, nil
	}
	if value.Type() != lua.LTTable {
		return nil, fmt.Errorf("expect table output from Lua script, not %s", value.Type())
	}
	text, err := luajson.Encode(value)
	if err != nil {
		return nil, err
	}
	verdict := &Verdict{}
	var mistyped *json.UnmarshalTypeError
	if err := json.Unmarshal(text, verdict); errors.As(err, &mistyped) {
		return nil, nil // an empty table, or a status that is no string
	} else if err != nil {
		return nil, err
	}
	return verdict, nil
}

func toLua(vm *lua.LState, value any) lua.LValue {
	switch v := value.(type) {
	case bool:
		return lua.LBool(v)
	case float64:
		return lua.LNumber(v)
	case int64:
		return lua.LNumber(v)
	case string:
		return lua.LString(v)
	case []any:
		table := vm.CreateTable(len(v), 0)
		for _, item := range v {
			table.Append(toLua(vm, item))
		}
		return table
	case map[string]any:
		table := vm.CreateTable(0, len(v))
		for key, item := range v {
			table.RawSetString(key, toLua(vm, item))
		}
		return table
	}
	return lua.LNil
}
