package finalize

// received asks that the accounts of a channel fed with packets balance: each sample frame came out of a packet or is in a gap.
func (s *scan) received(c *Channel) {
	if c.Source.Stream == nil {
		return
	}
	gaps := int64(0)
	for _, g := range c.Gaps {
		gaps += g.Length
	}
	if sum := c.Source.Received + gaps; sum != c.Audio.Samples {
		s.v.wrong(c.Audio.File, "%d sample frames came out of packets and %d are gaps, together %d; the file has %d",
			c.Source.Received, gaps, sum, c.Audio.Samples)
	}
}
