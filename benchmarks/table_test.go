package main

import (
	"strings"
	"testing"
)

func sample() *table {
	t := &table{words: 2, head: []string{"", "sync", "CPU", "× recorder"}}
	t.add("recorder", "1 s", "0.449", "1.00")
	t.add("go-audio/wav", "never", "13.7", "30.5")
	return t
}

func TestTableAsText(t *testing.T) {
	var b strings.Builder
	sample().text(&b)
	want := strings.Join([]string{
		"              sync     CPU  × recorder",
		"recorder      1 s    0.449        1.00",
		"go-audio/wav  never   13.7        30.5",
		"",
	}, "\n")
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestTableAsMarkdown(t *testing.T) {
	var b strings.Builder
	sample().markdown(&b)
	want := strings.Join([]string{
		"|  | sync | CPU | × recorder |",
		"| --- | --- | ---: | ---: |",
		"| recorder | 1 s | 0.449 | 1.00 |",
		"| go-audio/wav | never | 13.7 | 30.5 |",
		"",
	}, "\n")
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestSignificant(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 0.0001: "<0.001", 0.0316: "0.032", 0.4494: "0.449", 5.318: "5.32", 53.18: "53.2", 960.16: "960",
	} {
		if got := significant(v); got != want {
			t.Errorf("significant(%v) = %q, want %q", v, got, want)
		}
	}
}
