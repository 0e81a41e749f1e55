package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
)

// fioSyncs is after how many blocks of 1 MiB fio syncs.
const fioSyncs = 64

// fioArgs is a sequential write with syncs, whole stretches of them, so that the last one counts too.
func fioArgs(dir string, size int64) []string {
	const stretch = fioSyncs << 20
	size = max(size/stretch, 1) * stretch
	return []string{
		"--name=sequential", "--directory=" + dir, "--rw=write", "--bs=1M", fmt.Sprintf("--size=%d", size), "--ioengine=psync",
		fmt.Sprintf("--fsync=%d", fioSyncs), "--output-format=json",
	}
}

// fio is sequential by fio's account. It returns 0 if fio isn't installed.
func fio(ctx context.Context, dir string, size int64) (rate float64, err error) {
	program, err := exec.LookPath("fio")
	if err != nil {
		return 0, nil
	}
	out, err := exec.CommandContext(ctx, program, fioArgs(dir, size)...).Output()
	if ctx.Err() != nil {
		return 0, errInterrupted
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return 0, fmt.Errorf("fio: %w: %s", err, exit.Stderr)
	}
	if err != nil {
		return 0, err
	}
	return parseFio(out)
}

// parseFio finds bytes a second in what fio prints.
func parseFio(out []byte) (float64, error) {
	var report struct {
		Jobs []struct {
			Error int
			Write struct {
				Bytes   int64   `json:"io_bytes"`
				BW      float64 `json:"bw_bytes"` // a second
				Runtime int64   // ms
			}
		}
	}
	if err := json.Unmarshal(out, &report); err != nil {
		return 0, fmt.Errorf("fio's output: %w", err)
	}
	if len(report.Jobs) != 1 {
		return 0, fmt.Errorf("fio's output: %d jobs, want 1", len(report.Jobs))
	}
	j := report.Jobs[0]
	if j.Error != 0 || j.Write.Bytes <= 0 || j.Write.BW <= 0 {
		return 0, fmt.Errorf("fio's output: error %d, %d bytes, %.0f bytes a second", j.Error, j.Write.Bytes, j.Write.BW)
	}
	return j.Write.BW, nil
}
