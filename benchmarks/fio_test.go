package main

import (
	"slices"
	"strings"
	"testing"
)

// What fio 3.33 prints, shortened; with a warning of it before would be no JSON.
const fioOutput = `{
  "fio version" : "fio-3.33",
  "jobs" : [
    {
      "jobname" : "sequential",
      "error" : 0,
      "read" : { "io_bytes" : 0, "bw_bytes" : 0, "bw" : 0, "runtime" : 0 },
      "write" : { "io_bytes" : 134217728, "io_kbytes" : 131072, "bw_bytes" : 1813753081, "bw" : 1771243, "iops" : 1729.729730, "runtime" : 74 },
      "sync" : { "total_ios" : 2 }
    }
  ]
}`

func TestParseFio(t *testing.T) {
	rate, err := parseFio([]byte(fioOutput))
	if err != nil || rate != 1813753081 {
		t.Errorf("%v, %v", rate, err)
	}
	for what, out := range map[string]string{
		"nothing":            "",
		"text":               "fio: command not understood",
		"no job":             `{"jobs":[]}`,
		"a job that failed":  strings.Replace(fioOutput, `"error" : 0`, `"error" : 28`, 1),
		"a job that idled":   strings.Replace(fioOutput, "1813753081", "0", 1),
		"two jobs, not one":  `{"jobs":[{},{}]}`,
		"another's document": `{"benchmarks":[]}`,
	} {
		if rate, err := parseFio([]byte(out)); err == nil {
			t.Errorf("%s: %v and no error", what, rate)
		}
	}
}

// A stretch that isn't whole would end with bytes that no sync made durable.
func TestFioWritesWholeStretches(t *testing.T) {
	for size, want := range map[int64]string{1: "67108864", 64 << 20: "67108864", 768e6: "738197504"} {
		if args := fioArgs("dir", size); !slices.Contains(args, "--size="+want) {
			t.Errorf("%d bytes: %q, want a size of %s", size, args, want)
		}
	}
}
