package recorder_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/ilenia-live/rec/recorder"
)

// wantFieldError says whether err names the field and shows the value that it refuses, in a form that is fit for a log.
func wantFieldError(t *testing.T, err error, field, value string) {
	t.Helper()
	var bad *recorder.FieldError
	if !errors.As(err, &bad) {
		t.Errorf("got %v, want a *FieldError for %s", err, field)
		return
	}
	if bad.Field != field || !strings.Contains(bad.Value, value) || bad.Want == "" {
		t.Errorf("%+v, want field %q and a value with %q", bad, field, value)
	}
	if text := err.Error(); !strings.Contains(text, field) || !strings.Contains(text, value) || len(text) > 512 {
		t.Errorf("message of %d bytes, want one with %q and %q: %.600q", len(text), field, value, text)
	}
	if i := strings.IndexFunc(err.Error(), unicode.IsControl); i >= 0 {
		t.Errorf("control character at %d of %q", i, err)
	}
}

func TestParseSessionCreateRefuses(t *testing.T) {
	long := strings.Repeat("x", 2<<20)
	for _, row := range []struct{ name, json, field, value string }{
		{"nothing", ``, "message", "unexpected end"},
		{"cut short", `{"sessionId":"a","channels":[`, "message", "unexpected end"},
		{"not JSON", `sessionId=a`, "message", "'s'"},
		{"text behind it", `{"sessionId":"a"} {}`, "message", "after top-level"},
		{"raw control character", "{\"sessionId\":\"a\x00b\"}", "message", `\x00`},
		{"too deep", `{"metadata":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, "message", "depth"},
		{"2 MiB", `{"sessionId":"a","note":"` + long + `"}`, "message", "2097179 bytes"},
		{"2 MiB of an id", `{"sessionId":"` + long + `"}`, "message", "bytes"},
		{"another message", `{"type":"SessionDestroy","sessionId":"a"}`, "type", "SessionDestroy"},
		{"type is a number", `{"type":1}`, "type", "number"},
		{"session id is a number", `{"sessionId":5}`, "sessionId", "number"},
		{"session id is an object", `{"sessionId":{"id":"a"}}`, "sessionId", "object"},
		{"session id with NUL", `{"sessionId":"a\u0000b"}`, "sessionId", `a\x00b`},
		{"event id is a list", `{"eventId":["a"]}`, "eventId", "array"},
		{"event id too long", `{"eventId":"` + strings.Repeat("e", 257) + `"}`, "eventId", "257 bytes"},
		{"event id with a control character", `{"eventId":"a\u001b[2J"}`, "eventId", `a\x1b[2J`},
		{"channels is an object", `{"channels":{"id":"a"}}`, "channels", "object"},
		{"channels is a string", `{"channels":"floor"}`, "channels", "string"},
		{"a channel is a string", `{"channels":["floor"]}`, "channels[0]", "floor"},
		{"a list", `[]`, "message", "[]"},
		{"null", `null`, "message", "null"},
		{"a reserved channel id", `{"channels":[{"id":"*"}]}`, "channels[0].id", "*"},
		{"the second channel", `{"channels":[{"id":"a"},{"id":"b","sampleRate":"48000"}]}`, "channels[1].sampleRate", "string"},
		{"a number of half a megabyte", `{"channels":[{"id":"a","sampleRate":` + strings.Repeat("1", 1<<19) + `}]}`, "channels[0].sampleRate", "1111"},
		{"metadata nested 33 deep", `{"metadata":` + strings.Repeat("[", 33) + strings.Repeat("]", 33) + `}`, "metadata", "33"},
		{"record is a string", `{"channels":[{"id":"a","record":"true"}]}`, "channels[0].record", "string"},
		{"record is a number", `{"channels":[{"id":"a","record":1}]}`, "channels[0].record", "number"},
		{"rate is a string", `{"channels":[{"id":"a","sampleRate":"48000"}]}`, "channels[0].sampleRate", "string"},
		{"rate with a fraction", `{"channels":[{"id":"a","sampleRate":48000.5}]}`, "channels[0].sampleRate", "48000.5"},
		{"rate past any integer", `{"channels":[{"id":"a","sampleRate":1e99}]}`, "channels[0].sampleRate", "1e99"},
		{"channel count is a string", `{"channels":[{"id":"a","channelCount":"2"}]}`, "channels[0].channelCount", "string"},
		{"codec is a number", `{"channels":[{"id":"a","codec":8}]}`, "channels[0].codec", "number"},
		{"label is null-like text in a list", `{"channels":[{"id":"a","label":[]}]}`, "channels[0].label", "array"},
		{"the second channel's rate", `{"channels":[{"id":"a"},{"id":"b","sampleRate":47999}]}`, "channels[1].sampleRate", "47999"},
		{"the third channel's language", `{"channels":[{"id":"a"},{"id":"b"},{"id":"c","language":"en_US"}]}`, "channels[2].language", "en_US"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := recorder.ParseSessionCreate([]byte(row.json))
			wantFieldError(t, err, row.field, row.value)
		})
	}
}

func TestParseSessionDestroyRefuses(t *testing.T) {
	for _, row := range []struct{ name, json, field, value string }{
		{"no session", `{"type":"SessionDestroy"}`, "sessionId", `""`},
		{"another message", `{"type":"SessionCreate","sessionId":"a"}`, "type", "SessionCreate"},
		{"a path", `{"sessionId":"../../etc"}`, "sessionId", "../../etc"},
		{"session id is a number", `{"sessionId":5}`, "sessionId", "number"},
		{"reason is an object", `{"sessionId":"a","reason":{}}`, "reason", "object"},
		{"not JSON", `}`, "message", "'}'"},
		{"2 MiB", `{"sessionId":"a","reason":"` + strings.Repeat("x", 2<<20) + `"}`, "message", "bytes"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := recorder.ParseSessionDestroy([]byte(row.json))
			wantFieldError(t, err, row.field, row.value)
		})
	}
}

// A newer service may say more than we understand.
func TestUnknownFieldsAreIgnored(t *testing.T) {
	m, err := recorder.ParseSessionCreate([]byte(`{"type":"SessionCreate","sessionId":"a","eventId":"e","tier":"gold","region":{"x":[1,2]},
		"channels":[{"id":"floor","record":true,"gain":3.5,"tags":["a"]}],"metadata":{"any":["thing",null]}}`))
	if err != nil {
		t.Fatal(err)
	}
	if m.SessionID != "a" || m.EventID != "e" || len(m.Channels) != 1 || !m.Channels[0].Record ||
		string(m.Metadata) != `{"any":["thing",null]}` {
		t.Errorf("%+v", m)
	}
	d, err := recorder.ParseSessionDestroy([]byte(`{"sessionId":"a","reason":"over","by":"operator"}`))
	if err != nil || d.SessionID != "a" || d.Reason != "over" {
		t.Errorf("%+v, %v", d, err)
	}
}

// Each refused Create leaves nothing on the disk and no id taken, and the session beside it goes on.
func TestCreateRefuses(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	s := named(t, r, "bystander", mono("floor"))
	c := channel(t, s, "floor")
	channels := func(specs ...recorder.ChannelSpec) recorder.SessionCreate {
		return recorder.SessionCreate{SessionID: "refused", Channels: specs}
	}
	many := make([]recorder.ChannelSpec, 100_000)
	for i := range many {
		many[i] = mono(fmt.Sprint("c", i))
	}
	for _, row := range []struct {
		name         string
		create       recorder.SessionCreate
		field, value string
	}{
		{"another message", recorder.SessionCreate{Type: "SessionDestroy", SessionID: "refused"}, "type", "SessionDestroy"},
		{"event id too long", recorder.SessionCreate{SessionID: "refused", EventID: strings.Repeat("e", 10_000)}, "eventId", "10000 bytes"},
		{"event id not UTF-8", recorder.SessionCreate{SessionID: "refused", EventID: "a\xff"}, "eventId", `\xff`},
		{"100,000 channels", channels(many...), "channels", "100000"},
		{"129 channels", channels(many[:129]...), "channels", "129"},
		{"the same channel twice", channels(mono("floor"), mono("en"), mono("floor")), "channels[2].id", "floor"},
		{"recorded and not", channels(mono("floor"), recorder.ChannelSpec{ID: "floor"}), "channels[1].id", "floor"},
		{"no channel id", channels(mono("")), "channels[0].id", `""`},
		{"label too long", channels(recorder.ChannelSpec{ID: "a", Label: strings.Repeat("l", 257)}), "channels[0].label", "257 bytes"},
		{"label with a line break", channels(recorder.ChannelSpec{ID: "a", Label: "one\ntwo"}), "channels[0].label", `one\ntwo`},
		{"language that is a path", channels(recorder.ChannelSpec{ID: "a", Language: "../x"}), "channels[0].language", "../x"},
		{"language too long", channels(recorder.ChannelSpec{ID: "a", Language: strings.Repeat("en-", 20) + "en"}), "channels[0].language", "en-en"},
		{"rate 1", channels(recorder.ChannelSpec{ID: "a", SampleRate: 1}), "channels[0].sampleRate", "1"},
		{"rate 22050", channels(recorder.ChannelSpec{ID: "a", SampleRate: 22050}), "channels[0].sampleRate", "22050"},
		{"rate below zero", channels(recorder.ChannelSpec{ID: "a", SampleRate: -48000}), "channels[0].sampleRate", "-48000"},
		{"rate 96000", channels(mono("floor"), recorder.ChannelSpec{ID: "a", SampleRate: 96000}), "channels[1].sampleRate", "96000"},
		{"nine voices", channels(recorder.ChannelSpec{ID: "a", ChannelCount: 9}), "channels[0].channelCount", "9"},
		{"voices below zero", channels(recorder.ChannelSpec{ID: "a", ChannelCount: -1}), "channels[0].channelCount", "-1"},
		{"unknown codec", channels(recorder.ChannelSpec{ID: "a", Codec: "mp3"}), "channels[0].codec", "mp3"},
		{"codec in capitals", channels(recorder.ChannelSpec{ID: "a", Codec: "OPUS"}), "channels[0].codec", "OPUS"},
		{"codec of 10,000 characters", channels(recorder.ChannelSpec{ID: "a", Codec: strings.Repeat("c", 10_000)}), "channels[0].codec", "10000 bytes"},
		{"metadata too large", recorder.SessionCreate{SessionID: "refused", Channels: []recorder.ChannelSpec{mono("a")},
			Metadata: json.RawMessage(`"` + strings.Repeat("m", 64<<10) + `"`)}, "metadata", "65538 bytes"},
		{"metadata not JSON", recorder.SessionCreate{SessionID: "refused", Channels: []recorder.ChannelSpec{mono("a")},
			Metadata: json.RawMessage(`{"a":`)}, "metadata", `{\"a\":`},
	} {
		t.Run(row.name, func(t *testing.T) {
			before := tree(t, root)
			_, err := r.Create(t.Context(), row.create)
			wantFieldError(t, err, row.field, row.value)
			if after := tree(t, root); !slices.Equal(before, after) {
				t.Errorf("files before: %q, after: %q", before, after)
			}
			if _, err := r.Session("refused"); !errors.Is(err, recorder.ErrNotFound) {
				t.Errorf("the refused id is taken: %v", err)
			}
			feed(t, c, 0, c.Frames(), 1)
		})
	}
	end := c.Frames()
	if m := destroy(t, s); m.Outcome != "ok" {
		t.Errorf("outcome %s", m.Outcome)
	}
	if got := decode(t, filepath.Join(root, s.Path(), "floor.wav")); !bytes.Equal(got, pattern(0, 0, end)) {
		t.Error("samples differ")
	}
	named(t, r, "refused", mono("floor"))
}

// What the message leaves out has a value that works.
func TestCreateDefaults(t *testing.T) {
	root := t.TempDir()
	r := open(t, recorder.Config{Root: root})
	create, err := recorder.ParseSessionCreate([]byte(`{"channels":[{"id":"floor","record":true}],"metadata":{"room":"Sala 1"}}`))
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.Create(t.Context(), create)
	if err != nil {
		t.Fatal(err)
	}
	// RFC 9562: the version is the first digit of the third group.
	if id := s.ID(); len(id) != 36 || id[14] != '7' {
		t.Errorf("session id %q, want a UUIDv7", id)
	}
	feed(t, channel(t, s, "floor"), 0, 0, 5)
	m := destroy(t, s)
	a := m.Channels[0].Audio
	if a.SampleRate != 48000 || a.Channels != 1 || m.Channels[0].Source.Codec != "pcm_s16le" || m.SessionID != s.ID() {
		t.Errorf("%+v", m)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, manifests(t, root)[s.Path()].Metadata); err != nil || compact.String() != `{"room":"Sala 1"}` {
		t.Errorf("metadata %s, %v", compact.String(), err)
	}
}
