// Package level measures how loud 16-bit audio was while it is being written, so that a manifest can say "this
// interpreter's microphone was muted for an hour" without anybody reading the samples again.
//
// # The model
//
// A [Meter] is three numbers: the largest magnitude, the sum of the squares, the count of samples. They only grow, need
// no window and no history, and do not depend on how the audio was cut into frames; so a meter can be saved beside each
// sync ([Meter.State]) and continued after a crash ([FromState]) as if nothing had happened. Only a sum of squares past
// 2^53 (three minutes of 48 kHz mono at full scale, five hours at -20 dBFS) depends on the cuts in its last digits, by far
// less than the hundredth of a decibel that is reported. Channels of an interleaved file are measured together.
//
// # Decibels
//
// 0 dBFS is the magnitude 32768 for the peak and its square for the mean power:
//
//	peak = 20·log10(max|s| / 32768)
//	rms  = 10·log10(Σs² / (n · 32768²))
//
// By this convention a sine that just touches full scale has a peak of 0 and an RMS of -3.01 dBFS; a square wave has 0
// and 0. AES17 (and IEC 61606) give that sine an RMS of 0 instead: add 3.01 to compare with meters that follow them. The
// peak is the sample peak; the true peak of ITU-R BS.1770, between the samples, may be higher. There is no weighting and
// no gate, so this is not loudness in the sense of EBU R 128.
//
// Digital silence has a level of minus infinity, which JSON cannot hold. It is reported as [Floor]. So is everything
// below: one step of a 16-bit sample is already a peak of -90.3 dBFS.
//
// # Cost
//
// A sample takes 0.44 ns in Go and 0.031 ns with AVX2, 0.076 and 0.0054 CPU s per channel-hour of 48 kHz mono. That is the
// row kernel=avx2/frame=20ms/rate=48000 of BenchmarkSpeedup on an AMD EPYC of family 26 with Go 1.26, samples in the
// nearest cache; those that come from memory (frame=10m0s) take 0.059 ns with AVX2. Only the ratios travel. Silence that
// is counted ([Meter.AddZeros]) costs the same at any length.
package level
