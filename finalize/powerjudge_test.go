package finalize_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/durable/crashfs"
	"github.com/ilenia-live/rec/internal/spool"
)

// verdict is what must be there when the power goes at one moment of a take, and what is wrong with what is there.
type verdict struct {
	k        *take
	created  bool
	finished string           // where, once Destroy has returned
	floor    [channels]int64  // up to here all must be there
	spoken   [channels][]bool // by sample frame: whether it was accepted
	cues     int
	parts    map[string][]byte // audio before recovery

	outcome  finalize.Outcome
	problems []string
}

func (j *verdict) problem(format string, args ...any) {
	j.problems = append(j.problems, fmt.Sprintf(format, args...))
}

// judge reads the notes up to a moment.
func (k *take) judge(at int) *verdict {
	j := &verdict{k: k}
	var now time.Duration
	var all []accepted
	for _, n := range k.disk.Notes(at) {
		switch n := n.(type) {
		case stamp:
			now = max(now, time.Duration(n))
		case accepted:
			all = append(all, n)
			now = max(now, n.at)
			for int64(len(j.spoken[n.channel])) < n.to {
				j.spoken[n.channel] = append(j.spoken[n.channel], int64(len(j.spoken[n.channel])) >= n.from)
			}
		case promised:
			j.created = true
			j.cues = max(j.cues, n.cues)
			for c := range j.floor {
				j.floor[c] = max(j.floor[c], n.upTo[c])
			}
			if n.what == "destroy" {
				j.finished = n.path
			}
		}
	}
	for _, a := range all {
		if a.at <= now-every-k.slack {
			j.floor[a.channel] = max(j.floor[a.channel], a.to)
		}
	}
	return j
}

// nothingIsLost raises the floor to all that was accepted: only the process died.
func (j *verdict) nothingIsLost() {
	for c := range j.floor {
		j.floor[c] = int64(len(j.spoken[c]))
	}
}

// published promises what a recovery has said: the recording that is there now.
func (j *verdict) published(d *crashfs.Disk) {
	for name, data := range d.Files() {
		if path.Base(name) == "manifest.json" && !strings.HasPrefix(name, ".") {
			j.finished = path.Dir(name)
			var m finalize.Manifest
			if err := json.Unmarshal(data, &m); err != nil {
				j.problem("%s: %v", name, err)
				return
			}
			for c, ch := range m.Channels {
				n := ch.Audio.Samples
				for _, g := range ch.Gaps {
					if g.Cause == "crash" {
						n = g.Start
					}
				}
				j.floor[c] = max(j.floor[c], n)
			}
		}
	}
}

const headerBytes = 4096

// partsOf keeps the audio that lies in the spool.
func (j *verdict) partsOf(d *crashfs.Disk) {
	j.parts = map[string][]byte{}
	for name, data := range d.Files() {
		id, isPart := strings.CutSuffix(path.Base(name), ".wav.part")
		if !isPart {
			id, isPart = strings.CutSuffix(path.Base(name), ".wav")
		}
		if isPart && strings.HasPrefix(name, ".spool/") && len(data) > headerBytes {
			j.parts[id] = data[headerBytes:]
		}
	}
}

// visible looks at a disk before recovery: a finished recording is whole, and is there once it was promised.
func (j *verdict) visible(d *crashfs.Disk) {
	report, err := finalize.Verify(context.Background(), d, finalize.VerifyOptions{})
	if err != nil || len(report.Findings) > 0 {
		j.problem("before recovery: %+v, %v", report.Findings, err)
	}
	if j.finished != "" && d.Files()[path.Join(j.finished, "manifest.json")] == nil {
		j.problem("Destroy had returned, and before recovery there is no recording")
	}
}

