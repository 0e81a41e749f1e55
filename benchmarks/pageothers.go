package main

import "strings"

// peers are those that record without a recorder.
func (p *page) peers() {
	r := p.results.Peers
	if r == nil {
		return
	}
	p.section("Beside the others", r.Machine, r.Result.Command)
	r.Result.markdown(p.w)
}

// others are what other programs of the repository print.
func (p *page) others() {
	r := p.results
	if r.Disk != nil {
		p.printed("This disk", r.Disk.Machine, r.Disk.Result,
			"what the volume takes from a program that has nothing else in mind, what the recorder gets from it, and how many channels "+
				"that makes with half of all in reserve.")
	}
	if r.Ramp != nil {
		p.printed("The most channels in real time", r.Ramp.Machine, r.Ramp.Result,
			"found by trying, with everything else that this machine did meanwhile, the simulator's feeding included.")
	}
	if r.Go == nil {
		return
	}
	meanings := [][2]string{
		{"Finishing a session", "what finishing costs doesn't depend on how long the audio is, within the noise of the syncs."},
		{"Writes into a new ring", "a write of 20 ms by a loop that does nothing else, into memory that nobody has touched before, and what it allocates."},
		{"Packets", "a channel of RTP, 20 ms a packet, mono, Opus at 32 kbit/s: processor time of the whole process for an hour of it, " +
			"a sync each second of audio included, and what of it is decoding; memory with the default buffer, decoder included."},
		{"A decoder", "what pion's Opus decoder holds."},
		{"Leaves", "checksums, levels, headers, each by itself."},
	}
	for i, one := range r.Go.Result {
		if i < len(meanings) {
			p.printed(meanings[i][0], r.Go.Machine, one, meanings[i][1])
		}
	}
}

func (p *page) printed(title string, m machine, what printed, meaning string) {
	p.section(title, m, forShell(what.Command))
	p.say("```\n%s\n```\n", strings.TrimRight(what.Text, "\n"))
	p.text("Meaning: %s", meaning)
}

// forShell quotes the words of a command that a shell would read otherwise.
func forShell(command string) string {
	words := strings.Fields(command)
	for i, word := range words {
		if strings.ContainsAny(word, "|^$*") {
			words[i] = "'" + word + "'"
		}
	}
	return strings.Join(words, " ")
}
