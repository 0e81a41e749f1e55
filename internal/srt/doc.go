// Package srt turns the finished cues of one channel in one language into SubRip (.srt) and WebVTT (.vtt) files that
// stay well formed whatever was said in them, and reads those same files back to prove it.
//
// # The model
//
// A [Cue] is a stretch of the session's timeline with words in it. Cues come from recognisers, interpreters' tools and
// people's keyboards, so nothing about their text is trusted. They pass through three steps:
//
//	cues → Arrange(audio) → WriteSRT / WriteVTT → ParseSRT / ParseVTT
//	       order, clip,     escape, lay out        prove: order, times,
//	       Clean                                   text, nothing torn off
//
// [Arrange] makes the times possible and never drops words; [Clean] is the one rule about text, shared by both formats;
// the writers refuse cues that did not go through Arrange; the parsers accept what the writers write and little else.
//
// # What is at stake
//
// A subtitle file is read by players nobody here has heard of. One blank line inside a text, or one "-->", ends a cue
// early in most of them, and every word after it is shown at the wrong moment or not at all, years later, when the audio
// is long archived. For many listeners the transcript is the recording.
//
// # The formats
//
// WebVTT is specified by the W3C (https://www.w3.org/TR/webvtt1/). SubRip has no specification; the closest to one is
// the description in https://www.matroska.org/technical/subtitles.html, and what ffmpeg and VLC accept.
//
// Breaking long lines for the eye is not done here: line breaks in the text are kept as given.
package srt
