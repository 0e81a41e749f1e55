package listen

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/ilenia-live/rec/testdata"
)

const speechRate = 48000

// voice is one of the fixtures' voices.
func voice(i int) []byte { return testdata.Speeches()[i].WAV[44:] }

// played is a recording of a voice that began at a moment, at a speed, with every tenth 20 ms missing if lossy.
func played(pcm []byte, first time.Duration, speed float64, length time.Duration, lossy bool) []byte {
	out := make([]byte, 2*int64(length)*speechRate/int64(time.Second))
	for i := range len(out) / 2 {
		at := (float64(i)/speechRate - first.Seconds()) * speed * speechRate
		if at < 0 || lossy && i/960%10 == 7 {
			continue
		}
		whole := int(math.Floor(at))
		sample := func(k int) float64 { return float64(int16(binary.LittleEndian.Uint16(pcm[2*(k%(len(pcm)/2)):]))) }
		f := at - float64(whole)
		binary.LittleEndian.PutUint16(out[2*i:], uint16(int16((1-f)*sample(whole)+f*sample(whole+1))))
	}
	return out
}

func TestCompare(t *testing.T) {
	const length = 30 * time.Second
	ms := time.Millisecond
	for _, row := range []struct {
		name         string
		first        time.Duration // when it was played
		told         time.Duration // when the placement says that it was
		speed, heard float64
		lossy        bool
		want         time.Duration
		atLeast      float64 // share of what was spoken that is to be heard
	}{
		{"in its place", 0, 0, 1, 1, false, 0, 1},
		{"late join", 1237 * ms, 1237 * ms, 1, 1, false, 0, 1},
		{"losses", 100 * ms, 100 * ms, 1, 1, true, 0, 0.95},
		{"15 ms late", 115 * ms, 100 * ms, 1, 1, false, 15 * ms, 1},
		{"30 ms early", 70 * ms, 100 * ms, 1, 1, false, -30 * ms, 1},
		{"a clock of 300 ppm, known", 0, 0, 1.0003, 1.0003, false, 0, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			s, err := NewSource(voice(0), speechRate)
			if err != nil {
				t.Fatal(err)
			}
			r, err := s.Compare(bytes.NewReader(played(voice(0), row.first, row.heard, length, row.lossy)), speechRate, Placement{row.told, row.speed, length})
			if err != nil {
				t.Fatal(err)
			}
			median, worst, _ := r.Lags()
			t.Logf("%d of %d heard, lag %s, worst %s, correlation %.3f", len(r.Heard), r.Spoken, median, worst, r.Correlation())
			if r.Spoken < 24 || float64(len(r.Heard)) < row.atLeast*float64(r.Spoken) {
				t.Errorf("%d of %d heard", len(r.Heard), r.Spoken)
			}
			for _, p := range r.Heard {
				if off := p.Lag - row.want; off < -ms || off > ms {
					t.Errorf("%s: lag %s, want %s", p.At, p.Lag, row.want)
				}
			}
		})
	}
}

// A clock that is not followed shows as a lag that grows, and another's voice is not taken for the source.
func TestCompareHearsWhatIsWrong(t *testing.T) {
	const length = 40 * time.Second
	s, err := NewSource(voice(0), speechRate)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Compare(bytes.NewReader(played(voice(0), 0, 1.001, length, false)), speechRate, Placement{0, 1, length})
	if err != nil {
		t.Fatal(err)
	}
	if _, worst, at := r.Lags(); worst > -35*time.Millisecond || at < 34*time.Second {
		t.Errorf("after 40 s at 1,000 ppm: worst lag %s at %s, want -39 ms at the end", worst, at)
	}
	other, err := s.Compare(bytes.NewReader(played(voice(2), 0, 1, length, false)), speechRate, Placement{0, 1, length})
	if err != nil {
		t.Fatal(err)
	}
	if len(other.Heard) > other.Spoken/10 || other.Spoken == 0 {
		t.Errorf("another voice: %d of %d heard", len(other.Heard), other.Spoken)
	}
	silence, err := s.Compare(bytes.NewReader(make([]byte, 2*speechRate*10)), speechRate, Placement{0, 1, length})
	if err != nil || len(silence.Heard) != 0 || silence.Spoken == 0 {
		t.Errorf("silence: %d of %d heard, %v", len(silence.Heard), silence.Spoken, err)
	}
}

func TestCompareRefuses(t *testing.T) {
	if _, err := NewSource(voice(0), 44100); err == nil {
		t.Error("44,100 Hz is accepted")
	}
	if _, err := NewSource(voice(0)[:1000], speechRate); err == nil {
		t.Error("10 ms are accepted")
	}
}
