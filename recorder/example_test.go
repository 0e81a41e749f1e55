package recorder_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"log"
	"math"
	"os"
	"time"

	"github.com/ilenia-live/rec/cleanup"
	"github.com/ilenia-live/rec/recorder"
)

func Example() {
	ctx := context.Background()
	root, err := os.MkdirTemp("", "recordings")
	check(err)
	defer os.RemoveAll(root)
	_, err = cleanup.Recover(ctx, root, cleanup.Options{}) // at boot: finish what a crash left behind
	check(err)
	rec, err := recorder.Open(ctx, recorder.Config{Root: root})
	check(err)
	create, err := recorder.ParseSessionCreate([]byte(`{"type":"SessionCreate","sessionId":"plenary","channels":[
		{"id":"floor","language":"es","record":true},{"id":"en","language":"en","record":false}]}`))
	check(err)
	session, err := rec.Create(ctx, create)
	check(err)
	defer session.Close() // if we return early: recovery will find it
	floor, err := session.Channel("floor")
	check(err)
	frame := tone(450)
	for n := range int64(50) {
		check(floor.WritePCMAt(n*960, frame)) // WritePCM, for a source that doesn't know the time; neither waits for the disk
	}
	check(session.Cue(recorder.Cue{Channel: "floor", Start: 0, End: time.Second, Text: "Se abre la sesión.", Final: true}))
	manifest, err := session.Destroy(ctx, "the sitting is closed") // the only way to a finished recording
	check(err)
	check(rec.Close(ctx))
	fmt.Println(manifest.SessionID, manifest.Outcome)
	for _, c := range manifest.Channels {
		fmt.Printf("%s: %d samples, %d gaps, %d cue\n", c.Audio.File, c.Audio.Samples, len(c.Gaps), c.Transcripts[0].Cues)
	}
	// Output:
	// plenary ok
	// floor.wav: 48000 samples, 0 gaps, 1 cue
}

// check is for an example; a host returns its errors.
func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// tone is a frame of 20 ms at 48 kHz. A multiple of 50 Hz fits one after the other.
func tone(hz float64) []byte {
	frame := make([]byte, 0, 1920)
	for i := range 960 {
		v := 8192 * math.Sin(2*math.Pi*hz*float64(i)/48000)
		frame = binary.LittleEndian.AppendUint16(frame, uint16(int16(v)))
	}
	return frame
}