// check looks at a disk after recovery.
func (j *verdict) check(d *crashfs.Disk) {
	files := d.Files()
	var found []string
	for name := range files {
		if path.Base(name) == "manifest.json" {
			found = append(found, path.Dir(name))
		}
		if strings.HasPrefix(name, ".spool/") {
			j.problem("left in the spool: %s", name)
		}
		if strings.HasPrefix(name, ".quarantine/") && !strings.HasSuffix(name, ".tail.pcm") && path.Base(name) != "reason.txt" {
			j.problem("a loss of power explains everything, but: %s", name)
		}
	}
	switch {
	case len(found) > 1:
		j.problem("recordings %v", found)
		return
	case len(found) == 0 && j.created:
		j.problem("there is no recording")
		return
	case len(found) == 0:
		return
	}
	report, err := finalize.Verify(context.Background(), d, finalize.VerifyOptions{})
	if err != nil || len(report.Findings) > 0 || report.Recordings != 1 {
		j.problem("verify: %+v, %v", report, err)
	}
	var m finalize.Manifest
	if err := json.Unmarshal(files[path.Join(found[0], "manifest.json")], &m); err != nil {
		j.problem("%v", err)
		return
	}
	j.outcome = m.Outcome
	for c, ch := range m.Channels {
		j.channel(c, ch, m, files, found[0])
	}
}

func (j *verdict) channel(c int, ch finalize.Channel, m finalize.Manifest, files map[string][]byte, dir string) {
	data := files[path.Join(dir, ch.Audio.File)]
	if len(data) < headerBytes {
		j.problem("%s: %d bytes", ch.ID, len(data))
		return
	}
	data = data[headerBytes:]
	n := int64(len(data)) / 2
	silent := make([]bool, n)
	for _, g := range ch.Gaps {
		for i := g.Start; i < g.Start+g.Length && i < n; i++ {
			silent[i] = true
			if g.Cause == "crash" && i < j.floor[c] {
				j.problem("%s: lost since %d, and %d was promised", ch.ID, i, j.floor[c])
				return
			}
		}
	}
	if n < j.floor[c] {
		j.problem("%s: %d samples, %d were promised", ch.ID, n, j.floor[c])
		return
	}
	for i := range n {
		spoken := i < int64(len(j.spoken[c])) && j.spoken[c][i]
		switch {
		case !silent[i] && !spoken:
			j.problem("%s: sample %d was never accepted", ch.ID, i)
			return
		case silent[i] && spoken && i < j.floor[c]:
			j.problem("%s: a gap hides sample %d", ch.ID, i)
			return
		case !silent[i] && int16(binary.LittleEndian.Uint16(data[2*i:])) != pattern(c, i):
			j.problem("%s: sample %d is not what was accepted", ch.ID, i)
			return
		}
	}
	if lost := int64(len(j.spoken[c])) - n; lost > 0 {
		if ch.Outcome != finalize.OutcomePartial || m.Outcome != finalize.OutcomePartial {
			j.problem("%s: %d samples are lost, and the outcome is %s", ch.ID, lost, ch.Outcome)
		}
		if m.Recovery == nil || lost*1000/rate > m.Recovery.LostAtMostMs+j.k.slack.Milliseconds() {
			j.problem("%s: %d samples are lost, and the manifest says %+v", ch.ID, lost, m.Recovery)
		}
	}
	j.kept(ch.ID, data, files)
	for n := range j.cues {
		if len(ch.Transcripts) != 1 || !strings.Contains(string(files[path.Join(dir, ch.Transcripts[0].SRT)]), cueText(n)) {
			j.problem("%s: cue %d was promised", ch.ID, n)
		}
	}
}

// kept asks that nothing which lay in a part file has gone: it is in the recording, or in the quarantine, or something is in its place
// that is known to be right.
func (j *verdict) kept(id string, data []byte, files map[string][]byte) {
	tail, from := files[".quarantine/rec-1/"+id+".tail.pcm"], 0
	for _, line := range strings.Split(string(files[".quarantine/rec-1/reason.txt"]), "\n") {
		var at, to int
		if _, err := fmt.Sscanf(line, id+".tail.pcm: bytes %d to %d of", &at, &to); err == nil {
			from = at // the last one counts
		}
	}
	c := map[string]int{"floor": 0, "ca": 1}[id]
	for i, b := range j.parts[id] {
		at := i + headerBytes - from
		switch {
		case b == 0, i < len(data) && data[i] == b, at >= 0 && at < len(tail) && tail[at] == b:
		case i < len(data) && data[i] == byte(uint16(pattern(c, int64(i/2)))>>(8*(i%2))):
		default:
			j.problem("%s: byte %d lay in the part file and is nowhere", id, i)
			return
		}
	}
}

func pattern(channel int, i int64) int16 {
	return int16(uint16((uint32(i)*2654435761 + uint32(channel)*40503) >> 16))
}

func encoded(t *testing.T, m spool.Meta) []byte {
	t.Helper()
	p, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
