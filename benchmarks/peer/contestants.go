package peer

import "os/exec"

// A Contestant is a way of recording with its settings, and what it promises by the way it is made: that is not measured.
type Contestant struct {
	Name   string // of the benchmark, as key=value pairs
	Label  string
	Sync   string // how often what was written is made durable
	Stores string
	Kill   string // what is left of the audio when a process is killed
	Power  string // likewise when the power fails

	Program string // that must be installed
	Tmpfs   bool   // the recorder's staging is to be on a tmpfs
	Volume  bool   // the recorder syncs the whole volume at once
	make    func(Task, Contestant) Peer
}

// Peer makes the contestant ready for a task.
func (c Contestant) Peer(t Task) Peer { return c.make(t, c) }

// Installed reports whether the contestant can run here.
func (c Contestant) Installed() bool {
	if c.Program == "" {
		return true
	}
	_, err := exec.LookPath(c.Program)
	return err == nil
}

func (c Contestant) syncs() bool { return c.Sync != never }

const (
	everySecond = "1 s"
	never       = "never"

	cacheOnly = "what the kernel has written by itself; the last 30 s and more are gone"
	oneSecond = "all but the last second"
)

// Names that figures are compared by.
const (
	RecorderName = "peer=recorder/staging=tmpfs/sync=1s"
	TogetherName = "peer=recorder/staging=tmpfs/sync=syncfs"
	WAVSyncName  = "peer=go-audio-wav/sync=1s"
	BufioName    = "peer=bufio/sync=none"
	NothingName  = "peer=nothing/sync=none"
)

// Contestants returns all, the recorder first.
func Contestants() []Contestant {
	return []Contestant{
		{Name: RecorderName, Label: "recorder, staging on tmpfs", Sync: everySecond, Stores: "PCM in WAV", Tmpfs: true,
			Kill: "all that was accepted", Power: oneSecond + "; the manifest says so", make: newRecorder},
		{Name: "peer=recorder/staging=volume/sync=1s", Label: "recorder, staging on the volume", Sync: everySecond, Stores: "PCM in WAV",
			Kill: "all that was accepted", Power: oneSecond + "; the manifest says so", make: newRecorder},
		{Name: TogetherName, Label: "recorder, syncfs", Sync: everySecond, Stores: "PCM in WAV", Tmpfs: true, Volume: true,
			Kill: "all that was accepted", Power: oneSecond + "; the manifest says so", make: newRecorder},
		{Name: WAVSyncName, Label: "go-audio/wav", Sync: everySecond, Stores: "PCM in WAV",
			Kill: "all, behind a header that says there is next to nothing", Power: oneSecond + ", behind such a header", make: newWAV},
		{Name: "peer=go-audio-wav/sync=none", Label: "go-audio/wav", Sync: never, Stores: "PCM in WAV",
			Kill: "all, behind a header that says there is next to nothing", Power: cacheOnly, make: newWAV},
		{Name: "peer=os.File/sync=1s", Label: "os.File, a write each frame", Sync: everySecond, Stores: "raw PCM",
			Kill: "all", Power: oneSecond, make: newFile},
		{Name: "peer=os.File/sync=none", Label: "os.File, a write each frame", Sync: never, Stores: "raw PCM",
			Kill: "all", Power: cacheOnly, make: newFile},
		{Name: "peer=bufio/sync=1s", Label: "bufio, 64 KiB", Sync: everySecond, Stores: "raw PCM",
			Kill: "all but what is in the buffer, up to 0.7 s", Power: oneSecond, make: newBufio},
		{Name: BufioName, Label: "bufio, 64 KiB", Sync: never, Stores: "raw PCM",
			Kill: "all but what is in the buffer, up to 0.7 s", Power: cacheOnly, make: newBufio},
		{Name: "peer=ffmpeg/sync=none", Label: "ffmpeg, a process each", Sync: never, Stores: "PCM in WAV", Program: "ffmpeg",
			Kill: "host killed: all; ffmpeg killed: all but its buffer and the pipe's, up to 3.4 s, behind a header without a length", Power: cacheOnly, make: newFFmpeg},
		{Name: "peer=sox/sync=none", Label: "sox, a process each", Sync: never, Stores: "PCM in WAV", Program: "sox",
			Kill: "host killed: all; sox killed: all but its buffer and the pipe's, up to 0.8 s, behind a header with a made-up length", Power: cacheOnly, make: newSox},
		{Name: "peer=oggwriter/sync=none", Label: "pion oggwriter", Sync: never, Stores: "Opus in Ogg, as it came",
			Kill: "all, without an end mark", Power: cacheOnly, make: newOgg},
		{Name: NothingName, Label: "nothing: the loop alone", Sync: never, Stores: "nothing",
			Kill: "nothing", Power: "nothing", make: newNothing},
	}
}
