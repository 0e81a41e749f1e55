// Package wavfile knows the first 4096 bytes of a recording: how to write them so that a file that is still growing is
// already the WAV it will become, and how to read them back without believing them.
//
// # The model
//
// A recording in progress is a header area of [HeaderSize] bytes followed by samples. Nothing in the area ever moves:
// every chunk has a fixed place, with room for the longest form of what it holds, so an update is one write of one page
// and the samples stay aligned to pages. When the file outgrows the 32-bit sizes of RIFF, two chunk names and four sizes
// change in place and it is an RF64; no byte of audio is copied.
//
//	   0  "RIFF" size "WAVE"                     "RF64" ffffffff "WAVE" past 4 GiB
//	  12  "JUNK" 28, zeros                       "ds64" 28, the sizes in 64 bits, past 4 GiB
//	  48  "bext" 912, who recorded what and when (602 bytes of fields, 310 of coding history)
//	 968  "fmt " 16                              "fmt " 40 for three channels and more
//	 992  "JUNK" 3088, zeros                     at 1016, 3064 bytes, for three channels and more
//	1024    ┌ reserved: belongs to the caller ┐  [ReservedOffset, ReservedOffset+ReservedSize)
//	        └ never read or written here      ┘
//	4088  "data" size
//	4096  samples, 16-bit signed little-endian, interleaved
//
// The reserved area lies inside a chunk that readers skip. The spool keeps its crash marks there, so that marks and
// samples share a file, a name and a sync.
//
// # Two readers
//
// [Decode] is for files of ours. It accepts exactly what [Header.Encode] writes, to the last padding byte, because what
// differs is damage. One page need not reach the disk whole: the sizes at its front and at its end may then disagree,
// and Decode says so. [Parse] is for anybody's files. It accepts what can be understood, and trusts no size in it.
//
// # Sources
//
//   - chunks, fmt and data: Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft, 1991),
//     chapters 2 and 3
//   - the extensible form and its channel masks: Microsoft, WAVEFORMATEXTENSIBLE (mmreg.h, ksmedia.h)
//   - bext: EBU Tech 3285, Specification of the Broadcast Wave Format, version 1
//   - RF64 and the JUNK chunk that becomes ds64: EBU Tech 3306; BW64, which Parse reads too: Recommendation ITU-R BS.2088
package wavfile
