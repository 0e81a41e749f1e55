package spool

import "testing"

func TestReadNeverGoesBack(t *testing.T) {
	m := Meta{RecordingID: "r", Channels: []ChannelMeta{{ID: "a", RingBytes: 4096}}}
	s, err := FormatStage(make([]byte, m.StageBytes()), m)
	if err != nil {
		t.Fatal(err)
	}
	a := s.Areas[0]
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := uint64(1); n < 3_000_000; n++ {
			select {
			case <-stop:
				return
			default:
			}
			a.Publish(Slot{Seq: n, Payload: n, Frames: int64(n)})
		}
	}()
	var last uint64
	back, zero := 0, 0
	reads := 0
	for {
		select {
		case <-done:
			t.Logf("reads %d, back %d zero %d", reads, back, zero)
			if back > 0 {
				t.Error("went back")
			}
			return
		default:
		}
		n := a.Read()
		reads++
		if n.Seq < last {
			back++
			if n.Seq == 0 {
				zero++
			}
		} else {
			last = n.Seq
		}
	}
}
