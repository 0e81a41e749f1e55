package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
)

// Dep is a package that another one needs, however indirectly.
type Dep struct {
	ImportPath string
	Standard   bool
	Module     *struct {
		Path string
		Main bool
	}
}

// Deps asks the go command for everything that a package in the module at dir needs. It doesn't use the network.
func Deps(dir, pattern string) ([]Dep, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,Module", pattern)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOWORK=off", "GOFLAGS=-mod=readonly")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil, fmt.Errorf("%v: %w: %s", cmd.Args, err, exit.Stderr)
	}
	if err != nil {
		return nil, err
	}
	var deps []Dep
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var d Dep
		if err := dec.Decode(&d); errors.Is(err, io.EOF) {
			return deps, nil
		} else if err != nil {
			return nil, err
		}
		deps = append(deps, d)
	}
}

// Strangers complains about packages of modules that are neither ours, nor the standard library, nor allowed.
func Strangers(deps []Dep, allowed []string) (complaints []string) {
	for _, d := range deps {
		switch {
		case d.Standard || d.Module != nil && (d.Module.Main || slices.Contains(allowed, d.Module.Path)):
		case d.Module == nil:
			complaints = append(complaints, d.ImportPath+": belongs to no module")
		default:
			complaints = append(complaints, fmt.Sprintf("%s: of module %s, which is not in archtest's list", d.ImportPath, d.Module.Path))
		}
	}
	return complaints
}
