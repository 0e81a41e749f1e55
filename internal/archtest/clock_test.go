package archtest

import "testing"

func TestClocksNotices(t *testing.T) {
	const file = goodDoc + "package x\n\nimport \"time\"\n\n"
	for _, row := range []struct{ file, text, complaint string }{
		{"pipeline/x.go", "func age(t time.Time) time.Duration { return time.Since(t) }", ""},
		{"pipeline/x.go", "func age(t time.Time) int64 { return time.Now().UnixNano() - t.UnixNano() }", "uses UnixNano"},
		{"pipeline/media/x.go", "func age(t time.Time) time.Duration { return time.Now().Sub(t.Round(0)) }", "uses Round"},
		{"pipeline/media/x.go", "import \"math\"\n\nfunc age(t float64) float64 { return math.Round(t) }", ""},
		{"recorder/x.go", "var t = time.Now().UTC()", "uses UTC"},
		{"recorder/create.go", "var t = time.Now().UTC()", ""},
		{"pipeline/x_test.go", "var t = time.Now().UTC()", ""},
		{"finalize/x.go", "var t = time.Now().UTC()", ""},
		{"finalize/x.go", "var t = time.Date(2026, 3, 29, 2, 30, 0, 0, time.Local)", "uses Local"},
		{"cmd/rec/x.go", "var l, err = time.LoadLocation(\"Europe/Madrid\")", "uses LoadLocation"},
	} {
		complaints := Clocks(build(t, map[string]string{row.file: file + row.text + "\n"}))
		if len(complaints) > 1 { // one for each time that it is used
			complaints = complaints[:1]
		}
		where := ""
		if row.complaint != "" {
			where = row.file
		}
		expect(t, complaints, where, row.complaint)
	}
}
