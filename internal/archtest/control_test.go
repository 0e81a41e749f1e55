package archtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

const goodDoc = "// Package x turns what nobody reads into something that somebody may.\n"

// build makes a tree of files. A text without a package clause is the list of what is imported.
func build(t *testing.T, files map[string]string) *Tree {
	t.Helper()
	fsys := fstest.MapFS{"go.mod": {Data: []byte("module example.org/rec\n\ngo 1.26\n")}}
	for name, text := range files {
		if !strings.Contains(text, "package ") {
			imports := ""
			for _, imported := range strings.Fields(text) {
				imports += "import _ \"" + imported + "\"\n"
			}
			text = goodDoc + "package x\n\n" + imports
		}
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	tree, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// expect wants one complaint that begins with where and contains what, or none at all if where is empty.
func expect(t *testing.T, got []string, where, what string) {
	t.Helper()
	switch {
	case where == "" && len(got) > 0:
		t.Errorf("complaints about nothing: %q", got)
	case where != "" && (len(got) != 1 || !strings.HasPrefix(got[0], where+":") || !strings.Contains(got[0], what)):
		t.Errorf("complaints %q, want one about %s with %q", got, where, what)
	}
}

func TestImportsNotices(t *testing.T) {
	const rec = "example.org/rec/"
	for _, row := range []struct{ file, imports, complaint string }{
		{"internal/spool/x.go", rec + "internal/durable fmt github.com/minio/crc64nvme", ""},
		{"internal/spool/x.go", rec + "pipeline", "should not know pipeline"},
		{"internal/spool/x.go", rec + "recorder", "should not know recorder"},
		{"internal/spool/x.go", rec + "testdata", "should not know testdata"},
		{"internal/spool/x_test.go", rec + "testdata", ""},
		{"internal/spool/x_test.go", rec + "finalize", "should not know finalize"},
		{"internal/durable/faultfs/x.go", rec + "internal/durable", ""},
		{"pipeline/x.go", rec + "internal/spool", ""},
		{"pipeline/x.go", rec + "finalize", "should not know finalize"},
		{"pipeline/x.go", rec + "recorder", "should not know recorder"},
		{"pipeline/deep/x.go", rec + "cleanup", "should not know cleanup"},
		{"pipeline/x.go", rec + "pipeline/deep", ""},
		{"finalize/x.go", rec + "pipeline", "should not know pipeline"},
		{"finalize/x.go", rec + "testdata", "should not know testdata"},
		{"finalize/x_test.go", rec + "pipeline " + rec + "testdata " + rec + "internal/durable/faultfs", ""},
		{"finalize/x.go", rec + "internal/durable/faultfs", "should not know internal/durable/faultfs"},
		{"cmd/rec-sim/x/x.go", rec + "internal/durable/faultfs", ""},
		{"cmd/rec/x.go", rec + "internal/durable/faultfs", "should not know internal/durable/faultfs"},
		{"recorder/x.go", rec + "pipeline " + rec + "finalize " + rec + "internal/spool", ""},
		{"recorder/x.go", rec + "cleanup", "should not know cleanup"},
		{"recorder/x.go", rec + "cmd/rec-sim", "should not know cmd/rec-sim"},
		{"recorder/x_test.go", rec + "cmd/rec-sim", "should not know cmd/rec-sim"},
		{"cleanup/x.go", rec + "finalize " + rec + "internal/spool", ""},
		{"cleanup/x.go", rec + "recorder", "should not know recorder"},
		{"cleanup/x.go", rec + "pipeline", "should not know pipeline"},
		{"cleanup/x_test.go", rec + "recorder", ""},
		{"testdata/x.go", rec + "internal/spool", "should not know internal/spool"},
		{"cmd/rec-sim/x.go", rec + "recorder " + rec + "internal/layout " + rec + "testdata", ""},
		{"cmd/rec-sim/x.go", rec + "cmd/rec-sim/judge", ""},
		{"cmd/rec-sim/x.go", rec + "cmd/rec", "should not know cmd/rec"},
		{"cmd/rec/x.go", rec + "cmd/rec-sim", "should not know cmd/rec-sim"},
		{"events/x.go", "fmt", `whom "events" may know`},
		{"pipeline/x.go", "example.org/recorder example.org/rec-tools/cmd/x", ""}, // not ours, only alike
	} {
		where := row.file
		switch {
		case row.complaint == "":
			where = ""
		case strings.HasPrefix(row.file, "events/"):
			where = "events"
		}
		t.Run(row.file+" "+row.imports, func(t *testing.T) {
			expect(t, Imports(build(t, map[string]string{row.file: row.imports})), where, row.complaint)
		})
	}
}

func TestTestingNotices(t *testing.T) {
	for file, complaint := range map[string]string{"recorder/x.go": "is not a test", "recorder/x_test.go": "", "recorder/xtest.go": "is not a test"} {
		for _, imported := range []string{"testing", "testing/fstest"} {
			where := file
			if complaint == "" {
				where = ""
			}
			expect(t, Testing(build(t, map[string]string{file: "fmt " + imported})), where, complaint)
		}
	}
	expect(t, Testing(build(t, map[string]string{"recorder/x.go": "example.org/testing"})), "", "")
}

func TestLengthsNotices(t *testing.T) {
	text := func(lines int) string {
		return "package x\n" + strings.Repeat("// on and on\n", lines-1)
	}
	expect(t, Lengths(build(t, map[string]string{"recorder/x.go": text(500)})), "", "")
	expect(t, Lengths(build(t, map[string]string{"recorder/x.go": text(501)})), "recorder/x.go", "501 lines")
	expect(t, Lengths(build(t, map[string]string{"recorder/x_test.go": text(501)})), "recorder/x_test.go", "501 lines")
}

func TestDocsNotices(t *testing.T) {
	for _, row := range []struct{ what, doc, complaint string }{
		{"a caption", goodDoc, ""},
		{"none", "", "no doc comment"},
		{"one that is set apart", goodDoc + "\n", "no doc comment"},
		{"a directive", "//go:build linux\n\n", "no doc comment"},
		{"short", "// Package x is short.\n", "at least 40 characters"},
		{"only its name, at length", "// Package x implements the x package, which is the implementation of the x.\n", "only repeats"},
		{"words of its path", "// Package x provides spool types and internal spool functions for the internal spool.\n", "only repeats"},
	} {
		t.Run(row.what, func(t *testing.T) {
			where := "internal/spool/x"
			if row.complaint == "" {
				where = ""
			}
			// The second file and the test have none: one caption is enough, and a test's is not it.
			tree := build(t, map[string]string{
				"internal/spool/x/a.go": row.doc + "package x\n", "internal/spool/x/b.go": "package x\n",
				"internal/spool/x/a_test.go": goodDoc + "package x_test\n",
			})
			expect(t, Docs(tree), where, row.complaint)
		})
	}
	expect(t, Docs(build(t, map[string]string{"cmd/rec-sim/main.go": "// Command rec-sim pretends to be sessions by the thousand, to see what breaks.\npackage main\n"})), "", "")
	expect(t, Docs(build(t, map[string]string{"cmd/rec-sim/main.go": "// Command rec-sim is the rec-sim.\npackage main\n"})), "cmd/rec-sim", "at least 40")
	expect(t, Docs(build(t, map[string]string{"testdata/x.go": "package testdata\n"})), "testdata", "no doc comment")
	expect(t, Docs(build(t, map[string]string{"recorder/x_test.go": "package recorder_test\n"})), "", "")
}

func TestLoadPassesOverWhatIsNotOurs(t *testing.T) {
	tree := build(t, map[string]string{
		".hidden/x.go": "fmt", "_old/x.go": "fmt", "vendor/x/x.go": "fmt", "other/go.mod": "package ", "other/x.go": "fmt", "other/deep/x.go": "fmt",
		"pipeline/testdata/x.go": "fmt", "pipeline/x.txt": "package ",
	})
	if len(tree.Packages) != 1 || tree.Packages[0].Dir != "pipeline/testdata" || tree.Module != "example.org/rec" {
		t.Errorf("%+v", tree)
	}
	for what, fsys := range map[string]fstest.MapFS{
		"no go.mod":       {},
		"an empty go.mod": {"go.mod": {Data: []byte("go 1.26\n")}},
		"no Go":           {"go.mod": {Data: []byte("module x\n")}, "x.go": {Data: []byte("what is this")}},
	} {
		if _, err := Load(fsys); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

// The real go command looks at a module that has an ICE stack three packages down.
func TestStrangersNotices(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.org/rec\n\ngo 1.26\n\nrequire (\n\tgithub.com/pion/webrtc/v4 v4.0.0\n\tgo.uber.org/zap v1.0.0\n)\n\n" +
			"replace (\n\tgithub.com/pion/webrtc/v4 => ./webrtc\n\tgo.uber.org/zap => ./zap\n)\n",
		"recorder/x.go":     "package recorder\n\nimport _ \"example.org/rec/internal/rtp\"\nimport _ \"go.uber.org/zap\"\nimport _ \"strings\"\n",
		"internal/rtp.go":   "package internal\n",
		"internal/rtp/x.go": "package rtp\n\nimport _ \"github.com/pion/webrtc/v4/ice\"\n",
		"clean/x.go":        "package clean\n\nimport _ \"go.uber.org/zap\"\n",
		"webrtc/go.mod":     "module github.com/pion/webrtc/v4\n",
		"webrtc/ice/x.go":   "package ice\n",
		"zap/go.mod":        "module go.uber.org/zap\n",
		"zap/x.go":          "package zap\n",
	} {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	for pattern, where := range map[string]string{"./recorder": "github.com/pion/webrtc/v4/ice", "./clean": ""} {
		deps, err := Deps(dir, pattern)
		if err != nil {
			t.Fatal(err)
		}
		expect(t, Strangers(deps, embedded), where, "not in archtest's list")
	}
	if _, err := Deps(dir, "./none"); err == nil {
		t.Error("a package that is not there: no error")
	}
	expect(t, Strangers([]Dep{{ImportPath: "unknown/x"}}, embedded), "unknown/x", "no module")
}
