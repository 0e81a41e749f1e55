package recorder_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/ilenia-live/rec/cleanup"
	"github.com/ilenia-live/rec/recorder"
)

// Contract C2 at the end of a session: while some write, another ends it. Each frame whose write returned nil is in the
// recording, once and whole, and no other is; what was refused is in the gaps.
func TestEndWhileOthersWrite(t *testing.T) {
	for _, row := range []struct {
		name string
		end  func(t *testing.T, root string, r *recorder.Recorder, s *recorder.Session)
	}{
		{"destroy", func(t *testing.T, _ string, _ *recorder.Recorder, s *recorder.Session) { destroy(t, s) }},
		{"recorder closed", func(t *testing.T, _ string, r *recorder.Recorder, _ *recorder.Session) {
			if err := r.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
		}},
		{"close and recovery", func(t *testing.T, root string, r *recorder.Recorder, s *recorder.Session) {
			if err := errors.Join(s.Close(), r.Close(t.Context())); err != nil {
				t.Fatal(err)
			}
			if report, err := cleanup.Recover(t.Context(), root, cleanup.Options{}); err != nil || report.Published != 1 {
				t.Fatalf("%s, %v", report, err)
			}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			root := t.TempDir()
			r := open(t, recorder.Config{Root: root})
			s := named(t, r, "busy", mono("floor"))
			c := channel(t, s, "floor")
			const writers, most = 8, 400
			accepted := make([][]uint32, writers)
			begun := make(chan struct{}, writers)
			var writing sync.WaitGroup
			for w := range writers {
				writing.Go(func() {
					for n := range most {
						// A frame is its number over and over, and never zero.
						number := uint32(w+1)<<16 | uint32(n)
						frame := bytes.Repeat(binary.LittleEndian.AppendUint32(nil, number), 480)
						switch err := c.WritePCM(frame); {
						case err == nil:
							accepted[w] = append(accepted[w], number)
						case errors.Is(err, recorder.ErrEnded):
							return
						case !errors.Is(err, recorder.ErrOverflow):
							t.Error(err)
						}
						if n == 20 {
							begun <- struct{}{}
						}
					}
				})
			}
			for range writers {
				<-begun
			}
			row.end(t, root, r, s)
			writing.Wait()

			for at, m := range manifests(t, root) {
				audio := samples(t, filepath.Join(root, at, "floor.wav"))
				silent := int64(0)
				for _, g := range slices.Backward(m.Channels[0].Gaps) {
					audio = slices.Delete(audio, int(2*g.Start), int(2*(g.Start+g.Length)))
					silent += g.Length
				}
				var got, want []uint32
				for frame := range slices.Chunk(audio, 1920) {
					number := binary.LittleEndian.Uint32(frame)
					if !bytes.Equal(frame, bytes.Repeat(frame[:4], 480)) {
						t.Errorf("frame %#x is not whole", number)
					}
					got = append(got, number)
				}
				for _, numbers := range accepted {
					want = append(want, numbers...)
				}
				slices.Sort(got)
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Errorf("%d frames in the recording, %d accepted, or they differ", len(got), len(want))
				}
				if n := m.Channels[0].Audio.Samples; n != silent+960*int64(len(want)) {
					t.Errorf("%d samples, %d of them in gaps, %d frames accepted", n, silent, len(want))
				}
			}
			verified(t, root, 1)
		})
	}
}
