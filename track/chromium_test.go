package track_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"

	"github.com/ilenia-live/rec/recorder"
	"github.com/ilenia-live/rec/testdata"
	"github.com/ilenia-live/rec/track"
)

// What a browser's microphone takes up is in the recording, sample for sample in its place: Chromium speaks the fixtures'
// voices into a pion host that records them.
func TestChromium(t *testing.T) {
	browser := findBrowser(t)
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	dir := t.TempDir()
	source := microphone(t, filepath.Join(dir, "microphone.wav"))

	root := filepath.Join(dir, "recordings")
	rec, err := recorder.Open(ctx, recorder.Config{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := rec.Close(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	}()
	h := &host{t: t, rec: rec, enough: make(chan struct{}), done: make(chan error, 1)}
	defer h.close()
	server := httptest.NewServer(h)
	defer server.Close()

	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser),
		chromedp.Flag("headless", "new"), chromedp.Flag("use-fake-ui-for-media-stream", true), chromedp.Flag("use-fake-device-for-media-stream", true),
		chromedp.Flag("use-file-for-fake-audio-capture", filepath.Join(dir, "microphone.wav")+"%noloop"),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.Flag("disable-features", "WebRtcHideLocalIpsWithMdns"),
		chromedp.Flag("allow-loopback-in-peer-connection", true), chromedp.Flag("disable-gpu", true))
	if os.Geteuid() == 0 {
		opts = append(opts, chromedp.NoSandbox)
	}
	alloc, stopBrowser := chromedp.NewExecAllocator(ctx, opts...)
	defer stopBrowser()
	tab, closeTab := chromedp.NewContext(alloc)
	defer closeTab()
	if _, err := chromedp.Run(tab, chromedp.Navigate(server.URL)); err != nil {
		t.Fatalf("open the page: %v", err)
	}
	select {
	case <-h.enough:
	case <-ctx.Done():
		t.Fatal("too few packets came")
	}
	session := h.session
	least := time.Since(h.start)
	manifest, err := session.Destroy(ctx, "enough")
	most := time.Since(h.start)
	if err != nil {
		t.Fatal(err)
	}
	closeTab()
	h.close()
	if err := <-h.done; err != nil && !strings.Contains(err.Error(), recorder.ErrEnded.Error()) {
		t.Errorf("record: %v", err)
	}

	c := manifest.Channels[0]
	t.Logf("%d samples, source %+v, %d gaps", c.Audio.Samples, c.Source.Stream, len(c.Gaps))
	if got := time.Duration(c.Audio.Samples) * time.Second / 48000; got < least-20*time.Millisecond || got > most+20*time.Millisecond {
		t.Errorf("the file has %s, the session had %s to %s", got, least, most)
	}
	gaps := int64(0)
	for _, g := range c.Gaps {
		gaps += g.Length
	}
	if c.Source.Stream == nil || gaps+c.Source.Received != c.Audio.Samples || c.Source.Damaged > 0 {
		t.Fatalf("%d frames in gaps, source %+v, %d in the file", gaps, c.Source.Stream, c.Audio.Samples)
	}
	wav, err := os.ReadFile(filepath.Join(root, session.Path(), c.Audio.File))
	if err != nil {
		t.Fatal(err)
	}
	if keep := os.Getenv("REC_KEEP"); keep != "" {
		if err := os.WriteFile(keep, wav, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	compare(t, source, decimate(wav[4096:]))
}

// findBrowser skips the test where there is no Chromium, which is on a developer's machine.
func findBrowser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("needs Chromium")
	return ""
}

// microphone writes the three voices behind each other as the file that Chromium takes for a microphone, and returns its samples.
func microphone(t *testing.T, name string) []byte {
	t.Helper()
	var pcm []byte
	for _, s := range testdata.Speeches() {
		pcm = append(pcm, s.WAV[44:]...)
	}
	header := append([]byte(nil), testdata.Speeches()[0].WAV[:44]...)
	binary.LittleEndian.PutUint32(header[4:], uint32(36+len(pcm)))
	binary.LittleEndian.PutUint32(header[40:], uint32(len(pcm)))
	if err := os.WriteFile(name, append(header, pcm...), 0o644); err != nil {
		t.Fatal(err)
	}
	return pcm
}

const (
	// compareRate is enough to see a millisecond and what is said.
	compareRate = 8000
	by          = 48000 / compareRate
)

func decimate(pcm []byte) []float64 {
	out := make([]float64, len(pcm)/2/by)
	for i := range out {
		for k := range by {
			out[i] += float64(int16(binary.LittleEndian.Uint16(pcm[2*(i*by+k):])))
		}
	}
	return out
}

// compare asks that what was recorded be the source, moved by one and the same time throughout.
func compare(t *testing.T, pcm []byte, recorded []float64) {
	t.Helper()
	// Of the samples of 48 kHz each may be the first of a sample of 8 kHz; the microphone's needn't be those of the recording.
	var phases [by][]float64
	for phase := range phases {
		phases[phase] = decimate(pcm[2*phase:])
	}
	source := phases[0]
	const block = compareRate
	// When the browser began to read the file nobody knows: the loudest second says.
	loudest, most := 0, 0.0
	for at := 0; at+block <= len(recorded); at += block / 2 {
		if e := energy(recorded[at : at+block]); e > most {
			loudest, most = at, e
		}
	}
	offset, r := find(source, recorded[loudest:loudest+block], 0, len(source)-block)
	offset -= loudest
	t.Logf("the source begins at %.3f s of the recording; correlation %.4f", -float64(offset)/compareRate, r)
	var seen []float64
	for at := 0; at+block <= len(recorded); at += block {
		piece := recorded[at : at+block]
		if at+offset < 400 || at+offset+block+400 > len(source) || energy(piece) < most/20 {
			continue
		}
		found, _ := find(source, piece, at+offset-400, at+offset+400)
		lag := time.Duration(found-at-offset) * time.Second / compareRate
		r := 0.0
		for _, s := range phases {
			_, is := find(s, piece, found-1, found+1)
			r = max(r, is)
		}
		snr := 10 * math.Log10(r*r/(1-r*r))
		t.Logf("%2d s: lag %s, correlation %.4f, SNR %.1f dB", at/compareRate, lag, r, snr)
		if lag > 20*time.Millisecond || lag < -20*time.Millisecond {
			t.Errorf("%d s: off by %s", at/compareRate, lag)
		}
		seen = append(seen, snr)
	}
	if len(seen) < 6 {
		t.Fatalf("only %d seconds could be compared", len(seen))
	}
	// Where a busy machine held up the browser's first packets the clock is being corrected, and the waveforms slide past each
	// other for a while; so the seconds are asked together.
	slices.Sort(seen)
	if median := seen[len(seen)/2]; median < 15 {
		t.Errorf("SNR %.1f dB, want at least 15", median)
	}
}

func energy(x []float64) (sum float64) {
	for _, v := range x {
		sum += v * v
	}
	return sum
}

// find returns where between from and to the piece is most like the source, and the correlation there.
func find(source, piece []float64, from, to int) (at int, r float64) {
	own := energy(piece)
	for lag := from; lag <= to && lag+len(piece) <= len(source); lag++ {
		sum, other := 0.0, 0.0
		for i, v := range piece {
			s := source[lag+i]
			sum += v * s
			other += s * s
		}
		if other > 0 && sum/math.Sqrt(own*other) > r {
			at, r = lag, sum/math.Sqrt(own*other)
		}
	}
	return at, r
}

// host is a service with one room: whoever offers a track is recorded.
type host struct {
	t       *testing.T
	rec     *recorder.Recorder
	pc      *webrtc.PeerConnection
	session *recorder.Session
	start   time.Time
	enough  chan struct{} // closed with the last packet that the test wants
	done    chan error
}

// packetsWanted is 12 s of sound, in packets of 20 ms.
const packetsWanted = 600

// counted is a channel that says when it has had enough.
type counted struct {
	*recorder.Channel
	packets int
	enough  chan struct{}
}

func (c *counted) WriteRTP(p []byte) error {
	if c.packets++; c.packets == packetsWanted {
		close(c.enough)
	}
	return c.Channel.WriteRTP(p)
}

func (h *host) close() {
	if h.pc != nil {
		if err := h.pc.Close(); err != nil {
			h.t.Error(err)
		}
	}
}

func (h *host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(page))
		return
	}
	var offer webrtc.SessionDescription
	if err := json.NewDecoder(r.Body).Decode(&offer); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer, err := h.answer(r.Context(), offer)
	if err != nil {
		h.t.Errorf("answer: %v", err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	// Asked for stereo at this rate Chromium encodes with CELT, which keeps the waveform.
	answer.SDP = strings.ReplaceAll(answer.SDP, "useinbandfec=1", "useinbandfec=1;stereo=1;maxaveragebitrate=96000")
	h.t.Log(answer.SDP)
	_ = json.NewEncoder(w).Encode(answer)
}

func (h *host) answer(ctx context.Context, offer webrtc.SessionDescription) (*webrtc.SessionDescription, error) {
	api, err := newAPI()
	if err != nil {
		return nil, err
	}
	if h.pc, err = api.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return nil, err
	}
	h.pc.OnTrack(func(remote *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		name, rate, _, ok := track.Codec(remote.Codec().RTPCodecCapability)
		if !ok {
			h.done <- nil
			return
		}
		h.start = time.Now()
		session, err := h.rec.Create(context.Background(), recorder.SessionCreate{Channels: []recorder.ChannelSpec{
			{ID: "floor", Record: true, Codec: name, SampleRate: rate, ChannelCount: 1},
		}})
		if err != nil {
			h.done <- err
			return
		}
		h.session = session
		channel, err := session.Channel("floor")
		if err != nil {
			h.done <- err
			return
		}
		_, err = track.Record(context.Background(), &counted{Channel: channel, enough: h.enough}, remote, receiver)
		h.done <- err
	})
	if err := h.pc.SetRemoteDescription(offer); err != nil {
		return nil, err
	}
	answer, err := h.pc.CreateAnswer(nil)
	if err != nil {
		return nil, err
	}
	gathered := webrtc.GatheringCompletePromise(h.pc)
	if err := h.pc.SetLocalDescription(answer); err != nil {
		return nil, err
	}
	select {
	case <-gathered:
		return h.pc.LocalDescription(), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// newAPI keeps to the loopback.
func newAPI() (*webrtc.API, error) {
	var m webrtc.MediaEngine
	if err := track.RegisterCodecs(&m); err != nil {
		return nil, err
	}
	var i interceptor.Registry
	if err := webrtc.RegisterDefaultInterceptors(&m, &i); err != nil {
		return nil, err
	}
	var s webrtc.SettingEngine
	s.SetIncludeLoopbackCandidate(true)
	s.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	return webrtc.NewAPI(webrtc.WithMediaEngine(&m), webrtc.WithInterceptorRegistry(&i), webrtc.WithSettingEngine(s)), nil
}

const page = `<!doctype html><title>microphone</title><script>
(async () => {
  const stream = await navigator.mediaDevices.getUserMedia({audio: {echoCancellation: false, noiseSuppression: false, autoGainControl: false}});
  const pc = new RTCPeerConnection();
  pc.addTrack(stream.getAudioTracks()[0], stream);
  await pc.setLocalDescription(await pc.createOffer());
  await new Promise(done => pc.iceGatheringState === 'complete' ? done() :
    pc.addEventListener('icegatheringstatechange', () => pc.iceGatheringState === 'complete' && done()));
  const answer = await fetch('/', {method: 'POST', body: JSON.stringify(pc.localDescription)});
  await pc.setRemoteDescription(await answer.json());
})();
</script>`
