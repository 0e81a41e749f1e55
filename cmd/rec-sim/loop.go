package main

// loop is audio from a file, over and over. All channels that sound alike share its memory.
type loop struct {
	samples []byte
	align   int64 // bytes of a sample frame
}

// frames is the length of one turn.
func (l *loop) frames() int64 { return int64(len(l.samples)) / l.align }

// pcm copies only where a frame goes over the end.
func (l *loop) pcm(buf []byte, pos, n int64) []byte {
	at, size := pos%l.frames()*l.align, n*l.align
	if at+size <= int64(len(l.samples)) {
		return l.samples[at : at+size]
	}
	buf = buf[:size]
	done := copy(buf, l.samples[at:])
	for int64(done) < size {
		done += copy(buf[done:], l.samples)
	}
	return buf
}

// pad lengthens one turn with silence.
func (l *loop) pad(frames int64) {
	if missing := frames - l.frames(); missing > 0 {
		l.samples = append(l.samples, make([]byte, missing*l.align)...)
	}
}
