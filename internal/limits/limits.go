// Package limits is the one table of how much of anything the recorder takes from outside.
//
// Each number is far above what a live service does and far below what would hurt: past it the caller gets a typed error
// and nothing that was accepted before is touched.
package limits

import "time"

const (
	// IDBytes is the length of a session or channel id in bytes. Escaped to a file name it at most triples, which stays
	// below the 255 bytes that file systems give a name, suffixes included.
	IDBytes = 64
	// EventIDBytes is the length of an event id, which is data only and never names a file.
	EventIDBytes = 256
	// LabelBytes is the length of a channel's label or a cue's speaker.
	LabelBytes = 256
	// LanguageBytes is the length of a BCP 47 tag; RFC 5646, section 4.4.1, asks for at least 35.
	LanguageBytes = 35
	// Channels is the number of channels in one SessionCreate: a floor and every language the United Nations or the
	// European Parliament interpret into, four times over.
	Channels = 128
	// CreateBytes is the size of one SessionCreate or SessionDestroy message.
	CreateBytes = 1 << 20
	// MetadataBytes is the size of a session's metadata as JSON.
	MetadataBytes = 64 << 10
	// MetadataDepth is how deep it may nest: indented in a manifest, each level costs two bytes a line.
	MetadataDepth = 32
	// ReasonBytes is the length of the reason in a SessionDestroy.
	ReasonBytes = 1024
	// Sessions is the number of sessions that one recorder holds open. Each maps one staging area, and Linux gives a
	// process 65,530 mappings by default.
	Sessions = 20_000

	// CueTextBytes is the length of one cue's text: about four minutes of speech. Escaped in a journal record it must fit the
	// ring it passes through.
	CueTextBytes = 4 << 10
	// CueIDBytes is the length of a cue's id.
	CueIDBytes = 128
	// Timeline is the latest position on a session's timeline, for cues and for audio.
	Timeline = 30 * 24 * time.Hour
	// Gap is the longest silence that one write may insert by naming a position in the future.
	Gap = 24 * time.Hour
	// FrameTime is the longest stretch of audio in one write.
	FrameTime = time.Second

	// SessionFileBytes bounds a session.json that is read back.
	SessionFileBytes = 64 << 20
	// JournalBytes bounds a journal that is read back at finalize.
	JournalBytes = 1 << 30
	// ManifestBytes bounds a manifest.json that is read back. It lists the gaps that the journal did, none at more than an eighth
	// more length: what could be finalized can be read.
	ManifestBytes = JournalBytes + JournalBytes/8
	// StageBytes bounds a staging area that is mapped back at recovery.
	StageBytes = 1 << 30
)

// Buffer bounds the staging memory of a channel, as time.
const (
	BufferMin = 250 * time.Millisecond
	BufferMax = 60 * time.Second
)

// Sync bounds the recovery point.
const (
	SyncMin = 20 * time.Millisecond
	SyncMax = time.Minute
)

const (
	// PacketBytes is the size of an RTP packet's payload: 120 ms of 16-bit stereo at 48 kHz, and what a datagram of a usual
	// network holds many times over.
	PacketBytes = 24 << 10
	// PacketTime is the longest stretch of audio in one packet.
	PacketTime = int64(time.Second)
)
