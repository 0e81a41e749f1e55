package finalize_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ilenia-live/rec/finalize"
	"github.com/ilenia-live/rec/internal/durable"
	"github.com/ilenia-live/rec/internal/layout"
	"github.com/ilenia-live/rec/internal/spool"
)

// How FuzzPublish damages what a crash left.
const (
	damage       = iota // of any byte
	signedMarks         // and the marks' checksums are put right
	signedRecord        // and those of the journal's first record
	signedSlot          // a slot that vouches for what the input says
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// FuzzPublish edits one file of a spool directory: three bytes of edits set one byte, the first two say which; then it is cut. Whatever
// is there, it is published, or refused for a stated reason, by any number of calls; audio is nowhere deleted; and what is
// published is what the damaged file can still prove.
func FuzzPublish(f *testing.F) {
	names := []string{layout.SessionFile, layout.Part("floor"), layout.Part("ca"), layout.JournalFile, layout.StageFile}
	var lefts []spooled
	var files []map[string][]byte
	for _, sealed := range []bool{false, true} {
		s := spoolSession(f, sealed)
		left := map[string][]byte{}
		for _, name := range names {
			p, err := durable.ReadFile(s.root, filepath.Join(s.dir, name), 1<<24)
			if err != nil {
				f.Fatal(err)
			}
			left[name] = p
		}
		lefts, files = append(lefts, s), append(files, left)
	}
	at := func(off int, p ...byte) (edits []byte) {
		for i, b := range p {
			edits = append(edits, byte((off+i)>>8), byte(off+i), b)
		}
		return edits
	}
	for _, sealed := range []bool{false, true} {
		for i := range names {
			f.Add(sealed, byte(i), byte(damage), []byte{}, 0)
			f.Add(sealed, byte(i), byte(damage), []byte{}, 1)
			f.Add(sealed, byte(i), byte(damage), []byte{}, 1<<20)
			f.Add(sealed, byte(i), byte(damage), at(20, 255, 0, 255), 100)
		}
		f.Add(sealed, byte(1), byte(signedMarks), at(1024+16, 0xff, 0xff, 0xff, 0xff), 0)                   // frames
		f.Add(sealed, byte(1), byte(signedMarks), at(1024+40, 0xff, 0xff, 0xff, 0xff), 0)                   // journal
		f.Add(sealed, byte(2), byte(signedMarks), at(1024+48, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 0) // gaps
		f.Add(sealed, byte(2), byte(signedMarks), at(1536+80, 0xff, 0xff), 0)                               // padding
		f.Add(sealed, byte(3), byte(signedRecord), at(16, []byte(`{"gap":{"channel":9}}`)...), 0)
		f.Add(sealed, byte(4), byte(signedSlot), bytes.Repeat([]byte{0xff}, 64), 0)
		f.Add(sealed, byte(4), byte(signedSlot), binary.LittleEndian.AppendUint64(nil, 1<<40), 0)
	}
	f.Fuzz(func(t *testing.T, sealed bool, which, how byte, edits []byte, cut int) {
		k := 0
		if sealed {
			k = 1
		}
		s, left := lefts[k], files[k]
		name := names[int(which)%len(names)]
		how %= signedSlot + 1
		p := bytes.Clone(left[name])
		for e := edits; how != signedSlot && len(e) >= 3; e = e[3:] {
			if i := int(binary.BigEndian.Uint16(e)); i < len(p) {
				p[i] = e[2]
			}
		}
		p = p[:len(p)-min(max(cut, 0), len(p))]
		switch {
		case how == signedMarks && len(p) >= 4096:
			for sector := 1024; sector < 3584; sector += 512 {
				binary.LittleEndian.PutUint32(p[sector+192:], crc32.Checksum(p[sector:sector+192], castagnoli))
			}
		case how == signedRecord && len(p) >= 16:
			n := min(int(binary.LittleEndian.Uint32(p)), len(p)-16)
			binary.LittleEndian.PutUint32(p, uint32(n))
			binary.LittleEndian.PutUint32(p[4:], crc32.Checksum(p[8:16+n], castagnoli))
		case how == signedSlot && name == layout.StageFile:
			if stage, err := spool.OpenStage(p, s.meta); err == nil {
				forge(stage.Areas[0], edits)
			}
		}

		s.root = openRoot(t, tempDir(t))
		if err := durable.MkdirAll(s.root, s.dir); err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			text := left[n]
			if n == name {
				text = p
			}
			if err := os.WriteFile(filepath.Join(s.root.Name(), s.dir, n), text, 0o640); err != nil {
				t.Fatal(err)
			}
		}
		publishAll(t, s, name, how)
	})
}

// forge publishes a slot made of the input, and a gap.
func forge(a *spool.Area, in []byte) {
	var words [8]uint64
	for i := range words {
		if len(in) >= 8 {
			words[i], in = binary.LittleEndian.Uint64(in), in[8:]
		}
	}
	slot := a.Read()
	a.PutGap(spool.Gap{N: slot.Gaps, At: words[4], Start: int64(words[5]), Length: int64(words[6]), Cause: spool.CauseLoss})
	slot.Seq++
	slot.Payload += words[0]
	slot.Frames += int64(words[1])
	slot.Gaps += words[2]
	slot.CRC ^= words[3]
	slot.Origin += words[7]
	a.Publish(slot)
}

// publishAll publishes, and looks at what became of it; then once more.
func publishAll(t *testing.T, s spooled, name string, how byte) {
	var first error
	for try := range 2 {
		result, err := finalize.Publish(context.Background(), finalize.Env{FS: s.root, Rewrite: try > 0}, s.dir)
		var step *finalize.StepError
		if err != nil && !errors.As(err, &step) {
			t.Fatalf("error of type %T: %v", err, err)
		}
		if try > 0 && first != nil && err == nil {
			t.Fatalf("first %v, and then it was published", first)
		}
		first = err
		if err != nil {
			for _, id := range []string{"floor", "ca"} {
				part, _ := durable.Exists(s.root, path.Join(s.dir, layout.Part(id)))
				pub, _ := durable.Exists(s.root, path.Join(s.dir, layout.PubDir, layout.WAV(id)))
				if !part && !pub {
					t.Fatalf("audio of %s is gone after %v", id, err)
				}
			}
			continue
		}
		if result.Path == "" {
			return // only traces of a session: gone with the first call
		}
		if slices.ContainsFunc(result.Manifest.Channels, func(c finalize.Channel) bool { return c.Audio.Bytes > 1<<24 }) {
			return // a hole of many hours, which a mark with a right checksum said there is: reading it takes long
		}
		report, err := finalize.Verify(context.Background(), s.root, finalize.VerifyOptions{Parallel: 1})
		if err != nil || report.Recordings != 1 {
			t.Fatalf("verify: %+v, %v", report, err)
		}
		if name == layout.StageFile || name == layout.JournalFile && how == damage {
			if len(report.Findings) > 0 {
				t.Fatalf("what was published is not what it says: %+v", report.Findings)
			}
			proven(t, s, result)
		}
		return
	}
}

// proven asks that all the audio that was published is what had been accepted, as far as it goes.
func proven(t *testing.T, s spooled, result finalize.Result) {
	for i, c := range result.Manifest.Channels {
		p, err := durable.ReadFile(s.root, path.Join(result.Path, c.Audio.File), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		p = p[4096:]
		for _, g := range slices.Backward(c.Gaps) {
			if end := int64(len(p)) / 2; g.Start+g.Length == end {
				p = p[:2*g.Start]
			}
		}
		if !bytes.HasPrefix(s.want[i], p) {
			t.Fatalf("channel %s: %d bytes that were not accepted", c.ID, len(p))
		}
	}
}
