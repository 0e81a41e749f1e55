package codec

// l16 is PCM in network byte order (RFC 3551, 4.5.11).
type l16 struct {
	alone
	rate, channels int
}

func (l *l16) ClockRate() int { return l.rate }
func (l *l16) String() string { return "l16" }

func (l *l16) Duration(p []byte) (int, error) {
	if len(p) == 0 || len(p)%(2*l.channels) != 0 {
		return 0, &PayloadError{"l16", len(p), "want whole sample frames"}
	}
	return len(p) / (2 * l.channels), nil
}

func (l *l16) Decode(dst, p []byte) (int, error) {
	n, err := l.Duration(p)
	if err == nil {
		err = fits("l16", dst, n, l.channels)
	}
	if err != nil {
		return 0, err
	}
	for i := 0; i < len(p); i += 2 {
		dst[i], dst[i+1] = p[i+1], p[i]
	}
	return n, nil
}
