package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// A tree is what lies below a directory, by name: kind, mode, size, times and contents.
type tree map[string]string

// snapshot describes everything below dir.
func snapshot(dir string) (tree, error) {
	t := tree{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		t[name] = fmt.Sprintf("%s, changed %s", info.Mode(), info.ModTime().Format("15:04:05.000000000"))
		if info.Mode().IsRegular() {
			sum, err := hashFile(path)
			if err != nil {
				return err
			}
			t[name] += fmt.Sprintf(", %d bytes, sha256 %x", info.Size(), sum)
		}
		return nil
	})
	return t, err
}

func hashFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	h := sha256.New()
	_, err = io.Copy(h, f)
	return h.Sum(nil), err
}

// differences says what is not as it was.
func (t tree) differences(now tree) []string {
	var out []string
	for name, was := range t {
		if is, ok := now[name]; !ok {
			out = append(out, name+": is gone")
		} else if is != was {
			out = append(out, fmt.Sprintf("%s: was %s; is %s", name, was, is))
		}
	}
	for name := range now {
		if _, ok := t[name]; !ok {
			out = append(out, name+": is new")
		}
	}
	slices.Sort(out)
	return out
}
