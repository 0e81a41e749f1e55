package archtest

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Tree is the source of a module.
type Tree struct {
	Module   string
	Packages []*Package // by directory
}

// Package is a directory with Go files in it.
type Package struct {
	Dir   string // relative to the module, "." for its root
	Name  string // of the package that is not the test
	Doc   string
	Files []File
}

// File is one Go file.
type File struct {
	Path    string
	Test    bool
	Imports []string
	// Selected is what stands behind a dot, and before it if that is a name: "time.Now", ".Second" for f().Second.
	Selected []string
	Lines    int
}

// Load reads the module whose go.mod is at the root of fsys. It reads all of it, build constraints or not, testdata too,
// but neither hidden directories nor other modules within.
func Load(fsys fs.FS) (*Tree, error) {
	t := &Tree{}
	mod, err := fs.ReadFile(fsys, "go.mod")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(mod)) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == "module" {
			t.Module = f[1]
		}
	}
	if t.Module == "" {
		return nil, errors.New("go.mod names no module")
	}
	dirs := map[string]*Package{}
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != ".":
			_, err := fs.Stat(fsys, path.Join(name, "go.mod"))
			if err == nil || strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_") || d.Name() == "vendor" {
				return fs.SkipDir
			}
			return nil
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		dir := path.Dir(name)
		p := dirs[dir]
		if p == nil {
			p = &Package{Dir: dir}
			dirs[dir] = p
			t.Packages = append(t.Packages, p)
		}
		return p.add(fsys, name)
	})
	return t, err
}

func (p *Package) add(fsys fs.FS, name string) error {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	f := File{Path: name, Test: strings.HasSuffix(name, "_test.go"), Lines: bytes.Count(text, []byte("\n"))}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return fmt.Errorf("%s: import %s: %w", name, spec.Path.Value, err)
		}
		f.Imports = append(f.Imports, imported)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			of := ""
			if name, ok := s.X.(*ast.Ident); ok {
				of = name.Name
			}
			f.Selected = append(f.Selected, of+"."+s.Sel.Name)
		}
		return true
	})
	p.Files = append(p.Files, f)
	if p.Name == "" || !f.Test {
		p.Name = strings.TrimSuffix(parsed.Name.Name, "_test")
	}
	if parsed.Doc != nil && !f.Test {
		p.Doc += parsed.Doc.Text()
	}
	return nil
}
